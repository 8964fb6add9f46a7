"""Scaling, by hand: how many devices, which links, who adds gradients up, and what is left of n times one device.

In the middle stand the hosts with the bytes that flow on each link, and a step through time: who computes, who sends,
who waits.  Beside it throughput and efficiency grow with the devices: ideal, as the cost model predicts, as it was
published, and as it is on this machine, whose CPU poses as several devices.

Prediction needs no device, so it follows each choice at once.  Measuring takes a process of its own and happens in the
background.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, cast

import traitlets

from workbench.arguments import checked
from workbench.errors import ArgumentError, WorkbenchError
from workbench.parallel.costmodel import Cluster, Exchange, Link
from workbench.parallel.costmodel.exchange import Method
from workbench.scaling import Here, Run, Setup, measure
from workbench.scaling.here import COUNTS
from workbench.scaling.setup import Store
from workbench.types import Quantity
from workbench.viz.quantity_text import write
from workbench.viz.scaling_figure import scaling_figure, scaling_svg
from workbench_widgets.background import Background, Cancelled
from workbench_widgets.explorer import ASSETS, Explorer, Job
from workbench_widgets.scaling_curve import Curves
from workbench_widgets.scaling_picture import (
    figures,
    links,
    recorded,
    timeline,
)
from workbench_widgets.scaling_studies import NETWORKS, Machine, machines, named, own

if TYPE_CHECKING:
    from matplotlib.figure import Figure

METHODS = ("ring", "tree", "two_level", "server")
STORES = ("local", "device", "dist_sync", "dist_async")
CHOICES = (
    "hosts", "devices", "batch", "within_latency", "within_bandwidth", "feed_bandwidth", "between_latency",
    "between_bandwidth", "cores", "store", "method", "servers", "compressed", "late",
)  # fmt: skip
BOUNDS = {"hosts": (1, 64), "devices": (1, 64), "batch": (1, 65536), "servers": (0, 64), "late": (1, 100)}
PATIENCE = 20.0  # seconds that a page being saved waits for the curve


class ScalingExplorer(Explorer):
    """Data parallel training on ever more devices, predicted, published and measured.

    Args:
        network: of your own: a Symbol with its loss, a Module or a Gluon block; in place of it the name of one that
            comes along: ``"alexnet"``, ``"inception_v3"``, ``"resnet_152"`` or ``"mlp"``.
        shapes: of each device's inputs by name, for a network of your own.
        machine: which hosts and links to begin with: ``"p2"``, those of the published table, or ``"here"``.
        hosts, devices: how many, and how many in each; a store of one host has one.
        batch: examples a device.
        within_latency, within_bandwidth: of a device's link to the others of its host, in s and B/s.
        feed_bandwidth: of the link from a host's memory to its devices, in B/s.
        between_latency, between_bandwidth: of a host's link to the network, in s and B/s.
        cores: that the devices of a host share; 0 where each has its own.
        store: ``"local"``, ``"device"``, ``"dist_sync"`` or ``"dist_async"``.
        method: between hosts, with ``dist_sync``: ``"ring"``, ``"tree"``, ``"two_level"`` or ``"server"``.
        servers: how many machines serve; 0 for one on every host.
        compressed: gradients are pushed as 2-bit numbers.
        late: how much longer than the others the last device computes.

    Raises:
        ArgumentError: the network or a shape does not fit, or there is no such network or machine.
        TraitError: a choice is out of bounds, now or later.
    """

    choices = CHOICES
    _esm = ASSETS / "scaling_explorer.js"
    _css = ASSETS / "scaling_explorer.css"

    networks = traitlets.Dict(help="those that can be chosen").tag(sync=True)
    network = traitlets.Unicode(help="the one chosen; empty for one of the user's").tag(sync=True)
    machines = traitlets.Dict(help="those that can be chosen").tag(sync=True)
    machine = traitlets.Unicode().tag(sync=True)
    defaults = traitlets.Dict(help="what the machine and the network bring along").tag(sync=True)
    trainable = traitlets.Bool(help="whether the network can be trained here").tag(sync=True)
    hosts = traitlets.Int(1).tag(sync=True)
    devices = traitlets.Int(1).tag(sync=True)
    batch = traitlets.Int(1).tag(sync=True)
    within_latency = traitlets.Float(1e-5).tag(sync=True)
    within_bandwidth = traitlets.Float(1e9).tag(sync=True)
    feed_bandwidth = traitlets.Float(1e9).tag(sync=True)
    between_latency = traitlets.Float(1e-4).tag(sync=True)
    between_bandwidth = traitlets.Float(1e9).tag(sync=True)
    cores = traitlets.Float(0.0).tag(sync=True)
    store = traitlets.Enum(STORES, "dist_sync").tag(sync=True)
    method = traitlets.Enum(METHODS, "server").tag(sync=True)
    servers = traitlets.Int(0).tag(sync=True)
    compressed = traitlets.Bool(False).tag(sync=True)
    late = traitlets.Float(1.0).tag(sync=True)
    found = traitlets.Dict(help="what the model says of the present choice").tag(sync=True)
    curve = traitlets.Dict(help="throughput and efficiency by the number of devices").tag(sync=True)

    @checked
    def __init__(
        self,
        network: Any = "alexnet",
        shapes: Mapping[str, tuple[int, ...]] | None = None,
        *,
        machine: str | None = None,
        **options: Any,
    ) -> None:
        if isinstance(network, str) and shapes is not None:
            raise ArgumentError("ScalingExplorer: shapes=… goes with a network of your own")
        self._study = named(network) if isinstance(network, str) else own(network, shapes)
        self._drawing, self._curves = Background(), Curves()
        self._ready = False
        name = network if isinstance(network, str) else ""
        start = self._start_of(machine or ("p2" if self._study.published else "here"))
        super().__init__(
            options,
            networks=NETWORKS if name else {**NETWORKS, "": self._study.title},
            machines={each: made.title for each, made in machines().items()},
            **self._described(name),
            **start,
        )
        self._own = None if name else self._study
        self._ready = True
        self.observe(lambda _: self._answer(), CHOICES)
        self.observe(self._follow, ("network", "machine"))
        self._answer()

    def _described(self, name: str) -> dict[str, Any]:
        study = self._study
        return {"title": study.title, "network": name, "trainable": study.network is not None}

    def _start_of(self, machine: str) -> dict[str, Any]:
        """A machine's values, with what was measured of this one."""
        known = machines()
        if machine not in known:
            raise ArgumentError(f"ScalingExplorer: machine={machine!r}: there are {', '.join(known)}")
        values = {**known[machine].values, "batch": self._study.batch}
        here = self._study.here
        if machine == "here" and here is not None:
            bandwidth, latency = here.cluster(1).within.bandwidth.value, here.cluster(1).within.latency.value
            values |= {"cores": here.cores.value, "within_bandwidth": bandwidth, "within_latency": latency}
        return {**values, "machine": machine, "defaults": values}

    @traitlets.validate(*BOUNDS)
    def _valid_count(self, proposal: dict[str, Any]) -> Any:
        name, value = proposal["trait"].name, proposal["value"]
        low, high = BOUNDS[name]
        if not low <= value <= high:
            raise traitlets.TraitError(f"{name}={value!r}: it is from {low} to {high}")
        return value

    @traitlets.validate("within_latency", "between_latency", "cores")
    def _valid_length(self, proposal: dict[str, Any]) -> float:
        name, value = proposal["trait"].name, proposal["value"]
        if not 0 <= value < float("inf"):
            raise traitlets.TraitError(f"{name}={value!r}: it is 0 or more")
        return value

    @traitlets.validate("within_bandwidth", "feed_bandwidth", "between_bandwidth")
    def _valid_bandwidth(self, proposal: dict[str, Any]) -> float:
        name, value = proposal["trait"].name, proposal["value"]
        if not 0 < value < float("inf"):
            raise traitlets.TraitError(f"{name}={value!r}: it is above 0")
        return value

    @traitlets.validate("network", "machine")
    def _valid_name(self, proposal: dict[str, Any]) -> str:
        name, value = proposal["trait"].name, proposal["value"]
        known = self.networks if name == "network" else self.machines
        if value not in known:
            raise traitlets.TraitError(f"{name}={value!r}: there are {', '.join(map(repr, known))}")
        return value

    # -- the state -------------------------------------------------------------------------------

    @property
    def setup(self) -> Setup:
        """The present choice, for the cost model."""
        machine = machines()[self.machine]
        alone = self.store in ("local", "device")
        store = cast(Store, self.store)
        method = cast(Method, "server" if store == "dist_async" else self.method)
        served = method == "server" and not alone
        exchange = Exchange(
            method, self.servers if served else 0, self.compressed and served, machine.staged and not alone
        )
        cluster = self._cluster(machine, 1 if alone else self.hosts)
        return Setup(self._study.job(self.batch), cluster, store, exchange, self.late)

    def _cluster(self, machine: Machine, hosts: int) -> Cluster:
        def chosen(level: str, link: Link) -> Link:
            latency = getattr(self, f"{level}_latency", link.latency.value)
            return Link(
                _chosen(link.latency, latency), _chosen(link.bandwidth, getattr(self, f"{level}_bandwidth"))
            )

        cores = Quantity(self.cores, "1", "predicted", "chosen", "cores") if self.cores else None
        return Cluster(
            hosts, self.devices, chosen("within", machine.within), chosen("between", machine.between),
            chosen("feed", machine.feed), machine.blocking, cores,
        )  # fmt: skip

    @property
    def run(self) -> Run | None:
        """The steps that ran here with as many devices, where this machine is looked at."""
        here = self._study.here
        if here is None or self.machine != "here" or here.job.batch != self.batch:
            return None
        return next((run for run in here.runs if run.devices == self.devices), None)

    @property
    def figures(self) -> list[Quantity]:
        """What is predicted and, where it ran here, what was measured."""
        run = self.run
        return [*figures(self.setup), *([] if run is None else [run.step, run.processor])]

    # -- answering -------------------------------------------------------------------------------

    def _answer(self) -> None:
        if not self._ready:
            return
        self._drawing.cancel()  # the curve before would hold the answer up
        with self._failures_shown():
            setup, run = self.setup, self.run
            self.found = {
                "hosts": setup.cluster.hosts,
                "devices": setup.cluster.devices,
                "figures": [asdict(each) for each in figures(setup)],
                "measured": [asdict(each) for each in ([] if run is None else [run.step, run.processor])],
                "links": links(setup),
                "timeline": timeline(setup),
                "recorded": recorded(run) if run is not None and run.spans else {},
                "says": _sentence(setup),
            }
            self.error = ""
            self._thread = self._drawing.start(lambda cancelled: self._draw_curve(setup, cancelled))

    def _draw_curve(self, setup: Setup, cancelled: Cancelled) -> None:
        """The curves; another choice stops it."""
        with self._failures_shown():
            for curve in self._curves.draw(setup, self._study, machines()[self.machine], cancelled):
                self.curve = curve

    def wait(self, timeout: float | None = None) -> bool:
        """Waits until the curve is there, and says whether it is.

        Args:
            timeout: seconds to wait at most.
        """
        self._thread.join(timeout)
        return not self._thread.is_alive()

    # -- choosing --------------------------------------------------------------------------------

    @checked
    def show(self, network: str, machine: str | None = None) -> None:
        """Studies another of the networks that come along, or your own again by ``""``, on its machine.

        Raises:
            ArgumentError: there is no such network or machine.
        """
        self._turn_to(network, machine, {})

    def _turn_to(self, network: str, machine: str | None, choices: Mapping[str, Any]) -> None:
        study = self._own if network == "" and self._own is not None else named(network)
        before, self._study = self._study, study
        try:
            start = self._start_of(machine or ("p2" if study.published else "here"))
            self._choose({**self._described(network), **start, **choices, "runs": {}})
        except (WorkbenchError, traitlets.TraitError):
            self._study = before
            raise
        self._measuring.cancel()

    def _choose(self, values: Mapping[str, Any]) -> None:
        """Sets several traits, or none where one is refused, and answers once."""
        self._ready = False
        try:
            with self.hold_sync(), self.hold_trait_notifications():
                for name, value in values.items():
                    self.set_trait(name, value)
        finally:
            self._ready = True
        self._answer()

    def _follow(self, _change: Any) -> None:
        if self._ready:
            self.show(self.network, self.machine)

    @checked
    def _restore(self, network: str, machine: str, state: dict[str, Any]) -> None:
        """What a link holds."""
        choices = {name: value for name, value in state.items() if name in CHOICES}
        if network != self.network or machine != self.machine:
            self._turn_to(network or self.network, machine, choices)
        else:
            self._choose(choices)

    # -- measuring -------------------------------------------------------------------------------

    def measure(self) -> Here | None:
        """Trains the network on 1, 2, 4 and 8 devices of this CPU and waits for it; None if it was cancelled.

        Raises:
            ArgumentError: the network is too large to be trained here.
        """
        return self._measure()

    def _job(self) -> Job:
        study, shapes = self._study, self._study.shapes(self.batch)
        assert study.network is not None  # it has shapes
        symbol = study.network[0]

        def job(cancelled: Cancelled) -> Here | None:
            with self._measures() as progress:
                here = measure(symbol, shapes, report=progress, cancelled=cancelled)
            if here is not None and study is self._study:
                self._keep(here)
            return here

        return job

    def _keep(self, here: Here) -> None:
        """Goes over to this machine, with what was measured of it."""
        self._study = self._study.measured(here)
        if self._own is not None and self.network == "":
            self._own = self._study
        devices = self.devices if self.devices in COUNTS else COUNTS[-1]
        start = self._start_of("here")
        self._choose({**start, "devices": devices, "runs": {"devices": [run.devices for run in here.runs]}})

    # -- the browser's wishes --------------------------------------------------------------------

    def _wishes(self) -> Mapping[str, Callable[..., object]]:
        return {**super()._wishes(), "show": self.show, "restore": self._restore}

    # -- elsewhere than in a browser -------------------------------------------------------------

    def figure(self) -> Figure:
        """The same picture by matplotlib, for print and for pages without a browser."""
        self.wait(PATIENCE)
        return scaling_figure(self)

    def __repr__(self) -> str:
        return (
            f"ScalingExplorer(network={self.title!r}, machine={self.machine!r}, hosts={self.setup.cluster.hosts}, "
            f"devices={self.devices}, store={self.store!r})"
        )

    def _svg(self) -> str:
        self.wait(PATIENCE)
        return scaling_svg(self)


def _chosen(figure: Quantity, value: float) -> Quantity:
    return (
        figure
        if figure.value == value
        else replace(figure, value=value, kind="predicted", how="chosen", spread=None)
    )


def _sentence(setup: Setup) -> str:
    total, out = setup.cluster.total, setup.outcome
    waits = "hosts do not wait for one another" if out.staleness is not None else "all wait for the slowest"
    return (
        f"{total} device{'s' * (total > 1)} do {write(out.throughput.value, 'examples/s')} by {setup.store}, "
        f"{write(100 * setup.efficiency.value, '%')} of {total} times one (predicted); {waits}."
    )
