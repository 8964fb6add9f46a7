from importlib import metadata

import pytest

from workbench.cli import main


def test_version_is_the_distributions(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--version"])
    assert stop.value.code == 0
    assert capsys.readouterr().out == f"dl-workbench {metadata.version('dl-workbench')}\n"


def test_without_a_subcommand_the_choices_are_shown(capsys):
    with pytest.raises(SystemExit) as stop:
        main([])
    assert stop.value.code == 2
    assert "{lab,doctor,ledger,experiment}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("command", "promise"),
    [
        ("lab", "goes to JupyterLab and wins"),
        ("doctor", "how to get it"),
        ("ledger", "published figures on memory, on space savings and on scaling to 256 GPUs"),
        ("experiment", "the same command continues"),
    ],
)
def test_each_subcommand_explains_itself(command, promise, capsys):
    with pytest.raises(SystemExit):
        main([command, "--help"])
    assert promise in capsys.readouterr().out


def test_an_option_the_doctor_does_not_know_is_refused(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["doctor", "--jsn"])
    assert stop.value.code == 2
    assert "workbench doctor does not know --jsn" in capsys.readouterr().err
