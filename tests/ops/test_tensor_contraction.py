"""Small factors are multiplied with each other before the data meets them."""

import numpy as np
import pytest

from workbench.ops.factors import SMALL, joined
from workbench.ops.tensor_contraction import matrices, tensor_contraction

RNG = np.random.default_rng(0)


def terms(*shapes):
    found = matrices((), tuple(rows for rows, _ in shapes))
    return [(factor, RNG.normal(size=shape)) for factor, shape in zip(found, shapes, strict=True)]


@pytest.mark.parametrize(
    ("shapes", "letters"),
    [
        (((200, 256), (5, 5), (5, 5)), ["Ab", "BCcd"]),
        (((2, 4), (3, 2), (4, 2)), ["BACcbd"]),
        (((8, 16), (8, 16)), ["Ab", "Bc"]),
        (((8, 2), (8, 2)), ["ABbc"]),
        (((9, 2), (8, 2)), ["Ab", "Bc"]),
        (((3, 9),), ["Ab"]),
    ],
    ids=str,
)
def test_the_smallest_are_joined_while_they_stay_small(shapes, letters):
    found = joined(terms(*shapes))
    assert [factor.letters for factor, _ in found] == letters
    for factor, array in found[len(shapes) - 1 :]:
        half = len(factor.letters) // 2
        assert max(np.prod(array.shape[:half]), np.prod(array.shape[half:])) <= max(SMALL, max(shapes[0]))


def test_joined_or_not_the_layer_gives_the_same(monkeypatch):
    x = RNG.normal(size=(3, 40, 5, 4)).astype(np.float32)
    weights = [RNG.normal(size=shape).astype(np.float32) for shape in ((30, 40), (3, 5), (4, 4))]
    results = []
    for small in (0, 32, 10_000):
        monkeypatch.setattr("workbench.ops.factors.SMALL", small)
        results.append(np.asarray(tensor_contraction.fn(x, *weights, ranks=(30, 3, 4))))
    want = np.einsum("bcij,Rc,Si,Tj->bRST", x, *weights)
    for result in results:
        np.testing.assert_allclose(result, want, rtol=0, atol=1e-5 * np.abs(want).max())
