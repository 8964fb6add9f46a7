"""What is wrong with an argument is said where it is given, before anything was made."""

import numpy as np
import pytest

import workbench as mx
from workbench.errors import ArgumentError
from workbench.gluon import Trainer, loss, nn, rnn
from workbench.gluon.data.vision import transforms

WRONG = [
    (lambda: nn.Dense(4, activation=3), "Dense: activation must be text or None, got 3"),
    (lambda: nn.Dense(0), "Dense: units must be a whole number, 1 or more, got 0"),
    (lambda: nn.Dense(), "Dense: missing a required argument: 'units'"),
    (lambda: nn.Dense(4, prefix=1), "Dense: prefix must be text or None, got 1"),
    (lambda: nn.Dense(4, params={}), "Dense: params must be a ParameterDict or None, got {}"),
    (lambda: nn.Conv2D(4, 3, groups=0), "Conv2D: groups must be a whole number, 1 or more, got 0"),
    (lambda: nn.Conv2D(4, None), "Conv2D: kernel_size must be a whole number or a sequence of whole numbers"),
    (lambda: nn.Conv2D(4, 3, in_channels=-1), "Conv2D: in_channels must be a whole number, 0 or more, got -1"),
    (lambda: nn.MaxPool2D(1.5), "MaxPool2D: pool_size must be a whole number"),
    (lambda: nn.Dropout(1.5), r"Dropout: rate must be a number from 0 to 1, got 1\.5"),
    (lambda: nn.BatchNorm(center=np.ones(2)), "BatchNorm: center must be True or False, got array"),
    (lambda: loss.HuberLoss(rho=0), "HuberLoss: rho must be a number above 0, got 0"),
    (lambda: loss.HingeLoss("a"), "HingeLoss: margin must be a number, got 'a'"),
    (lambda: rnn.LSTMCell(None), "LSTMCell: hidden_size must be a whole number, 1 or more, got None"),
    (lambda: rnn.ZoneoutCell(3), "ZoneoutCell: base_cell must be a RecurrentCell, got 3"),
    (lambda: rnn.LSTM(4, dropout=2), "LSTM: dropout must be a number from 0 to 1, got 2"),
    (lambda: transforms.Resize("a"), "Resize: size must be a whole number, 1 or more or a sequence of whole"),
    (lambda: transforms.CropResize(0, 0, -1, 2), "CropResize: width must be a whole number, 1 or more, got -1"),
    (lambda: transforms.RandomApply(transforms.ToTensor(), "a"), "RandomApply: p must be a number from 0 to 1"),
    (lambda: transforms.RandomLighting(None), "RandomLighting: alpha must be a number, 0 or more, got None"),
    (lambda: mx.metric.TopKAccuracy("a"), "TopKAccuracy: top_k must be a whole number, 1 or more, got 'a'"),
    (lambda: mx.optimizer.SGD(momentum=None), "SGD: momentum must be a number, got None"),
    (lambda: mx.init.Uniform("a"), "Uniform: scale must be a number, got 'a'"),
    (lambda: mx.lr_scheduler.FactorScheduler(None), "FactorScheduler: step must be a number, got None"),
    (lambda: mx.callback.Speedometer(0), "Speedometer: batch_size must be a whole number, 1 or more, got 0"),
    (lambda: mx.model.load_checkpoint(None, 1), r"load_checkpoint\(\): prefix must be text, got None"),
    (lambda: mx.sym.var("a", init=3), r"Variable\('a'\): init is an initializer or its name, got 3"),
    (lambda: mx.sym.Group(None), r"Group\(\): symbols must be a sequence of Symbols, got None"),
    (lambda: mx.sym.load(None), r"load\(\): fname must be text or a Path, got None"),
    (lambda: mx.nd.moveaxis(None, 0, 1), r"moveaxis\(\): tensor must be an NDArray, got None"),
    (lambda: mx.kv.create("local").init([], []), "kvstore.init.. needs a key, or a list of at least one"),
    (lambda: mx.viz.print_summary(mx.sym.var("a"), 3), r"print_summary\(\): shape must be a dict or None, got 3"),
    (lambda: Trainer(nn.Dense(2).collect_params(), 3), "got 3"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "text"), WRONG, ids=[text[:60] for _, text in WRONG])
def test_a_wrong_argument_is_named(make, text):
    with pytest.raises(ArgumentError, match=text):
        make()


def test_marking_variables_marks_all_or_none():
    first, second = mx.nd.ones((2,)), mx.nd.ones((3,))
    grads = [mx.nd.zeros((2,)), mx.nd.zeros((3,))]
    with pytest.raises(ArgumentError, match="grad_req is 'write', 'add' or 'null', got 'wrong'"):
        mx.autograd.mark_variables([first, second], grads, ["write", "wrong"])
    with pytest.raises(ArgumentError, match="takes NDArrays and their gradients, got NDArray and int"):
        mx.autograd.mark_variables([first, second], [grads[0], 3])
    assert first.grad is None
