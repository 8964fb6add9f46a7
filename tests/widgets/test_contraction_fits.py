import numpy as np
from workbench_widgets.contraction_fits import Fits

TENSOR = np.random.default_rng(0).normal(size=(6, 5, 4))


def test_a_fit_is_left_between_two_of_its_iterations():
    """The tensor train is fitted, and three iterations of CP are made; then nothing is asked for any more."""
    fits = Fits(TENSOR.shape)
    fits.tensor = TENSOR
    asked = []

    def cancelled():
        asked.append(len(fits.picture()["cp"]))
        return len(asked) > 5

    assert list(fits.more({"tt": (2, 2), "cp": (3,)}, cancelled)) != []
    assert asked == [0] * 6
    assert [fit["rank"] for fit in fits.picture()["tt"]] == [[2, 2]]
