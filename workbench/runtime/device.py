"""Devices by MXNet's names: `cpu(0)`, `gpu(1)`, and the current one.

A `Context` is a name; the JAX device behind it is looked up when something first runs there, so that
naming a device costs nothing and starts no backend.
"""

from __future__ import annotations

import logging
import threading
from functools import cache
from typing import Any, ClassVar

import jax

from workbench.arguments import Positive, checked
from workbench.errors import ArgumentError, DeviceError
from workbench.runtime import threads

__all__ = ["Context", "cpu", "current_context", "gpu", "num_gpus", "set_cpu_devices"]

MORE_CPUS = (
    "context.set_cpu_devices(N), before the first array is made, has the CPU pose as N devices; from outside, "
    "XLA_FLAGS=--xla_force_host_platform_device_count=N does"
)

if logging.getLogger("jax").level == logging.NOTSET:  # else a program that logs at INFO hears of missing TPUs
    logging.getLogger("jax").setLevel(logging.WARNING)


class _State(threading.local):
    stack: tuple[Context, ...] = ()  # what this thread has entered, the innermost last


_STATE = _State()


class Context:
    """A device: ``Context("gpu", 0)``.  Usable as ``with mx.gpu(0): …``.

    Raises:
        ArgumentError: the kind is not ``"cpu"`` or ``"gpu"``, or the number is negative.
    """

    _made: ClassVar[dict[tuple[str, int], Context]] = {}

    device_type: str
    device_id: int

    def __new__(cls, device_type: str | Context, device_id: int = 0) -> Context:
        if isinstance(device_type, Context):
            return device_type
        kind = {"cpu_pinned": "cpu", "cpu_shared": "cpu"}.get(str(device_type), device_type)
        if kind not in ("cpu", "gpu"):
            raise ArgumentError(f"a device is 'cpu' or 'gpu', got {device_type!r}")
        if not isinstance(device_id, int) or device_id < 0:
            raise ArgumentError(f"a device number is 0 or more, got {device_id!r} for {kind!r}")
        made = cls._made.get((kind, device_id))
        if made is None:
            made = super().__new__(cls)
            made.device_type, made.device_id = kind, device_id
            made = cls._made.setdefault((kind, device_id), made)
        return made

    @property
    def jax_device(self) -> jax.Device:
        """The JAX device.

        Raises:
            DeviceError: this machine has no such device; the message says which it has.
        """
        return _find(self.device_type, self.device_id)

    def __enter__(self) -> Context:
        _STATE.stack = (*_STATE.stack, self)
        return self

    def __exit__(self, *_: Any) -> None:
        _STATE.stack = _STATE.stack[:-1]

    def __repr__(self) -> str:
        return f"{self.device_type}({self.device_id})"

    def __reduce__(self) -> tuple[Any, ...]:
        return Context, (self.device_type, self.device_id)


@cache
def _find(kind: str, number: int) -> jax.Device:
    devices = _devices(kind)
    if number >= len(devices):
        have = ", ".join(f"{kind}({i})" for i in range(len(devices))) or f"no {kind}"
        hint = ""
        if kind == "cpu":
            hint = f" {MORE_CPUS}."
        elif not devices:
            hint = " `workbench doctor` says what a GPU needs."
        raise DeviceError(f"{kind}({number}) was asked for; this machine has {have}.{hint}")
    return devices[number]


def jax_devices(platform: str | None = None) -> list[jax.Device]:
    """JAX's devices, those of other processes too; when first looked up, it starts the threads that compute."""
    with threads.computing():
        return jax.devices(platform)


def _devices(kind: str) -> list[jax.Device]:
    try:
        with threads.computing():
            return jax.local_devices(backend=kind)
    except RuntimeError:  # JAX has no such platform here
        return []


def cpu(device_id: int = 0) -> Context:
    """The CPU device of this number."""
    return Context("cpu", device_id)


def gpu(device_id: int = 0) -> Context:
    """The GPU device of this number."""
    return Context("gpu", device_id)


def num_gpus() -> int:
    """How many GPUs JAX sees."""
    return len(_devices("gpu"))


@checked
def set_cpu_devices(n: Positive) -> None:
    """Has the CPU pose as `n` devices, ``cpu(0)`` to ``cpu(n - 1)``, which share its cores and its memory.

    JAX counts devices once, when the first array is made or a device is looked up.  What is set here before goes above
    ``XLA_FLAGS=--xla_force_host_platform_device_count``.

    Raises:
        ArgumentError: `n` is no whole number, 1 or more.
        DeviceError: the devices were counted already, and are not `n`.
    """
    try:
        jax.config.update("jax_num_cpu_devices", n)
    except RuntimeError as error:
        if (there := len(_devices("cpu"))) != n:
            raise DeviceError(
                f"set_cpu_devices({n}) must be called before the first array is made; this process already uses "
                f"{there} CPU device{'s' * (there != 1)}: start it anew (in a notebook, restart the kernel) and set "
                "them first"
            ) from error


_DEFAULT = cpu(0)


def current_context() -> Context:
    """The innermost ``with`` context, else `cpu(0)`, as in MXNet."""
    stack = _STATE.stack
    return stack[-1] if stack else _DEFAULT


def chosen_context(ctx: Context | None) -> Context:
    """The context given, else the current one.

    Raises:
        ArgumentError: what was given is no Context.
    """
    if ctx is None:
        return current_context()
    if not isinstance(ctx, Context):
        raise ArgumentError(f"a device is a Context such as cpu(0), got {ctx!r}")
    return ctx


def context_of(array: jax.Array) -> Context:
    """The context a JAX array lives in."""
    device = next(iter(array.devices()))
    kind = "cpu" if device.platform == "cpu" else "gpu"
    return Context(kind, jax.local_devices(backend=device.platform).index(device))


def __dir__() -> list[str]:
    return __all__
