"""Batch normalisation against the published formula."""

import numpy as np

from tests.ops.case import Case, between, case, positive, real


def normalise(train, rectify=False, variance=False):
    """`variance`: the third output is the variance, not the inverse deviation."""

    def apply(
        x, gamma, beta, mean, var, eps=1e-3, momentum=0.9, fix_gamma=True,
        use_global_stats=False, output_mean_var=False, axis=1, key="",
    ):  # fmt: skip
        axes = tuple(a for a in range(x.ndim) if a != axis % x.ndim)
        shape = [n if a == axis % x.ndim else 1 for a, n in enumerate(x.shape)]
        batch = train and not use_global_stats
        used_mean, used_var = (x.mean(axes), x.var(axes)) if batch else (mean, var)
        scale = (1.0 if fix_gamma else gamma) / np.sqrt(used_var + eps)
        out = (x - used_mean.reshape(shape)) * np.reshape(
            scale * np.ones_like(used_var), shape
        ) + beta.reshape(shape)
        out = np.maximum(out, 0) if rectify else out
        keep = momentum if batch else 1.0
        moved = [keep * old + (1 - keep) * new for old, new in ((mean, used_mean), (var, used_var))]
        visible = (
            [out, used_mean, used_var if variance else 1 / np.sqrt(used_var + eps)]
            if output_mean_var
            else [out]
        )
        return [*visible, *moved]

    return apply


REFERENCES = {
    "BatchNorm": normalise,
    "_contrib_BatchNormWithReLU": lambda train: normalise(train, rectify=True),
    "_contrib_SyncBatchNorm": lambda train: normalise(train, variance=True),
}


def norm_case(op, shape, channels, train, **attrs):
    defined = train or op == "BatchNorm"
    state = (between(-0.5, 0.5, channels), positive(channels))
    inputs = (real(*shape), positive(channels), real(channels), *state)
    return case(op, REFERENCES[op](train), *inputs, train=train, defined=defined, **attrs)


CASES: list[Case] = [
    norm_case("BatchNorm", shape, channels, train, **attrs)
    for train in (False, True)
    for shape, channels, attrs in (
        ((4, 3), 3, {}),
        ((2, 3, 2, 2), 3, {"fix_gamma": False, "momentum": 0.7}),
        ((2, 3, 2), 2, {"fix_gamma": False, "axis": -1, "eps": 1e-2}),
        ((4, 3), 3, {"use_global_stats": True, "fix_gamma": False}),
        ((4, 3), 3, {"output_mean_var": True}),
    )
]
CASES += [
    norm_case(op, shape, channels, train, **attrs, **({"key": "bn"} if "Sync" in op else {}))
    for op in ("_contrib_BatchNormWithReLU", "_contrib_SyncBatchNorm")
    for train in (False, True)
    for shape, channels, attrs in (
        ((4, 3), 3, {"fix_gamma": False}),
        ((2, 3, 2, 2), 3, {"momentum": 0.7}),
        ((4, 3), 3, {"output_mean_var": True}),
    )
]
