import logging

import numpy as np
import pytest

from workbench import rnn
from workbench.errors import ArgumentError
from workbench.module import BucketingModule
from workbench.runtime import random
from workbench.symbolic import sym
from workbench.train import metric
from workbench.train.initializer import Xavier


def test_tokens_become_numbers():
    coded, vocab = rnn.encode_sentences([["a", "b"], ["b", "c", "a"]], start_label=1, invalid_label=0)
    assert (coded, vocab) == ([[1, 2], [2, 3, 1]], {"\n": 0, "a": 1, "b": 2, "c": 3})
    assert rnn.encode_sentences([["c"]], vocab)[0] == [[3]]
    assert rnn.encode_sentences([["a", "b"]], invalid_label=0)[0] == [[1, 2]]  # 0 is taken
    with pytest.raises(ArgumentError, match="the vocabulary has no 'd'; unknown_token can stand"):
        rnn.encode_sentences([["d"]], vocab)
    assert rnn.encode_sentences([["d", "e"]], dict(vocab), unknown_token="a")[0] == [[1, 1]]


@pytest.mark.parametrize("layout", ["NT", "TN"])
def test_batches_hold_one_length_and_the_next_tokens(layout, caplog):
    random.seed(1)
    sentences = [[1, 2, 3], [4, 5], [6, 7, 8], [9, 1], [2, 3, 4, 5], [1] * 9]
    with caplog.at_level(logging.WARNING):
        data = rnn.BucketSentenceIter(
            sentences, 2, buckets=[5, 2, 3], invalid_label=0, layout=layout, dtype="int32"
        )
    assert "1 sentences are longer than the greatest bucket" in caplog.text
    assert (data.buckets, data.default_bucket_key) == ([2, 3, 5], 5)
    shape = (2, 5) if layout == "NT" else (5, 2)
    assert data.provide_data == [("data", shape)]
    assert data.provide_data[0].layout == layout
    seen = []
    for batch in data:
        x, y = (a.asnumpy() if layout == "NT" else a.asnumpy().T for a in (batch.data[0], batch.label[0]))
        assert x.dtype == np.int32
        assert x.shape == (2, batch.bucket_key)
        assert batch.provide_label[0].shape == batch.label[0].shape
        np.testing.assert_array_equal(y[:, :-1], x[:, 1:])
        assert (y[:, -1] == 0).all()
        seen += [tuple(row) for row in x]
    assert sorted(seen) == [(1, 2, 3), (4, 5), (6, 7, 8), (9, 1)]  # one of five does not fill a batch
    data.reset()
    assert len(list(data)) == 2


def test_lengths_that_fill_a_batch_are_the_buckets():
    data = rnn.BucketSentenceIter([[1, 2]] * 3 + [[1, 2, 3]] + [[1] * 4] * 2, 2)
    assert data.buckets == [2, 4]  # the one of three is filled up to four
    assert sum(1 for _ in data) == 2


def test_wrong_input_is_named():
    with pytest.raises(ArgumentError, match="layout must be 'NT' or 'TN', got 'NTC'"):
        rnn.BucketSentenceIter([[1]], 1, layout="NTC")
    with pytest.raises(ArgumentError, match="batch_size must be a whole number, 1 or more, got 0"):
        rnn.BucketSentenceIter([[1]], 0)
    with pytest.raises(ArgumentError, match=r"no bucket of \[1\] takes any of the 1 sentences"):
        rnn.BucketSentenceIter([[1, 2]], 1, buckets=[1])


@pytest.mark.parametrize("fused", [False, True], ids=["cells", "fused"])
def test_a_language_model_learns_to_count(fused):
    """Sentences run through the alphabet from any letter, so each token follows from the one before."""
    random.seed(0)
    rng = np.random.default_rng(0)
    words = [list(map(str, (np.arange(n) + rng.integers(10)) % 10)) for n in rng.choice([3, 4], 96)]
    coded, vocab = rnn.encode_sentences(words, invalid_label=0, start_label=1)
    data = rnn.BucketSentenceIter(coded, 8, invalid_label=0)
    cell = rnn.FusedRNNCell(16, prefix="lstm_") if fused else rnn.SequentialRNNCell()
    if not fused:
        cell.add(rnn.LSTMCell(16, prefix="lstm_l0_"))

    def sym_gen(length):
        embed = sym.Embedding(sym.Variable("data"), input_dim=len(vocab), output_dim=8, name="embed")
        cell.reset()
        outputs, _ = cell.unroll(length, embed, merge_outputs=True)
        scores = sym.FullyConnected(sym.Reshape(outputs, shape=(-1, 16)), num_hidden=len(vocab), name="pred")
        label = sym.Reshape(sym.Variable("softmax_label"), shape=(-1,))
        return sym.SoftmaxOutput(scores, label, name="softmax"), ("data",), ("softmax_label",)

    module = BucketingModule(sym_gen, default_bucket_key=data.default_bucket_key)
    perplexity = metric.Perplexity(ignore_label=0)
    module.fit(
        data,
        eval_metric=perplexity,
        optimizer="adam",
        optimizer_params={"learning_rate": 0.03, "rescale_grad": 1 / 8},
        initializer=Xavier(),
        num_epoch=5,
    )
    assert dict(module.score(data, perplexity))["perplexity"] < 2
