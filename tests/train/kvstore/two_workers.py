"""What each of two processes does for `test_worker_store`; its results go to a file of its own.

Usage: ``python two_workers.py RANK PORT FOLDER``.
"""

import json
import sys
from pathlib import Path

import jax
import numpy as np

import workbench as mx
from workbench.errors import WorkerError
from workbench.runtime import processes

BATCH, FEATURES, CLASSES, EPOCHS = 8, 6, 3, 2


def examples():
    rng = np.random.default_rng(0)
    return rng.normal(size=(32, FEATURES)).astype("float32"), rng.integers(0, CLASSES, 32).astype("float32")


def part(array, rank, workers):
    """A worker's rows of every batch."""
    rows = array.reshape(-1, workers, BATCH // workers, *array.shape[1:])[:, rank]
    return rows.reshape(-1, *array.shape[1:])


def network():
    hidden = mx.sym.Activation(
        mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=6, name="fc1"), "tanh"
    )
    return mx.sym.SoftmaxOutput(mx.sym.FullyConnected(hidden, num_hidden=CLASSES, name="fc2"), name="softmax")


def fitted(rank=0, workers=1, kvstore="local", **more):
    """A Module's parameters after training on a worker's part."""
    mx.random.seed(7 + rank)  # only worker 0's first parameters count
    data, label = (part(array, rank, workers) for array in examples())
    module = mx.mod.Module(network(), **more)
    module.fit(
        mx.io.NDArrayIter(data, label, BATCH // workers),
        kvstore=kvstore,
        optimizer="sgd",
        optimizer_params={"learning_rate": 0.5, "momentum": 0.9},
        initializer=mx.init.Xavier(),
        num_epoch=EPOCHS,
    )
    return {name: array.asnumpy() for name, array in module.get_params()[0].items()}


def trained(rank=0, workers=1, kvstore="device"):
    """A Gluon network's parameters after training on a worker's part."""
    mx.random.seed(3)
    data, label = (mx.nd.array(part(array, rank, workers)) for array in examples())
    net = mx.gluon.nn.HybridSequential(prefix="net_")
    with net.name_scope():
        net.add(mx.gluon.nn.Dense(5, "tanh"), mx.gluon.nn.Dense(CLASSES))
    net.initialize(mx.init.Xavier())
    net.hybridize()
    trainer = mx.gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.05}, kvstore=kvstore)
    loss, step = mx.gluon.loss.SoftmaxCrossEntropyLoss(), BATCH // workers
    for _ in range(EPOCHS):
        for at in range(0, len(data), step):
            with mx.autograd.record():
                total = loss(net(data[at : at + step]), label[at : at + step])
            total.backward()
            trainer.step(BATCH)
    return {name: p.data().asnumpy() for name, p in net.collect_params().items()}


def on_meshes():
    """Parameters after training on the whole batch, on meshes of both processes, and who can read what of a weight."""
    found = {}
    for name, on in (("data", mx.parallel.mesh(data=2)), ("model", mx.parallel.mesh(data=1, model=2))):
        found |= {f"mesh {name} {key}": array for key, array in fitted(context=on).items()}
    bound = mx.sym.FullyConnected(mx.sym.var("x"), num_hidden=4, name="fc").simple_bind(on, x=(2, 3))
    (weight,) = mx.parallel.shards({"w": bound.arg_dict["fc_weight"]}).arrays
    found["readable"] = np.array([[*shard.ranges[0], shard.readable] for shard in weight.shards])
    return found


def stored(rank, folder):
    """What a store does to what both workers push."""
    found = {}
    store = mx.kv.create("dist_sync")
    found["place"] = np.array([store.rank, store.num_workers])
    store.init("w", mx.nd.ones((2, 3)) * (rank + 5))
    out = mx.nd.zeros((2, 3))
    store.pull("w", out=out)
    found["initial"] = out.asnumpy()
    store.push("w", [mx.nd.ones((2, 3)) * (rank + 1)] * 2)
    store.pull("w", out=out)
    found["sum"] = out.asnumpy()
    pair = [mx.nd.array([1.5 + rank]), mx.nd.array([[2.0**60]], dtype="float64") + rank * 256]
    store.broadcast(["a", "b"], pair, out=[array.copy() for array in pair])
    store.pushpull(["a", "b"], pair)
    found["a"], found["b"] = (array.asnumpy() for array in pair)
    store.set_optimizer(mx.optimizer.SGD(learning_rate=0.5, momentum=0.5))
    store.push("w", mx.nd.ones((2, 3)))
    store.save_optimizer_states(folder / "states")
    store.barrier()
    store.load_optimizer_states(folder / "states")
    store.push("w", mx.nd.ones((2, 3)))
    store.pull("w", out=out)
    found["updated"] = out.asnumpy()
    return found


def compressed(rank):
    store = mx.kv.create("dist_device_sync")
    store.set_gradient_compression({"type": "2bit", "threshold": 0.5})
    out = mx.nd.array([0.3, 0.6, -0.7, 0.2]) * (1 + rank)
    store.broadcast("g", out, out=out.copy())
    seen = []
    for _ in range(2):
        pushed = mx.nd.array([0.3, 0.6, -0.7, 0.2]) * (1 + rank)
        store.pushpull("g", pushed)
        seen.append(pushed.asnumpy())
    return np.stack(seen)


def refused(rank):
    """What each worker is told when they differ, and that they go on afterwards."""
    store, told = mx.kv.create("dist_sync"), {}

    def tell(name, call):
        try:
            call()
        except WorkerError as error:
            told[name] = str(error)

    store.init(["x", "y"], [mx.nd.ones((2,)), mx.nd.ones((2,))])
    tell("shape", lambda: store.push("x", mx.nd.ones((2 + rank,))))
    tell("key", lambda: store.push("xy"[rank], mx.nd.ones((2,))))
    tell("count", lambda: store.push(["x", "y"][: 2 - rank], [mx.nd.ones((2,))] * (2 - rank)))
    tell("call", store.barrier if rank else lambda: store.push("x", mx.nd.ones((2,))))
    store.barrier()
    return told


def left(group):
    """What worker 0 is told when worker 1 ends or fails, and what both when one is interrupted."""
    told = {}
    for name in ("ended", "failed"):
        group.enter()
        if group.rank == 0:
            try:
                group.barrier()
            except WorkerError as error:
                told[name] = str(error)
        group.leave(failed=name == "failed")
    group.enter()
    group.interrupted = group.rank == 1
    try:
        group.barrier()
    except KeyboardInterrupt:
        told["interrupted"] = "KeyboardInterrupt"
    group.leave()
    return told


def main(rank, port, folder):
    jax.config.update("jax_enable_preemption_service", False)
    at = f"127.0.0.1:{port}"
    jax.distributed.initialize(at, 2, rank, coordinator_bind_address=None if rank else at)
    arrays = stored(rank, folder) | {"compressed": compressed(rank)}
    of_worker = {"module": (fitted, {}), "gluon": (trained, {})}
    packed = {"compression_params": {"type": "2bit", "threshold": 0.1}}
    of_worker["packed"] = (fitted, packed)
    for kind, (train, more) in of_worker.items():
        found = train(rank, 2, "dist_sync", **more)
        arrays |= {f"{kind} {name}": array for name, array in found.items()}
    arrays |= on_meshes()
    told = refused(rank) | left(processes.group("the test"))
    np.savez(folder / f"{rank}.npz", **arrays)
    (folder / f"{rank}.json").write_text(json.dumps(told))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
