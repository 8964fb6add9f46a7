"""Several processes, on this machine or on many, that train together."""

from workbench.parallel.cluster.progress import report as report
from workbench.parallel.cluster.session import Cluster as Cluster
from workbench.parallel.cluster.session import cluster as cluster
