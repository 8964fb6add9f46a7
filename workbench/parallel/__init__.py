"""Several devices and hosts: what training on them costs, before anyone has them."""

from workbench.errors import unknown_name as _unknown_name
from workbench.parallel import costmodel as costmodel
from workbench.parallel.cluster import cluster as cluster
from workbench.parallel.cluster import report as report
from workbench.parallel.mesh import mesh as mesh
from workbench.parallel.two_layers import two_layers as two_layers


def __getattr__(name: str) -> object:
    raise _unknown_name("parallel", name, globals())
