"""Einsum expressions drawn at random: outer products, lone and repeated indices, and indices of many tensors occur."""

import random

import numpy as np

LETTERS = "abcdefghijkl"


def expressions(seed, count, tensors, indices=9, rank=4, sizes=range(1, 10)):
    """So many pairs of an expression and shapes.

    Args:
        tensors: how many there may be, a range.
        indices: at most, in all.
        rank: of a tensor, at most.
        sizes: of an index.
    """
    generator = random.Random(seed)
    for _ in range(count):
        letters = LETTERS[: generator.randint(2, indices)]
        size = {letter: generator.choice(sizes) for letter in letters}
        terms = [
            "".join(generator.choices(letters, k=generator.randint(0 if n else 1, rank)))
            for n in range(generator.choice(tensors))
        ]
        used = sorted(set("".join(terms)))
        output = "".join(generator.sample(used, generator.randint(0, min(3, len(used)))))
        yield f"{','.join(terms)}->{output}", [tuple(size[letter] for letter in term) for term in terms]


def arrays(shapes, dtype=np.float64):
    """Numbers between −1 and 1."""
    generator = np.random.default_rng(0)
    return [np.asarray(generator.uniform(-1, 1, shape), dtype) for shape in shapes]
