"""What a compact form of something saves, in numbers to be stored."""

from __future__ import annotations


def savings(original: int, compact: int) -> float:
    """The part of the numbers that is saved: 1 − compact / original; below 0 where there are more than before.

    Source: J. Kossaifi et al., "Tensor Regression Networks", Journal of Machine Learning Research 21, 2020, Section 5.
    """
    return 1 - compact / original
