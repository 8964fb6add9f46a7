"""Small real data inside the package, so that every lesson runs without a network.

Toy data teach toy lessons: on random numbers a wrong gradient trains as well as a right one. These sets are
small enough to travel with the source and real enough that test accuracy means something. Each call returns
fresh NumPy arrays which belong to the caller: changing one in place spoils nobody else's copy.
"""

from workbench.datasets.digits import digits as digits
from workbench.datasets.fashion_mnist import fashion_mnist as fashion_mnist
from workbench.datasets.imagenet_names import imagenet_names as imagenet_names
from workbench.datasets.split import Split as Split
from workbench.datasets.tensors import LabelledTensor as LabelledTensor
from workbench.datasets.tensors import covid_serology as covid_serology
from workbench.datasets.tensors import il2 as il2
from workbench.datasets.tensors import indian_pines as indian_pines
from workbench.datasets.tensors import kinetic as kinetic

__all__ = [
    "LabelledTensor",
    "Split",
    "covid_serology",
    "digits",
    "fashion_mnist",
    "il2",
    "imagenet_names",
    "indian_pines",
    "kinetic",
]
