"""The base of optimizers whose update looks at a parameter as a whole: at its norm, at its rows and columns."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import Tensor
from autograd.engine.graph import write_now
from autograd.engine.kinds import copied, is_foreign, zeros
from autograd.errors import ArgumentError, ShapeError
from optim.apart import Apart
from optim.flat import Flat
from optim.optimizer import Group, Optimizer, State


class PerParameter(Optimizer):
    """An optimizer that updates one parameter at a time.

    A subclass defines `shapes` and `update` in place of `arrays` and `rule`. It sees to `maximize` and `weight_decay`
    itself, because these rules measure the parameter before it is changed.
    """

    takes_complex = False

    def shapes(self, shape: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
        """What is remembered of a parameter of this shape: name -> shape of an array, which is 0 before the first step.

        Its dtype is the parameter's.
        """
        return {}

    def update(self, p: Any, g: Any, group: Group, state: State) -> None:
        """Change the array p and those of the state in place.

        Args:  g: the gradient, in p's shape and dtype; it must not be changed.
               state: the arrays and the `numbers`, of which "step" already counts this step.
        """
        raise ArgumentError(f"{self._name} defines no update(p, g, group, state).")

    def _update_group(self, number: int, group: Group) -> None:
        for flat in self._flats(number, group):
            self._update_each(flat, group)

    def _update_each(self, flat: Flat | Apart, group: Group) -> None:
        for i, p in enumerate(flat.params):
            if p._grad is None:
                continue
            state = self._entry(i, p)
            if "step" in self.numbers:
                state["step"] += 1
            p.written = write_now()
            if p.size and is_foreign(p._array):  # whatever else uses the array keeps it
                values = copied(p._array)
                self.update(values, p._grad._array, group, state)
                p._array = values
            elif p.size:
                self.update(p._array, np.asarray(p._grad._array, p.dtype, order="C"), group, state)

    def _entry(self, i: int, p: Tensor) -> State:
        """The state of a parameter, complete, with arrays in the parameter's dtype."""
        kept, shapes = self.state.get(p, {}), self.shapes(p.shape)
        for name, value in kept.items():
            if isinstance(value, np.ndarray) and value.shape != shapes.get(name):
                raise ShapeError(
                    f"parameter {i} has shape {p.shape} by now, but its {name} {value.shape}: del optimizer.state[it]."
                )
        entry = {name: kept.get(name, first) for name, first in self.numbers.items()}
        for name, shape in shapes.items():
            if name not in kept:
                entry[name] = zeros(shape, p.dtype, p._array)
            else:
                entry[name] = kept[name] if is_foreign(kept[name]) else np.asarray(kept[name], p.dtype)
        found = self.state.setdefault(p, entry)
        found.update(entry)
        return found

    def _state_shape(self, key: str, p: Tensor) -> tuple[int, ...]:
        return self.shapes(p.shape).get(key, p.shape)
