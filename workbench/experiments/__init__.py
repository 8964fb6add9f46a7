"""Experiments that train networks, each by one command and to one file of results, which a lesson replays."""

from workbench.errors import unknown_name as _unknown_name
from workbench.experiments.replay import Outcome as Outcome
from workbench.experiments.replay import replay as replay
from workbench.experiments.tcl import Comparison as Comparison


def __getattr__(name: str) -> object:
    raise _unknown_name("experiments", name, globals())
