"""One way of training for every variant: what differs in the end is the variant, or the seed.

The learning rate (of 0.001 and 0.002) and Dropout's (of 0.5 and 0.2) were chosen with the baseline alone, by its
accuracy on 1,000 of the training images that it did not learn from.  The test images and other variants had no say.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from workbench.datasets import Split
from workbench.gluon.block import HybridBlock
from workbench.gluon.data import ArrayDataset, DataLoader
from workbench.gluon.loss import SoftmaxCrossEntropyLoss
from workbench.gluon.trainer import Trainer
from workbench.imperative import nd
from workbench.symbolic import autograd
from workbench.train.initializer import Xavier
from workbench.train.lr_scheduler import CosineScheduler
from workbench.train.metric import Accuracy

BATCH = 100
RATE = 2e-3


def batches(split: Split, *, train: bool) -> DataLoader:
    """Batches of (images, labels), in new order for each training epoch; images with mean 0 and deviation 1.

    images: (batch, 1, height, width); labels: (batch,).
    """
    images, labels = split[:2] if train else split[2:4]
    scaled = (images[:, None] - split.train_images.mean()) / split.train_images.std()
    return DataLoader(
        ArrayDataset(scaled.astype(np.float32), labels.astype(np.float32)), BATCH, shuffle=train
    )


def fit(network: HybridBlock, data: DataLoader, epochs: int) -> Iterator[float]:
    """Initialises and trains a network; gives the mean loss after each epoch.

    Adam; its rate rises during half an epoch and then falls as half a cosine, to 0 at the end.
    """
    network.initialize(Xavier())
    network.hybridize()
    schedule = CosineScheduler(epochs * len(data), RATE, warmup_steps=len(data) // 2)
    trainer = Trainer(network.collect_params(), "adam", {"learning_rate": RATE, "lr_scheduler": schedule})
    criterion = SoftmaxCrossEntropyLoss()
    for _ in range(epochs):
        total = nd.zeros((1,))
        for images, labels in data:
            with autograd.record():
                loss = criterion(network(images), labels)
            loss.backward()
            trainer.step(len(labels))
            total = total + loss.mean()
        yield float(total.asscalar()) / len(data)


def accuracy(network: HybridBlock, data: DataLoader) -> float:
    """The part of the images whose class the network says."""
    right = Accuracy()
    for images, labels in data:
        right.update(labels, network(images))
    return float(right.get()[1])
