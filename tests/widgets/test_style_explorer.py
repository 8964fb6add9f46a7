import json
import threading

import pytest
from traitlets import TraitError
from workbench_widgets import StyleExplorer


@pytest.fixture
def explorer(study):
    return StyleExplorer(study=study)


def test_needs_exactly_one_thing_to_study(study):
    with pytest.raises(TypeError, match=r"a network .* or study=…: exactly one of the two"):
        StyleExplorer()
    with pytest.raises(TypeError, match="exactly one of the two"):
        StyleExplorer("a network", study=study)


def test_moving_the_cut_changes_segments_values_and_predictions_at_once(explorer, study):
    for place in range(len(study.levels)):
        explorer.cut = place
        assert explorer.segments == study.segments(place)
        assert explorer.visible == study.visible(place)
        assert explorer.figures == study.figures(place)


def test_its_repr_says_the_state_and_nothing_that_changes_by_itself(explorer):
    assert repr(explorer) == "StyleExplorer(network='lenet', cut='every op', segments=33)"
    explorer.cut = 5
    explorer.measure()
    assert repr(explorer) == "StyleExplorer(network='lenet', cut='one segment', segments=1)"


@pytest.mark.parametrize("cut", [-1, 6])
def test_a_cut_that_is_not_there_is_refused_and_the_old_one_kept(explorer, cut):
    with pytest.raises(TraitError, match=f"cut={cut}: 'lenet' has cuts 0 to 5"):
        explorer.cut = cut
    assert explorer.cut == 0


def test_a_step_that_is_not_there_is_refused(explorer):
    with pytest.raises(TraitError, match="step=33: 'lenet' has steps 0 to 32"):
        explorer.step = 33


def test_a_measurement_is_kept_with_the_cut_it_was_made_at(explorer):
    explorer.cut = 3
    explorer.measure()
    assert len(explorer.trace) == 4
    assert {figure.kind for figure in explorer.figures} == {"predicted", "measured"}
    explorer.cut = 1
    assert explorer.trace == []
    assert list(explorer.runs) == ["3"]
    assert explorer.progress == 1.0
    assert explorer.status == "idle"


def test_all_that_travels_to_the_browser_is_json(explorer):
    explorer.measure()
    state = {
        name: value for name, value in explorer.get_state().items() if name not in ("layout", "tabbable")
    }
    assert json.loads(json.dumps(state["runs"]))["0"]["trace"] == explorer.trace
    assert {figure["kind"] for level in state["levels"] for figure in level["figures"]} == {"predicted"}


def test_an_error_of_the_step_is_raised_here_and_shown_there(explorer, study):
    study.failure = ValueError("conv2: 50 filters, the weight has 20")
    with pytest.raises(ValueError, match="50 filters"):
        explorer.measure()
    assert explorer.error == "ValueError: conv2: 50 filters, the weight has 20"
    assert explorer.status == "idle"
    study.failure = None
    explorer.measure()
    assert explorer.error == ""


def test_an_interrupt_leaves_the_explorer_idle(explorer, study):
    study.failure = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        explorer.measure()
    assert explorer.status == "idle"
    assert explorer.trace == []


def ask(explorer, **content):
    explorer._handle_custom_msg(content, [])


def wait_for_threads():
    for thread in threading.enumerate():
        if thread.name == "measurement":
            thread.join(30)


def test_the_browser_measures_in_the_background_and_sees_an_error(explorer, study):
    ask(explorer, ask="measure")
    wait_for_threads()
    assert list(explorer.runs) == ["0"]
    study.failure = ValueError("no")
    ask(explorer, ask="measure")
    wait_for_threads()
    assert explorer.error == "ValueError: no"


def test_the_browser_can_cancel(explorer, study):
    started, go_on = threading.Event(), threading.Event()

    def slow(level, progress, cancelled):
        started.set()
        go_on.wait(30)
        return None if cancelled() else pytest.fail("was not told of the cancellation")

    study.measure = slow
    ask(explorer, ask="measure")
    started.wait(30)
    assert explorer.status == "measuring"
    ask(explorer, ask="cancel")
    go_on.set()
    wait_for_threads()
    assert explorer.status == "idle"
    assert explorer.runs == {}
    assert explorer.error == ""


def test_an_unknown_wish_of_the_browser_is_answered(explorer):
    ask(explorer, ask="dance")
    assert explorer.error == "the browser asked for {'ask': 'dance'}; known are 'measure', 'cancel'"


def test_a_saved_notebook_holds_a_picture(explorer):
    data, _ = explorer._repr_mimebundle_()
    assert data["text/plain"] == repr(explorer)
    assert "not measured yet" in data["image/svg+xml"]
    assert data == explorer._repr_mimebundle_()[0]
    explorer.measure()
    assert "not measured yet" not in explorer._repr_mimebundle_()[0]["image/svg+xml"]
