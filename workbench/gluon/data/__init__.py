"""Data for Gluon programs: datasets, samplers and `DataLoader`."""

from importlib import import_module as _import_module

from workbench.errors import unknown_name as _unknown_name
from workbench.gluon.data.dataloader import DataLoader as DataLoader
from workbench.gluon.data.dataset import ArrayDataset as ArrayDataset
from workbench.gluon.data.dataset import Dataset as Dataset
from workbench.gluon.data.dataset import SimpleDataset as SimpleDataset
from workbench.gluon.data.sampler import BatchSampler as BatchSampler
from workbench.gluon.data.sampler import FilterSampler as FilterSampler
from workbench.gluon.data.sampler import RandomSampler as RandomSampler
from workbench.gluon.data.sampler import Sampler as Sampler
from workbench.gluon.data.sampler import SequentialSampler as SequentialSampler


def __getattr__(name: str) -> object:
    if name == "vision":  # imported when it is first named, so that `import workbench` stays quick
        return _import_module("workbench.gluon.data.vision")
    raise _unknown_name("gluon.data", name, __dir__())


def __dir__() -> list[str]:
    return sorted({*globals(), "vision"})
