"""What a classification set is: examples to learn from, others to be judged by, and the classes' names."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Split(NamedTuple):
    """A training and a test part that share no example.

    `train_images` and `test_images` are (examples, height, width), unsigned bytes from 0 (background) up;
    `train_labels` and `test_labels` are (examples,), unsigned bytes that index `classes`.
    """

    train_images: NDArray[np.uint8]
    train_labels: NDArray[np.uint8]
    test_images: NDArray[np.uint8]
    test_labels: NDArray[np.uint8]
    classes: tuple[str, ...]

    def __repr__(self) -> str:
        train, test = self.train_images.shape, self.test_images.shape
        return f"Split(train_images={train}, test_images={test}, classes={self.classes})"
