"""The fused recurrent layer: several layers and both directions over whole sequences in one operator."""

from __future__ import annotations

import math
from typing import Any, Literal

import jax
import jax.numpy as jnp

from workbench.errors import ArgumentError, NotSupportedError
from workbench.ops.dropout import drop_mask
from workbench.ops.random import key_of
from workbench.ops.recurrence import GATES, Pull, Weights, run, run_back
from workbench.ops.registry import register
from workbench.types import Shape


def _weight_shapes(width: int, units: int, layers: int, directions: int, mode: str) -> list[list[Shape]]:
    """The shapes of each direction of each layer."""
    rows = GATES[mode] * units
    return [
        [(rows, width if layer == 0 else directions * units), (rows, units), (rows,), (rows,)]
        for layer in range(layers)
        for _ in range(directions)
    ]


def parameter_size(width: int, units: int, layers: int, directions: int, mode: str) -> int:
    """How many numbers the packed parameters of a fused layer hold."""
    shapes = _weight_shapes(width, units, layers, directions, mode)
    return sum(math.prod(shape) for each in shapes for shape in each)


def _unpack(parameters: Any, shapes: list[list[Shape]]) -> list[Weights]:
    """All matrices first, layer by layer and direction by direction, then all biases in the same order."""
    at = 0
    parts: list[list[Any]] = [[] for _ in shapes]
    for pair in (slice(0, 2), slice(2, 4)):
        for own, each in zip(parts, shapes, strict=True):
            for shape in each[pair]:
                own.append(parameters[at : at + math.prod(shape)].reshape(shape))
                at += math.prod(shape)
    return [Weights(*own) for own in parts]


def _pack(weights: list[Weights]) -> Any:
    matrices = [m.reshape(-1) for w in weights for m in (w.inputs, w.states)]
    return jnp.concatenate([*matrices, *(b for w in weights for b in (w.input_bias, w.state_bias))])


def _inputs(*, mode: str, use_sequence_length: bool, **_: Any) -> tuple[str, ...]:
    cell = ("state_cell",) * (mode == "lstm")
    return ("data", "parameters", "state", *cell, *("sequence_length",) * use_sequence_length)


def _outputs(*, mode: str, num_layers: int, **_: Any) -> tuple[str, ...]:
    shown = ("output", "state_output", *("statecell_output",) * (mode == "lstm"))
    return (*shown, *("hidden",) * (num_layers > 1), *("memories",) * (mode == "lstm"))


def _shapes(
    known: Any, *, mode: str, state_size: int, num_layers: int, bidirectional: bool, **_: Any
) -> dict[str, Shape]:
    if "data" not in known:
        return {}
    _, batch, width = known["data"]
    directions = 1 + bidirectional
    state = (num_layers * directions, batch, state_size)
    size = parameter_size(width, state_size, num_layers, directions, mode)
    return {"parameters": (size,), "state": state, "state_cell": state, "sequence_length": (batch,)}


def _alive(lengths: Any, steps: int) -> Any:
    """(t, n, 1): whether a sequence still runs at a step."""
    return None if lengths is None else (jnp.arange(steps)[:, None] < lengths)[..., None]


def _drops(layers: int, p: float, key: Any, shape: Shape, dtype: Any) -> list[Any]:
    """What dropout multiplies each layer's input by; None where there is none, as before the first layer."""
    if p == 0:
        return [None] * layers
    keys = [jax.random.key_data(jax.random.fold_in(key_of(key), layer)) for layer in range(1, layers)]
    return [None, *(drop_mask(shape, dtype, each, p, ()) for each in keys)]


def _refuse(**asked: Any) -> None:
    for name, value in asked.items():
        if value is not None:
            raise NotSupportedError(
                f"RNN(): {name}={value!r} is not supported; unroll a cell of your own (gluon.rnn) instead"
            )


def _input_weight_shape(known: Any, *, rows: int) -> dict[str, Shape]:
    return {"weight": (rows, known["data"][-1])} if "data" in known else {}


@register("_rnn_input_weight", complete=_input_weight_shape)
def rnn_input_weight(data: Any, weight: Any, *, rows: int) -> Any:
    """The first layer's weight as part of `RNN`'s parameters, with a shape that follows from the data.

    data: (..., inputs), of which only the shape counts; weight: (rows, inputs); output: (rows inputs,).
    """
    return weight.reshape(-1)


@register(
    "RNN",
    used=_inputs,
    outputs=_outputs,
    visible=lambda state_outputs, mode, **_: (3 if mode == "lstm" else 2) if state_outputs else 1,
    random=lambda p, num_layers, **_: p > 0 and num_layers > 1,
    train_aware=True,
    complete=_shapes,
)
def rnn(
    data: Any,
    parameters: Any,
    state: Any,
    state_cell: Any = None,
    sequence_length: Any = None,
    *,
    state_size: int,
    num_layers: int,
    bidirectional: bool = False,
    mode: Literal["rnn_relu", "rnn_tanh", "lstm", "gru"],
    p: float = 0.0,
    state_outputs: bool = False,
    projection_size: int | None = None,
    lstm_state_clip_min: float | None = None,
    lstm_state_clip_max: float | None = None,
    lstm_state_clip_nan: bool = False,
    use_sequence_length: bool = False,
    _train: bool = False,
    _key: Any = None,
) -> Any:
    """Stacked recurrent layers over a batch of sequences.

    data: (steps, n, inputs); parameters: one vector; state, and state_cell for ``lstm``: (num_layers d, n,
    state_size), d = 2 if `bidirectional`, else 1; sequence_length: (n,), with `use_sequence_length`;
    output: (steps, n, d state_size), 0 where a sequence has ended, and with `state_outputs` the last states.
    `p` is the dropout between layers, in training.

    The parameters hold all matrices, layer by layer and direction by direction, each time the one for inputs and the
    one for states, then all biases in that order.  The gates' rows come as input, forget, new, output (``lstm``)
    and reset, update, new (``gru``, whose reset gate acts after the product with the state).
    Source: Chetlur et al. (2014), arXiv:1410.0759, and the cuDNN guide's equations.
    """
    _refuse(
        projection_size=projection_size,
        lstm_state_clip_min=lstm_state_clip_min,
        lstm_state_clip_max=lstm_state_clip_max,
        lstm_state_clip_nan=lstm_state_clip_nan or None,
    )
    if not 0 <= p < 1:
        raise ArgumentError(f"RNN(): p must be in [0, 1), got {p}")
    directions = 1 + bidirectional
    weights = _unpack(parameters, _weight_shapes(data.shape[2], state_size, num_layers, directions, mode))
    width = directions * state_size
    drops = _drops(num_layers, p if _train else 0.0, _key, (*data.shape[:2], width), data.dtype)
    alive = _alive(sequence_length, data.shape[0])
    cells = [None] * len(weights) if state_cell is None else state_cell
    x, results, ends = data, [], []
    for layer, drop in enumerate(drops):
        x = x if drop is None else x * drop
        own = range(layer * directions, (layer + 1) * directions)
        ran = [run(mode, x, state[at], cells[at], weights[at], alive, at % directions == 1) for at in own]
        x = jnp.concatenate([outputs for outputs, *_ in ran], -1)
        results.append(x)
        ends += [rest for _, *rest in ran]
    memories, last_h, last_c = zip(*ends, strict=True)
    lstm = mode == "lstm"
    shown = (x, jnp.stack(last_h), *(jnp.stack(last_c) for _ in range(lstm)))
    hidden = [jnp.stack(results[:-1])] if num_layers > 1 else []
    return (*shown, *hidden, *(jnp.stack(memories) for _ in range(lstm)))


def _kept(*, p: float, num_layers: int, _train: bool, **attrs: Any) -> tuple[str, ...]:
    key = ("_key",) * (p > 0 and num_layers > 1 and _train)
    hidden = [
        n for n in _outputs(num_layers=num_layers, **attrs) if n not in ("state_output", "statecell_output")
    ]
    return (*_inputs(**attrs), *hidden, *key)


@rnn.gradient(_kept)
def _rnn_gradient(g: Any, *kept: Any, **attrs: Any) -> Any:
    mode, units, layers = attrs["mode"], attrs["state_size"], attrs["num_layers"]
    directions = 1 + attrs["bidirectional"]
    have = dict(zip(_kept(**attrs), kept, strict=True))
    coming = dict(zip(_outputs(**attrs), g, strict=True))
    data, state, lstm = have["data"], have["state"], mode == "lstm"
    weights = _unpack(have["parameters"], _weight_shapes(data.shape[2], units, layers, directions, mode))
    alive = _alive(have.get("sequence_length"), data.shape[0])
    p = attrs["p"] if attrs["_train"] else 0.0
    drops = _drops(layers, p, have.get("_key"), have["output"].shape, data.dtype)
    results = [*have.get("hidden", ()), have["output"]]

    def cotangent(name: str, like: Any) -> Any:
        return jnp.zeros_like(like) if coming.get(name) is None else coming[name]

    g_out, g_h = cotangent("output", have["output"]), cotangent("state_output", state)
    cells = [(None,) * 4] * len(weights)
    if lstm:
        g_c, g_memories = cotangent("statecell_output", state), cotangent("memories", have["memories"])
        cells = [*zip(have["state_cell"], have["memories"], g_c, g_memories, strict=True)]
    pulls: dict[int, Pull] = {}
    for layer in reversed(range(layers)):
        drop = drops[layer]
        x = data if layer == 0 else results[layer - 1] if drop is None else results[layer - 1] * drop
        own = range(layer * directions, (layer + 1) * directions)
        for at, out, g_part in zip(
            own, *(jnp.split(a, directions, -1) for a in (results[layer], g_out)), strict=True
        ):
            reverse = at % directions == 1
            pulls[at] = run_back(
                mode, x, state[at], weights[at], alive, reverse, out, g_part, g_h[at], *cells[at]
            )
        g_out = sum(pulls[at].x for at in own)
        if layer:
            g_out = g_out if drop is None else g_out * drop
            g_out = g_out if coming["hidden"] is None else g_out + coming["hidden"][layer - 1]
    each = [pulls[at] for at in range(len(weights))]
    g_cells = (jnp.stack([pull.c for pull in each]),) if lstm else ()
    return g_out, _pack([pull.weights for pull in each]), jnp.stack([pull.h for pull in each]), *g_cells, None
