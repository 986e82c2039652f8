"""Plan: which parameters are updated together. It is found once and checked at each step.

A step must notice everything that happened since the last one: a gradient that is missing, a state that was loaded,
cleared or edited. To look for the runs anew costs as much as the update of a small network, so a plan keeps what it was
made from, and the check compares that with what is there now, by identity.
"""

from __future__ import annotations

from collections.abc import Mapping
from operator import is_, itemgetter
from typing import Any

from autograd import Tensor
from optim.apart import Apart
from optim.flat import Flat

State = dict[str, Any]


class Run:
    """Neighbours in a Flat that have a gradient and the same history, so that one call of the rule updates them all.

    first, last   they are flat.params[first:last]
    new           whether they are updated for the first time
    numbers       what the optimizer remembers of each of them as a whole: name -> value
    params        the parameters
    entries       what optimizer.state holds for each of them (None if there is nothing to remember); empty if new
    """

    def __init__(
        self, flat: Flat | Apart, first: int, last: int, state: Mapping[Tensor, State], new: bool, numbers: State
    ) -> None:
        self.first = first
        self.last = last
        self.new = new
        self.numbers = numbers
        self.params = flat.params[first:last]
        self.entries: list[Any] = [] if new else [state.get(p) for p in self.params]
        self._views = flat.remembered[first:last]
        self._arrays = [(itemgetter(name), [views[name] for views in self._views]) for name in flat.arrays]

    def still_holds(self, state: Mapping[Tensor, State]) -> bool:
        """Whether the state holds the same entries with the same arrays and numbers."""
        entries = self.entries
        if self.new or not all(map(is_, map(state.get, self.params), entries)):
            return False
        try:
            for get, arrays in self._arrays:
                if not all(map(is_, map(get, entries), arrays)):
                    return False
            for name, number in self.numbers.items():
                if [entry[name] for entry in entries].count(number) != len(entries):
                    return False
        except KeyError:
            return False
        return True

    def remember(self, state: dict[Tensor, State], numbers: State) -> None:
        """Write into the state what the rule left: the numbers and, after the first update, the arrays."""
        if self.new:
            for p, views in zip(self.params, self._views, strict=True):
                state.setdefault(p, {}).update(numbers | views)
        else:
            for name, value in numbers.items():
                for entry in self.entries:
                    entry[name] = value
        self.numbers.update(numbers)


class Plan:
    """The runs of a Flat, and which of its parameters have no gradient.

    Args:  state: the optimizer's; arrays that it holds outside the Flat's buffers are copied into them.
           first_numbers: what is remembered of a parameter as a whole before its first update.
    """

    def __init__(self, flat: Flat | Apart, state: dict[Tensor, State], first_numbers: Mapping[str, Any]) -> None:
        self.runs: list[Run] = []
        self._without_gradient = [p._grad is None for p in flat.params]
        start, history = 0, None  # of the run that is being extended: (new, numbers)
        for i, p in enumerate([*flat.params, None]):
            now = None if p is None or p._grad is None else _history(flat, i, state.get(p), first_numbers)
            if now != history:
                if history is not None:
                    self.runs.append(Run(flat, start, i, state, *history))
                start, history = i, now

    def still_holds(self, flat: Flat | Apart, state: Mapping[Tensor, State]) -> bool:
        """Whether the same parameters have a gradient and every run holds."""
        if [p._grad is None for p in flat.params] != self._without_gradient:
            return False
        return all([run.still_holds(state) for run in self.runs])


def _history(flat: Flat | Apart, i: int, entry: State | None, first_numbers: Mapping[str, Any]) -> tuple[bool, State]:
    """Whether parameter i is new, with something to remember, and its numbers.

    Its arrays are brought into the Flat's buffers.
    """
    if entry is None:
        flat.adopt(i, None)
        return bool(flat.arrays or first_numbers), dict(first_numbers)
    complete = all([entry.get(name) is view for name, view in flat.remembered[i].items()])
    new = not complete and not flat.adopt(i, entry)
    return new, {name: entry.get(name, first) for name, first in first_numbers.items()}
