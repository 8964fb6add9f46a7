"""A contraction tree as a program, and what XLA says of it before it runs.

Each step is an einsum of one or two tensors, which XLA knows as a matrix product.  A step of more is one loop nest
over all indices, as the expression is written: every point multiplies all the tensors and adds to the output.

The slices of a cut tree run one after the other in one loop.  Each takes its blocks of the tensors, contracts them and
writes its block of the output, or adds to it, in place; so no two slices are in memory at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from workbench.contraction.tree import ContractionTree, Step
from workbench.errors import ShapeError
from workbench.ops.pair_product import pair_product
from workbench.runtime.compile import SPARING
from workbench.runtime.device import Context

MOST = (
    2**63
)  # bytes or operations of a step: XLA counts in 64 bits, and ends the process where sizes overflow
Tensors = dict[int, jax.Array]  # by their numbers in the tree


@dataclass(frozen=True)
class ContractionProgram:
    """A tree that runs on a device, for tensors of these dtypes; compiled when something of it is first asked.

    Attributes:
        tree: what it does.
        dtypes: one a tensor.
        device: where it runs.
    """

    tree: ContractionTree
    dtypes: tuple[np.dtype[Any], ...]
    device: Context

    @cached_property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the result."""
        with jax.enable_x64(True):
            return np.dtype(jnp.result_type(*self.dtypes))

    @property
    def countable(self) -> bool:
        """Whether XLA's numbers hold what this takes."""
        expression = self.tree.expression
        tensors = (expression.size(letters) for letters in (*expression.inputs, expression.output))
        largest = max(*tensors, *(step.flops for step in self.tree.steps))
        return largest * self.dtype.itemsize < MOST

    @cached_property
    def compiled(self) -> Any:
        """XLA's executable.

        Raises:
            ShapeError: it would not be `countable`.
        """
        if not self.countable:
            raise ShapeError(
                f"{self.tree.expression}: in this order a tensor or a step is beyond the 2⁶³ bytes and operations "
                "that XLA can count; what is predicted needs no XLA"
            )
        return self._compile(lambda *arrays: contracted(self.tree, arrays), self._given)

    def __call__(self, *arrays: Any) -> jax.Array:
        """The result for arrays of the expression's shapes and these dtypes."""
        with jax.enable_x64(True):
            return self.compiled(*arrays)

    @property
    def temporary(self) -> int:
        """Bytes of temporary buffers, by XLA's buffer assignment: beside what it is given and what it returns."""
        return int(self.compiled.memory_analysis().temp_size_in_bytes)

    @cached_property
    def flops(self) -> float:
        """Floating-point operations, by XLA's cost analysis of the compiled program.

        XLA counts the body of a loop once, whatever its turns.  So what is done before the slices, and one slice, are
        compiled apart, and counted once and as often as there are slices.
        """
        if self.tree.slices == 1 or not self.countable:
            return _flops(self.compiled)
        before = jax.eval_shape(lambda *arrays: _before(self.tree, arrays), *self._given)
        output = jax.ShapeDtypeStruct(self.tree.expression.shape(self.tree.expression.output), self.dtype)
        number = jax.ShapeDtypeStruct((), np.int64)
        one = self._compile(lambda *args: _one_slice(self.tree, *args), (number, output, before))
        first = self._compile(lambda *arrays: _made(self.tree, _before(self.tree, arrays)), self._given)
        return _flops(first) + self.tree.slices * _flops(one)

    @property
    def _given(self) -> list[jax.ShapeDtypeStruct]:
        shapes = self.tree.expression.shapes
        return [jax.ShapeDtypeStruct(s, dtype) for s, dtype in zip(shapes, self.dtypes, strict=True)]

    def _compile(self, function: Callable[..., Any], arguments: Sequence[Any]) -> Any:
        device = self.device.jax_device
        place = jax.sharding.SingleDeviceSharding(device)
        with jax.enable_x64(True):
            lowered = jax.jit(function, in_shardings=place, out_shardings=place).lower(*arguments)
            return lowered.compile(SPARING if device.platform == "cpu" else None)


def _flops(compiled: Any) -> float:
    return float((compiled.cost_analysis() or {}).get("flops", 0.0))


def contracted(tree: ContractionTree, arrays: Sequence[jax.Array]) -> jax.Array:
    """The result of a tree for these tensors: a pure function, which JAX can trace and differentiate."""
    tensors = _before(tree, arrays)
    if tree.slices == 1:
        return tensors[len(tree.terms) - 1]
    expression = tree.expression
    output = jnp.zeros(expression.shape(expression.output), jnp.result_type(*arrays))
    return lax.fori_loop(0, tree.slices, lambda number, out: _one_slice(tree, number, out, tensors), output)


def _before(tree: ContractionTree, arrays: Sequence[jax.Array]) -> Tensors:
    """The given tensors, and what is computed from them before any slice."""
    tensors = dict(enumerate(arrays))
    return _steps(tree, tensors, [place for place in tree.schedule if not tree.in_slices(place)])


def _made(tree: ContractionTree, tensors: Tensors) -> list[jax.Array]:
    return [array for number, array in tensors.items() if number >= len(tree.expression.inputs)]


def _one_slice(tree: ContractionTree, number: Any, output: jax.Array, tensors: Tensors) -> jax.Array:
    """The output with one slice's part of it written, or added where a cut index is summed."""
    starts = _starts(tree, number)
    blocks = {n: _block(tree, array, tree.terms[n], starts) for n, array in tensors.items()}
    made = _steps(tree, blocks, [place for place in tree.schedule if tree.in_slices(place)])
    result = made[len(tree.terms) - 1]
    letters = tree.expression.output
    if any(letter not in letters for letter in starts):
        result = result + _block(tree, output, letters, starts)
    if not any(letter in letters for letter in starts):
        return result
    return lax.dynamic_update_slice(output, result, [starts.get(letter, 0) for letter in letters])


def _starts(tree: ContractionTree, number: Any) -> dict[str, Any]:
    """Where the blocks of a slice start along each cut index; the slices' numbers count the last index fastest."""
    starts = {}
    for letter, parts in reversed(tree.parts):
        starts[letter] = number % parts * tree.sizes[letter]
        number = number // parts
    return starts


def _block(tree: ContractionTree, array: jax.Array, letters: str, starts: dict[str, Any]) -> jax.Array:
    """A slice's block of a tensor: all of it where no index of it is cut."""
    if not any(letter in starts for letter in letters):
        return array
    return lax.dynamic_slice(array, [starts.get(n, 0) for n in letters], [tree.sizes[n] for n in letters])


def _steps(tree: ContractionTree, tensors: Tensors, places: Sequence[int]) -> Tensors:
    """The tensors, and the results of these steps."""
    made = dict(tensors)
    for place in places:
        step = tree.steps[place]
        made[len(tree.expression.inputs) + place] = _step(step, [made[operand] for operand in step.operands])
    return made


def _step(step: Step, operands: Sequence[jax.Array]) -> jax.Array:
    terms, arrays = zip(*map(_diagonal, step.terms, operands), strict=True)
    if len(arrays) > 2:
        return _loop(terms, arrays, step.result, step.summed)
    if len(arrays) == 1:
        return jnp.einsum(f"{terms[0]}->{step.result}", *arrays)
    letters, product = pair_product((terms[0], arrays[0]), (terms[1], arrays[1]), step.result)
    return jnp.transpose(product, [letters.index(letter) for letter in step.result])


def _diagonal(term: str, array: jax.Array) -> tuple[str, jax.Array]:
    """The tensor with one axis for each of its letters."""
    for letter in dict.fromkeys(term):
        axes = [axis for axis, other in enumerate(term) if other == letter]
        if len(axes) > 1:
            array = jnp.moveaxis(array, axes, range(len(axes)))
            array = array[(jnp.arange(array.shape[0]),) * len(axes)]
            term = letter + term.replace(letter, "")
    return term, array


def _loop(terms: Sequence[str], arrays: Sequence[jax.Array], result: str, summed: str) -> jax.Array:
    """Several tensors in one loop nest over all their indices."""
    indices = result + summed
    product: Any = 1
    for term, array in zip(terms, arrays, strict=True):
        own = [letter for letter in indices if letter in term]
        aligned = jnp.transpose(array, [term.index(letter) for letter in own])
        product = product * jnp.expand_dims(aligned, [n for n, i in enumerate(indices) if i not in own])
    return jnp.sum(product, tuple(range(len(result), len(indices))), dtype=jnp.result_type(*arrays))
