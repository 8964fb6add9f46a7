"""A recurrent network of `nd` alone: slices of text, one-hot vectors, clipped gradients, and its guess."""

import math
import os
import sys

import numpy as np

import workbench as mx

nd, autograd, gluon = mx.nd, mx.autograd, mx.gluon
text = "the time machine by a traveller " * 4
characters = sorted(set(text))
index = {character: i for i, character in enumerate(characters)}
corpus = [index[character] for character in text]
vocab_size, num_hiddens, num_steps, batch_size, ctx = len(characters), 8, 3, 4, mx.cpu()
rng = np.random.RandomState(5)


def data_iter_consecutive(corpus_indices):
    indices = nd.array(corpus_indices, ctx=ctx)
    batch_len = len(indices) // batch_size
    indices = indices[0 : batch_size * batch_len].reshape((batch_size, batch_len))
    for i in range(0, batch_len - num_steps, num_steps):
        yield indices[:, i : i + num_steps], indices[:, i + 1 : i + num_steps + 1]


def start(*shape):
    return nd.array(rng.randn(*shape) * 0.1, ctx=ctx)


W_xh, W_hh, b_h = start(vocab_size, num_hiddens), start(num_hiddens, num_hiddens), nd.zeros(num_hiddens)
W_hq, b_q = start(num_hiddens, vocab_size), nd.zeros(vocab_size)
params = [W_xh, W_hh, b_h, W_hq, b_q]
for param in params:
    param.attach_grad()


def rnn(inputs, state):
    (H,) = state
    outputs = []
    for X in inputs:
        H = nd.tanh(nd.dot(X, W_xh) + nd.dot(H, W_hh) + b_h)
        outputs.append(nd.dot(H, W_hq) + b_q)
    return outputs, (H,)


def to_onehot(X):
    return [nd.one_hot(x, vocab_size) for x in X.T]


def grad_clipping(theta):
    norm = nd.array([0], ctx)
    for param in params:
        norm += (param.grad**2).sum()
    norm = norm.sqrt().asscalar()
    if norm > theta:
        for param in params:
            param.grad[:] *= theta / norm


def predict(prefix, num_chars):
    state = (nd.zeros(shape=(1, num_hiddens), ctx=ctx),)
    output = [index[prefix[0]]]
    for t in range(num_chars + len(prefix) - 1):
        Y, state = rnn(to_onehot(nd.array([output[-1]], ctx=ctx)), state)
        known = t < len(prefix) - 1
        output.append(index[prefix[t + 1]] if known else int(Y[0].argmax(axis=1).asscalar()))
    return "".join(characters[i] for i in output)


loss = gluon.loss.SoftmaxCrossEntropyLoss()
result = {}
for epoch in range(4):
    state = (nd.zeros((batch_size, num_hiddens)),)
    total, count = 0.0, 0
    for X, Y in data_iter_consecutive(corpus):
        state = tuple(s.detach() for s in state)
        with autograd.record():
            outputs, state = rnn(to_onehot(X), state)
            y = Y.T.reshape((-1,))
            mean = loss(nd.concat(*outputs, dim=0), y).mean()
        mean.backward()
        grad_clipping(0.5)
        for param in params:
            param[:] = param - 2 * param.grad
        total += float(mean.asscalar()) * y.size
        count += y.size
    result[f"perplexity {epoch}"] = np.float32(math.exp(total / count))
result["guess"] = np.frombuffer(predict("time", 8).encode(), np.uint8)
for number, param in enumerate(params):
    result[f"parameter {number}"] = param.asnumpy()
np.savez(os.path.join(sys.argv[1], "result.npz"), **result)
