import pytest

from workbench.errors import ArgumentError
from workbench.memory.size import nbytes, text


@pytest.mark.parametrize(
    ("size", "expected"),
    [("4GB", 4 * 10**9), ("512 MiB", 512 * 2**20), ("1.5 kib", 1536), ("300", 300), (7, 7), ("2 bytes", 2)],
)
def test_a_size_is_a_number_or_text(size, expected):
    assert nbytes(size) == expected


@pytest.mark.parametrize("size", ["lots", "", "-1GB", 0, -3, None, True, float("nan"), "4 GB GB", 0.5])
def test_what_is_no_size_is_refused(size):
    with pytest.raises(ArgumentError, match=r"a budget is a size of a byte or more, such as '4GB'.*; got "):
        nbytes(size)


def test_sizes_are_shown_in_binary_units():
    assert [text(n) for n in (5, 2048, 3 * 2**20, 1.25 * 2**30)] == ["5 B", "2 KiB", "3 MiB", "1.25 GiB"]
