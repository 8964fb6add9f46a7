"""A block of parallel paths, as all Inception networks since the third have them."""

from __future__ import annotations

from typing import Any

from tests.networks.unit import pool, unit


class Mixed:
    """A block's layers under its name, each numbered as it comes."""

    def __init__(self, mx: Any, x: Any, name: str, **norm: Any) -> None:
        self.mx, self.x, self.name, self.norm, self.count = mx, x, name, norm, 0

    def chain(self, *steps: tuple[Any, ...], of: Any = None) -> Any:
        """Units of (filters, kernel, stride); kernels above 1 are padded to keep the size, unless they stride."""
        x = self.x if of is None else of
        for filters, kernel, *stride in steps:
            sides = (kernel, kernel) if isinstance(kernel, int) else kernel
            pad = (0, 0) if stride else tuple(side // 2 for side in sides)
            self.count += 1
            x = unit(self.mx, x, filters, kernel, f"{self.name}_{self.count}", *stride, pad=pad, **self.norm)
        return x

    def pooled(self, kind: str, filters: int) -> Any:
        return self.chain((filters, 1), of=pool(self.mx, self.x, kind, f"{self.name}_{kind}_pool", pad=1))

    def join(self, *paths: Any) -> Any:
        return self.mx.sym.Concat(*paths, name=f"{self.name}_concat")

    def halved(self) -> Any:
        return pool(self.mx, self.x, "max", f"{self.name}_max_pool", stride=2)
