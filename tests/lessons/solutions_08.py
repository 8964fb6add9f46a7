"""Solutions of lesson 08's exercises."""

import math

import numpy as np


def ring(arrays, send):
    n = len(arrays)
    chunks = [np.split(array, n) for array in arrays]
    for turn in range(n - 1):  # after it, worker r has the sum of chunk r + 1
        for rank, came in enumerate(_passed(chunks, turn, send)):
            chunks[rank][(rank - 1 - turn) % n] += came
    for turn in range(n - 1):
        for rank, came in enumerate(_passed(chunks, turn - 1, send)):
            chunks[rank][(rank - turn) % n] = came
    return [np.concatenate(each) for each in chunks]


def _passed(chunks, turn, send):
    """What each worker gets from its left: every one sends chunk rank - turn."""
    n = len(chunks)
    came = [send(rank, (rank + 1) % n, chunks[rank][(rank - turn) % n]) for rank in range(n)]
    return came[-1:] + came[:-1]


def fitted(sizes, times):
    least = np.min(times, axis=1)
    per_byte, alpha = np.polyfit(sizes, least, 1, w=1 / least)
    return alpha, 1 / per_byte


def lost(t, write, between):
    return write / t + t / 2 / between


def interval(write, between):
    return math.sqrt(2 * write * between)
