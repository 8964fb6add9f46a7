"""The collector while modules load: off inside, as before afterwards; and its thresholds."""

import gc

import pytest

from workbench.collector import THRESHOLDS, look_less_often, resting


def test_nothing_is_collected_inside_and_it_goes_on_after():
    with resting():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_an_error_inside_leaves_it_on():
    with pytest.raises(ImportError, match="no such module"), resting():
        raise ImportError("no such module")
    assert gc.isenabled()


def test_one_that_is_off_stays_off():
    gc.disable()
    try:
        with resting():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_what_somebody_froze_stays_frozen(monkeypatch):
    moved = []
    monkeypatch.setattr(gc, "get_freeze_count", lambda: 3)
    monkeypatch.setattr(gc, "unfreeze", lambda: moved.append("unfrozen"))
    with resting():
        pass
    assert moved == []


def test_cycles_made_inside_can_still_be_collected():
    class Node:
        alive = 0

        def __init__(self):
            Node.alive += 1
            self.itself = self

        def __del__(self):
            Node.alive -= 1

    with resting():
        Node()
    gc.collect()
    assert Node.alive == 0


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((700, 10, 10), THRESHOLDS),
        ((0, 10, 10), (0, 10, 10)),  # turned off
        ((50_000, 20, 20), (50_000, 20, 20)),
    ],
)
def test_thresholds_are_raised_and_never_lowered(before, after):
    found = gc.get_threshold()
    try:
        gc.set_threshold(*before)
        look_less_often()
        assert gc.get_threshold() == after
    finally:
        gc.set_threshold(*found)


def test_importing_raised_them():
    assert gc.get_threshold()[0] >= THRESHOLDS[0]
