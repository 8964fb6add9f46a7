"""Monitor: what is collected, when, and that it changes nothing."""

import logging

import numpy as np
import pytest

import workbench as mx
from workbench import nd, sym
from workbench.errors import ArgumentError

X = np.array([[3.0, -4.0]], np.float32)


def bound():
    net = sym.BatchNorm(sym.FullyConnected(sym.var("x"), num_hidden=2, no_bias=True, name="fc"), name="bn")
    executor = net.simple_bind(mx.cpu(), x=(1, 2))
    executor.arg_dict["fc_weight"][:] = np.eye(2)
    return executor


def test_every_interval_one_batch_is_collected_in_order():
    executor, monitor = bound(), mx.monitor.Monitor(2)
    monitor.install(executor)
    names = []
    for _ in range(4):
        monitor.tic()
        executor.forward(is_train=True, x=X)
        names.append([name for _, name, _ in monitor.toc()])
    inside = ["fc_output", "bn_output", "bn_mean", "bn_var"]
    held = ["x", "fc_weight", "bn_gamma", "bn_beta", "bn_moving_mean", "bn_moving_var"]
    assert names == [inside + held, [], inside + held, []]


def test_the_statistic_is_the_root_mean_square_unless_given():
    executor, monitor = bound(), mx.monitor.Monitor(1, pattern="fc_", sort=True)
    monitor.install(executor)
    monitor.tic()
    executor.forward(x=X)
    rows = monitor.toc()
    assert [(step, name) for step, name, _ in rows] == [(1, "fc_output"), (1, "fc_weight")]
    assert float(rows[0][2]) == pytest.approx(np.sqrt((X**2).mean()))
    most = mx.monitor.Monitor(1, stat_func=lambda a: [nd.max(a), nd.min(a)], pattern="x$", monitor_all=True)
    most.install(executor)
    most.tic()
    executor.forward()
    assert [(name, text) for _, name, text in most.toc()] == [("x", "3.0\t-4.0\t")] * 2


def test_toc_print_logs_and_mistakes_are_named(caplog):
    executor, monitor = bound(), mx.monitor.Monitor(1, pattern="fc_output")
    monitor.install(executor)
    with caplog.at_level(logging.INFO):
        monitor.tic()
        executor.forward(x=X)
        monitor.toc_print()
    assert caplog.messages == [f"Batch:       1 {'fc_output':30s} 3.535533905029297\t"]  # MXNet's columns
    with pytest.raises(ArgumentError, match="interval must be a whole number, 1 or more, got 0"):
        mx.monitor.Monitor(0)
    with pytest.raises(ArgumentError, match=r"pattern='\('\) is no regular expression"):
        mx.monitor.Monitor(1, pattern="(")
    wrong = mx.monitor.Monitor(1, stat_func=lambda a: 3)
    wrong.install(executor)
    wrong.tic()
    with pytest.raises(ArgumentError, match="stat_func must give an NDArray or a list of them, got int"):
        wrong.toc()


def test_fit_can_be_watched(caplog):
    net = sym.SoftmaxOutput(sym.FullyConnected(sym.var("data"), num_hidden=2, name="fc"), name="softmax")
    data = mx.io.NDArrayIter(np.ones((4, 3), np.float32), np.array([0, 1, 0, 1]), batch_size=2)
    with caplog.at_level(logging.INFO):
        mx.mod.Module(net).fit(data, num_epoch=1, monitor=mx.monitor.Monitor(1, pattern="softmax_output"))
    assert caplog.text.count("softmax_output") == 2
