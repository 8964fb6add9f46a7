"""A place in the user's code is named as the user knows it."""

import pytest

from workbench.runtime.source import Source, caller


def called(file):
    scope = {"caller": caller}
    exec(compile("\nfound = caller()", file, "exec"), scope)
    return scope["found"]


@pytest.mark.parametrize(
    ("file", "place"),
    [
        ("/home/a/train.py", "train.py:2"),
        ("/tmp/ipykernel_4711/3638159134.py", "notebook cell, line 2"),
    ],
)
def test_a_place_is_named_as_the_user_knows_it(file, place):
    source = called(file)
    assert isinstance(source, Source)
    assert source.place == place
    assert str(source) == place  # no text: the file is not there to be read
