"""Hosts that do not wait: what they gain, and how stale their gradients are."""

import math
import re

import pytest
from small_cluster import cluster, job, linked

from workbench.errors import ArgumentError
from workbench.parallel.costmodel import Exchange, asynchronous, simulate

SERVER = Exchange("server")


def test_alone_nothing_is_stale():
    found = asynchronous(job(1, batch=6), cluster(1, 1), SERVER, steps=10)
    assert found.throughput.value == pytest.approx(6 / 3, rel=0.11)  # the last step ends as time does
    assert found.staleness.value == 0


def test_a_slow_host_holds_up_itself_alone():
    fast = cluster(4, between=linked(0, 1e9))
    found = asynchronous(job(1, batch=1), fast, SERVER, steps=40, slow=(1.0, 1.0, 1.0, 4.0))
    waiting = 4 / simulate(job(1), fast, SERVER, [1.0, 1.0, 1.0, 4.0]).step.value
    assert found.steps == (39, 39, 39, 9)
    assert found.throughput.value > 3 * waiting


def test_gradients_of_n_hosts_are_n_minus_1_updates_stale():
    found = asynchronous(job(1), cluster(8, between=linked(0, 1e9)), SERVER, steps=200, scatter=0.1)
    assert found.staleness.value == pytest.approx(7, rel=0.03)


def test_the_servers_link_is_shared_by_all():
    where = cluster(8, between=linked(0, 2))
    few, many, compressed = (
        asynchronous(job(6), where, exchange, steps=50).throughput.value
        for exchange in (
            Exchange("server", servers=1),
            Exchange("server", servers=8),
            Exchange("server", servers=1, compressed=True),
        )
    )
    assert few < compressed < many
    assert few <= 8 / 3 * 1.01  # one push and one pull of 6 bytes at a time, 3 s each, for 8 examples


def test_one_seed_gives_one_answer():
    found = [asynchronous(job(1), cluster(3), SERVER, scatter=0.2, seed=s) for s in (1, 1, 2)]
    assert found[0] == found[1] != found[2]


def test_what_can_not_be_is_refused():
    with pytest.raises(ArgumentError, match=r"hosts need servers, Exchange\('server'\), got 'ring'"):
        asynchronous(job(1), cluster(2), Exchange("ring"))
    with pytest.raises(
        ArgumentError, match=r"slow must be a number above 0 for each of 2 hosts, got \(1\.0,\)"
    ):
        asynchronous(job(1), cluster(2), SERVER, slow=(1.0,))
    with pytest.raises(
        ArgumentError, match=r"slow must be a sequence of finite numbers above 0, got \(1, inf\)"
    ):
        asynchronous(job(1), cluster(2), SERVER, slow=(1, math.inf))


@pytest.mark.parametrize(
    ("hosts", "options", "taken"),
    [(2, {"steps": 10**12}, "2e+12"), (10**9, {}, "2e+10"), (2, {"slow": (1, 1e-300)}, "2e+301")],
)
def test_more_steps_than_are_simulated_are_refused_at_once(hosts, options, taken):
    said = re.escape(f"{hosts} hosts take up to {taken} steps in the time of")
    with pytest.raises(ArgumentError, match=f"asynchronous: {said} .*, and 100000 are simulated at most"):
        asynchronous(job(1), cluster(hosts), SERVER, **options)
