import itertools
import re
from dataclasses import FrozenInstanceError

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from random_expressions import arrays, expressions

import workbench as wb
from workbench.contraction import find, parse
from workbench.errors import ArgumentError, BudgetError, DTypeError, ExecutionError, ShapeError
from workbench.tensor.operands import random_tensors

LAYER = "bcd,cr,ds->brs", (8, 3, 4), (3, 2), (4, 2)


def test_predicted_stands_beside_measured():
    found = wb.tensor.contract("ab,bc,cd->ad", (64, 256), (256, 512), (512, 32))
    assert found.tree.path == ((1, 2), (0, 1))
    work = 2 * 256 * 512 * 32 + 2 * 64 * 256 * 32
    assert (found.flops.value, found.flops.unit, found.flops.kind) == (work, "FLOP", "predicted")
    assert (found.xla_flops.value, found.xla_flops.kind) == (work, "measured")
    assert (found.largest.value, found.largest_bytes.value) == (256 * 32, 256 * 32 * 4)
    assert (found.temporary.value, found.xla_temporary.value) == (256 * 32 * 4, 256 * 32 * 4)
    assert found.time is None
    assert all(q.how and q.name for q in (found.flops, found.largest, found.temporary, found.xla_flops))
    with pytest.raises(FrozenInstanceError):
        found.order = "other"


@pytest.mark.parametrize("wrap", [np.asarray, jnp.asarray, wb.nd.array])
def test_tensors_are_contracted_when_it_runs(wrap):
    given = [wrap(array) for array in arrays(LAYER[1:], np.float32)]
    found = wb.tensor.contract(LAYER[0], *given).run()
    assert isinstance(found, wb.nd.NDArray)
    wanted = np.einsum(
        LAYER[0], *(np.asarray(array.asnumpy() if wrap is wb.nd.array else array) for array in given)
    )
    np.testing.assert_allclose(found.asnumpy(), wanted, rtol=1e-5)


def test_it_runs_for_other_tensors_of_the_shapes_as_its_dtype():
    found = wb.tensor.contract(*LAYER)
    given = arrays(LAYER[1:], np.float64)
    result = found.run(*given)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result.asnumpy(), np.einsum(LAYER[0], *given), rtol=1e-5)
    np.testing.assert_allclose(jax.jit(found.to_jax())(*given), result.asnumpy(), rtol=1e-5)


def test_dtypes_are_those_of_the_tensors():
    assert wb.tensor.contract(LAYER[0], *arrays(LAYER[1:], np.float64)).run().dtype == np.float64
    halved = wb.tensor.contract(*LAYER, dtype="float16")
    assert halved.largest_bytes.value * 2 == wb.tensor.contract(*LAYER).largest_bytes.value


@pytest.mark.parametrize(
    "order", ["best", "left_to_right", "single_loop", "optimal", "dp", "greedy", ((1, 2), (0, 1))]
)
def test_every_order_gives_the_same(order):
    given = arrays(LAYER[1:], np.float32)
    found = wb.tensor.contract(LAYER[0], *given, order=order)
    assert found.order == (order if isinstance(order, str) else "given")
    np.testing.assert_allclose(found.run().asnumpy(), np.einsum(LAYER[0], *given), rtol=1e-4, atol=1e-6)


def test_time_is_measured_when_it_is_asked():
    for found in (wb.tensor.contract(*LAYER), wb.tensor.contract(LAYER[0], *arrays(LAYER[1:]))):
        timed = found.measure(repeats=3)
        assert (timed.time.unit, timed.time.kind, found.time) == ("s", "measured", None)
        low, high = timed.time.spread
        assert 0 < low <= timed.time.value <= high
        assert "median of 3 runs" in timed.time.how


def needing_memory(count):
    """Random expressions whose intermediates take some KiB."""
    drawn = expressions(12, 2000, range(2, 6), rank=3, indices=6, sizes=(2, 4, 7, 16, 30))
    large = ((e, shapes) for e, shapes in drawn if 1000 < find(parse(e, shapes)).peak < 100_000)
    return list(itertools.islice(large, count))


@pytest.mark.parametrize("part", [2, 10])
def test_buffers_of_xla_keep_to_the_limit_and_the_result_stays(part):
    """The limit covers temporary buffers, beside the tensors a program is given and the one it returns."""
    drawn = needing_memory(10)
    assert len(drawn) == 10
    for expression, shapes in drawn:
        given = arrays(shapes, np.float32)
        limit = int(wb.tensor.contract(expression, *given).temporary.value / part)
        cut = wb.tensor.contract(expression, *given, memory_limit=limit)
        result = cut.run().asnumpy()
        stats = cut.program.compiled.memory_analysis()
        assert stats.temp_size_in_bytes <= limit
        assert stats.argument_size_in_bytes == sum(array.nbytes for array in given)
        assert stats.output_size_in_bytes == result.nbytes
        np.testing.assert_allclose(result, np.einsum(expression, *given), rtol=1e-3, atol=1e-3)


def test_a_limit_is_a_size_as_a_budget_is():
    shapes = (64, 256), (256, 512), (512, 32)
    cut = wb.tensor.contract("ab,bc,cd->ad", *shapes, order="left_to_right", memory_limit="16KiB")
    assert cut.tree.slices > 1
    assert cut.xla_temporary.value <= 16 * 1024 < 64 * 512 * 4
    assert wb.tensor.contract("ab,bc,cd->ad", *shapes, memory_limit="4MB").tree.parts == ()


def test_an_impossible_limit_tells_the_least_that_is_possible():
    shapes = (6, 4), (4, 8), (8, 2)
    with pytest.raises(
        BudgetError, match="ab,bc,cd->ad: the temporary buffers can't be kept within 16 B"
    ) as caught:
        wb.tensor.contract("ab,bc,cd->ad", *shapes, memory_limit=16)
    least = caught.value.least
    assert f"cut to single values, XLA still assigns {least} B" in str(caught.value)
    assert wb.tensor.contract("ab,bc,cd->ad", *shapes, memory_limit=least).xla_temporary.value <= least


def test_a_report_has_a_line_a_figure_and_a_step():
    found = wb.tensor.contract("ab,bc,cd->ad", (64, 256), (256, 512), (512, 32), memory_limit="16KiB")
    lines = found.measure(repeats=1).report().splitlines()
    assert lines[:2] == ["ab,bc,cd->ad", "order                 best"]
    assert lines[2].startswith("work                  9.44 MFLOP predicted, 9.44 MFLOP measured (XLA)")
    assert lines[3].startswith("largest intermediate  1,024 elements, 4 KiB predicted")
    assert lines[4].startswith("temporary memory ")
    assert lines[5].startswith("slices                ")
    assert lines[6].startswith("time                  ")
    assert lines[7] == "steps"
    assert lines[8].startswith("  T3 = T1 · T2          bc,cd->bd")
    assert lines[9].startswith("  T4 = T0 · T3          ab,bd->ad")
    assert repr(found) == "Contraction(ab,bc,cd->ad, best: 9.44 MFLOP predicted)"


@pytest.mark.parametrize(
    ("operands", "options", "error", "says"),
    [
        ([(2, 3), np.ones((3, 4))], {}, ArgumentError, "either tensors or shapes: operand 1 is a tensor, operand 0"),
        ([(2, 3)], {}, ShapeError, "'ij,jk->ik' has 2 tensors, but 1 came"),
        ([(2, 3), (4, 5)], {}, ShapeError, "index 'j' is 3 in tensor 0"),
        ([(2, 3), (3, 5)], {"order": "quick"}, ArgumentError, "there is no order 'quick'"),
        ([(2, 3), (3, 5)], {"minimize": "time"}, ArgumentError, "minimize must be 'flops' or 'size', got 'time'"),
        ([(2, 3), (3, 5)], {"memory_limit": "lots"}, ArgumentError, "memory_limit is a size of a byte or more"),
        ([(2, 3), (3, 5)], {"dtype": "float31"}, DTypeError, "unknown dtype 'float31'"),
    ],
)  # fmt: skip
def test_what_can_not_be_contracted_is_refused(operands, options, error, says):
    with pytest.raises(error, match=re.escape(says)):
        wb.tensor.contract("ij,jk->ik", *operands, **options)


def test_running_needs_tensors_of_the_shapes():
    found = wb.tensor.contract("ij,jk->ik", (2, 3), (3, 4))
    with pytest.raises(ArgumentError, match="ij,jk->ik was given shapes alone; run takes its 2 tensors"):
        found.run()
    says = "ij,jk->ik is for tensors of shapes ((2, 3), (3, 4)), got ((3, 2), (3, 4))"
    with pytest.raises(ShapeError, match=re.escape(says)):
        found.run(np.ones((3, 2)), np.ones((3, 4)))
    with pytest.raises(ArgumentError, match="repeats must be a whole number, 1 or more, got 0"):
        found.measure(repeats=0)


@pytest.mark.parametrize("dtype", [object, "U1", "datetime64[s]"])
def test_tensors_hold_numbers(dtype):
    with pytest.raises(DTypeError, match="tensors of numbers can be contracted, tensor 1 holds"):
        wb.tensor.contract("ij,j->i", np.ones((2, 2)), np.zeros(2, dtype))


def test_what_xla_can_not_count_is_refused_before_it_is_compiled():
    found = wb.tensor.contract("a,b->ab", (10**12,), (10**12,))
    assert found.flops.value == 10**24
    with pytest.raises(
        ShapeError, match="a tensor or a step is beyond the 2⁶³ bytes and operations that XLA"
    ):
        found.xla_temporary  # noqa: B018 (a property that compiles)
    assert "– measured (XLA)" in found.report()


def test_what_memory_does_not_hold_is_not_measured():
    with pytest.raises(ExecutionError, match=r"^a,b->ab could not be measured: .*allocat"):
        wb.tensor.contract("a,b->ab", (10**6,), (10**7,)).measure()


def test_tensors_that_are_none_are_refused_when_they_come():
    found = wb.tensor.contract("ij,jk->ik", (2, 3), (3, 4))
    with pytest.raises(
        ShapeError, match=r"^tensor 0: lists of different lengths are none, got \[\[1, 2\], \[3\]\]$"
    ):
        found.run([[1, 2], [3]], np.ones((3, 4)))
    with pytest.raises(DTypeError, match=r"^ij,jk->ik was made for float32, and tensor 1 holds complex128$"):
        found.run(np.ones((2, 3)), np.ones((3, 4), complex))


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "int8", "bool", "complex64"])
def test_numbers_to_measure_with_are_drawn_as_narrow_as_they_will_be(dtype):
    expression = wb.contraction.parse("ij,j->i", ((40, 50), (50,)))
    for tensor in random_tensors(expression, [np.dtype(dtype)] * 2):
        assert tensor.dtype == dtype
        low, high = (0, 1) if np.dtype(dtype).kind in "ib" else (-1, 1)
        assert low <= tensor.real.min() < 0.1 + 0.9 * low
        assert 0.9 * high < tensor.real.max() <= high
