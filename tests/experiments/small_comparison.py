"""A comparison that takes seconds, as a program too, for a test that kills it."""

import sys
from pathlib import Path

import numpy as np

from workbench.datasets import Split, fashion_mnist
from workbench.experiments.tcl import Comparison
from workbench.experiments.variant import Variant

TWO = (Variant("baseline", hidden=(8,)), Variant("small", (4, 3, 3), ()))


def few_images() -> Split:
    """Every fiftieth image to learn from, every twentieth to be judged by."""
    images, labels, test_images, test_labels, classes = fashion_mnist()
    train, test = np.arange(0, len(images), 50), np.arange(0, len(test_images), 20)
    return Split(images[train], labels[train], test_images[test], test_labels[test], classes)


def small_comparison(path: Path, seeds: int = 2, epochs: int = 2, fresh: bool = False) -> Comparison:
    return Comparison(path, seeds, epochs, fresh, TWO, few_images())


if __name__ == "__main__":
    for epoch in small_comparison(Path(sys.argv[1])).run():
        print(epoch.variant, epoch.seed, flush=True)
