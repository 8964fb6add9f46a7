"""CIFAR-10 and CIFAR-100 from their published binary files (A. Krizhevsky, 2009)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from workbench.arguments import checked
from workbench.errors import SymbolFileError
from workbench.gluon.data.vision.files import LabelledImages, found

PIXELS = 3 * 32 * 32


class CIFAR10(LabelledImages):
    """Photographs of ten classes, (32, 32, 3) bytes with a label each.

    Args:
        root: the folder of ``data_batch_1.bin`` … ``data_batch_5.bin`` and ``test_batch.bin``.
        train: the training part, or the test part.
        transform: a function ``(image, label)`` applied to each example as it is read.

    Raises:
        ArgumentError: a file is missing.
        SymbolFileError: a file has another format.
    """

    @checked
    def __init__(
        self,
        root: str | Path = "~/.mxnet/datasets/cifar10",
        train: bool = True,
        transform: Callable[..., Any] | None = None,
    ) -> None:
        names = [f"data_batch_{i}.bin" for i in range(1, 6)] if train else ["test_batch.bin"]
        super().__init__(*_read(found("CIFAR10", root, names), 1, 0), transform)


class CIFAR100(LabelledImages):
    """Photographs of a hundred classes in twenty groups, (32, 32, 3) bytes with a label each.

    Args:
        root: the folder of ``train.bin`` and ``test.bin``.
        fine_label: labels are the classes; else the groups.
        train, transform: as `CIFAR10`.

    Raises:
        ArgumentError, SymbolFileError: as `CIFAR10`.
    """

    @checked
    def __init__(
        self,
        root: str | Path = "~/.mxnet/datasets/cifar100",
        fine_label: bool = False,
        train: bool = True,
        transform: Callable[..., Any] | None = None,
    ) -> None:
        names = ["train.bin" if train else "test.bin"]
        super().__init__(*_read(found("CIFAR100", root, names), 2, int(fine_label)), transform)


def _read(paths: list[Path], labels: int, chosen: int) -> tuple[np.ndarray, np.ndarray]:
    """Images with channels last, and one of the labels that stand before each."""
    rows = []
    for path in paths:
        raw = np.frombuffer(path.read_bytes(), np.uint8)
        if raw.size % (PIXELS + labels):
            raise SymbolFileError(f"{path}: {raw.size} bytes are no examples of {PIXELS + labels} bytes each")
        rows.append(raw.reshape(-1, PIXELS + labels))
    examples = np.concatenate(rows)
    images = examples[:, labels:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(images), examples[:, chosen]
