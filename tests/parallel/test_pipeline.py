"""A pipeline of stages on devices of their own: the same parameters as layer after layer on one device."""

import math

import numpy as np
import pytest

import workbench as mx
from workbench.errors import ArgumentError, DTypeError, ShapeError
from workbench.parallel import Pipeline, shards

pytestmark = pytest.mark.devices
BATCH, UNITS, CLASSES, STAGES = 12, 6, 4, 3


def layer(x, name):
    return x + mx.sym.Activation(mx.sym.FullyConnected(x, num_hidden=UNITS, name=name), act_type="tanh")


def head(x):
    return mx.sym.SoftmaxOutput(mx.sym.FullyConnected(x, num_hidden=CLASSES, name="out"), name="softmax")


def batches():
    draw = np.random.default_rng(1)
    for _ in range(4):
        yield draw.normal(size=(BATCH, UNITS)).astype("f"), draw.integers(0, CLASSES, BATCH).astype("f")


def in_turn():
    """Start and end of training layer after layer."""
    net = mx.sym.var("data")
    for i in range(STAGES):
        net = layer(net, f"fc{i}")
    mx.random.seed(2)
    module = mx.mod.Module(head(net))
    module.bind([("data", (BATCH, UNITS))], [("softmax_label", (BATCH,))])
    module.init_params(mx.init.Xavier())
    start = {name: value.asnumpy() for name, value in module.get_params()[0].items()}
    module.init_optimizer(optimizer="sgd", optimizer_params={"learning_rate": 0.5, "momentum": 0.9})
    for x, y in batches():
        module.forward_backward(mx.io.DataBatch([mx.nd.array(x)], [mx.nd.array(y)]))
        module.update()
    outputs = module.get_outputs()[0].asnumpy()
    return start, {name: value.asnumpy() for name, value in module.get_params()[0].items()}, outputs


def stacked(params):
    found = {n: v for n, v in params.items() if n.startswith("out")}
    for kind in ("weight", "bias"):
        found[f"fc_{kind}"] = np.stack([params[f"fc{i}_{kind}"] for i in range(STAGES)])
    return found


def test_stages_and_micro_batches_change_nothing():
    start, end, expected = in_turn()
    data = mx.sym.var("data")
    pipeline = Pipeline(layer(data, "fc"), head(data), STAGES, micro_batches=4, data=(BATCH, UNITS))
    for name, value in stacked(start).items():
        pipeline.params[name][:] = value
    for x, y in batches():
        (outputs,) = pipeline.step({"data": x, "softmax_label": y}, lr=0.5, momentum=0.9)
    np.testing.assert_allclose(outputs.asnumpy(), expected, atol=1e-5)
    for name, value in stacked(end).items():
        assert np.abs(value - stacked(start)[name]).max() > 0.01
        np.testing.assert_allclose(pipeline.params[name].asnumpy(), value, atol=1e-5, err_msg=name)
    assert pipeline.idle.value == 2 / 6
    (weight,) = shards({"w": pipeline.params["fc_weight"]}).arrays
    assert [shard.ranges[0] for shard in weight.shards] == [(0, 1), (1, 2), (2, 3)]


def test_what_does_not_fit_is_named():
    data = mx.sym.var("data")
    with pytest.raises(ShapeError, match="12 examples can't be cut into 5 equal micro-batches"):
        Pipeline(layer(data, "fc"), head(data), 3, 5, (BATCH, UNITS))
    with pytest.raises(ArgumentError, match=r"a stage takes \(3, 6\) and must give one output of that shape"):
        Pipeline(mx.sym.FullyConnected(data, num_hidden=2), head(data), 3, 4, (BATCH, UNITS))
    with pytest.raises(ArgumentError, match="the stage has auxiliary states or random numbers"):
        Pipeline(mx.sym.Dropout(data), head(data), 3, 4, (BATCH, UNITS))
    with pytest.raises(ArgumentError, match=r"data must be the shape of a batch, examples first, got \(\)"):
        Pipeline(layer(data, "fc"), head(data), 3, 4, ())
    with pytest.raises(
        ArgumentError, match=r"Pipeline: data must be a sequence of whole numbers, 1 or more, got"
    ):
        Pipeline(layer(data, "fc"), head(data), 3, 4, (BATCH, 0))
    for shared, name in (
        (layer(data, "out"), "out_weight"),
        (data + mx.sym.var("softmax_label"), "softmax_label"),
    ):
        with pytest.raises(
            ArgumentError, match=f"stage and head both have '{name}'; what they do not share needs"
        ):
            Pipeline(shared, head(data), 3, 4, (BATCH, UNITS))
    with pytest.raises(ArgumentError, match="the head has no input 'data'; it has x"):
        Pipeline(layer(data, "fc"), mx.sym.var("x") * 2, 3, 4, (BATCH, UNITS))
    pipeline = Pipeline(layer(data, "fc"), head(data), 2, 4, (BATCH, UNITS))
    with pytest.raises(ArgumentError, match=r"step\(\) takes data, softmax_label, got data"):
        pipeline.step({"data": np.zeros((BATCH, UNITS))})
    with pytest.raises(ShapeError, match=r"step\(\) takes data of shape \(12, 6\), got \(4, 6\)"):
        pipeline.step({"data": np.zeros((4, UNITS)), "softmax_label": np.zeros(4)})
    with pytest.raises(ShapeError, match=r"step\(\) takes softmax_label of shape \(12,\), got \(1,\)"):
        pipeline.step({"data": np.zeros((BATCH, UNITS)), "softmax_label": np.zeros(1)})
    fits = {"data": np.zeros((BATCH, UNITS)), "softmax_label": np.zeros(BATCH)}
    for rates in ({"lr": math.nan}, {"lr": None}, {"momentum": None}, {"momentum": math.inf}):
        ((name, value),) = rates.items()
        with pytest.raises(
            ArgumentError, match=rf"Pipeline\.step\(\): {name} must be a finite number, got {value}"
        ):
            pipeline.step(fits, **rates)
    with pytest.raises(ArgumentError, match=r"Pipeline\.step\(\): batch must be a dict, got None"):
        pipeline.step(None)
    with pytest.raises(
        ArgumentError, match=r"step\(\) takes data, softmax_label, got data, softmax_label, 1"
    ):
        pipeline.step({**fits, 1: 2})
    with pytest.raises(
        DTypeError, match=r"step\(\): data must be an array of numbers, got str: its elements are str"
    ):
        pipeline.step({**fits, "data": "x"})
    assert not pipeline.params["out_weight"].asnumpy().any()


def test_parameters_that_others_hold_outlive_a_step():
    data = mx.sym.var("data")
    pipeline = Pipeline(layer(data, "fc"), head(data), 2, 2, (BATCH, UNITS))
    held = pipeline.params["out_bias"].copy()
    x, y = next(batches())
    pipeline.step({"data": x, "softmax_label": y})
    np.testing.assert_array_equal(held.asnumpy(), 0)
    assert np.abs(pipeline.params["out_bias"].asnumpy()).max() > 0
