"""Ways of counting, pinned to arithmetic by hand on networks small enough for it."""

import pytest

from workbench import networks
from workbench.ledger.accounting import ACCOUNTINGS, apart, in_place, recomputed, shared, weight_gradients
from workbench.memory.workload import Operation, Workload
from workbench.symbolic.memory import training_pass

UNSUMMED = "weight gradients before they are summed"


def counted(network, count):
    return count(training_pass(network.symbol, network.shapes, wanted=list(network.parameters)))


def mlp():
    """A layer of 8 and a classifier of 4 on 2 examples: activations of 64 and 32 bytes."""
    return networks.deep_mlp(depth=1, width=8, batch=2, inputs=3, classes=4)


def test_apart_every_value_counts():
    found = counted(mlp(), apart)
    activations = 64 + 64 + 32  # the layer, its activation, the classifier; the softmax belongs to the caller
    gradients = 32 + 64 + 64  # of the classifier, of the activation, of the layer; none of the data
    assert found.parts == {"activations": activations, UNSUMMED: 0, "other gradients": gradients}
    assert found.size == activations + gradients


def test_in_place_an_activation_lies_over_its_layer_and_so_does_its_gradient():
    assert counted(mlp(), in_place).size == (64 + 32) + (32 + 64)


def test_shared_the_classifiers_gradient_takes_the_place_of_its_values():
    assert counted(mlp(), shared).size == 64 + 32 + 64


def test_recomputed_less_is_there_at_once():
    deep = networks.deep_mlp(depth=32, width=16, batch=16)
    found = counted(deep, recomputed)
    assert found.parts["alive at once"] <= found.size < counted(deep, shared).size


@pytest.mark.parametrize("steps", [2, 3, 5])
def test_a_step_has_its_own_gradient_of_each_weight_and_its_own_partial_sum(steps):
    lstm = networks.unrolled_lstm(layers=2, hidden=6, steps=steps, batch=4, embed=5, inputs=7, outputs=9)
    found = counted(lstm, apart)
    copies = steps + (steps - 2)  # the last sum belongs to the caller
    assert found.parts[UNSUMMED] == copies * 4 * lstm.parameter_count
    assert found.size == sum(found.parts.values())


def test_most_of_the_270_gb_of_the_lstm_is_unshared_gradients_of_weights():
    """The same arithmetic at the claim's size: 4 layers of 1000, 1000 steps."""
    parameters = networks.unrolled_lstm(steps=2, inputs=50, outputs=50).parameter_count
    unsummed = (1000 + 998) * 4 * parameters
    assert 0.9 * 270e9 < unsummed < 270e9


def test_a_gradient_that_a_sum_passes_on_is_counted_once():
    plain = networks.resnet((1,), image=(3, 9, 9), batch=1, classes=2, base=1)
    found = counted(plain, apart)
    assert found.parts["other gradients"] < found.parts["activations"] + 4 * 1 * 3 * 9 * 9


def test_weight_gradients_are_followed_through_sums():
    operations = [
        Operation("forward", (0,), (1,)),
        Operation("first", (1,), (2,), of=0),
        Operation("second", (1,), (3,), of=0),
        Operation("sum", (2, 3), (4,)),
    ]
    work = Workload(operations, 1, [4] * 5, [0], [4])
    assert weight_gradients(work) == {2, 3, 4}


def test_every_way_of_counting_says_how():
    assert all(accounting.how for accounting in ACCOUNTINGS.values())
