"""Several devices and hosts: as one mesh, what they send one another, and what training on them costs."""

from workbench.errors import unknown_name as _unknown_name
from workbench.parallel import costmodel as costmodel
from workbench.parallel.cluster import cluster as cluster
from workbench.parallel.cluster import report as report
from workbench.parallel.collectives import Collective as Collective
from workbench.parallel.collectives import between_hosts as between_hosts
from workbench.parallel.collectives import busiest_link as busiest_link
from workbench.parallel.collectives import collectives as collectives
from workbench.parallel.mesh import mesh as mesh
from workbench.parallel.pipeline import Pipeline as Pipeline
from workbench.parallel.shards import Shard as Shard
from workbench.parallel.shards import Sharded as Sharded
from workbench.parallel.shards import Shardings as Shardings
from workbench.parallel.shards import shards as shards
from workbench.parallel.two_layers import two_layers as two_layers
from workbench.parallel.two_level import Reduction as Reduction


def __getattr__(name: str) -> object:
    raise _unknown_name("parallel", name, globals())
