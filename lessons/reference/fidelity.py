"""Writes `fidelity.md`: what of MXNet 1.x is here, what is not, and what differs.

``make fidelity`` runs it.  It reads the registry and the package itself, MXNet 1.9.1's names (`mxnet_names.json`, from
`tests/mxnet/surface.py`), the differences between operators (`differences.toml`), and what is written by hand:
`behaviour.md`, and what to use instead of what is missing (`instead.toml`).
"""

from __future__ import annotations

import importlib
import inspect
import json
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import workbench as mx
from workbench.errors import did_you_mean
from workbench.ops import registry
from workbench.ops.registry import Operator

HERE = Path(__file__).parent
PAGE = HERE / "fidelity.md"
DEVICE_ATTRIBUTES = {"cudnn_off", "cudnn_tune", "cudnn_algo_mode", "cudnn_algo_verbose", "cudnn_algo_fwd"}
ASPECTS = {
    "values": "values",
    "dtype": "dtype of the result",
    "gradient": "gradient",
    "more": "more than MXNet",
}


def page() -> str:
    """The whole page as Markdown."""
    theirs = json.loads((HERE / "mxnet_names.json").read_text(encoding="utf-8"))
    differences = tomllib.loads((HERE / "differences.toml").read_text(encoding="utf-8"))
    instead = tomllib.loads((HERE / "instead.toml").read_text(encoding="utf-8"))
    parts = [
        (HERE / "behaviour.md").read_text(encoding="utf-8").strip(),
        "## Operators",
        _count(theirs["operators"]),
        *_families(theirs["operators"], differences),
        "## Operators that are not supported",
        *_missing_operators(theirs["operators"], instead["operators"]),
        "## Modules, classes and functions",
        _surface(theirs["surface"], instead["names"]),
    ]
    return "\n\n".join(parts) + "\n"


def _count(operators: dict[str, Any]) -> str:
    known = registry.table()
    there = sum(_entry(name, aliases, known) is not None for name, (aliases, _) in operators.items())
    return (
        f"{there} of MXNet 1.9.1's {len(operators)} operators, each under all its names in `nd` and "
        "`sym`. Below, a family is a file in `workbench/ops/`. *Not taken* are attributes that MXNet has besides; "
        "giving one is an error."
    )


def _entry(name: str, aliases: Iterable[str], known: Any) -> Operator | None:
    return next((known[n] for n in (name, *aliases) if n in known), None)


def _families(theirs: dict[str, Any], differences: dict[str, dict[str, str]]) -> list[str]:
    families: dict[str, list[Operator]] = {}
    for op in {id(op): op for op in registry.table().values()}.values():
        families.setdefault(op.fn.__module__, []).append(op)
    attributes = {n: set(attrs) for own, (aliases, attrs) in theirs.items() for n in (own, *aliases)}
    sections = []
    for module in sorted(families):
        title = inspect.cleandoc(importlib.import_module(module).__doc__ or "").splitlines()[0]
        rows = [_row(op, attributes, differences) for op in sorted(families[module], key=lambda op: op.name)]
        head = "| operator | also called | not taken | differs |\n|---|---|---|---|"
        sections += [f"### `{module.removeprefix('workbench.')}`", title, "\n".join([head, *rows])]
    return sections


def _row(op: Operator, attributes: dict[str, set[str]], differences: dict[str, dict[str, str]]) -> str:
    lacking = attributes.get(op.name, set()) - set(op.attributes) - set(op.inputs) - DEVICE_ATTRIBUTES
    notes = [
        f"{said}: {differences[key][op.name]}" for key, said in ASPECTS.items() if op.name in differences[key]
    ]
    notes += [text for name, text in differences["absent"].items() if name == op.name]
    return f"| `{op.name}` | {_code(op.aliases)} | {_code(sorted(lacking))} | {'; '.join(notes)} |"


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _missing_operators(theirs: dict[str, Any], instead: dict[str, str]) -> list[str]:
    """The operators that are not there, under the first pattern that matches each."""
    known = registry.table()
    groups: dict[str, list[str]] = {}
    for name, (aliases, _) in theirs.items():
        if _entry(name, aliases, known) is None:
            pattern = next((p for p in instead if re.fullmatch(p, name)), "")
            groups.setdefault(pattern, []).append(name)
    lines = [f"- {_code(names)}: {instead[pattern]}" for pattern, names in groups.items() if pattern]
    near = [f"| `{name}` | {_nearest(name, [*known])} |" for name in sorted(groups.get("", []))]
    table = "\n".join(["| operator | nearest |\n|---|---|", *near])
    return ["\n".join(lines)] + [table] * bool(near)


def _nearest(name: str, known: list[str]) -> str:
    found = re.findall(r"'([^']+)'", did_you_mean(name, [k for k in known if k != name]))
    return f"`{found[0]}`" if found else ""


def _surface(theirs: dict[str, list[str]], instead: dict[str, str]) -> str:
    rows = ["| of MXNet | here | not here |", "|---|---|---|"]
    for path, names in theirs.items():
        space = _resolve(path)
        if space is None:
            rows.append(f"| `{path}` | nothing | {instead.get(path, '')} |")
            continue
        here = [n for n in names if _has(space, n)]
        missing = [_said(path, n, instead) for n in names if n not in here]
        rows.append(f"| `{path}` | {_code(here)} | {', '.join(missing)} |")
    return "\n".join(rows)


def _said(path: str, name: str, instead: dict[str, str]) -> str:
    text = instead.get(f"{path}.{name}") or instead.get(name)
    return f"`{name}`" + (f" ({text})" if text else "")


def _resolve(path: str) -> Any:
    space: Any = mx
    for part in path.split("."):
        space = getattr(space, part, None) if _has(space, part) else None
        if space is None:
            return None
    return space


def _has(space: Any, name: str) -> bool:
    """Whether a module or a class has the name; arrays and symbols also have operators as methods."""
    methods = space in (mx.nd.NDArray, mx.sym.Symbol) if inspect.isclass(space) else False
    if methods and name in registry.table():
        return True
    try:
        inspect.getattr_static(space, name)
    except AttributeError:  # a module that is imported when it is first named is in the listing alone
        if inspect.isclass(space):  # and what each object has is among the annotations
            return name in inspect.get_annotations(space)
        return inspect.ismodule(space) and name in dir(space)
    return True


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
