"""The compile cache: one executable a segment, and not without end."""

import numpy as np

from workbench.graph.bind import bind
from workbench.graph.segment import Segment
from workbench.ops import registry
from workbench.runtime import compile as compiling
from workbench.runtime.compile import CompileCache
from workbench.runtime.device import cpu
from workbench.types import tensor_type


def segment(size):
    tanh, _ = bind(registry.get("tanh"), {})
    return Segment(((tanh, (~0,)),), (tensor_type((size,), "float32"),), (0,), cpu())


def test_equal_segments_share_an_executable():
    cache = CompileCache()
    first = cache.get(segment(3))
    assert cache.get(segment(3)) is first
    assert cache.find(segment(4)) is None
    assert (len(cache), cache.hits, cache.misses) == (1, 1, 1)
    np.testing.assert_allclose(first([np.ones(3, np.float32)], [])[0], np.tanh(np.ones(3)), rtol=1e-6)


def test_the_half_used_longest_ago_is_let_go(monkeypatch):
    monkeypatch.setattr(compiling, "MOST", 4)
    cache = CompileCache()
    for size in (1, 2, 3, 4):
        cache.get(segment(size))
    cache.get(segment(1))
    cache.get(segment(3))
    cache.get(segment(5))
    assert [size for size in range(1, 6) if segment(size) in cache] == [1, 3, 5]
    assert cache.misses == 5
    cache.get(segment(2))
    assert cache.misses == 6


def test_numbers_that_come_again_are_not_mistaken_for_others():
    scaled, _ = bind(registry.get("_mul_scalar"), {"scalar": 0.0})
    times = CompileCache().get(Segment(((scaled, (~0,)),), (tensor_type((2,), "float32"),), (0,), cpu()))
    ones = np.ones(2, np.float32)
    for number in (0.5, 0.5, 0.5, 0.0, 0.0, -0.0, -0.0, 0.0, np.nan, np.nan, 0.5):
        found = np.asarray(times([ones], [number])[0])
        np.testing.assert_array_equal(found, ones * np.float32(number))
        np.testing.assert_array_equal(np.signbit(found), np.signbit(ones * np.float32(number)))
