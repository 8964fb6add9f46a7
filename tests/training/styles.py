"""Training one network in every style, behind one interface.

A style is made from a network (a module with `symbol` and `block`), the initial parameters by name, a batch size
and a rule of updates.  Its `step` is a training step on one batch, written as a user of that style writes it;
`outputs` and `gradients` read what the last step left, `parameters` everything learned or moved; `scores` predicts, one
row an image.
"""

from __future__ import annotations

from contextlib import nullcontext
from types import ModuleType
from typing import Any

import numpy as np

import workbench as mx

Arrays = dict[str, np.ndarray]


def initial(network: ModuleType, seed: int) -> Arrays:
    """Parameters and states by the symbol's names, drawn by Xavier's rule."""
    mx.random.seed(seed)
    net = network.symbol()
    shapes, _, states = net.infer_shape(data=(1, *network.SHAPE))
    kinds = dict(zip(net.list_arguments(), shapes, strict=True))
    kinds |= dict(zip(net.list_auxiliary_states(), states, strict=True))
    drawn = {n: mx.nd.zeros(s) for n, s in kinds.items() if n not in ("data", "softmax_label")}
    for name, value in drawn.items():
        mx.init.Xavier()(mx.init.InitDesc(name), value)
    return {name: value.asnumpy() for name, value in drawn.items()}


def dtype_of(start: Arrays) -> str:
    """The dtype of the network with these parameters."""
    return next(iter(start.values())).dtype.name


def as_arrays(start: Arrays) -> dict[str, Any]:
    """NDArrays of the same values."""
    return {name: mx.nd.array(value, dtype=value.dtype) for name, value in start.items()}


class Gluon:
    """A block, `autograd` and a `Trainer`; imperative or hybridized."""

    hybrid = False

    def __init__(self, network: ModuleType, start: Arrays, batch: int, rule: str, **rates: Any) -> None:
        self.net, self.loss, self.batch = network.block(), mx.gluon.loss.SoftmaxCrossEntropyLoss(), batch
        self.net.initialize()
        self.net.cast(dtype_of(start))
        self.net.infer_shape(mx.nd.zeros((batch, *network.SHAPE), dtype=dtype_of(start)))
        values = as_arrays(start)
        for name, parameter in self.net.collect_params().items():
            parameter.set_data(values[_symbolic(name)])
        if self.hybrid:
            self.net.hybridize()
            self.loss.hybridize()
        self.trainer = mx.gluon.Trainer(self.net.collect_params(), rule, rates)

    def step(self, x: Any, y: Any) -> None:
        with mx.autograd.record():
            self.value = self.loss(self.net(x), y)
        self.value.backward()
        self.trainer.step(self.batch)

    def outputs(self) -> np.ndarray:
        return self.value.asnumpy()

    def gradients(self) -> Arrays:
        learned = {n: p for n, p in self.net.collect_params().items() if p.grad_req != "null"}
        return {_symbolic(n): p.grad().asnumpy() for n, p in learned.items()}

    def scores(self, x: Any) -> np.ndarray:
        return self.net(x).asnumpy()

    def parameters(self) -> Arrays:
        return {_symbolic(n): p.data().asnumpy() for n, p in self.net.collect_params().items()}


def _symbolic(name: str) -> str:
    return name.replace("_running_", "_moving_")


class Hybridized(Gluon):
    """The block and its loss as graphs."""

    hybrid = True


class Executor:
    """A symbol bound to arrays, and an optimizer's `Updater`."""

    def __init__(self, network: ModuleType, start: Arrays, batch: int, rule: str, **rates: Any) -> None:
        net = network.symbol()
        requests = {n: "write" for n in net.list_arguments() if n in start}
        kinds = dict.fromkeys(net.list_inputs(), dtype_of(start))
        self.bound = net.simple_bind(
            mx.cpu(), grad_req=requests, type_dict=kinds, data=(batch, *network.SHAPE)
        )
        values = as_arrays(start)
        states = {n: values.pop(n) for n in net.list_auxiliary_states()}
        self.bound.copy_params_from(values, states)
        self.weights = [self.bound.arg_dict[n] for n in requests]
        self.grads = [self.bound.grad_dict[n] for n in requests]
        optimizer = mx.optimizer.create(rule, rescale_grad=1 / batch, **rates)
        self.update = mx.optimizer.get_updater(optimizer)

    def step(self, x: Any, y: Any) -> None:
        self.bound.forward(is_train=True, data=x, softmax_label=y)
        self.bound.backward()
        self.update(list(range(len(self.weights))), self.grads, self.weights)

    def outputs(self) -> np.ndarray:
        return self.bound.outputs[0].asnumpy()

    def gradients(self) -> Arrays:
        return {n: g.asnumpy() for n, g in self.bound.grad_dict.items() if g is not None}

    def scores(self, x: Any) -> np.ndarray:
        return self.bound.forward(is_train=False, data=x)[0].asnumpy()

    def parameters(self) -> Arrays:
        held = {**self.bound.arg_dict, **self.bound.aux_dict}
        return {n: a.asnumpy() for n, a in held.items() if n not in ("data", "softmax_label")}


class Module:
    """A symbol with its parameters and its optimizer."""

    def __init__(self, network: ModuleType, start: Arrays, batch: int, rule: str, **rates: Any) -> None:
        self.module = mx.mod.Module(network.symbol())
        kind = dtype_of(start)
        self.module.bind(
            [mx.io.DataDesc("data", (batch, *network.SHAPE), kind)],
            [mx.io.DataDesc("softmax_label", (batch,), kind)],
        )
        values = as_arrays(start)
        states = {n: values.pop(n) for n in network.symbol().list_auxiliary_states()}
        self.module.init_params(arg_params=values, aux_params=states)
        self.module.init_optimizer(optimizer=rule, optimizer_params=rates)

    def step(self, x: Any, y: Any) -> None:
        self.module.forward_backward(mx.io.DataBatch([x], [y]))
        self.module.update()

    def outputs(self) -> np.ndarray:
        return self.module.get_outputs()[0].asnumpy()

    def gradients(self) -> Arrays:
        return {n: g.asnumpy() for n, g in self.module.get_grads()[0].items()}

    def scores(self, x: Any) -> np.ndarray:
        self.module.forward(mx.io.DataBatch([x]), is_train=False)
        return self.module.get_outputs()[0].asnumpy()

    def parameters(self) -> Arrays:
        return {n: a.asnumpy() for arrays in self.module.get_params() for n, a in arrays.items()}


STYLES = {"bulked": Gluon, "hybridized": Hybridized, "executor": Executor, "module": Module}


def mode(style: str) -> Any:
    """The engine's mode for a style: ``"naive"`` runs operation by operation."""
    return mx.engine.naive() if style == "naive" else nullcontext()
