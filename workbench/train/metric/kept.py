"""A metric's sums, tallies and lists as plain values, and back."""

from __future__ import annotations

from typing import Any

import numpy as np


def kept(value: Any) -> Any:
    """What of a metric can be written as JSON: numbers, text, lists of them, and mappings of what objects hold."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    if isinstance(value, (list, tuple)):
        return [kept(each) for each in value]
    if isinstance(value, dict) or not hasattr(value, "__dict__") or callable(value):
        return None
    return {name: kept(each) for name, each in vars(value).items()}


def restore(metric: Any, values: Any) -> None:
    """Puts back what `kept` gave; what was not kept stays as it is."""
    for name, value in (values or {}).items():
        now = getattr(metric, name, None)
        if isinstance(value, dict):
            restore(now, value)
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for inner, each in zip(now or (), value, strict=False):
                restore(inner, each)
        elif value is not None:
            setattr(metric, name, _like(now, value))


def _like(now: Any, value: Any) -> Any:
    if isinstance(now, np.ndarray):
        return np.array(value, now.dtype)
    return tuple(value) if isinstance(now, tuple) else value
