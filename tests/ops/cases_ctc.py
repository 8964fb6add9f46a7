"""The CTC loss against the sum over all alignments, one by one."""

import itertools

import numpy as np

from tests.ops.case import Case, case, fixed, real


def collapse(path, blank):
    merged = [k for k, _ in itertools.groupby(path)]
    return [k for k in merged if k != blank]


def ctc(data, label, *lengths, use_data_lengths=False, use_label_lengths=False, blank_label="first"):
    steps, batch, classes = data.shape
    blank, padding = (0, 0) if blank_label == "first" else (classes - 1, -1)
    lengths = list(lengths)
    ends = lengths.pop(0).astype(int) if use_data_lengths else [steps] * batch
    labels = lengths.pop(0).astype(int) if use_label_lengths else [None] * batch
    losses = []
    for n in range(batch):
        wanted = label[n].astype(int).tolist()
        wanted = wanted[: [*wanted, padding].index(padding) if labels[n] is None else labels[n]]
        p = np.exp(data[: ends[n], n])
        p /= p.sum(-1, keepdims=True)
        paths = itertools.product(range(classes), repeat=ends[n])
        found = [p[np.arange(ends[n]), path].prod() for path in paths if collapse(path, blank) == wanted]
        losses.append(-np.log(sum(found)))
    return np.array(losses)


FIRST = fixed([[1, 2, 0], [2, 2, 0], [2, 0, 0]])
LAST = fixed([[0, 1, -1], [1, 1, -1], [1, -1, -1]])
DATA_LENGTHS, LABEL_LENGTHS = fixed([4, 5, 3]), fixed([2, 1, 2])
CASES: list[Case] = [
    case("CTCLoss", ctc, real(5, 3, 3), FIRST, coarse=False),
    case("CTCLoss", ctc, real(5, 3, 3), LAST, blank_label="last"),
    case("CTCLoss", ctc, real(5, 3, 3), FIRST, DATA_LENGTHS, use_data_lengths=True),
    case("CTCLoss", ctc, real(4, 1, 4), fixed([[3, 1]]), fixed([1]), use_label_lengths=True),
    case(
        "CTCLoss", ctc, real(5, 3, 3), fixed([[0, 1, 0], [1, 0, 1], [0, 1, 1]]), DATA_LENGTHS, LABEL_LENGTHS,
        use_data_lengths=True, use_label_lengths=True, blank_label="last",
    ),
]  # fmt: skip
