"""Push operations and see them wait: the queues, the dependency graph, and a recorded run, threaded against naive.

The two-layer network on two devices is pushed in the plain order of its formulas.  The queues of its variables, tick
by tick, say why each operation starts when it does; a dependency that is taken away may let another start too early,
and the race checker names the two.

What the queues do travels to the browser at the start, so that stepping and playing need no answer from the kernel and
work in a saved page too.  Recorded runs and the race checker's are real ones; they run in the kernel's own thread,
since what another cell pushed meanwhile would run among them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

import traitlets

from workbench.arguments import Range, check
from workbench.errors import ArgumentError
from workbench.types import Quantity
from workbench.viz.engine_figure import engine_figure, engine_svg
from workbench_widgets.background import Cancelled
from workbench_widgets.explorer import ASSETS, Explorer, Job

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from workbench.parallel.engine_runs import Measurement
    from workbench.parallel.engine_study import EngineStudy
    from workbench.runtime.dependency.race import Race

DEVICE = re.compile(r"(cpu|gpu)\((\d+)\)")
Pushed = tuple[str, Sequence[str], Sequence[str], str]


class EngineExplorer(Explorer):
    """A program of the dependency engine.

    Args:
        program: as `engine.race_check` takes it; the two-layer network where none is given.
        devices: on how many devices the network is trained, 0 to 4; 0 for no network.
        steps: for how many steps, 1 to 3.
        pushed: what is pushed after it, each as for `push`.
        undeclared: declarations left out: pairs of an operation's and a variable's name.
        engine: ``"threaded"`` or ``"naive"``: what is stepped through.
        tick: the moment to start at.

    Raises:
        ArgumentError: the program is none, or an argument does not fit.
        TraitError: `tick` or `operation` is set to what is not there.
    """

    _esm = ASSETS / "engine_explorer.js"
    _css = ASSETS / "engine_explorer.css"

    own = traitlets.Bool(False, help="whether the program is the user's").tag(sync=True)
    devices = traitlets.Int(2, read_only=True).tag(sync=True)
    steps = traitlets.Int(1, read_only=True).tag(sync=True)
    pushed: traitlets.List[list[Any]] = traitlets.List(read_only=True).tag(sync=True)
    undeclared: traitlets.List[list[str]] = traitlets.List(read_only=True).tag(sync=True)
    operations: traitlets.List[dict[str, Any]] = traitlets.List(read_only=True).tag(sync=True)
    edges: traitlets.List[dict[str, Any]] = traitlets.List(read_only=True).tag(sync=True)
    variables: traitlets.List[str] = traitlets.List(read_only=True).tag(sync=True)
    frames: traitlets.Dict[str, list[dict[str, Any]]] = traitlets.Dict(read_only=True).tag(sync=True)
    predicted: traitlets.List[dict[str, Any]] = traitlets.List(read_only=True).tag(sync=True)
    checked = traitlets.Bool(False, help="whether somebody looked for races").tag(sync=True)
    races: traitlets.List[dict[str, Any]] = traitlets.List(help="those found").tag(sync=True)
    arguments = traitlets.Unicode(help="of the call that makes this, but for engine and tick").tag(sync=True)
    engine = traitlets.Enum(("threaded", "naive"), "threaded").tag(sync=True)
    tick = traitlets.Int(0).tag(sync=True)
    operation = traitlets.Int(0, help="the one that is explained").tag(sync=True)

    def __init__(
        self,
        program: Callable[[], Any] | None = None,
        *,
        devices: int = 2,
        steps: int = 1,
        pushed: Sequence[Pushed] = (),
        undeclared: Sequence[tuple[str, str]] = (),
        engine: str = "threaded",
        tick: int = 0,
        **options: Any,
    ) -> None:
        check(_Asked, {"program": program}, lambda: "EngineExplorer")
        self._program = program
        self._measured: Measurement | None = None
        super().__init__(options, own=program is not None)
        self._show(devices, steps, pushed, undeclared, engine, tick)

    # -- what is studied -------------------------------------------------------------------------

    def _show(
        self,
        devices: int,
        steps: int,
        pushed: Sequence[Any],
        undeclared: Sequence[Sequence[str]],
        engine: str | None = None,
        tick: int | None = None,
    ) -> None:
        """Studies another program; where that is refused, all stays as it is."""
        kind = engine or self.engine
        asked = zip(
            _Asked._fields, (self._program, devices, steps, pushed, undeclared, kind, tick), strict=True
        )
        check(_Asked, dict(asked), lambda: "EngineExplorer")
        left_out = [(operation, variable) for operation, variable in undeclared]
        study = self._study_of(devices, steps, pushed, left_out)
        frames = {kind: [_frame(f) for f in study.frames(kind)] for kind in ("naive", "threaded")}
        title = _title(self._program, devices, steps)
        at = _within("tick", tick, len(frames[kind]), title) if tick is not None else self.tick
        with self.hold_sync():
            self._study, self._measured = study, None
            self.title = title
            for name, value in {
                "devices": devices,
                "steps": steps,
                "pushed": [[name, list(reads), list(writes), on] for name, reads, writes, on in pushed],
                "undeclared": [list(pair) for pair in left_out],
                "frames": frames,
                "edges": study.edges,
                "variables": study.variables,
                "predicted": [asdict(figure) for figure in study.figures],
            }.items():
                self.set_trait(name, value)
            self.set_trait("operations", self._described())
            self.operation = min(self.operation, max(0, len(self.operations) - 1))
            self.arguments = self._arguments()
            self.engine, self.tick = kind, min(at, len(frames[kind]) - 1)
            self.checked, self.races, self.runs, self.error = False, [], {}, ""

    def _study_of(
        self, devices: int, steps: int, pushed: Sequence[Any], left_out: Sequence[tuple[str, str]]
    ) -> EngineStudy:
        from workbench.parallel.engine_study import EngineStudy
        from workbench.parallel.pushed import Pushed, network_study

        if self._program is None:
            made = [Pushed(name, reads, writes, _device(on)) for name, reads, writes, on in pushed]
            return network_study(devices, steps, made, left_out)
        if pushed:
            raise ArgumentError("to a program of your own nothing is added here: push it in the program")
        return EngineStudy(self._program, left_out)

    def _described(self) -> list[dict[str, Any]]:
        """Each operation, with what it uses and does not say so."""
        return [
            {
                "name": operation.name,
                "device": str(operation.device),
                "reads": [v.name for v in operation.reads],
                "writes": [v.name for v in operation.writes],
                "forgotten": [variable for name, variable in self.undeclared if name == operation.name],
                "source": operation.source.place if self.own and operation.source else "",
            }
            for operation in self._study.operations
        ]

    def _arguments(self) -> str:
        start = [getattr(self._program, "__name__", "program")] if self.own else []
        if not self.own and (self.devices, self.steps) != (2, 1):
            start.append(f"devices={self.devices}, steps={self.steps}")
        if self.pushed:
            start.append(f"pushed={[tuple(each) for each in self.pushed]!r}")
        if self.undeclared:
            start.append(f"undeclared={[tuple(pair) for pair in self.undeclared]!r}")
        return ", ".join(start)

    @traitlets.validate("tick")
    def _valid_tick(self, proposal: dict[str, Any]) -> int:
        return _within("tick", proposal["value"], len(self.frames[self.engine]), self.title)

    @traitlets.validate("operation")
    def _valid_operation(self, proposal: dict[str, Any]) -> int:
        return _within("operation", proposal["value"], max(1, len(self.operations)), self.title)

    @traitlets.observe("engine")
    def _from_the_start(self, _change: Any) -> None:
        self.tick = min(self.tick, len(self.frames[self.engine]) - 1) if self.frames else 0

    # -- what can be done ------------------------------------------------------------------------

    def push(
        self, name: str, reads: Sequence[str] = (), writes: Sequence[str] = (), device: str = "cpu(0)"
    ) -> None:
        """Pushes an operation after all others; it halves what it writes and adds the mean of what it reads.

        Args:
            name: what it is called.
            reads, writes: names of variables; those that are not there yet are made.
            device: where it runs, such as ``"cpu(1)"``.

        Raises:
            ArgumentError: a variable is named twice, the device is none, or the program is not the explorer's own.
        """
        self._show(self.devices, self.steps, [*self.pushed, (name, reads, writes, device)], self.undeclared)

    def forget(self, operation: str, variable: str) -> list[Race]:
        """Takes a declaration away, and looks for races.

        Raises:
            ArgumentError: no operation of the name declares such a variable.
        """
        self._show(self.devices, self.steps, self.pushed, [*self.undeclared, (operation, variable)])
        return self.check()

    def declare(self, operation: str, variable: str) -> None:
        """Gives a declaration back that was taken away."""
        kept = [pair for pair in self.undeclared if pair != [operation, variable]]
        self._show(self.devices, self.steps, self.pushed, kept)

    def check(self) -> list[Race]:
        """Runs the program in random legal orders; the races found, as `engine.race_check` gives them."""
        with self._measures():
            found = self._study.races()
        with self.hold_sync():
            self.checked, self.races = True, [self._told(race) for race in found]
        return found

    def _told(self, race: Race) -> dict[str, Any]:
        return {
            "first": self._study.place(race.first),
            "second": self._study.place(race.second),
            "names": [race.first.name, race.second.name],
            "difference": race.difference,
        }

    def measure(self) -> Measurement | None:
        """Records the program on both types of engine, and waits for it.

        Raises:
            Exception: whatever the program itself raises; its text is shown in the browser too.
        """
        return self._measure()

    def _job(self) -> Job:
        study = self._study

        def job(cancelled: Cancelled) -> Measurement | None:
            with self._measures() as progress:
                result = study.measure(progress, cancelled)
            if result is not None:
                self._measured = result
                figures = [asdict(figure) for figure in result.figures]
                self.runs = {"traces": result.traces, "figures": figures}
            return result

        return job

    @property
    def figures(self) -> list[Quantity]:
        """What is predicted and, once measured, what was measured."""
        return [*self._study.figures, *(self._measured.figures if self._measured else [])]

    # -- the browser's wishes --------------------------------------------------------------------

    def _wishes(self) -> Mapping[str, Callable[..., object]]:
        return {
            "measure": self.measure,
            "check": self.check,
            "push": self.push,
            "take back": self._take_back,
            "forget": self.forget,
            "declare": self.declare,
            "show": self._ask_show,
        }

    def _take_back(self) -> None:
        """What was pushed last is gone, and with it what was taken away from its declarations."""
        if not self.pushed:
            raise ArgumentError("there is nothing to take back: nothing was pushed")
        *kept, last = self.pushed
        left_out = [pair for pair in self.undeclared if pair[0] != last[0]]
        self._show(self.devices, self.steps, kept, left_out)

    def _ask_show(
        self,
        devices: int,
        steps: int,
        pushed: Any = None,
        undeclared: Any = (),
        engine: str | None = None,
        tick: int = 0,
    ) -> None:
        self._show(devices, steps, self.pushed if pushed is None else pushed, undeclared, engine, tick)
        if self.undeclared:
            self.check()

    # -- elsewhere than in a browser -------------------------------------------------------------

    def figure(self) -> Figure:
        """The same picture by matplotlib, for print and for pages without a browser."""
        return engine_figure(self)

    def __repr__(self) -> str:
        races = f", races={len(self.races)}" if self.checked else ""
        return (
            f"EngineExplorer({self.title!r}, operations={len(self.operations)}, engine={self.engine!r}, "
            f"tick={self.tick}{races})"
        )

    def _svg(self) -> str:
        return engine_svg(self)


class _Asked(NamedTuple):
    """What can be shown."""

    program: Callable[[], Any] | None
    devices: Annotated[int, Range(0, 4)]
    steps: Annotated[int, Range(1, 3)]
    pushed: Sequence[Pushed]
    undeclared: Sequence[tuple[str, str]]
    engine: Literal["threaded", "naive"]
    tick: int | None


def _within(name: str, value: int, count: int, title: str) -> int:
    if not 0 <= value < count:
        raise traitlets.TraitError(f"{name}={value}: {title!r} has {name}s 0 to {count - 1}")
    return value


def _device(text: Any) -> Any:
    from workbench.runtime.device import Context

    found = DEVICE.fullmatch(str(text))
    if found is None:
        raise ArgumentError(f"a device is written cpu(0), cpu(1), …, got {text!r}")
    return Context(found[1], int(found[2]))


def _title(program: Callable[[], Any] | None, devices: int, steps: int) -> str:
    if program is not None:
        return getattr(program, "__name__", "program")
    if not devices:
        return "what you push"
    return f"two layers on {devices} device{'s' * (devices > 1)}, {steps} step{'s' * (steps > 1)}"


def _frame(frame: Any) -> dict[str, Any]:
    """As JSON."""
    return {**frame._asdict(), "queues": {str(at): queue for at, queue in frame.queues.items()}}
