"""How a network suffers where a layer's weight is factorised: the curves by which ranks are chosen.

For each layer two things are measured on sample data.  What a rank does to the layer's own outputs follows from the
weight and the rows that it meets, for every rank, without running anything again.  What that does to the network's
outputs is asked once: the network is run with this layer at half of its parameters and all others as they are.  The
ratio of the two is the layer's *gain*.

From them an error is predicted for any ranks of all layers together: a layer's error times its gain, at most 1, is the
share of the output's energy that it ruins, and what several leave is the product of what each leaves.

Source of the product: X. Zhang et al., "Accelerating Very Deep Convolutional Networks for Classification and
Detection", arXiv:1505.06798, section 3.3, where energies of principal components stand for gains.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from workbench.lowrank import Rank
from workbench.symbolic.symbol import Symbol
from workbench.tensor.forward import Forward
from workbench.tensor.rank_choice import Choice, Point, total
from workbench.tensor.site import Site, sites
from workbench.types import Quantity

FRACTIONS = tuple(twentieth / 20 for twentieth in range(1, 20))
PROBE = 0.5
RUINED = 1 - 1e-6
LAYER_ERROR = "‖outputs − those with factors‖ / ‖outputs‖ of the layer, without its bias, on the sample data"
NETWORK_ERROR = (
    "‖outputs − those with factors in this layer alone‖ / ‖outputs‖ of the network, run on the sample data"
)
TOGETHER = (
    "√(1 − ∏ (1 − (gain · error of the layer)²)) over the layers; gains measured at half of the parameters"
)


@dataclass(frozen=True)
class Candidate:
    """A rank that a layer may get.

    Attributes:
        rank: of the factors, as the layer's form has it; None leaves the layer dense.
        parameters: numbers that the weight, or its factors, hold.
        error: of the layer's outputs: measured.
    """

    rank: Rank | None
    parameters: int
    error: Quantity


@dataclass(frozen=True)
class LayerCurve:
    """One layer's error against its parameters.

    Attributes:
        site: the layer.
        candidates: dense first, then ranks of fewer and fewer parameters.
        probe: the candidate with which the network was run.
        network_error: what the network's outputs were off by then: measured.
    """

    site: Site
    candidates: tuple[Candidate, ...]
    probe: Candidate
    network_error: Quantity

    @property
    def gain(self) -> float:
        """How many times the layer's error the network's error is."""
        return self.network_error.value / self.probe.error.value if self.probe.error.value else 0.0

    @property
    def points(self) -> list[Point]:
        """What each candidate costs."""
        return [Point(c.parameters, cost_of(self.gain * c.error.value)) for c in self.candidates]

    def __repr__(self) -> str:
        return f"LayerCurve({self.site.name}: {len(self.candidates)} candidates, gain {self.gain:.3g})"


@dataclass(frozen=True)
class Sensitivity:
    """The curves of all layers that can be factorised.

    Attributes:
        curves: one a layer, in the order of execution.
        forward: the network's prediction on the sample data.
        outputs: what it gave.
    """

    curves: tuple[LayerCurve, ...]
    forward: Forward
    outputs: tuple[np.ndarray, ...]

    @property
    def parameters(self) -> int:
        """Numbers in the weights that can be factorised, dense."""
        return sum(curve.candidates[0].parameters for curve in self.curves)

    @property
    def points(self) -> list[list[Point]]:
        """What the candidates of each layer cost."""
        return [curve.points for curve in self.curves]

    def size(self, choice: Choice) -> int:
        """Parameters of a choice, of the weights that can be factorised."""
        return total(self.points, choice).parameters

    def predicted(self, choice: Choice) -> Quantity:
        """The error of the network's outputs that a choice should give: predicted."""
        cost = total(self.points, choice).cost
        return Quantity(math.sqrt(-math.expm1(-cost)), "1", "predicted", TOGETHER, "output error")

    def chosen(self, choice: Choice) -> list[tuple[LayerCurve, Candidate]]:
        """Each layer with its candidate."""
        return [(curve, curve.candidates[i]) for curve, i in zip(self.curves, choice, strict=True)]

    def measured(self, choice: Choice) -> float:
        """The error of the network's outputs with the weights that a choice stands for, run on the sample data."""
        weights = {
            c.site.parameter: c.site.weight_of(k.rank) for c, k in self.chosen(choice) if k.rank is not None
        }
        return relative(self.forward(**weights), self.outputs)


def cost_of(error: float) -> float:
    """−log of the energy of the outputs that an error leaves: of layers, these add up."""
    return -math.log1p(-(min(error, RUINED) ** 2))


def relative(found: Sequence[Any], wanted: Sequence[Any]) -> float:
    """‖found − wanted‖ / ‖wanted‖ over all outputs."""
    off = sum(
        float(np.sum(np.square(np.asarray(f, np.float64) - w))) for f, w in zip(found, wanted, strict=True)
    )
    whole = sum(float(np.sum(np.square(np.asarray(w, np.float64)))) for w in wanted)
    return math.sqrt(off / whole) if whole else math.sqrt(off)


def sensitivity(
    symbol: Symbol,
    values: Mapping[str, np.ndarray],
    data: Mapping[str, Any],
    left: Callable[[Site], bool] = lambda site: False,
    step: Callable[[], object] = lambda: None,
) -> Sensitivity:
    """Measures the curves of a network's layers.

    Args:
        symbol, values, data: the network, its parameters and the sample, by name.
        left: which layers to leave as they are.
        step: called after each of the layers.
    """
    places = [site for site in sites(symbol, values) if not left(site)]
    forward = Forward(symbol, values, data)
    outputs = tuple(np.asarray(o) for o in forward())
    taps = Forward(Symbol([site.node.inputs[0] for site in places] or symbol.values), values, data)
    seen = dict(zip([site.parameter for site in places], taps(), strict=False))
    curves = []
    for site in places:
        candidates = _candidates(site, site.gram(seen.pop(site.parameter)))
        probe = min(candidates[1:], key=lambda c: abs(c.parameters - PROBE * site.weight.size))
        assert probe.rank is not None
        found = relative(forward(**{site.parameter: site.weight_of(probe.rank)}), outputs)
        network = Quantity(found, "1", "measured", NETWORK_ERROR, "output error")
        curves.append(LayerCurve(site, candidates, probe, network))
        step()
    return Sensitivity(tuple(curves), forward, outputs)


def _candidates(site: Site, gram: np.ndarray) -> tuple[Candidate, ...]:
    ranks = {site.rank_within(fraction * site.weight.size) for fraction in FRACTIONS}
    fitting = sorted((rank for rank in ranks if rank is not None), key=site.size, reverse=True)
    if not fitting:
        smallest = site.rank_within(site.weight.size - 1)
        fitting = [smallest] if smallest is not None else []
    errors = site.errors(fitting, gram)
    rows = [(rank, site.size(rank), error) for rank, error in zip(fitting, errors, strict=True)]
    dense: list[tuple[Rank | None, int, float]] = [(None, site.weight.size, 0.0)]
    return tuple(
        Candidate(rank, size, Quantity(error, "1", "measured", LAYER_ERROR, "layer error"))
        for rank, size, error in [*dense, *rows]
    )
