"""A folder of images, with a folder inside for each class."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from workbench.arguments import checked
from workbench.errors import ArgumentError, NotSupportedError
from workbench.gluon.data.dataset import Dataset
from workbench.imperative import nd
from workbench.imperative.ndarray import NDArray

SUFFIXES = (".jpg", ".jpeg", ".png", ".npy")


class ImageFolderDataset(Dataset):
    """Images (height, width, channels) of bytes; the folder that one is in is its class.

    Pictures are read by Pillow, which the extra `data` installs, arrays (``.npy``) by NumPy.

    Args:
        root: the folder, ``root/cat/1.png`` and so on.
        flag: 1 for three channels, 0 for grey.
        transform: a function ``(image, label)`` applied to each example as it is read.

    Attributes:
        synsets: the classes' names, in the order of their labels.
        items: the files with their labels.

    Raises:
        ArgumentError: there is no such folder, or `flag` is something else.
    """

    @checked
    def __init__(self, root: str | Path, flag: int = 1, transform: Callable[..., Any] | None = None) -> None:
        folder = Path(root).expanduser()
        if not folder.is_dir():
            raise ArgumentError(f"ImageFolderDataset: {folder} is no folder")
        if flag not in (0, 1):
            raise ArgumentError(f"ImageFolderDataset: flag is 1 (colours) or 0 (grey), got {flag!r}")
        self._flag = flag
        self._transform = transform
        self.synsets: list[str] = []
        self.items: list[tuple[str, int]] = []
        for each in sorted(p for p in folder.iterdir() if p.is_dir()):
            for file in sorted(each.iterdir()):
                if file.suffix.lower() in SUFFIXES:
                    self.items.append((str(file), len(self.synsets)))
                else:
                    warnings.warn(f"{file} is none of {', '.join(SUFFIXES)}; it is left out", stacklevel=2)
            self.synsets.append(each.name)

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, idx: int) -> Any:
        path, label = self.items[idx]
        image = read(path, self._flag)
        return (image, label) if self._transform is None else self._transform(image, label)


def read(path: str, flag: int) -> NDArray:
    """A picture as bytes: (height, width, 3), or (height, width, 1) for `flag` 0."""
    pixels = np.load(path, allow_pickle=False) if path.endswith(".npy") else _decoded(path)
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    pixels = pixels[..., :3]
    if flag == 0 and pixels.shape[-1] == 3:
        pixels = np.round(pixels @ np.array([0.299, 0.587, 0.114]))[..., None]
    elif flag == 1 and pixels.shape[-1] == 1:
        pixels = np.repeat(pixels, 3, axis=-1)
    return nd.array(pixels.astype(np.uint8), dtype="uint8")


def _decoded(path: str) -> np.ndarray:
    try:
        from PIL import Image
    except ImportError:
        raise NotSupportedError(
            f"{path}: pictures are read by Pillow, which is not installed; arrays (.npy) need nothing"
        ) from None
    with Image.open(path) as picture:
        return np.asarray(picture.convert("L" if picture.mode == "L" else "RGB"))
