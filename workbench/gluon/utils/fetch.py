"""Files by address: what is on this machine is copied, and nothing is downloaded."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from workbench.errors import ArgumentError, NotSupportedError, SymbolFileError


def check_sha1(filename: str | Path, sha1_hash: str) -> bool:
    """Whether a file has this SHA-1 digest, in hexadecimal; MXNet compares the beginning that is given."""
    with open(filename, "rb") as file:
        digest = hashlib.file_digest(file, "sha1").hexdigest()
    return digest.startswith(sha1_hash.lower())


def download(
    url: str,
    path: str | Path | None = None,
    overwrite: bool = False,
    sha1_hash: str | None = None,
    retries: int = 5,
    verify_ssl: bool = True,
) -> str:
    """Copies a file from a ``file://`` address; returns where it is.

    Args:
        url: the address.
        path: the file or folder to copy to; the current folder by default.
        overwrite: copy although there is a file already.
        sha1_hash: the digest that the file must have.
        retries, verify_ssl: of MXNet's downloads.

    Raises:
        NotSupportedError: the address is on another machine.
        ArgumentError: the address names no file.
        SymbolFileError: the file has another digest.
    """
    parts = urlsplit(url)
    if parts.scheme != "file":
        raise NotSupportedError(
            f"download({url!r}): nothing is downloaded; fetch the file yourself, or give a file:// address"
        )
    source = Path(url2pathname(parts.path))
    if not source.is_file():
        raise ArgumentError(f"download({url!r}): there is no such file")
    target = Path(path).expanduser() if path is not None else Path(source.name)
    target = target / source.name if target.is_dir() else target
    if overwrite or not target.exists() or (sha1_hash and not check_sha1(target, sha1_hash)):
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    if sha1_hash and not check_sha1(target, sha1_hash):
        raise SymbolFileError(f"download({url!r}): {target} does not have the digest {sha1_hash}")
    return str(target)
