import math

import numpy as np
import pytest

from workbench.gluon import nn
from workbench.symbolic import sym
from workbench.tensor.rank_choice import choices
from workbench.tensor.sensitivity import relative, sensitivity

X = np.random.default_rng(0).normal(size=(9, 16)).astype(np.float32)


@pytest.fixture(scope="module")
def found():
    net = nn.HybridSequential(prefix="net_")
    with net.name_scope():
        net.add(nn.Dense(24, in_units=16, activation="relu"), nn.Dense(20, in_units=24))
    net.initialize("xavier")
    values = {name: p.data().asnumpy() for name, p in net.collect_params().items()}
    return sensitivity(net(sym.var("data")), values, {"data": X}), values


def by_hand(values, **changed):
    now = {**values, **changed}
    hidden = np.maximum(X @ now["net_dense0_weight"].T + now["net_dense0_bias"], 0)
    return hidden @ now["net_dense1_weight"].T + now["net_dense1_bias"]


def test_candidates_go_from_dense_to_fewer_parameters_and_larger_errors(found):
    for curve in found[0].curves:
        sizes = [c.parameters for c in curve.candidates]
        errors = [c.error.value for c in curve.candidates]
        assert curve.candidates[0].rank is None
        assert sizes == sorted(set(sizes), reverse=True)
        assert errors == sorted(errors)
        assert errors[0] == 0
        assert abs(curve.probe.parameters - 0.5 * sizes[0]) <= min(abs(s - 0.5 * sizes[0]) for s in sizes[1:])


def test_the_networks_error_is_that_of_running_it_with_one_layers_factors(found):
    study, values = found
    for curve in study.curves:
        weight = curve.site.weight_of(curve.probe.rank)
        changed = by_hand(values, **{curve.site.parameter: weight})
        assert curve.network_error.value == pytest.approx(relative([changed], [by_hand(values)]), rel=1e-4)
        assert curve.gain == pytest.approx(curve.network_error.value / curve.probe.error.value)


def test_the_prediction_is_exact_where_it_was_measured_and_adds_up_elsewhere(found):
    study, _ = found
    place = [curve.candidates.index(curve.probe) for curve in study.curves]
    first, second = (curve.network_error.value for curve in study.curves)
    assert study.predicted((place[0], 0)).value == pytest.approx(first)
    assert study.predicted((0, place[1])).value == pytest.approx(second)
    together = math.sqrt(1 - (1 - first**2) * (1 - second**2))
    assert study.predicted(tuple(place)).value == pytest.approx(together)
    assert study.measured((place[0], 0)) == pytest.approx(first, rel=1e-5)
    assert study.measured((0, 0)) == 0
    assert study.size((0, 0)) == study.parameters == 24 * 16 + 20 * 24


def test_steps_go_down_in_parameters(found):
    sizes = [found[0].size(choice) for choice in choices(found[0].points)]
    assert sizes == sorted(set(sizes), reverse=True)
