"""Gathering: the gradients of a shared weight as one product.

A recurrent network applies one weight at every time step, so the weight's gradient is a sum over the steps,
x₁ᵀg₁ + x₂ᵀg₂ + …, and each term is a product of few rows that passes over the whole running sum once more.
All the x end to end and all the g end to end give the same sum as one product, which passes over it once.
Executed one by one, a term is added up before the next is known; a segment shows them all.

A gate adds what a layer makes of the input to what another makes of the last state, and a sum hands its gradient on as
it is.  Then both weights' products read the same rows, which are joined once.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from workbench.graph.backward import Backward, backward
from workbench.graph.bind import bind
from workbench.graph.bound import Bound, GradientOp
from workbench.graph.segment import Instruction, Segment
from workbench.ops import registry

LEAST = 4  # terms that are worth joining their rows for
MOST = 64  # terms of a product: more rows make it little faster, and joining many arrays compiles slowly
SAVES = 2**16  # bytes by which a term's gradients must exceed its rows, for two arrays more to be handed over
MOST_BYTES = 2**22  # of a product's rows: so much is kept, for each weight, that would be let go step by step


class Term(NamedTuple):
    """A gradient that is added to others: its slot, the instruction that makes it, and of which input it is."""

    slot: int
    member: int
    place: int


@dataclass
class Product:
    """Gradients to compute as one.

    Attributes:
        members: the instructions whose rows are joined, in this order.
        slots: for each input by its place, the gradients of it that the members give, as they are added up.
    """

    members: tuple[int, ...]
    slots: dict[int, list[int]] = field(default_factory=dict)


def gather(segment: Segment) -> Segment:
    """The segment with sums of gradients as few products; itself where there are none.

    Its results differ by the rounding of sums in another order.
    """
    found = {at: b for at, i in enumerate(segment.instructions) if (b := backward(*i)) is not None}
    origins = handed_on(segment)
    made = products(segment, found, origins)
    return _Writer(segment, found, origins, made).written() if made else segment


def handed_on(segment: Segment) -> dict[int, int]:
    """Slots that are others as they are, with those: a sum of two gives its gradient to both."""
    origins: dict[int, int] = {}
    given = set(segment.outputs)
    slot = 0
    for bound, arguments in segment.instructions:
        made = range(slot, slot + bound.output_count)
        slot = made.stop
        alike = isinstance(bound, GradientOp) and bound.of.name == "elemwise_add" and len({*bound.types}) == 1
        if alike and given.isdisjoint(made):
            origins.update(dict.fromkeys(made, origins.get(arguments[0], arguments[0])))
    return origins


def products(segment: Segment, found: Mapping[int, Backward], origins: Mapping[int, int]) -> list[Product]:
    """What can be gathered; `found` are the gradients of operators that work row by row.

    The terms of different weights that read the same rows, such as those of a gate's input and of its last state, are
    divided alike, so that these rows are joined once.
    """
    uses = Counter(segment.outputs)
    for _, arguments in segment.instructions:
        uses.update(arguments)
    terms = _terms(segment, found)
    alike: dict[Any, list[Term]] = defaultdict(list)
    added: dict[int, int] = {}
    for number, slots in enumerate(_sums(segment, uses)):
        added.update({slot: at for at, slot in enumerate(slots)})
        for term in [terms[s] for s in slots if s in terms and uses[s] == 1]:
            alike[number, found[term.member].kind(term.place)].append(term)
    made: dict[tuple[int, ...], Product] = {}
    for portion in _portions(list(alike.values()), found, origins):
        product = made.setdefault(members := tuple([term.member for term in portion]), Product(members))
        product.slots[portion[0].place] = sorted([term.slot for term in portion], key=added.__getitem__)
    return [product for product in made.values() if _pays(product, found[product.members[0]])]


def _pays(product: Product, back: Backward) -> bool:
    """Whether the passes over a running sum that are saved cost more than joining the rows does."""
    return sum(back.bound.types[place].nbytes for place in product.slots) >= back.row_bytes + SAVES


def _terms(segment: Segment, found: Mapping[int, Backward]) -> dict[int, Term]:
    """The gradients of inputs that the rows share, by slot."""
    terms = {}
    slot = 0
    for at, (bound, _) in enumerate(segment.instructions):
        if at in found:
            places = enumerate(found[at].asked, slot)
            terms.update({s: Term(s, at, place) for s, place in places if place != found[at].rows})
        slot += bound.output_count
    return terms


def _sums(segment: Segment, uses: Counter[int]) -> list[list[int]]:
    """Slots that are added up one after another, where nobody else reads what is in between."""
    sums: list[list[int]] = []
    running: dict[int, list[int]] = {}  # the slot of a sum so far → its terms
    slot = 0
    for bound, arguments in segment.instructions:
        if bound.name == "elemwise_add":
            before = next((s for s in arguments if s in running and uses[s] == 1), None)
            if before is None:
                sums.append(terms := [])
            else:
                terms = running.pop(before)
            terms += [s for s in arguments if s != before]
            running[slot] = terms
        slot += bound.output_count
    return sums


def _rows(back: Backward, origins: Mapping[int, int]) -> tuple[int, ...]:
    """The slots of the cotangents, where these come from."""
    return tuple([origins.get(slot, slot) for slot in back.cotangents])


def _portions(
    groups: Sequence[Sequence[Term]], found: Mapping[int, Backward], origins: Mapping[int, int]
) -> Iterator[Sequence[Term]]:
    """Of each group, by their rows, as many terms at a time as may wait for each other, and about equally many.

    Groups of which most terms read the same rows are divided at these.
    """

    def rows(term: Term) -> tuple[int, ...]:
        return _rows(found[term.member], origins)

    groups = [sorted(g, key=lambda term: (rows(term), term.member)) for g in groups if len(g) >= LEAST]
    readers: dict[tuple[int, ...], dict[int, None]] = defaultdict(dict)
    for number, group in enumerate(groups):
        for term in group:
            readers[rows(term)][number] = None
    together = {each: tuple(numbers) for each, numbers in readers.items()}
    read = Counter((number, together[rows(term)]) for number, group in enumerate(groups) for term in group)
    shared = {key for key in read if all(2 * read[n, key[1]] > len(groups[n]) for n in key[1])}
    for number, group in enumerate(groups):
        parts: dict[tuple[int, ...], list[Term]] = defaultdict(list)
        for term in group:
            numbers = together[rows(term)]
            parts[numbers if (number, numbers) in shared else (number,)].append(term)
        for numbers, terms in parts.items():
            yield from _divided(terms, max(found[groups[n][0].member].row_bytes for n in numbers))


def _divided(terms: Sequence[Term], each: int) -> Iterator[Sequence[Term]]:
    """As many terms at a time as may wait for each other, of `each` bytes, and about equally many."""
    most = max(1, min(MOST, MOST_BYTES // max(each, 1)))
    size = -(-len(terms) // -(-len(terms) // most))
    for start in range(0, len(terms), size):
        if len(portion := terms[start : start + size]) >= LEAST:
            yield portion


class _Writer:
    """Writes a segment anew: of the terms of a product the last one is the product, and the others are nothing."""

    def __init__(
        self,
        segment: Segment,
        found: Mapping[int, Backward],
        origins: Mapping[int, int],
        made: Sequence[Product],
    ) -> None:
        self._segment = segment
        self._found = found
        self._origins = origins
        self._instructions: list[Instruction] = []
        self._slots: dict[int, int | None] = {~i: ~i for i in range(len(segment.inputs))}
        self._count = 0
        self._ending: dict[int, list[Product]] = defaultdict(list)
        for product in made:
            self._ending[max(product.members)].append(product)
        self._joins: dict[tuple[int, ...], int] = {}
        self._gathered = {slot for product in made for slots in product.slots.values() for slot in slots}

    def written(self) -> Segment:
        """The new segment."""
        first = 0
        for at, (bound, arguments) in enumerate(self._segment.instructions):
            made = range(first, first + bound.output_count)
            first = made.stop
            new: Sequence[int | None]
            if first - len(made) in self._origins:
                new = [self._slots[self._origins[slot]] for slot in made]
            elif self._gathered.intersection(made):
                new = self._write_rest(self._found[at], made)
            else:
                new = self._write_one(bound, arguments)
            self._slots.update(zip(made, new, strict=True))
            for product in self._ending[at]:
                self._write_product(product)
        outputs = tuple(map(self._new, self._segment.outputs))
        return Segment(tuple(self._instructions), self._segment.inputs, outputs, self._segment.device)

    def _write_one(self, bound: Bound, arguments: Sequence[int]) -> Sequence[int | None]:
        if any(self._slots[s] is None for s in arguments):  # a sum: nothing else reads a gathered term
            return [next((self._slots[s] for s in arguments if self._slots[s] is not None), None)]
        return self._write(bound, map(self._new, arguments))

    def _write_rest(self, back: Backward, made: Sequence[int]) -> Sequence[int | None]:
        """The gradients of an instruction that are not gathered."""
        left = {place for place, slot in zip(back.asked, made, strict=True) if slot not in self._gathered}
        new: dict[int, int] = {}
        if left:
            rule = back.gradient(left)
            read = [*(back.kept[kept] for kept in rule.kept), *back.cotangents]
            new = dict(zip(sorted(left), self._write(rule.bound, map(self._new, read)), strict=True))
        return [new.get(place) for place in back.asked]

    def _write_product(self, product: Product) -> None:
        members = [self._found[at] for at in product.members]
        one = members[0]
        rule = one.gradient(set(product.slots), len(members))
        read = [
            self._joined([m.kept[kept] for m in members]) if one.has_rows(kept) else self._new(one.kept[kept])
            for kept in rule.kept
        ]
        read += [self._joined(rows) for rows in zip(*(m.cotangents for m in members), strict=True)]
        for (_, slots), new in zip(sorted(product.slots.items()), self._write(rule.bound, read), strict=True):
            self._slots[slots[-1]] = new

    def _joined(self, slots: Sequence[int]) -> int:
        """One array of several, end to end; of the same ones the same."""
        new = tuple(map(self._new, slots))
        made = self._joins.get(new)
        if made is None:
            concat, _ = bind(registry.get("Concat"), {"dim": 0})
            made = self._joins[new] = self._write(concat, new)[0]
        return made

    def _new(self, slot: int) -> int:
        found = self._slots[slot]
        assert found is not None
        return found

    def _write(self, bound: Bound, arguments: Iterable[int]) -> range:
        self._instructions.append((bound, tuple(arguments)))
        made = range(self._count, self._count + bound.output_count)
        self._count = made.stop
        return made
