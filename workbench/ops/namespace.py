"""Namespaces: which operators a module such as `nd` or `sym.linalg` holds, and under which names.

MXNet files an operator by the prefix of its name: `_linalg_gemm2` is `linalg.gemm2` and `_contrib_fft` is
`contrib.fft`, in both styles.  So the registry is the one list, and a module only says its prefix.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workbench.ops.registry import Operator, table


def fill(
    module: dict[str, Any], make: Callable[[Operator, str], Any], prefix: str = "", suffix: str = ""
) -> list[str]:
    """Gives a module a function for every operator, by name and alias, that begins and ends so.

    Args:
        module: the module's `globals()`; what it defines itself stays.
        make: (operator, the name to be called by) → the style's function of it.
        prefix, suffix: of the registry's names; the prefix is left out in the module.

    Returns:
        The names it gave.
    """
    given = []
    for name, op in table().items():
        short = name.removeprefix(prefix)
        if name.startswith(prefix) and name.endswith(suffix) and short not in module:
            module[short] = make(op, short)
            given.append(short)
    return given
