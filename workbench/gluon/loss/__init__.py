"""Losses: one number an example."""

from workbench.errors import unknown_name as _unknown_name
from workbench.gluon.loss.base import Loss as Loss
from workbench.gluon.loss.classification import KLDivLoss as KLDivLoss
from workbench.gluon.loss.classification import SigmoidBCELoss as SigmoidBCELoss
from workbench.gluon.loss.classification import SigmoidBinaryCrossEntropyLoss as SigmoidBinaryCrossEntropyLoss
from workbench.gluon.loss.classification import SoftmaxCELoss as SoftmaxCELoss
from workbench.gluon.loss.classification import SoftmaxCrossEntropyLoss as SoftmaxCrossEntropyLoss
from workbench.gluon.loss.margin import CosineEmbeddingLoss as CosineEmbeddingLoss
from workbench.gluon.loss.margin import HingeLoss as HingeLoss
from workbench.gluon.loss.margin import LogisticLoss as LogisticLoss
from workbench.gluon.loss.margin import SDMLLoss as SDMLLoss
from workbench.gluon.loss.margin import SquaredHingeLoss as SquaredHingeLoss
from workbench.gluon.loss.margin import TripletLoss as TripletLoss
from workbench.gluon.loss.regression import HuberLoss as HuberLoss
from workbench.gluon.loss.regression import L1Loss as L1Loss
from workbench.gluon.loss.regression import L2Loss as L2Loss
from workbench.gluon.loss.regression import PoissonNLLLoss as PoissonNLLLoss
from workbench.gluon.loss.sequence import CTCLoss as CTCLoss


def __getattr__(name: str) -> object:
    raise _unknown_name("gluon.loss", name, globals())
