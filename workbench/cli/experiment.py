"""Run an experiment with a bar that says how far it is, and end so that the same command continues."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING

from workbench.errors import WorkbenchError

if TYPE_CHECKING:
    from workbench.experiments import Comparison, Outcome

STOPPED = 130  # what a shell reports of a program that Ctrl-C ended


def run(out: IO[str], path: Path, seeds: int, epochs: int, *, fresh: bool) -> int:
    """Train what the file does not have yet, then write a table of all it has; return the exit code."""
    from workbench.experiments import Comparison, replay

    try:
        comparison = Comparison(path, seeds, epochs, fresh)
        done = follow(comparison)
    except (WorkbenchError, OSError) as error:
        print(f"workbench experiment: {error}", file=sys.stderr)
        return 1
    if not done:
        kept = comparison.total - len(comparison.left)
        print(
            f"workbench experiment: stopped; {kept} of {comparison.total} runs are in {path}. "
            "The same command continues, without --fresh.",
            file=sys.stderr,
        )
        return STOPPED
    out.write(table(replay(path)))
    return 0


def follow(comparison: Comparison) -> bool:
    """Do what is left, an epoch a step of the bar; False if Ctrl-C came in between."""
    from tqdm import tqdm

    with tqdm(total=len(comparison.left) * comparison.epochs, unit="epoch") as bar:
        try:
            for epoch in comparison.run():
                bar.set_description(f"{epoch.variant}, seed {epoch.seed}")
                bar.set_postfix(loss=f"{epoch.loss:.3f}")
                bar.update()
                if epoch.done:
                    bar.write(f"{epoch.variant}, seed {epoch.seed}: accuracy {epoch.done.accuracy:.2%}")
        except KeyboardInterrupt:
            return False
    return True


def table(outcomes: Sequence[Outcome]) -> str:
    """Return a line for each variant, what it saves and how accurate it is, and how both come about."""
    from workbench.viz.quantity_text import write_quantity

    lines = [f"{'':40}{'saved, dense part':>18}{'saved, whole':>15}  accuracy (least to most)"]
    for each in outcomes:
        saved = f"{each.savings.value:16.2f} %{each.whole_savings.value:13.2f} %"
        lines.append(f"{each.variant:40}{saved}  {write_quantity(each.accuracy)}")
    figures = {"saved": outcomes[0].savings, "accuracy": outcomes[0].accuracy}
    lines += [f"{name}, {figure.kind}: {figure.how}" for name, figure in figures.items()]
    return "\n".join(lines) + "\n"
