"""Ways to fit low-rank formats to an array, one format a file behind one interface, by TensorLy on JAX."""

from collections.abc import Mapping
from typing import Any

from workbench.lowrank import Format
from workbench.tensor.fitting.cp import CPFitting
from workbench.tensor.fitting.fit import Effort as Effort
from workbench.tensor.fitting.fit import Fitting as Fitting
from workbench.tensor.fitting.local_tensorly import tensorly_on as tensorly_on
from workbench.tensor.fitting.observed import Observed as Observed
from workbench.tensor.fitting.observed import observe as observe
from workbench.tensor.fitting.tensor_train import TensorTrainFitting
from workbench.tensor.fitting.tucker import TuckerFitting

FITTINGS: Mapping[str, type[Fitting[Any]]] = {
    "cp": CPFitting,
    "tucker": TuckerFitting,
    "tt": TensorTrainFitting,
}


def fitting_of(format: Format) -> Fitting[Any]:
    """How a format is fitted."""
    return FITTINGS[format.name](format)
