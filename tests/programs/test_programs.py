"""Programs written as published ones are: they run, and learn."""

import pytest

from tests.programs.run import here


@pytest.mark.parametrize("name", ["train_digits", "hinge_chain"])
def test_a_classifier_learns(name, tmp_path, monkeypatch):
    assert here(name, tmp_path, monkeypatch)["accuracy"] > 0.9


def test_a_language_model_learns(tmp_path, monkeypatch):
    assert here("char_lstm", tmp_path, monkeypatch)["perplexity"] < 2.5
