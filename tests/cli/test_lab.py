import builtins
import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from workbench.cli import lab, main


def test_listens_on_this_machine_alone_with_a_token():
    options = lab.arguments(Path("."), [], "secret")
    assert "--ServerApp.ip=127.0.0.1" in options
    assert "--IdentityProvider.token=secret" in options
    assert f"--ServerApp.root_dir={Path.cwd()}" in options


@pytest.mark.parametrize(
    ("given", "ours"),
    [
        (["--ip", "::1"], "--ServerApp.ip=127.0.0.1"),
        (["--IdentityProvider.token=mine"], "--IdentityProvider.token=secret"),
        (["--notebook-dir=/"], f"--ServerApp.root_dir={Path.cwd()}"),
    ],
)
def test_an_option_that_is_given_replaces_ours(given, ours):
    options = lab.arguments(Path("."), given, "secret")
    assert ours not in options
    assert options[-len(given) :] == given


@pytest.mark.parametrize(
    ("environment", "platform", "display"),
    [
        ({}, "linux", False),
        ({"DISPLAY": ""}, "linux", False),
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({}, "darwin", True),
    ],
)
def test_a_browser_opens_only_where_there_is_a_display(environment, platform, display):
    assert lab.has_display(environment, platform) == display


def test_the_lessons_here_are_opened_first(monkeypatch, tmp_path):
    (tmp_path / "lessons").mkdir()
    monkeypatch.chdir(tmp_path)
    assert lab.lessons() == Path("lessons")


def test_without_lessons_this_folder_is_opened(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(lab, "CHECKOUT_LESSONS", tmp_path / "none")
    assert lab.lessons() == tmp_path


def test_a_folder_that_is_not_there_is_named(capsys):
    assert main(["lab", "--dir", "no/such/place"]) == 1
    assert (
        f"workbench lab: --dir no/such/place is not a folder (looked from {Path.cwd()})"
        in capsys.readouterr().err
    )


def test_without_jupyterlab_it_says_how_to_get_it(monkeypatch, capsys):
    really_import = builtins.__import__

    def without_lab(name, *rest):
        if name.startswith("jupyterlab"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return really_import(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without_lab)
    assert main(["lab"]) == 1
    assert (
        "JupyterLab is not installed: in the project's folder, .venv/bin/pip install '.[lab]'"
        in capsys.readouterr().err
    )


@pytest.fixture
def address(tmp_path):
    """The address that a server without a display prints."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    kept = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    # Sockets of the kernels lie in the runtime folder, and their paths must stay short.
    environment = kept | {
        "JUPYTER_CONFIG_DIR": str(tmp_path / "config"),
        "JUPYTER_DATA_DIR": str(tmp_path / "data"),
    }
    command = [sys.executable, "-c", "from workbench.cli import main; main()"]
    command += ["lab", "--dir", str(tmp_path), f"--port={port}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as server:
        assert server.stdout is not None
        try:
            yield next(found[0] for line in server.stdout if (found := re.search(r"http://\S+", line)))
        finally:
            server.send_signal(signal.SIGTERM)


def status(address):
    try:
        with urllib.request.urlopen(address, timeout=30) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_serves_who_has_the_token_and_nobody_else(address):
    assert address.startswith("http://127.0.0.1:")
    page, _, token = address.partition("?token=")
    contents = page.replace("/lab", "/api/contents")
    assert status(address) == 200
    assert status(f"{contents}?token={token}") == 200
    assert status(contents) == 403
    assert status(f"{contents}?token=guess") == 403


def test_the_news_pop_up_is_off(address):
    page, _, token = address.partition("?token=")
    name = "@jupyterlab/apputils-extension:notification"
    settings = f"{page}/api/settings/{name}?token={token}"
    with urllib.request.urlopen(settings, timeout=30) as answer:
        schema = json.load(answer)["schema"]
    assert schema["properties"]["fetchNews"]["default"] == "false"
    assert schema["properties"]["checkForUpdates"]["default"] is False
