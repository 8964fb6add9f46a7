"""Handwritten digits, 8×8: small enough to print, so the first look at a network can show every number."""

import numpy as np

from workbench.datasets.split import Split
from workbench.extras import remedy

TRAINING_EXAMPLES = 1437
"""Four fifths of the 1,797; the rest are for testing."""


def digits() -> Split:
    """Return 1,437 training and 360 test images from scikit-learn's copy, in its order.

    Images are (examples, 8, 8) of bytes from 0 to 16; labels are (examples,), from 0 to 9.

    Source: E. Alpaydin, C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning
    Repository (the test part), as scikit-learn ships it. Raises `ImportError` where scikit-learn is not
    installed.
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise ImportError(
            "digits() reads the copy that scikit-learn ships, and scikit-learn is not installed: "
            + remedy("data")
        ) from error
    stored = load_digits()
    images, labels = stored.images.astype(np.uint8), stored.target.astype(np.uint8)
    n = TRAINING_EXAMPLES
    return Split(
        images[:n], labels[:n], images[n:].copy(), labels[n:].copy(), tuple(map(str, stored.target_names))
    )
