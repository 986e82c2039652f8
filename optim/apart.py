"""Apart: the parameters of a group that are another library's arrays, which do not lie side by side in one buffer.

Each is updated by itself, by the same rule, and gets a new array: whatever else uses the old one keeps it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograd import Tensor
from autograd.engine.kinds import copied
from autograd.errors import ShapeError
from optim.flat import Update


class Apart:
    """What an optimizer asks of a `Flat`, for arrays of another library of one kind and dtype.

    dtype        the scalar type: the rule's numbers are NumPy numbers, which any array takes
    params       the parameters
    initial      name -> first value of a quantity that the optimizer remembers of every element
    arrays       the same names
    remembered   for each parameter: name -> its array
    """

    def __init__(self, params: Sequence[Tensor], initial: Mapping[str, float], scratch: int) -> None:
        self.params = list(params)
        self.dtype = params[0].dtype.type
        self.initial = dict(initial)
        self.arrays = dict(initial)
        self.remembered: list[dict[str, Any]] = [
            {name: np.full_like(p._array, value) for name, value in initial.items()} for p in self.params
        ]
        self._scratch = scratch
        self._are = [(type(p._array), p.dtype, p.shape) for p in self.params]

    def still_holds(self) -> bool:
        """Whether the parameters are arrays of the same kind, dtype and shape."""
        return self._are == [(type(p._array), p.dtype, p.shape) for p in self.params]

    def adopt(self, i: int, entry: dict[str, Any] | None) -> bool:
        """Take over the arrays in parameter i's entry of the state; one that it lacks starts at its first value.

        Returns:   whether the entry had all of them.
        """
        complete, own, x = entry is not None, self.remembered[i], self.params[i]._array
        for name, first in self.initial.items():
            value = None if entry is None else entry.get(name)
            if value is not None and value.shape != x.shape:
                raise ShapeError(
                    f"parameter {i} has shape {x.shape} by now, but its {name} {value.shape}: del optimizer.state[it]."
                )
            if value is None:
                complete = False
                own[name] = np.full_like(x, first)
            elif value is not own[name]:
                own[name] = copied(value) if type(value) is type(x) else np.asarray(value, like=x)
            if entry is not None:
                entry[name] = own[name]
        return complete

    def apply(self, update: Update, first: int, last: int, *, spare: bool = False, alone: bool = True) -> None:
        """Call update(p, g, *arrays, *scratch) on parameters first … last-1, which have gradients, one by one."""
        for p, own in zip(self.params[first:last], self.remembered[first:last], strict=True):
            assert p._grad is not None
            values, g = copied(p._array), p._grad._array
            buffers = [np.empty_like(values) for _ in range(self._scratch)]
            extra = [np.empty_like(values)] if spare else []
            update(values, g if g.dtype == p.dtype else g.astype(p.dtype), *extra, *own.values(), *buffers)
            p._array = values
