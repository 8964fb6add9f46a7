"""Batch normalisation over the batches of several devices."""

from __future__ import annotations

from typing import Any

from workbench.arguments import Count, checked
from workbench.errors import NotSupportedError
from workbench.gluon.nn import BatchNorm


class SyncBatchNorm(BatchNorm):
    """`BatchNorm` on one device; statistics are not exchanged between devices.

    Args:
        in_channels: number of channels; 0 waits for data.
        num_devices: None or 1.
        kwargs: as `BatchNorm`.

    Raises:
        NotSupportedError: more devices are to share statistics.
    """

    @checked
    def __init__(self, in_channels: Count = 0, num_devices: int | None = None, **kwargs: Any) -> None:
        if num_devices not in (None, 1):
            raise NotSupportedError(
                f"SyncBatchNorm(num_devices={num_devices}): each device normalises by its own batch; nn.BatchNorm "
                "does that on any number"
            )
        super().__init__(in_channels=in_channels, **kwargs)

    def _alias(self) -> str:
        return "syncbatchnorm"
