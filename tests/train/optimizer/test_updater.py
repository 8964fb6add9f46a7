"""An updater makes states once, and saves and takes them back exactly."""

import io
import json

import numpy as np
import pytest

from workbench.errors import ArgumentError, SymbolFileError
from workbench.imperative import nd
from workbench.train import optimizer as opt


def trained(name="sgd", steps=3, dtype="float32", **arguments):
    updater = opt.get_updater(opt.create(name, **arguments))
    weights = [nd.ones((2, 2), dtype=dtype), nd.ones((3,), dtype=dtype)]
    for step in range(steps):
        updater([0, "bias"], [nd.ones(w.shape, dtype=dtype) * (step + 1) for w in weights], weights)
    return updater, weights


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
@pytest.mark.parametrize(
    ("name", "arguments"),
    [("sgd", {}), ("sgd", {"momentum": 0.9}), ("adam", {}), ("rmsprop", {"centered": True}), ("adagrad", {})],
)
def test_a_resumed_run_continues_exactly(name, arguments, dtype):
    updater, weights = trained(name, dtype=dtype, **arguments)
    other, copies = opt.get_updater(opt.create(name, **arguments)), [w.copy() for w in weights]
    other.set_states(updater.get_states(dump_optimizer=True))
    assert other.optimizer.num_update == 3
    for run, arrays in ((updater, weights), (other, copies)):
        run([0, "bias"], [nd.ones(w.shape, dtype=dtype) for w in arrays], arrays)
    for a, b in zip(weights, copies, strict=True):
        np.testing.assert_array_equal(a.asnumpy(), b.asnumpy())


def test_settings_are_restored():
    updater, _ = trained("sgd", momentum=0.9, wd=0.25)
    updater.optimizer.set_learning_rate(0.125)
    other = opt.get_updater(opt.create("sgd", momentum=0.5))
    other.set_states(updater.get_states(dump_optimizer=True))
    assert (other.optimizer.momentum, other.optimizer.wd, other.optimizer.learning_rate) == (0.9, 0.25, 0.125)


def test_states_alone_leave_the_settings():
    updater, _ = trained("sgd", momentum=0.9)
    other = opt.get_updater(opt.create("sgd", momentum=0.5))
    other.set_states(updater.get_states())
    assert other.optimizer.momentum == 0.5
    assert set(other.states) == {0, "bias"}


def test_states_of_another_optimizer_are_refused():
    updater, _ = trained("adam")
    other = opt.get_updater(opt.create("sgd"))
    with pytest.raises(ArgumentError, match="saved by 'adam', this updater runs 'sgd'"):
        other.set_states(updater.get_states(dump_optimizer=True))
    assert other.states == {}


def test_damaged_or_foreign_bytes_are_refused():
    updater, _ = trained("adam")
    data = updater.get_states()
    buffer = io.BytesIO()
    np.savez(buffer, header=np.frombuffer(json.dumps({"format": "other"}).encode(), np.uint8))
    for wrong in (b"", b"not an archive", data[: len(data) // 2], b"\x80\x04K\x01."):
        with pytest.raises(SymbolFileError, match=f"these {len(wrong)} bytes are not optimizer states"):
            updater.set_states(wrong)
    with pytest.raises(SymbolFileError, match="of format 'other'"):
        updater.set_states(buffer.getvalue())


def test_an_archive_with_pickled_objects_is_refused():
    buffer = io.BytesIO()
    np.savez(buffer, header=np.array([{"format": 1}], dtype=object))
    with pytest.raises(SymbolFileError, match="not optimizer states"):
        opt.get_updater(opt.SGD()).set_states(buffer.getvalue())


def test_lists_must_be_of_one_length():
    with pytest.raises(ArgumentError, match="update of 2 indices got 1 gradients and 2 weights"):
        opt.get_updater(opt.SGD())([0, 1], [nd.ones((1,))], [nd.ones((1,)), nd.ones((1,))])


def test_nothing_to_update_is_no_error():
    opt.get_updater(opt.SGD())([], [], [])


def test_parts_of_a_given_size():
    updater = opt.get_updater(opt.SGD(learning_rate=1.0))
    updater.optimizer.aggregate_num = 2
    weights = [nd.ones((1,)) for _ in range(5)]
    updater(list(range(5)), [nd.ones((1,)) * i for i in range(5)], weights)
    assert [w.asscalar() for w in weights] == [1, 0, -1, -2, -3]
    assert updater.optimizer.num_update == 1


def test_states_packed_in_an_unknown_way_are_refused():
    updater = opt.get_updater(opt.Adam())
    updater(0, nd.ones((2,)), nd.ones((2,)))
    data = bytearray(updater.get_states())
    at = data.index(b"PK\x01\x02") + 10  # the compression method in the archive's directory
    data[at : at + 2] = b"\x63\x00"
    with pytest.raises(SymbolFileError, match="bytes are not optimizer states"):
        opt.get_updater(opt.Adam()).set_states(bytes(data))
