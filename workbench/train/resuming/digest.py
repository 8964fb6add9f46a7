"""The checksum of every file of a checkpoint, in a file beside them that is written last and makes it whole."""

from __future__ import annotations

import json
import zlib
from pathlib import Path

DIGEST = "workbench-digest.json"


def is_whole(path: Path) -> bool:
    """Whether a checkpoint was written to its end."""
    return (path / DIGEST).exists()


def write(path: Path) -> None:
    """Makes a checkpoint whole."""
    draft = (path / DIGEST).with_suffix(".draft")
    draft.write_text(json.dumps(_checksums(path)))
    draft.replace(path / DIGEST)


def wrong(path: Path) -> str | None:
    """The first file of a checkpoint that is not what was written; None where all are."""
    there = _checksums(path)
    return next((name for name, checksum in _written(path).items() if there.get(name) != checksum), None)


def _written(path: Path) -> dict[str, int]:
    """The checksums that were written; of a digest that is none itself, one that no file has."""
    try:
        found = json.loads((path / DIGEST).read_text())
    except (OSError, ValueError):
        found = None
    if not isinstance(found, dict) or not found or not all(isinstance(each, int) for each in found.values()):
        return {DIGEST: -1}
    return found


def _checksums(path: Path) -> dict[str, int]:
    files = [each for each in path.rglob("*") if each.is_file() and each.stem != Path(DIGEST).stem]
    return {each.relative_to(path).as_posix(): zlib.crc32(each.read_bytes()) for each in sorted(files)}
