"""PyTorch's option `inplace`, which is accepted and changes nothing."""

from __future__ import annotations

from nn.core.module import Module


class InplaceOption(Module):
    """The base of the layers that take `inplace`.

    The result is always a new Tensor, and the input keeps its values: use what the layer returns. A model written with
    inplace=True computes the same numbers, unless it relies on the input having changed. The option is stored and shown
    in the repr, so that such code runs unchanged.
    """

    def __init__(self, inplace: bool = False) -> None:
        self.inplace = bool(inplace)

    def extra_repr(self) -> str:
        return ", ".join([*self._options(), *(["inplace=True"] if self.inplace else [])])

    def _options(self) -> list[str]:
        """The other options, as they are written in the constructor."""
        return []
