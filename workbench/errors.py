"""Every failure the workbench can name, in one tree.

A learner reads an error more often than any page of documentation, so each class stands for one
kind of mistake and each message says what was asked, what came instead and where.  Every class
also derives from the built-in exception a Python programmer would expect, so that plain
``except ValueError`` keeps working.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


class WorkbenchError(RuntimeError):
    """Base of everything the workbench raises on purpose; a RuntimeError, as MXNet's is."""


MXNetError = WorkbenchError  # MXNet's name


class ShapeError(WorkbenchError, ValueError):
    """Shapes that do not fit together, or can't be inferred."""


class IndexRangeError(ShapeError, IndexError):
    """An index beyond the end of an axis, or of more axes than there are."""


class DTypeError(WorkbenchError, TypeError):
    """A dtype that is unknown or does not fit.

    Attributes:
        block: the name of the block that it was met in, which the message begins with; empty where there is none.
    """

    block = ""


class DeviceError(WorkbenchError, ValueError):
    """A device that does not exist, or arrays that live on different ones."""


class ArgumentError(WorkbenchError, TypeError, ValueError):
    """An argument that is missing, unknown or out of range."""


class MissingKeyError(ArgumentError, KeyError):
    """A name that a mapping does not hold."""

    __str__ = Exception.__str__  # a KeyError's would put the message in quotes


class MissingFileError(WorkbenchError, FileNotFoundError):
    """A file that is to be read, and that is not there."""


class NotSupportedError(WorkbenchError, NotImplementedError):
    """Something MXNet 1.x had and the workbench does not (yet)."""


class UnknownNameError(NotSupportedError, AttributeError):
    """A name of MXNet's, or nobody's, that a module of the workbench does not have."""


class SymbolFileError(WorkbenchError, ValueError):
    """A symbol or parameter file that is corrupt, hostile or of another format."""


class DataFileError(WorkbenchError, ValueError):
    """A file of training data that is short, corrupt or of another format."""


class CheckpointError(WorkbenchError, ValueError):
    """A training checkpoint that is missing, cut short, or of another program, network or data."""


class NotWrittenError(WorkbenchError):
    """A value that was read before anything wrote it, or after it was freed."""


class AutogradError(WorkbenchError):
    """A gradient that was asked for where nothing was recorded."""


class ExecutionError(WorkbenchError):
    """An operation that failed while running; the message names the line that called it."""


class BudgetError(WorkbenchError, ValueError):
    """A memory budget that no plan can keep to; the message says what the least is.

    Attributes:
        least: the least, in bytes of feature maps.
    """

    def __init__(self, message: str, least: int = 0) -> None:
        super().__init__(message)
        self.least = least


class NotInitializedError(WorkbenchError):
    """A module or parameter used before it was bound or initialised."""


class WorkerError(WorkbenchError):
    """A worker of a group of processes that died or failed, or that does something else than the others.

    Attributes:
        rank: the worker's, where it is one.
        pid: its process, where it is known.
    """

    def __init__(self, message: str, rank: int | None = None, pid: int | None = None) -> None:
        super().__init__(message)
        self.rank = rank
        self.pid = pid


@contextmanager
def reading(path: object) -> Iterator[None]:
    """What is inside reads a file.

    Raises:
        MissingFileError: there is none.
    """
    try:
        yield
    except FileNotFoundError:
        raise MissingFileError(f"there is no file {str(path)!r} to read") from None


def did_you_mean(name: object, known: Iterable[object]) -> str:
    """A suggestion such as ``" Did you mean 'relu'?"``, or an empty string; what is no text is read as if it were.

    Initials are near what they stand for: ``lr`` is ``learning_rate``.
    """
    names = [str(each) for each in known]
    close = difflib.get_close_matches(str(name), names, n=1)
    close += [each for each in names if "_" in each and "".join(w[:1] for w in each.split("_")) == name]
    return f" Did you mean {close[0]!r}?" if close else ""


def unknown_name(module: str, name: str, known: Iterable[str]) -> UnknownNameError:
    """The error for ``module.name``, with the nearest name there is."""
    if name.startswith("__"):  # the import system asks for such
        return UnknownNameError(f"{module} has no {name!r}.")
    public = [n for n in known if not n.startswith("_")]
    return UnknownNameError(f"{module} has no {name!r}.{did_you_mean(name, public)}")
