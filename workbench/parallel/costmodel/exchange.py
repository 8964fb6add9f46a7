"""Ways in which devices add up a gradient and share the sum, as the messages they send one after another.

With n takers and m bytes:

- A **ring** cuts the gradient into n chunks that go round twice, once gathering sums and once spreading them:
  2(n − 1) messages of m/n bytes.  Nobody sends more than 2m, whatever n is.
- A **tree** halves the takers until one has the sum, and sends it back: 2⌈log₂ n⌉ messages of m bytes.  Few messages,
  all of them large: for small gradients.
- **Two levels**: devices of a host first add up, each its 1/d of the gradient; hosts go round in a ring; devices of a
  host share.  The network carries each host's sum once instead of each device's gradient.
- **Local**: the first device of a host gets the gradients of all others, one after another, and sends each the sum.
- **Servers** keep the parameters: each host pushes its sum to them, in k parts to k servers, and pulls the new
  parameters.  With servers on all hosts, which is MXNet's way, the part that stays at home needs no link.
- **Gather**: each host's gradient goes to all others, round a ring, and each adds them up itself: n − 1 messages of m
  bytes.  So travel numbers that can't be added up on the way, such as the two bits of ``dist_sync`` here.

Sources: Thakur, Rabenseifner and Gropp (2005), sections 4.3 and 4.5; P. Patarasuk, X. Yuan, "Bandwidth Optimal
All-reduce Algorithms for Clusters of Workstations", Journal of Parallel and Distributed Computing 69 (2009); M. Li et
al., "Scaling Distributed Machine Learning with the Parameter Server", OSDI 2014.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from workbench.arguments import Count, FiniteAtLeastZero, Positive, check, checked
from workbench.errors import ArgumentError, did_you_mean
from workbench.parallel.costmodel.cluster import Cluster

Method = Literal["ring", "tree", "two_level", "server", "gather", "local"]
Level = Literal["within", "feed", "between"]
TWO_BITS = 2 / 32  # of a number's 32


@dataclass(frozen=True)
class Exchange:
    """How gradients are exchanged.

    Attributes:
        method: ``"ring"``, ``"tree"``, ``"two_level"``, ``"server"``, ``"gather"``, or ``"local"`` within one host.
        servers: how many machines of their own serve; 0 for a server on every host.
        compressed: push or gather gradients as 2-bit numbers; what is pulled is whole, as in MXNet.
        staged: what goes between hosts goes through the host's memory, down and up again.

    Raises:
        ArgumentError: there is no such method, servers are fewer than none or without a parameter server to be, or
            something other than a push or a gather is to be compressed.
    """

    method: Method = "two_level"
    servers: Count = 0
    compressed: bool = False
    staged: bool = False

    def __post_init__(self) -> None:
        known = get_args(Method)
        if self.method not in known:
            raise ArgumentError(
                f"Exchange: method must be one of {', '.join(known)}, got {self.method!r}."
                f"{did_you_mean(str(self.method), known)}"
            )
        check(Exchange, vars(self), lambda: "Exchange")
        if (self.servers and self.method != "server") or (
            self.compressed and self.method not in ("server", "gather")
        ):
            raise ArgumentError(
                "Exchange: servers go with method='server', compressed with 'server' and 'gather', got"
                f" method={self.method!r}; two-bit numbers can be pushed, but not added up on the way"
            )


@dataclass(frozen=True)
class Phase:
    """Messages of one kind.

    Attributes:
        name: what they do.
        level: on which link.
        messages: how many follow one another.
        size: bytes of these, which each taker's link carries one way.
        joint: nobody starts before all hosts have come so far.
    """

    name: str
    level: Level
    messages: int
    size: float
    joint: bool = False

    def seconds(self, cluster: Cluster, pieces: int = 1) -> float:
        """How long they take when no other message is on the link, and each is cut into so many pieces."""
        return cluster.link(self.level).seconds(self.size, self.messages * pieces)


@checked
def phases(exchange: Exchange, cluster: Cluster, size: FiniteAtLeastZero) -> list[Phase]:
    """What follows one another for a gradient of `size` bytes; nothing for a single device.

    Raises:
        ArgumentError: the method is local and there are several hosts, or an argument does not fit.
    """
    hosts, devices = cluster.hosts, cluster.devices
    if exchange.method == "local" and hosts > 1:
        raise ArgumentError(
            f"Exchange('local') is within one host, got {hosts} hosts; 'server' goes beyond it"
        )
    if exchange.method == "ring":
        return list(_flat_ring(cluster, size))
    between = list(_between(exchange, hosts, size)) if hosts > 1 else []
    if between and exchange.staged:
        down, up = (Phase(name, "feed", 1, size) for name in ("to the host", "to a device"))
        between = [down, *between, up]
    if devices == 1:
        return between
    messages, part = {
        "tree": (_rounds(devices), _rounds(devices) * size),
        "two_level": (devices - 1, (devices - 1) / devices * size),
        "server": (1, (devices - 1) / devices * size),
        "gather": (1, (devices - 1) / devices * size),
        "local": (devices - 1, (devices - 1) * size),
    }[exchange.method]
    return [
        Phase("reduce", "within", messages, part),
        *between,
        Phase("broadcast", "within", messages, part),
    ]


@checked
def exchanged(exchange: Exchange, cluster: Cluster, size: FiniteAtLeastZero, pieces: Positive = 1) -> float:
    """How long gradients take, in s, when nothing else is under way: their phases, added up.

    Args:
        exchange: the method.
        cluster: on what.
        size: bytes of all gradients.
        pieces: in how many parts, sent one after another; each pays every latency anew.

    Raises:
        ArgumentError: as `phases`.
    """
    return sum(phase.seconds(cluster, pieces) for phase in phases(exchange, cluster, size))


def _rounds(count: int) -> int:
    return math.ceil(math.log2(count))


def _flat_ring(cluster: Cluster, size: float) -> Iterator[Phase]:
    """All devices in one ring, hosts one after another: as fast as its slowest link."""
    count = cluster.total
    if count > 1:
        chunks = 2 * (count - 1)
        several = cluster.hosts > 1
        yield Phase("ring", "between" if several else "within", chunks, chunks / count * size, joint=several)


def _between(exchange: Exchange, hosts: int, size: float) -> Iterator[Phase]:
    if exchange.method == "tree":
        yield Phase("tree", "between", 2 * _rounds(hosts), 2 * _rounds(hosts) * size, joint=True)
    elif exchange.method == "two_level":
        yield Phase("ring", "between", 2 * (hosts - 1), 2 * (hosts - 1) / hosts * size, joint=True)
    elif exchange.method == "gather":
        each = size * (TWO_BITS if exchange.compressed else 1)
        yield Phase("gather", "between", hosts - 1, (hosts - 1) * each, joint=True)
    else:
        away = (hosts - 1) / hosts if exchange.servers == 0 else max(1, hosts / exchange.servers)
        pushed = size * (TWO_BITS if exchange.compressed else 1)
        yield Phase("push", "between", 1, away * pushed)
        yield Phase("pull", "between", 1, away * size, joint=True)
