"""Finding what repeats: runs of equal blocks in a sequence.

A network of a hundred layers is a few blocks written many times.  `runs` finds them in the sequence of its
operators (a *tandem repeat*: the same p symbols r times in a row), so that each distinct block need be
compiled only once.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

WINDOW = 6  # equal symbols in a row that make a place worth looking at
CANDIDATES = 12  # places with the same window that are tried as the start of the next block
LONGEST = 384  # symbols of a block; what is longer is mostly shorter blocks again, which are found instead


@dataclass(frozen=True)
class Run:
    """`count` equal blocks of `period` symbols, the first at `start`."""

    start: int
    period: int
    count: int

    @property
    def stop(self) -> int:
        """The place after the last block."""
        return self.start + self.period * self.count


def runs(symbols: Sequence[Hashable], least: int = 8) -> list[Run]:
    """Runs of equal blocks, from left to right, none overlapping.

    At each place the period is chosen that saves most, by the symbols that need not be compiled again.

    Args:
        least: symbols a run must save; shorter repeats are not worth a cut.
    """
    numbers: dict[Hashable, int] = {}
    text = [numbers.setdefault(s, len(numbers)) for s in symbols]
    places = _following(text)
    found = []
    at = 0
    while at < len(text):
        best = _best(text, at, places)
        if best is not None and (best.count - 1) * best.period >= least:
            found.append(best)
            at = best.stop
        else:
            at += 1
    return found


def _following(text: Sequence[int]) -> list[int]:
    """For each place the next one with the same window of symbols, or -1."""
    following = [-1] * len(text)
    last: dict[tuple[int, ...], int] = {}
    for place in range(len(text) - 1, -1, -1):
        window = tuple(text[place : place + WINDOW])
        following[place] = last.get(window, -1)
        last[window] = place
    return following


def _best(text: Sequence[int], at: int, following: Sequence[int]) -> Run | None:
    best = None
    place = at
    for _ in range(CANDIDATES):
        place = following[place]
        if place < 0:
            break
        period = place - at
        if period > LONGEST:
            break
        count = _matched(text, at, period) // period + 1
        if count > 1 and (best is None or (count - 1) * period > (best.count - 1) * best.period):
            best = Run(at, period, count)
    return best


def _matched(text: Sequence[int], at: int, period: int) -> int:
    """How many symbols from `at` on are equal to the one a period later."""
    end = at
    while end + period < len(text) and text[end] == text[end + period]:
        end += 1
    return end - at
