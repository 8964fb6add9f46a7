import numpy as np
import pytest

from workbench.errors import ArgumentError, NotInitializedError, NotSupportedError
from workbench.imperative import nd
from workbench.module import BucketingModule, Module
from workbench.runtime import trace
from workbench.runtime.device import cpu
from workbench.symbolic import sym
from workbench.train import io
from workbench.train.initializer import Xavier
from workbench.train.io import DataBatch, DataDesc

SGD = {"learning_rate": 0.1, "momentum": 0.9}


def network(length):
    """A plain recurrent network over `length` numbers an example."""
    into, weight, bias = (sym.Variable(name) for name in ("in_weight", "step_weight", "step_bias"))
    steps = sym.split(sym.Variable("data"), num_outputs=length, axis=1)
    state = sym.FullyConnected(steps[0], weight=into, num_hidden=4, no_bias=True)
    for step in range(1, length):
        new = sym.FullyConnected(steps[step], weight=into, num_hidden=4, no_bias=True)
        old = sym.FullyConnected(state, weight=weight, bias=bias, num_hidden=4)
        state = sym.Activation(new + old, act_type="tanh")
    scores = sym.FullyConnected(state, num_hidden=3, name="out")
    return sym.SoftmaxOutput(scores, name="softmax"), ("data",), ("softmax_label",)


def batch(length, size=4, seed=0):
    rng = np.random.default_rng(seed)
    return DataBatch(
        [nd.array(rng.normal(size=(size, length)))],
        [nd.array(rng.integers(0, 3, size))],
        bucket_key=length,
        provide_data=[DataDesc("data", (size, length))],
        provide_label=[DataDesc("softmax_label", (size,))],
    )


@pytest.fixture
def ready():
    def make(**options):
        module = BucketingModule(network, default_bucket_key=5, **options)
        module.bind([("data", (4, 5))], [("softmax_label", (4,))])
        module.init_params(Xavier())
        module.init_optimizer(optimizer_params=SGD)
        return module

    return make


def values(module):
    return {n: a.asnumpy() for n, a in module.get_params()[0].items()}


def step(module, data):
    module.forward_backward(data)
    module.update()


@pytest.mark.parametrize("context", [None, pytest.param([cpu(0), cpu(1)], marks=pytest.mark.devices)])
def test_buckets_train_one_set_of_parameters(ready, context):
    """Against a separate module for each length, whose parameters and momenta are carried over by hand."""
    module = ready(context=context)
    carried, states = {n: nd.array(v) for n, v in values(module).items()}, None
    for turn, length in enumerate([5, 3, 5, 2, 3]):
        data = batch(length, seed=turn)
        step(module, data)
        alone = Module(network(length)[0])
        alone.bind(data.provide_data, data.provide_label)
        mine = {n: carried[n] for n in alone.symbol.list_arguments() if n in carried}
        alone.set_params(mine, {})
        alone.init_optimizer(optimizer_params={"learning_rate": 0.1})
        alone.forward_backward(data)
        states = states or {n: np.zeros(a.shape, np.float32) for n, a in carried.items()}
        for name, grad in alone.get_grads()[0].items():
            states[name] = 0.9 * states[name] - 0.1 * grad.asnumpy() / 4
            carried[name] = carried[name] + nd.array(states[name])
    for name, value in values(module).items():
        np.testing.assert_allclose(value, carried[name].asnumpy(), rtol=1e-3, atol=1e-5, err_msg=name)


def test_a_bucket_is_compiled_once(ready):
    module = ready()
    for length in (5, 3) * 3:
        step(module, batch(length))
        nd.waitall()
    with trace.record() as events:
        for length in (5, 3, 5, 3):
            step(module, batch(length))
            nd.waitall()
    assert [event.compiled for event in events] == [False] * 4  # a step is one program, whichever the bucket


def test_what_is_seen_is_the_current_bucket(ready):
    module = ready()
    assert module.data_shapes == [("data", (4, 5))]
    module.forward(batch(3), is_train=False)
    assert module.data_shapes == [("data", (4, 3))]
    assert module.output_shapes == [("softmax_output", (4, 3))]
    assert (module.data_names, module.label_names, module.output_names) == (
        ["data"],
        ["softmax_label"],
        ["softmax_output"],
    )
    assert module.get_outputs()[0].shape == (4, 3)
    module.switch_bucket(5, None)
    assert module.data_shapes == [("data", (4, 5))]
    assert module.symbol.list_arguments() == network(5)[0].list_arguments()


def test_fit_goes_through_buckets(tmp_path):
    class Mixed(io.DataIter):
        """Label: whether the sum is above zero."""

        def __init__(self):
            super().__init__(8)
            rng = np.random.default_rng(1)
            self.default_bucket_key = 4
            self.provide_data, self.provide_label = [("data", (8, 4))], [("softmax_label", (8,))]
            self.at = 0
            self.batches = []
            for length in (4, 2, 4, 3, 2, 3):
                made = batch(length, 8)
                x = rng.normal(size=(8, length))
                made.data, made.label = [nd.array(x)], [nd.array(x.sum(1) > 0)]
                self.batches.append(made)

        def reset(self):
            self.at = 0

        def next(self):
            if self.at == len(self.batches):
                raise StopIteration
            self.at += 1
            return self.batches[self.at - 1]

    module = BucketingModule(network, default_bucket_key=4)
    module.fit(Mixed(), Mixed(), num_epoch=12, initializer=Xavier(), optimizer="adam",
               optimizer_params={"learning_rate": 0.05})  # fmt: skip
    assert module.score(Mixed(), "acc")[0][1] > 0.9
    prefix = str(tmp_path / "net")
    module.save_checkpoint(prefix, 12, save_optimizer_states=True)
    names = {p.name for p in tmp_path.iterdir()}
    assert names == {f"net-{key}-symbol.json" for key in (2, 3, 4)} | {"net-0012.params", "net-0012.states"}
    other = BucketingModule.load(prefix, 12, network, 4, load_optimizer_states=True)
    other.bind([("data", (8, 4))], [("softmax_label", (8,))])
    other.init_optimizer(optimizer="adam", optimizer_params={"learning_rate": 0.05})
    for each in (module, other):
        step(each, batch(3))
    for name, value in values(other).items():
        np.testing.assert_allclose(value, values(module)[name], rtol=1e-5, atol=1e-6)


def test_bound_anew_it_keeps_its_values(ready):
    module = ready()
    step(module, batch(3))
    before = values(module)
    module.bind([("data", (2, 5))], for_training=False, force_rebind=True)
    for name, value in values(module).items():
        np.testing.assert_array_equal(value, before[name])
    module.forward(batch(2, 2), is_train=False)


def test_parameters_from_a_dict():
    module = BucketingModule.load_dict(
        {5: network(5)[0]}, network, 5, {n: nd.ones(s) for n, s in shapes().items()}, {}
    )
    module.bind([("data", (4, 5))], [("softmax_label", (4,))])
    assert all((v == 1).all() for v in values(module).values())


def shapes():
    names = network(5)[0].list_arguments()
    found = network(5)[0].infer_shape(data=(4, 5))[0]
    return {n: s for n, s in zip(names, found, strict=True) if n not in ("data", "softmax_label")}


def test_wrong_use_is_named(ready):
    with pytest.raises(ArgumentError, match="needs default_bucket_key, usually the longest"):
        BucketingModule(network)
    with pytest.raises(ArgumentError, match="sym_gen must be a function, got 3"):
        BucketingModule(3, default_bucket_key=1)
    with pytest.raises(ArgumentError, match=r"sym_gen\(1\) must give \(symbol, data_names, label_names\)"):
        BucketingModule(lambda key: None, default_bucket_key=1)
    with pytest.raises(NotInitializedError, match=r"forward\(\) needs bind\(\) first"):
        BucketingModule(network, default_bucket_key=5).forward(batch(5))
    module = ready()
    with pytest.raises(NotSupportedError, match="its buckets share among themselves"):
        module.bind([("data", (4, 5))], shared_module=module, force_rebind=True)
    new = batch(3)
    new.provide_data = None
    with pytest.raises(ArgumentError, match="bucket 3 is new, and the batch has no provide_data"):
        module.forward(new)
    with pytest.raises(ArgumentError, match="needs sym_gen"):
        BucketingModule.load_dict({}, None, 5)


def test_a_bucket_may_not_bring_parameters_of_its_own():
    def grown(key):
        made = sym.FullyConnected(sym.Variable("data"), num_hidden=3, name=f"fc{key}")
        return sym.SoftmaxOutput(made, name="softmax"), ("data",), ("softmax_label",)

    module = BucketingModule(grown, default_bucket_key=5)
    module.bind([("data", (4, 5))], [("softmax_label", (4,))])
    module.init_params()
    with pytest.raises(ArgumentError, match="the module to share with has no 'fc3_weight', 'fc3_bias'"):
        module.forward(batch(3))
    module.forward(batch(5))


def test_a_monitor_watches_buckets_that_come_later(ready):
    class Watch:
        def __init__(self):
            self.executors = []

        def install(self, executor):
            self.executors.append(executor)

    module, watch = ready(), Watch()
    module.install_monitor(watch)
    assert len(watch.executors) == 1
    step(module, batch(3))
    assert watch.executors[1:] == [module._current._executor]
