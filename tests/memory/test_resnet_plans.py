"""What the strategies reach on a network of a thousand layers, from shapes alone."""

import pytest

from workbench.memory.chain import chain
from workbench.memory.chen import chen
from workbench.memory.liveness import peak
from workbench.memory.schedule import unplanned
from workbench.memory.segments import segments
from workbench.networks import resnet
from workbench.symbolic.memory import training_pass


@pytest.fixture(scope="module")
def work():
    network = resnet(998)
    return training_pass(network.symbol, network.shapes).workload


def figures(work, schedule):
    """Bytes of feature maps at the peak, and forwards run again."""
    schedule.check(work)
    return peak(work, schedule), schedule.recomputed_flops(work) / sum(work.flops[: work.forward])


def test_one_extra_forward_brings_a_network_of_a_thousand_layers_below_three_gigabytes(work):
    taken, extra = figures(work, segments(work))
    assert taken <= 3.0e9
    assert extra <= 1
    assert figures(work, unplanned(work))[0] > 12 * taken


def test_the_dynamic_programme_is_better_than_the_thresholds_in_both(work):
    taken, extra = figures(work, chen(work))
    same_memory, same_work = figures(work, chain(work, taken)), figures(work, chain(work, extra=extra))
    print(f"chen {taken / 1e9:.3f} GB, {extra:.3f} extra forwards")
    print(f"chain in as much memory: {same_memory[0] / 1e9:.3f} GB, {same_memory[1]:.3f} extra forwards")
    print(f"chain with as much work: {same_work[0] / 1e9:.3f} GB, {same_work[1]:.3f} extra forwards")
    assert same_memory[0] <= taken
    assert same_memory[1] < extra
    assert same_work[0] < taken
    assert same_work[1] <= extra
