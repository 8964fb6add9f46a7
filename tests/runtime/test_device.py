"""How many devices the CPU poses as is set before the first is used, and told clearly after."""

import os
import subprocess
import sys

import pytest

import workbench as mx
from workbench.errors import ArgumentError, DeviceError
from workbench.parallel import mesh

FROM_OUTSIDE = {"JAX_PLATFORMS": "cpu", "XLA_FLAGS": "--xla_force_host_platform_device_count=3"}


def printed(code):
    """What a process says that was given three devices by its environment."""
    done = subprocess.run(
        [sys.executable, "-c", f"import workbench as mx\n{code}"],
        env=os.environ | FROM_OUTSIDE,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_devices_set_first_are_there_whatever_the_environment_says():
    code = (
        "mx.cpu(1), mx.context.set_cpu_devices(1)\n"  # to name a device is not to use it
        "mx.context.set_cpu_devices(2)\n"
        "net = mx.sym.FullyConnected(mx.sym.var('data'), num_hidden=2)\n"
        "mx.mod.Module(net, label_names=None, context=[mx.cpu(0), mx.cpu(1)]).bind([('data', (4, 3))])\n"
        "print(mx.parallel.mesh().size)"
    )
    assert printed(code) == ["2"]


def test_devices_of_the_environment_stay_where_none_are_set():
    code = "x = mx.nd.ones(2, ctx=mx.cpu(2)); mx.context.set_cpu_devices(3); print(x.context, mx.parallel.mesh().size)"
    assert printed(code) == ["cpu(2)", "3"]


def test_devices_in_use_are_not_set_anew():
    mx.nd.ones(2).wait_to_read()
    mx.context.set_cpu_devices(4)  # as it is
    with pytest.raises(
        DeviceError,
        match=r"set_cpu_devices\(5\) must be called before the first array is made; this process already uses 4 CPU "
        r"devices: start it anew \(in a notebook, restart the kernel\)",
    ):
        mx.context.set_cpu_devices(5)
    assert mx.cpu(3).jax_device.platform == "cpu"


@pytest.mark.parametrize("n", [0, -1, 2.5, "4", True])
def test_a_count_that_is_none_is_refused(n):
    with pytest.raises(
        ArgumentError, match=r"set_cpu_devices\(\)?: n must be a whole number, 1 or more, got"
    ):
        mx.context.set_cpu_devices(n)


def test_who_has_too_few_devices_is_told_how_to_have_more():
    how = r"context\.set_cpu_devices\(N\), before the first array is made, .*XLA_FLAGS=--xla_force_host_platform_"
    with pytest.raises(DeviceError, match=rf"cpu\(99\) was asked for; this machine has cpu\(0\), .*\. {how}"):
        mx.nd.ones(2, ctx=mx.cpu(99))
    with pytest.raises(
        DeviceError, match=rf"mesh\(data=64, model=1\) takes 64 devices; there are \d+\. {how}"
    ):
        mesh(data=64)
