"""What each style is compared with, and the ratio it must not exceed: a number, or one by network."""

from __future__ import annotations

BY_HAND = "jax.jit by hand"
PYTORCH = "PyTorch eager"
MXNET = ("symbolic (Module)", "hybridized (Gluon)", "bulked imperative (nd)", "bulked imperative (Gluon)")
FAST_AS_EAGER = dict.fromkeys(("mlp", "wide", "lstm"), 1.0)

Target = float | dict[str, float]
TARGETS: dict[str, dict[str, Target]] = {
    "symbolic (Executor)": {BY_HAND: 1.10},
    "symbolic (Module)": {BY_HAND: 1.10, "MXNet symbolic (Module)": 0.6},
    "hybridized (Gluon)": {BY_HAND: 1.10, "MXNet hybridized (Gluon)": 0.6},
    "bulked imperative (nd)": {BY_HAND: 1.5, PYTORCH: FAST_AS_EAGER, "MXNet bulked imperative (nd)": 0.6},
    "bulked imperative (Gluon)": {
        BY_HAND: 1.5,
        PYTORCH: FAST_AS_EAGER,
        "MXNet bulked imperative (Gluon)": 0.6,
    },
    "naive imperative (nd)": {PYTORCH: 4.0},
}
