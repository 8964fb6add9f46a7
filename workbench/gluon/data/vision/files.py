"""Datasets in files of the user's: where they must be, and examples as images with labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from workbench.arguments import checked
from workbench.errors import ArgumentError
from workbench.gluon.data.dataset import Dataset
from workbench.imperative import nd


class LabelledImages(Dataset):
    """Images (examples, height, width, channels) of bytes, with a label each.

    Args:
        images, labels: the examples.
        transform: a function ``(image, label)`` applied to each as it is read.
    """

    @checked
    def __init__(
        self, images: np.ndarray, labels: np.ndarray, transform: Callable[..., Any] | None = None
    ) -> None:
        self._images = images
        self._labels = labels.astype(np.int32)
        self._transform = transform

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, idx: Any) -> Any:
        image = nd.array(self._images[idx], dtype=self._images.dtype)
        label = self._labels[idx]
        return (image, label) if self._transform is None else self._transform(image, label)


def found(what: str, root: str | Path, names: Sequence[str]) -> list[Path]:
    """The files of these names, each as it is or packed (``.gz``).

    Raises:
        ArgumentError: some are missing; nothing is downloaded.
    """
    folder = Path(root).expanduser()
    paths = []
    missing = []
    for name in names:
        choices = [p for p in (folder / name, folder / f"{name}.gz") if p.is_file()]
        paths.extend(choices[:1])
        if not choices:
            missing.append(name)
    if missing:
        raise ArgumentError(
            f"{what} is read from files and not downloaded; in {folder} put {', '.join(missing)} (or .gz). "
            "gluon.data.vision.FashionMNIST() needs no files"
        )
    return paths
