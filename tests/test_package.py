"""What a user gets: one wheel with everything in it, a facade whose names exist, a light import."""

import ast
import inspect
import operator
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import workbench

ROOT = Path(__file__).parents[1]
DATA = {
    "workbench/datasets/fashion_mnist.npz",
    "workbench/datasets/fashion_mnist-NOTICE.txt",
    "workbench/datasets/imagenet_names.txt",
    "workbench/datasets/imagenet_names-NOTICE.txt",
}
OVERRIDE = "share/jupyter/lab/settings/overrides.d/dl-workbench.json"


def versioned(folder: str) -> set[str]:
    """What a checkout holds below `folder`: nothing that git ignores, all that it knows or would add."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", folder]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("what the wheel must hold is read from git, and this is no checkout")
    return {name for name in listed.stdout.splitlines() if (ROOT / name).is_file()}


def build(source: Path, out: Path, kind: str) -> Path:
    command = [
        sys.executable,
        "-m",
        "build",
        f"--{kind}",
        "--no-isolation",
        "--outdir",
        str(out),
        str(source),
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (made,) = out.iterdir()
    return made


@pytest.fixture(scope="module")
def sdist(tmp_path_factory):
    return build(ROOT, tmp_path_factory.mktemp("sdist"), "sdist")


@pytest.fixture(scope="module", params=["checkout", "sdist"])
def wheel_names(request, tmp_path_factory, sdist):
    """The wheel's members, built from the checkout and from the unpacked sdist."""
    source = ROOT
    if request.param == "sdist":
        unpacked = tmp_path_factory.mktemp("unpacked")
        with tarfile.open(sdist) as archive:
            archive.extractall(unpacked, filter="data")
        (source,) = unpacked.iterdir()
    with zipfile.ZipFile(build(source, tmp_path_factory.mktemp("wheel"), "wheel")) as archive:
        return set(archive.namelist())


def test_the_wheel_holds_both_packages_to_the_last_file(wheel_names):
    assert versioned("workbench") <= wheel_names
    widgets = {name.removeprefix("widgets/") for name in versioned("widgets/workbench_widgets")}
    assert widgets <= wheel_names


def test_the_wheel_holds_the_data_with_their_notice_and_the_lab_settings(wheel_names):
    assert wheel_names >= DATA
    assert any(name.endswith(f".data/data/{OVERRIDE}") for name in wheel_names)
    assert any(name.endswith("licenses/LICENSE") for name in wheel_names)
    for notice in (name for name in DATA if name.endswith("-NOTICE.txt")):
        assert any(name.endswith(f"licenses/{notice}") for name in wheel_names), notice


def test_the_wheel_holds_nothing_else(wheel_names):
    tops = {name.split("/")[0] for name in wheel_names}
    others = {top for top in tops if not top.endswith((".dist-info", ".data"))}
    assert others == {"workbench", "workbench_widgets"}
    assert not any("node_modules" in name or name.endswith(".ts") for name in wheel_names)


def test_the_sdist_holds_what_a_contributor_needs(sdist):
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert names >= DATA | {
        "pyproject.toml",
        "LICENSE",
        "README.md",
        "Makefile",
        "tests/test_package.py",
        OVERRIDE,
    }
    assert versioned("widgets/workbench_widgets/static") <= names
    assert not any("node_modules" in name for name in names)


def test_every_name_the_facade_promises_exists():
    promised = workbench.__all__
    assert len(promised) == len(set(promised))
    assert [name for name in promised if not hasattr(workbench, name)] == []


def test_the_facade_promises_every_name_it_imports():
    tree = ast.parse(Path(workbench.__file__).read_text())
    body = [inner for node in tree.body for inner in (node.body if isinstance(node, ast.With) else [node])]
    imports = (node for node in body if isinstance(node, ast.Import | ast.ImportFrom))
    named = {alias.asname or alias.name for node in imports for alias in node.names}
    assert {name for name in named if not name.startswith("_")} - {"annotations"} <= set(workbench.__all__)


def test_import_needs_no_notebook_no_plot_library_and_nothing_else_that_is_heavy():
    heavy = (
        "graphviz",
        "ipyparallel",
        "optax",
        "orbax",
        "ray",
        "safetensors",
        "scipy.linalg",
        "scipy.stats",
        "simpy",
        "threadpoolctl",
        "tensorly",
        "torch",
        "jupyter",
        "jupyterlab",
        "IPython",
        "ipykernel",
        "matplotlib",
        "ipywidgets",
        "anywidget",
        "sklearn",
    )
    code = f"import sys, workbench; print(*sorted(set({heavy!r}) & set(sys.modules)))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert loaded == []


@pytest.mark.parametrize("before", ["enable", "disable"])
def test_import_leaves_the_collector_as_it_was(before):
    code = f"import gc; gc.{before}(); import workbench; print(gc.isenabled(), gc.get_freeze_count())"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.split() == [str(before == "enable"), "0"]


PUBLIC = """
    attribute autograd callback context cut datasets engine gluon gluon.contrib.nn gluon.contrib.rnn gluon.data
    gluon.data.vision gluon.data.vision.transforms gluon.loss gluon.model_zoo.vision gluon.nn gluon.rnn gluon.utils
    initializer io kvstore lr_scheduler metric model module monitor nd nd.contrib nd.image nd.linalg nd.random operator
    optimizer parallel parallel.costmodel passes profiler recordio rnn sym sym.contrib sym.image sym.linalg sym.random
    trace viz
"""


def test_completion_offers_what_is_imported_later_and_what_operators_give():
    assert {"contrib", "data", "model_zoo", "nn", "rnn"} <= set(dir(workbench.gluon))
    assert "vision" in dir(workbench.gluon.data)
    assert {"list_arguments", "reshape", "sum"} <= set(dir(workbench.sym.var("x")))
    assert {"asnumpy", "reshape", "sum"} <= set(dir(workbench.nd.ones(1)))


@pytest.mark.parametrize(
    "path", ["gluon.nn", "gluon.rnn", "gluon.loss", "optimizer", "init", "metric", "lr_scheduler"]
)
def test_help_tells_of_every_argument(path):
    """`help` shows the class's own text, and its bases' where it takes their arguments as they are."""
    module = operator.attrgetter(path)(workbench)
    for name in dir(module):
        kind = getattr(module, name)
        if not inspect.isclass(kind):
            continue
        kinds = [kind] if "__init__" in vars(kind) else kind.__mro__
        text = " ".join(each.__doc__ or "" for each in kinds)
        arguments = set(inspect.signature(kind).parameters) - {
            "args",
            "kwargs",
            "prefix",
            "params",
            "unknown",
        }
        if not re.search(r"(rguments|Args:|rest) (as|of) `|as `Block`", text):
            assert arguments <= set(re.findall(r"\w+", text)), name


@pytest.mark.parametrize("path", PUBLIC.split())
def test_a_public_module_shows_nothing_that_is_not_the_workbenchs(path):
    module = operator.attrgetter(path)(workbench)
    for name in dir(module):
        value = getattr(module, name)
        home = value.__name__ if inspect.ismodule(value) else getattr(value, "__module__", None)
        assert name.startswith("_") or not isinstance(home, str) or home.startswith("workbench"), name
