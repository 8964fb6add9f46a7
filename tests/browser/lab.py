"""A real JupyterLab for one test session: fresh folders, a token, this machine alone."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path

ROOT = Path(__file__).parents[2]
NO_UPDATES = "jupyterlab.NeverCheckForUpdate"
# A lesson's kernel takes a gigabyte, and nobody comes back to one whose page was closed a while ago.
CULLING = ("--MappingKernelManager.cull_idle_timeout=60", "--MappingKernelManager.cull_interval=15")
START_LIMIT = 90  # seconds; a cold start on two busy cores takes 15


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Lab:
    """Serves `folder`; use as a context manager."""

    def __init__(self, folder: Path, state: Path) -> None:
        self.folder, self.state = folder, state
        self.token = secrets.token_hex(16)
        self.url = f"http://127.0.0.1:{free_port()}"

    def __enter__(self) -> Lab:
        self.state.mkdir(parents=True, exist_ok=True)
        # A socket's path may have some hundred characters, and a test's own folder uses up most of them.
        self._runtime = tempfile.TemporaryDirectory(prefix="lab")
        self._log = (self.state / "jupyter.log").open("w")
        self._server = subprocess.Popen(
            self._command(), env=self._environment(), stdout=self._log, stderr=subprocess.STDOUT
        )
        self._wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.terminate()
        self._server.wait(30)
        self._log.close()
        self._runtime.cleanup()

    def _command(self) -> list[str]:
        port = self.url.rpartition(":")[2]
        return [
            *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
            *("--ip=127.0.0.1", f"--port={port}", f"--IdentityProvider.token={self.token}"),
            *(f"--ServerApp.root_dir={self.folder}", "--KernelManager.transport=ipc"),
            *("--LabApp.news_url=None", f"--LabApp.check_for_updates_class={NO_UPDATES}"),
            *CULLING,
        ]

    def _environment(self) -> dict[str, str]:
        """Fresh folders, because JupyterLab keeps themes and open tabs from one run to the next."""
        folders = {f"JUPYTER_{name}_DIR": str(self.state / name.lower()) for name in ("CONFIG", "DATA")}
        folders["JUPYTER_RUNTIME_DIR"] = self._runtime.name
        folders["JUPYTERLAB_WORKSPACES_DIR"] = str(self.state / "workspaces")
        folders["JUPYTERLAB_SETTINGS_DIR"] = str(self.state / "settings")
        folders["IPYTHONDIR"] = str(self.state / "ipython")
        # From a checkout that is not installed too; and the sample the first notebook shows.
        paths = [ROOT, ROOT / "widgets", ROOT / "tests" / "widgets"]
        return {**os.environ, **folders, "PYTHONPATH": os.pathsep.join(map(str, paths))}

    def _wait(self) -> None:
        deadline = time.monotonic() + START_LIMIT
        while time.monotonic() < deadline and self._server.poll() is None:
            try:
                self._ask("GET", "/api/status")
                return
            except urllib.error.URLError:
                time.sleep(0.3)
        log = (self.state / "jupyter.log").read_text()
        raise RuntimeError(f"JupyterLab did not answer at {self.url}; it said:\n{log}")

    def _ask(self, method: str, path: str, body: dict | None = None) -> None:
        request = urllib.request.Request(
            self.url + path,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"token {self.token}", "Content-Type": "application/json"},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            answer.read()

    def use_theme(self, theme: str) -> None:
        """Sets ``"light"`` or ``"dark"`` for the pages opened from now on."""
        raw = json.dumps({"theme": f"JupyterLab {theme.capitalize()}"})
        self._ask("PUT", "/lab/api/settings/@jupyterlab/apputils-extension:themes", {"raw": raw})

    def address(self, notebook: str) -> str:
        """A page with this notebook alone, whatever was open before."""
        return f"{self.url}/lab/tree/{notebook}?reset&token={self.token}"
