"""Two real processes under one store: what they sum, what they train, and what they are told when they differ."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import two_workers as program

import workbench as mx
from workbench.errors import NotInitializedError

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def workers(tmp_path_factory):
    """The arrays and messages of each of two processes."""
    folder = tmp_path_factory.mktemp("workers")
    environment = {**os.environ, "JAX_PLATFORMS": "cpu", "XLA_FLAGS": ""}
    with socket.socket() as held:  # the port is ours, and gRPC may share it
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        held.bind(("127.0.0.1", 0))
        command = [sys.executable, "-W", "error", str(HERE / "two_workers.py")]
        of = [[*command, str(rank), str(held.getsockname()[1]), str(folder)] for rank in range(2)]
        started = [subprocess.Popen(each, env=environment, stderr=subprocess.PIPE, text=True) for each in of]
        try:
            said = [process.communicate(timeout=600)[1] for process in started]
        finally:
            for process in started:
                process.kill()
                process.wait()
    assert [process.returncode for process in started] == [0, 0], said
    return [
        (dict(np.load(folder / f"{rank}.npz")), json.loads((folder / f"{rank}.json").read_text()))
        for rank in range(2)
    ]


def test_each_worker_has_its_rank(workers):
    assert [arrays["place"].tolist() for arrays, _ in workers] == [[0, 2], [1, 2]]


def test_worker_0_gives_the_first_values(workers):
    assert all((arrays["initial"] == 5).all() for arrays, _ in workers)


def test_pushes_are_summed_over_devices_and_workers(workers):
    assert all((arrays["sum"] == 2 * 1 + 2 * 2).all() for arrays, _ in workers)


def test_keys_of_several_dtypes_travel_in_one_call_and_keep_their_digits(workers):
    for arrays, _ in workers:
        np.testing.assert_array_equal(arrays["a"], np.float32([4.0]))
        np.testing.assert_array_equal(arrays["b"], np.float64([[2.0**61 + 256]]))


def test_the_optimizer_updates_alike_and_its_states_are_kept(workers):
    first, second = 0.5 * 2, 0.5 * 2 + 0.5 * (0.5 * 2)  # the second gradient meets the momentum of the first
    assert all((arrays["updated"] == 6 - first - second).all() for arrays, _ in workers)


def test_compressed_gradients_keep_their_remainders_on_each_worker(workers):
    # Worker 0 sends 0.3, 0.6, −0.7, 0.2 and worker 1 twice as much, each ±0.5 or nothing; then the rest is due.
    expected = [[0.5, 1.0, -1.0, 0.0], [1.0, 1.0, -1.0, 0.5]]
    for arrays, _ in workers:
        np.testing.assert_array_equal(arrays["compressed"], np.float32(expected))


@pytest.mark.parametrize(("kind", "alone"), [("module", program.fitted), ("gluon", program.trained)])
def test_two_processes_with_half_the_batch_train_as_one(workers, kind, alone):
    expected = alone()
    for arrays, _ in workers:
        for name, array in expected.items():
            np.testing.assert_allclose(arrays[f"{kind} {name}"], array, rtol=0, atol=1e-5)


@pytest.mark.parametrize("kind", ["module", "gluon", "packed"])
def test_workers_stay_equal_bit_for_bit(workers, kind):
    (first, _), (second, _) = workers
    names = [name for name in first if name.startswith(kind)]
    assert len(names) == 4
    for name in names:
        np.testing.assert_array_equal(first[name], second[name])


@pytest.mark.parametrize("axis", ["data", "model"])
def test_a_mesh_of_two_processes_trains_as_one(workers, axis):
    expected = program.fitted()
    for arrays, _ in workers:
        for name, array in expected.items():
            np.testing.assert_allclose(arrays[f"mesh {axis} {name}"], array, rtol=0, atol=1e-5)


def test_each_process_knows_which_slices_the_other_holds(workers):
    for rank, (arrays, _) in enumerate(workers):
        assert arrays["readable"].tolist() == [[0, 2, rank == 0], [2, 4, rank == 1]]


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("shape", "worker 0 has push of x (2,) float32, worker 1 has push of x (3,) float32"),
        ("key", "worker 0 has push of x (2,) float32, worker 1 has push of y (2,) float32"),
        ("count", "worker 0 has push of y (2,) float32, worker 1 has push of 1 arrays"),
        ("call", "worker 0 has push of x (2,) float32, worker 1 has barrier"),
    ],
)
def test_workers_that_differ_are_told_how(workers, what, text):
    for _, told in workers:
        assert text in told[what]


def test_a_worker_that_waits_hears_that_the_other_ended_or_failed(workers):
    told = workers[0][1]
    assert told["ended"] == "worker 1 has come to the end of its work; worker 0 was about to barrier"
    assert told["failed"] == "worker 1 has failed; worker 0 was about to barrier"


def test_an_interrupt_of_one_worker_stops_all(workers):
    assert [told["interrupted"] for _, told in workers] == ["KeyboardInterrupt"] * 2


def test_a_process_by_itself_is_told_how_to_start_a_group():
    with pytest.raises(
        NotInitializedError, match=r"kvstore 'dist_sync' needs a group of processes.*parallel\.cluster"
    ):
        mx.kv.create("dist_sync")
