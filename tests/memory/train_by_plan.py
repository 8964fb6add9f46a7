"""Trains a narrow network on a long batch by a plan, and prints its peak resident bytes and what the plan predicts."""

import sys
from pathlib import Path

import workbench as mx

BATCH, WIDTH, BLOCKS = 2**20, 16, 14  # 64 MiB an activation


def network():
    """Dense layers, each with BatchNorm and a rectifier: little arithmetic for what they keep."""
    x = mx.sym.Variable("data")
    for i in range(BLOCKS):
        x = mx.sym.FullyConnected(x, num_hidden=WIDTH, name=f"dense{i}")
        x = mx.sym.BatchNorm(x, name=f"norm{i}")
        x = mx.sym.Activation(x, act_type="tanh", name=f"tanh{i}")
    return mx.sym.LinearRegressionOutput(x, mx.sym.Variable("label"), name="loss")


def main():
    shapes = {"data": (BATCH, WIDTH), "label": (BATCH, WIDTH)}
    plan = mx.memory.plan(network(), shapes, sys.argv[1])
    executor = network().simple_bind(plan=plan, **shapes)
    executor.arg_dict["data"][:] = 0.5
    for name, array in executor.arg_dict.items():
        if name.endswith("weight"):
            array[:] = 0.1
    executor.forward(is_train=True)
    executor.backward()
    for name, gradient in executor.grad_dict.items():
        if gradient is not None:
            mx.nd.sgd_update(executor.arg_dict[name], gradient, lr=1e-6, out=executor.arg_dict[name])
    executor.outputs[0].wait_to_read()
    mx.nd.waitall()
    print(resident_peak(), int(plan.peak.value))


def resident_peak():
    """Of this program alone: what getrusage tells includes the process that it was started from."""
    (line,) = [x for x in Path("/proc/self/status").read_text().splitlines() if x.startswith("VmHWM:")]
    return int(line.split()[1]) * 1024


if __name__ == "__main__":
    main()
