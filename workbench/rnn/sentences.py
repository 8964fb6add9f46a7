"""Sentences as numbers, sorted into buckets of one length.

Batches hold sequences of one length, and sentences differ.  Each sentence goes to the shortest bucket that takes
it and is filled up there, so that little is computed in vain.
"""

from __future__ import annotations

import bisect
import logging
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from workbench.arguments import Positive, checked
from workbench.errors import ArgumentError, CheckpointError
from workbench.imperative import nd
from workbench.runtime.random import next_key
from workbench.train.io import DataBatch, DataDesc, DataIter
from workbench.train.io.iterator import check_like

_LOG = logging.getLogger(__name__)


def encode_sentences(
    sentences: Sequence[Sequence[str]],
    vocab: dict[str, int] | None = None,
    invalid_label: int = -1,
    invalid_key: str = "\n",
    start_label: int = 0,
    unknown_token: str | None = None,
) -> tuple[list[list[int]], dict[str, int]]:
    """Tokens as numbers: (the sentences, token → number).

    Args:
        vocab: token → number; made, from the tokens in their order, if None.
        invalid_label, invalid_key: number and token of what only fills up; no other token gets that number.
        start_label: the lowest number of a new vocabulary.
        unknown_token: stands for tokens that a given vocabulary lacks.

    Raises:
        ArgumentError: a token is not in the given vocabulary, and there is no `unknown_token`.
    """
    new = vocab is None
    numbers = {invalid_key: invalid_label} if vocab is None else vocab
    free = start_label
    coded = []
    for sentence in sentences:
        row = []
        for token in sentence:
            if token not in numbers:
                if not new and not unknown_token:
                    raise ArgumentError(f"the vocabulary has no {token!r}; unknown_token can stand for such")
                token = unknown_token or token
                if token not in numbers:
                    free += free == invalid_label
                    numbers[token] = free
                    free += 1
            row.append(numbers[token])
        coded.append(row)
    return coded, numbers


class BucketSentenceIter(DataIter):
    """Batches of sentences of one length, for a language model: the label is the sentence one token on.

    Args:
        sentences: as `encode_sentences` gives them.
        batch_size: sentences a batch; what does not fill one is left out.
        buckets: lengths; by default each that has a batch of sentences.
        invalid_label: fills sentences up to the length.
        data_name, label_name: names of the inputs.
        dtype: of the numbers.
        layout: ``"NT"`` or ``"TN"``.

    Attributes:
        default_bucket_key: the greatest length.
        buckets: the lengths in use.

    Raises:
        ArgumentError: the layout is another, or no bucket has a sentence.
    """

    @checked
    def __init__(
        self,
        sentences: Sequence[Sequence[int]],
        batch_size: Positive,
        buckets: Sequence[int] | None = None,
        invalid_label: int = -1,
        data_name: str = "data",
        label_name: str = "softmax_label",
        dtype: Any = "float32",
        layout: str = "NT",
    ) -> None:
        super().__init__(batch_size)
        if layout not in ("NT", "TN"):
            raise ArgumentError(f"layout must be 'NT' or 'TN', got {layout!r}")
        self.layout, self.dtype, self.invalid_label = layout, dtype, invalid_label
        self.data_name, self.label_name = data_name, label_name
        lengths = sorted(buckets or _frequent([len(s) for s in sentences], batch_size))
        rows = self._sorted(sentences, lengths)
        self.buckets = [length for length in lengths if rows[length]]
        if not self.buckets:
            raise ArgumentError(f"no bucket of {lengths} takes any of the {len(sentences)} sentences")
        self.data = [np.stack(rows[length]) for length in self.buckets]
        self.default_bucket_key = max(self.buckets)
        shape = self._turned((batch_size, self.default_bucket_key))
        self.provide_data = [DataDesc(data_name, shape, dtype, layout)]
        self.provide_label = [DataDesc(label_name, shape, dtype, layout)]
        self.idx = [
            (bucket, at)
            for bucket, each in enumerate(self.data)
            for at in range(0, len(each) - batch_size + 1, batch_size)
        ]
        self.reset()

    def _sorted(self, sentences: Sequence[Sequence[int]], lengths: Sequence[int]) -> dict[int, list[Any]]:
        rows: dict[int, list[Any]] = {length: [] for length in lengths}
        left_out = 0
        for sentence in sentences:
            place = bisect.bisect_left(lengths, len(sentence))
            if place == len(lengths):
                left_out += 1
                continue
            row = np.full(lengths[place], self.invalid_label, self.dtype)
            row[: len(sentence)] = sentence
            rows[lengths[place]].append(row)
        if left_out:
            _LOG.warning("%d sentences are longer than the greatest bucket and left out", left_out)
        return rows

    def _turned(self, shape: tuple[int, int]) -> tuple[int, int]:
        return shape if self.layout == "NT" else (shape[1], shape[0])

    def reset(self) -> None:
        """Starts an epoch, in a new order from the workbench's seed."""
        self._key = next_key()
        self._arrange()

    def _arrange(self) -> None:
        """Puts batches, and the sentences of each bucket, in the order that the key decides."""
        self.curr_idx = 0
        generator = np.random.default_rng(self._key)
        self.idx.sort()
        generator.shuffle(self.idx)
        self._orders = [generator.permutation(len(rows)) for rows in self.data]

    def position(self) -> dict[str, Any]:
        """Where it stands: the key of the epoch's order, and the batch."""
        return {"key": self._key.tolist(), "batch": self.curr_idx, "batches": len(self.idx)}

    def set_position(self, position: Mapping[str, Any]) -> None:
        """Goes to where an iterator over the same sentences stood.

        Raises:
            CheckpointError: that one had another number of batches.
        """
        check_like(self, self.position(), position)
        if position["batches"] != len(self.idx):
            raise CheckpointError(
                f"the checkpoint's data had {position['batches']} batches; this {type(self).__name__} has"
                f" {len(self.idx)}"
            )
        self._key = np.array(position["key"], np.uint32)
        self._arrange()
        self.curr_idx = position["batch"]

    def next(self) -> DataBatch:
        """The next batch; its `bucket_key` is its length.

        Raises:
            StopIteration: the epoch is over.
        """
        if self.curr_idx == len(self.idx):
            raise StopIteration
        bucket, at = self.idx[self.curr_idx]
        self.curr_idx += 1
        rows = self.data[bucket][self._orders[bucket][at : at + self.batch_size]]
        ends = np.full((len(rows), 1), self.invalid_label, self.dtype)
        arrays = [rows, np.concatenate([rows[:, 1:], ends], 1)]
        data, label = (nd.array(a if self.layout == "NT" else a.T, dtype=self.dtype) for a in arrays)
        return DataBatch(
            [data],
            [label],
            pad=0,
            bucket_key=self.buckets[bucket],
            provide_data=[DataDesc(self.data_name, data.shape, self.dtype, self.layout)],
            provide_label=[DataDesc(self.label_name, label.shape, self.dtype, self.layout)],
        )


def _frequent(lengths: Sequence[int], batch_size: int) -> list[int]:
    return [length for length, count in enumerate(np.bincount(lengths)) if length and count >= batch_size]
