import pytest
from small_comparison import TWO, small_comparison

from workbench.cli import experiment, main
from workbench.experiments.replay import Outcome
from workbench.experiments.results import Results, Run, environment, read, write
from workbench.experiments.tcl import Epoch
from workbench.types import Quantity


class Told:
    """Stands in for a comparison: tells its epochs, then maybe is interrupted."""

    total = 3

    def __init__(self, interrupted):
        self.interrupted = interrupted
        self.left, self.epochs = [("baseline", 0), ("small", 0)], 1

    def run(self):
        yield Epoch("baseline", 0, 0.5, Run("baseline", 0, 0.875, 20, 10))
        self.left.pop()
        if self.interrupted:
            raise KeyboardInterrupt
        yield Epoch("small", 0, 0.25)


def test_the_bar_names_the_run_and_each_result_is_told_at_once(capsys):
    assert experiment.follow(Told(interrupted=False))
    out, err = capsys.readouterr()
    assert "baseline, seed 0: accuracy 87.50%" in out
    assert "small, seed 0: 100%" in err
    assert "loss=0.250" in err


def test_an_interrupt_says_how_to_continue(monkeypatch, capsys):
    monkeypatch.setattr("workbench.experiments.Comparison", lambda *_: Told(interrupted=True))
    assert main(["experiment", "tcl", "--out", "here.json"]) == 130
    assert capsys.readouterr().err.endswith(
        "workbench experiment: stopped; 2 of 3 runs are in here.json. The same command continues, without --fresh.\n"
    )


def test_what_is_done_already_is_shown_again(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("workbench.experiments.Comparison", small_comparison)
    path = tmp_path / "tcl.json"
    runs = [Run(each.name, 0, 0.5, 40, 10 * n) for n, each in zip((2, 1), TWO, strict=True)]
    settings = small_comparison(path, 1, 5).results.settings
    write(path, Results("tcl", settings, environment(), tuple(runs)))
    assert main(["experiment", "tcl", "--seeds", "1", "--epochs", "5", "--out", str(path)]) == 0
    heading, *rows, saved, accuracy = capsys.readouterr().out.splitlines()
    assert heading.split() == [
        "saved,",
        "dense",
        "part",
        "saved,",
        "whole",
        "accuracy",
        "(least",
        "to",
        "most)",
    ]
    assert [row.split() for row in rows] == [
        ["baseline", "0.00", "%", "0.00", "%", "50.0", "%", "(50.0", "%", "to", "50.0", "%)"],
        ["small", "50.00", "%", "0.00", "%", "50.0", "%", "(50.0", "%", "to", "50.0", "%)"],
    ]
    assert saved.startswith("saved, predicted: 1 − n / n of the baseline; ")
    assert accuracy.startswith("accuracy, measured: mean over seeds 0, 5 epochs, 100 test images; ")
    assert read(path).runs == tuple(runs)


def test_columns_line_up():
    accuracy, dense, whole = (Quantity(value, "%", "measured", "a test") for value in (90.0, 25.0, 12.5))
    heading, row, *_ = experiment.table([Outcome("a name", accuracy, dense, whole)]).splitlines()
    for above, below in (("dense part", "25.00 %"), ("whole", "12.50 %")):
        assert heading.index(above) + len(above) == row.index(below) + len(below)
    assert heading.index("accuracy") == row.index("90.0 %")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--seeds", "0"], "seeds must be 1 or more, got 0"),
        (["--epochs", "-2"], "epochs must be 1 or more, got -2"),
        (["--out", "none/such.json"], "none/such.json: results are a file in a folder that exists"),
    ],
)
def test_bad_options_are_refused_by_text(arguments, text, capsys):
    assert main(["experiment", "tcl", *arguments]) == 1
    assert capsys.readouterr().err == f"workbench experiment: {text}\n"


def test_a_file_of_something_else_is_refused_and_kept(tmp_path, capsys):
    path = tmp_path / "notes.json"
    path.write_text('{"mine": 1}')
    assert main(["experiment", "tcl", "--out", str(path)]) == 1
    assert f"workbench experiment: {path} holds no results of an experiment" in capsys.readouterr().err
    assert path.read_text() == '{"mine": 1}'


@pytest.mark.parametrize(
    ("arguments", "text"),
    [(["tlc"], "invalid choice: 'tlc'"), (["tcl", "--seeds", "two"], "invalid int value: 'two'")],
)
def test_what_the_grammar_does_not_have_is_refused(arguments, text, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["experiment", *arguments])
    assert stop.value.code == 2
    assert text in capsys.readouterr().err


def test_help_explains_every_option(capsys):
    with pytest.raises(SystemExit):
        main(["experiment", "--help"])
    told = capsys.readouterr().out
    for words in (
        "the same command continues",
        "runs of each network",
        "passes over",
        "made or continued",
        "begin anew",
    ):
        assert words in told
