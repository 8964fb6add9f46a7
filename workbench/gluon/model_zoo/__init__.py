"""Networks of published papers, ready to be trained (``gluon.model_zoo``)."""

from workbench.errors import unknown_name as _unknown_name
from workbench.gluon.model_zoo import vision as vision


def __getattr__(name: str) -> object:
    raise _unknown_name("gluon.model_zoo", name, globals())
