"""Data for Gluon programs: datasets, samplers and `DataLoader`."""

from workbench.gluon.data.dataloader import DataLoader as DataLoader
from workbench.gluon.data.dataset import ArrayDataset as ArrayDataset
from workbench.gluon.data.dataset import Dataset as Dataset
from workbench.gluon.data.dataset import SimpleDataset as SimpleDataset
from workbench.gluon.data.sampler import BatchSampler as BatchSampler
from workbench.gluon.data.sampler import RandomSampler as RandomSampler
from workbench.gluon.data.sampler import Sampler as Sampler
from workbench.gluon.data.sampler import SequentialSampler as SequentialSampler
