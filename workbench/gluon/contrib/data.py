"""A sampler beside the common ones."""

from workbench.errors import unknown_name as _unknown_name
from workbench.gluon.data.sampler import IntervalSampler as IntervalSampler


def __getattr__(name: str) -> object:
    raise _unknown_name("gluon.contrib.data", name, globals())
