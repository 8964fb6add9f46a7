"""The dense layer against a matrix product."""

from tests.ops.case import Case, case, real


def dense(x, w, b=0.0, num_hidden=0, no_bias=False, flatten=True):
    return (x.reshape(len(x), -1) if flatten else x) @ w.T + b


CASES: list[Case] = [
    case("FullyConnected", dense, real(3, 4), real(2, 4), real(2), num_hidden=2),
    case("FullyConnected", dense, real(3, 2, 2), real(5, 4), real(5), num_hidden=5),
    case("FullyConnected", dense, real(3, 4), real(2, 4), num_hidden=2, no_bias=True),
    case("FullyConnected", dense, real(2, 3, 4), real(2, 4), real(2), num_hidden=2, flatten=False),
]
