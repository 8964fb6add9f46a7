"""Rules of ranks, by hand on shapes that are small enough, and against ranks of random tensors."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import ArgumentError, ShapeError
from workbench.lowrank import CP, FORMATS, TensorTrain, Tucker, format_of

SHAPE = (3, 4, 5)
shapes = st.lists(st.integers(1, 9), min_size=2, max_size=5).map(tuple)
formats = st.sampled_from(list(FORMATS.values()))


def test_shapes_of_factors_and_parameters():
    assert CP().shapes(SHAPE, (2,)) == ((3, 2), (4, 2), (5, 2))
    assert CP().parameters(SHAPE, (2,)) == 2 * (3 + 4 + 5)
    assert Tucker().shapes(SHAPE, (2, 3, 4)) == ((2, 3, 4), (3, 2), (4, 3), (5, 4))
    assert Tucker().parameters(SHAPE, (2, 3, 4)) == 24 + 6 + 12 + 20
    assert TensorTrain().shapes(SHAPE, (2, 3)) == ((1, 3, 2), (2, 4, 3), (3, 5, 1))
    assert TensorTrain().parameters(SHAPE, (2, 3)) == 6 + 24 + 15


def test_a_mode_without_a_factor_keeps_its_size_in_the_core():
    kernel = Tucker(modes=(0, 1))
    assert kernel.shapes((64, 32, 3, 3), (16, 8)) == ((16, 8, 3, 3), (64, 16), (32, 8))
    assert kernel.resolve((64, 32, 3, 3), 40) == (40, 32)


def test_bounds():
    assert CP().bounds(SHAPE) == (12,)  # 3 · 4
    assert Tucker().bounds((2, 3, 50)) == (2, 3, 6)
    assert TensorTrain().bounds((2, 3, 4, 5)) == (2, 6, 5)


@pytest.mark.parametrize(("kind", "rank"), [("tucker", (3, 4, 5)), ("tt", (3, 5))])
def test_the_bounds_are_the_ranks_of_a_tensor_in_general_position(kind, rank):
    x = np.random.default_rng(0).normal(size=SHAPE)
    by_mode = [np.linalg.matrix_rank(np.moveaxis(x, k, 0).reshape(SHAPE[k], -1)) for k in range(3)]
    by_bond = [np.linalg.matrix_rank(x.reshape(math.prod(SHAPE[:k]), -1)) for k in (1, 2)]
    assert FORMATS[kind].bounds(SHAPE) == rank == tuple(by_mode if kind == "tucker" else by_bond)


def test_a_number_is_the_most_that_every_place_has():
    assert CP().resolve(SHAPE, 7) == (7,)
    assert Tucker().resolve(SHAPE, 4) == (3, 4, 4)
    assert Tucker().resolve((4, 2, 1), 2) == (2, 2, 1)
    assert TensorTrain().resolve(SHAPE, 4) == (3, 4)
    assert Tucker().resolve(SHAPE, np.int64(2)) == (2, 2, 2)


def test_a_sequence_is_taken_as_it_is():
    assert CP().resolve(SHAPE, [7]) == (7,)
    assert Tucker().resolve((2048, 7, 7, 1000), (200, 1, 1, 200)) == (200, 1, 1, 200)
    assert TensorTrain().resolve(SHAPE, (2, 3)) == (2, 3)
    assert TensorTrain().resolve(SHAPE, np.array([1, 2, 3, 1])) == (2, 3)


def test_a_fraction_is_the_highest_rung_within_it():
    assert CP().resolve(SHAPE, 0.5) == (2,)  # 30 of 60; a term takes 12
    assert Tucker().resolve((10, 10, 10), 0.1) == (2, 2, 2)  # 8 + 60; with 3 it would be 27 + 90
    assert TensorTrain().resolve((10, 10, 10), 0.1) == (2, 2)  # 20 + 40 + 20; with 3 it would be 150


@given(shapes, formats, st.floats(0.01, 1))
def test_a_fraction_is_kept_to(shape, kind, fraction):
    budget = fraction * math.prod(shape)
    rank = kind.within(shape, budget)
    least = kind.parameters(shape, kind.rung(shape, 1))
    if rank is None:
        assert least > budget
        with pytest.raises(ArgumentError):
            kind.resolve(shape, fraction)
    else:
        assert kind.parameters(shape, rank) <= budget
        assert kind.resolve(shape, fraction) == rank


@given(shapes, formats)
def test_a_ladder_climbs_everywhere_and_every_rung_is_a_rank(shape, kind):
    rungs = [kind.rung(shape, step) for step in range(1, kind.rungs(shape) + 1)]
    assert rungs[0] == tuple(1 for _ in rungs[0])
    assert all(kind.check(shape, rung) == rung for rung in rungs)
    assert all(all(map(int.__le__, low, high)) for low, high in itertools.pairwise(rungs))


@given(shapes, formats, st.integers(1, 9))
def test_a_number_gives_a_rank_that_holds_when_it_is_written_out(shape, kind, number):
    number = min(number, kind.rungs(shape))
    rank = kind.resolve(shape, number)
    assert kind.resolve(shape, rank) == rank


@pytest.mark.parametrize(
    ("kind", "rank", "said"),
    [
        (
            "cp",
            13,
            "rank=13: CP of (3, 4, 5) has a rank from 1 to 12, the least product of all modes but one",
        ),
        (
            "cp",
            (13,),
            "rank=13: CP of (3, 4, 5) has a rank from 1 to 12, the least product of all modes but one",
        ),
        ("cp", 0, "rank=0: CP of (3, 4, 5) has a rank from 1 to 12, the least product of all modes but one"),
        ("cp", (2, 2, 2), "rank=(2, 2, 2): CP has one rank, the number of its terms, not 3"),
        (
            "tucker",
            6,
            "rank=6: Tucker of (3, 4, 5) has a rank from 1 to 5, the size of a mode, or the product of all others "
            "where that is less",
        ),
        (
            "tucker",
            (2, 2),
            "rank=(2, 2): Tucker of (3, 4, 5) has 3 ranks, one for each mode, not 2",
        ),
        (
            "tucker",
            (2, 5, 2),
            "rank=(2, 5, 2): the rank of mode 1 of (3, 4, 5) is from 1 to 4, got 5",
        ),
        (
            "tucker",
            (1, 2, 3),
            "rank=(1, 2, 3): the rank of mode 2 is at most 2, the product of the core's other modes, got 3",
        ),
        ("tt", (2,), "rank=(2,): a tensor train of (3, 4, 5) has 2 ranks, one for each bond, not 1"),
        (
            "tt",
            (1, 5),
            "rank=(1, 5): the bond between modes 1 and 2 of (3, 4, 5) is from 1 to 4, what the modes and the "
            "bond before it allow, got 5",
        ),
        (
            "tt",
            0.1,
            "rank=0.1: the smallest tensor train of (3, 4, 5), of rank 1, has 12 parameters, 0.2 of the tensor's 60",
        ),
        (
            "cp",
            2.0,
            "rank=2.0: a fraction of parameters is above 0 and at most 1; a rank is a whole number",
        ),
        (
            "cp",
            True,
            "rank=True: it is a whole number, one for each place of CP, or a fraction of parameters",
        ),
        (
            "tucker",
            (0.5, 2, 2),
            "rank=(0.5, 2, 2): it is a whole number, one for each place of Tucker, or a fraction of parameters",
        ),
    ],
)
def test_a_rank_that_does_not_fit_is_refused(kind, rank, said):
    with pytest.raises(ArgumentError) as caught:
        FORMATS[kind].resolve(SHAPE, rank)
    assert str(caught.value) == said


def test_a_vector_and_an_empty_tensor_have_no_format():
    for shape in ((5,), (3, 0, 2)):
        with pytest.raises(
            ShapeError, match="CP takes a tensor of two modes or more, none of them empty, got"
        ):
            CP().resolve(shape, 1)


@pytest.mark.parametrize("shape", [None, 5, "ab", (3.0, 2), (3, "a"), (3, True), ((1, 2), 3)])
def test_what_is_no_shape_is_named(shape):
    for form in FORMATS.values():
        with pytest.raises(ShapeError) as caught:
            form.resolve(shape, 1)
        said = f"{form.title} takes a tensor's shape, a tuple of whole numbers, got {shape!r}"
        assert str(caught.value) == said


def test_modes_that_the_tensor_has_not_are_refused():
    for modes in ((1, 0), (0, 3), ()):
        with pytest.raises(ArgumentError, match="they are ascending modes of the tensor"):
            Tucker(modes).bounds(SHAPE)


@pytest.mark.parametrize("modes", [3, (True,), "01", (0.5, 1)])
def test_modes_are_whole_numbers(modes):
    with pytest.raises(ArgumentError, match="takes modes counted from 0, such as"):
        Tucker(modes=modes)


def test_a_format_is_asked_for_by_name():
    assert format_of("tt") is FORMATS["tt"]
    kernel = Tucker((0, 1))
    assert format_of(kernel) is kernel
    with pytest.raises(ArgumentError) as caught:
        format_of("tuker")
    assert str(caught.value) == "format='tuker': it is one of 'cp', 'tucker', 'tt'. Did you mean 'tucker'?"
