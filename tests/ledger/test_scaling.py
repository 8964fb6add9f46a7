"""What the cost model says of the scaling table, with nothing but the rows of one host to go by."""

from dataclasses import replace

import pytest

from workbench.cli import main
from workbench.errors import ArgumentError
from workbench.ledger import Efficiency, p2, scaling
from workbench.ledger.calibrated import calibrated
from workbench.ledger.scaling import calibration, claims, examine, left_out, rows
from workbench.ledger.table import entry
from workbench.parallel.costmodel import Link, in_turn, simulate
from workbench.types import Quantity


@pytest.fixture(scope="module")
def found():
    return list(examine())


def scaled(figure, factor):
    return replace(figure, value=figure.value * factor)


def test_every_entry_of_the_table_is_a_claim():
    assert len(claims()) == 3 * 9
    published = {(row.network, row.gpus): row.efficiency for row in rows()}
    assert published["scaling-alexnet", 256] == pytest.approx(100 * 61938.36 / 256 / 457.07)
    assert published["scaling-inception", 32] == pytest.approx(100 * 882.57 / 32 / 30.4)
    assert published["scaling-resnet", 1] == 100
    assert {c.published.kind for c in claims()} == {"published"}


@pytest.mark.parametrize(
    ("name", "megabytes"), [("scaling-alexnet", 203), ("scaling-inception", 95), ("scaling-resnet", 240)]
)
def test_networks_have_the_published_size(name, megabytes):
    size = sum(layer.gradient.value for layer in p2.NETWORKS[name].layers)
    assert size / 1e6 == pytest.approx(megabytes, abs=0.8)


def test_nothing_but_rows_of_one_host_is_calibrated_on():
    assert [row.gpus for row, _ in left_out()] == [2, 4, 8, 16] * 3


def test_the_bandwidths_found_are_possible_ones():
    """What PCI Express 3.0 gives in practice: some GB/s, less than its 15.75, and no bound stops them."""
    assert calibration().at_bound == ()
    for figure in calibration().parameters.values():
        low, high = figure.spread
        assert 3e9 < low < figure.value < high < p2.PCIE


def test_rows_of_several_hosts_are_predicted_within_5_points(found):
    unseen = [each for each in found if not each.row.seen]
    assert len(unseen) == 3 * 4
    assert {each.claim.id: each.off for each in unseen if abs(each.off) > 5} == {}


def test_rows_of_one_host_are_predicted_within_5_points_by_the_others():
    assert [(row, predicted) for row, predicted in left_out() if abs(predicted - row.efficiency) > 5] == []


def test_what_is_added_up_in_a_host_is_what_is_simulated():
    row = next(row for row in rows() if (row.network, row.gpus) == ("scaling-inception", 16))
    cluster = p2.cluster(calibration().values, 16)
    job = p2.NETWORKS[row.network].job(row.batch / row.alone, cluster.feed)
    assert simulate(job, cluster, p2.EXCHANGE).step.value == pytest.approx(in_turn(job, cluster, p2.EXCHANGE))


@pytest.mark.parametrize("factor", [1 / 5, 5])
def test_the_assumed_latency_between_hosts_decides_nothing(monkeypatch, factor):
    slower = Link(scaled(p2.NETWORK.latency, factor), p2.NETWORK.bandwidth)
    monkeypatch.setattr(p2, "NETWORK", slower)
    off = [row.modelled(calibration().values) - row.efficiency for row in rows() if not row.seen]
    assert max(map(abs, off)) <= 5


def efficiency(predicted, published=80.0, gpus=32):
    row = scaling.Row("scaling-alexnet", gpus, published / 100 * gpus * 10, 10)
    figure = Quantity(predicted, "%", "predicted", "a model", "", (predicted - 2, predicted + 2))
    return Efficiency(scaling._claim(row), row, figure)


@pytest.mark.parametrize(
    ("predicted", "verdict"),
    [(80, "reproduced"), (84.9, "reproduced"), (74.9, "near"), (89.9, "near"), (69.9, "not reproduced")],
)
def test_a_verdict_follows_from_the_points(predicted, verdict):
    assert efficiency(predicted).verdict == verdict


def test_an_entry_says_how_far_off_and_on_what_it_rests():
    assert entry(efficiency(83.0)).splitlines() == [
        "scaling-alexnet   32 GPUs               80.00 %         83.00 %    1.04  reproduced",
        "    MXNet 1.0, example/image-classification: 16 × p2.16xlarge, dist_device_sync: alexnet, batch 512",
        "      a GPU, 256 images/s on 32",
        "    counted: a model",
        "    +3.0 points; bars from 81.0 to 85.0 %; not calibrated on",
    ]
    assert efficiency(80.0, gpus=16).reason.endswith("; calibrated on")
    assert efficiency(100, 100, 1).reason == "the model takes the time of computing from this row"


def test_the_models_numbers_are_printed():
    told = calibrated().splitlines()
    assert told[0] == "the model's numbers:"
    for start in (
        "within: ",
        "feed: ",
        "latency in a host: 10 µs",
        "network: 2.5 GB/s",
        "scatter of the rows",
    ):
        assert any(line.startswith(f"    {start}") for line in told), start
    text = " ".join(" ".join(told).split())
    for row, predicted in left_out():
        assert f"{row.network} {row.gpus} {predicted - row.efficiency:+.1f}" in text.replace("- ", "-")


def test_the_command_prints_the_rows_and_then_the_numbers(capsys):
    assert main(["ledger", "scaling-resnet"]) == 0
    told = capsys.readouterr().out
    assert told.count("scaling-resnet ") >= 9
    assert told.index("the model's numbers:") > told.rindex("not calibrated on")


def test_claims_are_chosen_by_the_beginning_of_a_name():
    assert {claim.id for claim in claims("scaling-a")} == {"scaling-alexnet"}
    with pytest.raises(ArgumentError, match="no claims about 'scaling-vgg'"):
        claims("scaling-vgg")
