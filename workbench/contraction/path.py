"""The words in which an order is asked for, and given."""

from __future__ import annotations

from typing import Literal

Path = tuple[tuple[int, ...], ...]  # the places of the tensors that each step takes; see `order`
Terms = list[frozenset[str]]  # the indices of each tensor
Objective = Literal["flops", "size"]  # fewest operations, or smallest intermediates
