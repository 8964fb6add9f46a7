"""What was compiled yesterday: JAX's compile cache on disk, on by default.

Compiling takes most of a lesson's first run.  JAX can keep what it compiled in a folder and reads it back in a
fraction of the time, so a folder of the user's own is chosen, unless JAX has been told one, or told not to.
``JAX_COMPILATION_CACHE_DIR`` names another, ``JAX_ENABLE_COMPILATION_CACHE=false`` turns it off.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any

import jax
import platformdirs

WORTH_KEEPING_S = 0.02  # compile times below are not worth a file
MOST_FILES = 4000  # of some 30 kB each; beyond them the oldest half goes


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
        _prune(place)


def _prune(place: Path) -> None:
    """JAX's own limit looks at every file at every write; once a start is enough."""
    files = list(place.iterdir())
    if len(files) <= MOST_FILES:
        return
    with contextlib.suppress(OSError):  # another process prunes too
        for file in sorted(files, key=lambda f: f.stat().st_mtime)[: len(files) // 2]:
            file.unlink(missing_ok=True)
