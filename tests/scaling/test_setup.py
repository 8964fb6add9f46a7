"""A setup by hand: which exchange a store means, and what follows from it."""

import math
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from workbench.errors import ArgumentError
from workbench.parallel.costmodel import Exchange, exchanged
from workbench.scaling import Setup

sys.path.insert(0, str(Path(__file__).parents[1] / "parallel"))
from small_cluster import cluster, job, linked

SLOW = linked(0.0, 1e9)


def setup(store="dist_sync", hosts=1, devices=2, late=1.0, exchange=None, fed=0.0, **links):
    where = cluster(hosts, devices, **links)
    return Setup(job(6, 2, fed=fed), where, store, exchange or Exchange("server"), late)


def test_a_local_store_sends_all_to_one_device_and_a_device_store_each_its_share():
    local, device = setup("local", devices=4), setup("device", devices=4)
    assert (local.sent.method, device.sent.method) == ("local", "server")
    assert local.carried()["within"].value == 2 * 3 * 8
    assert device.carried()["within"].value == 2 * 3 / 4 * 8
    assert setup("device", exchange=Exchange("ring")).sent == Exchange("server")


def test_efficiency_is_of_so_many_times_one():
    found = setup("device", devices=2)
    alone, both = found.at(1).outcome, found.outcome
    assert alone.step.value == pytest.approx(3)
    assert both.step.value == pytest.approx(
        2 + 2 * (6 + 2) / 2
    )  # each layer there and back, one after the other
    assert found.efficiency.value == pytest.approx(3 / both.step.value)
    assert both.throughput.value == pytest.approx(2 * 8 / both.step.value)
    assert [each.cluster.total for each in found.curve([1, 2])] == [1, 2]


def test_the_input_is_carried_by_the_link_that_devices_share():
    found = setup(hosts=2, fed=5.0, exchange=Exchange("server", staged=True))
    assert found.carried()["feed"].value == 2 * 5 + 2 * 8
    assert found.carried()["between"].value == 8


def test_all_wait_for_the_slowest_but_not_hosts_that_do_not_wait():
    links = {"within": SLOW, "between": SLOW, "feed": SLOW}
    waiting = setup(hosts=2, devices=1, late=2.0, **links)
    assert waiting.outcome.step.value == pytest.approx(6)
    assert waiting.outcome.staleness is None
    ahead = replace(waiting, store="dist_async")
    assert ahead.outcome.throughput.value == pytest.approx(
        (19 + 9) * 8 / 60
    )  # the last ones are on their way
    assert ahead.outcome.exposed is None
    assert ahead.outcome.staleness.value > 0
    busy = {span.host for span in ahead.outcome.spans if span.kind == "compute"}
    assert busy == {0, 1}
    pushed = [span.size for span in ahead.outcome.spans if span.name == "push"]
    assert set(pushed) == {4.0}  # half of the gradients stays at home


def test_kinds_are_a_slow_device_and_those_beside_it_and_elsewhere():
    assert setup(hosts=2, devices=2).kinds == [[1.0]]
    assert setup(hosts=2, devices=2, late=2.0).kinds == [[1.0], [1.0, 2.0]]
    assert setup(hosts=2, devices=1, late=2.0).kinds == [[1.0], [2.0]]
    assert setup(devices=2, late=2.0).kinds == [[1.0, 2.0]]
    assert setup(devices=2, late=2.0).at(1).kinds == [[1.0]]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"store": "locl"}, "store must be one of local, device, dist_sync, dist_async, got 'locl'"),
        ({"store": "local", "hosts": 2}, "a store 'local' is of one host, got 2"),
        (
            {"store": "dist_async", "exchange": Exchange("ring")},
            "dist_async needs servers, got method 'ring'",
        ),
        ({"late": math.inf}, "late must be a finite number, 1 or more, got inf"),
        ({"late": 0.5}, "late must be a finite number, 1 or more, got 0.5"),
    ],
)
def test_what_does_not_go_together_is_refused(arguments, text):
    with pytest.raises(ArgumentError, match=text):
        setup(**arguments)
    with pytest.raises(ArgumentError, match="Setup: exchange must be an Exchange, got None"):
        replace(setup(), exchange=None)
    with pytest.raises(ArgumentError, match="Setup: job must be a Job, got 'alexnet'"):
        replace(setup(), job="alexnet")
    for count in (0, None, "x", math.nan):
        with pytest.raises(
            ArgumentError, match=r"Setup\.at\(\): devices must be a whole number, 1 or more, got"
        ):
            setup().at(count)
        with pytest.raises(
            ArgumentError, match=r"Setup\.curve\(\): counts must be a sequence of whole numbers, 1 or"
        ):
            setup().curve([count])


def test_one_host_waits_for_itself_with_any_store():
    found = setup("dist_async", hosts=1, within=linked(0.5, 4))
    step = 2 + 0.5 + exchanged(Exchange("server"), found.cluster, 6)
    assert found.outcome.step.value == pytest.approx(step, rel=0.5)
    assert found.outcome.staleness is None
