"""What a symbol can't do because it has no value, and what to do instead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workbench.errors import NotSupportedError

NEEDS_A_VALUE = {
    "asnumpy": "bind it (simple_bind) or eval() it",
    "asscalar": "bind it (simple_bind) or eval() it",
    "item": "bind it (simple_bind) or eval() it",
    "wait_to_read": "bind it (simple_bind), run it, and wait for an output",
    "wait_to_write": "bind it (simple_bind), run it, and wait for an output",
    "copy": "a symbol never changes, so it needs no copy; copy.copy() makes one",
    "copyto": "bind it (simple_bind) and copy an output",
    "as_in_context": "give the device to bind() or simple_bind()",
    "attach_grad": "ask for gradients with grad_req= in bind() or simple_bind()",
    "detach": "sym.BlockGrad() stops the gradient",
    "backward": "bind it (simple_bind) and call the executor's backward()",
}


# A hybridized block is called on symbols, so that who never wrote a symbol meets these refusals there.
IN_A_BLOCK = "; in a block's hybrid_forward compute with F, or don't hybridize the block"


class Valueless:
    """Refuses what only a value can answer: its truth, its numbers, an array's methods."""

    __slots__ = ()

    name: Any

    def __bool__(self) -> bool:
        raise NotSupportedError(
            f"the Symbol {self.name!r} has no value yet, so it is neither true nor false; bind and run it first"
            "; in a block's hybrid_forward choose with F.where, or don't hybridize the block"
        )

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise NotSupportedError(
            f"the Symbol {self.name!r} has no value yet; bind it (simple_bind) or eval() it{IN_A_BLOCK}"
        )

    def __float__(self) -> Any:
        raise NotSupportedError(
            f"the Symbol {self.name!r} has no value yet, so it is no number; bind and run it first{IN_A_BLOCK}"
        )

    __int__ = __float__

    def _refusal(self, method: str) -> Callable[..., Any]:
        """An array's method, refusing."""

        def refuse(*_: Any, **__: Any) -> Any:
            raise NotSupportedError(
                f"the Symbol {self.name!r} has no value yet, so no {method}(): {NEEDS_A_VALUE[method]}{IN_A_BLOCK}"
            )

        return refuse
