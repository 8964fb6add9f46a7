"""Which operations may write over what they read: found in the programs behind them."""

import pytest

from workbench.graph.bind import bind
from workbench.memory.elementwise import in_place, unchanged
from workbench.ops import registry
from workbench.types import tensor_type

SQUARE = tensor_type((6, 6), "float32")
ROW = tensor_type((6,), "float32")


def bound(name, **attributes):
    return bind(registry.get(name), attributes, True)[0]


def pairs(name, *types, **attributes):
    op = bound(name, **attributes)
    return in_place(op, types if op.key_type is None else (*types, op.key_type))


def gradient_pairs(name, *types, **attributes):
    """Pairs of the gradient: its inputs are what it keeps, then the gradients of the visible outputs."""
    op = bound(name, **attributes)
    types = types if op.key_type is None else (*types, op.key_type)
    outputs = op.infer(types)
    given = tuple(i < op.visible for i in range(op.output_count))
    rule = op.gradient(types, given, tuple(op.differentiable_inputs(types)))
    kept = tuple(outputs[k.place] if k.is_output else types[k.place] for k in rule.kept)
    names = ["output" if k.is_output else "input" for k in rule.kept]
    found = in_place(rule.bound, (*kept, *[t for t, g in zip(outputs, given, strict=True) if g]))
    return {(given, (names + ["gradient"] * len(outputs))[read]) for given, read in found}


def test_a_sum_may_lie_over_either_term():
    assert pairs("elemwise_add", SQUARE, SQUARE) == ((0, 0), (0, 1))


@pytest.mark.parametrize(
    ("name", "attributes"),
    [
        ("relu", {}),
        ("tanh", {}),
        ("Activation", {"act_type": "softsign"}),
        ("LeakyReLU", {}),
        ("Dropout", {}),
        ("clip", {"a_min": 0.0, "a_max": 1.0}),
        ("_mul_scalar", {"scalar": 2.0}),
        ("Flatten", {}),
        ("Reshape", {"shape": (4, 9)}),
    ],
)
def test_what_works_element_by_element_may_lie_over_its_input(name, attributes):
    assert (0, 0) in pairs(name, SQUARE, **attributes)


@pytest.mark.parametrize(
    ("name", "types", "attributes"),
    [
        ("softmax", (SQUARE,), {}),
        ("transpose", (SQUARE,), {}),
        ("reverse", (SQUARE,), {"axis": 0}),
        ("dot", (SQUARE, SQUARE), {}),
        ("sum", (SQUARE,), {}),
        ("cumsum", (SQUARE,), {}),
        ("LayerNorm", (SQUARE, ROW, ROW), {}),
        ("Cast", (SQUARE,), {"dtype": "int32"}),
    ],
)
def test_what_needs_other_elements_or_another_type_may_not(name, types, attributes):
    assert pairs(name, *types, **attributes) == ()


def test_batch_norm_needs_its_whole_input_for_the_statistics():
    image = tensor_type((2, 3, 4, 4), "float32")
    channel = tensor_type((3,), "float32")
    found = pairs("BatchNorm", image, channel, channel, channel, channel)
    assert (0, 0) not in found


def test_a_small_operand_that_is_repeated_is_not_written_over():
    assert pairs("broadcast_add", SQUARE, tensor_type((1, 6), "float32")) == ((0, 0),)


@pytest.mark.parametrize(
    ("name", "attributes"),
    [("Activation", {"act_type": "tanh"}), ("LeakyReLU", {}), ("relu", {}), ("Dropout", {}), ("Flatten", {})],
)
def test_gradients_of_such_operations_may_lie_over_the_gradient_they_read(name, attributes):
    assert (0, "gradient") in gradient_pairs(name, SQUARE, **attributes)


def test_the_gradients_of_a_product_may_lie_over_what_they_read():
    assert gradient_pairs("elemwise_mul", SQUARE, SQUARE) == {
        (0, "input"),
        (1, "input"),
        (0, "gradient"),
        (1, "gradient"),
    }


@pytest.mark.parametrize("name", ["softmax", "transpose"])
def test_gradients_of_others_may_not(name):
    assert gradient_pairs(name, SQUARE) == set()


@pytest.mark.parametrize(
    ("name", "attributes", "same"), [("Flatten", {}, {0}), ("identity", {}, {0}), ("relu", {}, set())]
)
def test_what_is_passed_on_as_it_is(name, attributes, same):
    assert unchanged(bound(name, **attributes), (SQUARE,)) == same


def test_the_gradient_of_a_sum_is_passed_on_to_both_terms():
    op = bound("elemwise_add")
    rule = op.gradient((SQUARE, SQUARE), (True,), (True, True))
    assert unchanged(rule.bound, (SQUARE,)) == {0, 1}
