"""The `profiler` namespace, with MXNet's names."""

from workbench.runtime.marks import Counter as Counter
from workbench.runtime.marks import Domain as Domain
from workbench.runtime.marks import Event as Event
from workbench.runtime.marks import Frame as Frame
from workbench.runtime.marks import Marker as Marker
from workbench.runtime.marks import Task as Task
from workbench.runtime.profile import dump as dump
from workbench.runtime.profile import dumps as dumps
from workbench.runtime.profile import pause as pause
from workbench.runtime.profile import resume as resume
from workbench.runtime.profile import set_config as set_config
from workbench.runtime.profile import set_state as set_state

# MXNet's older names.
profiler_set_config = set_config
profiler_set_state = set_state
dump_profile = dump
