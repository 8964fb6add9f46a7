"""How to get what is missing: the one sentence that every message says.

The package is on no index, so nothing is installed by its name. What installs an extra is pip in the project's folder,
in the environment that `make lab` has made there; editable, as that made it, so that the code stays the folder's.
"""

from __future__ import annotations


def remedy(extra: str = "") -> str:
    """The command that brings an extra, or without one what the package needs in any case, and where to give it.

    Args:
        extra: as `pyproject.toml` calls it, such as ``"pretrained"``.
    """
    what = f"'.[{extra}]'" if extra else "."
    return f"in the project's folder, .venv/bin/pip install -e {what}"
