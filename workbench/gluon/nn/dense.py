"""The dense layer."""

from __future__ import annotations

from typing import Any

from workbench.arguments import Count, Positive, checked
from workbench.gluon.block import HybridBlock
from workbench.gluon.nn.activation import Activation


class Dense(HybridBlock):
    """``activation(x @ weight.T + bias)``.

    Args:
        units: number of outputs.
        activation: name of a non-linearity for the outputs; None for none.
        use_bias: whether a bias is added.
        flatten: join all axes of the input after the first; else only the last is transformed.
        dtype: of the parameters.
        weight_initializer, bias_initializer: how they start.
        in_units: number of inputs; 0 waits for data.
    """

    @checked
    def __init__(
        self,
        units: Positive,
        activation: str | None = None,
        use_bias: bool = True,
        flatten: bool = True,
        dtype: Any = "float32",
        weight_initializer: Any = None,
        bias_initializer: Any = "zeros",
        in_units: Count = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._units = units
        self._flatten = flatten
        facts = {"dtype": dtype, "allow_deferred_init": True}
        with self.name_scope():
            self.weight = self.params.get("weight", shape=(units, in_units), init=weight_initializer, **facts)
            self.bias = (
                self.params.get("bias", shape=(units,), init=bias_initializer, **facts) if use_bias else None
            )
            self.act = Activation(activation, prefix=activation + "_") if activation is not None else None

    def hybrid_forward(self, F: Any, x: Any, weight: Any, bias: Any = None) -> Any:
        """data: (n, ...); output: (n, units), or (..., units) without `flatten`."""
        x = F.FullyConnected(
            x, weight, bias, num_hidden=self._units, no_bias=bias is None, flatten=self._flatten, name="fwd"
        )
        return x if self.act is None else self.act(x)

    def __repr__(self) -> str:
        shape = self.weight.shape or (0, 0)
        return f"Dense({shape[1] or None} -> {shape[0]}, {self.act or 'linear'})"
