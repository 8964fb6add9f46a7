"""The compile cache on disk, each time in a process of its own: JAX reads its settings once."""

import os
import subprocess
import sys

import pytest

from workbench.runtime import persistent

STEP = """
import jax
import workbench as mx
events = []
jax.monitoring.register_event_listener(lambda event, **_: events.append(event))
x = mx.sym.var("x")
for _ in range(40):
    x = mx.sym.sin(mx.sym.FullyConnected(x, num_hidden=8) + mx.sym.tanh(x))
executor = x.simple_bind(mx.cpu(), x=(4, 8))
print(executor.forward(is_train=False)[0].asnumpy().shape)
print(jax.config.jax_compilation_cache_dir)
print(events.count("/jax/compilation_cache/cache_hits"))
"""


def run(home, **env):
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("JAX_", "XDG_"))}
    done = subprocess.run(
        [sys.executable, "-c", STEP],
        env={**clean, "HOME": str(home), "JAX_PLATFORMS": "cpu", **env},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    shape, place, hits = done.stdout.splitlines()
    assert shape == "(4, 8)"
    return place, int(hits)


def kept(folder):
    return sorted(path.name for path in folder.rglob("*-cache"))


@pytest.mark.skipif(sys.platform != "linux", reason="folders are named otherwise there")
def test_what_was_compiled_is_read_back_at_the_next_start(tmp_path):
    place, hits = run(tmp_path)
    assert place == str(tmp_path / ".cache" / "dl-workbench" / "compiled")
    assert hits == 0
    assert kept(tmp_path)
    _, hits = run(tmp_path)
    assert hits > 0


def test_a_folder_jax_was_told_is_used(tmp_path):
    mine = tmp_path / "mine"
    assert run(tmp_path / "home", JAX_COMPILATION_CACHE_DIR=str(mine)) == (str(mine), 0)
    assert not (tmp_path / "home").exists()


def test_it_can_be_turned_off(tmp_path):
    assert run(tmp_path, JAX_ENABLE_COMPILATION_CACHE="false") == ("None", 0)
    assert not kept(tmp_path)


def test_a_home_that_is_no_folder_is_no_error(tmp_path):
    home = tmp_path / "home"
    home.write_text("")
    assert run(home) == ("None", 0)


def test_the_oldest_half_goes_where_there_are_too_many(tmp_path, monkeypatch):
    monkeypatch.setattr(persistent, "MOST_FILES", 5)
    for age in range(8):
        file = tmp_path / f"program{age}-cache"
        file.touch()
        os.utime(file, (1000 - age, 1000 - age))
    persistent._prune(tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == [f"program{age}-cache" for age in range(4)]
    persistent._prune(tmp_path)
    assert len(list(tmp_path.iterdir())) == 4
