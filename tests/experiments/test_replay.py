import csv
from importlib import resources

import pytest

from workbench.errors import ArgumentError
from workbench.experiments import replay
from workbench.experiments.replay import PACKAGED
from workbench.experiments.results import Results, Run, read, write
from workbench.experiments.tcl import EPOCHS, SEEDS
from workbench.experiments.variant import VARIANTS, SmallAlexNet, parameter_counts

WHERE = {"system": "Linux", "device": "cpu a kind", "cores": 2, "jax": "1.0"}
RUNS = (
    Run("baseline", 0, 0.90, 1200, 1000),
    Run("baseline", 1, 0.88, 1200, 1000),
    Run("add TCL (25, 5, 5), 410 units", 0, 0.91, 800, 600),
    Run("of a user", 0, 0.5, 1400, 1200),
)


def test_outcomes_are_means_with_their_spread(tmp_path):
    path = tmp_path / "tcl.json"
    write(path, Results("tcl", {"epochs": 4, "test_images": 50}, WHERE, RUNS[2:] + RUNS[:2]))
    baseline, small, own = replay(path)
    assert baseline.accuracy.value == pytest.approx(89)
    assert baseline.accuracy.spread == pytest.approx((88, 90))
    assert (baseline.accuracy.unit, baseline.accuracy.kind) == ("%", "measured")
    assert baseline.accuracy.how == (
        "mean over seeds 0, 1, 4 epochs, 50 test images; Linux, a kind, 2 cores, JAX 1.0"
    )
    assert (baseline.savings.value, baseline.whole_savings.value) == (0, 0)
    assert (small.savings.value, small.whole_savings.value) == pytest.approx((40, 100 / 3))
    assert small.savings.kind == "predicted"
    assert [figure.value for figure in small.published] == [35.73, 56.11]
    assert {figure.kind for figure in small.published} == {"published"}
    assert own.savings.value == pytest.approx(-20)
    assert own.published is None


def test_published_rows_are_the_ledgers():
    text = resources.files("workbench.ledger").joinpath("tensor_claims.csv").read_text("utf-8")
    rows = [row for row in csv.DictReader(text.splitlines()) if row["network"] == "AlexNet/ImageNet"]
    assert {row["source"] for row in rows} == {"2017 lecture slides"}
    figures = [(float(row["space_savings_percent"]), float(row["accuracy_percent"])) for row in rows]
    assert [variant.published for variant in VARIANTS if variant.published] == figures


def test_without_a_baseline_there_is_nothing_to_compare_with(tmp_path):
    path = tmp_path / "tcl.json"
    write(path, Results("tcl", {"epochs": 4, "test_images": 50}, WHERE, RUNS[2:]))
    with pytest.raises(
        ArgumentError, match=r"has no run of the baseline yet, with which the others are compared$"
    ):
        replay(path)


def test_the_packages_results_are_of_every_variant_and_seed():
    results = read(PACKAGED)
    assert {(run.variant, run.seed) for run in results.runs} == {
        (variant.name, seed) for variant in VARIANTS for seed in range(SEEDS)
    }
    assert results.settings["epochs"] == EPOCHS
    assert (results.settings["train_images"], results.settings["test_images"]) == (10_000, 2_000)
    assert {"jax", "python", "device", "cores"} <= set(results.environment)
    assert all(run.accuracy * 2000 == pytest.approx(round(run.accuracy * 2000)) for run in results.runs)
    counts = {variant.name: parameter_counts(SmallAlexNet(variant)) for variant in VARIANTS}
    assert all((run.parameters, run.dense_parameters) == counts[run.variant] for run in results.runs)


def test_a_tcl_network_keeps_within_a_point_of_the_baseline_with_a_third_of_the_space_saved():
    baseline, *others = replay()
    kept = [each for each in others if "TCL" in each.variant and each.savings.value >= 35]
    assert kept
    assert any(each.accuracy.value >= baseline.accuracy.value - 1 for each in kept)
