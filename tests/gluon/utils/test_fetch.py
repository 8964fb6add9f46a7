"""Copying files by address."""

import hashlib

import pytest

from workbench.errors import ArgumentError, NotSupportedError, SymbolFileError
from workbench.gluon import utils


def test_a_file_of_this_machine_is_copied_and_checked(tmp_path):
    source = tmp_path / "a file.bin"
    source.write_bytes(b"weights")
    digest = hashlib.sha1(b"weights").hexdigest()
    (tmp_path / "to").mkdir()
    copy = utils.download(source.as_uri(), tmp_path / "to", sha1_hash=digest)
    assert copy == str(tmp_path / "to" / "a file.bin")
    assert utils.check_sha1(copy, digest)
    assert not utils.check_sha1(copy, "0" * 40)
    (tmp_path / "to" / "a file.bin").write_bytes(b"mine")
    utils.download(source.as_uri(), copy)
    assert (tmp_path / "to" / "a file.bin").read_bytes() == b"mine"
    utils.download(source.as_uri(), copy, overwrite=True)
    assert (tmp_path / "to" / "a file.bin").read_bytes() == b"weights"


def test_what_can_not_be_copied_is_named(tmp_path):
    with pytest.raises(NotSupportedError, match=r"nothing is downloaded; .* file:// address"):
        utils.download("https://example.org/a.params")
    with pytest.raises(ArgumentError, match="there is no such file"):
        utils.download((tmp_path / "none").as_uri())
    (tmp_path / "a").write_bytes(b"other")
    with pytest.raises(SymbolFileError, match="does not have the digest"):
        utils.download((tmp_path / "a").as_uri(), tmp_path / "b", sha1_hash="0" * 40)
