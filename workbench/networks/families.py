"""The course's networks by name, with the sizes that can be chosen: what an explorer offers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from workbench.errors import ArgumentError, did_you_mean
from workbench.networks.lstm import unrolled_lstm
from workbench.networks.mlp import deep_mlp
from workbench.networks.network import Network
from workbench.networks.resnet import SMALLEST, UNITS, resnet


@dataclass(frozen=True)
class Size:
    """A size that can be chosen.

    Attributes:
        name: the argument's.
        label: what it counts, with its unit where it has one.
        default, low, high: its values.
        choices: the only ones there are; empty where all from `low` to `high` will do.
    """

    name: str
    label: str
    default: int
    low: int
    high: int
    choices: tuple[int, ...] = ()

    def check(self, value: object) -> None:
        """Makes sure that a value is one of the size's.

        Raises:
            ArgumentError: it is not.
        """
        whole = isinstance(value, int) and not isinstance(value, bool)
        allowed = value in self.choices if self.choices else whole and self.low <= value <= self.high  # type: ignore[operator]
        if not whole or not allowed:
            span = ", ".join(map(str, self.choices)) or f"{self.low} to {self.high}"
            raise ArgumentError(f"{self.name}={value!r}: {self.label} is a whole number, of {span}")


@dataclass(frozen=True)
class Family:
    """Networks that differ in size alone.

    Attributes:
        label: what they are.
        make: a network of given sizes.
        sizes: those that can be chosen.
        depth: the name of the size that makes the graph longer.
        series: values of it to see memory grow with.
    """

    label: str
    make: Callable[..., Network]
    sizes: tuple[Size, ...]
    depth: str
    series: tuple[int, ...]

    def complete(self, chosen: Mapping[str, int]) -> dict[str, int]:
        """The sizes chosen, and for the others their defaults.

        Raises:
            ArgumentError: there is no such size, or it has no such value.
        """
        known = {size.name: size for size in self.sizes}
        for name, value in chosen.items():
            if name not in known:
                raise ArgumentError(
                    f"{self.label}: there is no size {name!r}; there are {', '.join(known)}."
                    f"{did_you_mean(name, known)}"
                )
            known[name].check(value)
        return {size.name: chosen.get(size.name, size.default) for size in self.sizes}


def _resnet(layers: int, image: int, batch: int) -> Network:
    return resnet(layers, (3, image, image), batch)


WIDE = Size("batch", "examples a batch", 1024, 1, 65536)
BATCH = Size("batch", "examples a batch", 32, 1, 4096)
FAMILIES = {
    "mlp": Family(
        "Deep MLP",
        deep_mlp,
        (Size("depth", "hidden layers", 64, 1, 2000), Size("width", "units a layer", 256, 1, 16384), WIDE),
        "depth",
        (8, 16, 32, 64, 128, 256),
    ),
    "resnet": Family(
        "ResNet",
        _resnet,
        (
            Size("layers", "layers", 50, min(UNITS), max(UNITS), tuple(UNITS)),
            Size("image", "pixels a side", 224, SMALLEST, 1024),
            BATCH,
        ),
        "layers",
        (50, 101, 152, 200),
    ),
    "lstm": Family(
        "Unrolled LSTM",
        unrolled_lstm,
        (
            Size("steps", "steps of time", 32, 1, 1000),
            Size("layers", "layers", 2, 1, 16),
            Size("hidden", "units a layer", 256, 1, 8192),
            BATCH,
        ),
        "steps",
        (4, 8, 16, 32, 64),
    ),
}


def family(name: str) -> Family:
    """The family of that name.

    Raises:
        ArgumentError: there is none.
    """
    if name not in FAMILIES:
        raise ArgumentError(
            f"there is no family of networks {name!r}; there are {', '.join(FAMILIES)}.{did_you_mean(name, FAMILIES)}"
        )
    return FAMILIES[name]
