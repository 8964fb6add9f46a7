"""One training step of a network in each style: a function that makes (step, wait).

A step is forward, backward and plain SGD on one batch.  The hand-written step returns the new parameters and the loss,
as a careful user of JAX writes it.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from networks import RATE, Network

import workbench as mx

Steps = tuple[Callable[[], Any], Callable[[], Any]]
BASE = "hand-written jax.jit"


def _logits(network: Network, params: Any, x: Any) -> Any:
    for layer, (weight, bias) in zip(network.layers, params, strict=True):
        if layer.kind == "conv":
            x = lax.conv_general_dilated(
                x, weight, (1, 1), "VALID", dimension_numbers=("NCHW", "OIHW", "NCHW")
            )
            x = x + bias[:, None, None]
        else:
            x = x.reshape(len(x), -1) @ weight.T + bias
        if layer.activation:
            x = {"relu": jax.nn.relu, "tanh": jnp.tanh}[layer.activation](x)
        if layer.pool:
            n, c, h, w = x.shape
            x = x.reshape(n, c, h // 2, 2, w // 2, 2).max((3, 5))
    return x


def _loss(network: Network, params: Any, x: Any, y: Any) -> Any:
    logs = jax.nn.log_softmax(_logits(network, params, x))
    return -jnp.take_along_axis(logs, y.astype(int)[:, None], 1).mean()


def _jax(network: Network, compiled: bool) -> Steps:
    def step(params: Any, x: Any, y: Any) -> Any:
        value, grads = jax.value_and_grad(lambda p: _loss(network, p, x, y))(params)
        return jax.tree.map(lambda p, g: p - RATE * g, params, grads), value

    run = jax.jit(step) if compiled else step
    x, y = map(jnp.asarray, network.data())
    held = {"state": ([(jnp.asarray(w), jnp.asarray(b)) for w, b in network.weights()], None)}

    def turn() -> None:
        held["state"] = run(held["state"][0], x, y)

    return turn, lambda: jax.block_until_ready(held["state"])


def _symbol(network: Network) -> Any:
    net = mx.sym.Variable("data")
    for i, layer in enumerate(network.layers):
        if layer.kind == "conv":
            net = mx.sym.Convolution(net, kernel=(5, 5), num_filter=layer.size, name=f"layer{i}")
        else:
            net = mx.sym.FullyConnected(net, num_hidden=layer.size, name=f"layer{i}")
        if layer.activation:
            net = mx.sym.Activation(net, act_type=layer.activation)
        if layer.pool:
            net = mx.sym.Pooling(net, kernel=(2, 2), stride=(2, 2), pool_type="max")
    return mx.sym.SoftmaxOutput(net, name="softmax")


def _interleaved(params: list[Any], grads: list[Any]) -> tuple[list[Any], dict[str, Any]]:
    arrays = [a for pair in zip(params, grads, strict=True) for a in pair]
    count = len(params)
    return arrays, {"lrs": (RATE,) * count, "wds": (0.0,) * count, "num_weights": count}


def _executor(network: Network) -> Steps:
    net = _symbol(network)
    reqs = {n: "write" for n in net.list_arguments() if n.startswith("layer")}
    x, y = map(mx.nd.array, network.data())
    executor = net.simple_bind(mx.cpu(), grad_req=reqs, data=x.shape)
    for i, (weight, bias) in enumerate(network.weights()):
        executor.arg_dict[f"layer{i}_weight"][:] = weight
        executor.arg_dict[f"layer{i}_bias"][:] = bias
    params = [executor.arg_dict[n] for n in executor.grad_dict]
    arrays, rates = _interleaved(params, list(executor.grad_dict.values()))

    def turn() -> None:
        executor.forward(is_train=True, data=x, softmax_label=y)
        executor.backward()
        mx.nd.multi_sgd_update(*arrays, out=params, rescale_grad=1 / network.batch, **rates)

    return turn, mx.nd.waitall


def _module(network: Network) -> Steps:
    x, y = map(mx.nd.array, network.data())
    batch = mx.io.DataBatch([x], [y])
    module = mx.mod.Module(_symbol(network))
    module.bind([("data", x.shape)], [("softmax_label", y.shape)])
    module.init_params(mx.init.Xavier())
    module.init_optimizer(optimizer="sgd", optimizer_params={"learning_rate": RATE})

    def turn() -> None:
        module.forward_backward(batch)
        module.update()

    return turn, mx.nd.waitall


def _nd(network: Network) -> Steps:
    nd = mx.nd
    x, y = map(nd.array, network.data())
    pairs = [(nd.array(w), nd.array(b)) for w, b in network.weights()]
    params = [p for pair in pairs for p in pair]
    for p in params:
        p.attach_grad()
    arrays, rates = _interleaved(params, [p.grad for p in params])

    def turn() -> None:
        with mx.autograd.record():
            h = x
            for layer, (weight, bias) in zip(network.layers, pairs, strict=True):
                if layer.kind == "conv":
                    h = nd.Convolution(h, weight, bias, kernel=(5, 5), num_filter=layer.size)
                else:
                    h = nd.FullyConnected(h, weight, bias, num_hidden=layer.size)
                if layer.activation:
                    h = nd.Activation(h, act_type=layer.activation)
                if layer.pool:
                    h = nd.Pooling(h, kernel=(2, 2), stride=(2, 2), pool_type="max")
            loss = nd.softmax_cross_entropy(h, y)
        loss.backward()
        nd.multi_sgd_update(*arrays, out=params, rescale_grad=1 / network.batch, **rates)

    return turn, nd.waitall


def _gluon(network: Network, hybridize: bool) -> Steps:
    nn = mx.gluon.nn
    net = nn.HybridSequential()
    for layer in network.layers:
        if layer.kind == "conv":
            net.add(nn.Conv2D(layer.size, 5, activation=layer.activation or None))
        else:
            net.add(nn.Dense(layer.size, activation=layer.activation or None))
        if layer.pool:
            net.add(nn.MaxPool2D(2, 2))
    net.initialize(mx.init.Xavier())
    if hybridize:
        net.hybridize()
    loss_of = mx.gluon.loss.SoftmaxCrossEntropyLoss()
    x, y = map(mx.nd.array, network.data())
    net(x)
    trainer = mx.gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": RATE})

    def turn() -> None:
        with mx.autograd.record():
            loss = loss_of(net(x), y)
        loss.backward()
        trainer.step(network.batch)

    return turn, mx.nd.waitall


def _torch(network: Network) -> Steps:
    import torch

    torch.manual_seed(0)
    layers: list[Any] = []
    for layer, (weight, _) in zip(network.layers, network.weights(), strict=True):
        if layer.kind == "conv":
            layers.append(torch.nn.Conv2d(weight.shape[1], layer.size, 5))
        else:
            layers += [torch.nn.Flatten(), torch.nn.Linear(weight.shape[1], layer.size)]
        if layer.activation:
            layers.append({"relu": torch.nn.ReLU, "tanh": torch.nn.Tanh}[layer.activation]())
        if layer.pool:
            layers.append(torch.nn.MaxPool2d(2))
    net = torch.nn.Sequential(*layers)
    x, y = network.data()
    inputs, labels = torch.tensor(x), torch.tensor(y).long()
    optimizer = torch.optim.SGD(net.parameters(), RATE)

    def turn() -> None:
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(net(inputs), labels).backward()
        optimizer.step()

    return turn, lambda: None


ALL: dict[str, Callable[[Network], Steps]] = {
    BASE: lambda n: _jax(n, compiled=True),
    "symbolic (Executor)": _executor,
    "symbolic (Module)": _module,
    "bulked imperative (nd)": _nd,
    "bulked imperative (Gluon)": lambda n: _gluon(n, hybridize=False),
    "hybridized (Gluon)": lambda n: _gluon(n, hybridize=True),
    "op-by-op jax.grad": lambda n: _jax(n, compiled=False),
    "PyTorch eager": _torch,
}


def available(name: str) -> bool:
    """Whether what the style needs is installed."""
    return name != "PyTorch eager" or importlib.util.find_spec("torch") is not None
