"""Every case of the operator sweep: those of each family's file beside this one."""

from __future__ import annotations

import importlib
from pathlib import Path

from tests.ops.case import Case

MODULES = {
    path.stem: importlib.import_module(f"tests.ops.{path.stem}")
    for path in sorted(Path(__file__).parent.glob("cases_*.py"))
}
CASES: list[Case] = [case for module in MODULES.values() for case in module.CASES]
# What these give beside their output is there to look at: MXNet lets no gradient through it.
LOOKED_AT = {
    "BatchNorm", "_contrib_BatchNormWithReLU", "_contrib_SyncBatchNorm", "LayerNorm", "GroupNorm", "LeakyReLU",
}  # fmt: skip
