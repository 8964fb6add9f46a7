"""An iterator goes on from where another over the same data stood."""

import json

import numpy as np
import pytest

from workbench.errors import CheckpointError, NotSupportedError
from workbench.rnn import BucketSentenceIter
from workbench.runtime import random
from workbench.train import io

VALUES = np.arange(22, dtype=np.float32).reshape(11, 2)


def arrays(**options):
    return io.NDArrayIter(VALUES, np.arange(11), batch_size=4, shuffle=True, **options)


def rounded(tmp_path):
    path = tmp_path / "values.csv"
    np.savetxt(path, VALUES, delimiter=",")
    return io.CSVIter(data_csv=str(path), data_shape=(2,), batch_size=4)


def sentences():
    return BucketSentenceIter([[i + 1] * (2 + i % 4) for i in range(40)], batch_size=4, buckets=[3, 5])


MAKERS = {
    "pad": lambda _: arrays(),
    "roll over": lambda _: arrays(last_batch_handle="roll_over"),
    "rounded": rounded,
    "resized": lambda _: io.ResizeIter(arrays(), 5, reset_internal=False),
    "prefetched": lambda _: io.PrefetchingIter(arrays()),
    "a part": lambda _: io.PartIter(arrays(), 1, 2),
    "sentences": lambda _: sentences(),
}


def rest(data, epochs=2):
    found = []
    for _ in range(epochs):
        found += [(b.data[0].asnumpy().tolist(), b.label[0].asnumpy().tolist(), b.pad) for b in data]
        data.reset()
    return found


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize("done", [0, 1, 2])
def test_what_is_left_is_the_same(kind, done, tmp_path):
    random.seed(3)
    data = MAKERS[kind](tmp_path)
    rest(data, 1)
    for _ in range(done):
        data.next()
    position, drawn = json.loads(json.dumps(data.position())), random.state()
    expected = rest(data)
    random.seed(99)
    other = MAKERS[kind](tmp_path)
    other.set_position(position)
    random.set_state(drawn)
    assert rest(other) == expected


def test_other_data_is_refused(tmp_path):
    position = arrays().position()
    few = io.NDArrayIter(VALUES[:9], batch_size=4, shuffle=True)
    with pytest.raises(
        CheckpointError, match=r"data had examples=11, .*; this NDArrayIter has examples=9, batch_size=4"
    ):
        few.set_position(position)
    longer = BucketSentenceIter([[1, 2]] * 12, batch_size=4, buckets=[3])
    with pytest.raises(CheckpointError, match="data had 10 batches; this BucketSentenceIter has 3"):
        longer.set_position(sentences().position())


def test_an_iterator_that_can_not_say_is_named():
    class Own(io.DataIter):
        def iter_next(self):
            return False

    for data in (Own(4), io.PrefetchingIter(Other())):
        with pytest.raises(NotSupportedError, match=r"a (Own|Other) can not say where it stands"):
            data.position()
    with pytest.raises(NotSupportedError, match=r"a Own must define set_position\(position\)"):
        Own(4).set_position({})


class Other(io.DataIter):
    provide_data, provide_label = arrays().provide_data, arrays().provide_label

    def iter_next(self):
        return False
