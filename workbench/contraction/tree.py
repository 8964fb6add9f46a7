"""A contraction tree: an order, step by step, with what each step costs.

The leaves are the given tensors; each step joins some of them, or of earlier results, into a new tensor, and the last
gives the output.  A step is a loop nest over all the indices of its tensors.  At each point of it, k tensors take
k − 1 multiplications, and one addition where indices are summed: a multiplication and an addition are 2 FLOP, so an
n × n matrix product costs 2n³.  This is opt_einsum's count, but that a sum of a single value is none.

A tree may be *sliced*: some indices cut into equal parts, and the whole contraction done once for each combination
of parts, one after the other.  What does not depend on a cut index is computed once, before.  See `slicing`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from workbench.contraction.expression import Expression
from workbench.contraction.path import Path
from workbench.errors import ArgumentError


@dataclass(frozen=True)
class Step:
    """One node of the tree.

    Attributes:
        operands: numbers of the tensors it joins; the given ones count from 0, the results of the steps go on.
        terms: their letters.
        result: the letters of what comes out.
        summed: the letters that end here.
        size: elements of what comes out, of one slice.
        flops: floating-point operations of one run.
        times: how often it runs, once or once a slice.
    """

    operands: tuple[int, ...]
    terms: tuple[str, ...]
    result: str
    summed: str
    size: int
    flops: int
    times: int

    def __str__(self) -> str:
        return f"{','.join(self.terms)}->{self.result}"


@dataclass(frozen=True)
class ContractionTree:
    """An order for an expression.

    Attributes:
        expression: what is contracted.
        path: the order, as `order` explains.
        parts: cut indices, each with the number of its parts, which divides its size.

    Raises:
        ArgumentError: the path is none for so many tensors.
    """

    expression: Expression
    path: Path
    parts: tuple[tuple[str, int], ...] = ()

    def __post_init__(self) -> None:
        left = len(self.expression.inputs)
        for number, places in enumerate(self.path):
            if not places or len(set(places)) < len(places) or not all(0 <= p < left for p in places):
                raise ArgumentError(
                    f"step {number} of the path is {places}; it must name different places from 0 to {left - 1}, "
                    f"for {left} tensors are left"
                )
            left -= len(places) - 1
        if left != 1 or not self.path:
            raise ArgumentError(f"the path {self.path} leaves {left} tensors of {self.expression}, not one")

    @cached_property
    def slices(self) -> int:
        """How many slices are computed, one after the other; 1 where nothing is cut."""
        return math.prod(count for _, count in self.parts)

    @cached_property
    def sizes(self) -> Mapping[str, int]:
        """How long each index is within a slice."""
        cut = dict(self.parts)
        return {letter: size // cut.get(letter, 1) for letter, size in self.expression.sizes.items()}

    def size(self, letters: str) -> int:
        """Elements of a tensor of these indices within a slice."""
        return math.prod(self.sizes[letter] for letter in letters)

    @cached_property
    def terms(self) -> tuple[str, ...]:
        """The letters of every tensor by its number: those given, then the result of each step."""
        return (*self.expression.inputs, *(result for _, result in self._joins))

    @cached_property
    def _joins(self) -> tuple[tuple[tuple[int, ...], str], ...]:
        """Operands and result of each step."""
        terms = list(self.expression.inputs)
        left = list(range(len(terms)))
        joins = []
        for places in self.path:
            operands = tuple(left[place] for place in places)
            left = [number for number in left if number not in operands]
            wanted = set("".join(terms[number] for number in left)) | set(self.expression.output)
            result = joined([terms[o] for o in operands], wanted) if left else self.expression.output
            joins.append((operands, result))
            left.append(len(terms))
            terms.append(result)
        return tuple(joins)

    @cached_property
    def varies(self) -> tuple[bool, ...]:
        """Of every tensor by its number, whether it differs from slice to slice."""
        letters = {letter for letter, _ in self.parts}
        found = [not letters.isdisjoint(term) for term in self.expression.inputs]
        for operands, _ in self._joins:
            found.append(any(found[operand] for operand in operands))
        return tuple(found)

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The steps in their order."""
        return tuple(map(self._step, range(len(self.path))))

    def _step(self, place: int) -> Step:
        operands, result = self._joins[place]
        terms = tuple(self.terms[operand] for operand in operands)
        indices = "".join(dict.fromkeys("".join(terms)))
        summed = "".join(letter for letter in indices if letter not in result)
        a_point = len(operands) - 1 + (self.size(summed) > 1)
        times = self.slices if self.in_slices(place) else 1
        flops = a_point * self.size(indices)
        return Step(operands, terms, result, summed, self.size(result), flops, times)

    @cached_property
    def flops(self) -> int:
        """Floating-point operations in all: the steps, and the slices' results where they are added up."""
        adding = any(letter in self.expression.summed for letter, _ in self.parts)
        added = self.slices * self.size(self.expression.output) if adding else 0
        return sum(step.flops * step.times for step in self.steps) + added

    @cached_property
    def largest(self) -> int:
        """Elements of the largest intermediate: of the results of all steps but the last; 0 where there are none."""
        return max((step.size for step in self.steps[:-1]), default=0)

    @cached_property
    def schedule(self) -> tuple[int, ...]:
        """Places of the steps as they run: first those that no slice changes, then those of each slice."""
        return tuple(sorted(range(len(self.steps)), key=self.in_slices))

    def in_slices(self, place: int) -> bool:
        """Whether a step is done in every slice, not once before them."""
        return self.varies[len(self.expression.inputs) + place]

    @cached_property
    def alive(self) -> tuple[int, ...]:
        """Elements beside the given tensors and the output while each step runs.

        These are the intermediates that wait to be read, the blocks cut out of given tensors for the step, and its
        result, unless that is the output itself.  What is computed before the slices stays until the last of them.
        """
        first, taken, held = len(self.expression.inputs), [0] * len(self.steps), 0
        for place in self.schedule:
            step = self.steps[place]
            blocks = sum(self.size(self.terms[o]) for o in step.operands if o < first and self.varies[o])
            result = step.size if place < len(self.steps) - 1 or self.parts else 0
            taken[place] = held + blocks + result
            gone = [o for o in step.operands if o >= first and self.varies[o] == self.in_slices(place)]
            held += result - sum(self.steps[o - first].size for o in gone)
        return tuple(taken)

    @property
    def peak(self) -> int:
        """The most elements at once beside the given tensors and the output."""
        return max(self.alive)


def joined(terms: Sequence[str], wanted: set[str]) -> str:
    """The letters of a result as a matrix product leaves them: those of all terms first, then each term's own."""
    letters = [letter for letter in dict.fromkeys("".join(terms)) if letter in wanted]
    shared = [letter for letter in letters if all(letter in term for term in terms)]
    return "".join(shared + [letter for letter in letters if letter not in shared])
