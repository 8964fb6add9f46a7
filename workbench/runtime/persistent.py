"""What was compiled yesterday: JAX's compile cache on disk, on by default.

Compiling takes most of a lesson's first run.  JAX can keep what it compiled in a folder and reads it back in a
fraction of the time, so a folder of the user's own is chosen, unless JAX has been told one, or told not to.
``JAX_COMPILATION_CACHE_DIR`` names another, ``JAX_ENABLE_COMPILATION_CACHE=false`` turns it off.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import jax
import platformdirs

WORTH_KEEPING_S = 0.02  # compile times below are not worth a file
MOST_BYTES = 1 << 30  # the files used longest ago go first


def folder() -> Path:
    """Where the compiled programs of this user are kept."""
    return Path(platformdirs.user_cache_dir("dl-workbench", appauthor=False)) / "compiled"


def keep() -> None:
    """Keeps compiled programs on disk; leaves JAX alone where it has been told, or the folder can't be written."""
    told: Any = jax.config  # its settings are attributes that no type checker sees
    if told.jax_compilation_cache_dir is not None or not told.jax_enable_compilation_cache:
        return
    place = folder()
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError:  # a home that is read-only or not there: every start compiles anew
        return
    if os.access(place, os.W_OK):
        jax.config.update("jax_compilation_cache_dir", str(place))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", WORTH_KEEPING_S)
        jax.config.update("jax_compilation_cache_max_size", MOST_BYTES)
