import numpy as np
from chains import chain

from workbench.memory.chen import chen
from workbench.memory.liveness import timeline
from workbench.memory.profile import COLUMNS, POINTS, Profile, bin_starts, most_of_each
from workbench.memory.schedule import unplanned


def profile(work, schedule=None):
    return Profile(work, unplanned(work) if schedule is None else schedule)


def test_a_short_pass_is_drawn_whole():
    found = profile(chain([10, 20, 30]))
    assert found.places.tolist() == [0, 1, 2, 3, 4, 5]
    assert found.phases == "fffbbb"
    shown = sum(found.by_kind.values())
    assert shown.tolist() == (found.timeline.total + found.timeline.fixed_bytes).tolist()


def test_a_long_pass_keeps_its_peak_and_the_order_of_its_places():
    work = chain([8] * 3000)
    found = profile(work)
    assert len(found.places) == POINTS
    assert (np.diff(found.places) > 0).all()
    total = timeline(work, found.schedule).total
    assert total[found.places].max() == total.max()


def test_what_is_recomputed_has_a_phase_of_its_own():
    found = profile(work := chain([10] * 9), chen(work))
    expected = {"f": 9, "r": len(chen(work)) - 18, "b": 9}
    assert {letter: found.phases.count(letter) for letter in "frb"} == expected


def test_the_layers_add_up_to_the_feature_maps():
    work = chain([10, 20, 30, 40])
    found = profile(work)
    assert found.bands.shape == (4, 8)
    assert found.bands.sum(0).tolist() == found.timeline.total.tolist()
    assert found.bands[3].tolist() == [0, 0, 0, 40, 70, 30, 0, 0]  # its gradient gives 30
    assert found.shades[3] == "00069400"


def test_many_layers_are_shown_as_bands_by_their_largest():
    work = chain([8] * 500)
    found = profile(work)
    assert len(found.shades) == 24
    assert {len(line) for line in found.shades} == {COLUMNS}
    assert max("".join(found.shades)) == "9"


def test_what_the_caller_holds_is_told_by_kind():
    work = chain([10, 20, 30])
    assert profile(work).fixed == {
        "parameter": sum(work.sizes[v] for v in work.held),
        "activation": 0,
        "gradient": sum(work.sizes[v] for v in work.results),
    }


def test_bins_cover_everything_once():
    assert bin_starts(3, 10).tolist() == [0, 1, 2]
    assert bin_starts(10, 3).tolist() == [0, 3, 6]
    assert most_of_each(np.array([1, 5, 2, 2, 9, 9, 0]), 3).tolist() == [1, 2, 4]
    assert most_of_each(np.array([]), 3).tolist() == []
