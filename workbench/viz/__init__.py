"""Pictures of the records that the core returns, one file a picture.

matplotlib is imported where a figure is drawn, never here: `import workbench` must not need it.
"""

from workbench.errors import unknown_name as _unknown_name
from workbench.viz.network import plot_network as plot_network
from workbench.viz.savings_figure import savings_figure as savings_figure
from workbench.viz.sharding_figure import sharding_figure as sharding_figure
from workbench.viz.summary import print_summary as print_summary


def __getattr__(name: str) -> object:
    raise _unknown_name("viz", name, globals())
