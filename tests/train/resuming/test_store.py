"""Checkpoints that are missing, cut, changed or foreign are named, and never taken."""

import logging
import os
import shutil
import sys

import ml_dtypes
import numpy as np
import pytest

from workbench.errors import CheckpointError
from workbench.train.resuming.digest import DIGEST
from workbench.train.resuming.store import Store

ARRAYS = {
    "a/b c": np.arange(6, dtype=np.float32).reshape(2, 3),
    "narrow": np.array([1, 2], ml_dtypes.bfloat16),
    "wide": np.float64(0.1),
    "text": np.frombuffer(b"abc", np.uint8),
    "noise": np.random.default_rng(3).normal(size=(64, 64)),
}


@pytest.fixture
def written(tmp_path):
    """A directory with checkpoints after 4 and 8 batches."""
    store = Store(tmp_path / "run", keep=2)
    store.require_new()
    for step in (2, 4, 8):
        store.save(step, ARRAYS, {"epoch": step})
    store.close()
    return tmp_path / "run"


def refused(directory, text):
    with pytest.raises(CheckpointError, match=text):
        Store(directory, keep=2).load()


def test_what_is_kept_comes_back_to_the_bit(written):
    store = Store(written, keep=2)
    assert store.steps() == [4, 8]
    step, arrays, record = store.load()
    assert (step, record["epoch"]) == (8, 8)
    assert list(arrays) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(arrays[name], array)


def test_none_is_there(tmp_path):
    refused(tmp_path / "none", "there is no checkpoint in .*none to resume from")
    (tmp_path / "file").write_text("")
    refused(tmp_path / "file", "file is a file; checkpoints take a directory")
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").write_text("")
    for call in (Store.load, Store.require_new):
        with pytest.raises(CheckpointError, match=r"notes holds 'a\.txt', which is no checkpoint"):
            call(Store(tmp_path / "notes", keep=2))
    assert (tmp_path / "notes" / "a.txt").exists()


def test_a_directory_that_can_not_hold_them(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    with pytest.raises(CheckpointError, match=r"file/sub can not hold checkpoints: .*Not a directory"):
        Store(tmp_path / "file" / "sub", keep=2)
    store = Store(tmp_path / "gone", keep=2)
    (tmp_path / "gone").rmdir()
    (tmp_path / "gone").write_text("")
    with pytest.raises(CheckpointError, match="gone"):
        store.save(1, ARRAYS, {})
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(
        CheckpointError, match="closed can not hold checkpoints: nothing can be written to it"
    ):
        Store(tmp_path / "closed", keep=2)


def test_what_did_not_end_does_not_count_as_one_to_keep(written):
    (written / "8" / DIGEST).unlink()
    store = Store(written, keep=1)
    assert store.load().step == 4
    store.save(6, ARRAYS, {})
    assert store.steps() == [6]
    assert [p.name for p in written.iterdir()] == ["6"]


def test_a_half_written_one_is_not_taken(written):
    shutil.copytree(written / "8", written / "9.orbax-checkpoint-tmp")
    store = Store(written, keep=2)
    assert store.load().step == 8
    shutil.copytree(written / "8", written / "9")
    (written / "9" / DIGEST).unlink()
    store = Store(written, keep=2)
    assert store.load().step == 8
    store.save(9, ARRAYS, {"epoch": 9})
    assert store.load().step == 9
    assert sorted(p.name for p in written.iterdir()) == ["8", "9"]


def largest(directory):
    return max((p for p in directory.rglob("*") if p.is_file()), key=lambda p: p.stat().st_size)


def cut(step):
    path = largest(step)
    path.write_bytes(path.read_bytes()[:-500])


def change(step):
    path = largest(step)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("damage", "name"),
    [
        (cut, r"arrays/\S+"),
        (change, r"arrays/\S+"),
        (lambda step: shutil.rmtree(step / "arrays"), r"arrays/\S+"),
        (lambda step: (step / "record" / "metadata").write_text('{"form'), "record/metadata"),
        (lambda step: (step / DIGEST).write_text('{"rec'), DIGEST),
        (lambda step: (step / DIGEST).write_text("{}"), DIGEST),
        (lambda step: (step / DIGEST).write_text('{"a": null}'), DIGEST),
    ],
)
def test_a_damaged_one_is_named_with_the_one_before(written, damage, name):
    damage(written / "8")
    refused(
        written,
        rf"run/8 is damaged: {name} is not what was written; without it, the one after batch 4 is taken",
    )
    shutil.rmtree(written / "8")
    assert Store(written, keep=2).load().step == 4
    damage(written / "4")
    refused(written, rf"run/4 is damaged: {name} is not what was written; it is the only one")


def test_what_is_numbered_as_if_it_were_one_is_not_removed(written):
    (written / "3").mkdir()
    refused(
        written, "run holds '3', which is no checkpoint; a run's checkpoints take a directory of their own"
    )
    assert sorted(p.name for p in written.iterdir()) == ["3", "4", "8"]
    (written / "3").rename(written / "notes")
    assert Store(written, keep=2).load().step == 8


def test_another_programs_is_told_apart(tmp_path):
    (tmp_path / "run" / "7").mkdir(parents=True)
    refused(
        tmp_path / "run",
        "run holds '7', which is no checkpoint; a run's checkpoints take a directory of their own",
    )
    store = Store(tmp_path / "other", keep=2)
    store.save(1, {"a": np.ones(2)}, {"format": "another"})
    refused(tmp_path / "other", "other/1 is of format 'another', not 'workbench training 1'")
    store = Store(tmp_path / "third", keep=2)
    store.save(1, {"a": np.ones(2)}, {"arrays": ["a", "b"]})
    refused(tmp_path / "third", "third/1 was altered: its record does not name its 1 arrays")


def test_orbax_is_silent_and_loaded_late(written, caplog):
    with caplog.at_level(logging.INFO):
        Store(written, keep=2).load()
    assert not [record for record in caplog.records if record.name == "absl"]
    assert "orbax.checkpoint" in sys.modules
