"""Handwritten digits, or anything else in the files they came in.

An *idx* file is a header of big-endian numbers, its kind and its sizes, and then one byte a pixel or label.
Source: Y. LeCun et al., "The MNIST Database of Handwritten Digits", 1998.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from workbench.arguments import Count, Positive, checked
from workbench.errors import ArgumentError, DataFileError
from workbench.imperative import nd
from workbench.train.io.array_iter import NDArrayIter
from workbench.train.io.text_iter import part
from workbench.types import as_dtype

IMAGES, LABELS = 2051, 2049  # the kinds: unsigned bytes in three dimensions, and in one


class MNISTIter(NDArrayIter):
    """Batches from a pair of idx files: images scaled to [0, 1) by 1/256, and their labels.

    Examples that do not fill a batch are left out.

    Args:
        image, label: the files.
        batch_size: examples a batch.
        shuffle: put the examples in one random order, drawn once from `seed`.
        flat: images as (n, height · width) rather than (n, 1, height, width).
        input_shape: of one image, instead.
        num_parts, part_index: take one of so many equal parts of the files.
        silent, prefetch_buffer, ctx: MXNet's; nothing is printed, and the files are read at once.
        dtype: of the batches; float32 by default.

    Raises:
        DataFileError: a file is short or not of this format, or the two do not belong together.
        ArgumentError: a file is not there, `input_shape` has another size than an image, or there is no such part.
    """

    @checked
    def __init__(
        self,
        image: str = "./train-images-idx3-ubyte",
        label: str = "./train-labels-idx1-ubyte",
        batch_size: Positive = 128,
        shuffle: bool = True,
        flat: bool = False,
        seed: int = 0,
        silent: bool = False,
        num_parts: Positive = 1,
        part_index: Count = 0,
        input_shape: Any = None,
        prefetch_buffer: int = 4,
        ctx: str = "cpu",
        dtype: Any = None,
    ) -> None:
        for name, path in (("image", image), ("label", label)):
            if not Path(path).is_file():
                raise ArgumentError(f"MNISTIter: {name} must name a file, and there is none at {path!r}")
        pixels, labels = read_idx(image, IMAGES), read_idx(label, LABELS)
        if len(pixels) != len(labels):
            raise DataFileError(f"{image} holds {len(pixels)} images, {label} {len(labels)} labels")
        mine = part(len(pixels), num_parts, part_index)
        order = np.arange(len(pixels))[mine]
        if shuffle:
            np.random.default_rng(seed).shuffle(order)
        kind = as_dtype(dtype or "float32")
        shape = _shape(pixels.shape[1:], flat, input_shape)
        images = (pixels[order].astype(np.float32) / 256).reshape(len(order), *shape)
        super().__init__(
            nd.array(images, dtype=kind),
            nd.array(labels[order], dtype=kind),
            batch_size,
            last_batch_handle="discard",
        )


def _shape(size: tuple[int, ...], flat: bool, asked: Any) -> tuple[int, ...]:
    shape = (math.prod(size),) if flat else (1, *size)
    if asked is None:
        return shape
    if math.prod(asked) != math.prod(size):
        raise ArgumentError(f"input_shape {tuple(asked)} holds {math.prod(asked)} pixels, an image {size}")
    return tuple(asked)


def read_idx(path: str, kind: int) -> np.ndarray:
    """The unsigned bytes of an idx file of this kind.

    Raises:
        DataFileError: it is of another kind, or its length is not what its header says.
    """
    content = Path(path).read_bytes()
    begin = 4 * (1 + kind % 256)
    found = int.from_bytes(content[:4], "big")
    if found != kind or len(content) < begin:
        raise DataFileError(
            f"{path}: an idx file of kind {kind} begins with that number, this one with {found}"
        )
    sizes = [int.from_bytes(content[at : at + 4], "big") for at in range(4, begin, 4)]
    if len(content) - begin != math.prod(sizes):
        raise DataFileError(
            f"{path}: the header says {' × '.join(map(str, sizes))} bytes, there are {len(content) - begin}"
        )
    return np.frombuffer(content, np.uint8, offset=begin).reshape(sizes)
