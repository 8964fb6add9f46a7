"""The imperative style: arrays whose operations run when they are read."""

# Before all others: calls, operators and methods are built on the class, and attached to it where it stands.
import workbench.imperative.ndarray as _ndarray  # noqa: F401
