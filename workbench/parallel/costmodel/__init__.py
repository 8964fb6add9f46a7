"""What a step of data parallel training takes on a cluster: a model in numbers, which needs no device.

A message of n bytes takes α + n/B: a latency and a bandwidth a link, one link inside a host and one between hosts.
Of that and of how long one device computes, everything here is made: `phases` says which messages a method of
exchanging gradients sends, `exchanged` adds them up, `simulate` lets them run beside the backward pass layer by layer,
`asynchronous` lets hosts run ahead of one another, `scaling` gives throughput against devices, and `calibrate` finds
the numbers that nobody states, and how far they can be trusted, from steps that somebody measured.
"""

from workbench.errors import unknown_name as _unknown_name
from workbench.parallel.costmodel.asynchronous import Asynchronous as Asynchronous
from workbench.parallel.costmodel.asynchronous import asynchronous as asynchronous
from workbench.parallel.costmodel.calibrate import Calibration as Calibration
from workbench.parallel.costmodel.calibrate import Observation as Observation
from workbench.parallel.costmodel.calibrate import Parameter as Parameter
from workbench.parallel.costmodel.calibrate import calibrate as calibrate
from workbench.parallel.costmodel.cluster import Cluster as Cluster
from workbench.parallel.costmodel.cluster import Link as Link
from workbench.parallel.costmodel.cluster import link as link
from workbench.parallel.costmodel.exchange import Exchange as Exchange
from workbench.parallel.costmodel.exchange import Phase as Phase
from workbench.parallel.costmodel.exchange import exchanged as exchanged
from workbench.parallel.costmodel.exchange import phases as phases
from workbench.parallel.costmodel.job import Job as Job
from workbench.parallel.costmodel.job import Layer as Layer
from workbench.parallel.costmodel.job import layers as layers
from workbench.parallel.costmodel.scaling import Point as Point
from workbench.parallel.costmodel.scaling import scaling as scaling
from workbench.parallel.costmodel.step import Simulated as Simulated
from workbench.parallel.costmodel.step import Span as Span
from workbench.parallel.costmodel.step import crowded as crowded
from workbench.parallel.costmodel.step import in_turn as in_turn
from workbench.parallel.costmodel.step import simulate as simulate
from workbench.parallel.costmodel.straggler import drawn as drawn
from workbench.parallel.costmodel.straggler import slowest as slowest


def __getattr__(name: str) -> object:
    raise _unknown_name("parallel.costmodel", name, globals())
