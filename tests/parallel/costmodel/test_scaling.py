"""The curve, where it is known, and what must hold of it."""

import pytest
from hypothesis import given as randomly
from hypothesis import strategies as st
from small_cluster import cluster, job, linked

from workbench.errors import ArgumentError
from workbench.parallel.costmodel import Exchange, scaling, simulate, slowest

COUNTS = [1, 2, 4, 8, 16]


def test_a_job_without_gradients_scales_perfectly():
    found = scaling(job(0, batch=8), cluster(1, 4), Exchange(), COUNTS)
    assert [p.devices for p in found] == COUNTS
    assert [p.efficiency.value for p in found] == pytest.approx([1] * 5)
    assert [p.throughput.value for p in found] == pytest.approx([8 * n / 3 for n in COUNTS])


def test_a_point_is_the_simulated_step():
    where = cluster(1, 4, within=linked(0.1, 2), between=linked(0.2, 1))
    found = scaling(job(3, 5), where, Exchange("server"), [8])
    step = simulate(
        job(3, 5), cluster(2, 4, within=linked(0.1, 2), between=linked(0.2, 1)), Exchange("server")
    )
    assert found[0].step.value == step.step.value
    assert found[0].efficiency.value == pytest.approx(3 / step.step.value)
    assert found[0].exposed == step.exposed


def test_waiting_for_the_slowest_costs_efficiency():
    (point,) = scaling(job(0), cluster(1, 4), Exchange(), [16], scatter=0.1)
    assert point.efficiency.value == pytest.approx(1 / slowest(16, 0.1))


@randomly(
    st.lists(st.floats(0, 10), min_size=1, max_size=4),
    st.sampled_from(["ring", "tree", "two_level", "server"]),
    st.floats(0.01, 10),
    st.floats(0, 5),
    st.booleans(),
)
def test_no_efficiency_is_above_1(sizes, method, rate, fed, blocking):
    where = cluster(1, 4, within=linked(0.01, rate), between=linked(0.1, rate), blocking=blocking)
    for point in scaling(job(*sizes, fed=fed), where, Exchange(method), COUNTS):
        assert point.efficiency.value <= 1 + 1e-9


def test_hosts_are_full():
    with pytest.raises(
        ArgumentError, match="6 devices do not fill hosts of 4; give up to 4 devices, or a multiple"
    ):
        scaling(job(1), cluster(1, 4), Exchange(), [6])
