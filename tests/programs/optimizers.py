"""Every optimizer, some steps long, under decay, clipping, multipliers, a schedule, and in half precision."""

import sys

import numpy as np

import workbench as mx

SHAPES = {"fc_weight": (4, 3), "fc_bias": (4,), "bn_gamma": (3,), "bn_beta": (3,)}
KINDS = {
    "sgd": {},
    "sgd momentum": {"momentum": 0.9},
    "ccsgd": {"momentum": 0.5},
    "nag": {},
    "nag momentum": {"momentum": 0.9},
    "adam": {"beta1": 0.8},
    "adagrad": {"eps": 1e-3},
    "rmsprop": {"clip_weights": 2.0},
    "rmsprop centered": {"centered": True, "epsilon": 1e-3},
    "adadelta": {"rho": 0.8, "epsilon": 1e-2},
    "adamax": {},
    "nadam": {"schedule_decay": 0.1},
    "ftrl": {"lamda1": 0.1},
    "ftml": {},
    "signum": {"wd_lh": 0.1},
    "signum sign": {"momentum": 0.0},
    "dcasgd": {"lamda": 0.4},
    "lamb": {},
    "lamb bounds": {"lower_bound": 1.0, "upper_bound": 1.5, "bias_correction": False},
    "lars": {"eta": 0.1},
    "lars momentum": {"momentum": 0.9, "eta": 0.1, "eps": 0.01},
    "lbsgd": {"momentum": 0.9, "warmup_epochs": 1, "updates_per_epoch": 4},
    "lbsgd batches": {
        "batch_scale": 2,
        "warmup_strategy": "sqrt",
        "warmup_epochs": 1,
        "updates_per_epoch": 4,
    },
    "lbsgd lars": {"warmup_strategy": "lars"},
}
HALF = ("sgd", "sgd momentum", "nag", "nag momentum", "adam", "adagrad", "ftml", "lamb", "lars momentum")
SETTINGS = {
    "plain": dict,
    "full": lambda: {
        "wd": 0.05,
        "clip_gradient": 0.4,
        "rescale_grad": 0.5,
        "param_idx2name": dict(enumerate(SHAPES)),
    },
    "scheduled": lambda: {"wd": 0.01, "lr_scheduler": mx.lr_scheduler.FactorScheduler(2, 0.5, base_lr=0.3)},
}


def weights_after(kind, arguments, dtype="float32", steps=5):
    rng = np.random.RandomState(3)
    optimizer = mx.optimizer.create(kind, **arguments)
    if "param_idx2name" in arguments:
        optimizer.set_lr_mult({"fc_bias": 2.0})
        optimizer.set_wd_mult({"fc_weight": 0.5})
    updater = mx.optimizer.get_updater(optimizer)
    weights = [mx.nd.array(rng.uniform(0.5, 1.5, s)).astype(dtype) for s in SHAPES.values()]
    for _ in range(steps):
        grads = [mx.nd.array(rng.uniform(-1, 1, s)).astype(dtype) for s in SHAPES.values()]
        if updater.aggregate_updates:
            updater(list(range(len(weights))), grads, weights)
        else:
            for i in range(len(weights)):
                updater(i, grads[i], weights[i])
    return np.concatenate([w.astype("float32").asnumpy().ravel() for w in weights])


found = {}
for name, own in KINDS.items():
    for setting, given in SETTINGS.items():
        if name == "nag momentum" and setting != "plain":
            continue  # MXNet 1.9.1 decays its velocity by the weight that it has just updated
        found[name + ", " + setting] = weights_after(name.split()[0], dict(given(), **own))
for name in HALF:
    half = dict(KINDS[name], multi_precision=True, wd=0.1)
    found[name + ", half"] = weights_after(name.split()[0], half, "float16")
np.savez(sys.argv[1] + "/result.npz", **found)
