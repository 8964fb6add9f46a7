import copy
import json

import numpy as np
import pytest

from workbench.errors import ArgumentError, DeviceError, ShapeError
from workbench.imperative import nd
from workbench.module import NamedArrays
from workbench.runtime import trace
from workbench.runtime.device import cpu


def pair():
    return {"w": nd.array([[1, 2], [3, 4]]), "b": nd.array([5, 6])}


def test_is_a_dictionary_of_its_own_arrays():
    arrays = pair()
    named = NamedArrays(arrays)
    assert isinstance(named, dict)
    assert list(named) == ["w", "b"]
    assert named["w"] is arrays["w"]
    assert dict(named.items()) == arrays
    assert repr(named) == "<NamedArrays w (2, 2), b (2,)>"
    assert named != NamedArrays(arrays)
    assert not named == NamedArrays(arrays)  # noqa: SIM201 - the other way to ask


@pytest.mark.parametrize(
    ("calculate", "expected"),
    [
        (lambda a, b: a + b, [10, 12]),
        (lambda a, b: a - 1, [4, 5]),
        (lambda a, b: 1 - a, [-4, -5]),
        (lambda a, b: 0.5 * a, [2.5, 3]),
        (lambda a, b: a / b, [1, 1]),
        (lambda a, b: 30 / a, [6, 5]),
        (lambda a, b: a**2, [25, 36]),
        (lambda a, b: 2**a, [32, 64]),
        (lambda a, b: np.float32(2) * a, [10, 12]),
        (lambda a, b: -a, [-5, -6]),
        (lambda a, b: dict(b) - 2 * a, [-5, -6]),
    ],
)
def test_arithmetic_goes_name_by_name(calculate, expected):
    result = calculate(NamedArrays(pair()), NamedArrays(pair()))
    assert isinstance(result, NamedArrays)
    assert list(result) == ["w", "b"]
    np.testing.assert_array_equal(result["b"].asnumpy(), np.array(expected, np.float32))


@pytest.mark.parametrize(
    ("name", "expected"),
    [("iadd", [7, 8]), ("isub", [3, 4]), ("imul", [10, 12]), ("itruediv", [2.5, 3]), ("ipow", [25, 36])],
)
@pytest.mark.parametrize("right", [2, {"b": [2, 2]}], ids=["number", "mapping"])
def test_in_place_writes_into_the_same_arrays(name, expected, right):
    arrays = pair()
    named, other = NamedArrays(arrays), arrays["b"]
    right = right if isinstance(right, int) else {n: nd.array(v) for n, v in right.items()}
    assert getattr(named, f"__{name}__")(right) is named
    assert named["b"] is other
    np.testing.assert_array_equal(other.asnumpy(), np.array(expected, np.float32))


def test_a_name_the_right_side_lacks_is_left_as_it_is():
    params = NamedArrays(pair())
    params -= 0.5 * NamedArrays({"b": nd.array([2, 2])})
    assert params["w"].asnumpy().tolist() == [[1, 2], [3, 4]]
    assert params["b"].asnumpy().tolist() == [4, 5]
    total = params + {"b": nd.array([1, 1])}
    params["w"][:] = 0
    assert total["w"].asnumpy().tolist() == [[1, 2], [3, 4]]


def test_an_empty_right_side_changes_nothing():
    states = NamedArrays(pair())
    states -= 0.2 * NamedArrays({})
    assert states["b"].asnumpy().tolist() == [5, 6]


@pytest.mark.parametrize(
    ("right", "error", "text"),
    [
        ({"wt": [1]}, ArgumentError, r"the right side has 'wt', the left side w, b\. Did you mean 'w'\?"),
        ({"b": [1]}, ShapeError, r"'b' has shape \(2,\) on the left, \(1,\) on the right"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_is_written(right, error, text):
    named = NamedArrays(pair())
    given = {"w": nd.ones((2, 2)), **{n: nd.array(v) for n, v in right.items()}}
    with pytest.raises(error, match=text):
        named -= given
    with pytest.raises(error, match=text):
        _ = named - given
    assert named["w"].asnumpy().tolist() == [[1, 2], [3, 4]]


@pytest.mark.devices
def test_arrays_on_another_device_are_refused():
    named = NamedArrays(pair())
    with pytest.raises(DeviceError, match=r"'b' is on cpu\(0\) on the left, on cpu\(1\) on the right"):
        named -= {"w": nd.ones((2, 2)), "b": nd.ones((2,), ctx=cpu(1))}
    assert named["w"].asnumpy().tolist() == [[1, 2], [3, 4]]


def test_only_numbers_and_mappings_of_arrays_take_part():
    named = NamedArrays(pair())
    with pytest.raises(ArgumentError, match="'b' must be an NDArray, got list"):
        named -= {"b": [1, 2]}
    with pytest.raises(TypeError, match="unsupported operand"):
        _ = named - [1]
    with pytest.raises(TypeError, match="unsupported operand"):
        _ = [1] - named


def test_items_are_written_through():
    arrays = pair()
    named = NamedArrays(arrays)
    named["b"] = nd.array([0, 1])
    assert arrays["b"].asnumpy().tolist() == [0, 1]
    with pytest.raises(ArgumentError, match=r"no array 'bb' to write into\. Did you mean 'b'"):
        named["bb"] = 1


def test_what_programs_do_with_dictionaries_they_do_here():
    arrays = pair()
    named = NamedArrays(arrays)
    named.update({"b": nd.array([0, 1])}, w=nd.zeros((2, 2)))
    named |= {"state": nd.ones((1,))}
    assert arrays["b"].asnumpy().tolist() == [0, 1]
    assert arrays["w"].asnumpy().tolist() == [[0, 0], [0, 0]]
    assert list(named) == ["w", "b", "state"]
    assert list(arrays) == ["w", "b"]
    assert named.pop("state").asscalar() == 1
    del named["w"]
    assert {**named} == {"b": arrays["b"]}
    assert copy.copy(named)["b"] is arrays["b"]
    assert copy.deepcopy(named)["b"] is not arrays["b"]
    assert json.dumps(dict.fromkeys(named, 1)) == '{"b": 1}'


def test_copies_do_not_follow():
    named = NamedArrays(pair())
    kept = named.copy()
    named *= 0
    assert kept["b"].asnumpy().tolist() == [5, 6]


def test_an_expression_is_one_program():
    params, grads = NamedArrays(pair()), NamedArrays(pair())

    def step():
        nonlocal params
        params -= 0.5 * grads
        nd.waitall()

    for _ in range(3):
        step()
    with trace.record() as events:
        step()
    assert len(events) == 1
    assert params["b"].asnumpy().tolist() == [-5, -6]
