"""A contraction by loops over single numbers, which counts its multiplications and additions."""

import itertools

import numpy as np


def by_loops(tree, arrays):
    """The result of a tree, slices and all, and how many operations it took.

    It follows the letters of `tree.path` and `tree.parts` alone, by rules of its own: a sum of several values takes an
    addition a value, what no cut index reaches is computed once, and slices are added up where a cut index is summed.
    """
    inputs, output = tree.expression.inputs, tree.expression.output
    sizes, parts = tree.expression.sizes, dict(tree.parts)
    width = {letter: size // parts.get(letter, 1) for letter, size in sizes.items()}
    result = np.zeros([sizes[letter] for letter in output])
    kept, flops = {}, 0
    for turn in itertools.product(*(range(n) for n in parts.values())):
        start = dict(zip(parts, turn, strict=True))
        values = {
            letter: range(start.get(letter, 0) * width[letter], (start.get(letter, 0) + 1) * width[letter])
            for letter in sizes
        }
        left = [(term, array, parts.keys() & set(term)) for term, array in zip(inputs, arrays, strict=True)]
        for number, places in enumerate(tree.path):
            taken = [left[place] for place in places]
            left = [tensor for place, tensor in enumerate(left) if place not in places]
            wanted = set(output).union(*(term for term, _, _ in left))
            depends = set().union(*(cut for _, _, cut in taken))
            term = "".join(x for x in dict.fromkeys("".join(t for t, _, _ in taken)) if x in wanted)
            if number not in kept or depends:
                kept[number], count = _step(
                    [t for t, _, _ in taken], [a for _, a, _ in taken], term, values, sizes
                )
                flops += count
            left.append((term, kept[number], depends))
        [(term, made, _)] = left
        block = np.ix_(*(values[letter] for letter in output))
        part = np.transpose(made, [term.index(letter) for letter in output])
        result[block] += part[block]
        if any(letter not in output for letter in parts):
            flops += part[block].size
    return result, flops


def _step(terms, arrays, result, values, sizes):
    made, flops = np.zeros([sizes[letter] for letter in result]), 0
    summed = [letter for letter in dict.fromkeys("".join(terms)) if letter not in result]
    several = any(len(values[letter]) > 1 for letter in summed)
    for point in itertools.product(*(values[letter] for letter in result)):
        for inner in itertools.product(*(values[letter] for letter in summed)):
            at = dict(zip([*result, *summed], [*point, *inner], strict=True))
            numbers = [array[tuple(at[x] for x in term)] for term, array in zip(terms, arrays, strict=True)]
            made[point] += np.prod(numbers)
            flops += len(numbers) - 1 + several
    return made, flops
