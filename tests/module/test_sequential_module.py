import numpy as np
import pytest

from workbench.errors import ArgumentError, NotInitializedError, NotSupportedError, ShapeError
from workbench.imperative import nd
from workbench.module import BaseModule, Module, SequentialModule
from workbench.symbolic import sym
from workbench.train import io, metric
from workbench.train.initializer import Xavier


def values(module):
    return {n: a.asnumpy() for n, a in module.get_params()[0].items()}


def body(name="fc1"):
    hidden = sym.FullyConnected(sym.Variable("data"), num_hidden=8, name=name)
    return Module(sym.Activation(hidden, act_type="tanh", name="act"), label_names=None)


def head(data="data"):
    scores = sym.FullyConnected(sym.Variable(data), num_hidden=3, name="fc2")
    return Module(sym.SoftmaxOutput(scores, name="softmax"), data_names=[data])


@pytest.fixture
def chain():
    return SequentialModule().add(body()).add(head(), take_labels=True, auto_wiring=True)


def test_a_chain_trains_as_one_network(chain, net, batches):
    one = Module(net())
    for module in (one, chain):
        module.bind(batches().provide_data, batches().provide_label)
        module.init_params(Xavier())
    chain.set_params(*one.get_params())
    for module in (one, chain):
        module.init_optimizer(optimizer_params={"learning_rate": 0.3, "momentum": 0.9})
        for batch in batches():
            module.forward_backward(batch)
            module.update()
    assert values(chain).keys() == values(one).keys()
    for name, value in values(one).items():
        np.testing.assert_allclose(values(chain)[name], value, rtol=1e-4, atol=1e-5, err_msg=name)
    seen = metric.create("acc")
    chain.update_metric(seen, batch.label)
    assert seen.num_inst == 16


def test_a_chain_fits_scores_and_predicts(chain, batches, tmp_path):
    options = {"learning_rate": 0.5, "momentum": 0.9}
    chain.fit(batches(), num_epoch=10, optimizer_params=options, initializer=Xavier())
    assert chain.score(batches(), "acc")[0][1] > 0.95
    assert chain.predict(batches(20)).shape == (96, 3)
    chain.save_params(str(tmp_path / "p"))
    before = values(chain)
    chain.init_params(force_init=True)
    chain.load_params(str(tmp_path / "p"))
    for name, value in values(chain).items():
        np.testing.assert_array_equal(value, before[name])


def test_names_and_shapes_are_those_of_the_ends(chain, batches):
    assert (SequentialModule().data_names, SequentialModule().output_names) == ([], [])
    with pytest.raises(NotInitializedError, match=r"data_shapes needs bind\(\) first"):
        _ = chain.data_shapes
    chain.bind(batches().provide_data, batches().provide_label, inputs_need_grad=True)
    chain.init_params()
    assert (chain.data_names, chain.label_names, chain.output_names) == (
        ["data"],
        ["softmax_label"],
        ["softmax_output"],
    )
    assert chain.data_shapes == [("data", (16, 6))]
    assert chain.label_shapes == [("softmax_label", (16,))]
    assert chain.output_shapes == [("softmax_output", (16, 3))]
    batch = next(batches())
    chain.forward_backward(batch)
    assert chain.get_outputs()[0].shape == (16, 3)
    assert chain.get_input_grads()[0].shape == (16, 6)


def test_a_chain_without_labels_has_no_label_shapes():
    chain = SequentialModule().add(body()).add(body("fc3"), auto_wiring=True)
    chain.bind([("data", (2, 6))])
    chain.init_params()
    assert chain.label_shapes is None
    chain.forward(io.DataBatch([nd.ones((2, 6))]))
    chain.backward([nd.ones((2, 8))])
    with pytest.raises(NotInitializedError, match="inputs_need_grad=True"):
        chain.get_input_grads()


class Wrapped(BaseModule):
    """A module of the user's, of a module inside, which has its names once it has values."""

    data_names = property(lambda self: self.inner.data_names)
    output_shapes = property(lambda self: self.inner.output_shapes)

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def bind(self, *args, **kwargs):
        self.inner.bind(*args, **kwargs)
        self.binded = self.for_training = True

    def init_params(self, *args, **kwargs):
        self.inner.init_params(*args, **kwargs)
        self.params_initialized = True

    def init_optimizer(self, *args, **kwargs):
        self.inner.init_optimizer(*args, **kwargs)

    def get_params(self):
        return self.inner.get_params()

    def forward(self, data_batch, is_train=None):
        self.inner.forward(data_batch, is_train)

    def backward(self, out_grads=None):
        self.inner.backward(out_grads)

    def update(self):
        self.inner.update()

    def get_outputs(self, merge_multi_context=True):
        return self.inner.get_outputs(merge_multi_context)

    def get_input_grads(self, merge_multi_context=True):
        return self.inner.get_input_grads(merge_multi_context)

    def update_metric(self, eval_metric, labels, pre_sliced=False):
        self.inner.update_metric(eval_metric, labels, pre_sliced)


def test_a_module_of_the_users_takes_its_values_in_a_chain(chain, batches):
    wrapped = SequentialModule().add(Wrapped(body())).add(head(), take_labels=True, auto_wiring=True)
    chain.bind(batches().provide_data, batches().provide_label)
    chain.init_params(Xavier())
    given = {name: nd.array(value) for name, value in values(chain).items()}
    for module in (chain, wrapped):
        module.fit(batches(), num_epoch=2, arg_params=given, aux_params={}, force_init=True)
    for name, value in values(chain).items():
        np.testing.assert_allclose(values(wrapped)[name], value, rtol=1e-5, atol=1e-6, err_msg=name)


def test_wrong_chains_are_refused(chain, batches):
    with pytest.raises(ArgumentError, match=r"takes a module, got str"):
        SequentialModule().add("module")
    with pytest.raises(ArgumentError, match=r"no option 'take_label'; .*Did you mean 'take_labels'"):
        SequentialModule().add(body(), take_label=True)
    with pytest.raises(ArgumentError, match=r"bind\(\): the chain is empty; add\(\) a module first"):
        SequentialModule().bind([("data", (2, 6))])
    with pytest.raises(NotSupportedError, match="share the modules of the chain"):
        chain.bind(batches().provide_data, shared_module=chain)
    two = Module(sym.Variable("a") + sym.Variable("b"), ["a", "b"], None)
    with pytest.raises(ShapeError, match="auto_wiring: 1 outputs for 2 inputs: 'a', 'b'"):
        SequentialModule().add(body()).add(two, auto_wiring=True).bind([("data", (2, 6))])
    twice = SequentialModule().add(body()).add(body(), auto_wiring=True)
    twice.bind([("data", (2, 6))])
    with pytest.raises(ArgumentError, match="modules 0 and 1 of the chain both have 'fc1_weight'"):
        twice.init_params()


def test_values_of_no_module_are_refused(chain, batches):
    chain.bind(batches().provide_data, batches().provide_label)
    chain.init_params()
    before = values(chain)
    given = {n: nd.array(v + 1) for n, v in before.items()}
    with pytest.raises(
        ArgumentError, match=r"no module of the chain has a parameter 'fc2_bia'; .*Did you mean 'fc2_bias'"
    ):
        chain.set_params({**given, "fc2_bia": nd.ones((1,))}, {})
    for name, value in values(chain).items():
        np.testing.assert_array_equal(value, before[name])
    chain.set_params({**given, "fc2_bia": nd.ones((1,))}, {}, allow_extra=True)
    np.testing.assert_array_equal(values(chain)["fc1_bias"], before["fc1_bias"] + 1)
