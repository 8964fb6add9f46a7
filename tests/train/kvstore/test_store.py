"""Stores of arrays: sums, updaters, and what is refused."""

import numpy as np
import pytest

import workbench as mx
from workbench.errors import ArgumentError, NotSupportedError


def ones(value=1.0):
    return mx.nd.ones((2, 3)) * value


def test_what_is_pushed_is_summed_over_devices():
    store = mx.kv.create("device")
    assert (store.type, store.rank, store.num_workers) == ("device", 0, 1)
    store.init(3, ones(2))
    out = mx.nd.zeros((2, 3))
    store.pull(3, out=out)
    assert (out.asnumpy() == 2).all()
    store.push(3, [ones(4), ones(5)])
    store.pull(3, out=[out])
    assert (out.asnumpy() == 9).all()


@pytest.mark.parametrize("flat", [False, True])
def test_several_keys_each_with_the_arrays_of_several_devices(flat):
    store, keys = mx.kv.create(), ["a", "b"]
    store.broadcast(keys, [ones(), ones(3)], out=[mx.nd.zeros((2, 3)), mx.nd.zeros((2, 3))])
    pushed = [[ones(1), ones(2)], [ones(10), ones(20)]]
    store.pushpull(keys, [*pushed[0], *pushed[1]] if flat else pushed)
    assert [row[0, 0].asscalar() for pair in pushed for row in pair] == [3, 3, 30, 30]


def test_an_updater_gets_the_sum_and_what_is_stored():
    store = mx.kv.create("local")
    store.init("w", ones())

    def update(key, pushed, stored):
        assert key == "w"
        stored += pushed * 2

    store._set_updater(update)
    store.push("w", [ones(), ones()])
    out = mx.nd.zeros((2, 3))
    store.pull("w", out=out)
    assert (out.asnumpy() == 5).all()


def test_an_optimizer_updates_what_is_stored_and_its_states_are_kept(tmp_path):
    def stored(push_from, states=None):
        store = mx.kv.create()
        store.init(0, ones(push_from))
        store.set_optimizer(mx.optimizer.SGD(learning_rate=0.5, momentum=0.5))
        if states is not None:
            store.load_optimizer_states(states)
        out = mx.nd.zeros((2, 3))
        for _ in range(1 if states else 2):
            store.push(0, ones())
        store.pull(0, out=out)
        store.save_optimizer_states(tmp_path / "states")
        return out.asnumpy()

    np.testing.assert_allclose(stored(1.0), 1 - 0.5 - 0.75)
    np.testing.assert_allclose(stored(1.0, tmp_path / "states"), 1 - 0.875)


def test_rows_that_are_not_asked_for_are_zero():
    store = mx.kv.create()
    store.init("w", mx.nd.array([[1, 2], [np.nan, 4], [5, 6]]))
    first, second = mx.nd.ones((3, 2)), mx.nd.ones((3, 2))
    store.row_sparse_pull("w", out=first, row_ids=mx.nd.array([2, 0, 2]))
    np.testing.assert_array_equal(first.asnumpy(), [[1, 2], [0, 0], [5, 6]])
    store.row_sparse_pull("w", out=[first, second], row_ids=[mx.nd.array([0]), mx.nd.array([2])])
    np.testing.assert_array_equal(first.asnumpy(), [[1, 2], [0, 0], [0, 0]])
    np.testing.assert_array_equal(second.asnumpy(), [[0, 0], [0, 0], [5, 6]])
    store.row_sparse_pull("w", out=[first, second], row_ids=mx.nd.array([2]))
    np.testing.assert_array_equal(first.asnumpy(), second.asnumpy())


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda s: mx.kv.create("devise"), "no kvstore 'devise'.*Did you mean 'device'"),
        (lambda s: mx.kv.create(3), "takes a name such as 'local', got int"),
        (lambda s: s.init("a", ones()), "key 'a' is taken already"),
        (lambda s: s.push("b", ones()), "key 'b' was never initialised"),
        (lambda s: s.push(["a", "c"], [ones()]), "got 2 keys and 1 values"),
        (lambda s: s.push("a", 3), "takes arrays, got"),
        (lambda s: s.pull("a"), "needs 'out'"),
        (lambda s: s.row_sparse_pull("a", ones()), "needs 'out', the arrays that are written, and 'row_ids'"),
        (
            lambda s: s.row_sparse_pull("a", ones(), row_ids=mx.nd.array([5])),
            r"key 'a' has rows 0 to \d, got row_ids \[5\]",
        ),
        (
            lambda s: s.row_sparse_pull("a", [ones()] * 3, row_ids=[mx.nd.array([0])] * 2),
            "got 2 row_ids for 3 arrays of key 'a'",
        ),
        (lambda s: s.set_optimizer("sgd"), "takes an Optimizer, got str"),
        (lambda s: s.save_optimizer_states("x"), "needs an optimizer"),
    ],
)
def test_misuse_is_told(call, text):
    store = mx.kv.create()
    store.init("a", ones())
    with pytest.raises(ArgumentError, match=text):
        call(store)


def test_other_stores_between_processes_are_refused():
    with pytest.raises(
        NotSupportedError, match="kvstore 'horovod': between processes there are 'dist_sync' and 'dist_async'"
    ):
        mx.kv.create("horovod")


def test_a_trainer_and_a_module_take_a_store():
    store = mx.kv.create("local")
    net = mx.gluon.nn.Dense(1, in_units=2)
    net.initialize()
    assert mx.gluon.Trainer(net.collect_params(), "sgd", kvstore=store).learning_rate == 0.01
    module = mx.mod.Module(
        mx.sym.LinearRegressionOutput(mx.sym.Variable("data"), name="lin"), label_names=["lin_label"]
    )
    module.bind([("data", (2, 3))], [("lin_label", (2, 3))])
    module.init_params()
    module.init_optimizer(kvstore=store)
    assert module.optimizer_initialized
