"""Training goes on as if it had not been interrupted."""

import os
import subprocess
import sys
from pathlib import Path

import jax
import pytest
from interrupted import EPOCHS, StopError, assert_same, data, examples, network, parameters, stop_after, train

from workbench.errors import ArgumentError, CheckpointError, NotSupportedError
from workbench.gluon import Trainer, loss, nn
from workbench.gluon.data import ArrayDataset, DataLoader
from workbench.imperative import autograd, nd
from workbench.module import BucketingModule, Module, SequentialModule
from workbench.rnn import BucketSentenceIter
from workbench.runtime import random
from workbench.runtime.device import cpu
from workbench.symbolic import sym
from workbench.train import io, metric
from workbench.train.compression import GradientCompression
from workbench.train.resuming import Checkpoint, Trained, digest
from workbench.train.resuming.store import Store

KILLED = Path(__file__).with_name("killed.py")


@pytest.fixture
def kept(tmp_path):
    return Checkpoint(tmp_path / "run", every=4, keep=2)


def steps(checkpoint):
    return sorted(int(p.name) for p in Path(checkpoint.directory).iterdir())


def interrupted(kept, epoch, nbatch, **options):
    with pytest.raises(StopError):
        train(stop_after(epoch, nbatch), checkpoint=kept, **options)


def assert_goes_on(kept, epoch, nbatch, iterator=data, **options):
    whole, curve = train(iterator=iterator, **options)
    interrupted(kept, epoch, nbatch, iterator=iterator, **options)
    resumed, rest = train(seed=99, checkpoint=kept, resume=True, iterator=iterator, **options)
    assert_same(resumed, whole)
    assert_same(rest, {at: value for at, value in curve.items() if at in rest})
    return min(rest), max(rest)


def test_an_error_amid_an_epoch_changes_nothing(kept):
    first, last = assert_goes_on(kept, 1, 3)
    assert (first, last) == (
        (1, 2),
        (2, 5),
    )  # the error came in the tenth batch; the eighth was the last that is kept
    assert steps(kept) == [16, 18]  # two are kept, the last of them after the last epoch


def test_a_process_that_is_killed_while_it_writes_leaves_the_checkpoint_before(tmp_path):
    run = tmp_path / "run"
    path = os.pathsep.join([str(KILLED.parent), *sys.path])
    died = subprocess.run(
        [sys.executable, str(KILLED), str(run)], env={**os.environ, "PYTHONPATH": path}, timeout=300
    )
    assert died.returncode == -9
    assert [p.name for p in sorted(run.iterdir())] == ["3", "6", "9.orbax-checkpoint-tmp"]
    whole, curve = train()
    resumed, rest = train(seed=99, checkpoint=Checkpoint(run, every=3), resume=True)
    assert_same(resumed, whole)
    assert_same(rest, {at: value for at, value in curve.items() if at >= (1, 0)})
    assert not list(run.glob("*tmp*"))


@pytest.mark.parametrize("kind", ["pad", "roll_over"])
def test_rounded_data_is_taken_up_where_it_was(kept, kind):
    x, y = examples()
    assert_goes_on(
        kept,
        1,
        4,
        iterator=lambda: io.NDArrayIter(x[:90], y[:90], batch_size=16, shuffle=True, last_batch_handle=kind),
        optimizer="adam",
    )


@pytest.mark.devices
def test_two_devices_and_what_their_compression_has_yet_to_send(tmp_path):
    def trained(after_batch=None, **options):
        random.seed(3)
        module = Module(
            network(), context=[cpu(0), cpu(1)], compression_params={"type": "2bit", "threshold": 0.05}
        )
        module.fit(
            data(),
            kvstore="device",
            num_epoch=2,
            optimizer_params={"learning_rate": 0.1},
            batch_end_callback=after_batch,
            **options,
        )
        return parameters(module)

    kept = Checkpoint(tmp_path / "run", every=2)
    with pytest.raises(StopError):
        trained(stop_after(0, 4), checkpoint=kept)
    assert_same(trained(checkpoint=kept, resume=True), trained())


def chained():
    first = sym.FullyConnected(sym.Variable("data"), num_hidden=5, name="first")
    scores = sym.FullyConnected(sym.Variable("data"), num_hidden=3, name="last")
    made = SequentialModule()
    made.add(Module(first, label_names=[]))
    return made.add(
        Module(sym.SoftmaxOutput(scores, name="softmax")), take_labels=True, auto_wiring=True
    ), data()


def bucketed():
    def network(length):
        words = sym.Embedding(sym.Variable("data"), input_dim=50, output_dim=4, name="embed")
        scores = sym.FullyConnected(sym.Reshape(words, shape=(-1, 4)), num_hidden=50, name="scores")
        labels = sym.Reshape(sym.Variable("softmax_label"), shape=(-1,))
        return sym.SoftmaxOutput(scores, labels, name="softmax"), ("data",), ("softmax_label",)

    sentences = [[i % 40 + 1] * (2 + i % 4) for i in range(60)]
    words = BucketSentenceIter(sentences, batch_size=4, buckets=[3, 5], invalid_label=0)
    return BucketingModule(network, default_bucket_key=5), words


@pytest.mark.parametrize("make", [chained, bucketed])
def test_modules_of_several_networks(make, tmp_path):
    def fitted(seed=3, after_batch=None, **options):
        random.seed(seed)
        module, batches = make()
        module.fit(
            batches,
            eval_metric=metric.Perplexity(0),
            num_epoch=2,
            optimizer="adam",
            batch_end_callback=after_batch,
            **options,
        )
        return parameters(module)

    kept = Checkpoint(tmp_path / "run", every=2)
    whole = fitted()
    with pytest.raises(StopError):
        fitted(after_batch=stop_after(1, 2), checkpoint=kept)
    assert_same(fitted(seed=99, checkpoint=kept, resume=True), whole)


def test_each_epoch_is_kept_where_nothing_else_is_said(tmp_path):
    whole, _ = train(checkpoint=str(tmp_path / "a"))
    assert sorted(p.name for p in (tmp_path / "a").iterdir()) == ["12", "18", "6"]
    assert_same(train(checkpoint=str(tmp_path / "a"), resume=True)[0], whole)  # nothing is left to do
    with pytest.raises(StopError):
        train(stop_after(2, 5), checkpoint=str(tmp_path / "b"))
    assert_same(train(checkpoint=str(tmp_path / "b"), resume=True)[0], whole)


def test_seconds_between_checkpoints(tmp_path):
    kept = Checkpoint(tmp_path / "run", seconds=1e-9, keep=99)
    train(checkpoint=kept)
    assert steps(kept) == list(range(1, 19))
    other = Checkpoint(tmp_path / "other", seconds=1e9)
    train(checkpoint=other)
    assert steps(other) == [18]


def loop(kept, stop_at=None, resume=False, seed=3):
    """A Gluon loop over shuffled data with deferred shapes; the parameters, and the metric's last value."""
    random.seed(seed)
    net = nn.HybridSequential()
    net.add(nn.Dense(8, use_bias=False), nn.BatchNorm(), nn.Dropout(0.3), nn.Dense(3))
    net.initialize()
    if seed == 3:
        net(nd.array(examples()[0][:1]))
    trainer = Trainer(net.collect_params(), "adam", {"learning_rate": 0.05})
    loader = DataLoader(ArrayDataset(*examples()), batch_size=16, shuffle=True)
    found, criterion = metric.CrossEntropy(), loss.SoftmaxCrossEntropyLoss()
    run = kept.run(trainer, loader, found, resume)
    for epoch in run.epochs(EPOCHS):
        for nbatch, (x, y) in run.batches():
            with autograd.record():
                scores = net(x)
                value = criterion(scores, y)
            value.backward()
            trainer.step(len(x))
            found.update(y, nd.softmax(scores))
            if (epoch, nbatch) == stop_at:
                raise StopError
    return {at: p.data().asnumpy() for at, p in enumerate(net.collect_params().values())}, found.get()[1]


def test_a_gluon_loop_goes_on(kept, tmp_path):
    whole, value = loop(Checkpoint(tmp_path / "whole", every=4))
    with pytest.raises(StopError):
        loop(kept, (1, 3))
    resumed, again = loop(kept, resume=True, seed=99)
    assert_same(resumed, whole)
    assert again == pytest.approx(value, abs=1e-5)


def test_another_training_is_refused_and_nothing_is_changed(kept):
    interrupted(kept, 1, 3)
    refused = [
        (
            lambda: train(checkpoint=kept, resume=True, optimizer="adam"),
            "trained by SGD with FactorScheduler; this is Ad",
        ),
        (
            lambda: train(checkpoint=kept, resume=True, iterator=lambda: data(shuffle=False)),
            "data had examples=96, batch_size=16,",
        ),
        (lambda: train(checkpoint=kept), "holds an earlier run, up to batch 8: resume=True goes on with it"),
    ]
    for call, text in refused:
        with pytest.raises(CheckpointError, match=text):
            call()
    for width, text in (
        (9, r"'arg:fc1_weight' is float32\[8, 6\] there, float32\[9, 6\] here"),
        (8, "has no 'arg:fc"),
    ):
        random.seed(3)
        module = Module(small(width))
        state = random.state()
        module.bind(data().provide_data, data().provide_label)
        module.init_params()
        before = parameters(module)
        with pytest.raises(CheckpointError, match=f"is of another network: .*{text}"):
            module.fit(data(), num_epoch=3, checkpoint=kept, resume=True)
        assert_same(parameters(module), before)
        assert random.state()[0] == state[0]


def small(width):
    if width == 9:
        hidden = sym.FullyConnected(sym.Variable("data"), num_hidden=9, no_bias=True, name="fc1")
        hidden = sym.Activation(sym.BatchNorm(hidden, name="bn"), act_type="tanh")
        return sym.SoftmaxOutput(sym.FullyConnected(hidden, num_hidden=3, name="fc2"), name="softmax")
    return sym.SoftmaxOutput(
        sym.FullyConnected(sym.Variable("data"), num_hidden=3, name="fc2"), name="softmax"
    )


def test_several_workers_may_not_compress(tmp_path, monkeypatch):
    class Compressing:
        def trained(self):
            return Trained({}, [], [GradientCompression({"type": "2bit"})])

    run = Checkpoint(tmp_path / "run").run(Compressing(), [1, 2])
    monkeypatch.setattr(jax, "process_count", lambda: 2)
    for call in (run.save, lambda: Checkpoint(tmp_path / "other").run(Compressing(), [1, 2])):
        with pytest.raises(NotSupportedError, match="the compressions of several workers have yet to send"):
            call()


def trainer():
    net = nn.Dense(3, in_units=4)
    net.initialize()
    return Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})


def test_what_can_not_be_kept_is_said_before_training(kept, tmp_path):
    class Own(io.DataIter):
        provide_data, provide_label = data().provide_data, data().provide_label

    with pytest.raises(NotSupportedError, match=r"a Own can not say where it stands.*define position\(\)"):
        train(iterator=lambda: Own(16), checkpoint=kept)
    with pytest.raises(
        ArgumentError, match="or begin anew with every loop over it as a DataLoader does; got generator"
    ):
        kept.run(trainer(), (x for x in range(3)))
    with pytest.raises(ArgumentError, match="resume=True needs checkpoint, the directory to resume from"):
        train(resume=True)
    with pytest.raises(ArgumentError, match="checkpoint is a Checkpoint or a directory's name, got int"):
        train(checkpoint=3)
    for options, text in (
        ({"every": 0}, r"Checkpoint\(\): every must be a whole number, 1 or more or None, got 0"),
        ({"seconds": -1}, r"Checkpoint\(\): seconds must be a number above 0 or None, got -1"),
        ({"directory": "a\0b"}, r"Checkpoint\(\): directory must be a directory's name, got 'a\\x00b'"),
        ({"keep": 0}, r"Checkpoint\(\): keep must be a whole number, 1 or more, got 0"),
        ({"directory": 3}, r"Checkpoint\(\): directory must be .*, got 3"),
    ):
        with pytest.raises(ArgumentError, match=text):
            Checkpoint(**{"directory": tmp_path, **options})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (lambda: (None, [1]), "trained must be a Trainer, or a module with an optimizer, got NoneType"),
        (lambda: (nn.Dense(3), [1]), "trained must be .*, got Dense; for a Gluon block give its Trainer"),
        (lambda: (trainer(), [1], "acc"), "metric must be an EvalMetric or None, got 'acc'"),
        (lambda: (trainer(), [1], None, "yes"), "resume must be True or False, got 'yes'"),
    ],
)
def test_what_is_no_training_is_refused_at_once(given, text, tmp_path):
    with pytest.raises(ArgumentError, match=rf"Checkpoint.run\(\): {text}"):
        Checkpoint(tmp_path / "run").run(*given())
    assert not list(tmp_path.iterdir())


def test_a_number_of_epochs_that_is_none(kept):
    with pytest.raises(ArgumentError, match=r"Run\.epochs\(\): num_epoch must be a whole number, got None"):
        kept.run(trainer(), [1]).epochs(None)


@pytest.mark.parametrize("resume", [True, False])
def test_an_interrupt_before_the_first_digest_leaves_a_save_that_is_none(resume, tmp_path, monkeypatch):
    def interrupt(path):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(digest, "write", interrupt)
        with pytest.raises(KeyboardInterrupt):
            train(checkpoint=Checkpoint(tmp_path / "run", every=4))
    assert steps(Checkpoint(tmp_path / "run")) == [4]
    if resume:
        with pytest.raises(
            CheckpointError,
            match="run to resume from, only one whose writing did not end; resume=False begins anew there",
        ):
            train(checkpoint=tmp_path / "run", resume=True)
    whole, _ = train()
    assert_same(train(checkpoint=Checkpoint(tmp_path / "run", every=3, keep=1))[0], whole)
    assert steps(Checkpoint(tmp_path / "run")) == [18]


def resized(size):
    return lambda: io.ResizeIter(data(), size)


SHORT = resized(3)


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        (
            data,
            resized(4),
            "kept examples, batch_size, shuffle, key, left_over, batch; a ResizeIter keeps batch, within",
        ),
        (data, lambda: io.PrefetchingIter(data()), "was of another kind: .*; a PrefetchingIter keeps before"),
        (resized(6), data, "kept batch, within; a NDArrayIter keeps examples"),
        (resized(9), SHORT, "stands after batch 8 of an epoch; this ResizeIter's have 3"),
    ],
)
def test_data_of_another_kind_is_refused(kept, before, after, text):
    with pytest.raises(StopError):
        train(stop_after(0, 8) if after == SHORT else stop_after(0, 5), iterator=before, checkpoint=kept)
    with pytest.raises(CheckpointError, match=f"the checkpoint.*{text}"):
        train(iterator=after, checkpoint=kept, resume=True)


def test_wrapped_data_goes_on(kept):
    assert_goes_on(kept, 1, 3, iterator=lambda: io.PrefetchingIter(io.ResizeIter(data(), 6)))


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"data": None}, "its record has no 'data'"),
        ({"schedules": []}, "it has not the states of SGD with FactorScheduler"),
        ({"epoch": "x"}, "its record: epoch must be a whole number, 0 or more, got 'x'"),
        ({"random": [1]}, r"its record: random must be \(a whole number, a whole number\), got \[1\]"),
    ],
)
def test_an_altered_record_is_told(kept, change, text, monkeypatch):
    interrupted(kept, 1, 3)
    load = Store.load

    def altered(self):
        found = load(self)
        record = {name: value for name, value in {**found.record, **change}.items() if value is not None}
        return found._replace(record=record)

    monkeypatch.setattr(Store, "load", altered)
    with pytest.raises(CheckpointError, match=f"the checkpoint.* was altered: {text}"):
        train(checkpoint=kept, resume=True)
