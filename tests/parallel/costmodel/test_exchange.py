"""Phases of an exchange: closed forms, their bytes a link, and what must hold of all of them."""

import math

import pytest
from hypothesis import given as randomly
from hypothesis import strategies as st
from small_cluster import cluster, linked

from workbench.errors import ArgumentError
from workbench.parallel.costmodel import Exchange, exchanged, phases

METHODS = ("ring", "tree", "two_level", "server", "gather")
counts = st.integers(1, 40)
sizes = st.floats(1, 1e9)


def carried(exchange, cluster, size, level="between"):
    return sum(phase.size for phase in phases(exchange, cluster, size) if phase.level == level)


@pytest.mark.parametrize("method", METHODS)
def test_a_single_device_exchanges_nothing(method):
    assert phases(Exchange(method), cluster(), 100) == []


def test_the_formulas_in_numbers():
    slow, fast = linked(1.0, 10.0), linked(0.1, 100.0)
    assert exchanged(Exchange("ring"), cluster(1, 5, within=slow), 100) == pytest.approx(8 * (1 + 20 / 10))
    assert exchanged(Exchange("tree"), cluster(8, 1, between=slow), 100) == pytest.approx(6 * (1 + 100 / 10))
    two = 2 * 3 * (0.1 + 25 / 100) + 2 * (1 + 50 / 10)
    assert exchanged(Exchange(), cluster(2, 4, within=fast, between=slow), 100) == pytest.approx(two)
    served = 2 * (1 + 75 / 10)
    assert exchanged(Exchange("server"), cluster(4, between=slow), 100) == pytest.approx(served)


def test_pieces_pay_latency_each():
    slow = cluster(4, between=linked(1.0, 10.0))
    assert exchanged(Exchange(), slow, 100, pieces=3) == pytest.approx(6 * 3 + 150 / 10)


def test_few_servers_are_a_bottleneck_and_many_are_not():
    eight = cluster(8)
    assert carried(Exchange("server", servers=2), eight, 100) == 2 * 400
    assert carried(Exchange("server", servers=8), eight, 100) == 2 * 100
    assert carried(Exchange("server", servers=99), eight, 100) == 2 * 100
    assert carried(Exchange("server"), eight, 100) == 2 * 87.5


def test_a_compressed_push_has_two_bits_of_thirty_two():
    assert carried(Exchange("server", compressed=True), cluster(8), 160) == 140 * (1 / 16 + 1)


def test_codes_of_all_hosts_reach_each():
    slow = cluster(8, between=linked(1.0, 10.0))
    assert exchanged(Exchange("gather"), slow, 160) == pytest.approx(7 * (1 + 160 / 10))
    assert exchanged(Exchange("gather", compressed=True), slow, 160) == pytest.approx(7 * (1 + 10 / 10))


def test_a_staged_exchange_goes_through_the_host_and_back():
    names = [p.name for p in phases(Exchange("server", staged=True), cluster(2, 2), 100)]
    assert names == ["reduce", "to the host", "push", "pull", "to a device", "broadcast"]
    assert carried(Exchange("server", staged=True), cluster(2, 2), 100, "feed") == 200


def test_two_levels_take_the_devices_of_a_host_off_the_network():
    hosts, devices, size = 4, 8, 1e6
    flat = devices * carried(Exchange(), cluster(hosts, 1), size)  # each device in a ring of its own
    assert carried(Exchange(), cluster(hosts, devices), size) == pytest.approx(flat / devices)


@pytest.mark.parametrize("method", METHODS)
@randomly(hosts=counts, devices=counts, size=sizes, faster=st.floats(1, 100))
def test_more_bandwidth_is_never_slower_and_less_latency_neither(method, hosts, devices, size, faster):
    for kind in ("within", "between", "feed"):
        slow, fast = linked(1e-3, 1e6), linked(1e-3 / faster, 1e6 * faster)
        exchange = Exchange(method, staged=method == "server")
        before = exchanged(exchange, cluster(hosts, devices, **{kind: slow}), size)
        assert exchanged(exchange, cluster(hosts, devices, **{kind: fast}), size) <= before


@randomly(takers=st.integers(2, 300), size=sizes)
def test_nobody_sends_more_than_twice_a_gradient_in_a_ring_or_to_servers_everywhere(takers, size):
    for exchange in (Exchange("ring"), Exchange(), Exchange("server")):
        sent = carried(exchange, cluster(takers), size)
        assert size * 0.999 <= sent <= 2 * size
        assert sent == pytest.approx(2 * (takers - 1) / takers * size)


def test_what_can_not_be_is_refused():
    with pytest.raises(
        ArgumentError, match=r"method must be one of ring, .*, got 'rings'\. Did you mean 'ring'"
    ):
        Exchange("rings")
    with pytest.raises(ArgumentError, match="servers must be a whole number, 0 or more, got -1"):
        Exchange("server", servers=-1)
    said = "servers go with method='server', compressed with 'server' and 'gather', got method='{}'"
    for method, options in (("ring", {"compressed": True}), ("gather", {"servers": 2})):
        with pytest.raises(ArgumentError, match=said.format(method)):
            Exchange(method, **options)
    with pytest.raises(ArgumentError, match="Exchange: compressed must be True or False, got 'x'"):
        Exchange("server", compressed="x")
    for size in (-5, math.nan, math.inf, "5"):
        with pytest.raises(ArgumentError, match=r"size must be a finite number, 0 or more, got"):
            exchanged(Exchange(), cluster(), size)
    with pytest.raises(
        ArgumentError, match=r"exchanged\(\): pieces must be a whole number, 1 or more, got 0"
    ):
        exchanged(Exchange(), cluster(), 5, 0)


def test_a_local_store_adds_up_on_one_device():
    here = cluster(1, 4, within=linked(1.0, 10.0))
    assert exchanged(Exchange("local"), here, 100) == pytest.approx(2 * 3 * (1 + 100 / 10))
    assert phases(Exchange("local"), cluster(), 100) == []
    with pytest.raises(ArgumentError, match=r"Exchange\('local'\) is within one host, got 2 hosts"):
        phases(Exchange("local"), cluster(2), 100)
