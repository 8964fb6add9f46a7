"""Files are put together here byte by byte, so that they can be damaged and hostile; and PyTorch's own are read."""

import struct
import subprocess
import sys

import numpy as np
import pytest

from workbench.errors import SymbolFileError
from workbench.gluon.model_zoo.torch_file import MAGIC, read_torch_file

START, STOP = b"\x80\x02", b"."


def number(value):
    return b"\x8a\x0a" + value.to_bytes(10, "little", signed=True)


def text(value):
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def group(*parts):
    return b"(" + b"".join(parts) + b"t"


def asked(name):
    return b"c" + name.replace(" ", "\n").encode() + b"\n"


def pickled(*parts):
    return START + b"".join(parts) + STOP


def storage(key="7", length=6, kind="FloatStorage"):
    return group(text("storage"), asked(f"torch {kind}"), text(key), text("cpu"), number(length), b"N") + b"Q"


def tensor(offset=0, shape=(2, 3), strides=(3, 1), where=None):
    numbers = (group(*map(number, each)) for each in (shape, strides))
    return (
        asked("torch._utils _rebuild_tensor_v2")
        + group(
            where or storage(), number(offset), *numbers, b"\x89", asked("collections OrderedDict") + b")R"
        )
        + b"R"
    )


def named(**values):
    return b"}(" + b"".join(text(name) + value for name, value in values.items()) + b"u"


HEAD = (
    pickled(number(MAGIC))
    + pickled(number(1001))
    + pickled(named(little_endian=b"\x88", protocol=number(1001)))
)
DATA = struct.pack("<q6f", 6, *range(6))


def file_of(value, keys=("7",), head=HEAD):
    listed = pickled(b"](", *map(text, keys), b"e")
    return head + pickled(value) + listed + DATA


@pytest.fixture
def read(tmp_path):
    def from_bytes(content):
        path = tmp_path / "weights.pth"
        path.write_bytes(content)
        return read_torch_file(path)

    return from_bytes


def test_views_of_one_storage_are_arrays_of_their_own(read):
    found = read(file_of(named(whole=tensor(), turned=tensor(1, (2, 2), (1, 3)), one=tensor(5, (), ()))))
    np.testing.assert_array_equal(found["whole"], [[0, 1, 2], [3, 4, 5]])
    np.testing.assert_array_equal(found["turned"], [[1, 4], [2, 5]])
    assert found["one"] == 5
    found["whole"][0, 1] = -1
    assert found["turned"][0, 0] == 1


def test_what_pytorch_writes_is_read(tmp_path):
    torch = pytest.importorskip("torch")
    base = torch.arange(24.0).reshape(2, 3, 4)
    values = {
        "view": base.permute(2, 0, 1)[1:],
        "base": base,
        "half": torch.linspace(0, 1, 3).half(),
        "count": torch.tensor(3),
        "bytes": torch.tensor([1, 255], dtype=torch.uint8),
        "none": torch.zeros(0, 3, dtype=torch.float64),
    }
    torch.save(values, tmp_path / "a.pth", _use_new_zipfile_serialization=False)
    found = read_torch_file(tmp_path / "a.pth")
    assert list(found) == list(values)
    for name, value in values.items():
        np.testing.assert_array_equal(found[name], value.numpy(), strict=True)


def test_a_zip_archive_is_named(tmp_path):
    torch = pytest.importorskip("torch")
    torch.save({"a": torch.zeros(1)}, tmp_path / "new.pth")
    with pytest.raises(SymbolFileError, match=r"new\.pth: it is the zip archive that PyTorch writes since"):
        read_torch_file(tmp_path / "new.pth")


def running(module, name, argument):
    return asked(f"{module} {name}") + group(text(argument)) + b"R"


def test_a_call_that_pickle_would_make_is_not_made(tmp_path, read):
    mark = tmp_path / "ran"
    hostile = pickled(running("builtins", "exec", f"open({str(mark)!r}, 'w').close()"))
    (tmp_path / "hostile").write_bytes(hostile)
    command = "import pickle, sys; pickle.load(open(sys.argv[1], 'rb'))"
    subprocess.run([sys.executable, "-c", command, tmp_path / "hostile"], check=True)
    assert mark.exists(), "the file is not hostile enough to prove anything"
    mark.unlink()
    for place in (hostile, HEAD + hostile, file_of(named(a=hostile[2:-1]))):
        with pytest.raises(
            SymbolFileError, match=r"weights\.pth: .* the global 'builtins\.exec', .* not allowed"
        ):
            read(place)
    assert not mark.exists()


@pytest.mark.parametrize(
    "name", ["os.system", "posix.system", "builtins.eval", "torch.load", "collections.deque"]
)
def test_no_other_global_is_looked_up(read, name):
    module, _, last = name.rpartition(".")
    with pytest.raises(
        SymbolFileError, match=f"the global '{name}', which is not allowed; nothing was imported"
    ):
        read(file_of(named(a=running(module, last, "true"))))


def test_a_module_that_a_file_names_is_not_imported(tmp_path, read, monkeypatch):
    (tmp_path / "trap.py").write_text("raise SystemExit('imported')")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(SymbolFileError, match=r"the global 'trap\.anything'"):
        read(file_of(asked("trap anything")))
    assert "trap" not in sys.modules


DEEP = b")" + b"\x85" * 100_000
HOSTILE = {
    "an instruction of newer pickles": (
        text("os") + text("system") + b"\x93",
        "the instruction STACK_GLOBAL",
    ),
    "an instance": (b"(ios\nsystem\n", "the instruction INST"),
    "an object": (asked("torch FloatStorage") + b")\x81", "the instruction NEWOBJ"),
    "a call of what is no function": (text("system") + b")R", r"its pickle calls 'system' with \(\)"),
    "a call with a list": (
        asked("collections OrderedDict") + b"]R",
        r"its pickle calls <function .* with \[\]",
    ),
    "a dict of something": (
        asked("collections OrderedDict") + group(text("a")) + b"R",
        r"makes a dict of \('a',\)",
    ),
    "attributes of a function": (
        asked("torch._utils _rebuild_tensor_v2") + b"}b",
        "sets attributes of <function",
    ),
    "keys that are not names": (b"}" + DEEP + b"Ns", "puts items that are no names"),
    "an endless value": (DEEP + b"Nb", r"sets attributes of \(\(\(\(\(\("),
    "items of a number": (
        number(1) + b"(" + text("a") + b"Nu",
        "puts items that are no names and values into 1",
    ),
    "a list that is none": (b"}Na", r"appends to \{\}"),
    "an empty stack": (b"\x85", "takes from an empty stack"),
    "no mark": (b"t", "takes what it never put down"),
    "a memory that was never filled": (b"h\x05", "takes what it never put down"),
    "no dict": (number(3), "it holds 3, not tensors by name"),
    "no tensor": (named(a=number(3), b=tensor()), "'a' is 3, not a tensor"),
    "another storage": (text("elsewhere") + b"Q", "it describes a storage by 'elsewhere'"),
    "a tensor of nothing": (asked("torch._utils _rebuild_tensor_v2") + b")R", r"describes a tensor by \(\)"),
    "a tensor that begins before": (named(a=tensor(offset=-1)), "describes a tensor by"),
    "a negative shape": (named(a=tensor(shape=(-2, -3))), "describes a tensor by"),
    "too many axes": (named(a=tensor(shape=(1,) * 40, strides=(1,) * 40)), "describes a tensor by"),
    "a tensor beyond its storage": (
        named(a=tensor(offset=1)),
        r"'a' of shape \(2, 3\) reaches beyond .* 6 elem",
    ),
    "a tensor far beyond": (named(a=tensor(shape=(2, 3), strides=(2**70, 1))), "reaches beyond its storage"),
    "a tensor without elements, far beyond": (
        named(a=tensor(shape=(0, 2**70), strides=(1, 1))),
        "reaches beyond its storage",
    ),
    "views without end": (named(**{f"t{i}": tensor() for i in range(5)}), "more than 4 times"),
    "a tensor that repeats": (
        named(a=tensor(shape=(10**12, 10**9), strides=(0, 0))),
        "reaches beyond its storage",
    ),
    "two sizes of a storage": (
        named(a=tensor(), b=tensor(where=storage(length=9))),
        "describes a storage by",
    ),
    "a storage of fewer": (named(a=tensor(where=storage(length=9))), "'7' has 6 elements, its tensors say 9"),
    "a storage that is missing": (
        named(a=tensor(where=storage(key="8"))),
        "storages that follow are not those",
    ),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_what_is_hostile_or_corrupt_is_named(read, what):
    value, message = HOSTILE[what]
    with pytest.raises(SymbolFileError, match=message):
        read(file_of(value))


def test_a_file_of_something_else_is_named(read):
    with pytest.raises(SymbolFileError, match="does not start with the magic number and protocol 1001"):
        read(file_of(named(), head=pickled(number(1)) * 2 + pickled(named(little_endian=b"\x88"))))
    with pytest.raises(SymbolFileError, match="puts the highest byte first"):
        read(file_of(named(), head=HEAD.replace(b"\x88", b"\x89")))
    with pytest.raises(SymbolFileError, match="4 bytes follow the last storage"):
        read(file_of(named(a=tensor())) + b"more")
    for content in (b"", b"nothing of the kind", b"\x89PNG\r\n"):
        with pytest.raises(SymbolFileError, match=r"weights\.pth: "):
            read(content)


def test_a_file_cut_off_anywhere_is_refused(read):
    whole = file_of(named(a=tensor()))
    assert list(read(whole)) == ["a"]
    for end in range(len(whole)):
        with pytest.raises(SymbolFileError, match=r"weights\.pth: "):
            read(whole[:end])
    with pytest.raises(SymbolFileError, match="it ends 3 bytes too early"):
        read(whole[:-3])


@pytest.mark.filterwarnings(
    "ignore:invalid escape:DeprecationWarning"
)  # pickletools decodes what became a string
def test_a_damaged_byte_gives_other_values_or_that_error(read):
    whole = bytearray(file_of(named(a=tensor())))
    outcomes = set()
    for at in range(len(whole)):
        for flip in (1, 16, 255):
            damaged = whole.copy()
            damaged[at] ^= flip
            try:
                outcomes.add(type(read(bytes(damaged))))
            except SymbolFileError as error:
                outcomes.add(type(error))
    assert outcomes == {dict, SymbolFileError}
