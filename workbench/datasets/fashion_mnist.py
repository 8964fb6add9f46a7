"""Fashion-MNIST: grey images of clothes, ten classes, as hard as a network of a few layers can still learn.

The set replaces MNIST's digits, on which almost every method scores alike: shirts, coats and pullovers are
hard to tell apart, so a lesson can see which of two networks is better.

The package carries about a sixth of it: of each class the first 1,000 training and the first 200 test images,
in the order of the published files. `python -m workbench.datasets.make_fashion_mnist` makes the file again.

Source: H. Xiao, K. Rasul, R. Vollgraf, "Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine
Learning Algorithms", arXiv:1708.07747. Licence: MIT, in `fashion_mnist-NOTICE.txt` beside the data.
"""

from importlib import resources

import numpy as np

from workbench.datasets.split import Split

CLASSES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)


def fashion_mnist() -> Split:
    """Return 10,000 training and 2,000 test images, every class equally often.

    Images are (examples, 28, 28) of bytes from 0 to 255; labels are (examples,), from 0 to 9.
    """
    path = resources.files("workbench.datasets") / "fashion_mnist.npz"
    with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
        return Split(
            stored["train_images"],
            stored["train_labels"],
            stored["test_images"],
            stored["test_labels"],
            CLASSES,
        )
