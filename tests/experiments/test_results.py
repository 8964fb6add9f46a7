import json

import pytest

from workbench.errors import DataFileError
from workbench.experiments.results import Results, Run, environment, read, write

RESULTS = Results("tcl", {"epochs": 1}, {"jax": "1"}, (Run("baseline", 0, 0.5, 20, 10),))


def test_what_is_written_is_read(tmp_path):
    path = tmp_path / "results.json"
    write(path, RESULTS)
    assert read(path) == RESULTS
    assert [each.name for each in tmp_path.iterdir()] == ["results.json"]


def test_a_failed_write_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "results.json"
    write(path, RESULTS)

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("workbench.experiments.results.os.replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write(path, RESULTS.with_run(Run("baseline", 1, 0.6, 20, 10)))
    assert read(path) == RESULTS


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "JSONDecodeError: "),
        ("[]", "TypeError: "),
        ("{}", "KeyError: 'runs'"),
        (json.dumps({"runs": [{"seed": 0}]}), "TypeError: Run.__init__() missing 4 required"),
        (
            json.dumps({"runs": [], "lr": 1}),
            "TypeError: Results.__init__() got an unexpected keyword argument 'lr'",
        ),
    ],
)
def test_another_file_is_refused(text, why, tmp_path):
    path = tmp_path / "results.json"
    path.write_text(text)
    with pytest.raises(DataFileError) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path} holds no results of an experiment: {why}")


def test_the_environment_names_versions_and_the_device():
    assert set(environment()) == {"workbench", "jax", "python", "system", "device", "cores"}
    assert environment()["device"].startswith("cpu ")
