"""What every explorer is: a study in the kernel, a picture of it in the browser, and a few wishes between them.

An explorer sets traits, which travel to the browser, and is sent wishes: messages with ``ask`` and its arguments.
`Explorer` answers them, runs measurements in the background with their progress, and shows each failure where the wish
came from.  A new explorer

- derives from it, and names its built assets: ``_esm = ASSETS / "NAME_explorer.js"``, and the same with ``.css``;
- says in `_wishes` what else may be asked for;
- gives `_job`, one measurement, for `measure` and for the browser alike;
- gives `_svg`, the picture that a page without a browser shows.

Its other half derives from ``ExplorerView`` in ``widgets/src/shared/explorer_view.ts``.
"""

from __future__ import annotations

import inspect
import reprlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from workbench.errors import ArgumentError, did_you_mean
from workbench_widgets.background import Background, Cancelled

OF_WIDGETS = ("layout", "tabbable", "tooltip")
ASSETS = Path(__file__).parent / "static"
Job = Callable[[Cancelled], Any]


class Explorer(anywidget.AnyWidget):
    """A view of one study.

    Args:
        options: what a call gives besides its own arguments: traits in `choices`, or a widget's layout.
        traits: what the explorer sets itself, by name.

    Raises:
        ArgumentError: an option is none of these.
    """

    choices: tuple[str, ...] = ()

    title = traitlets.Unicode(help="what is studied").tag(sync=True)
    runs = traitlets.Dict(help="what was measured so far, by what it was measured of").tag(sync=True)
    status = traitlets.Enum(("idle", "measuring"), "idle").tag(sync=True)
    progress = traitlets.Float(0.0, help="the part done of a measurement").tag(sync=True)
    error = traitlets.Unicode().tag(sync=True)

    def __init__(self, options: Mapping[str, Any] | None = None, **traits: Any) -> None:
        options = options or {}
        for name in options:
            if name not in (*self.choices, *OF_WIDGETS):
                known = (*self.choices, *inspect.signature(type(self)).parameters)
                raise ArgumentError(
                    f"{type(self).__name__}() has no argument {name!r}.{did_you_mean(name, known)}"
                )
        self._measuring = Background()
        super().__init__(**{**traits, **options})
        self.on_msg(self._receive)

    # -- the browser's wishes --------------------------------------------------------------------

    def _wishes(self) -> Mapping[str, Callable[..., object]]:
        """What the browser may ask for, by name; each is called with what else the message holds."""
        return {"measure": self._ask_measure, "cancel": self._measuring.cancel}

    def _receive(self, _widget: Any, content: Any, _buffers: Any) -> None:
        wish, wishes = dict(content) if isinstance(content, dict) else {}, self._wishes()
        asked = wish.pop("ask", None)
        if not isinstance(asked, str) or asked not in wishes:
            self.error = (
                f"the browser asked for {reprlib.repr(content)}; known are {', '.join(map(repr, wishes))}"
            )
            return
        with self._failures_shown():
            _fit(asked, self._job if asked == "measure" else wishes[asked], wish)
            wishes[asked](**wish)

    @contextmanager
    def _failures_shown(self) -> Iterator[None]:
        """Tells the browser of a failure: the wish came from there, and nobody else is listening."""
        try:
            yield
        except Exception as failure:
            self.error = f"{type(failure).__name__}: {failure}"

    # -- measuring -------------------------------------------------------------------------------

    _job: Callable[
        ..., Job
    ]  # makes a measurement of what is chosen now, with `_measures` around what takes time

    def _measure(self, **wish: Any) -> Any:
        """Measures, and waits for it; None if it was cancelled from the browser."""
        return self._measuring.wait(self._job(**wish))

    def _ask_measure(self, **wish: Any) -> None:
        job = self._job(**wish)

        def shown(cancelled: Cancelled) -> None:
            with self._failures_shown():
                job(cancelled)

        self._measuring.start(shown)

    @contextmanager
    def _measures(self) -> Iterator[Callable[[float], None]]:
        """While it lasts the browser shows that something is measured; gives what is to be told the part done.

        A failure is shown there too, and goes on.
        """
        self.error, self.progress, self.status = "", 0.0, "measuring"
        try:
            yield self._advance
        except BaseException as failure:  # an interrupt too: the browser must not be left waiting
            self.error = f"{type(failure).__name__}: {failure}"
            raise
        finally:
            self.status = "idle"

    def _advance(self, fraction: float) -> None:
        # A hundred messages a run are enough for a smooth bar.
        if fraction >= 1.0 or fraction - self.progress >= 0.01:
            self.progress = float(fraction)

    # -- elsewhere than in a browser -------------------------------------------------------------

    def _svg(self) -> str:
        """The picture as SVG text, equal for equal states."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None:
            return None
        data, metadata = bundle
        # A saved notebook has no kernel behind it: pages that render no widgets show this picture instead.
        return {**data, "image/svg+xml": self._svg()}, metadata


def _fit(asked: str, answer: Callable[..., object], wish: Mapping[Any, Any]) -> None:
    """Whether a wish holds what its answer takes.

    Raises:
        ArgumentError: it does not.
    """
    try:
        inspect.signature(answer).bind(**wish)
    except TypeError as error:
        raise ArgumentError(
            f"the browser asked for {asked!r} with {reprlib.repr(dict(wish))}: {error}"
        ) from None
