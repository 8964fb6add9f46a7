"""What the workbench is compared with: JAX by hand, PyTorch eager, and MXNet in a process of its own."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import networks
from clock import Took
from jax import lax
from networks import RATE, Network

Steps = tuple[Callable[[], Any], Callable[[], Any]]


class JaxVocabulary:
    """The operations as one writes them in JAX; `moved` collects the new moving statistics."""

    def __init__(self) -> None:
        self.moved: list[Any] = []
        self.relu, self.tanh, self.sigmoid = jax.nn.relu, jnp.tanh, jax.nn.sigmoid

    def dense(self, x: Any, weight: Any, bias: Any, size: int) -> Any:
        return x.reshape(len(x), -1) @ weight.T + bias

    def conv(self, x: Any, weight: Any, bias: Any, layer: networks.Conv) -> Any:
        pad = [(layer.pad, layer.pad)] * 2
        strides = (layer.stride,) * 2
        out = lax.conv_general_dilated(x, weight, strides, pad, dimension_numbers=("NCHW", "OIHW", "NCHW"))
        return out if bias is None else out + bias[:, None, None]

    def norm(self, x: Any, gamma: Any, beta: Any, mean: Any, var: Any) -> Any:
        now_mean, now_var = x.mean((0, 2, 3)), x.var((0, 2, 3))
        self.moved += [0.9 * mean + 0.1 * now_mean, 0.9 * var + 0.1 * now_var]
        scale = gamma * lax.rsqrt(now_var + 1e-5)
        return (x - now_mean[:, None, None]) * scale[:, None, None] + beta[:, None, None]

    def max_pool(self, x: Any) -> Any:
        return lax.reduce_window(x, -jnp.inf, lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")

    def mean_pool(self, x: Any) -> Any:
        return x.mean((2, 3))

    def lstm(self, x: Any, params: Any, size: int) -> Any:
        weight_x, bias_x, weight_h, bias_h = params

        def cell(state: Any, step: Any) -> Any:
            h, c = state
            i, f, g, o = jnp.split(step @ weight_x.T + bias_x + h @ weight_h.T + bias_h, 4, axis=1)
            c = self.sigmoid(f) * c + self.sigmoid(i) * jnp.tanh(g)
            return (self.sigmoid(o) * jnp.tanh(c), c), None

        start = jnp.zeros((len(x), size))
        return lax.scan(cell, (start, start), x.swapaxes(0, 1))[0][0]


def hand_written(network: Network) -> Steps:
    """A step under `jax.jit` that donates what it replaces, as a careful user of JAX writes it."""
    found = network.parameters()
    learned = [p for p in found if not p.state]

    def loss(params: Any, states: Any, x: Any, y: Any) -> Any:
        ops = JaxVocabulary()
        given = (iter(params), iter(states))
        logits = networks.forward(ops, network.layers, iter([next(given[p.state]) for p in found]), x)
        logs = jax.nn.log_softmax(logits)
        return -jnp.take_along_axis(logs, y.astype(int)[:, None], 1).mean(), lax.stop_gradient(ops.moved)

    def step(params: Any, states: Any, x: Any, y: Any) -> Any:
        (value, states), grads = jax.value_and_grad(loss, has_aux=True)(params, states, x, y)
        return [p - RATE * g for p, g in zip(params, grads, strict=True)], states, value

    run = jax.jit(step, donate_argnums=(0, 1))
    x, y = map(jnp.asarray, network.data())
    held: dict[str, Any] = {
        "now": ([jnp.array(p.value) for p in learned], [jnp.array(p.value) for p in found if p.state], None)
    }

    def turn() -> None:
        params, states, _ = held["now"]
        held["now"] = run(params, states, x, y)

    return turn, lambda: jax.block_until_ready(held["now"])


class TorchVocabulary(networks.Unrolled):
    """The operations of PyTorch."""

    def __init__(self) -> None:
        import torch

        self._f, self._torch = torch.nn.functional, torch
        self.relu, self.tanh, self.sigmoid = torch.relu, torch.tanh, torch.sigmoid

    def dense(self, x: Any, weight: Any, bias: Any, size: int) -> Any:
        return self._f.linear(x.flatten(1), weight, bias)

    def conv(self, x: Any, weight: Any, bias: Any, layer: networks.Conv) -> Any:
        return self._f.conv2d(x, weight, bias, layer.stride, layer.pad)

    def norm(self, x: Any, gamma: Any, beta: Any, mean: Any, var: Any) -> Any:
        return self._f.batch_norm(x, mean, var, gamma, beta, training=True)

    def max_pool(self, x: Any) -> Any:
        return self._f.max_pool2d(x, 2)

    def mean_pool(self, x: Any) -> Any:
        return self._f.adaptive_avg_pool2d(x, 1)

    def steps(self, x: Any) -> Any:
        return x.unbind(1)

    def quarters(self, x: Any) -> Any:
        return x.chunk(4, 1)


def pytorch(network: Network) -> Steps:
    """PyTorch's eager mode, with its optimizer."""
    import torch

    found = network.parameters()
    arrays = [torch.tensor(p.value, requires_grad=not p.state) for p in found]
    x, y = network.data()
    inputs, labels = torch.tensor(x), torch.tensor(y).long()
    optimizer = torch.optim.SGD([a for a in arrays if a.requires_grad], RATE)
    ops = TorchVocabulary()

    def turn() -> None:
        optimizer.zero_grad()
        out = networks.forward(ops, network.layers, iter(arrays), inputs)
        torch.nn.functional.cross_entropy(out, labels).backward()
        optimizer.step()

    return turn, lambda: None


class MXNet:
    """MXNet training one network in a process of its own, a few turns whenever it is asked.

    In between it is stopped: its threads would wait for more work at full speed, on the cores the others run on.
    """

    def __init__(self, python: str, network: str) -> None:
        script = Path(__file__).with_name("mxnet_process.py")
        environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
        self._process = subprocess.Popen(
            [python, script, network],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment,
        )

    def timed(self, style: str, turns: int) -> Took:
        """What one step of a style took, over some that are waited for together."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.send_signal(signal.SIGCONT)
        print(turns, style, file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        self._process.send_signal(signal.SIGSTOP)
        if not answer:
            raise RuntimeError(f"the process that runs MXNet ended with code {self._process.wait()}")
        return Took(*map(float, answer.split()))

    def __enter__(self) -> MXNet:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()  # it may be stopped
        self._process.communicate()


def torch_available() -> bool:
    """Whether PyTorch is installed."""
    return importlib.util.find_spec("torch") is not None


def mxnet_python() -> str | None:
    """A Python that has MXNet, where the environment names one."""
    return os.environ.get("WORKBENCH_MXNET_PYTHON")
