"""True and False in arithmetic, where they count as 1 and 0.

MXNet counts them as int64 where a bool array meets a number, and refuses or cuts down to a bool nearly all else:
its mean of [True, False] is True.  Here they count in whatever gives more than a truth: as int64 where whole numbers
stay whole, else as float32.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp


def counted(x: Any) -> Any:
    """Bools as int64; anything else as it is."""
    return x.astype(jnp.int64) if x.dtype == jnp.bool_ else x


def floated(x: Any) -> Any:
    """Bools as float32; anything else as it is."""
    return x.astype(jnp.float32) if x.dtype == jnp.bool_ else x
