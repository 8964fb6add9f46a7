"""MXNet's parameter files, written here by their definition: read where they are whole, refused where not."""

import struct

import numpy as np
import pytest

from workbench import nd
from workbench.errors import SymbolFileError

CODES = {"float32": 0, "float64": 1, "float16": 2, "uint8": 3, "int32": 4, "int8": 5, "int64": 6, "bool": 7}
GRID = np.array([[1, 0, 3], [4, 5, 0]])


def array(value, magic=0xF993FAC9, storage=0, dtype=None, shape=None, device=(1, 0)):
    value = np.asarray(value)
    shape = value.shape if shape is None else shape
    lengths = struct.pack(f"<{len(shape)}{'q' if magic > 99 else 'I'}", *shape)
    parts = [struct.pack("<I", magic)]
    if magic in (0xF993FAC9, 0xF993FACA):
        parts.append(struct.pack("<i", storage))
    if magic > 99:
        parts.append(struct.pack("<i", len(shape)))
    code = CODES[value.dtype.name] if dtype is None else dtype
    return b"".join([*parts, lengths, struct.pack("<iii", *device, code), value.tobytes()])


def file(*arrays, names=(), count=None, name_count=None):
    texts = [struct.pack("<Q", len(n.encode())) + n.encode() for n in names]
    head = struct.pack("<QQQ", 0x112, 0, len(arrays) if count is None else count)
    return b"".join(
        [head, *arrays, struct.pack("<Q", len(names) if name_count is None else name_count), *texts]
    )


@pytest.mark.parametrize("dtype", CODES)
@pytest.mark.parametrize("magic", [0xF993FAC8, 0xF993FAC9, 0xF993FACA, 2])
def test_arrays_of_every_dtype_and_version_are_read(dtype, magic):
    want = GRID.astype(dtype)
    (got,) = nd.load_frombuffer(file(array(want, magic)))
    np.testing.assert_array_equal(got.asnumpy(), want, strict=True)


def test_named_arrays_are_a_dict_in_the_files_order(tmp_path):
    (tmp_path / "net-0000.params").write_bytes(
        file(array(GRID), array(np.float32([2])), names=["arg:w", "aux:é"])
    )
    found = nd.load(tmp_path / "net-0000.params")
    assert list(found) == ["arg:w", "aux:é"]
    assert found["arg:w"].asnumpy().tolist() == GRID.tolist()
    assert nd.load_frombuffer(file()) == []


def test_bfloat16_and_gpu_arrays_are_read_into_this_machines_memory():
    raw = np.float32([1.5, -2]).view(np.uint32) >> 16
    value = file(array(raw.astype("<u2").view(np.int8), dtype=12, shape=(2,), device=(2, 3)))
    (got,) = nd.load_frombuffer(value)
    assert got.asnumpy().astype("float32").tolist() == [1.5, -2]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (file(array(GRID))[:-9], "it ends"),
        (file(array(GRID), count=2**60), f"{2**60} arrays do not fit into"),
        (file(array(GRID), name_count=2**60), f"{2**60} names do not fit into 0 bytes"),
        (file(array(GRID, shape=(2**40, 2**20))), "it ends .* bytes too early"),
        (file(array(GRID, shape=(-1, 3))), r"the shape \(-1, 3\)"),
        (file(array(GRID, shape=(1,) * 33)), "an array has 33 axes"),
        (file(array(GRID, dtype=99)), "unknown dtype 99"),
        (file(array(GRID, storage=2)), "an array is csr; only dense ones are read"),
        (file(array(np.int32(1))), "has no shape: it was never given a value"),
        (file(array(GRID), names=["a", "b"]), "1 arrays have 2 different names"),
        (file(array(GRID), array(GRID), names=["a", "a"]), "2 arrays have 1 different names"),
        (file(array(GRID)) + b"x", "1 bytes follow the last name"),
        (struct.pack("<QQQI", 0x112, 0, 1, 7), "it ends"),
    ],
)
def test_a_corrupt_or_hostile_file_is_refused(content, text):
    with pytest.raises(SymbolFileError, match=f"the buffer is not a parameter file .*{text}"):
        nd.load_frombuffer(content)


def test_a_file_cut_anywhere_or_with_flipped_bytes_is_read_or_refused():
    good = file(array(GRID), array(np.float32([2])), names=["a", "b"])
    for end in range(8, len(good)):
        with pytest.raises(SymbolFileError):
            nd.load_frombuffer(good[:end])
    numbers = np.random.default_rng(0)
    for _ in range(300):
        content = bytearray(good)
        content[int(numbers.integers(8, len(good)))] = int(numbers.integers(256))
        try:
            nd.load_frombuffer(content)
        except SymbolFileError as error:
            assert "is not a parameter file" in str(error)  # noqa: PT017 (both ends are right)
