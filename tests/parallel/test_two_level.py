"""Sums on two levels: equal to the plain sum, and with fewer bytes between hosts by the devices in each."""

import json
import os
import subprocess
import sys

import eight_reductions
import numpy as np
import pytest

from workbench.errors import ArgumentError, DeviceError, DTypeError, NotSupportedError, ShapeError
from workbench.parallel import Reduction, between_hosts, collectives


@pytest.fixture(scope="module")
def eight():
    command = [sys.executable, eight_reductions.__file__]
    done = subprocess.run(command, env=os.environ, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    return {(each["hosts"], each["two_level"]): each for each in json.loads(done.stdout)}


@pytest.mark.parametrize("hosts", [2, 4])
def test_every_device_gets_the_plain_sum(eight, hosts):
    for two_level in (False, True):
        assert eight[hosts, two_level]["error"] == 0
        assert eight[hosts, two_level]["copies"] == 8


@pytest.mark.parametrize("hosts", [2, 4])
def test_bytes_between_hosts_are_divided_by_the_devices_of_a_host(eight, hosts):
    devices, size = 8 // hosts, 4 * eight_reductions.SIZE
    flat, levels = eight[hosts, False], eight[hosts, True]
    assert flat["kinds"] == ["all-reduce"]
    assert levels["kinds"] == ["reduce-scatter", "all-reduce", "all-gather"]
    assert (
        len(flat["bytes"]) == len(levels["bytes"]) == hosts * (hosts - 1)
    )  # one a pair of hosts and direction
    assert flat["busiest"] == pytest.approx(2 * devices * size / hosts)
    assert levels["busiest"] == pytest.approx(flat["busiest"] / devices, rel=0.05)
    assert levels["bytes"][0] == levels["bytes"][-1] == levels["busiest"]


@pytest.mark.devices
def test_a_reduction_refuses_what_does_not_fit():
    program = Reduction(5, hosts=2, devices=2)
    rows = np.arange(20).reshape(4, 5)
    np.testing.assert_array_equal(program(rows).asnumpy(), rows.sum(0))
    with pytest.raises(
        ShapeError, match=r"on mesh\(host=2, device=2\) adds up rows of shape \(4, 5\), got \(2, 5\)"
    ):
        program(rows[:2])
    for wrong in ([[1, 2], [3]], "x", object(), rows + 1j):
        with pytest.raises(DTypeError, match="rows must be an array of numbers, got"):
            program(wrong)
    with pytest.raises(DeviceError, match=r"mesh\(host=8, device=8\) takes 64 devices; there are 4"):
        Reduction(5, hosts=8, devices=8)
    with pytest.raises(ArgumentError, match="hosts must be a whole number, 1 or more, got 0"):
        Reduction(5, hosts=0, devices=2)


HEADER = "HloModule step, num_partitions=8\n"
WRITTEN = {
    "replica_groups={{0,4},{1,5},{2,6},{3,7}}": ((0, 4), (1, 5), (2, 6), (3, 7)),
    "replica_groups=[2,4]<=[8]": ((0, 1, 2, 3), (4, 5, 6, 7)),
    "replica_groups=[4,2]<=[2,4]T(1,0)": ((0, 4), (1, 5), (2, 6), (3, 7)),
    "replica_groups=mesh['a'=4,'b'=2] {'b'}": ((0, 1), (2, 3), (4, 5), (6, 7)),
    "replica_groups=mesh['a'=4,'b'=2] {'a'}": ((0, 2, 4, 6), (1, 3, 5, 7)),
    "replica_groups=mesh['a'=2,'b'=4], device_ids=([4,2]T(1,0)) {'b'}": ((0, 2, 4, 6), (1, 3, 5, 7)),
    "replica_groups={}": ((0, 1, 2, 3, 4, 5, 6, 7),),
}


@pytest.mark.parametrize("written", WRITTEN)
def test_groups_are_read_in_every_form(written):
    line = f"  %sum = f32[6,2]{{1,0}} all-reduce(%x), channel_id=1, {written}, to_apply=%add"
    (found,) = collectives(HEADER + line)
    assert found.groups == WRITTEN[written]
    assert found.nbytes == 48


def test_bytes_are_those_that_go_in():
    pairs = "{0,1},{2,3}"
    text = f"""{HEADER}
  %a = (f32[2,3]{{1,0}}, /*index=1*/bf16[4]{{0}}) all-reduce(%x, %y), replica_groups={{{pairs}}}, to_apply=%add
  %b = f32[8]{{0}} all-gather(%x), replica_groups={{{pairs}}}, dimensions={{0}}
  %c = f32[4]{{0}} reduce-scatter(%x), replica_groups={{{pairs}}}, dimensions={{0}}
  %d = (f32[4]{{0}}, f32[8]{{0}}) all-gather-start(%x), replica_groups={{{pairs}}}, dimensions={{0}}
  %e = f32[8]{{0}} all-gather-done(%d)
  %f = f32[4]{{0}} collective-permute(%x), source_target_pairs={{{{0,4}},{{4,1}}}}
  %g = f32[4]{{0}} fusion(%a), calls=%all-reduce
"""
    found = collectives(text)
    assert [(each.kind, each.nbytes) for each in found] == [
        ("all-reduce", 32),
        ("all-gather", 16),
        ("reduce-scatter", 32),
        ("all-gather", 16),
        ("collective-permute", 16),
    ]
    assert between_hosts(text, 4) == {(0, 1): 16, (1, 0): 16}


def test_what_can_not_be_read_is_named():
    with pytest.raises(ArgumentError, match="reads a compiled program or its text, got int"):
        collectives(3)
    with pytest.raises(NotSupportedError, match=r"numbers of type 'f8e4m3fn' in 'f8e4m3fn\[4\]\{0\}'"):
        collectives("%s = f8e4m3fn[4]{0} all-reduce(%x), replica_groups={}, to_apply=%add")
    with pytest.raises(NotSupportedError, match='groups written as "replica_groups=mesh'):
        collectives("%s = f32[4]{0} all-reduce(%x), replica_groups=mesh['a'=8] {'a':(2)2}, to_apply=%add")


@pytest.mark.parametrize(
    ("operation", "groups"),
    [
        ("all-reduce", "replica_groups=[2,3]<=[4]"),
        ("all-reduce", "replica_groups=mesh['a'=2] {'b'}"),
        ("all-reduce", "replica_groups={{0,99}}"),
        ("all-reduce", "replica_groups={{0,0}}"),
        ("collective-permute", "source_target_pairs={{0,1,2}}"),
    ],
)
def test_groups_that_no_program_has_are_refused(operation, groups):
    with pytest.raises(ArgumentError, match=r"collectives\(\): no program has the groups of .%s = "):
        collectives(f"{HEADER}%s = f32[4]{{0}} {operation}(%x), {groups}")


def test_a_permute_of_nobody_sends_nothing():
    text = f"{HEADER}%s = f32[4]{{0}} collective-permute(%x), source_target_pairs={{}}"
    assert between_hosts(text, 2) == {}
