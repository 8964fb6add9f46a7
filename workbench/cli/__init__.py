"""The `workbench` command: `lab` opens the lessons, `doctor` looks the machine over, the others recompute and train.

Each subcommand is a file of its own and is imported when it is asked for, so that `workbench --help` does not
wait for JupyterLab.
"""

import argparse
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

LAB_HELP = """\
Open JupyterLab on the lessons, on this machine alone: bound to 127.0.0.1, with a new token for each start. A
browser opens where there is a display; without one, the address is printed.

Every other option goes to JupyterLab and wins over the workbench's own:

    workbench lab --port=9999 --no-browser
"""

DOCTOR_HELP = """\
Say which Python, JAX, devices and tools are here, what is missing and how to get it. Leaves with 0 when all
that the workbench itself needs is there, else with 1; tools only needed for the lessons, the tests or a GPU
do not count.
"""

LEDGER_HELP = """\
Set published figures on memory, on space savings and on scaling to 256 GPUs beside what follows for the same networks
here, each counted as it says, with a verdict. Nothing is trained. Space savings follow from shapes at once; scaling
from a cost model in some seconds, with the numbers it rests on; for memory, graphs are counted: ResNets take seconds,
LSTMs of 1000 steps a minute or two each. Networks are chosen by the beginnings of their names:

    workbench ledger tensor scaling
    workbench ledger slides-resnet paper
"""

EXPERIMENT_HELP = """\
Train a small AlexNet on the Fashion-MNIST images in the package, with dense layers and with tensor contraction
(TCL) and tensor regression layers (TRL) in their place, several times each: accuracy against space savings. A run
that is done is in the results file at once: Ctrl-C loses the one in progress at most, and the same command continues.
All runs take about half an hour on two cores.

    workbench experiment tcl --seeds 3 --out tcl.json
"""


def parser() -> argparse.ArgumentParser:
    """Return the command's grammar."""
    verbatim = argparse.RawDescriptionHelpFormatter
    top = argparse.ArgumentParser(prog="workbench", description="A course on how deep-learning systems work.")
    top.add_argument(
        "--version", action="version", version=f"dl-workbench {metadata.version('dl-workbench')}"
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="{lab,doctor,ledger,experiment}")
    lab = commands.add_parser(
        "lab",
        help="open JupyterLab on the lessons",
        description=LAB_HELP,
        formatter_class=verbatim,
        allow_abbrev=False,
    )
    lab.add_argument("--dir", type=Path, help="the folder to open (default: the lessons, else this folder)")
    doctor = commands.add_parser(
        "doctor",
        help="say what this machine has and what is missing",
        description=DOCTOR_HELP,
        formatter_class=verbatim,
        allow_abbrev=False,
    )
    doctor.add_argument("--json", action="store_true", help="print the findings as JSON")
    ledger = commands.add_parser(
        "ledger",
        help="set published claims beside what is recomputed for them",
        description=LEDGER_HELP,
        formatter_class=verbatim,
        allow_abbrev=False,
    )
    ledger.add_argument("networks", nargs="*", help="beginnings of the names of networks (default: all)")
    _add_experiment(
        commands.add_parser(
            "experiment",
            help="train what was published in small, with results to replay",
            description=EXPERIMENT_HELP,
            formatter_class=verbatim,
            allow_abbrev=False,
        )
    )
    return top


def _add_experiment(experiment: argparse.ArgumentParser) -> None:
    experiment.add_argument("name", choices=["tcl"], help="which: tcl, accuracy against space savings")
    experiment.add_argument(
        "--seeds",
        type=int,
        default=3,
        help="runs of each network, from the seeds 0, 1, … (default: %(default)s)",
    )
    experiment.add_argument(
        "--epochs",
        type=int,
        default=10,
        help="passes over the training images in each run (default: %(default)s)",
    )
    experiment.add_argument(
        "--out",
        type=Path,
        default=Path("tcl.json"),
        metavar="FILE",
        help="the results file, made or continued (default: %(default)s in this folder)",
    )
    experiment.add_argument("--fresh", action="store_true", help="begin anew: what the file holds is lost")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line `argv` (default: the process's own) and return the exit code."""
    grammar = parser()
    options, rest = grammar.parse_known_args(argv)
    if options.command == "lab":
        from workbench.cli import lab

        return lab.run(options.dir, rest)
    if rest:
        grammar.error(f"workbench {options.command} does not know {' '.join(rest)}")
    if options.command == "ledger":
        from workbench.cli import ledger

        return ledger.run(sys.stdout, options.networks)
    if options.command == "experiment":
        from workbench.cli import experiment

        return experiment.run(sys.stdout, options.out, options.seeds, options.epochs, fresh=options.fresh)
    from workbench.cli import doctor

    return doctor.run(sys.stdout, as_json=options.json)
