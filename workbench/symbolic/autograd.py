"""`autograd` as a program sees it: the imperative one, and `get_symbol`, which needs symbols."""

from typing import Any as _Any

from workbench.errors import unknown_name as _unknown_name
from workbench.imperative.autograd import Function as Function
from workbench.imperative.autograd import backward as backward
from workbench.imperative.autograd import grad as grad
from workbench.imperative.autograd import is_recording as is_recording
from workbench.imperative.autograd import is_training as is_training
from workbench.imperative.autograd import mark_variables as mark_variables
from workbench.imperative.autograd import pause as pause
from workbench.imperative.autograd import predict_mode as predict_mode
from workbench.imperative.autograd import record as record
from workbench.imperative.autograd import set_recording as set_recording
from workbench.imperative.autograd import set_training as set_training
from workbench.imperative.autograd import train_mode as train_mode
from workbench.symbolic.recorded import get_symbol as get_symbol


def __getattr__(name: str) -> _Any:
    raise _unknown_name("autograd", name, globals())
