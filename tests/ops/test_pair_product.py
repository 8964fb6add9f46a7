import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.ops.pair_product import pair_product

SIZES = dict(zip("abcdef", (2, 3, 1, 4, 5, 2), strict=True))
TERMS = st.permutations(list(SIZES)).flatmap(
    lambda letters: st.integers(1, 4).map(lambda n: "".join(letters[:n]))
)


@settings(max_examples=40, deadline=None)
@given(TERMS, TERMS, st.sets(st.sampled_from(list(SIZES))), st.sampled_from(["float32", "int8"]))
def test_is_the_einsum_whatever_is_shared_kept_and_summed(one, other, chosen, dtype):
    rng = np.random.default_rng(0)
    wanted = "".join(sorted(chosen & set(one + other)))
    a, b = (rng.integers(-2, 3, [SIZES[n] for n in term]).astype(dtype) for term in (one, other))
    letters, found = pair_product((one, a), (other, b), wanted)
    assert sorted(letters) == list(wanted)
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, np.einsum(f"{one},{other}->{letters}", a, b))


@pytest.mark.parametrize(
    ("other", "wanted", "result"),
    [("cd", "abd", "abd"), ("db", "acd", "acd"), ("ad", "bcd", "dbc"), ("bc", "ac", "ac")],
)
def test_the_axes_of_the_larger_tensor_stay_in_their_order(other, wanted, result):
    large, small = np.ones((8, 8, 8), np.float32), np.ones((8, 8), np.float32)
    assert pair_product((other, small), ("abc", large), wanted)[0] == result
