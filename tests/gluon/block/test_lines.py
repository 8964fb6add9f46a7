"""Operations of layers remember the user's line: of the call of the network, or inside it where his own code runs."""

import _thread
import inspect
import threading

import numpy as np
import pytest

import workbench as mx
from workbench.errors import ArgumentError
from workbench.gluon import nn, rnn
from workbench.gluon.block.hybrid_block import HybridBlock
from workbench.runtime import engine
from workbench.runtime.source import known


@pytest.fixture(autouse=True)
def nothing_left():
    engine.flush()
    yield
    engine.flush()
    assert known.source is None


def lines(call):
    """The texts of the lines at which the operations were called that `call` leaves waiting."""
    mx.nd.waitall()
    result = call()
    (batch,) = engine.waiting.batches.values()
    found = [(c.bound.name, c.source.text) for c in batch.expanded()]
    del result
    return found


def made(net, *shapes):
    net.initialize()
    for shape in shapes:
        net(mx.nd.ones(shape))
    return net


class Mine(HybridBlock):
    def hybrid_forward(self, F, x):
        return F.sigmoid(x)


class Named(nn.Dense):
    def hybrid_forward(self, F, x, weight, bias):
        return F.relu(super().hybrid_forward(F, x, weight, bias))


def doubled(F, x):
    return F.elemwise_add(x, x)


def squared(x, name=None):
    return mx.nd.square(x)


def test_layers_in_layers_are_called_where_the_outermost_is():
    net = nn.HybridSequential()
    net.add(nn.Dense(3, activation="relu"), nn.BatchNorm(), nn.Dropout(0.5))
    x = mx.nd.ones((2, 4))
    made(net, (2, 4))
    with mx.autograd.record():
        found = lines(lambda: net(x))
    assert [name for name, _ in found] == ["FullyConnected", "Activation", "BatchNorm", "Dropout"]
    assert {text for _, text in found} == {"found = lines(lambda: net(x))"}


def test_a_block_of_the_users_own_has_its_own_line_and_what_follows_has_not():
    net = nn.HybridSequential()
    net.add(nn.Dense(3), Mine(), nn.Dense(2))
    made(net, (2, 4))
    x = mx.nd.ones((2, 4))
    assert lines(lambda: net(x)) == [
        ("FullyConnected", "assert lines(lambda: net(x)) == ["),
        ("sigmoid", "return F.sigmoid(x)"),
        ("FullyConnected", "assert lines(lambda: net(x)) == ["),
    ]


def test_a_layer_that_the_user_derives_is_his():
    net = nn.HybridSequential()
    net.add(Named(3))
    made(net, (2, 4))
    x = mx.nd.ones((2, 4))
    own = "return F.relu(super().hybrid_forward(F, x, weight, bias))"
    assert lines(lambda: net(x)) == [("FullyConnected", own), ("relu", own)]


def test_functions_of_the_users_have_their_own_lines():
    net = nn.HybridSequential()
    cell = rnn.RNNCell(3, activation=squared, input_size=4)
    net.add(nn.HybridLambda(doubled))
    made(net)
    made(cell)
    x = mx.nd.ones((2, 4))
    assert lines(lambda: net(x)) == [("elemwise_add", "return F.elemwise_add(x, x)")]
    states = cell.begin_state(2)
    assert lines(lambda: cell(x, states))[-1] == ("square", "return mx.nd.square(x)")


def test_hooks_have_their_own_lines():
    net = nn.HybridSequential()
    net.add(nn.Dense(3), nn.Dense(2))
    made(net, (2, 4))
    kept = []

    def before(block, inputs):
        kept.append(mx.nd.negative(inputs[0]))

    def after(block, inputs, output):
        kept.append(mx.nd.square(output))

    net[1].register_forward_pre_hook(before)
    net[1].register_forward_hook(after)
    x = mx.nd.ones((2, 4))
    here = "found = lines(lambda: net(x))"
    found = lines(lambda: net(x))
    assert found == [
        ("FullyConnected", here),
        ("negative", "kept.append(mx.nd.negative(inputs[0]))"),
        ("FullyConnected", here),
        ("square", "kept.append(mx.nd.square(output))"),
    ]


def test_hooks_of_operators_have_their_own_lines():
    net = nn.HybridSequential()
    net.add(nn.Dense(3))
    made(net, (2, 4))
    kept = []

    def seen(name, operator, array):
        kept.append(mx.nd.square(array))

    net.hybridize()
    net.register_op_hook(seen)
    x = mx.nd.ones((2, 4))
    assert ("square", "kept.append(mx.nd.square(array))") in lines(lambda: net(x))


def test_an_initializer_has_its_own_lines_where_it_waited_for_data():
    sources = []

    @mx.init.register
    class Noting(mx.init.Initializer):
        def _init_weight(self, name, arr):
            arr[:] = mx.nd.square(mx.nd.ones(arr.shape))
            sources.extend(c.source.text for c in engine.waiting.batches[arr.context].expanded())

    net = nn.HybridSequential()
    net.add(nn.Dense(3, weight_initializer=Noting()))
    net.initialize()
    net(mx.nd.ones((2, 4)))
    assert "arr[:] = mx.nd.square(mx.nd.ones(arr.shape))" in sources


def test_errors_name_the_line_of_the_network_and_leave_nothing_behind():
    net = nn.HybridSequential()
    net.add(nn.Dense(3, in_units=4))
    made(net, (2, 4))
    line = inspect.currentframe().f_lineno + 2
    with pytest.raises(mx.errors.ShapeError, match=rf"called at test_lines\.py:{line}"):
        net(mx.nd.ones((2, 5)))
    assert known.source is None


def test_each_thread_has_its_own_line():
    net = nn.HybridSequential()
    inside, seen = threading.Event(), []

    def other():
        inside.wait(30)
        seen.append(known.source)

    thread = threading.Thread(target=other)
    thread.start()

    class Known(HybridBlock):
        def hybrid_forward(self, F, x):
            seen.append(known.source)
            inside.set()
            thread.join(30)
            return x

    Known._is_ours = True  # as if it were the package's
    net.add(Known())
    net(mx.nd.ones((2, 4)))
    assert seen[0].text == "net(mx.nd.ones((2, 4)))"
    assert seen[1] is None


@pytest.mark.parametrize("hybrid", [False, True])
def test_what_is_called_is_what_a_block_was_given(hybrid):
    """A method of one block alone, and parameters that came after the first call."""
    net = made(nn.Dense(3, in_units=4), (2, 4))
    if hybrid:
        net.hybridize()
    x = mx.nd.ones((2, 4))
    net.forward = lambda data: data * 7
    np.testing.assert_array_equal(net(x).asnumpy(), np.full((2, 4), 7.0, np.float32))


def test_parameters_that_come_after_the_first_call_are_passed():
    class Grows(HybridBlock):
        def hybrid_forward(self, F, x, scale=None):
            return x if scale is None else F.broadcast_mul(x, scale)

    net = made(Grows(), (2, 4))
    with net.name_scope():
        net.scale = net.params.get("scale", shape=(1,), init="ones")
    with pytest.raises(mx.errors.NotInitializedError, match="scale"):
        net(mx.nd.ones((2, 4)))
    net.initialize()
    net.scale.set_data(mx.nd.array([3.0]))
    np.testing.assert_array_equal(net(mx.nd.ones((2, 4))).asnumpy(), np.full((2, 4), 3.0, np.float32))


def test_another_number_of_arrays_is_said_in_the_blocks_own_words():
    net = made(nn.Dense(3, in_units=4), (2, 4))
    x = mx.nd.ones((2, 4))
    with pytest.raises(ArgumentError, match=r"Dense 'dense\d+' takes \(x\), and was called with 2 arguments"):
        net(x, x)
    with pytest.raises(ArgumentError, match="was called with 0 arguments"):
        net()


def test_a_layer_is_called_on_either_device_and_after_its_parameters_moved():
    net = nn.Dense(3, in_units=4)
    net.initialize(ctx=[mx.cpu(0), mx.cpu(1)])
    for device in (mx.cpu(0), mx.cpu(1), mx.cpu(0)):
        assert net(mx.nd.ones((2, 4), ctx=device)).context == device
    net.collect_params().reset_ctx(mx.cpu(1))
    assert net(mx.nd.ones((2, 4), ctx=mx.cpu(1))).context == mx.cpu(1)


class Squares(HybridBlock):
    def __call__(self, x):
        return super().__call__(mx.nd.square(x))

    def hybrid_forward(self, F, x):
        return F.relu(x)


class Pairs(HybridBlock):
    def __call__(self, x):
        return super().__call__(x, x)

    def hybrid_forward(self, F, x, y):
        return F.elemwise_mul(x, y)


def test_a_call_of_a_class_of_the_users_own_is_made_once():
    x = mx.nd.array([3.0])
    for block, expected in ((Squares(), 9), (Pairs(), 9)):
        net = nn.HybridSequential()
        net.add(block)
        assert block(x).asscalar() == net(x).asscalar() == expected
    net = nn.HybridSequential()
    net.add(Squares())
    assert [text for _, text in lines(lambda: net(x))] == [
        "return super().__call__(mx.nd.square(x))",
        "return F.relu(x)",
    ]


def test_a_call_of_the_packages_own_is_made_once(monkeypatch):
    layer = rnn.LSTM(3, input_size=2)
    layer.initialize()
    checks = []
    monkeypatch.setattr(layer, "_check", lambda *args: checks.append(args))
    layer(mx.nd.ones((4, 1, 2)), layer.begin_state(1))
    assert len(checks) == 1


@pytest.mark.parametrize("kind", [nn.Dense, HybridBlock])
def test_a_forward_that_a_class_is_given_later_is_called(kind, monkeypatch):
    net = made(nn.Dense(3, in_units=4), (2, 4))
    monkeypatch.setattr(kind, "forward", lambda self, data: data * 7)
    np.testing.assert_array_equal(net(mx.nd.ones((2, 4))).asnumpy(), np.full((2, 4), 7.0, np.float32))


def mine(F, x, **params):
    return F.square(x)


def test_a_method_that_a_layer_is_given_has_its_own_line():
    net = nn.HybridSequential()
    net.add(nn.Activation("relu"))
    x = mx.nd.ones((2, 4))
    net(x)
    net[0].hybrid_forward = mine
    assert lines(lambda: net(x)) == [("square", "return F.square(x)")]


@pytest.mark.parametrize("units", [0, 4])
def test_a_hybridized_networks_error_names_the_line_inside(units):
    class Wrong(HybridBlock):
        def hybrid_forward(self, F, x):
            return F.dot(x, x)

    net = nn.HybridSequential()
    net.add(nn.Dense(4, in_units=units), Wrong())
    net.initialize()
    net.hybridize()
    line = inspect.getsourcelines(Wrong.hybrid_forward)[1] + 1
    for _ in range(2):
        with pytest.raises(
            mx.errors.ShapeError, match=rf"composed at test_lines\.py:{line}: return F\.dot\(x, x\)"
        ):
            net(mx.nd.ones((2, 4)))


def test_a_layer_may_be_the_first_that_a_thread_calls():
    net, found = made(nn.Dense(3, in_units=4), (2, 4)), []
    gate = threading.Event()

    def called(x):
        found.append(x)
        gate.set()
        return x

    net.register_forward_hook(lambda block, inputs, output: called(output))
    _thread.start_new_thread(net, (mx.nd.ones((2, 4)),))
    assert gate.wait(30)
    assert found[0].shape == (2, 3)
