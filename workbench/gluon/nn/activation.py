"""Non-linearities as layers."""

from __future__ import annotations

from typing import Any

from workbench.arguments import AtLeastZero, Count, checked
from workbench.errors import ArgumentError, did_you_mean
from workbench.gluon.block import HybridBlock
from workbench.train.initializer import Constant

NAMES = ("relu", "sigmoid", "tanh", "softrelu", "softsign")


class Activation(HybridBlock):
    """An elementwise non-linearity.

    Args:
        activation: ``relu``, ``sigmoid``, ``tanh``, ``softrelu`` or ``softsign``.

    Raises:
        ArgumentError: it is none of these.
    """

    @checked
    def __init__(self, activation: str, **kwargs: Any) -> None:
        if activation not in NAMES:
            hint = did_you_mean(activation, NAMES)
            raise ArgumentError(f"Activation: {activation!r} is none of {', '.join(NAMES)}.{hint}")
        self._act_type = activation
        super().__init__(**kwargs)

    def _alias(self) -> str:
        return self._act_type

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """data: any shape; output: the same."""
        return F.Activation(x, act_type=self._act_type, name="fwd")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._act_type})"


class LeakyReLU(HybridBlock):
    """``x`` where it is positive, else ``alpha x``.

    Args:
        alpha: slope of the negative side, 0 or more.
    """

    @checked
    def __init__(self, alpha: AtLeastZero, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._alpha = alpha

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """data: any shape; output: the same."""
        return F.LeakyReLU(x, act_type="leaky", slope=self._alpha, name="fwd")

    def __repr__(self) -> str:
        return f"LeakyReLU({self._alpha})"


class PReLU(HybridBlock):
    """A leaky rectifier whose slope is learned (He et al., 2015).

    Args:
        alpha_initializer: how the slopes start; 0.25 by default.
        in_channels: number of slopes; 1 shares one.
    """

    @checked
    def __init__(self, alpha_initializer: Any = 0.25, in_channels: Count = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        init = (
            Constant(alpha_initializer) if isinstance(alpha_initializer, (int, float)) else alpha_initializer
        )
        with self.name_scope():
            self.alpha = self.params.get("alpha", shape=(in_channels,), init=init)

    def hybrid_forward(self, F: Any, x: Any, alpha: Any) -> Any:
        """data: (n, c, ...); alpha: (c,) or (1,); output: the shape of data."""
        return F.LeakyReLU(x, gamma=alpha, act_type="prelu", name="fwd")


class ELU(HybridBlock):
    """``x`` where it is positive, else ``alpha (exp(x) - 1)`` (Clevert et al., 2015)."""

    @checked
    def __init__(self, alpha: AtLeastZero = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._alpha = alpha

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """data: any shape; output: the same."""
        return F.LeakyReLU(x, act_type="elu", slope=self._alpha)


class SELU(HybridBlock):
    """The self-normalising ELU (Klambauer et al., 2017)."""

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """data: any shape; output: the same."""
        return F.LeakyReLU(x, act_type="selu", name="fwd")


class GELU(HybridBlock):
    """``x`` times the Gaussian distribution function at x (Hendrycks and Gimpel, 2016)."""

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """data: any shape; output: the same."""
        return F.LeakyReLU(x, act_type="gelu", name="fwd")


class Swish(HybridBlock):
    """``x sigmoid(beta x)`` (Ramachandran et al., 2017)."""

    @checked
    def __init__(self, beta: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._beta = beta

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """data: any shape; output: the same."""
        return x * F.sigmoid(self._beta * x, name="fwd")
