"""Make `fashion_mnist.npz` again from the published files.

Debian packages those files, so the whole recipe is:

    apt-get download dataset-fashion-mnist
    dpkg -x dataset-fashion-mnist_*.deb unpacked
    python -m workbench.datasets.make_fashion_mnist unpacked/usr/share/datasets/fashion-mnist

The choice is made by position alone and every date in the archive is fixed, so the contents always come out
the same. The archive is an ordinary npz whose members are packed with LZMA: a seventh smaller than NumPy's
own compression, and `numpy.load` reads it alike.
"""

import argparse
import gzip
import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

PER_CLASS = {"train": ("train", 1000), "test": ("t10k", 200)}


def read_idx(path: Path) -> NDArray[np.uint8]:
    """Read a gzipped IDX file of unsigned bytes: two zeros, type, rank, big-endian sizes, then the values."""
    content = gzip.decompress(path.read_bytes())
    if content[:3] != b"\0\0\x08":
        raise ValueError(
            f"{path} begins with {content[:3].hex(' ')}; an IDX file of bytes begins with 00 00 08"
        )
    rank = content[3]
    shape = np.frombuffer(content, ">i4", rank, offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * rank).reshape(shape)


def first_of_each_class(labels: NDArray[np.uint8], count: int) -> NDArray[np.intp]:
    """Return where the first `count` examples of every class stand, in the order of the file."""
    return np.sort(np.concatenate([np.flatnonzero(labels == label)[:count] for label in np.unique(labels)]))


def subset(folder: Path) -> dict[str, NDArray[np.uint8]]:
    """Return the four chosen arrays by the names they are stored under."""
    chosen: dict[str, NDArray[np.uint8]] = {}
    for part, (prefix, count) in PER_CLASS.items():
        images = read_idx(folder / f"{prefix}-images-idx3-ubyte.gz")
        labels = read_idx(folder / f"{prefix}-labels-idx1-ubyte.gz")
        rows = first_of_each_class(labels, count)
        chosen |= {f"{part}_images": images[rows], f"{part}_labels": labels[rows]}
    return chosen


def write_npz(path: Path, arrays: dict[str, NDArray[np.uint8]]) -> None:
    """Write arrays as an npz that is the same on every day."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in arrays.items():
            member = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_LZMA
            with archive.open(member, "w") as file:
                np.lib.format.write_array(file, array, allow_pickle=False)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="where the four *-ubyte.gz files lie")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("fashion_mnist.npz"))
    arguments = parser.parse_args()
    write_npz(arguments.out, subset(arguments.folder))


if __name__ == "__main__":
    main()
