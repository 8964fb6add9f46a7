"""Low-rank formats of a tensor: what rank each can have, what its factors look like, how many numbers it takes.

A tensor of order N and n values a mode has n^N numbers; a format writes it as small factors that are multiplied, of
about N·n·r numbers.  What that saves follows from shapes alone, so nothing here holds a value: the operators infer
shapes by these rules, layers choose their ranks by them, and `workbench.tensor` fits the factors.

Each format is a file, and answers the questions of `Format`.
"""

from collections.abc import Mapping

from workbench.errors import ArgumentError, did_you_mean
from workbench.errors import unknown_name as _unknown_name
from workbench.lowrank.cp import CP as CP
from workbench.lowrank.format import Format as Format
from workbench.lowrank.format import Rank as Rank
from workbench.lowrank.format import RankLike as RankLike
from workbench.lowrank.tensor_train import TensorTrain as TensorTrain
from workbench.lowrank.tucker import Tucker as Tucker

FORMATS: Mapping[str, Format] = {"cp": CP(), "tucker": Tucker(), "tt": TensorTrain()}


def format_of(name: str | Format) -> Format:
    """The format of this name: ``"cp"``, ``"tucker"`` or ``"tt"``; one that is given comes back as it is.

    Raises:
        ArgumentError: there is no such format.
    """
    if isinstance(name, Format):
        return name
    if name not in FORMATS:
        raise ArgumentError(
            f"format={name!r}: it is one of {', '.join(map(repr, FORMATS))}.{did_you_mean(str(name), FORMATS)}"
        )
    return FORMATS[name]


def __getattr__(name: str) -> object:
    raise _unknown_name("lowrank", name, globals())
