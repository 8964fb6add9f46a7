"""Placement: the device on which each node of a network runs.

``AttrScope(ctx_group="dev1")`` puts what is composed in it into a group, and ``group2ctx`` gives each group its device:
so a network that is too large for one device is spread over several, layer by layer, and every other line of the
program stays as it was.  Who is in no group follows its neighbours, as in MXNet: an operator runs where the first of
its inputs that has a place comes from, and a variable lives where it is read first.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import NoneType
from typing import Any

from workbench.errors import ArgumentError, NotSupportedError
from workbench.graph.node import Node, auxiliary
from workbench.runtime.device import Context
from workbench.runtime.mesh import Mesh
from workbench.symbolic.symbol import Symbol

GROUP = "__ctx_group__"

Places = Mapping[Node, Context]
ON_ONE: Places = {}  # all is on one device, the executor's


def places(symbol: Symbol, ctx: Context, groups: Any, plan: Any = None) -> Places:
    """The device of each node; `ON_ONE` if that is always `ctx`.

    Args:
        groups: device by group; one that the symbol does not have counts for nothing, and a group of the symbol's
            that is not there is on `ctx`.

    Raises:
        ArgumentError: `groups` is no dict of devices, or an auxiliary state is written on two.
        DeviceError: a device is not there.
        NotSupportedError: one of several devices is a mesh, or there is a memory plan.
    """
    check_groups("group2ctx", groups)
    found = _spread(symbol.nodes, ctx, groups or {})
    devices = list(dict.fromkeys(found.values()))
    if all(device is ctx for device in devices):
        return ON_ONE
    if any(isinstance(device, Mesh) for device in (ctx, *devices)):
        raise NotSupportedError(
            "group2ctx: a mesh is no device of a group, and a network on a mesh has no groups"
        )
    for device in devices:
        _ = device.jax_device  # one that is not there is refused here, not when it is read
    if plan is not None:
        raise NotSupportedError(
            "group2ctx with plan=…: a memory plan is for one device; give one or the other"
        )
    _check_states(symbol, found)
    return found


def check_groups(what: str, groups: Any) -> None:
    """Refuses what is no dict of devices.

    Raises:
        ArgumentError: it is none.
    """
    if not isinstance(groups, (Mapping, NoneType)):
        raise ArgumentError(f"{what} is a dict of devices by group, got {groups!r}")
    for group, device in (groups or {}).items():
        if not isinstance(device, Context):
            raise ArgumentError(f"{what}: {group!r} needs a Context such as cpu(1), got {device!r}")


def by_name(symbol: Symbol, ctx: Context, placed: Places) -> dict[str, Context]:
    """The device of each variable by name."""
    return {node.name: placed.get(node, ctx) for node in symbol.nodes if node.is_variable}


def _spread(nodes: list[Node], ctx: Context, groups: Mapping[str, Context]) -> dict[Node, Context]:
    """Every node's device; `nodes` have inputs before users."""
    found = {node: groups.get(node.attrs[GROUP], ctx) for node in nodes if GROUP in node.attrs}
    for node in nodes:
        if not node.is_variable and node not in found:
            found[node] = next((found[v.node] for v in node.inputs if v.node in found), ctx)
    for node in nodes:
        for value in node.inputs:
            found.setdefault(value.node, found[node])
    return {node: found.get(node, ctx) for node in nodes}


def _check_states(symbol: Symbol, found: Places) -> None:
    states = auxiliary(symbol.nodes)
    for node in symbol.nodes:
        for state in (v.node for v in node.inputs if id(v.node) in states):
            if found[state] is not found[node]:
                raise ArgumentError(
                    f"group2ctx: the auxiliary state {state.name!r} is on {found[state]} and would be written on "
                    f"{found[node]}, by {node.name!r}; put both into one group"
                )
