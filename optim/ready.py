"""Ready: the plans of a group that have held for a while, and code that looks whether they still do.

A step must notice everything that happened since the last one (see `plan`). What is asked is the same at every step, so
after some steps a function is written that asks just that, in a third of the time.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from operator import getitem
from typing import Any

from autograd.conditions import Condition
from autograd.recorder import Aside
from optim.apart import Apart
from optim.flat import Flat
from optim.plan import Plan, Run, State

AFTER = 32  # steps that the plans have held, before it pays to write code


class Ready(Aside):
    """The runs of a group, and whether all that they were made from is what it was.

    runs   the parameters that are updated together, each with its Flat

    It holds nothing that it does not compare with the optimizer's state: a state that is put back needs no other.
    """

    def __init__(self, group: dict[str, Any], state: dict[Any, State], planned: Sequence[tuple[Any, Plan]]) -> None:
        self.group, self.state, self.planned = group, state, list(planned)
        self.runs: list[tuple[Flat | Apart, Run]] = [(flat, run) for flat, plan in planned for run in plan.runs]
        self.age = 0
        self._initial = planned[0][0].initial if planned else {}
        self._condition: Condition | None = None
        self._counts: list[tuple[Run, str, str]] = []  # (a run, what it counts, its name in the condition)
        self._holds: Any = None

    def holds(self, group: dict[str, Any], state: dict[Any, State], initial: dict[str, float]) -> bool:
        """Whether nothing has changed. False as well before the code is written."""
        return (
            self._holds is not None
            and self.group is group
            and self.state is state
            and self._initial == initial
            and self._holds()
        )

    def same(self, group: dict[str, Any], state: dict[Any, State], planned: Sequence[tuple[Any, Plan]]) -> bool:
        """Whether it was made from these plans, which hold; after some steps that they have, the code is written."""
        if self.group is not group or self.state is not state or len(self.planned) != len(planned):
            return False
        if not all([a is c and b is d for (a, b), (c, d) in zip(self.planned, planned, strict=True)]):
            return False
        self.age += 1
        if self.age > AFTER and self._can_be_written():
            self._write()
        return True

    def stepped(self) -> None:
        """After a step: what is counted has changed."""
        if self._condition is not None:
            for run, name, key in self._counts:
                self._condition.scope[key] = run.numbers[name]

    def _can_be_written(self) -> bool:
        flat = all([type(flat) is Flat and not any([run.new for run in plan.runs]) for flat, plan in self.planned])
        return flat and all([p._requires_grad for p in self.group["params"]])

    def _write(self) -> None:
        condition = Condition()
        params = self.group["params"]
        condition.look(partial(getitem, self.group, "params"), [True] * len(params), params)
        for flat, _ in self.planned:
            condition.attribute(flat.params, "_array", flat.views)
            condition.attribute(flat.params, "_requires_grad", [True] * len(flat.params))
            condition.none(flat.params, "_grad", [p._grad is None for p in flat.params])
        self._counts = []
        for flat, run in self.runs:
            self._write_entries(condition, flat, run)
        self._condition, self._holds = condition, condition.function()

    def _write_entries(self, condition: Condition, flat: Any, run: Run) -> None:
        """The state's entries of a run: the same dicts, with the same arrays and numbers."""
        condition.look(partial(map, self.state.get, run.params), [True] * len(run.params), run.entries)
        entries = [e for e in run.entries if e is not None]
        for name in flat.arrays:
            views = [condition.bind(of_p[name]) for of_p in flat.remembered[run.first : run.last]]
            condition.item(entries, name, views)
        for name, number in run.numbers.items():
            key = condition.bind(number)
            condition.item(entries, name, [key] * len(entries))
            self._counts.append((run, name, key))
