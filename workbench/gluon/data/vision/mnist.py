"""MNIST's digits from files, and Fashion-MNIST's clothes from files or from the package."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from workbench.arguments import checked
from workbench.datasets.fashion_mnist import fashion_mnist
from workbench.errors import SymbolFileError
from workbench.gluon.data.vision.files import LabelledImages, found

MAGIC = {1: 2049, 3: 2051}  # an idx file of bytes: labels have one axis, images three


class MNIST(LabelledImages):
    """Digits, (28, 28, 1) bytes with a label each (Y. LeCun et al., 1998), from the published idx files.

    Args:
        root: the folder of the files, ``train-images-idx3-ubyte`` and so on, packed or not.
        train: the training part, or the test part.
        transform: a function ``(image, label)`` applied to each example as it is read.

    Raises:
        ArgumentError: a file is missing.
        SymbolFileError: a file is no idx file of bytes.
    """

    @checked
    def __init__(
        self,
        root: str | Path = "~/.mxnet/datasets/mnist",
        train: bool = True,
        transform: Callable[..., Any] | None = None,
    ) -> None:
        part = "train" if train else "t10k"
        names = [f"{part}-images-idx3-ubyte", f"{part}-labels-idx1-ubyte"]
        images, labels = found(type(self).__name__, root, names)
        super().__init__(_idx(images, 3)[..., None], _idx(labels, 1), transform)


class FashionMNIST(MNIST):
    """Clothes, (28, 28, 1) bytes with a label each (H. Xiao et al., arXiv:1708.07747).

    Without `root` they are those in the package: 10,000 to train and 2,000 to test, a sixth of the published
    set.  With it, the published files in that folder.

    Args: as `MNIST`.
    """

    @checked
    def __init__(
        self,
        root: str | Path | None = None,
        train: bool = True,
        transform: Callable[..., Any] | None = None,
    ) -> None:
        if root is not None:
            super().__init__(root, train, transform)
            return
        data = fashion_mnist()
        images, labels = (
            (data.train_images, data.train_labels) if train else (data.test_images, data.test_labels)
        )
        LabelledImages.__init__(self, images[..., None], labels, transform)


def _idx(path: Path, axes: int) -> np.ndarray:
    """The bytes of an idx file, shaped as its head says."""
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    head = np.frombuffer(raw[: 4 * (axes + 1)], ">i4")
    body = np.frombuffer(raw[4 * (axes + 1) :], np.uint8)
    if len(head) != axes + 1 or head[0] != MAGIC[axes] or body.size != np.prod(head[1:]):
        raise SymbolFileError(f"{path} is not an idx file of bytes with {axes} axes")
    return body.reshape(head[1:])
