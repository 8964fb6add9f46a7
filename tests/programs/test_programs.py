"""Programs written as published ones are: they run, and learn."""

import numpy as np
import pytest

from tests.programs.run import here


@pytest.mark.parametrize("name", ["train_digits", "hinge_chain", "gluon_loop"])
def test_a_classifier_learns(name, tmp_path, monkeypatch):
    assert here(name, tmp_path, monkeypatch)["accuracy"] > 0.9


def test_arrays_do_what_numpys_do_where_mxnets_do(tmp_path, monkeypatch):
    """Against MXNet itself in tests/mxnet; here what needs no MXNet to be known."""
    found = here("array_surface", tmp_path, monkeypatch)
    grid = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    assert found["get element"].tolist() == [6]
    for name, key in {"block": np.s_[0:1, 1:2], "mixed": np.s_[:, [1, 2]], "back": np.s_[::-1]}.items():
        np.testing.assert_array_equal(found[f"get {name}"], grid[key])
        grid_written = grid.copy()
        grid_written[key] = 5
        np.testing.assert_array_equal(found[f"set {name}"], grid_written)
    assert (found["shares block"] == -7).sum() == 4
    assert (found["shares mixed"] == -7).sum() == 0


def test_a_language_model_learns(tmp_path, monkeypatch):
    assert here("char_lstm", tmp_path, monkeypatch)["perplexity"] < 2.5


def test_loops_and_branches_run_bound_by_hand(tmp_path, monkeypatch):
    found = here("bound_loop", tmp_path, monkeypatch)
    assert found["output0"].shape == (5, 2, 3)
    assert abs(found["data gradient"]).sum() > 0


def test_a_plan_of_mirrors_marks_the_symbol_it_copied(tmp_path, monkeypatch):
    found = here("plan_mirrors", tmp_path, monkeypatch)
    assert b"stage0_unit0_bn0 True" in bytes(found["texts"])
    assert abs(found["gradient"]).sum() > 0


def test_a_network_of_arrays_alone_learns(tmp_path, monkeypatch):
    found = here("rnn_from_scratch", tmp_path, monkeypatch)
    assert found["perplexity 3"] < 0.8 * found["perplexity 0"]


def test_layers_are_trained_one_after_another_on_one_dict_of_arrays(tmp_path, monkeypatch):
    found = here("stacked_autoencoder", tmp_path, monkeypatch)
    for losses in (found["losses 0"], found["losses"]):
        assert 0 < losses[-1] < 0.1


def test_two_modules_learn_against_each_other(tmp_path, monkeypatch):
    found = here("two_modules", tmp_path, monkeypatch)
    assert found["history"].shape == (12, 2)
    assert found["history"][-1, 0] < found["history"][0, 0]
