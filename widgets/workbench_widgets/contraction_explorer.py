"""Low rank, by hand: drag the ranks of a tensor and see what five ways to use them take, and what they lose.

A tensor stands there as a block with a smaller block inside it, whose edges are dragged: a rank a mode.  TCL, TRL, CP,
Tucker and tensor train at these ranks stand side by side, and each is an einsum, whose contraction tree can be stepped
through in the order that is written, the cheapest, a greedy one, or one that keeps to a limit on memory.

Counting needs no numbers, so predictions are there at once.  The tensor itself is computed in the background, and after
it the errors: those of Tucker at all ranks in one pass, those of CP and tensor train fit by fit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Literal

import traitlets

from workbench.arguments import Positive, checked
from workbench.lowrank import Rank
from workbench.tensor.variants import Variant, variants
from workbench.types import Quantity
from workbench.viz.contraction_figure import contraction_figure, contraction_svg
from workbench_widgets.background import Background, Cancelled
from workbench_widgets.contraction_choice import OUTPUTS, study_given, valid_count, valid_limit, valid_ranks
from workbench_widgets.contraction_errors import Errors
from workbench_widgets.contraction_picture import ORDERS, ladders, published, variant_picture
from workbench_widgets.contraction_studies import STUDIES, TensorStudy, study_named
from workbench_widgets.contraction_times import measured_time
from workbench_widgets.explorer import ASSETS, Explorer, Job

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAMES = ("tcl", "trl", "cp", "tucker", "tt")
PATIENCE = 5.0  # seconds that a page being saved waits for the tensor


class ContractionExplorer(Explorer):
    """A tensor, its ranks, and what TCL, TRL, CP, Tucker and tensor train do with them.

    Args:
        tensor: an activation of your own without its batch, or any array of two modes or more.
        study: in place of it, one that comes along: ``"alexnet"``, ``"image"`` or ``"kernel"``.
        weight: in place of it, a weight with its outputs first, (outputs, …).
        block: in place of it, a Gluon layer, whose weight is taken.
        in_shape: the shape that the inputs of a weight (outputs, inputs) had before they were flattened.
        ranks: a number a mode; by default half of its size.  Modes from the third on are one.
        outputs: of the dense layer that TCL and TRL do with less of; a weight has its own.
        batch: samples that TCL and TRL compute at once.
        variant: the way looked at: ``"tcl"``, ``"trl"``, ``"cp"``, ``"tucker"`` or ``"tt"``.
        order: of contraction: ``"left_to_right"``, as written; ``"best"``; ``"greedy"``; or ``"limited"``.
        limit: of the last, the share of the best order's temporary memory that it may take.

    Raises:
        ArgumentError: more than one tensor was given, or what was given is none; there is no such study.
        ShapeError: a tensor has fewer than two modes, or `in_shape` does not fit.
        TraitError: ranks, outputs, batch, variant, order or limit are out of bounds, now or later.
    """

    _esm = ASSETS / "contraction_explorer.js"
    _css = ASSETS / "contraction_explorer.css"

    arguments = traitlets.Unicode(help="of the call that shows this tensor").tag(sync=True)
    studies = traitlets.Dict(help="the tensors that can be chosen").tag(sync=True)
    study = traitlets.Unicode(help="the one chosen; empty for a tensor of the user's").tag(sync=True)
    shape: traitlets.List[int] = traitlets.List().tag(sync=True)
    modes: traitlets.List[str] = traitlets.List(help="their names").tag(sync=True)
    role = traitlets.Unicode().tag(sync=True)
    says = traitlets.Unicode(help="where the tensor comes from").tag(sync=True)
    missing = traitlets.Unicode(help="why the tensor is not there").tag(sync=True)
    ranks: traitlets.List[int] = traitlets.List().tag(sync=True)
    outputs = traitlets.Int(OUTPUTS).tag(sync=True)
    batch = traitlets.Int(1).tag(sync=True)
    variant = traitlets.Enum(NAMES, "tcl").tag(sync=True)
    order = traitlets.Enum(ORDERS, "best").tag(sync=True)
    limit = traitlets.Float(0.5).tag(sync=True)
    found = traitlets.Dict(help="the five ways at the ranks that the kernel last heard of").tag(sync=True)
    ladders = traitlets.Dict(help="the ranks of CP and tensor train").tag(sync=True)
    grid = traitlets.Dict(help="Tucker's errors at some ranks").tag(sync=True)
    fits = traitlets.Dict(help="the errors of CP and tensor train that are known").tag(sync=True)
    fitted = traitlets.Float(0.0, help="the part done of the fits").tag(sync=True)
    stopped = traitlets.Bool(False, help="whether fitting was stopped before its end").tag(sync=True)
    pictures = traitlets.Dict(help="the picture, and what the ranks leave of it, in bytes").tag(sync=True)
    published: traitlets.List[dict[str, Any]] = traitlets.List().tag(sync=True)

    @checked
    def __init__(
        self,
        tensor: Any = None,
        *,
        study: str | None = None,
        weight: Any = None,
        block: Any = None,
        in_shape: tuple[int, ...] | None = None,
        ranks: Sequence[int] | None = None,
        outputs: Positive | None = None,
        batch: Positive = 1,
        variant: str = "tcl",
        order: Literal["left_to_right", "best", "greedy", "limited"] = "best",
        limit: float = 0.5,
        **options: Any,
    ) -> None:
        chosen = study_given(tensor, study, weight, block, in_shape, outputs)
        self._fitting = Background()
        self._show(chosen)
        name = next((name for name, each in STUDIES.items() if each is chosen), "")
        traits: dict[str, Any] = {
            **self._described(name),
            "studies": {name: each.title for name, each in STUDIES.items()},
            "published": published(),
            **({} if ranks is None else {"ranks": list(ranks)}),
            "batch": batch,
            "variant": variant,
            "order": order,
            "limit": limit,
        }
        super().__init__(options, **traits)
        self.outputs = outputs or chosen.outputs
        self.observe(self._answer, ["ranks", "outputs", "batch", "order", "limit"])
        self._answer()
        self._start()

    def _show(self, study: TensorStudy) -> None:
        self._study = study
        self._errors = Errors(study)
        self._times: dict[str, dict[str, Quantity | None]] = {}

    def _described(self, name: str) -> dict[str, Any]:
        """The traits that say what is studied."""
        study = self._study
        return {
            "study": name,
            "title": study.title,
            "arguments": study.arguments,
            "shape": list(study.shape),
            "modes": list(study.modes),
            "role": study.role,
            "says": study.says,
            "outputs": study.outputs,
            "ranks": [-(-n // 2) for n in study.shape],
            "ladders": ladders(study.shape),
        }

    @traitlets.validate("ranks")
    def _valid_ranks(self, proposal: dict[str, Any]) -> list[int]:
        return valid_ranks(self._study, list(proposal["value"]))

    @traitlets.validate("outputs", "batch")
    def _valid_count(self, proposal: dict[str, Any]) -> int:
        return valid_count(self._study, proposal["trait"].name, proposal["value"])

    @traitlets.validate("limit")
    def _valid_limit(self, proposal: dict[str, Any]) -> float:
        return valid_limit(proposal["value"])

    # -- the state -------------------------------------------------------------------------------

    @property
    def variants(self) -> tuple[Variant, ...]:
        """The five ways at the present ranks."""
        study = self._study
        return variants(study.shape, tuple(self.ranks), self.outputs, study.role, self.batch)

    @property
    def chosen(self) -> Variant:
        """The way looked at."""
        return self.variants[NAMES.index(self.variant)]

    @property
    def figures(self) -> list[Quantity]:
        """What is predicted and, where it is known, what was measured of the way looked at."""
        tree = self.chosen.tree(self.order, self.limit)
        measured = (self.error_of(self.chosen), self._times.get(self._key, {}).get(self.variant))
        return [*self.chosen.figures(tree), *(figure for figure in measured if figure is not None)]

    def error_of(self, variant: Variant) -> Quantity | None:
        """The relative error of the tensor in one of the ways; None where it has none, or none that is known yet."""
        return self._errors.of(variant)

    @property
    def _key(self) -> str:
        """What times were measured of."""
        return f"{self.ranks} {self.outputs} {self.batch} {self.order} {self.limit:g}"

    def _answer(self, *_: Any) -> None:
        """Tells the browser all that is predicted at the present ranks, in the present order."""
        found = self.variants
        errors = {
            each.name: self.error_of(each) for each in found if each.name not in self._errors.fits.names
        }
        self.found = {
            "key": self._key,
            "ranks": list(self.ranks),
            "outputs": self.outputs,
            "batch": self.batch,
            "order": self.order,
            "limit": self.limit,
            "errors": {name: error and asdict(error) for name, error in errors.items()},
            "variants": [variant_picture(each, self.order, self.limit) for each in found],
        }
        if after := self._errors.left_of_picture(found[NAMES.index("tucker")]):
            self.pictures = {**self.pictures, **after}

    # -- the tensor, and its fits ------------------------------------------------------------------

    @checked
    def show(self, study: str) -> None:
        """Looks at another tensor that comes along.

        Raises:
            ArgumentError: there is none of that name.
        """
        self._take(study_named(study), study)

    def _take(self, study: TensorStudy, name: str, choices: Mapping[str, Any] | None = None) -> None:
        """Looks at another tensor with these choices; at the same as before where one of them is refused."""
        before = self._study, self._errors, self._times
        self._show(study)
        cleared = {"grid": {}, "fits": {}, "runs": {}, "pictures": {}, "error": "", "missing": ""}
        try:
            self._set({**cleared, **self._described(name), **(choices or {})})
        except traitlets.TraitError:
            self._study, self._errors, self._times = before
            self._start()
            raise
        self._measuring.cancel()
        self._fitting.cancel()
        self._answer()
        self._start()

    def _set(self, values: Mapping[str, Any]) -> None:
        """Sets several traits, or none where one is refused."""
        with self.hold_sync(), self.hold_trait_notifications():
            for trait, value in values.items():
                self.set_trait(trait, value)

    def fit(self) -> None:
        """Fits CP and tensor train of the present ranks, before any others; their errors arrive in the browser."""
        self._start()

    def stop(self) -> None:
        """Fits no more; what is known stays."""
        self._fitting.cancel()

    @checked
    def wait(self, timeout: float | None = None) -> bool:
        """Waits until the tensor is there and nothing more is fitted, and says whether that is so.

        Args:
            timeout: seconds to wait at most.
        """
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _start(self) -> None:
        errors, wanted = self._errors, {each.name: each.rank for each in self.variants}

        def job(cancelled: Cancelled) -> None:
            self.fitted, self.stopped = 0.0, False
            with self._failures_shown():
                self._fit(errors, wanted, cancelled)
            if errors is self._errors:
                self.stopped, self.fitted = cancelled(), 1.0

        self._thread = self._fitting.start(job)

    def _fit(self, errors: Errors, wanted: Mapping[str, Rank], cancelled: Cancelled) -> None:
        if not errors.loaded and not self._load(errors):
            return
        for part in errors.fits.more(wanted, cancelled):
            if errors is not self._errors:
                return
            self.fits, self.fitted = errors.fits.picture(), min(part, 0.99)

    def _load(self, errors: Errors) -> bool:
        """Computes the tensor and says whether it is there, and still looked at."""
        try:
            errors.load()
        except Exception as failure:
            if errors is self._errors:
                self.missing = str(failure)
            return False
        if errors is not self._errors:
            return False
        self.grid, self.pictures = errors.grid, errors.pictures
        self._answer()
        return True

    # -- measuring -------------------------------------------------------------------------------

    def measure(self) -> dict[str, Quantity | None] | None:
        """Measures the five contractions in the present order and waits for it; None if it was cancelled.

        Returns:
            Seconds by the way's name; None where the order would take more than 1 GFLOP or 1 GiB.
        """
        return self._measure()

    def _job(self) -> Job:
        study, key, order, limit, found = self._study, self._key, self.order, self.limit, self.variants

        def job(cancelled: Cancelled) -> dict[str, Quantity | None] | None:
            times: dict[str, Quantity | None] = {}
            with self._measures() as progress:
                for variant in found:
                    if cancelled():
                        return None
                    times[variant.name] = measured_time(variant, order, limit)
                    progress(len(times) / len(found))
            if study is self._study:
                self._times[key] = times
                shown = {name: time and asdict(time) for name, time in times.items()}
                self.runs = {**self.runs, key: shown}
            return times

        return job

    # -- the browser's wishes --------------------------------------------------------------------

    def _wishes(self) -> Mapping[str, Callable[..., object]]:
        return {**super()._wishes(), "show": self.show, "fit": self.fit, "stop": self.stop,
                "restore": self._restore}  # fmt: skip

    @checked
    def _restore(self, study: str, state: dict[str, Any]) -> None:
        """What a link holds: the tensor, if it is one that comes along, and the other choices."""
        other = study_named(study) if study and study != self.study else None
        names = {"ranks", "outputs", "batch", "variant", "order", "limit"}
        if (other or self._study).role == "weight":
            names.discard("outputs")
        choices = {name: value for name, value in state.items() if name in names}
        if other is None:
            self._set(choices)
        else:
            self._take(other, study, choices)

    # -- elsewhere than in a browser -------------------------------------------------------------

    def figure(self) -> Figure:
        """The same picture by matplotlib, for print and for pages without a browser."""
        return contraction_figure(self)

    def __repr__(self) -> str:
        return (
            f"ContractionExplorer(tensor={self.title!r}, ranks={tuple(self.ranks)}, variant={self.variant!r}, "
            f"order={self.order!r})"
        )

    def _svg(self) -> str:
        self.wait(PATIENCE)
        return contraction_svg(self)
