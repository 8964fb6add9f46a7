"""Data parallel training on this machine's CPU, as several devices: measured, and what the cost model says of it.

The devices are not real: they share the machine's cores.  So throughput hardly grows with them, and a model that does
not know it promises eight times what there is.  Everything the prediction is made of is measured in one short run: a
step of one device and the cores it keeps busy, the cores that there are, and what sending an array takes.
"""

from workbench.errors import unknown_name as _unknown_name
from workbench.scaling.here import Here as Here
from workbench.scaling.here import Run as Run
from workbench.scaling.here import measure as measure


def __getattr__(name: str) -> object:
    raise _unknown_name("scaling", name, globals())
