"""Parameter files: what goes in comes out, and a file that is corrupt or hostile is refused by name."""

import io
import zipfile

import numpy as np
import pytest

from workbench import nd
from workbench.errors import ArgumentError, ExecutionError, SymbolFileError


class Payload:
    def __reduce__(self):
        return pytest.fail, ("a file ran code",)


def archive(**arrays):
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def member(shape):
    head = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}".ljust(117).encode() + b"\n"
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("a.npy", b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head)
    return file.getvalue()


GOOD = archive(a=np.ones((8, 8), np.float32))


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", "No data left in file"),
        (GOOD[: len(GOOD) // 2], "not a zip file"),
        (archive(a=np.array([Payload()], dtype=object)), "Object arrays cannot be loaded"),
        (archive(a=np.array(["x"])), r"unknown dtype dtype\('<U1'\)"),
        (archive(a=np.array([1j])), r"unknown dtype dtype\('complex128'\)"),
        (archive(__list__=np.array([3]), **{"0": np.ones(2)}), r"a list of \[3\] arrays holds '0'"),
        (archive(__list__=np.array([-1])), r"a list of \[-1\] arrays holds none"),
        (archive(__list__=np.array("x")), "a list of x arrays holds none"),
        (member("(99999999999999,)"), "Unable to allocate"),
        (member("(" * 60), "EOF in multi-line statement"),
    ],
)
def test_a_corrupt_or_hostile_file_is_refused(tmp_path, content, text):
    path = tmp_path / "net.params"
    path.write_bytes(content)
    with pytest.raises(
        SymbolFileError, match=rf"net\.params is not a parameter file of the workbench: .*{text}"
    ):
        nd.load(path)


def test_flipped_bytes_are_read_or_refused(tmp_path):
    path = tmp_path / "net.params"
    numbers = np.random.default_rng(0)
    refused = 0
    for _ in range(200):
        content = bytearray(GOOD)
        for at in numbers.integers(len(content), size=3):
            content[at] = numbers.integers(256)
        path.write_bytes(content)
        try:
            nd.load(path)
        except SymbolFileError:
            refused += 1
    assert refused


def test_a_file_that_is_not_there_is_pythons_own_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        nd.load(tmp_path / "none")


@pytest.mark.parametrize("name", ["__list__", "file", "allow_pickle", 1])
def test_names_that_could_not_be_read_back_are_refused(tmp_path, name):
    with pytest.raises(ArgumentError, match="a name must be text and none of __list__, file, allow_pickle"):
        nd.save(tmp_path / "net.params", {name: nd.ones((2,))})


def test_an_array_that_failed_does_not_cost_the_file_that_was_there(tmp_path):
    path = tmp_path / "net.params"
    nd.save(path, {"w": nd.ones((2,))})
    failed = nd.zeros((10**15,))
    with pytest.raises(ExecutionError, match="_full failed while running"):
        nd.save(path, {"w": failed})
    assert nd.load(path)["w"].asnumpy().tolist() == [1, 1]
