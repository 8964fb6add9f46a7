"""A pipeline: the layers of a network on different devices, and several parts of a batch under way at once.

Were a batch to go through as a whole, each device would wait until the one before has finished.  So it is cut into
micro-batches: while the second device has the first of them, the first device has the second.  At every tick all
devices compute, each on what its neighbour gave it, and hand on what comes out; backward the same happens in reverse.
Only while the pipeline fills and empties do devices have nothing to do.

That is one program for all devices too, if the stages are alike: each runs the same lines with weights of its own,
which are one array with an axis for the stages, cut along it.

Source: Y. Huang et al., "GPipe: Efficient Training of Giant Neural Networks using Pipeline Parallelism", 2019,
section 2.3.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.sharding import PartitionSpec

from workbench.arguments import Finite, Positive, as_floats, checked
from workbench.errors import ArgumentError, ShapeError
from workbench.graph.composite import composite, prepared
from workbench.imperative.make import array, from_jax
from workbench.imperative.ndarray import NDArray
from workbench.parallel.mesh import first_devices
from workbench.runtime.device import jax_devices
from workbench.runtime.mesh import Mesh
from workbench.symbolic.layout import lay
from workbench.symbolic.network import labels_of
from workbench.symbolic.symbol import Symbol
from workbench.types import Quantity, Shape, tensor_type

STAGE = "stage"
Arrays = dict[str, Any]


class Pipeline:
    """Stages that are alike, then a head with the loss; trained by gradient descent with momentum.

    Args:
        stage: what each device computes, of an input ``data`` and of parameters.  Its output is of data's shape.
        head: the network's end, of an input ``data``, which the last stage gives, with its loss.
        stages: how many there are, one a device.
        micro_batches: into how many equal parts a batch is cut.
        data: the shape of a batch, float32.

    Attributes:
        params: parameters by name, for writing into; a stage's have a first axis that counts stages.
        mesh: the devices.

    Raises:
        ArgumentError: a stage has several outputs, auxiliary states or random numbers, or gives another shape; or it
            and the head have a name in common.
        ShapeError: the batch can't be cut into so many parts.
        DeviceError: there are fewer devices.
    """

    @checked
    def __init__(
        self,
        stage: Symbol,
        head: Symbol,
        stages: Positive,
        micro_batches: Positive,
        data: tuple[Positive, ...],
    ) -> None:
        if not data:
            raise ArgumentError("Pipeline: data must be the shape of a batch, examples first, got ()")
        if data[0] % micro_batches:
            raise ShapeError(
                f"Pipeline: {data[0]} examples can't be cut into {micro_batches} equal micro-batches"
            )
        axes = {STAGE: stages}
        self.mesh = Mesh(axes, first_devices(axes, jax_devices()))
        self._data = data
        self._micro: Shape = (micro_batches, data[0] // micro_batches, *data[1:])
        shapes = _parameters(stage, self._micro[1:], "stage")
        if stage.infer_shape(data=self._micro[1:])[1] != [self._micro[1:]]:
            raise ArgumentError(
                f"Pipeline: a stage takes {self._micro[1:]} and must give one output of that shape"
            )
        self._stage, self._stage_names = stage.to_jax(train=True), tuple(shapes)
        self._head = _Loss(head, data)
        if shared := [name for name in shapes if name in self._head.shapes | self._head.labels]:
            raise ArgumentError(
                f"Pipeline: stage and head both have {shared[0]!r}; what they do not share needs another name"
            )
        self.params: dict[str, NDArray] = {}
        for name, shape in (shapes | self._head.shapes).items():
            own = name in shapes
            self.params[name] = array(np.zeros(((stages,) if own else ()) + shape), self.mesh)
            lay(self.params[name], (STAGE,) if own else ())
        where = {name: value.jax.sharding for name, value in self.params.items()}
        self._momenta = {name: self.mesh.put(value.jax, where[name]) for name, value in self.params.items()}
        # Parameters are not given away: others may hold their values.
        self._program = jax.jit(self._step, donate_argnums=1, out_shardings=(None, where, where))

    @property
    def idle(self) -> Quantity:
        """The share of time in which a device has nothing to do, if all ticks take equally long."""
        stages, parts = self.mesh.size, self._micro[0]
        how = f"(stages − 1) / (micro-batches + stages − 1) = {stages - 1} / {parts + stages - 1}"
        return Quantity(
            (stages - 1) / (parts + stages - 1), "1", "predicted", how, "share of time without work"
        )

    @checked
    def step(self, batch: Mapping[str, Any], lr: Finite = 0.1, momentum: Finite = 0.0) -> list[NDArray]:
        """One step, as one program: ``v = momentum · v − lr · g / examples; w += v``.

        Args:
            batch: ``data`` and labels by name.

        Returns:
            The head's outputs before the update.

        Raises:
            ArgumentError: the names are others, or a rate is no number.
            DTypeError: an array holds no numbers.
            ShapeError: an array has another shape.
        """
        wanted = ("data", *self._head.labels)
        if set(batch) != set(wanted):
            raise ArgumentError(
                f"step() takes {', '.join(wanted)}, got {', '.join(map(str, batch)) or 'nothing'}"
            )
        given = {name: as_floats(f"step(): {name}", batch[name]) for name in wanted}
        for name, shape in ({"data": self._data} | self._head.labels).items():
            if given[name].shape != shape:
                raise ShapeError(f"step() takes {name} of shape {shape}, got {given[name].shape}")
        params = {name: value.jax for name, value in self.params.items()}
        rates = np.float32(lr / len(given["data"])), np.float32(momentum)
        outputs, new, self._momenta = self._program(params, self._momenta, given, rates)
        for name, value in new.items():
            self.params[name]._take(from_jax(value)._cell())
        return [from_jax(output) for output in outputs]

    def _step(self, params: Arrays, momenta: Arrays, batch: Arrays, rates: Any) -> Any:
        stacked = {name: params[name] for name in self._stage_names}
        last, pull = jax.vjp(lambda weights: self._through(weights, batch["data"]), stacked)
        outputs, grads = self._head(params | batch | {"data": last})
        grads |= pull(grads.pop("data"))[0]
        rate, momentum = rates
        moved = {name: momentum * momenta[name] - rate * grads[name] for name in params}
        return outputs, {name: params[name] + moved[name] for name in params}, moved

    def _through(self, stacked: Arrays, data: Any) -> Any:
        """The batch after all stages."""
        spread = jax.shard_map(
            self._on_one_device,
            mesh=self.mesh.jax_mesh,
            in_specs=(PartitionSpec(STAGE), PartitionSpec()),
            out_specs=PartitionSpec(STAGE),
            check_vma=False,
        )
        return spread(stacked, data.reshape(self._micro))[-1].reshape(data.shape)

    def _on_one_device(self, stacked: Arrays, parts: Any) -> Any:
        """What one stage does tick by tick: (micro-batches, …) → (1, micro-batches, …), of the last stage right."""
        own = {name: value[0] for name, value in stacked.items()}
        stages, place = self.mesh.size, lax.axis_index(STAGE)
        onward = [(i, i + 1) for i in range(stages - 1)]

        def tick(coming: Any, t: Any) -> Any:
            first = lax.dynamic_index_in_dim(parts, jnp.minimum(t, len(parts) - 1), keepdims=False)
            (given,) = self._stage(data=jnp.where(place == 0, first, coming), **own)
            return lax.ppermute(given, STAGE, onward), given

        _, given = lax.scan(tick, jnp.zeros_like(parts[0]), jnp.arange(len(parts) + stages - 1))
        return given[None, stages - 1 :]


class _Loss:
    """A head as its outputs and gradients, those that loss layers declare."""

    def __init__(self, head: Symbol, data: Shape) -> None:
        names = tuple(labels_of(head.nodes))
        self.shapes = _parameters(head, data, "head", names)
        self._operator = composite(prepared(head.graph, True), "head")
        self._names = head.list_inputs()
        found = _shapes(head, data)
        self.labels = {name: found[name] for name in names}
        types = tuple(tensor_type(found[name], "float32") for name in self._names)
        wanted = tuple(name not in self.labels for name in self._names)
        self._forward = self._operator.recorded(types, wanted)
        self._heads = len(head.list_outputs())
        kinds = self._forward.infer(types)
        mask = tuple(i < self._heads for i in range(len(kinds)))
        self._rule = self._forward.gradient(types, mask, wanted)
        self._wanted = [name for name, want in zip(self._names, wanted, strict=True) if want]

    def __call__(self, given: Arrays) -> tuple[list[Any], Arrays]:
        arrays = [given[name] for name in self._names]
        results = self._forward.call(arrays, ())
        outputs = list(results[: self._heads])
        kept = [(results if k.is_output else arrays)[k.place] for k in self._rule.kept]
        grads = self._rule.bound.call([*kept, *map(jnp.ones_like, outputs)], ())
        return outputs, dict(zip(self._wanted, grads, strict=True))


def _parameters(part: Symbol, data: Shape, what: str, labels: tuple[str, ...] = ()) -> dict[str, Shape]:
    """Shapes of a part's parameters by name.

    Raises:
        ArgumentError: it has no input ``data``, or has auxiliary states or random numbers.
    """
    names = part.list_arguments()
    if "data" not in names:
        raise ArgumentError(f"Pipeline: the {what} has no input 'data'; it has {', '.join(names)}")
    if part.list_auxiliary_states() or len(prepared(part.graph, True).inputs) > len(part.list_inputs()):
        raise ArgumentError(
            f"Pipeline: the {what} has auxiliary states or random numbers; stages only compute"
        )
    return {name: shape for name, shape in _shapes(part, data).items() if name not in ("data", *labels)}


def _shapes(part: Symbol, data: Shape) -> dict[str, Shape]:
    found = part.infer_shape(data=data)[0]
    if found is None:
        raise ShapeError(f"Pipeline: not all shapes of {part!r} follow from data {data}")
    return dict(zip(part.list_arguments(), found, strict=True))
