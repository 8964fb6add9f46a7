"""Sequence operators, one sequence at a time."""

import numpy as np

from tests.ops.case import Case, case, each_shape, fixed, real


def lengths_of(data, lengths, axis):
    return [data.shape[axis]] * data.shape[1 - axis] if lengths is None else lengths.astype(int)


def mask(data, lengths=None, use_sequence_length=False, value=0.0, axis=0):
    out = data.copy()
    for sequence, length in zip(np.moveaxis(out, 1 - axis, 0), lengths_of(data, lengths, axis), strict=True):
        sequence[length:] = value
    return out


def last(data, lengths=None, use_sequence_length=False, axis=0):
    sequences = zip(np.moveaxis(data, 1 - axis, 0), lengths_of(data, lengths, axis), strict=True)
    return np.stack([sequence[length - 1] for sequence, length in sequences])


def backward(data, lengths=None, use_sequence_length=False, axis=0):
    out = data.copy()
    for b, length in enumerate(lengths_of(data, lengths, 0)):
        out[:length, b] = data[:length, b][::-1]
    return out


CASES: list[Case] = []
for op, reference in (("SequenceMask", mask), ("SequenceLast", last), ("SequenceReverse", backward)):
    CASES += each_shape(op, reference, [real(3, 2, 2), real(2, 3, 1)])
    CASES += [
        case(op, reference, real(4, 3, 2), fixed([2, 4, 1]), use_sequence_length=True),
        case(op, reference, real(3, 2, 1), fixed([3, 1], "int32"), use_sequence_length=True),
    ]
CASES += [
    case("SequenceMask", mask, real(2, 3, 2), fixed([1, 3]), use_sequence_length=True, value=-1.5, axis=1),
    case("SequenceMask", mask, real(3, 2), fixed([3, 1]), use_sequence_length=True),
    case("SequenceReverse", backward, real(3, 2), fixed([3, 1]), use_sequence_length=True),
    case("SequenceMask", mask, real(2, 3), fixed([0, 2]), use_sequence_length=True, axis=1),
    case("SequenceLast", last, real(2, 3, 2), fixed([1, 3]), use_sequence_length=True, axis=1),
]
