"""The formulas against the messages themselves."""

import pytest
from small_cluster import cluster, linked

from workbench.parallel.costmodel import Exchange, exchanged, phases
from workbench.parallel.costmodel.messages import push, ring, send, tree

SIZE, LINK, NO_LATENCY = 1200.0, linked(0.25, 100.0), linked(0.0, 100.0)


@pytest.mark.parametrize("count", [2, 3, 7, 16])
def test_ring(count):
    sent = send(ring(range(count), SIZE), LINK)
    whole = cluster(count, between=LINK)
    assert sent.seconds == pytest.approx(exchanged(Exchange("ring"), whole, SIZE))
    (phase,) = phases(Exchange("ring"), whole, SIZE)
    assert set(sent.carried) == set(range(count))
    assert list(sent.carried.values()) == pytest.approx([phase.size] * count)


@pytest.mark.parametrize("count", [2, 4, 8, 16])
def test_tree(count):
    sent = send(tree(range(count), SIZE), LINK)
    assert sent.seconds == pytest.approx(exchanged(Exchange("tree"), cluster(count, between=LINK), SIZE))


@pytest.mark.parametrize("count", [3, 5, 6, 7, 13])
def test_tree_of_another_number_of_takers(count):
    """Messages of different rounds share a port then, so only the bytes follow one another."""
    sent = send(tree(range(count), SIZE), NO_LATENCY)
    whole = cluster(count, between=NO_LATENCY)
    assert sent.seconds == pytest.approx(exchanged(Exchange("tree"), whole, SIZE))
    formula = exchanged(Exchange("tree"), cluster(count, between=LINK), SIZE)
    assert send(tree(range(count), SIZE), LINK).seconds <= formula


@pytest.mark.parametrize(("workers", "servers"), [(4, 4), (4, 2), (8, 1), (2, 4), (6, 3)])
def test_servers_of_their_own(workers, servers):
    there = range(100, 100 + servers)
    pushed = send(push(range(workers), there, SIZE), LINK, waiting=False)
    first, second = phases(Exchange("server", servers=servers), cluster(workers), SIZE)
    assert pushed.seconds == pytest.approx(LINK.seconds(first.size))
    assert first.size == second.size


@pytest.mark.parametrize("count", [2, 3, 8])
def test_servers_on_every_host(count):
    pushed = send(push(range(count), range(count), SIZE), LINK, waiting=False)
    first, _ = phases(Exchange("server"), cluster(count), SIZE)
    assert pushed.seconds == pytest.approx(LINK.seconds(first.size))
    assert list(pushed.carried.values()) == pytest.approx([first.size] * count)


def test_two_levels_are_their_parts():
    hosts, devices = 4, 3
    inside = send(ring(range(devices), SIZE), LINK).seconds  # a reduce-scatter and an all-gather
    between = send(ring(range(hosts), SIZE), NO_LATENCY).seconds
    whole = cluster(hosts, devices, within=LINK, between=NO_LATENCY)
    assert exchanged(Exchange(), whole, SIZE) == pytest.approx(inside + between)
