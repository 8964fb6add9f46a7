"""Transforms of images, for `Dataset.transform_first` (``gluon.data.vision.transforms``)."""

from workbench.errors import unknown_name as _unknown_name
from workbench.gluon.data.vision.transforms.base import Cast as Cast
from workbench.gluon.data.vision.transforms.base import Compose as Compose
from workbench.gluon.data.vision.transforms.base import Normalize as Normalize
from workbench.gluon.data.vision.transforms.base import RandomApply as RandomApply
from workbench.gluon.data.vision.transforms.base import ToTensor as ToTensor
from workbench.gluon.data.vision.transforms.colour import RandomBrightness as RandomBrightness
from workbench.gluon.data.vision.transforms.colour import RandomColorJitter as RandomColorJitter
from workbench.gluon.data.vision.transforms.colour import RandomContrast as RandomContrast
from workbench.gluon.data.vision.transforms.colour import RandomHue as RandomHue
from workbench.gluon.data.vision.transforms.colour import RandomLighting as RandomLighting
from workbench.gluon.data.vision.transforms.colour import RandomSaturation as RandomSaturation
from workbench.gluon.data.vision.transforms.geometry import CenterCrop as CenterCrop
from workbench.gluon.data.vision.transforms.geometry import CropResize as CropResize
from workbench.gluon.data.vision.transforms.geometry import RandomFlipLeftRight as RandomFlipLeftRight
from workbench.gluon.data.vision.transforms.geometry import RandomFlipTopBottom as RandomFlipTopBottom
from workbench.gluon.data.vision.transforms.geometry import RandomResizedCrop as RandomResizedCrop
from workbench.gluon.data.vision.transforms.geometry import RandomRotation as RandomRotation
from workbench.gluon.data.vision.transforms.geometry import Resize as Resize
from workbench.gluon.data.vision.transforms.geometry import Rotate as Rotate


def __getattr__(name: str) -> object:
    raise _unknown_name("gluon.data.vision.transforms", name, globals())
