"""A language model of characters: lines in buckets, an LSTM of two layers unrolled for each length."""

import os
import sys

import numpy as np

import workbench as mx

folder = sys.argv[1]
text = ["abcab", "bcab", "cabca", "abca", "bcabc", "cabc", "abcab", "bcab"] * 2
vocab = {character: number for number, character in enumerate(" abc")}
num_hidden, num_embed, num_layers, batch_size = 12, 6, 2, 4


class LineIter(mx.io.DataIter):
    """Lines of equal length together, in their order."""

    def __init__(self, lines, init_states):
        super().__init__(batch_size)
        self.buckets = sorted({len(line) for line in lines})
        self.default_bucket_key = max(self.buckets)
        self.init_states = init_states
        self.batches = []
        for length in self.buckets:
            rows = [[vocab[c] for c in line] for line in lines if len(line) == length]
            self.batches += [(length, rows[i : i + batch_size]) for i in range(0, len(rows), batch_size)]
        self.batches = self.batches[::2] + self.batches[1::2]
        self.provide_data = [("data", (batch_size, self.default_bucket_key)), *init_states]
        self.provide_label = [("softmax_label", (batch_size, self.default_bucket_key))]
        self.reset()

    def reset(self):
        self.at = 0

    def next(self):
        if self.at == len(self.batches):
            raise StopIteration
        length, rows = self.batches[self.at]
        self.at += 1
        data = np.array(rows, dtype=np.float32)
        label = np.zeros_like(data)
        label[:, :-1] = data[:, 1:]
        states = [mx.nd.zeros(shape) for _, shape in self.init_states]
        return mx.io.DataBatch(
            [mx.nd.array(data), *states],
            [mx.nd.array(label)],
            pad=0,
            bucket_key=length,
            provide_data=[("data", data.shape), *self.init_states],
            provide_label=[("softmax_label", data.shape)],
        )


class Spread(mx.init.Initializer):
    def _init_weight(self, name, arr):
        values = np.cos(np.arange(int(np.prod(arr.shape))) * 2.3 + len(name)) * 0.3
        arr[:] = values.reshape(arr.shape)

    _init_default = _init_weight


stack = mx.rnn.SequentialRNNCell()
for i in range(num_layers):
    stack.add(mx.rnn.LSTMCell(num_hidden=num_hidden, prefix=f"lstm_l{i}_"))
begin = stack.begin_state(func=mx.sym.Variable)
init_states = [(state.name, (batch_size, num_hidden)) for state in begin]


def sym_gen(seq_len):
    data = mx.sym.Variable("data")
    label = mx.sym.Variable("softmax_label")
    embed = mx.sym.Embedding(data=data, input_dim=len(vocab), output_dim=num_embed, name="embed")
    stack.reset()
    outputs, _ = stack.unroll(seq_len, inputs=embed, begin_state=begin, merge_outputs=True)
    pred = mx.sym.Reshape(outputs, shape=(-1, num_hidden))
    pred = mx.sym.FullyConnected(data=pred, num_hidden=len(vocab), name="pred")
    label = mx.sym.Reshape(label, shape=(-1,))
    pred = mx.sym.SoftmaxOutput(data=pred, label=label, name="softmax", use_ignore=True, ignore_label=0)
    return pred, ("data", *[name for name, _ in init_states]), ("softmax_label",)


data_train = LineIter(text, init_states)
model = mx.mod.BucketingModule(
    sym_gen=sym_gen, default_bucket_key=data_train.default_bucket_key, context=mx.cpu()
)
perplexity = mx.metric.Perplexity(0)
model.fit(
    train_data=data_train,
    eval_metric=perplexity,
    kvstore="local",
    optimizer="adam",
    optimizer_params={"learning_rate": 0.05, "wd": 0.00001},
    initializer=Spread(),
    num_epoch=6,
    batch_end_callback=mx.callback.Speedometer(batch_size, 2, auto_reset=False),
)
result = {"perplexity": np.float32(dict(model.score(data_train, perplexity))["perplexity"])}
result.update({name: array.asnumpy() for name, array in model.get_params()[0].items()})
np.savez(os.path.join(folder, "result.npz"), **result)
