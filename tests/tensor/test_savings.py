"""Numbers that layers hold, against arithmetic by hand."""

import pytest

from workbench.errors import ArgumentError
from workbench.tensor.savings import Head, contraction_parameters, regression_parameters, savings


def test_savings_are_the_part_that_is_gone():
    assert savings(100, 25) == 0.75
    assert savings(100, 110) == pytest.approx(-0.1)


def test_a_head_of_dense_layers():
    head = Head((256, 6, 6), (4096, 4096, 1000))
    assert head.dense == (37_748_736, 16_777_216, 4_096_000)  # 9216·4096, 4096², 4096·1000
    assert head.biases == 9_192
    assert head.contraction == 0


def test_a_contraction_has_a_matrix_a_mode_and_the_first_dense_layer_takes_what_it_gives():
    head = Head((256, 5, 5), (3276, 1000), contracted=(200, 5, 5))
    assert head.contraction == 51_250  # 256·200 + 25 + 25
    assert head.dense == (16_380_000, 3_276_000)  # 5000·3276, 3276·1000
    assert contraction_parameters((512, 7, 7), (384, 5, 5)) == 196_678  # 512·384 + 35 + 35


def test_a_regression_weight_has_a_core_and_a_factor_a_mode():
    # 200·200, then 2048·200, 7, 7 and 1000·200
    assert regression_parameters((2048, 7, 7), (1000,), (200, 1, 1, 200)) == 40_000 + 409_600 + 14 + 200_000
    with pytest.raises(
        ArgumentError, match="the rank of mode 0 is at most 100, the product of the core's other"
    ):
        regression_parameters((2048, 7, 7), (1000,), (200, 1, 1, 100))
