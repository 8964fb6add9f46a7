"""A module whose network is spread over devices by groups trains as on one device."""

import numpy as np
import pytest

from workbench.errors import DeviceError, NotSupportedError
from workbench.module import BucketingModule, Module, remote
from workbench.runtime import random
from workbench.runtime.device import cpu
from workbench.symbolic import sym
from workbench.symbolic.naming import AttrScope
from workbench.symbolic.symbol import load_json
from workbench.train import io
from workbench.train.initializer import Xavier

pytestmark = pytest.mark.devices

GROUPS = {"first": cpu(1), "second": cpu(2)}


def network():
    with AttrScope(ctx_group="first"):
        hidden = sym.FullyConnected(sym.var("data"), num_hidden=8, name="fc1")
        hidden = sym.BatchNorm(sym.Activation(hidden, act_type="tanh"), name="bn")
    with AttrScope(ctx_group="second"):
        scores = sym.FullyConnected(hidden, num_hidden=3, name="fc2")
    return sym.SoftmaxOutput(scores, name="softmax")


def fitted(data, optimizer, **options):
    random.seed(5)
    module = Module(network(), **options)
    settings = {"learning_rate": 0.05, "momentum": 0.9} if optimizer == "sgd" else {"learning_rate": 0.01}
    module.fit(data, num_epoch=2, optimizer=optimizer, optimizer_params=settings, initializer=Xavier())
    return module


def values(module):
    return {n: a.asnumpy() for arrays in module.get_params() for n, a in arrays.items()}


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_fit_reaches_the_parameters_of_one_device(batches, optimizer):
    together = fitted(batches(), optimizer)
    apart = fitted(batches(), optimizer, group2ctxs=[GROUPS])
    for name, value in values(together).items():
        np.testing.assert_allclose(values(apart)[name], value, rtol=0, atol=1e-5, err_msg=name)
    params, states = apart.get_params()
    second = ("fc2_weight", "fc2_bias")
    assert {n: a.context for n, a in params.items()} == {
        n: GROUPS["second" if n in second else "first"] for n in params
    }
    assert {a.context for a in states.values()} == {cpu(1)}
    assert apart.score(batches(), "acc") == together.score(batches(), "acc")
    np.testing.assert_allclose(
        apart.predict(batches()).asnumpy(), together.predict(batches()).asnumpy(), atol=1e-5
    )


def test_a_checkpoint_is_taken_to_the_devices(batches, tmp_path):
    data = batches()
    module = fitted(data, "sgd", group2ctxs={"first": [cpu(1)], "second": cpu(2)})
    module.save_checkpoint(str(tmp_path / "net"), 2)
    again = Module.load(str(tmp_path / "net"), 2, group2ctxs=GROUPS)
    again.bind(data.provide_data, data.provide_label)
    for name, array in again.get_params()[0].items():
        assert array.context is module.get_params()[0][name].context
        np.testing.assert_array_equal(array.asnumpy(), values(module)[name])
    moved = r"'fc1_weight' of the module to share with is on cpu\(1\), here on cpu\(0\)"
    with pytest.raises(DeviceError, match=moved):
        Module(network()).bind(data.provide_data, data.provide_label, shared_module=again)


def test_a_cluster_is_told_of_the_groups():
    module = Module(network(), group2ctxs=[GROUPS])
    module.bind([("data", (4, 6))], [("softmax_label", (4,))])
    module.init_params(Xavier())
    sent = remote._sent(module)
    again = Module(load_json(sent.symbol), **sent.settings)
    again.bind([("data", (4, 6))], [("softmax_label", (4,))])
    assert {n: a.context for n, a in again._bound("").args.items()} == {
        n: a.context for n, a in module.get_params()[0].items()
    }


def test_buckets_share_what_is_on_several_devices(batches):
    data = batches()
    module = BucketingModule(lambda key: (network(), ("data",), ("softmax_label",)), 2, group2ctxs=GROUPS)
    module.bind(data.provide_data, data.provide_label)
    module.init_params(Xavier())
    module.init_optimizer()
    batch = next(data)
    for key in (2, 1):
        before = module.get_params()[0]["fc2_weight"].asnumpy()
        module.forward(
            io.DataBatch(batch.data, batch.label, 0, None, key, data.provide_data, data.provide_label)
        )
        module.backward()
        module.update()
        after = module.get_params()[0]["fc2_weight"]
        assert after.context is cpu(2)
        assert np.abs(after.asnumpy() - before).max() > 0


def test_a_plan_is_for_one_device(batches):
    module = Module(network(), group2ctxs=GROUPS, plan="chen")
    with pytest.raises(NotSupportedError, match="a memory plan is for one device"):
        module.bind(batches().provide_data, batches().provide_label)
