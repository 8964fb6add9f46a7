"""Several metrics as one, and a metric from whatever names it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from workbench.arguments import checked
from workbench.errors import ArgumentError
from workbench.train.metric.base import FACTORY, EvalMetric, alias, register
from workbench.train.metric.custom import CustomMetric


def create(metric: Any, *args: Any, **kwargs: Any) -> EvalMetric:
    """A metric from a name, a metric, a function of NumPy arrays, or a list of these.

    Raises:
        ArgumentError: the name or an argument is unknown.
    """
    if isinstance(metric, (list, tuple)):
        return CompositeEvalMetric([create(each, *args, **kwargs) for each in metric])
    if isinstance(metric, EvalMetric) or not callable(metric):
        return FACTORY.create(metric, *args, **kwargs)
    return CustomMetric(metric, *args, **kwargs)


@register
@alias("composite")
class CompositeEvalMetric(EvalMetric):
    """Updates several metrics at once; `get` gives lists of their names and values.

    Args:
        metrics: metrics, or what `create` makes them of.
        name, output_names, label_names: as `EvalMetric`.
    """

    @checked
    def __init__(
        self,
        metrics: Sequence[Any] | None = None,
        name: str = "composite",
        output_names: Sequence[str] | None = None,
        label_names: Sequence[str] | None = None,
    ) -> None:
        self.metrics = [create(each) for each in metrics or ()]
        super().__init__(name, output_names, label_names)

    def _keep(self) -> Callable[[], None]:
        kept = [metric._keep() for metric in self.metrics]

        def restore() -> None:
            for each in kept:
                each()

        return restore

    def add(self, metric: Any) -> None:
        """Adds a metric, given as `create` takes it."""
        self.metrics.append(create(metric))

    def get_metric(self, index: int) -> EvalMetric:
        """The metric at `index`.

        Raises:
            ArgumentError: there are not so many.
        """
        try:
            return self.metrics[index]
        except IndexError:
            raise ArgumentError(f"no metric {index}: there are {len(self.metrics)}") from None

    def update(self, labels: Any, preds: Any) -> None:
        """Takes in one batch."""
        for metric in self.metrics:
            metric.update(labels, preds)

    def update_dict(self, label: Mapping[str, Any], pred: Mapping[str, Any]) -> None:
        """Takes in one batch by name; each metric chooses from what this one's names leave."""
        labels, preds = _only(label, self.label_names), _only(pred, self.output_names)
        for metric in self.metrics:
            metric.update_dict(labels, preds)

    def reset(self) -> None:
        """Resets every metric."""
        for metric in self.metrics:
            metric.reset()

    def reset_local(self) -> None:
        """Resets every metric's local figures."""
        for metric in self.metrics:
            metric.reset_local()

    def get(self) -> tuple[list[str], list[float]]:
        """Names and values of all."""
        return _columns([row for metric in self.metrics for row in metric.get_name_value()])

    def get_global(self) -> tuple[list[str], list[float]]:
        """Names and global values of all."""
        return _columns([row for metric in self.metrics for row in metric.get_global_name_value()])

    def get_config(self) -> dict[str, Any]:
        """The configurations of all."""
        return {**super().get_config(), "metrics": [m.get_config() for m in self.metrics]}


def _only(values: Mapping[str, Any], names: Sequence[str] | None) -> Mapping[str, Any]:
    return values if names is None else {n: v for n, v in values.items() if n in names}


def _columns(rows: list[tuple[str, float]]) -> tuple[list[str], list[float]]:
    return [name for name, _ in rows], [value for _, value in rows]
