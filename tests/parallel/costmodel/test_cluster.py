"""Links, and what is refused of them."""

import pytest
from small_cluster import cluster, given, linked

from workbench.errors import ArgumentError
from workbench.parallel.costmodel import Link, link


def test_a_message_takes_a_latency_and_its_bytes():
    assert linked(0.5, 10.0).seconds(20) == 0.5 + 2
    assert linked(0.5, 10.0).seconds(20, messages=4) == 4 * 0.5 + 2


def test_both_figures_say_where_they_come_from():
    made = link(1e-6, 1e9, "published", "a data sheet")
    assert {(q.kind, q.how) for q in (made.latency, made.bandwidth)} == {("published", "a data sheet")}


def test_a_figure_of_another_unit_is_refused():
    with pytest.raises(
        ArgumentError, match=r"latency must be a Quantity in s, got Quantity\(value=1, unit='B'"
    ):
        Link(given(1, "B"), given(1, "B/s"))
    with pytest.raises(
        ArgumentError, match="a link's bandwidth in B/s: value must be a finite number above 0, got 0"
    ):
        Link(given(1, "s"), given(0, "B/s"))
    with pytest.raises(
        ArgumentError, match="a link's latency in s: value must be a finite number, 0 or more, got -1"
    ):
        Link(given(-1, "s"), given(1, "B/s"))


def test_a_cluster_has_hosts_and_devices():
    assert cluster(3, 4).total == 12
    with pytest.raises(ArgumentError, match="Cluster: hosts must be a whole number, 1 or more, got 0"):
        cluster(0)
    with pytest.raises(ArgumentError, match=r"Cluster: devices must be a whole number, 1 or more, got 1\.5"):
        cluster(1, 1.5)
