import logging

import numpy as np
import pytest

from workbench.errors import ArgumentError, NotInitializedError, NotSupportedError
from workbench.imperative import nd
from workbench.module import Module
from workbench.train import io, metric
from workbench.train.callback import BatchEndParam
from workbench.train.initializer import Xavier

SGD = {"learning_rate": 0.5, "momentum": 0.9}


@pytest.fixture
def trained(net, batches):
    module = Module(net())
    module.fit(batches(), num_epoch=10, optimizer_params=SGD, initializer=Xavier())
    return module


def test_fit_learns(trained, batches):
    assert trained.score(batches(), "acc")[0][1] > 0.95


def test_fit_reports_each_epoch(net, batches, caplog):
    with caplog.at_level(logging.INFO):
        Module(net()).fit(
            batches(), eval_data=batches(), num_epoch=2, begin_epoch=1, eval_metric=["acc", "ce"]
        )
    said = [record.message.split("=")[0] for record in caplog.records]
    assert said == [
        "Epoch[1] Train-accuracy",
        "Epoch[1] Train-cross-entropy",
        "Epoch[1] Time cost",
        "Epoch[1] Validation-accuracy",
        "Epoch[1] Validation-cross-entropy",
    ]


def test_callbacks_hear_where_training_stands(net, batches):
    heard = {"batch": [], "eval_batch": [], "eval_end": [], "epoch": []}
    module = Module(net())
    module.fit(
        batches(),
        eval_data=batches(batch_size=32),
        num_epoch=2,
        batch_end_callback=[heard["batch"].append, lambda param: None],
        eval_batch_end_callback=heard["eval_batch"].append,
        eval_end_callback=heard["eval_end"].append,
        epoch_end_callback=lambda *args: heard["epoch"].append(args),
    )
    assert all(isinstance(p, BatchEndParam) for p in heard["batch"])
    assert [(p.epoch, p.nbatch) for p in heard["batch"]] == [(e, n) for e in range(2) for n in range(6)]
    assert [(p.epoch, p.nbatch) for p in heard["eval_batch"]] == [(e, n) for e in range(2) for n in range(3)]
    assert [(p.epoch, p.nbatch) for p in heard["eval_end"]] == [(0, 3), (1, 3)]
    assert isinstance(heard["batch"][0].eval_metric, metric.Accuracy)
    assert heard["batch"][0].locals["self"] is module
    epochs, symbols, args, states = zip(*heard["epoch"], strict=True)
    assert epochs == (0, 1)
    assert symbols == (module.symbol, module.symbol)
    assert not any(states)
    first, last = (each["fc1_weight"].asnumpy() for each in args)
    assert not np.array_equal(first, last)
    np.testing.assert_array_equal(last, module.get_params()[0]["fc1_weight"].asnumpy())


def test_fit_goes_on_from_given_values(net, batches, trained):
    args = trained.get_params()[0]
    module = Module(net())
    module.fit(batches(), num_epoch=1, arg_params=args, optimizer_params={"learning_rate": 0.0})
    for name, array in module.get_params()[0].items():
        np.testing.assert_array_equal(array.asnumpy(), args[name].asnumpy())


def test_score_does_not_count_padding(trained, examples):
    x, y = examples[0][:20], examples[1][:20].copy()
    y[:12] = (y[:12] + 1) % 3  # the examples that pad are wrong ones
    found = trained.score(io.NDArrayIter(x, y, batch_size=16), "acc")
    right = (trained.predict(x).asnumpy().argmax(1) == y).mean()
    assert found == [("accuracy", pytest.approx(right))]
    seen = metric.create("acc")
    trained.score(io.NDArrayIter(x, y, batch_size=16), seen, num_batch=1)
    assert seen.num_inst == 16


def test_predict_cuts_padding_and_keeps_order(trained, examples):
    x = examples[0][:20]
    whole = trained.predict(x).asnumpy()
    padded = trained.predict(io.NDArrayIter(x, batch_size=16))
    assert padded.shape == (20, 3)
    np.testing.assert_allclose(padded.asnumpy(), whole, rtol=1e-5)
    parts = trained.predict(io.NDArrayIter(x, batch_size=16), merge_batches=False)
    assert [[out.shape for out in part] for part in parts] == [[(16, 3)], [(4, 3)]]
    (listed,) = trained.predict(io.NDArrayIter(x, batch_size=16), always_output_list=True, num_batch=1)
    assert listed.shape == (16, 3)


def test_iter_predict_gives_each_batch(trained, batches):
    found = [(n, outs[0].shape, batch.pad) for outs, n, batch in trained.iter_predict(batches(40, count=96))]
    assert found == [(0, (40, 3), 0), (1, (40, 3), 0), (2, (16, 3), 24)]


def test_a_limited_number_of_batches_leaves_the_others(trained, batches):
    data = batches()
    trained.predict(data, num_batch=2)
    assert len(trained.predict(data, reset=False)) == 64


def test_parameters_to_a_file_and_back(trained, net, batches, tmp_path):
    trained.save_params(str(tmp_path / "p"))
    other = Module(net())
    other.bind(batches().provide_data, batches().provide_label)
    other.load_params(str(tmp_path / "p"))
    for name, array in other.get_params()[0].items():
        np.testing.assert_array_equal(array.asnumpy(), trained.get_params()[0][name].asnumpy())
    nd.save(str(tmp_path / "l"), [nd.ones((1,))])
    with pytest.raises(ArgumentError, match="holds a list of arrays, not parameters by name"):
        other.load_params(str(tmp_path / "l"))


def test_what_fit_can_not_do_is_said(net, batches):
    module = Module(net())
    with pytest.raises(ArgumentError, match=r"fit\(\) needs num_epoch"):
        module.fit(batches())
    with pytest.raises(ArgumentError, match=r"takes a monitor\.Monitor, got object"):
        module.fit(batches(), num_epoch=1, monitor=object())
    for wrong in (None, [1, 2]):
        with pytest.raises(
            ArgumentError, match=r"train_data must be an iterator such as io\.NDArrayIter, got"
        ):
            Module(net()).fit(wrong, num_epoch=1)
    with pytest.raises(NotSupportedError, match="parameters are dense"):
        module.fit(batches(), num_epoch=1, sparse_row_id_fn=lambda batch: None)
    spent = batches()
    list(spent)
    with pytest.raises(ArgumentError, match="train_data gave no batch in epoch 0; was it reset"):
        Module(net()).fit(spent, num_epoch=1)
    bound = Module(net())
    bound.bind(batches().provide_data, for_training=False)
    with pytest.raises(NotInitializedError, match=r"bound with for_training=False; force_rebind=True"):
        bound.fit(batches(), num_epoch=1)


@pytest.mark.parametrize("loop", ["score", "predict"])
def test_a_module_without_values_neither_scores_nor_predicts(net, batches, loop):
    module = Module(net())
    run = {"score": lambda: module.score(batches(), "acc"), "predict": lambda: module.predict(batches())}[
        loop
    ]
    with pytest.raises(NotInitializedError, match=rf"{loop}\(\) needs bind\(\) first"):
        run()
    module.bind(batches().provide_data, batches().provide_label)
    with pytest.raises(NotInitializedError, match=rf"{loop}\(\) needs init_params\(\) first"):
        run()


class Watch:
    """A monitor that only notes what it is told."""

    def __init__(self):
        self.executors, self.said = [], []

    def install(self, executor):
        self.executors.append(executor)

    def tic(self):
        self.said.append("tic")

    def toc_print(self):
        self.said.append("toc")


def test_a_monitor_watches_every_executor_and_batch(net, batches, examples):
    module, watch = Module(net()), Watch()
    module.fit(batches(), num_epoch=1, monitor=watch)
    assert watch.said == ["tic", "toc"] * 6
    assert watch.executors == [module._executor]
    module.forward(io.DataBatch([examples[0][:3]], [examples[1][:3]]))  # another size: another executor
    assert watch.executors[1:] == [module._executor]
    other = Module(net())
    with pytest.raises(NotInitializedError, match=r"install_monitor\(\) needs bind\(\) first"):
        other.install_monitor(watch)
