"""Start JupyterLab on the lessons, safely and quietly.

A notebook server runs whatever it is sent, so who may reach it is the first question: it listens on 127.0.0.1
and asks for a token that is new at every start. The token is handed over inside this process, because other
users of the machine can read a command line.
"""

import contextlib
import os
import secrets
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from workbench.extras import remedy
from workbench.runtime import pages

CHECKOUT_LESSONS = Path(__file__).parents[2] / "lessons"


def run(folder: Path | None, passed_on: Sequence[str]) -> int:
    """Serve `folder` until interrupted, with the options in `passed_on`, and return the exit code."""
    try:
        from jupyterlab.labapp import LabApp
    except ImportError:
        return _fail(f"JupyterLab is not installed: {remedy('lab')}")
    root = lessons() if folder is None else folder
    if not root.is_dir():
        return _fail(f"--dir {root} is not a folder (looked from {Path.cwd()})")
    os.environ.update(pages.environment())  # for the kernels, which inherit it
    server = LabApp.initialize_server(arguments(root, passed_on, secrets.token_urlsafe(24)))
    trust(server, root)
    server.io_loop.add_callback(announce, server)  # once the loop runs, the server answers
    server.start()
    return 0


def trust(server: Any, root: Path) -> None:
    """Sign the checkout's own lessons, so that the browser shows the pictures stored in them.

    JupyterLab hides pictures that could run something, such as a widget's SVG, in a notebook that was not run here.
    Only lessons are signed, and only where they came with this package: anything else is for the learner to judge. A
    lesson that can't be signed is still a lesson, so nothing here keeps the server from starting.
    """
    if root.resolve() != CHECKOUT_LESSONS.resolve():
        return
    for path in sorted(root.glob("[0-9][0-9]_*.ipynb")):
        with contextlib.suppress(Exception):
            import nbformat

            server.contents_manager.notary.sign(nbformat.read(path, as_version=4))


def announce(server: Any) -> None:
    """Print where a running server is to be found."""
    address = server.local_url.partition("?")[0]
    token = server.identity_provider.token
    print(f"\nThe workbench is at\n\n    {address}?token={token}\n\nCtrl-C twice stops it.\n", flush=True)


def lessons() -> Path:
    """Return the folder to open unless told: the lessons here, else the checkout's, else this folder."""
    return next((place for place in (Path("lessons"), CHECKOUT_LESSONS) if place.is_dir()), Path.cwd())


def arguments(root: Path, passed_on: Sequence[str], token: str) -> list[str]:
    """Return JupyterLab's command line: our options, but for those that `passed_on` sets itself."""
    given = {argument.split("=", 1)[0] for argument in passed_on}
    ours = [
        (f"--ServerApp.root_dir={root.resolve()}", {"--notebook-dir"}),
        ("--ServerApp.ip=127.0.0.1", {"--ip"}),
        (f"--IdentityProvider.token={token}", {"--ServerApp.token"}),
        (
            "--Application.log_level=WARN",
            {"--log-level", "--ServerApp.log_level", "--LabApp.log_level", "--debug"},
        ),
    ]
    if os.name == "posix":
        # Sockets in the file system instead of on the network: nobody else can connect, and ipykernel has
        # nothing to warn about.
        ours.append(("--KernelManager.transport=ipc", {"--transport"}))
        if os.geteuid() == 0:
            # JupyterLab refuses root because of servers open to a network; this one is not, and in a
            # container there is often no other user.
            ours.append(("--ServerApp.allow_root=True", {"--allow-root"}))
    if not has_display(os.environ, sys.platform):
        ours.append(("--ServerApp.open_browser=False", {"--no-browser", "--browser"}))
    return [option for option, aliases in ours if not given & (aliases | {option.split("=", 1)[0]})] + list(
        passed_on
    )


def has_display(environment: Mapping[str, str], platform: str) -> bool:
    """Return whether a browser window could open."""
    return platform in ("darwin", "win32") or any(
        environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
    )


def _fail(message: str) -> int:
    print(f"workbench lab: {message}", file=sys.stderr)
    return 1
