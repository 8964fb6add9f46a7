import builtins
import contextlib
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
from types import SimpleNamespace

import nbformat
import pytest
from nbformat.sign import NotebookNotary

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
        "JupyterLab is not installed: in the project's folder, .venv/bin/pip install -e '.[lab]'"
        in capsys.readouterr().err
    )


def write_picture(path):
    """A notebook of one cell that has shown an SVG."""
    shown = nbformat.v4.new_output("display_data", {"image/svg+xml": "<svg/>"})
    cell = nbformat.v4.new_code_cell("explorer", outputs=[shown])
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
    return nbformat.read(path, as_version=4)


@pytest.fixture
def lessons(monkeypatch, tmp_path):
    """A folder that `lab` takes for the checkout's lessons."""
    folder = tmp_path / "lessons"
    folder.mkdir()
    monkeypatch.setattr(lab, "CHECKOUT_LESSONS", folder)
    return folder


@pytest.fixture
def server(tmp_path):
    with NotebookNotary(data_dir=str(tmp_path)) as notary:
        yield SimpleNamespace(contents_manager=SimpleNamespace(notary=notary))


def test_the_lessons_are_trusted_and_nothing_else_in_their_folder(lessons, server):
    lesson, own = write_picture(lessons / "01_see_it.ipynb"), write_picture(lessons / "mine.ipynb")
    lab.trust(server, lessons)
    check = server.contents_manager.notary.check_signature
    assert (check(lesson), check(own)) == (True, False)


def test_a_folder_of_lessons_that_is_not_this_package_s_is_not_trusted(lessons, server, tmp_path):
    (tmp_path / "other").mkdir()
    lesson = write_picture(tmp_path / "other" / "01_see_it.ipynb")
    lab.trust(server, tmp_path / "other")
    assert not server.contents_manager.notary.check_signature(lesson)


def test_what_can_not_be_trusted_keeps_nothing_from_starting(lessons, server):
    (lessons / "01_no_notebook.ipynb").write_text("{")
    lesson = write_picture(lessons / "02_see_it.ipynb")
    lab.trust(server, lessons)
    assert server.contents_manager.notary.check_signature(lesson)
    lab.trust(SimpleNamespace(), lessons)  # a server without a notary


@contextlib.contextmanager
def served(folder, tmp_path):
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
    command += ["lab", "--dir", str(folder), f"--port={port}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as server:
        assert server.stdout is not None
        try:
            yield next(found[0] for line in server.stdout if (found := re.search(r"http://\S+", line)))
        finally:
            server.send_signal(signal.SIGTERM)


@pytest.fixture
def address(tmp_path):
    with served(tmp_path, tmp_path) as found:
        yield found


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


@pytest.mark.skipif(not lab.CHECKOUT_LESSONS.is_dir(), reason="not a checkout")
def test_the_server_says_that_a_lesson_is_trusted(tmp_path):
    with served(lab.CHECKOUT_LESSONS, tmp_path) as address:
        page, _, token = address.partition("?token=")
        contents = page.replace("/lab", "/api/contents/01_mix_styles.ipynb")
        with urllib.request.urlopen(f"{contents}?token={token}", timeout=30) as answer:
            cells = json.load(answer)["content"]["cells"]
    assert all(cell["metadata"]["trusted"] for cell in cells if cell["cell_type"] == "code")
