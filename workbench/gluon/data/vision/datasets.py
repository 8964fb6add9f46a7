"""The datasets by MXNet's path, ``gluon.data.vision.datasets``."""

from workbench.gluon.data.vision.cifar import CIFAR10 as CIFAR10
from workbench.gluon.data.vision.cifar import CIFAR100 as CIFAR100
from workbench.gluon.data.vision.image_folder import ImageFolderDataset as ImageFolderDataset
from workbench.gluon.data.vision.mnist import MNIST as MNIST
from workbench.gluon.data.vision.mnist import FashionMNIST as FashionMNIST
