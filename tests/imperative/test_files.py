"""Parameter files: what goes in comes out, and a file that is corrupt or hostile is refused by name."""

import json

import numpy as np
import pytest

from workbench import nd
from workbench.errors import ArgumentError, ExecutionError, SymbolFileError

DTYPES = [
    *("float16", "float32", "float64", "bfloat16", "bool"),
    *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)),
]


def archive(header, body=b""):
    """A safetensors file by its definition: the header's length, the header, the bytes."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + body


def tensor(dtype="F32", shape=(2,), end=8, **more):
    return {"a": {"dtype": dtype, "shape": list(shape), "data_offsets": [0, end]}, **more}


def said(names, is_list=False):
    return {"__metadata__": {"workbench": json.dumps({"list": is_list, "names": names})}}


GOOD = archive(tensor(), b"\0" * 8)


def same(loaded, saved):
    assert list(loaded) == list(saved)
    for name, array in saved.items():
        assert loaded[name].dtype == array.dtype
        np.testing.assert_array_equal(loaded[name].asnumpy(), array.asnumpy(), strict=True)


def test_every_dtype_and_shape_comes_back_in_the_order_it_was_saved(tmp_path):
    arrays = {f"z{i}": nd.array([[1, 0], [3, 2]], dtype=name) for i, name in enumerate(DTYPES)}
    arrays |= {"one number": nd.array(3.0), "nothing": nd.zeros((0, 3)), "a": nd.ones((3,))[1:]}
    nd.save(tmp_path / "net.params", arrays)
    same(nd.load(str(tmp_path / "net.params")), arrays)
    same(nd.load_frombuffer((tmp_path / "net.params").read_bytes()), arrays)


@pytest.mark.parametrize("count", [0, 1, 12])
def test_a_list_is_a_list_and_a_dict_is_a_dict(tmp_path, count):
    path = tmp_path / "list"
    arrays = [nd.array([i]) for i in range(count)]
    nd.save(path, arrays)
    assert [int(a.asscalar()) for a in nd.load(path)] == list(range(count))
    nd.save(path, {str(i): a for i, a in enumerate(arrays)})
    assert list(nd.load(path)) == [str(i) for i in range(count)]


def test_one_array_is_saved_as_a_list_of_it(tmp_path):
    nd.save(tmp_path / "one", nd.ones((2,)))
    assert [a.shape for a in nd.load(tmp_path / "one")] == [(2,)]


def test_a_safetensors_file_from_elsewhere_is_a_dict():
    assert nd.load_frombuffer(GOOD)["a"].asnumpy().tolist() == [0, 0]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", "HeaderTooSmall|header too small"),
        (GOOD[:-1], "incomplete|buffer"),
        (archive(b"x" * 10), "header"),
        ((2**60).to_bytes(8, "little") + b"{}", "header"),
        (archive(tensor(shape=(2**62, 4)), b"\0" * 8), "overflow|invalid"),
        (archive(tensor("F8_E4M3", (8,)), b"\0" * 8), "the dtype F8_E4M3, which the workbench does not"),
        (archive(tensor(**said(["b"])), b"\0" * 8), r"it holds 'a', and says \['b'\]"),
        (archive(tensor(**said(["a", "a"])), b"\0" * 8), r"it holds 'a', and says \['a', 'a'\]"),
        (archive(tensor(__metadata__={"workbench": "{"}), b"\0" * 8), "Expecting property name"),
        (archive(tensor(__metadata__={"workbench": "3"}), b"\0" * 8), "not subscriptable"),
    ],
)
def test_a_corrupt_or_hostile_file_is_refused(tmp_path, content, text):
    path = tmp_path / "net.params"
    path.write_bytes(content)
    expected = rf"(?i)net\.params is not a parameter file of the workbench or of MXNet: .*({text})"
    with pytest.raises(SymbolFileError, match=expected):
        nd.load(path)


def test_flipped_bytes_are_read_or_refused():
    numbers = np.random.default_rng(0)
    refused = 0
    for _ in range(300):
        content = bytearray(GOOD)
        for at in numbers.integers(len(content), size=3):
            content[at] = numbers.integers(256)
        try:
            nd.load_frombuffer(content)
        except SymbolFileError:
            refused += 1
    assert refused


def test_a_file_that_is_not_there_is_pythons_own_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        nd.load(tmp_path / "none")


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({"__metadata__": nd.ones((1,))}, "a name must be text and not '__metadata__', got '__metadata__'"),
        ({1: nd.ones((1,))}, "a name must be text and not '__metadata__', got 1"),
        ([3], "'0' is a int, not an NDArray"),
        (1, "takes an NDArray, or a list or dict of them, got int"),
    ],
)
def test_what_is_no_array_of_a_name_is_refused_and_leaves_no_file(tmp_path, data, text):
    with pytest.raises(ArgumentError, match=text):
        nd.save(tmp_path / "net.params", data)
    assert not list(tmp_path.iterdir())
    with pytest.raises(ArgumentError, match="takes bytes, got str"):
        nd.load_frombuffer("net.params")


def test_an_array_that_failed_does_not_cost_the_file_that_was_there(tmp_path):
    path = tmp_path / "net.params"
    nd.save(path, {"w": nd.ones((2,))})
    failed = nd.zeros((10**15,))
    with pytest.raises(ExecutionError, match="_full failed while running"):
        nd.save(path, {"w": failed})
    assert nd.load(path)["w"].asnumpy().tolist() == [1, 1]
