"""A program as a CPU likes it: channels last.

MXNet's layout has the channels second; XLA's convolution on a CPU wants them last and turns every image around
before and after it.  So a program with convolutions is written anew, from JAX's own account of it (a jaxpr): what a
convolution gives stays as it is, and the operations behind it, element by element or over axes, are done in that
order, until one needs the channels second again.  A network turns its input around once; not even a gradient knows.

Measured on two CPU cores, a ResNet-20 on 32 images of 32 × 32: of 195 ms of processor time a step, 46 were such
turns, most with other work in them that XLA did again for each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import jax.numpy as jnp
from jax import lax
from jax.extend import core
from jax.extend.core import primitives as p

from workbench.runtime.convolve import convolve, held


class Image:
    """An array whose channels can be had second or last; `turned` where they are last by nature."""

    def __init__(
        self, second: Any = None, last: Any = None, make_last: Callable[[], Any] | None = None
    ) -> None:
        self._second, self._last, self._make_last = second, last, make_last
        self.turned = second is None

    @property
    def second(self) -> Any:
        """The array as the program means it."""
        if self._second is None:
            self._second = jnp.moveaxis(self._last, -1, 1)
        return self._second

    @property
    def last(self) -> Any:
        """The same with axis 1 behind the others."""
        if self._last is None:
            self._last = self._make_last() if self._make_last else jnp.moveaxis(self._second, 1, -1)
        return self._last

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return jnp.ndim(self._last if self._second is None else self._second)


def has_convolution(jaxpr: core.Jaxpr) -> bool:
    """Whether a program convolves, outside of loops and branches."""
    return any(
        eqn.primitive is p.conv_general_dilated_p
        or ((inner := _called(eqn)) is not None and has_convolution(inner.jaxpr))
        for eqn in jaxpr.eqns
    )


def channels_last(program: core.ClosedJaxpr) -> Callable[..., tuple[Any, ...]]:
    """A function that does the same; to be compiled for a CPU."""

    def run(*arguments: Any) -> tuple[Any, ...]:
        return tuple(out.second for out in _evaluate(program, [Image(a) for a in arguments]))

    return run


def _evaluate(program: core.ClosedJaxpr, arguments: Iterable[Image]) -> list[Image]:
    jaxpr = program.jaxpr
    values: dict[core.Var, Image] = dict(zip(jaxpr.invars, arguments, strict=True))
    values.update(zip(jaxpr.constvars, map(Image, program.consts), strict=True))

    def read(atom: Any) -> Image:
        return Image(atom.val) if isinstance(atom, core.Literal) else values[atom]

    for eqn in jaxpr.eqns:
        given = [read(atom) for atom in eqn.invars]
        if (inner := _called(eqn)) is not None:
            results = _evaluate(inner, given)
        else:
            rule = RULES.get(eqn.primitive, _as_meant)
            results = rule(eqn, given) or _as_meant(eqn, given)
        values.update(zip(eqn.outvars, results, strict=True))
    return [read(atom) for atom in jaxpr.outvars]


def _called(eqn: core.JaxprEqn) -> core.ClosedJaxpr | None:
    """The program that an equation does nothing but call."""
    return eqn.params[CALLS[eqn.primitive]] if eqn.primitive in CALLS else None


def _as_meant(eqn: core.JaxprEqn, given: Sequence[Image]) -> list[Image]:
    out = eqn.primitive.bind(*[v.second for v in given], **eqn.params)
    return [Image(each) for each in (out if eqn.primitive.multiple_results else [out])]


def _moved(axis: int, ndim: int) -> int:
    """Where an axis stands when the channels are last."""
    return axis if axis == 0 else ndim - 1 if axis == 1 else axis - 1


def _in_order(row: Sequence[Any]) -> tuple[Any, ...]:
    """One entry an axis, when the channels are last."""
    return (row[0], *row[2:], row[1])


def _convolution(eqn: core.JaxprEqn, given: Sequence[Image]) -> list[Image]:
    """Brings both arrays into the order in which `convolve` takes them, and its result out of it."""
    settings = {k: v for k, v in eqn.params.items() if k not in ("dimension_numbers", "out_sharding")}
    numbers, (images, kernel) = eqn.params["dimension_numbers"], given
    n, c, *space = numbers.lhs_spec
    filters, depth, *extent = numbers.rhs_spec
    of_kernel = numbers.out_spec[0] != 0  # where a batch would stand
    data = _transposed(images, (n, *space, c))
    weight = _transposed(kernel, (*extent, depth, filters), stored=of_kernel)
    out = convolve(data, weight, of_kernel, **settings)
    if numbers.out_spec == tuple(range(images.ndim)):
        return [Image(last=out)]
    n, c, *space = numbers.out_spec
    order = (n, *space, c)
    return [Image(lax.transpose(out, [order.index(i) for i in range(images.ndim)]))]


def _transposed(image: Image, order: Sequence[int], stored: bool = True) -> Any:
    """Axes in this order, of what is stored once for all its readers."""
    array = image.last if image.turned else image.second
    order = [_moved(i, image.ndim) for i in order] if image.turned else list(order)
    array = held(array) if stored else array
    return array if order == sorted(order) else lax.transpose(array, order)


def _elementwise(eqn: core.JaxprEqn, given: Sequence[Image]) -> list[Image] | None:
    ndim = max(v.ndim for v in given)
    if not any(v.turned for v in given):
        return None
    arrays = [v.last if v.ndim == ndim else v.second for v in given]
    return [Image(last=eqn.primitive.bind(*arrays, **eqn.params))]


def _broadcast(eqn: core.JaxprEqn, given: Sequence[Image]) -> list[Image] | None:
    shape, axes = eqn.params["shape"], eqn.params["broadcast_dimensions"]
    places = [_moved(a, len(shape)) for a in axes]
    if len(shape) < 3 or len(given) > 1 or places != sorted(places):
        return None
    array = given[0].second
    return [
        Image(
            lax.broadcast_in_dim(array, shape, axes),
            make_last=lambda: lax.broadcast_in_dim(array, _in_order(shape), places),
        )
    ]


def _reduction(eqn: core.JaxprEqn, given: Sequence[Image]) -> list[Image] | None:
    (image,) = given
    axes = eqn.params["axes"]
    stay = [_moved(i, image.ndim) for i in range(image.ndim) if i not in axes]
    if not image.turned or stay != sorted(stay):
        return None
    params = {**eqn.params, "axes": tuple(sorted(_moved(a, image.ndim) for a in axes))}
    return [Image(eqn.primitive.bind(image.last, **params))]


def _by_axis(*names: str) -> Callable[[core.JaxprEqn, Sequence[Image]], list[Image] | None]:
    """The rule of an operation some of whose parameters have one entry an axis."""

    def rule(eqn: core.JaxprEqn, given: Sequence[Image]) -> list[Image] | None:
        image, *others = given
        if not image.turned:
            return None
        params = {k: _in_order(v) if k in names and v is not None else v for k, v in eqn.params.items()}
        return [Image(last=eqn.primitive.bind(image.last, *[v.second for v in others], **params))]

    return rule


def _turn(eqn: core.JaxprEqn, given: Sequence[Image]) -> list[Image] | None:
    """A program that turns images around by itself."""
    (image,), order = given, list(eqn.params["permutation"])
    ndim = len(order)
    if image.turned and order == [0, *range(2, ndim), 1]:
        return [Image(image.last)]
    return [Image(last=image.second)] if ndim > 2 and order == [0, ndim - 1, *range(1, ndim - 1)] else None


CALLS: dict[Any, str] = {
    p.jit_p: "jaxpr",
    p.custom_jvp_call_p: "call_jaxpr",
    p.custom_vjp_call_p: "call_jaxpr",
}
_ELEMENTWISE = (
    *(
        p.abs_p,
        p.neg_p,
        p.sign_p,
        p.floor_p,
        p.ceil_p,
        p.round_p,
        p.is_finite_p,
        p.not_p,
        p.and_p,
        p.or_p,
        p.xor_p,
    ),
    *(
        p.add_p,
        p.add_jaxvals_p,
        p.sub_p,
        p.mul_p,
        p.div_p,
        p.rem_p,
        p.max_p,
        p.min_p,
        p.pow_p,
        p.integer_pow_p,
    ),
    *(p.exp_p, p.exp2_p, p.expm1_p, p.log_p, p.log1p_p, p.tanh_p, p.logistic_p, p.erf_p, p.sin_p, p.cos_p),
    *(p.sqrt_p, p.rsqrt_p, p.cbrt_p, p.square_p, p.eq_p, p.ne_p, p.ge_p, p.gt_p, p.le_p, p.lt_p),
    *(p.select_n_p, p.clamp_p, p.convert_element_type_p, p.stop_gradient_p, p.copy_p),
)
RULES: dict[Any, Callable[[core.JaxprEqn, Sequence[Image]], list[Image] | None]] = {
    **dict.fromkeys(_ELEMENTWISE, _elementwise),
    **dict.fromkeys((p.reduce_sum_p, p.reduce_max_p, p.reduce_min_p, p.reduce_prod_p), _reduction),
    p.conv_general_dilated_p: _convolution,
    p.broadcast_in_dim_p: _broadcast,
    p.slice_p: _by_axis("start_indices", "limit_indices", "strides"),
    p.pad_p: _by_axis("padding_config"),
    p.transpose_p: _turn,
}
