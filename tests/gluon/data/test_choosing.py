"""Parts of datasets, and the samplers that choose them."""

import pytest

from workbench.errors import ArgumentError
from workbench.gluon import contrib, data


def test_shards_share_nothing_and_miss_nothing():
    whole = data.SimpleDataset(list(range(11)))
    parts = [whole.shard(4, i) for i in range(4)]
    assert [len(p) for p in parts] == [3, 3, 3, 2]
    assert [p[i] for p in parts for i in range(len(p))] == list(range(11))
    with pytest.raises(ArgumentError, match=r"part 4 of 4; they are numbered from 0"):
        whole.shard(4, 4)


def test_a_sampler_chooses_examples():
    whole = data.SimpleDataset("abcdef")
    odd = data.FilterSampler(lambda letter: letter in "bdf", whole)
    assert list(odd) == [1, 3, 5]
    assert len(odd) == 3
    chosen = whole.sample(odd)
    assert [chosen[i] for i in range(len(chosen))] == ["b", "d", "f"]
    with pytest.raises(ArgumentError, match="takes a Sampler, got list"):
        whole.sample([1, 2])


def test_intervals():
    assert list(contrib.data.IntervalSampler(7, 3)) == [0, 3, 6, 1, 4, 2, 5]
    assert list(contrib.data.IntervalSampler(7, 3, rollover=False)) == [0, 3, 6]
    with pytest.raises(ArgumentError, match="interval 8 does not fit into length 7"):
        contrib.data.IntervalSampler(7, 8)


def test_bad_settings_of_a_loader_are_named():
    whole = data.SimpleDataset([1, 2])
    with pytest.raises(ArgumentError, match="num_workers must be a whole number, 0 or more, got -1"):
        data.DataLoader(whole, 1, num_workers=-1)
    with pytest.raises(ArgumentError, match="batch_size must be a whole number, 1 or more or None, got 0"):
        data.DataLoader(whole, 0)
