"""Explorers for the notebook: one Python file and one TypeScript file a widget.

They show what `workbench` measured or predicted and decide nothing themselves: every figure arrives as
a `Quantity` that carries its kind, and every record can be had without a browser.
"""

from workbench_widgets.contraction_explorer import ContractionExplorer as ContractionExplorer
from workbench_widgets.engine_explorer import EngineExplorer as EngineExplorer
from workbench_widgets.memory_explorer import MemoryExplorer as MemoryExplorer
from workbench_widgets.scaling_explorer import ScalingExplorer as ScalingExplorer
from workbench_widgets.style_explorer import StyleExplorer as StyleExplorer
