import math
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Literal

import numpy as np
import pytest

from workbench.arguments import (
    AboveZero,
    Count,
    Finite,
    FiniteAtLeastZero,
    Positive,
    Range,
    Share,
    checked,
    known_names,
)
from workbench.errors import ArgumentError


@checked
def layer(
    units: Positive,
    rate: Share = 0.5,
    flatten: bool = True,
    act: str | None = None,
    axes: Sequence[int] = (),
    pair: tuple[float, float] = (0, 1),
    mode: Literal["a", "b"] = "a",
    fn: Callable[..., Any] | None = None,
    options: Mapping[str, Any] | None = None,
    anything: Any = None,
) -> int:
    """Doubles."""
    return 2 * units


@pytest.mark.parametrize(
    "given",
    [
        {"units": np.int64(3), "rate": 1, "flatten": 0, "act": None, "axes": [0, 1], "pair": (1, 2.5)},
        {"units": 1, "rate": np.float32(0.25), "flatten": np.True_, "axes": np.arange(2), "fn": len},
        {
            "units": 2,
            "mode": "b",
            "axes": range(3),
            "options": {"a": 1},
            "anything": object(),
            "pair": [0, 1],
        },
    ],
)
def test_what_fits_its_annotation_passes(given: dict[str, Any]) -> None:
    assert layer(**given) == 2 * given["units"]


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"units": 0}, r"^layer\(\): units must be a whole number, 1 or more, got 0$"),
        ({"units": True}, "units must be a whole number, 1 or more, got True"),
        ({"units": 2.0}, r"units must be a whole number, 1 or more, got 2\.0"),
        ({"units": 1, "rate": 1.5}, r"rate must be a number from 0 to 1, got 1\.5"),
        ({"units": 1, "rate": float("nan")}, "rate must be a number from 0 to 1, got nan"),
        ({"units": 1, "flatten": "yes"}, "flatten must be True or False, got 'yes'"),
        ({"units": 1, "act": 3}, "act must be text or None, got 3"),
        ({"units": 1, "axes": 3}, "axes must be a sequence of whole numbers, got 3"),
        ({"units": 1, "axes": "ab"}, "axes must be a sequence of whole numbers, got 'ab'"),
        ({"units": 1, "axes": [0.5]}, r"axes must be a sequence of whole numbers, got \[0\.5\]"),
        ({"units": 1, "pair": (1, 2, 3)}, r"pair must be \(a number, a number\), got \(1, 2, 3\)"),
        ({"units": 1, "mode": "c"}, "mode must be 'a' or 'b', got 'c'"),
        ({"units": 1, "fn": 1}, "fn must be a function or None, got 1"),
        ({"units": 1, "options": [1]}, r"options must be a dict or None, got \[1\]"),
        ({}, "missing a required argument: 'units'"),
        ({"unit": 1}, "Did you mean 'units'"),
        ({"units": 1, "acts": "a"}, r"got an unexpected keyword argument 'acts'\. Did you mean 'act'\?"),
    ],
)
def test_what_does_not_is_refused_in_the_signature_s_words(given: dict[str, Any], text: str) -> None:
    with pytest.raises(ArgumentError, match=text):
        layer(**given)


def test_ranges_are_said_as_they_are() -> None:
    @checked
    def rated(
        lr: AboveZero,
        warm: Count,
        share: Annotated[float, Range(0, 1, above=True)],
        shift: Finite = 0,
        times: Sequence[Sequence[FiniteAtLeastZero]] = (),
    ) -> None:
        """Nothing."""

    for given, text in (
        ((0, 0, 1), "lr must be a number above 0, got 0"),
        ((1, -1, 1), "warm must be a whole number, 0 or more, got -1"),
        ((1, 0, 0), "share must be a number above 0, up to 1, got 0"),
        ((1, 0, 1, math.nan), "shift must be a finite number, got nan"),
        ((1, 0, 1, 10**400), "shift must be a finite number, got 1000"),
        (
            (1, 0, 1, 0, [[1, math.inf]]),
            "times must be a sequence of sequences of finite numbers, 0 or more, got",
        ),
    ):
        with pytest.raises(ArgumentError, match=text):
            rated(*given)


def test_a_constructor_and_a_method_go_by_the_class_that_is_used() -> None:
    class Base:
        @checked
        def __init__(self, size: int) -> None:
            self.size = size

        @checked
        def grow(self, by: int) -> None:
            """Nothing."""

    class Wide(Base):
        pass

    with pytest.raises(ArgumentError, match=r"^Wide: size must be a whole number, got 'x'"):
        Wide("x")  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match=r"^Wide\.grow\(\): by must be a whole number, got None"):
        Wide(1).grow(None)  # type: ignore[arg-type]
    assert layer.__doc__ == "Doubles."


def test_a_function_that_checks_values_itself_refuses_names_alone():
    @known_names
    def fit(data: int, num_epoch: int = 1) -> int:
        return num_epoch

    assert fit("no number", num_epoch="nor this") == "nor this"
    with pytest.raises(
        ArgumentError, match=r"fit\(\): got an unexpected .*'num_epochs'.*Did you mean 'num_epoch'\?"
    ):
        fit(1, num_epochs=2)
    with pytest.raises(ArgumentError, match=r"fit\(\): missing a required argument: 'data'"):
        fit()
