import dataclasses
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from small_comparison import TWO, few_images, small_comparison

from workbench.errors import ArgumentError
from workbench.experiments import training
from workbench.experiments.results import read, write
from workbench.experiments.tcl import Comparison
from workbench.experiments.variant import SmallAlexNet
from workbench.imperative import random

FEW = few_images()
PROGRAM = Path(__file__).with_name("small_comparison.py")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """All runs in one go: the events and the results."""
    path = tmp_path_factory.mktemp("whole") / "tcl.json"
    return list(small_comparison(path).run()), read(path)


def test_each_run_tells_its_epochs_and_ends_in_the_file(whole):
    events, results = whole
    runs = [("baseline", 0), ("small", 0), ("baseline", 1), ("small", 1)]
    assert [(e.variant, e.seed) for e in events] == [run for run in runs for _ in range(2)]
    assert [e.done for e in events[::2]] == [None] * 4
    assert tuple(e.done for e in events[1::2]) == results.runs
    assert results.settings["epochs"] == 2
    assert results.settings["train_images"] == 200
    assert {run.dense_parameters for run in results.runs} == {801 * 8 + 90, 128 + 30 + 37 * 10}
    assert all(events[n].loss > events[n + 1].loss for n in (0, 2, 4, 6))


def test_a_comparison_that_was_killed_continues_and_ends_as_one_that_was_not(whole, tmp_path):
    path = tmp_path / "tcl.json"
    command = [sys.executable, PROGRAM, path]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        told = [process.stdout.readline().split() for _ in range(3)]
        process.kill()  # in the second run
    assert told == [["baseline", "0"], ["baseline", "0"], ["small", "0"]]
    assert [(run.variant, run.seed) for run in read(path).runs] == [("baseline", 0)]
    again = small_comparison(path)
    assert [(variant.name, seed) for variant, seed in again.left] == [
        ("small", 0),
        ("baseline", 1),
        ("small", 1),
    ]
    assert len(list(again.run())) == 6
    assert read(path) == whole[1]  # the accuracies too: a run is drawn from its seed alone
    assert small_comparison(path).left == []


def test_more_seeds_continue_and_fresh_begins_anew(whole, tmp_path):
    path = tmp_path / "tcl.json"
    write(path, whole[1])
    assert [seed for _, seed in small_comparison(path, 3, 2).left] == [2, 2]
    assert len(small_comparison(path, 2, 2, fresh=True).left) == 4
    assert read(path) == whole[1]


def test_runs_that_were_made_otherwise_are_not_mixed(whole, tmp_path):
    path = tmp_path / "tcl.json"
    write(path, whole[1])
    with pytest.raises(
        ArgumentError,
        match=re.escape(
            f"{path} has runs that were made otherwise, settings: epochs 2, not 3; give another file, or begin anew"
        ),
    ):
        small_comparison(path, 2, 3)
    write(path, dataclasses.replace(whole[1], environment={**whole[1].environment, "jax": "0.1"}))
    with pytest.raises(
        ArgumentError, match=r"has runs that were made otherwise, environment: jax 0\.1, not \d"
    ):
        small_comparison(path)
    write(path, dataclasses.replace(whole[1], experiment="other"))
    with pytest.raises(ArgumentError, match="otherwise, experiment: 'other', not 'tcl'; give another file"):
        small_comparison(path)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"seeds": 0}, "seeds must be 1 or more, got 0"),
        ({"epochs": -1}, "epochs must be 1 or more, got -1"),
        ({"seeds": 1.5}, "Comparison: seeds must be a whole number, got 1.5"),
    ],
)
def test_numbers_out_of_range_are_refused(options, text, tmp_path):
    with pytest.raises(ArgumentError, match=f"^{re.escape(text)}$"):
        Comparison(tmp_path / "tcl.json", data=FEW, **options)


def test_a_place_that_cannot_hold_a_file_is_refused(tmp_path):
    for path in (tmp_path, tmp_path / "none" / "tcl.json"):
        with pytest.raises(ArgumentError) as caught:
            Comparison(path, data=FEW)
        assert str(caught.value) == f"{path}: results are a file in a folder that exists"


def test_images_come_scaled_and_shuffled_by_the_seed():
    def labels(seed):
        random.seed(seed)
        return np.concatenate([y.asnumpy() for _, y in training.batches(FEW, train=True)])

    images = np.concatenate([x.asnumpy() for x, _ in training.batches(FEW, train=True)])
    assert images.shape == (200, 1, 28, 28)
    assert abs(images.mean()) < 1e-3
    assert abs(images.std() - 1) < 1e-3
    assert (labels(3) == labels(3)).all()
    assert (labels(3) != labels(4)).any()
    tested = np.concatenate([y.asnumpy() for _, y in training.batches(FEW, train=False)])
    assert (tested == FEW.test_labels).all()


def test_accuracy_is_the_part_of_images_whose_class_is_said():
    network = SmallAlexNet(TWO[0])
    network.initialize()
    data = training.batches(FEW, train=False)
    said = np.concatenate([network(x).asnumpy().argmax(1) for x, _ in data])
    assert training.accuracy(network, data) == np.mean(said == FEW.test_labels)


def test_a_file_that_cannot_be_written_is_told_of_before_training(tmp_path):
    path = tmp_path / "tcl.json"
    path.with_name("tcl.json.part").mkdir()
    comparison = small_comparison(path)
    with pytest.raises(OSError, match=r"tcl\.json\.part"):
        next(comparison.run())
