"""A step, by hand where it is small, against the sum where nothing overlaps, and what must hold of every one."""

import math
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given as randomly
from hypothesis import strategies as st
from small_cluster import cluster, given, job, linked

from workbench.errors import ArgumentError
from workbench.parallel.costmodel import Exchange, crowded, in_turn, phases, simulate

METHODS = (
    Exchange("ring"),
    Exchange("tree"),
    Exchange("two_level"),
    Exchange("server"),
    Exchange("server", servers=2, compressed=True),
    Exchange("server", staged=True),
    Exchange("gather", compressed=True),
)
exchanges = st.sampled_from(METHODS)
gradients = st.lists(st.floats(0, 10), min_size=1, max_size=6)
rates = st.floats(0.1, 10)


def test_what_is_sent_during_backward_costs_nothing():
    """Forward 1 s, each layer's backward 1 s; two hosts send what has 1 byte in 1 s."""
    hidden = simulate(job(0.5, 1), cluster(2), Exchange("ring"))
    assert hidden.step.value == pytest.approx(3.5)
    assert hidden.exposed.value == pytest.approx(0.5)


def test_a_layer_waits_until_the_link_is_free():
    assert simulate(job(0.5, 2), cluster(2), Exchange("ring")).step.value == pytest.approx(2 + 2 + 0.5)


def test_devices_that_copy_themselves_wait_for_it():
    blocked = simulate(job(0.5, 1), cluster(1, 2, blocking=True), Exchange("server"))
    assert blocked.step.value == pytest.approx(3 + 1.5)
    assert simulate(job(0.5, 1), cluster(1, 2), Exchange("server")).step.value == pytest.approx(3.5)


def test_devices_are_fed_over_one_link():
    fed = simulate(job(0, fed=2), cluster(1, 4, feed=linked(0.5, 4)), Exchange("server"))
    assert fed.step.value == pytest.approx(0.5 + 4 * 2 / 4 + 3)
    assert fed.exposed.value == pytest.approx(0)


def test_hosts_wait_for_the_slowest():
    slow = [1, 1, 2, 1]
    found = simulate(job(1), cluster(2, 2, blocking=True), Exchange("server"), slow)
    sent = sum(p.seconds(cluster(2, 2)) for p in phases(Exchange("server"), cluster(2, 2), 1))
    assert found.step.value == pytest.approx(6 + sent)


@pytest.mark.parametrize("exchange", METHODS)
@pytest.mark.parametrize(("hosts", "devices"), [(1, 1), (1, 4), (3, 1), (4, 4)])
def test_a_single_layer_is_sent_after_backward(exchange, hosts, devices):
    link = {"within": linked(0.1, 3), "between": linked(0.2, 2), "feed": linked(0.3, 5)}
    alone, where = job(7, fed=1), cluster(hosts, devices, **link)
    assert simulate(alone, where, exchange).step.value == pytest.approx(in_turn(alone, where, exchange))


@randomly(gradients, st.integers(1, 6), rates)
def test_nothing_overlaps_in_a_host_that_blocks(sizes, devices, rate):
    where = cluster(1, devices, within=linked(0.01, rate), blocking=True)
    work = job(*sizes, fed=1)
    step = simulate(work, where, Exchange("server")).step.value
    assert step == pytest.approx(in_turn(work, where, Exchange("server")))


@randomly(gradients, exchanges, st.integers(1, 5), st.integers(1, 4), rates, st.booleans())
def test_a_step_lies_between_computing_alone_and_everything_in_turn(
    sizes, exchange, hosts, devices, rate, blocking
):
    work, where = job(*sizes), cluster(hosts, devices, between=linked(0.1, rate), blocking=blocking)
    step = simulate(work, where, exchange).step.value
    assert work.step.value * (1 - 1e-9) <= step <= in_turn(work, where, exchange) * (1 + 1e-9)


@randomly(gradients, st.integers(2, 5), rates, st.floats(1, 10))
def test_a_faster_link_is_never_slower_where_layers_use_it_once(sizes, hosts, rate, faster):
    before = simulate(job(*sizes), cluster(hosts, between=linked(0.1, rate)), Exchange("ring"))
    after = simulate(job(*sizes), cluster(hosts, between=linked(0.1, rate * faster)), Exchange("ring"))
    assert after.step.value <= before.step.value * (1 + 1e-9)


@randomly(gradients, exchanges, st.integers(1, 3), st.integers(1, 3), st.booleans())
def test_one_device_stands_for_all_that_are_equal(sizes, exchange, hosts, devices, blocking):
    where = cluster(hosts, devices, within=linked(0.1, 2), blocking=blocking)
    alone = simulate(job(*sizes), where, exchange).step.value
    every = simulate(job(*sizes), where, exchange, [1.0] * where.total).step.value
    assert every == pytest.approx(alone)


@randomly(gradients, exchanges, st.lists(st.floats(0.5, 2), min_size=6, max_size=6), st.booleans())
def test_nothing_does_two_things_at_once(sizes, exchange, slow, blocking):
    found = simulate(job(*sizes, fed=1), cluster(2, 3, blocking=blocking), exchange, slow)
    for where in {(s.host, s.device, s.level) for s in found.spans}:
        busy = sorted((s.start, s.end) for s in found.spans if (s.host, s.device, s.level) == where)
        assert all(end <= start + 1e-9 for (_, end), (start, _) in pairwise(busy))


def test_devices_that_share_cores_take_longer():
    work = replace(job(0), busy=given(1.5, "1"))
    shared = replace(cluster(1, 4), cores=given(2, "1"))
    assert crowded(work, shared) == pytest.approx(4 * 1.5 / 2)
    assert simulate(work, shared, Exchange("local")).step.value == pytest.approx(3 * 3)
    assert in_turn(work, shared, Exchange("local")) == pytest.approx(3 * 3)
    assert crowded(work, replace(shared, devices=1)) == 1  # its time was taken with the cores that there are
    assert crowded(work, replace(shared, cores=given(16, "1"))) == 1
    with pytest.raises(
        ArgumentError, match="the cores of a host in 1: value must be a finite number above 0, got 0"
    ):
        replace(shared, cores=given(0, "1"))
    with pytest.raises(ArgumentError, match="the cores that 'net' keeps busy must be a Quantity in 1"):
        replace(work, busy=given(1, "s"))


@randomly(gradients, exchanges, st.integers(2, 4), st.integers(2, 3), st.floats(1, 3), st.booleans())
def test_one_of_each_kind_stands_for_all_of_it(sizes, exchange, hosts, devices, late, blocking):
    """One device of the last host is late."""
    where = cluster(hosts, devices, within=linked(0.1, 2), blocking=blocking)
    every = simulate(job(*sizes), where, exchange, [1.0] * (where.total - 1) + [late])
    kinds = simulate(job(*sizes), where, exchange, kinds=[[1.0], [1.0, late]])
    assert kinds.step.value == pytest.approx(every.step.value)


def test_kinds_are_no_more_than_there_are_devices():
    for kinds in ([], [[1], [1], [1]], [[]], [[1, 1]]):
        with pytest.raises(
            ArgumentError, match="kinds must be numbers above 0 for up to 2 hosts of up to 1 dev"
        ):
            simulate(job(1), cluster(2), Exchange(), kinds=kinds)
    for kinds in (None, "a", [[0]], [[math.nan]], [[math.inf]], [["x"]]):
        with pytest.raises(
            ArgumentError,
            match=r"simulate\(\): kinds must be a sequence of sequences of finite numbers above 0, got",
        ):
            simulate(job(1), cluster(2), Exchange(), kinds=kinds)


@pytest.mark.parametrize("exchange", METHODS)
def test_links_carry_what_the_phases_say(exchange):
    where = cluster(4, 2)
    found = simulate(job(3, 5), where, exchange)
    expected = sum(p.size for p in phases(exchange, where, 8) if p.level == "between")
    assert found.carried("between")[0] == pytest.approx(expected)


def test_each_device_needs_its_speed():
    with pytest.raises(
        ArgumentError, match=r"slow must be a number above 0 for each of 4 devices, got \[1, 1\]"
    ):
        simulate(job(1), cluster(2, 2), Exchange(), [1, 1])
    for slow in ([1, 0], [1, math.inf], [1, None], "ab", 5):
        with pytest.raises(
            ArgumentError,
            match=r"simulate\(\): slow must be a sequence of finite numbers above 0 or None, got",
        ):
            simulate(job(1), cluster(2), Exchange(), slow)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ((None, cluster(), Exchange()), "job must be a Job, got None"),
        ((job(1), "x", Exchange()), "cluster must be a Cluster, got 'x'"),
        ((job(1), cluster(), "ring"), "exchange must be an Exchange, got 'ring'"),
    ],
)
def test_what_is_no_job_cluster_or_exchange_is_refused(given, text):
    for function, arguments in ((simulate, given), (in_turn, given), (crowded, given[:2])):
        if arguments == given or text.split()[0] != "exchange":
            with pytest.raises(ArgumentError, match=rf"{function.__name__}\(\): {text}"):
                function(*arguments)
