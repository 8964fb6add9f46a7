"""What the sweep of operators cannot say of the fused recurrent layer: its dropout, its names, what it refuses."""

import numpy as np
import pytest

import workbench as mx
from workbench import autograd, nd, sym

FACTS = {"mode": "gru", "state_size": 3, "num_layers": 2}


def arrays(seed: int) -> list[nd.NDArray]:
    rng = np.random.default_rng(seed)
    shapes = sym.RNN(sym.var("data"), name="r", **FACTS).infer_shape(data=(4, 2, 3))[0]
    return [nd.array(rng.normal(size=shape), dtype="float64") for shape in shapes]


def test_names_and_shapes_of_arguments_and_outputs() -> None:
    symbol = sym.RNN(
        sym.var("data"),
        mode="lstm",
        state_size=3,
        num_layers=2,
        bidirectional=True,
        state_outputs=True,
        name="r",
    )
    assert symbol.list_arguments() == ["data", "r_parameters", "r_state", "r_state_cell"]
    assert symbol.list_outputs() == ["r_output", "r_state_output", "r_statecell_output"]
    inputs, outputs, _ = symbol.infer_shape(data=(5, 4, 6))
    assert inputs == [(5, 4, 6), (528,), (4, 4, 3), (4, 4, 3)]
    assert outputs == [(5, 4, 6), (4, 4, 3), (4, 4, 3)]
    short = sym.RNN(sym.var("data"), use_sequence_length=True, name="r", **FACTS)
    assert short.list_arguments() == ["data", "r_parameters", "r_state", "r_sequence_length"]
    assert short.list_outputs() == ["r_output"]


def test_dropout_between_layers_in_training_and_its_gradient() -> None:
    """Central differences of the same draw."""
    inputs = arrays(0)
    plain = nd.RNN(*inputs, **FACTS).asnumpy()
    np.testing.assert_array_equal(nd.RNN(*inputs, p=0.5, **FACTS).asnumpy(), plain)

    def total(*given: nd.NDArray) -> nd.NDArray:
        mx.random.seed(5)
        return nd.RNN(*given, p=0.5, **FACTS).sum()

    for array in inputs:
        array.attach_grad()
    with autograd.record():
        loss = total(*inputs)
    loss.backward()
    assert abs(loss.asscalar() - plain.sum()) > 1e-3
    rng = np.random.default_rng(1)
    for i, array in enumerate(inputs):
        way = rng.normal(size=array.shape)
        ends = []
        for move in (1e-6, -1e-6):
            moved = [*inputs]
            moved[i] = nd.array(array.asnumpy() + move * way, dtype="float64")
            with autograd.train_mode():
                ends.append(total(*moved).asscalar())
        np.testing.assert_allclose(np.sum(array.grad.asnumpy() * way), (ends[0] - ends[1]) / 2e-6, rtol=1e-6)


def test_second_derivatives_flow_through_all_layers() -> None:
    inputs = arrays(2)
    inputs[0].attach_grad()
    rng = np.random.default_rng(3)
    way = rng.normal(size=inputs[0].shape)

    def slope(data: nd.NDArray) -> nd.NDArray:
        data.attach_grad()
        with autograd.record():
            out = (nd.RNN(data, *inputs[1:], **FACTS) ** 2).sum()
            (first,) = autograd.grad(out, [data], create_graph=True)
            return (first * nd.array(way, dtype="float64")).sum()

    start = nd.array(inputs[0].asnumpy(), dtype="float64")
    slope(start).backward()
    ends = [
        slope(nd.array(inputs[0].asnumpy() + move * way, dtype="float64")).asscalar()
        for move in (1e-5, -1e-5)
    ]
    np.testing.assert_allclose(np.sum(start.grad.asnumpy() * way), (ends[0] - ends[1]) / 2e-5, rtol=1e-6)


@pytest.mark.parametrize(
    "fact", [{"projection_size": 2}, {"lstm_state_clip_min": -1.0}, {"lstm_state_clip_nan": True}]
)
def test_what_only_cudnn_does_is_refused(fact: dict) -> None:
    ((name, value),) = fact.items()
    with pytest.raises(mx.errors.NotSupportedError, match=rf"RNN\(\): {name}={value} is not supported"):
        nd.RNN(*arrays(4), **FACTS, **fact)


def test_parameters_of_another_size_are_refused() -> None:
    data, parameters, state = arrays(6)
    with pytest.raises(mx.errors.ShapeError, match=r"parameters must have shape \(144,\), got \(125,\)"):
        nd.RNN(data, parameters[:125], state, **FACTS)


def test_inputs_find_their_places_by_keyword_and_by_position() -> None:
    data, parameters, state = arrays(7)
    lengths = nd.array([2, 3])
    want = nd.RNN(data, parameters, state, lengths, use_sequence_length=True, **FACTS).asnumpy()
    named = nd.RNN(
        data, state=state, parameters=parameters, sequence_length=lengths, use_sequence_length=True, **FACTS
    )
    np.testing.assert_array_equal(named.asnumpy(), want)
    places = [sym.var(n) for n in "abcd"]
    symbol = sym.RNN(*places, use_sequence_length=True, **FACTS)
    assert symbol.list_arguments() == ["a", "b", "c", "d"]
