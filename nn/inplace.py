"""What the layers with PyTorch's `inplace` have in common."""

from __future__ import annotations

from nn.core.module import Module


class InPlace(Module):
    """The base of the layers that take `inplace`, which changes nothing here: use what the layer returns.

    A Tensor is a value, and every result is a new one; a model written with inplace=True computes the same numbers, unless it
    relies on the input having changed. The option is kept, and shown, so that such code runs as it stands.
    """

    def __init__(self, inplace: bool = False) -> None:
        self.inplace = bool(inplace)

    def extra_repr(self) -> str:
        return ", ".join([*self._options(), *(["inplace=True"] if self.inplace else [])])

    def _options(self) -> list[str]:
        """The other options, as they are written in the constructor."""
        return []
