"""What callbacks log, save and show, and when."""

import logging
import re
import subprocess
import sys

import pytest

from workbench.errors import ArgumentError
from workbench.imperative import nd
from workbench.train import callback, checkpoint
from workbench.train import metric as metrics


def param(nbatch, epoch=0, metric=None):
    return callback.BatchEndParam(epoch=epoch, nbatch=nbatch, eval_metric=metric, locals=None)


def half_right():
    accuracy = metrics.Accuracy()
    accuracy.update([nd.array([0, 1])], [nd.array([0, 0])])
    return accuracy


@pytest.fixture
def lines(caplog):
    caplog.set_level(logging.INFO)
    return lambda: [r.getMessage() for r in caplog.records]


def test_lines_go_to_the_root_logger_as_mxnets_do():
    """So that ``logging.getLogger().setLevel(logging.INFO)`` is all that a program needs."""
    program = """
import logging
import workbench as mx
logging.getLogger().setLevel(logging.INFO)
mx.callback.LogValidationMetricsCallback()(mx.callback.BatchEndParam(0, 0, mx.metric.Loss(), None))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr.splitlines() == ["INFO:root:Epoch[0] Validation-loss=nan"]


def test_speedometer_logs_speed_and_metric(lines):
    accuracy, speedometer = half_right(), callback.Speedometer(batch_size=8, frequent=2)
    for nbatch in range(5):
        speedometer(param(nbatch, 3, accuracy))
    first, second = lines()
    assert re.fullmatch(r"Epoch\[3\] Batch \[0-2\]\tSpeed: \S+ samples/sec\taccuracy=0\.500000", first)
    assert re.fullmatch(r"Epoch\[3\] Batch \[2-4\]\tSpeed: \S+ samples/sec\taccuracy=nan", second)
    assert accuracy.get_global() == ("accuracy", 0.5)


def test_speedometer_without_reset_counts_from_the_start(lines):
    speedometer = callback.Speedometer(8, 2, auto_reset=False)
    accuracy = half_right()
    for nbatch in range(5):
        speedometer(param(nbatch, metric=accuracy))
    assert [line.split("\t")[0] for line in lines()] == ["Epoch[0] Batch [0-2]", "Epoch[0] Batch [0-4]"]
    assert all(line.endswith("accuracy=0.500000") for line in lines())


def test_speedometer_without_a_metric(lines):
    speedometer = callback.Speedometer(8, 1)
    speedometer(param(0))
    speedometer(param(1))
    assert re.fullmatch(r"Iter\[0\] Batch \[1\]\tSpeed: \S+ samples/sec", lines()[0])


def test_speedometer_does_not_time_across_epochs(lines):
    speedometer = callback.Speedometer(8, 2)
    for epoch in range(2):
        for nbatch in range(2):
            speedometer(param(nbatch, epoch))
    assert lines() == []


def test_log_train_metric(lines):
    accuracy, log = half_right(), callback.log_train_metric(2, auto_reset=True)
    for nbatch in range(3):
        log(param(nbatch, 1, accuracy))
    log(param(4))
    assert lines() == ["Iter[1] Batch[0] Train-accuracy=0.500000", "Iter[1] Batch[2] Train-accuracy=nan"]


def test_validation_metrics(lines):
    log = callback.LogValidationMetricsCallback()
    log(param(0, 2, half_right()))
    log(param(0))
    assert lines() == ["Epoch[2] Validation-accuracy=0.500000"]


def test_checkpoints_are_written_every_period(tmp_path):
    prefix = str(tmp_path / "net")
    save = callback.do_checkpoint(prefix, period=2)
    for epoch in range(5):
        save(epoch, None, {"w": nd.array([epoch])}, {"m": nd.array([-epoch])})
    assert sorted(p.name for p in tmp_path.iterdir()) == ["net-0002.params", "net-0004.params"]
    arg, aux = checkpoint.load_params(prefix, 4)
    assert (arg["w"].asscalar(), aux["m"].asscalar()) == (3, -3)


def test_a_module_saves_itself():
    calls = []

    class Module:
        def save_checkpoint(self, *args):
            calls.append(args)

    save = callback.module_checkpoint(Module(), "net", period=3, save_optimizer_states=True)
    for epoch in range(7):
        save(epoch, None, {}, {})
    assert calls == [("net", 3, True), ("net", 6, True)]


def test_progress_bar(capsys):
    bar = callback.ProgressBar(total=3, length=60)
    for epoch in range(2):
        for nbatch in range(3):
            bar(param(nbatch, epoch))
    shown = capsys.readouterr().err
    assert "Epoch 0" in shown
    assert "Epoch 1" in shown
    assert shown.count("100%") >= 2
    assert max(map(len, re.split(r"[\r\n]", shown))) <= 60


def test_a_progress_bar_broken_off_is_closed(capsys):
    bar = callback.ProgressBar(total=3)
    bar(param(0))
    bar.close()
    bar.close()
    assert " 33%" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda n: callback.do_checkpoint("x", n), "period"),
        (lambda n: callback.module_checkpoint(None, "x", n), "period"),
        (callback.log_train_metric, "period"),
        (lambda n: callback.Speedometer(1, n), "frequent"),
        (callback.ProgressBar, "total"),
    ],
)
@pytest.mark.parametrize("number", [0, -1, 1.5])
def test_a_period_is_a_positive_whole_number(make, name, number):
    with pytest.raises(ArgumentError, match=f"{name} must be a whole number, 1 or more, got {number}"):
        make(number)
