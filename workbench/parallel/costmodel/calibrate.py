"""Numbers that nobody states, found from steps that somebody measured, with how far they can be trusted.

Least squares on the logarithm of the step: a model that is 3 % off counts the same for a step of a second and one of
a millisecond.  Parameters are above zero and searched by their logarithms, within bounds that physics sets.  The
residuals' scatter gives each parameter, and everything predicted with them, its error bar by the usual linear
propagation; leaving out each observation in turn and predicting it from the others tells whether those bars are honest.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from workbench.arguments import FiniteAboveZero, check, checked
from workbench.errors import ArgumentError
from workbench.parallel.costmodel.cluster import expect
from workbench.types import Quantity

Values = Mapping[str, float]
Model = Callable[[Values], float]
BAR = 2.0  # standard deviations: about 95 %


@dataclass(frozen=True)
class Parameter:
    """A number to be found.

    Attributes:
        name: in the values that a model is given.
        unit: its unit.
        low, high: its bounds, above 0.
        why: where the bounds come from.

    Raises:
        ArgumentError: the bounds are none.
    """

    name: str
    unit: str
    low: FiniteAboveZero
    high: FiniteAboveZero
    why: str

    def __post_init__(self) -> None:
        check(Parameter, vars(self), lambda: "Parameter")
        if not self.low < self.high:
            raise ArgumentError(
                f"Parameter {self.name!r}: bounds must be 0 < low < high, got low={self.low!r}, high={self.high!r}"
            )


@dataclass(frozen=True)
class Observation:
    """A figure that is known, and the model of it.

    Attributes:
        known: the figure, above 0.
        model: what it should be, in the same unit, from the parameters' values.
        name: in a few words.

    Raises:
        ArgumentError: the figure is not above 0, or an argument is something else.
    """

    known: Quantity
    model: Model
    name: str = ""

    def __post_init__(self) -> None:
        check(Observation, vars(self), lambda: "Observation")
        expect(self.known, f"what is known of observation {self.name!r}", self.known.unit, above=True)


@dataclass(frozen=True)
class Calibration:
    """What was found.

    Attributes:
        parameters: each one's value by name, with bars of two standard deviations.
        scatter: standard deviation of the observations about the model, as a part.
        left_out: for each observation, what the model predicts when it is calibrated on the others.
        at_bound: names of the parameters that a bound stopped.
    """

    parameters: Mapping[str, Quantity]
    scatter: float
    left_out: tuple[float, ...]
    at_bound: tuple[str, ...]
    _covariance: npt.NDArray[np.float64] = field(repr=False)

    @property
    def values(self) -> dict[str, float]:
        """The parameters as models take them."""
        return {name: figure.value for name, figure in self.parameters.items()}

    @checked
    def predict(self, model: Model, unit: str, how: str, name: str = "") -> Quantity:
        """A figure that a model gives, with the bars that the parameters and the observations' scatter leave it.

        Raises:
            ArgumentError: the model gives no number above 0, or an argument is something else.
        """
        center = np.log(list(self.values.values()))
        found, slope = _value_and_slope(lambda v: _log(model, list(self.values), v), center)
        sigma = math.sqrt(float(slope @ self._covariance @ slope) + self.scatter**2)
        value = math.exp(found)
        return Quantity(value, unit, "predicted", how, name, _bars(value, sigma))


@checked
def calibrate(parameters: Sequence[Parameter], observations: Sequence[Observation]) -> Calibration:
    """Finds parameters by least squares on the logarithms of what is known.

    Raises:
        ArgumentError: there are no parameters, or not at least two more observations than parameters; two parameters
            have one name, or a model gives no number above 0.
    """
    if not parameters or len(observations) < len(parameters) + 2:
        raise ArgumentError(
            f"calibrate needs 1 parameter or more, and 2 more observations than parameters, so that one can be left "
            f"out; got {len(parameters)} and {len(observations)}"
        )
    names = [parameter.name for parameter in parameters]
    if len(set(names)) < len(names):
        raise ArgumentError(f"calibrate: each parameter needs a name of its own, got {', '.join(names)}")
    point, residual, jacobian = _fitted(parameters, observations)
    variance = float(residual @ residual) / (len(observations) - len(parameters))
    covariance = variance * np.linalg.pinv(jacobian.T @ jacobian)
    left_out = []
    for place, observation in enumerate(observations):
        others = [*observations[:place], *observations[place + 1 :]]
        left_out.append(math.exp(_log(observation.model, names, _fitted(parameters, others)[0])))
    how = f"least squares on {len(observations)} observations"
    return Calibration(
        {
            p.name: _found(p, math.exp(value), math.sqrt(max(0.0, covariance[i, i])), how)
            for i, (p, value) in enumerate(zip(parameters, point, strict=True))
        },
        math.sqrt(variance),
        tuple(left_out),
        tuple(p.name for p, value in zip(parameters, point, strict=True) if _stopped(p, math.exp(value))),
        np.asarray(covariance, np.float64),
    )


def _fitted(
    parameters: Sequence[Parameter], observations: Sequence[Observation]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Logarithms of the parameters, the residuals there and their derivatives."""
    from scipy.optimize import least_squares

    names = [parameter.name for parameter in parameters]
    known = [math.log(observation.known.value) for observation in observations]
    low = np.log([parameter.low for parameter in parameters])
    high = np.log([parameter.high for parameter in parameters])

    def residual(point: npt.NDArray[np.float64]) -> list[float]:
        return [_log(each.model, names, point) - k for each, k in zip(observations, known, strict=True)]

    found = least_squares(residual, (low + high) / 2, bounds=(low, high), xtol=1e-10, ftol=1e-10)
    return found.x, found.fun, found.jac


def _log(model: Model, names: Sequence[str], point: npt.NDArray[np.float64]) -> float:
    values = dict(zip(names, np.exp(point).tolist(), strict=True))
    found = model(values)
    check(_given, {"what": found}, lambda: f"a model of {values}")
    return math.log(found)


def _given(what: FiniteAboveZero) -> None:
    """What a model gives."""


def _value_and_slope(
    function: Callable[[npt.NDArray[np.float64]], float], center: npt.NDArray[np.float64], step: float = 1e-4
) -> tuple[float, npt.NDArray[np.float64]]:
    slopes = []
    for place in range(len(center)):
        aside = np.zeros_like(center)
        aside[place] = step
        slopes.append((function(center + aside) - function(center - aside)) / (2 * step))
    return function(center), np.array(slopes)


def _found(parameter: Parameter, value: float, sigma: float, how: str) -> Quantity:
    said = f"{how}, between {parameter.low:g} and {parameter.high:g} {parameter.unit}: {parameter.why}"
    return Quantity(value, parameter.unit, "predicted", said, parameter.name, _bars(value, sigma))


def _bars(value: float, sigma: float) -> tuple[float, float]:
    return value * math.exp(-BAR * sigma), value * math.exp(BAR * sigma)


def _stopped(parameter: Parameter, value: float) -> bool:
    return value <= parameter.low * 1.001 or value >= parameter.high / 1.001
