"""Every metric over some batches, and every learning rate schedule over some updates."""

import sys

import numpy as np

import workbench as mx

metric, rates = mx.metric, mx.lr_scheduler
CLASSES = 4


def drawn(seed, kind):
    rng = np.random.RandomState(seed)
    size = 7 + seed
    if kind == "numbers":
        return rng.uniform(-1, 1, (size, 2)), rng.uniform(-1, 1, (size, 2))
    classes = 2 if kind == "two" else CLASSES
    scores = rng.uniform(0.1, 1, (size, classes))
    return rng.randint(0, classes, size), scores / scores.sum(1, keepdims=True)


def distance(label, pred):
    return abs(label - pred.argmax(1)).sum(), len(label)


METRICS = {
    "accuracy": (lambda: metric.create("acc"), "many"),
    "top 3": (lambda: metric.create("top_k_acc", top_k=3), "many"),
    "f1": (lambda: metric.create("f1"), "two"),
    "f1 micro": (lambda: metric.F1(average="micro"), "two"),
    "mcc": (lambda: metric.create("mcc"), "two"),
    "mcc micro": (lambda: metric.MCC(average="micro"), "two"),
    "pcc": (lambda: metric.create("pcc"), "many"),
    "pcc two": (lambda: metric.PCC(), "two"),
    "perplexity": (lambda: metric.Perplexity(ignore_label=2), "many"),
    "perplexity all": (lambda: metric.Perplexity(None), "many"),
    "cross-entropy": (lambda: metric.create("ce"), "many"),
    "nll": (lambda: metric.create("nll_loss", eps=0.01), "many"),
    "mae": (lambda: metric.create("mae"), "numbers"),
    "mse": (lambda: metric.create("mse"), "numbers"),
    "rmse": (lambda: metric.create("rmse"), "numbers"),
    "pearson": (lambda: metric.create("pearsonr"), "numbers"),
    "loss": (lambda: metric.create("loss"), "numbers"),
    "torch": (lambda: metric.create("torch"), "numbers"),
    "caffe": (lambda: metric.create("caffe"), "numbers"),
    "custom": (lambda: metric.create(distance), "many"),
    "np": (lambda: metric.np(distance, name="apart"), "many"),
    "several": (lambda: metric.create(["acc", metric.CrossEntropy(), distance]), "many"),
    "chosen": (lambda: metric.Accuracy(output_names=["out"], label_names=["label"]), "many"),
}
WARM = {"warmup_steps": 5, "warmup_begin_lr": 0.01}
SCHEDULES = {
    "factor": lambda: rates.FactorScheduler(4, 0.5, stop_factor_lr=0.02, base_lr=0.2),
    "factor warm": lambda: rates.FactorScheduler(4, 0.5, base_lr=0.2, **WARM),
    "steps": lambda: rates.MultiFactorScheduler([3, 9, 15], 0.1, base_lr=0.3),
    "steps constant": lambda: rates.MultiFactorScheduler([8, 9], 0.1, 0.3, warmup_mode="constant", **WARM),
    "poly": lambda: rates.PolyScheduler(20, base_lr=0.4, pwr=3, final_lr=0.01),
    "poly warm": lambda: rates.PolyScheduler(20, base_lr=0.4, **WARM),
    "cosine": lambda: rates.CosineScheduler(20, base_lr=0.4, final_lr=0.05),
    "cosine warm": lambda: rates.CosineScheduler(20, 0.4, **WARM),
}


def values(pairs):
    return np.array([value for _, value in pairs], np.float64)


found, names = {}, []
for key, (make, kind) in METRICS.items():
    made = make()
    for seed in range(4):
        label, pred = (mx.nd.array(a) for a in drawn(seed, kind))
        if key == "chosen":
            made.update_dict({"label": label, "other": pred}, {"out": pred, "state": label})
        else:
            made.update([label], [pred])
        if seed == 1:
            found[key + ", first"] = values(made.get_name_value())
            made.reset_local()
    found[key + ", local"] = values(made.get_name_value())
    found[key + ", global"] = values(made.get_global_name_value())
    names += [name for name, _ in made.get_name_value()]
found["names"] = np.array([ord(c) for c in " ".join(names)])
for key, make in SCHEDULES.items():
    schedule = make()
    found["rates, " + key] = np.array([schedule(i) for i in range(1, 30)])
np.savez(sys.argv[1] + "/result.npz", **found)
