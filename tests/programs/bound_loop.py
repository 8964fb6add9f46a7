"""A loop and a branch in one symbol, bound by hand: names, shapes, a monitor, reshaping, a second backward."""

import os
import sys

import numpy as np

import workbench as mx

scale = mx.sym.exp(mx.sym.Variable("rate"), name="scale")


def body(x, states):
    new = mx.sym.tanh(
        mx.sym.FullyConnected(x, num_hidden=3, name="cell") + mx.sym.broadcast_mul(states[0], scale)
    )
    return new * 2 - 1, [new]


outputs, states = mx.sym.contrib.foreach(body, mx.sym.Variable("data"), [mx.sym.Variable("start")])
counted, final = mx.sym.contrib.while_loop(
    cond=lambda i, total: i <= 4,
    func=lambda i, total: ([total * 2], [i + 1, total + i]),
    loop_vars=(mx.sym.Variable("first"), mx.sym.Variable("total")),
    max_iterations=4,
)
choice = mx.sym.Variable("choice")
branch = mx.sym.contrib.cond(choice < 1, lambda: choice * 3, lambda: choice / 2)
net = mx.sym.Group([outputs, states[0], counted[0], *final, branch])
shapes = {"data": (5, 2, 4), "start": (2, 3), "cell_weight": (3, 4), "cell_bias": (3,), "rate": (1, 1)}
shapes |= {"first": (1,), "total": (1,), "choice": (1,)}

rng = np.random.RandomState(7)
args = {name: mx.nd.array(rng.uniform(0.5, 1.5, shapes[name])) for name in sorted(shapes)}
grads = {name: mx.nd.zeros(shapes[name]) for name in shapes}
executor = net.bind(mx.cpu(), args, args_grad=grads, grad_req="add")
results = executor.forward(is_train=True)
heads = [mx.nd.ones(result.shape) for result in results]
executor.backward(heads)
result = {f"output{i}": array.asnumpy() for i, array in enumerate(results)}
result |= {f"{name} gradient": array.asnumpy() for name, array in executor.grad_dict.items()}

dense = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2, name="fc") * 2 + 1
large = dense.simple_bind(mx.cpu(), data=(4, 3))
large.arg_dict["fc_weight"][:] = np.arange(6).reshape((2, 3))
large.forward(is_train=True, data=mx.nd.array(rng.uniform(0, 1, (4, 3))))
large.backward(mx.nd.ones((4, 2)))
large.backward(mx.nd.array(rng.uniform(0, 1, (4, 2))))
result["second gradient"] = large.grad_dict["fc_weight"].asnumpy()
small = large.reshape(data=(2, 3))
seen = []
small.set_monitor_callback(lambda name, array: seen.append(name if isinstance(name, str) else name.decode()))
result["reshaped"] = small.forward(is_train=False, data=mx.nd.ones((2, 3)))[0].asnumpy()

texts = [*net.list_arguments(), *net.list_outputs(), *dense.list_outputs(), *seen]
texts += [str(shape) for group in dense.infer_shape(data=(4, 3)) for shape in group]
result["texts"] = np.frombuffer("\n".join(texts).encode(), np.uint8)
np.savez(os.path.join(sys.argv[1], "result.npz"), **result)
