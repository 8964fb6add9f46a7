"""Marks the outputs of a residual network that may be computed again, and asks what each plan costs."""

import os
import sys

import numpy as np

import workbench as mx


def residual(data, filters, stage, number):
    stride = 2 if stage and not number else 1
    name = f"stage{stage}_unit{number}"
    body = data
    for step in range(2):
        body = mx.sym.Convolution(
            body,
            kernel=(3, 3),
            pad=(1, 1),
            stride=(stride if step == 0 else 1,) * 2,
            num_filter=filters,
            name=f"{name}_conv{step}",
        )
        body = mx.sym.BatchNorm(body, fix_gamma=False, name=f"{name}_bn{step}")
        body = mx.sym.LeakyReLU(body, act_type="leaky", name=f"{name}_act{step}")
    if stride == 2:
        data = mx.sym.Convolution(
            data, kernel=(1, 1), stride=(2, 2), num_filter=filters, name=f"{name}_shortcut"
        )
    total = data + body
    total._set_attr(mirror_stage="True")
    return total


def get_symbol():
    net = mx.sym.Convolution(mx.sym.Variable("data"), kernel=(3, 3), pad=(1, 1), num_filter=8, name="conv0")
    for stage, filters in enumerate((8, 16)):
        for number in range(3):
            net = residual(net, filters, stage, number)
    net = mx.sym.Pooling(net, kernel=(1, 1), global_pool=True, pool_type="avg", name="pool")
    return mx.sym.SoftmaxOutput(
        mx.sym.FullyConnected(mx.sym.Flatten(net), num_hidden=4, name="fc"), name="softmax"
    )


def is_parameter(name):
    return name.endswith(("weight", "bias", "gamma", "beta"))


def planned(net, threshold, shape):
    """A copy whose outputs may be computed again, but where a stage has gathered more than the threshold."""
    net = net.__copy__()
    internals = net.get_internals()
    _, shapes, _ = internals.infer_shape(data=shape)
    gathered, kept = 0, []
    for i, (name, size) in enumerate(zip(internals.list_outputs(), shapes)):  # noqa: B905
        if is_parameter(name):
            continue
        output = internals[i]
        output._set_attr(force_mirroring="True")
        gathered += int(np.prod(size)) * 4
        if output.attr("mirror_stage") == "True" and gathered > threshold:
            output._set_attr(force_mirroring="False")
            kept.append(name)
            gathered = 0
    return net, kept


def cost(net, shape):
    """Megabytes by the executor's own account, where a script reads them."""
    executor = net.simple_bind(mx.cpu(), grad_req="write", data=shape)
    return int(executor.debug_str().split("\n")[-3].split()[1])


net, shape = get_symbol(), (16, 3, 24, 24)
texts = []
for threshold in (0, 1 << 20, 1 << 30):
    plan, kept = planned(net, threshold, shape)
    marks = {name: attrs.get("force_mirroring") for name, attrs in plan.attr_dict().items()}
    texts += [f"{name} {marks[name]}" for name in sorted(marks) if marks[name]] + kept
    assert cost(plan, shape) > 0
assert "force_mirroring" not in str(net.attr_dict())
texts += net.list_arguments() + net.list_auxiliary_states() + net.get_internals().list_outputs()
result = {"texts": np.frombuffer("\n".join(texts).encode(), np.uint8)}

executor = plan.simple_bind(mx.cpu(), data=shape)
rng = np.random.RandomState(0)
for name, array in executor.arg_dict.items():
    array[:] = rng.uniform(-0.3, 0.3, array.shape) if is_parameter(name) else rng.randint(0, 4, array.shape)
result["output"] = executor.forward(is_train=True)[0].asnumpy()
executor.backward()
result["gradient"] = executor.grad_dict["stage0_unit0_conv0_weight"].asnumpy()
np.savez(os.path.join(sys.argv[1], "result.npz"), **result)
