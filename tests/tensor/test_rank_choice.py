import itertools

import numpy as np
import pytest

from workbench.tensor.rank_choice import Point, choices, costing, hull, total, within


def random_layers(seed, layers=3, points=4):
    """Layers whose costs grow as they shrink, but not evenly; the first point is dense and free."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(layers):
        sizes = sorted(rng.choice(np.arange(1, 60), points, replace=False).tolist(), reverse=True)
        costs = [0.0, *np.cumsum(rng.exponential(size=points - 1)).tolist()]
        found.append([Point(size, cost) for size, cost in zip(sizes, costs, strict=True)])
    return found


def every_choice(layers):
    return list(itertools.product(*(range(len(points)) for points in layers)))


def test_a_hull_leaves_out_what_costs_more_than_the_way_past_it():
    points = [Point(10, 0), Point(9, 5), Point(6, 4), Point(3, 7), Point(1, 20)]
    assert hull(points) == [0, 3, 4]
    assert hull([Point(4, 0), Point(4, 2), Point(1, 1)]) == [0, 2]
    assert hull([Point(4, 0)]) == [0]


@pytest.mark.parametrize("seed", range(20))
def test_no_choice_of_as_few_parameters_costs_less_than_those_on_the_way(seed):
    layers = random_layers(seed)
    all_ways = [total(layers, choice) for choice in every_choice(layers)]
    for choice in choices(layers):
        here = total(layers, choice)
        assert here.cost <= min(w.cost for w in all_ways if w.parameters <= here.parameters) + 1e-12


@pytest.mark.parametrize("seed", range(20))
def test_a_budget_is_kept_to_and_what_is_left_over_is_spent(seed):
    layers = random_layers(seed)
    for most in range(1, 180, 7):
        found = within(layers, most)
        if found is None:
            assert most < sum(points[-1].parameters for points in layers)
            continue
        here = total(layers, found)
        assert here.parameters <= most
        assert here.cost <= min(
            total(layers, c).cost for c in choices(layers) if total(layers, c).parameters <= most
        )
        for layer, points in enumerate(layers):  # no layer could be larger and better
            for point in points:
                room = here.parameters - points[found[layer]].parameters + point.parameters
                assert room > most or point.cost >= points[found[layer]].cost


@pytest.mark.parametrize("seed", range(10))
def test_a_limit_on_cost_is_kept_to(seed):
    layers = random_layers(seed)
    sizes = []
    for limit in (0.0, 0.5, 1.0, 3.0, 100.0):
        found = total(layers, costing(layers, limit))
        assert found.cost <= limit
        sizes.append(found.parameters)
    assert sizes[0] == sum(points[0].parameters for points in layers)
    assert sizes[-1] == sum(points[-1].parameters for points in layers)
