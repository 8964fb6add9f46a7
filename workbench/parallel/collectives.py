"""What a compiled program sends: its collectives, and how many bytes they take from host to host.

Nothing in the text of a network says what travels; the compiler decides.  Its program does: each collective operation
stands there with the type of what goes in and with its groups of devices.  Which messages it becomes is up to the
library that runs it.  Counted is the direct form, in which each device of a group owns an equal share of the result:
the others send it their parts of that share, and it sends them the sum.  That is the least a device can send, as in a
ring, and it treats all pairs alike, as one who knows nothing of hosts does.  (A ring that visits the hosts one after
another knows of them: it crosses each border between two hosts only once, over one device's link.)

Source: the OpenXLA documentation, "Operation semantics", for the operations; R. Thakur et al., "Optimization of
Collective Communication Operations in MPICH", 2005, for what they send.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import permutations
from math import prod
from typing import Any

import numpy as np

from workbench.arguments import Positive, checked
from workbench.errors import ArgumentError, NotSupportedError
from workbench.types import Quantity

Groups = tuple[tuple[int, ...], ...]
Links = dict[tuple[int, int], float]

# Bytes from each device of a group of g to each other one, when each puts n bytes in.
PER_PAIR: dict[str, Callable[[float, int], float]] = {
    "all-reduce": lambda n, g: 2 * n / g,
    "reduce-scatter": lambda n, g: n / g,
    "all-gather": lambda n, g: n,
    "all-to-all": lambda n, g: n / g,
    "collective-permute": lambda n, g: n,
}
WIDTHS = {"pred": 1, "s8": 1, "u8": 1, "s16": 2, "u16": 2, "f16": 2, "bf16": 2, "s32": 4, "u32": 4, "f32": 4}
WIDTHS |= {"s64": 8, "u64": 8, "f64": 8, "c64": 8, "c128": 16, "token": 0}

_OPERATION = re.compile(rf" = (.*?) ({'|'.join(PER_PAIR)})(-start)?\(")
_TENSOR = re.compile(r"\b([a-z]\w*)\[([\d,]*)\]")
_LISTED = re.compile(r"(?:replica_groups|source_target_pairs)=\{((?:\{[\d,]+\},?)*)\}")
_COUNTED = re.compile(r"replica_groups=\[([\d,]+)\]<=\[([\d,]+)\](?:T\(([\d,]+)\))?")
_AXES = re.compile(
    r"replica_groups=mesh\[(.*?)\](?:, device_ids=\(\[([\d,]+)\](?:T\(([\d,]+)\))?\))? \{(.*?)\}"
)


@dataclass(frozen=True)
class Collective:
    """An operation in which devices exchange what they have.

    Attributes:
        kind: ``"all-reduce"``, ``"reduce-scatter"``, ``"all-gather"``, ``"all-to-all"`` or ``"collective-permute"``.
        nbytes: what each device puts in.
        groups: the devices that exchange with one another, by their places in the program's mesh; of a permute the
            pairs (from, to).
    """

    kind: str
    nbytes: int
    groups: Groups

    def pairs(self) -> Iterator[tuple[int, int, float]]:
        """(from, to, bytes) for every two devices that exchange something."""
        for group in self.groups:
            sent = PER_PAIR[self.kind](self.nbytes, len(group))
            for source, target in [group] if self.kind == "collective-permute" else permutations(group, 2):
                yield source, target, sent


def collectives(program: Any) -> list[Collective]:
    """The collectives of a compiled program, in its order; one inside a loop, such as a `Pipeline`'s, is there once.

    Args:
        program: an executable of the trace, what JAX compiled, or the text of either.

    Raises:
        ArgumentError: it is none of these, or groups are such as no program has.
        NotSupportedError: the groups of an operation, or its type of numbers, are written in a form that is not
            known here.
    """
    text = _text(program)
    sizes = re.findall(r"(?:num_partitions|replica_count)=(\d+)", text)
    count = prod(map(int, sizes)) if sizes else None
    found = []
    for line in text.splitlines():
        operation = _OPERATION.search(line)
        if operation is not None:
            groups = _possible(operation[2], line, count)
            members = len(groups[0]) if groups else 1
            found.append(Collective(operation[2], _bytes_in(operation, members), groups))
    return found


@checked
def between_hosts(program: Any, devices_per_host: Positive) -> Links:
    """Bytes that a compiled program sends from one host to another, by (from, to); those of a loop for one turn of it.

    Args:
        program: as `collectives` takes it.
        devices_per_host: the first so many devices of its mesh are those of host 0, and so on.

    Raises:
        ArgumentError, NotSupportedError: as `collectives`.
    """
    links: Counter[tuple[int, int]] = Counter()
    for collective in collectives(program):
        for source, target, sent in collective.pairs():
            hosts = source // devices_per_host, target // devices_per_host
            if hosts[0] != hosts[1]:
                links[hosts] += sent  # type: ignore[assignment]
    return dict(links)


def busiest_link(program: Any, devices_per_host: int) -> Quantity:
    """Bytes over the link between hosts that has most to carry, one way; 0 where nothing leaves a host.

    Args, Raises: as `between_hosts`.
    """
    links = between_hosts(program, devices_per_host)
    how = (
        "collectives of the compiled program, each device of a group exchanging its share with each other one"
    )
    return Quantity(max(links.values(), default=0), "B", "predicted", how, "between two hosts, one way")


def _text(program: Any) -> str:
    if hasattr(program, "as_text"):
        program = program.as_text()
    text = getattr(program, "hlo", program)
    if not isinstance(text, str):
        raise ArgumentError(
            f"collectives() reads a compiled program or its text, got {type(program).__name__}"
        )
    return text


def _bytes_in(operation: re.Match[str], count: int) -> int:
    tensors = _TENSOR.findall(operation[1])
    for kind, _ in tensors:
        if kind not in WIDTHS:
            raise NotSupportedError(f"collectives(): numbers of type {kind!r} in {operation[1]!r}")
    sizes = [WIDTHS[kind] * prod(_numbers(shape)) for kind, shape in tensors]
    if operation[3] and operation[2] in ("all-gather", "reduce-scatter", "collective-permute"):
        return sum(sizes[: len(sizes) // 2])  # begun, they give what went in, then what comes out
    whole = sum(sizes)
    return {"all-gather": whole // count, "reduce-scatter": whole * count}.get(operation[2], whole)


def _possible(kind: str, line: str, count: int | None) -> Groups:
    """The groups of an operation, all devices where it names none.

    Args:
        count: devices of the program, where it says.
    """
    permutes = kind == "collective-permute"
    try:
        groups = _groups(line) or (() if permutes else (tuple(range(count or 1)),))
    except ValueError:  # numbers that make up no such shape, or an axis that is not there
        groups = ((-1,),)
    members = {member for group in groups for member in group}
    apart = all(len(set(group)) == len(group) for group in groups) or permutes
    inside = all(0 <= member < (count or math.inf) for member in members)
    if not apart or not inside or (permutes and any(len(group) != 2 for group in groups)):
        raise ArgumentError(f"collectives(): no program has the groups of {line.strip()!r:.200}")
    return groups


def _groups(line: str) -> Groups:
    if found := _LISTED.search(line):
        return tuple(tuple(_numbers(group)) for group in re.findall(r"\{([\d,]+)\}", found[1]))
    if found := _COUNTED.search(line):
        ids = _counted(_numbers(found[2]), found[3])
        return _rows(ids.reshape(_numbers(found[1])))
    if found := _AXES.search(line):
        axes = {name: int(size) for name, size in re.findall(r"'(\w+)'=(\d+)", found[1])}
        chosen = re.findall(r"'(\w+)'", found[4])
        if ":" not in found[4]:
            ids = _counted(_numbers(found[2]), found[3]) if found[2] else np.arange(prod(axes.values()))
            along = [list(axes).index(name) for name in chosen]
            grid = np.moveaxis(ids.reshape(list(axes.values())), along, range(-len(along), 0))
            return _rows(grid.reshape(-1, prod(axes[name] for name in chosen)))
    if "replica_groups={}" in line:
        return ()
    written = re.search(r"(replica_groups|source_target_pairs)=.{0,80}", line)
    raise NotSupportedError(f"collectives(): groups written as {written[0] if written else line.strip()!r}")


def _counted(shape: list[int], order: str | None) -> np.ndarray:
    """0, 1, 2, … in a shape, its axes in another order."""
    ids = np.arange(prod(shape)).reshape(shape)
    return ids if order is None else ids.transpose(_numbers(order))


def _rows(ids: np.ndarray) -> Groups:
    return tuple(tuple(int(i) for i in row) for row in ids)


def _numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",") if number]
