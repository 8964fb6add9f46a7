"""Data parallel training, as MXNet's stores do it: what the cost model says of it, and how it is on this machine.

Here a CPU poses as several devices, which share its cores.  So throughput hardly grows with them, and a model that does
not know it promises eight times what there is.  Everything that prediction is made of is measured in one short run: a
step of one device and the cores it keeps busy, the cores that there are, and what sending an array takes.
"""

from workbench.errors import unknown_name as _unknown_name
from workbench.scaling.here import Here as Here
from workbench.scaling.here import Run as Run
from workbench.scaling.here import measure as measure
from workbench.scaling.setup import Outcome as Outcome
from workbench.scaling.setup import Setup as Setup
from workbench.scaling.several import measure_processes as measure_processes


def __getattr__(name: str) -> object:
    raise _unknown_name("scaling", name, globals())
