"""All gradients of a model in one array a dtype, so that they travel in one message."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine.recording import result
from nn.parallel.communicator import Communicator
from nn.parallel.sums import repeated_sum


class FlatGradients:
    """The buffers for the gradients of some parameters, and what travels with them.

    A buffer holds the gradients of the parameters of its dtype, then for each parameter a count of the ranks that have
    a gradient for it (one that no rank has stays None). The first also holds a few numbers. float16 travels as float32.
    """

    NUMBERS = 3

    def __init__(self, parameters: list[Any], comm: Communicator) -> None:
        self.parameters, self.comm = parameters, comm
        self._made_for: Any = None
        self._groups: list[_Group] = []

    def add(self, what: str) -> list[float]:
        """Sum everything over the ranks; returns the numbers that were summed along."""
        for group in self._groups:
            group.sum.add(what)
        return [float(x) for x in self._groups[0].total.numbers]

    def pack(self, gradients: dict[Any, Any], factor: float, numbers: list[float], with_shares: bool) -> None:
        """Write factor · gradient, with_shares plus what `.grad` holds, and the numbers into the buffers."""
        self._lay_out()
        for group in self._groups:
            for i, (p, place) in enumerate(zip(group.parameters, group.own.places, strict=True)):
                g = gradients.get(p)
                share = p._grad if with_shares else None
                if g is None or factor == 0:  # a mean over no rows is nan
                    place[...] = 0
                else:
                    np.multiply(g._array, place.dtype.type(factor), out=place)
                if share is not None:
                    place += share._array
                group.own.counts[i] = (g is not None and factor != 0) or share is not None
        self._groups[0].own.numbers[...] = numbers

    def unpack(self, gradients: dict[Any, Any], factor: float, with_shares: bool) -> None:
        """Put factor · sum in the place of the gradients, and remove what `.grad` holds if it is part of the sum."""
        for group in self._groups:
            total = group.total
            for p, place, count in zip(group.parameters, total.places, total.counts, strict=True):
                if count == 0:
                    gradients.pop(p, None)
                    continue
                g = gradients.get(p)
                if g is None or not g._array.flags.writeable:
                    gradients[p] = g = result(np.empty_like(p._array), None)
                np.multiply(place, place.dtype.type(factor), out=g._array, casting="same_kind")
                if with_shares:
                    p._grad = None

    def keep_share(self, gradients: dict[Any, Any], factor: float, factor_of_before: float) -> None:
        """Make the gradients, and what is in `.grad`, this rank's share of a sum over the ranks."""
        for p in self.parameters:
            if p._grad is not None and factor_of_before != 1:
                p.grad = p._grad._array * p.dtype.type(factor_of_before)
            if p in gradients:
                if factor == 0:
                    del gradients[p]
                else:
                    gradients[p] = result(gradients[p]._array * p.dtype.type(factor), None)

    def _lay_out(self) -> None:
        """Make the buffers, again if what needs a gradient has changed."""
        wanted = [(id(p), p.shape, p.dtype) for p in self.parameters if p.requires_grad]
        if wanted == self._made_for:
            return
        self._made_for, self._groups = wanted, []
        learned = [p for p in self.parameters if p.requires_grad]
        for dtype in dict.fromkeys(p.dtype for p in learned) or [np.dtype(np.float64)]:
            members = [p for p in learned if p.dtype == dtype]
            numbers = 0 if self._groups else self.NUMBERS
            self._groups.append(_Group(members, np.promote_types(dtype, np.float32), numbers, self.comm))


class _Group:
    """The parameters of one dtype, and views of this rank's buffer and of the total."""

    def __init__(self, parameters: list[Any], dtype: Any, numbers: int, comm: Communicator) -> None:
        self.parameters = parameters
        size = sum(p.size for p in parameters) + len(parameters) + numbers
        self.sum = repeated_sum(comm, size, dtype)
        self.own, self.total = _Views(self.sum.array, parameters), _Views(self.sum.total, parameters)


class _Views:
    """What stands where in a buffer."""

    def __init__(self, buffer: np.ndarray, parameters: list[Any]) -> None:
        ends = np.cumsum([p.size for p in parameters], dtype=int).tolist()
        starts = [0, *ends][: len(parameters)]
        self.places = [buffer[a:b].reshape(p.shape) for a, b, p in zip(starts, ends, parameters, strict=True)]
        rest = buffer[ends[-1] if ends else 0 :]
        self.counts, self.numbers = rest[: len(parameters)], rest[len(parameters) :]
