"""MXNet's ``mx.base``: the error that its programs catch, and the kinds of values that they tell apart."""

from __future__ import annotations

import numpy as np

from workbench.errors import MXNetError as MXNetError

integer_types = (int, np.int32, np.int64)
numeric_types = (float, int, np.generic)
string_types = (str,)
mx_real_t = np.float32

__all__ = ["MXNetError", "integer_types", "mx_real_t", "numeric_types", "string_types"]


def __dir__() -> list[str]:
    return __all__
