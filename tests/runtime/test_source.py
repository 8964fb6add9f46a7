"""A place in the user's code is named as the user knows it."""

import pytest

from workbench.runtime.source import Source, called_at, caller, warn


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


def test_a_line_of_hundreds_of_characters_is_cut(tmp_path):
    file = tmp_path / "long.py"
    file.write_text("\nfound = caller()" + "  # and so on" * 50)
    source = called(str(file))
    assert len(source.text) > 600
    assert str(source).startswith("long.py:2: found = caller()  # and so on")
    assert str(source).endswith("…")
    assert len(str(source)) == len("long.py:2: ") + 120


def test_a_message_ends_with_the_line_that_called():
    message = called_at()
    assert message.startswith(" (called at test_source.py:")
    assert message.endswith(": message = called_at())")


def test_a_warning_is_of_the_line_outside_the_package():
    with pytest.warns(UserWarning, match="beware") as told:
        warn("beware")
    assert told[0].filename == __file__
