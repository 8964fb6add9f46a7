"""Image datasets from files, and `transforms` of images."""

from workbench.errors import unknown_name as _unknown_name
from workbench.gluon.data.vision import datasets as datasets
from workbench.gluon.data.vision import transforms as transforms
from workbench.gluon.data.vision.cifar import CIFAR10 as CIFAR10
from workbench.gluon.data.vision.cifar import CIFAR100 as CIFAR100
from workbench.gluon.data.vision.image_folder import ImageFolderDataset as ImageFolderDataset
from workbench.gluon.data.vision.mnist import MNIST as MNIST
from workbench.gluon.data.vision.mnist import FashionMNIST as FashionMNIST


def __getattr__(name: str) -> object:
    raise _unknown_name("gluon.data.vision", name, globals())
