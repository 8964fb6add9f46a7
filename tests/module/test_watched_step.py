"""A step that is watched is a step like any other."""

import numpy as np
import pytest

from workbench.errors import ArgumentError
from workbench.imperative import nd
from workbench.module import Module
from workbench.module.watched_step import watched_step
from workbench.runtime.device import cpu

pytestmark = pytest.mark.devices
PAIR = [cpu(0), cpu(1)]


@pytest.fixture
def trained(net, batches):
    """The parameters after two steps, and what the second gave."""

    def train(step, context=PAIR):
        data = batches()
        module = Module(net(True), context=context)
        module.bind(data.provide_data, data.provide_label)
        source = np.random.default_rng(3)
        module.init_params()
        drawn = {n: nd.array(source.normal(size=a.shape)) for n, a in module.get_params()[0].items()}
        module.set_params(drawn, {}, allow_missing=True)
        module.init_optimizer()
        batch = next(data)
        step(module, batch)
        given = step(module, batch)
        return {n: a.asnumpy() for arrays in module.get_params() for n, a in arrays.items()}, given

    return train


def plain(module, batch):
    module.forward_backward(batch)
    module.update()


def test_it_trains_as_any_other(trained):
    expected, _ = trained(plain)
    found, spans = trained(watched_step)
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-5, atol=1e-6, err_msg=name)
    assert [(span.device, span.name) for span in spans] == [
        (None, "pull"), (0, "compute"), (1, "compute"), (None, "push"), (None, "update"),
    ]  # fmt: skip
    pull, first, second, push, update = spans
    assert 0 <= pull.start_s <= pull.end_s <= first.start_s == second.start_s
    assert max(first.end_s, second.end_s) <= push.start_s <= push.end_s <= update.start_s <= update.end_s


def test_it_needs_devices_that_meet(trained):
    with pytest.raises(ArgumentError, match=r"watched_step\(\) is for a module on several devices"):
        trained(watched_step, [cpu(0)])
