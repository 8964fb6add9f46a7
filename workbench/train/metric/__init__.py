"""Metrics: how well predictions fit labels, summed up over batches (``mx.metric``)."""

from workbench.errors import unknown_name as _unknown_name
from workbench.train.metric.base import EvalMetric as EvalMetric
from workbench.train.metric.base import alias as alias
from workbench.train.metric.base import check_label_shapes as check_label_shapes
from workbench.train.metric.base import register as register
from workbench.train.metric.classification import F1 as F1
from workbench.train.metric.classification import MCC as MCC
from workbench.train.metric.classification import Accuracy as Accuracy
from workbench.train.metric.classification import TopKAccuracy as TopKAccuracy
from workbench.train.metric.composite import CompositeEvalMetric as CompositeEvalMetric
from workbench.train.metric.composite import create as create
from workbench.train.metric.correlation import PCC as PCC
from workbench.train.metric.correlation import PearsonCorrelation as PearsonCorrelation
from workbench.train.metric.custom import CustomMetric as CustomMetric
from workbench.train.metric.custom import np as np
from workbench.train.metric.likelihood import Caffe as Caffe
from workbench.train.metric.likelihood import CrossEntropy as CrossEntropy
from workbench.train.metric.likelihood import Loss as Loss
from workbench.train.metric.likelihood import NegativeLogLikelihood as NegativeLogLikelihood
from workbench.train.metric.likelihood import Perplexity as Perplexity
from workbench.train.metric.likelihood import Torch as Torch
from workbench.train.metric.regression import MAE as MAE
from workbench.train.metric.regression import MSE as MSE
from workbench.train.metric.regression import RMSE as RMSE


def __getattr__(name: str) -> object:
    raise _unknown_name("metric", name, globals())
