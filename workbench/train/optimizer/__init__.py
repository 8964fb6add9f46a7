"""Optimizers: what turns gradients into new parameters (``mx.optimizer``)."""

from workbench.errors import unknown_name as _unknown_name
from workbench.train.optimizer.adadelta import AdaDelta as AdaDelta
from workbench.train.optimizer.adagrad import AdaGrad as AdaGrad
from workbench.train.optimizer.adam import Adam as Adam
from workbench.train.optimizer.adamax import Adamax as Adamax
from workbench.train.optimizer.base import Optimizer as Optimizer
from workbench.train.optimizer.base import create as create
from workbench.train.optimizer.base import register as register
from workbench.train.optimizer.dcasgd import DCASGD as DCASGD
from workbench.train.optimizer.ftml import FTML as FTML
from workbench.train.optimizer.ftrl import Ftrl as Ftrl
from workbench.train.optimizer.lamb import LAMB as LAMB
from workbench.train.optimizer.lars import LARS as LARS
from workbench.train.optimizer.lbsgd import LBSGD as LBSGD
from workbench.train.optimizer.nadam import Nadam as Nadam
from workbench.train.optimizer.nag import NAG as NAG
from workbench.train.optimizer.rmsprop import RMSProp as RMSProp
from workbench.train.optimizer.sgd import SGD as SGD
from workbench.train.optimizer.sgd import ccSGD as ccSGD
from workbench.train.optimizer.sgld import SGLD as SGLD
from workbench.train.optimizer.signum import Signum as Signum
from workbench.train.optimizer.updater import Updater as Updater
from workbench.train.optimizer.updater import get_updater as get_updater


def __getattr__(name: str) -> object:
    raise _unknown_name("optimizer", name, globals())
