import re

import numpy as np
import pytest

from workbench.contraction import Expression, parse
from workbench.errors import ArgumentError, ShapeError


def test_an_expression_knows_its_tensors_and_sizes():
    found = parse(" bcd, cr,ds -> brs", [[8, 3, 4], np.array([3, 2]), (4, 5)])
    assert found == Expression(("bcd", "cr", "ds"), "brs", ((8, 3, 4), (3, 2), (4, 5)))
    assert dict(found.sizes) == {"b": 8, "c": 3, "d": 4, "r": 2, "s": 5}
    assert (found.summed, found.size("brs"), found.shape("sb"), str(found)) == (
        "cd",
        80,
        (5, 8),
        "bcd,cr,ds->brs",
    )
    with pytest.raises(TypeError):
        found.sizes["b"] = 9


@pytest.mark.parametrize(
    ("expression", "shapes", "explicit"),
    [
        ("ij,jk", [(2, 3), (3, 4)], "ij,jk->ik"),
        ("ba", [(2, 3)], "ba->ab"),
        ("ij,ij", [(2, 3), (2, 3)], "ij,ij->"),
        ("Ba,a", [(2, 3), (3,)], "Ba,a->B"),
        (",ij", [(), (2, 3)], ",ij->ij"),
    ],
)
def test_without_an_arrow_the_output_has_what_occurs_once(expression, shapes, explicit):
    assert str(parse(expression, shapes)) == explicit
    arrays = [np.ones(shape) for shape in shapes]
    assert np.einsum(expression, *arrays).shape == parse(expression, shapes).shape(explicit.split("->")[1])


@pytest.mark.parametrize(
    ("expression", "shapes", "explicit"),
    [
        ("...ij,jk->...ik", [(2, 5, 3, 4), (4, 6)], "abij,jk->abik"),
        ("...ij,...jk", [(5, 3, 4), (2, 5, 4, 6)], "bij,abjk->abik"),
        ("...i->...", [(3,)], "i->"),
    ],
)
def test_an_ellipsis_becomes_letters(expression, shapes, explicit):
    assert str(parse(expression, shapes)) == explicit
    arrays = [np.ones(shape) for shape in shapes]
    assert np.einsum(expression, *arrays).shape == np.einsum(explicit, *arrays).shape


@pytest.mark.parametrize(
    ("expression", "shapes", "says"),
    [
        (7, [(2,)], "an einsum expression is text such as 'ij,jk->ik', got 7"),
        ("i1->i", [(2, 2)], "'i1->i': '1' in 'i1' is no index; an index is a letter"),
        ("i->j->i", [(2,)], "'i->j->i': '-' in 'j->i' is no index"),
        ("......i->i", [(2,)], "'......i->i': '.' in '......i' is no index"),
        (
            "ij,jk->iz",
            [(2, 3), (3, 4)],
            "'ij,jk->iz': the output's index 'z' is in no tensor; the indices are i, j, k",
        ),
        ("ij->ii", [(2, 3)], "'ij->ii': the output has index 'i' 2 times; once is enough"),
    ],
)
def test_what_is_no_expression_is_refused(expression, shapes, says):
    with pytest.raises(ArgumentError, match=re.escape(says)):
        parse(expression, shapes)


@pytest.mark.parametrize(
    ("expression", "shapes", "says"),
    [
        ("ij,jk->ik", [(2, 3)], "'ij,jk->ik' has 2 tensors, but 1 came"),
        (
            "ij,j->i",
            [(2, 3, 4), (3,)],
            "'ij,j->i': tensor 0 is 'ij', 2 indices, but its shape (2, 3, 4) has 3 axes",
        ),
        ("...ij->i", [(3,)], "tensor 0 is '...ij', 2 indices or more, but its shape (3,) has 1 axis"),
        (
            "ij,jk->ik",
            [(2, 3), (4, 5)],
            "index 'j' is 3 in tensor 0, 'ij' of shape (2, 3), but 4 in tensor 1, 'jk' of shape (4, 5)",
        ),
        ("ii->i", [(2, 3)], "index 'i' is 2 in tensor 0, 'ii' of shape (2, 3), but 3 in tensor 0"),
        ("i->i", [(0,)], "'i->i': the shape of tensor 0 must be sizes of 1 or more, got (0,)"),
        ("i->i", [3], "'i->i': the shape of tensor 0 must be sizes of 1 or more, got 3"),
        ("ij->i", ["23"], "'ij->i': the shape of tensor 0 must be sizes of 1 or more, got '23'"),
        ("ij->i", [(2.7, 3)], "'ij->i': the shape of tensor 0 must be sizes of 1 or more, got (2.7, 3)"),
        ("ij->i", [{2, 3}], "'ij->i': the shape of tensor 0 must be sizes of 1 or more, got {2, 3}"),
        ("i->i", 3, "'i->i': shapes are a sequence, one a tensor, got 3"),
        ("i...->i", [(1,) * 53], "an ellipsis stands for 52 axes, and only 51 letters are left for them"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(expression, shapes, says):
    with pytest.raises(ShapeError, match=re.escape(says)):
        parse(expression, shapes)
