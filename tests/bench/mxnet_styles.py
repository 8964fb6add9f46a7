"""A training step in each of MXNet's styles, for any module that has MXNet's names: the workbench, or MXNet itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import networks
from networks import RATE, Network

Steps = tuple[Callable[[], Any], Callable[[], Any]]
MOST_UPDATED = 50  # parameters in one multi_sgd_update: MXNet's kernel holds no more than 60


class Vocabulary(networks.Unrolled):
    """The operations of ``F``: `nd` or `sym`."""

    def __init__(self, F: Any) -> None:
        self._f = F
        self.relu, self.tanh, self.sigmoid = F.relu, F.tanh, F.sigmoid

    def dense(self, x: Any, weight: Any, bias: Any, size: int) -> Any:
        """Inputs flattened."""
        return self._f.FullyConnected(x, weight, bias, num_hidden=size)

    def conv(self, x: Any, weight: Any, bias: Any, layer: networks.Conv) -> Any:
        """Images as (n, channels, height, width)."""
        tensors = (x, weight) if bias is None else (x, weight, bias)
        sizes = {name: (getattr(layer, name),) * 2 for name in ("kernel", "stride", "pad")}
        return self._f.Convolution(*tensors, num_filter=layer.size, no_bias=bias is None, **sizes)

    def norm(self, x: Any, gamma: Any, beta: Any, mean: Any, var: Any) -> Any:
        """Training moves mean and var."""
        return self._f.BatchNorm(x, gamma, beta, mean, var, fix_gamma=False, eps=1e-5, momentum=0.9)

    def max_pool(self, x: Any) -> Any:
        """2 × 2."""
        return self._f.Pooling(x, kernel=(2, 2), stride=(2, 2), pool_type="max")

    def mean_pool(self, x: Any) -> Any:
        """Over the whole image."""
        return self._f.Pooling(x, kernel=(1, 1), global_pool=True, pool_type="avg")

    def steps(self, x: Any) -> Any:
        """(n, steps, features) as a list of (n, features)."""
        return self._f.SliceChannel(x, num_outputs=networks.STEPS, axis=1, squeeze_axis=True)

    def quarters(self, x: Any) -> Any:
        """The four gates."""
        return self._f.SliceChannel(x, num_outputs=4, axis=1)


def _symbol(mx: Any, network: Network) -> Any:
    params = [mx.sym.Variable(p.name) for p in network.parameters()]
    out = networks.forward(Vocabulary(mx.sym), network.layers, iter(params), mx.sym.Variable("data"))
    return mx.sym.SoftmaxOutput(out, name="softmax")


def _split(mx: Any, network: Network) -> tuple[dict[str, Any], dict[str, Any]]:
    found = network.parameters()
    return tuple({p.name: mx.nd.array(p.value) for p in found if p.state is state} for state in (False, True))


def _update(mx: Any, params: list[Any], grads: list[Any], batch: int) -> None:
    """Plain SGD of all parameters, in as few operations as there can be."""
    for at in range(0, len(params), MOST_UPDATED):
        chosen = params[at : at + MOST_UPDATED]
        rows = [a for pair in zip(chosen, grads[at : at + MOST_UPDATED], strict=True) for a in pair]
        count = len(chosen)
        mx.nd.multi_sgd_update(
            *rows,
            out=chosen,
            num_weights=count,
            lrs=(RATE,) * count,
            wds=(0.0,) * count,
            rescale_grad=1 / batch,
        )


def executor(mx: Any, network: Network) -> Steps:
    """A bound symbol, updated by hand."""
    net = _symbol(mx, network)
    args, states = _split(mx, network)
    reqs = {n: "write" if n in args else "null" for n in net.list_arguments()}
    x, y = map(mx.nd.array, network.data())
    bound = net.simple_bind(mx.cpu(), grad_req=reqs, data=x.shape)
    bound.copy_params_from(args, states)
    params = [bound.arg_dict[n] for n in args]
    grads = [bound.grad_dict[n] for n in args]

    def turn() -> None:
        bound.forward(is_train=True, data=x, softmax_label=y)
        bound.backward()
        _update(mx, params, grads, network.batch)

    return turn, mx.nd.waitall


def module(mx: Any, network: Network) -> Steps:
    """`Module`, with its optimizer."""
    x, y = map(mx.nd.array, network.data())
    batch = mx.io.DataBatch([x], [y])
    made = mx.mod.Module(_symbol(mx, network))
    made.bind([("data", x.shape)], [("softmax_label", y.shape)])
    made.init_params(None, *_split(mx, network))
    made.init_optimizer(optimizer="sgd", optimizer_params={"learning_rate": RATE})

    def turn() -> None:
        made.forward_backward(batch)
        made.update()

    return turn, mx.nd.waitall


def imperative(mx: Any, network: Network) -> Steps:
    """Single operations on arrays."""
    x, y = map(mx.nd.array, network.data())
    found = network.parameters()
    arrays = [mx.nd.array(p.value) for p in found]
    params = [a for a, p in zip(arrays, found, strict=True) if not p.state]
    for p in params:
        p.attach_grad()
    ops = Vocabulary(mx.nd)

    def turn() -> None:
        with mx.autograd.record():
            out = networks.forward(ops, network.layers, iter(arrays), x)
            loss = mx.nd.softmax_cross_entropy(out, y)
        loss.backward()
        _update(mx, params, [p.grad for p in params], network.batch)

    return turn, mx.nd.waitall


def naive(mx: Any, network: Network) -> Steps:
    """`imperative`, every operation run at once as a program of its own."""
    step, wait = imperative(mx, network)

    def turn() -> None:
        with mx.engine.naive():
            step()

    return turn, wait


def gluon(mx: Any, network: Network, hybridize: bool) -> Steps:
    """Blocks, a Gluon loss and a `Trainer`."""
    net = _sequence(mx, network.layers)
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


def _sequence(mx: Any, layers: networks.Layers) -> Any:
    net = mx.gluon.nn.HybridSequential()
    for layer in layers:
        net.add(_block(mx, layer))
    return net


def _block(mx: Any, layer: Any) -> Any:
    nn = mx.gluon.nn
    if isinstance(layer, networks.Dense):
        return nn.Dense(layer.size)
    if isinstance(layer, networks.Conv):
        return nn.Conv2D(layer.size, layer.kernel, layer.stride, layer.pad, use_bias=layer.bias)
    if isinstance(layer, networks.Norm):
        return nn.BatchNorm()
    if isinstance(layer, networks.Act):
        return nn.Activation(layer.kind)
    if isinstance(layer, networks.MaxPool):
        return nn.MaxPool2D(2, 2)
    if isinstance(layer, networks.MeanPool):
        return nn.GlobalAvgPool2D()
    return _residual(mx, layer) if isinstance(layer, networks.Residual) else _lstm(mx, layer)


def _residual(mx: Any, layer: networks.Residual) -> Any:
    class Residual(mx.gluon.HybridBlock):
        def __init__(self) -> None:
            super().__init__()
            with self.name_scope():
                self.body = _sequence(mx, layer.body)
                self.shortcut = _sequence(mx, layer.shortcut) if layer.shortcut else None

        def hybrid_forward(self, F: Any, x: Any) -> Any:
            return F.relu(self.body(x) + (x if self.shortcut is None else self.shortcut(x)))

    return Residual()


def _lstm(mx: Any, layer: networks.LSTM) -> Any:
    class LSTM(mx.gluon.HybridBlock):
        def __init__(self) -> None:
            super().__init__()
            with self.name_scope():
                self.from_input = mx.gluon.nn.Dense(4 * layer.size)
                self.from_hidden = mx.gluon.nn.Dense(4 * layer.size)

        def hybrid_forward(self, F: Any, x: Any) -> Any:
            ops = _Dense(F)
            return ops.lstm(x, (self.from_input, None, self.from_hidden, None), layer.size)

    return LSTM()


class _Dense(Vocabulary):
    """A dense layer here is a block, which has its weights."""

    def dense(self, x: Any, weight: Any, bias: Any, size: int) -> Any:
        return weight(x)


ALL: dict[str, Callable[[Any, Network], Steps]] = {
    "symbolic (Executor)": executor,
    "symbolic (Module)": module,
    "hybridized (Gluon)": lambda mx, network: gluon(mx, network, hybridize=True),
    "bulked imperative (nd)": imperative,
    "bulked imperative (Gluon)": lambda mx, network: gluon(mx, network, hybridize=False),
    "naive imperative (nd)": naive,
}
