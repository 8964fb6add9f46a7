"""Records one after another in a file (``mx.recordio``), in MXNet's format.

A record is a magic number, a length whose upper three bits say which piece of a divided record this is, and the
content, filled up to a multiple of four bytes.  Content that holds the magic number where a record could begin is
divided there, so that a reader can find the next record from anywhere in a file.
"""

from __future__ import annotations

import numbers
import struct
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from workbench.arguments import checked
from workbench.errors import (
    ArgumentError,
    DataFileError,
    NotInitializedError,
    UnknownNameError,
    reading,
    unknown_name,
)
from workbench.runtime.source import called_at

__all__ = ["IRHeader", "MXIndexedRecordIO", "MXRecordIO", "pack", "unpack"]

MAGIC = struct.pack("<I", 0xCED7230A)
WHOLE, FIRST, MIDDLE, LAST = range(4)
LONGEST = (1 << 29) - 1
_HEADER = struct.Struct("IfQQ")


class MXRecordIO:
    """Reads or writes records in their order.

    Args:
        uri: the file.
        flag: ``"r"`` or ``"w"``.

    Raises:
        ArgumentError: the flag is another.
    """

    @checked
    def __init__(self, uri: str, flag: str) -> None:
        if flag not in ("r", "w"):
            raise ArgumentError(f"a record file is opened for 'r' or 'w', got {flag!r}")
        self.uri = uri
        self.flag = flag
        self._file: BinaryIO | None = None
        self.open()

    @property
    def is_open(self) -> bool:
        """Whether it was not closed."""
        return self._file is not None

    @property
    def writable(self) -> bool:
        """Whether it is opened for writing."""
        return self.flag == "w"

    def open(self) -> None:
        """Opens the file at its beginning; writing starts an empty one."""
        with reading(self.uri) if not self.writable else nullcontext():
            self._file = open(self.uri, "wb" if self.writable else "rb")  # noqa: SIM115 (held until close)

    def close(self) -> None:
        """Closes the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def __del__(self) -> None:
        if getattr(self, "_file", None) is not None:
            self.close()

    def reset(self) -> None:
        """Goes back to the beginning; what was written is gone."""
        self.close()
        self.open()

    def _opened(self, to_write: bool) -> BinaryIO:
        if self._file is None:
            raise NotInitializedError(f"{self.uri} was closed; open() it again{called_at()}")
        if to_write != self.writable:
            raise ArgumentError(f"{self.uri} was opened for {self.flag!r}")
        return self._file

    def write(self, buf: bytes | str) -> None:
        """Writes a record.

        Raises:
            ArgumentError: it is no bytes, longer than 512 MiB, or the file is open for reading.
        """
        file = self._opened(to_write=True)
        if isinstance(buf, str):
            buf = buf.encode()
        if not isinstance(buf, bytes) or len(buf) > LONGEST:
            raise ArgumentError(f"a record is at most {LONGEST} bytes, got {type(buf).__name__}")
        pieces = _divided(buf)
        for place, piece in enumerate(pieces):
            file.write(MAGIC + struct.pack("<I", _kind(place, len(pieces)) << 29 | len(piece)))
            file.write(piece + bytes(-len(piece) % 4))

    def read(self) -> bytes | None:
        """The next record; None after the last.

        Raises:
            DataFileError: the file is no record file or ends within a record.
            ArgumentError: it is open for writing.
        """
        file = self._opened(to_write=False)
        pieces: list[bytes] = []
        while True:
            at = file.tell()
            head = file.read(8)
            if not head and not pieces:
                return None
            if len(head) < 8 or head[:4] != MAGIC:
                raise DataFileError(f"{self.uri}: no record begins at byte {at}")
            kind, length = divmod(struct.unpack("<I", head[4:])[0], 1 << 29)
            content = file.read(length + -length % 4)
            if len(content) < length or (kind in (WHOLE, FIRST)) != (not pieces):
                raise DataFileError(f"{self.uri}: the record at byte {at} is not complete")
            pieces.append(content[:length])
            if kind in (WHOLE, LAST):
                return MAGIC.join(pieces)


def _divided(content: bytes) -> list[bytes]:
    """The content without the magic numbers that stand where a record could begin, cut at them."""
    pieces, begin = [], 0
    at = content.find(MAGIC)
    while at >= 0:
        if at % 4 == 0:
            pieces.append(content[begin:at])
            begin = at + 4
        at = content.find(MAGIC, at + (4 if at % 4 == 0 else 1))
    return [*pieces, content[begin:]]


def _kind(place: int, count: int) -> int:
    if count == 1:
        return WHOLE
    return FIRST if place == 0 else LAST if place == count - 1 else MIDDLE


class MXIndexedRecordIO(MXRecordIO):
    """Records with keys, whose places stand in a second file: ``key<tab>byte`` a line.

    Args:
        idx_path: the second file.
        uri, flag: as `MXRecordIO`.
        key_type: makes a key of its text.

    Attributes:
        keys: in the order of the records.
        idx: key → byte.

    Raises:
        DataFileError: a line of the second file is of another format.
    """

    @checked
    def __init__(self, idx_path: str, uri: str, flag: str, key_type: Callable[[Any], Any] = int) -> None:
        self.idx_path = idx_path
        self.key_type = key_type
        self.idx: dict[Any, int] = {}
        self.keys: list[Any] = []
        super().__init__(uri, flag)

    def open(self) -> None:
        """Opens the files at their beginning."""
        super().open()
        self.idx, self.keys = {}, []
        if self.writable:
            return
        lines = Path(self.idx_path).read_bytes().splitlines() if Path(self.idx_path).is_file() else []
        end = Path(self.uri).stat().st_size
        for number, line in enumerate(lines, 1):
            try:
                text, place = line.decode().strip().split("\t")
                key, at = self.key_type(text), int(place)
            except ValueError:
                raise DataFileError(
                    f"{self.idx_path}, line {number}: not 'key<tab>byte': {line.decode(errors='replace')!r}"
                ) from None
            if not 0 <= at < end:
                raise DataFileError(
                    f"{self.idx_path}, line {number}: record {key!r} would be at byte {at} of the {end} in {self.uri}"
                )
            self.idx[key] = at
        self.keys = list(self.idx)

    def close(self) -> None:
        """Closes the file, and writes the places of what was written."""
        if self._file is not None and self.writable:
            lines = "".join(f"{key}\t{self.idx[key]}\n" for key in self.keys)
            Path(self.idx_path).write_text(lines, encoding="utf-8")
        super().close()

    def seek(self, idx: Any) -> None:
        """Goes to a record, for reading.

        Raises:
            ArgumentError: there is no such key.
        """
        file = self._opened(to_write=False)
        if idx not in self.idx:
            raise ArgumentError(f"{self.idx_path} has no record {idx!r}")
        file.seek(self.idx[idx])

    def tell(self) -> int:
        """The byte where the next record will be written."""
        return self._opened(to_write=True).tell()

    def read_idx(self, idx: Any) -> bytes | None:
        """The record of this key."""
        self.seek(idx)
        return self.read()

    def write_idx(self, idx: Any, buf: bytes) -> None:
        """Writes a record under a key."""
        key, place = self.key_type(idx), self.tell()
        self.write(buf)
        if key not in self.idx:
            self.keys.append(key)
        self.idx[key] = place


class IRHeader(NamedTuple):
    """What stands before an example's content: `label` is a number, or `flag` of them; `id` and `id2` are free."""

    flag: int
    label: Any
    id: int
    id2: int


def pack(header: IRHeader, s: bytes) -> bytes:
    """Header and content as one record."""
    header = IRHeader(*header)
    if isinstance(header.label, numbers.Number):
        return _HEADER.pack(0, *header[1:]) + s
    label = np.asarray(header.label, np.float32)
    return _HEADER.pack(label.size, 0.0, *header[2:]) + label.tobytes() + s


def unpack(s: bytes) -> tuple[IRHeader, bytes]:
    """Header and content of what `pack` made.

    Raises:
        DataFileError: the record is too short.
    """
    size = _HEADER.size
    if len(s) < size:
        raise DataFileError(f"a packed record begins with {size} bytes of header, this one has {len(s)}")
    header = IRHeader(*_HEADER.unpack(s[:size]))
    if header.flag == 0:
        return header, s[size:]
    end = size + 4 * header.flag
    if len(s) < end:
        raise DataFileError(f"the record's header says {header.flag} labels, it has {len(s) - size} bytes")
    return header._replace(label=np.frombuffer(s[size:end], np.float32)), s[end:]


def __dir__() -> list[str]:
    return __all__


def __getattr__(name: str) -> Any:
    if name in ("pack_img", "unpack_img"):
        raise UnknownNameError(
            f"recordio.{name}: images are not coded here; give {name[:-4]} the bytes of their file"
        )
    raise unknown_name("recordio", name, globals())
