"""What the classifiers share: features, then an output; and how their variants are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from workbench.errors import ArgumentError, NotSupportedError
from workbench.gluon.block import HybridBlock

Maker = Callable[..., HybridBlock]


class Classifier(HybridBlock):
    """A network in two parts: `features` of an image, and from them the `output`, a score a class."""

    features: Any
    output: Any

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """data: (n, 3, height, width); output: (n, classes)."""
        return self.output(self.features(x))


def check_untrained(name: str, pretrained: bool) -> None:
    """Its weights are nowhere on this machine, and none are fetched.

    Raises:
        NotSupportedError: they were asked for.
    """
    if pretrained:
        raise NotSupportedError(
            f"{name}(pretrained=True): the model zoo has networks without weights, but for "
            "'efficientnet_lite0'; make it without pretrained and read a parameter file of your own with "
            "load_parameters()"
        )


def variant(name: str, text: str, make: Maker, *chosen: Any) -> Maker:
    """A function ``name(**kwargs)`` that calls `make` with these arguments first."""

    def made(**kwargs: Any) -> HybridBlock:
        check_untrained(name, kwargs.get("pretrained", False))
        return make(*chosen, **kwargs)

    made.__name__ = made.__qualname__ = name
    made.__doc__ = (
        f"{text}\n\nArgs:\n    kwargs: ``classes``, 1000 by default, and what the network takes beside."
    )
    return made


def choose(what: str, key: Any, known: Mapping[Any, Any]) -> Any:
    """The entry of a table.

    Raises:
        ArgumentError: it has none such.
    """
    if key not in known:
        raise ArgumentError(f"{what} {key!r}: there are {', '.join(map(str, known))}")
    return known[key]
