"""The page on what of MXNet 1.x is here says what the package says."""

from __future__ import annotations

import importlib.util
import json
import re
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

REFERENCE = Path(__file__).parents[2] / "lessons" / "reference"


@pytest.fixture(scope="module")
def fidelity() -> ModuleType:
    spec = importlib.util.spec_from_file_location("fidelity", REFERENCE / "fidelity.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_up_to_date(fidelity: ModuleType) -> None:
    stale = "lessons/reference/fidelity.md is out of date: run `make fidelity` and commit it"
    assert fidelity.PAGE.read_text(encoding="utf-8") == fidelity.page(), stale


def test_the_page_lists_what_is_there_and_what_is_not(fidelity: ModuleType) -> None:
    here, missing = fidelity.page().split("## Operators that are not supported")
    assert "| `Concat` | `concat`, `_rnn_param_concat` |  |  |" in here
    assert "`_contrib_quantize`" not in here
    assert "`_contrib_quantize`" in missing
    assert "| `Concat` |" not in missing
    assert "| `lr_scheduler` | `CosineScheduler`, " in missing


def test_every_line_on_what_to_use_instead_is_needed(fidelity: ModuleType) -> None:
    patterns = tomllib.loads((REFERENCE / "instead.toml").read_text(encoding="utf-8"))["operators"]
    names = json.loads((REFERENCE / "mxnet_names.json").read_text(encoding="utf-8"))["operators"]
    for pattern in patterns:
        assert any(re.fullmatch(pattern, name) for name in names), pattern
