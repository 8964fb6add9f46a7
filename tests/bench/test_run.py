"""What the benchmark makes of its figures."""

import time

import pytest
import run
from clock import Took, fixed_loop, timed
from targets import BY_HAND

HYBRIDIZED = "hybridized (Gluon)"


def took(*steps_ms, host_ms=0.1):
    return [Took(ms / 1e3, host_ms / 1e3) for ms in steps_ms]


def test_a_ratio_is_the_median_within_rounds():
    times = {BY_HAND: took(1, 10, 100), HYBRIDIZED: took(2, 11, 130)}
    assert run.ratio(times, HYBRIDIZED, BY_HAND) == pytest.approx(1.3)


def test_what_falls_short_says_how_much_of_it_is_the_hosts(capsys):
    times = {BY_HAND: took(1, 1, 1), HYBRIDIZED: took(1.2, 1.2, 1.2, host_ms=0.9)}
    short = run.table("mlp", times, [0.001, 0.0015])
    assert short == [
        "MLP 784-[64]x8-10: hybridized (Gluon): 1.20 × jax.jit by hand (≤ 1.10); of 1.200 ms the host works 0.900, "
        "of 1.100 allowed"
    ]
    printed = capsys.readouterr().out
    assert "1.20 × jax.jit by hand (≤ 1.10)" in printed
    assert "0.900" in printed


def test_what_holds_is_not_listed():
    times = {BY_HAND: took(1, 1, 1), HYBRIDIZED: took(1.05, 1.05, 1.05)}
    assert run.table("mlp", times, [0.001, 0.0012]) == []


def test_the_hosts_part_leaves_out_what_it_waits_for():
    turns = []
    found = timed(lambda: turns.append(fixed_loop()), lambda: time.sleep(0.2), 4)
    assert len(turns) == 4
    assert found.host < found.step - 0.2 / 4 / 2
