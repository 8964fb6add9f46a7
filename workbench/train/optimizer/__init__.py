"""Optimizers: what turns gradients into new parameters (``mx.optimizer``)."""

from workbench.train.optimizer.adagrad import AdaGrad as AdaGrad
from workbench.train.optimizer.adam import Adam as Adam
from workbench.train.optimizer.base import Optimizer as Optimizer
from workbench.train.optimizer.base import create as create
from workbench.train.optimizer.base import register as register
from workbench.train.optimizer.nag import NAG as NAG
from workbench.train.optimizer.rmsprop import RMSProp as RMSProp
from workbench.train.optimizer.sgd import SGD as SGD
from workbench.train.optimizer.updater import Updater as Updater
from workbench.train.optimizer.updater import get_updater as get_updater
