"""Program: what one recording left, and its replay."""

from __future__ import annotations

import math
from collections.abc import Callable
from operator import attrgetter, is_
from typing import Any, NamedTuple

import numpy as np

from autograd.capture.blocks import in_runs
from autograd.capture.checks import fewer_checks
from autograd.capture.emit import Emitter, Form
from autograd.capture.identities import without_identities
from autograd.capture.later import asked_later
from autograd.capture.memory import Buffers, Gradients, Taken, taken
from autograd.capture.program import Generator, Op, listing, live, variables
from autograd.capture.recorded import Recorded
from autograd.capture.recording import Recorder
from autograd.capture.renewed import renewed
from autograd.capture.settings import Settings
from autograd.capture.shorter import shorter
from autograd.capture.transposed import in_order
from autograd.capture.undo import Kept, Uninterrupted
from autograd.capture.written_last import written_early, written_last
from autograd.conditions import Condition
from autograd.engine.recording import is_tensor
from autograd.engine.shared_memory import owner
from autograd.pytree import tree_flatten
from autograd.random import generator

_array, _grad = attrgetter("_array"), attrgetter("_grad")


class Function(NamedTuple):
    """What replays a program."""

    run: Callable[..., Any]
    gradients: Gradients


class Program:
    """One recording: its operations, and once it is confirmed the function that replays them.

    str(program) is the list of operations with shapes; `source` what runs.
    """

    def __init__(self, recorder: Recorder, out: Any, settings: Settings, grads: list[Any]) -> None:
        leaves, structure = tree_flatten(out)
        self._form = Form(structure, [is_tensor(x) for x in leaves])
        results = tuple([_result(recorder, x) for x in leaves])
        self.recorded = recorder.ops
        self.results = results
        self.ops = live(recorder.ops, variables(results, []))
        self.settings = settings
        self._tensors = [v.source for v in recorder.state.values()]
        self._arrays = [v.value for v in recorder.state.values()]
        self._graded = [t for t, _ in grads]
        self._missing = [missing for _, missing in grads]
        self.effects = sum(op.kind == "effect" for op in self.ops)
        self.draws = [op for op in self.ops if any(isinstance(x, Generator) for x in op.args)]
        roots = {v.root for op in self.ops for v in op.writes if v.root.kind == "state"}
        self.written: list[Any] = []  # what is to be put back if a replay fails
        self.changes = bool(self.effects or roots or self.draws or any(op.kind == "grad" for op in self.ops))
        self._owners = {id(owner(a)) for a in self._arrays} if self.changes else set()
        self._functions: list[Function] = []
        self._as_eager: list[Op] = []  # the operations before questions were put together
        self._holds: Callable[[], bool] | None = None
        self.source = ""
        self.nbytes = self.of_gradients = 0  # bytes of memory for results; those that stay as gradients
        self.as_it_is = Taken(0, 0)
        self.replays = 0
        self.seconds = math.inf  # the fastest of the first replays
        self._errors = np.geterr()
        self._renewed = 0
        self._kept = Kept()
        recorder.let_go()

    def __str__(self) -> str:
        return listing(self.ops)

    def __len__(self) -> int:
        return len(self.ops)

    def watch(self, *, computed: bool) -> None:
        """Settle which arrays from outside are to be compared before each replay.

        Args:  computed: whether the step has computed constants of the program.
        """
        found = variables([[op.args, op.kwargs] for op in self.ops] + list(self.results), [])
        guards = [op.line for op in self.recorded if op.kind == "guard"]
        self.settings.watch([v.value for v in found if v.kind == "constant"], computed, guards)

    @property
    def frozen_gradients(self) -> bool:
        """Whether a gradient is a constant."""
        return any([op.kind == "grad" and getattr(op.args[1], "kind", "") == "constant" for op in self.ops])

    def compile(self) -> None:
        """Plan the buffers and make the function."""
        self.as_it_is = taken(self.ops, self.results)
        self.ops, self.results = shorter(renewed(self.ops, self.results), self.results)
        ops = in_order(fewer_checks(self.ops))
        later = asked_later(without_identities(ops, self.results))
        self._as_eager = [] if later is ops else ops
        self._finish(later)
        condition = Condition()
        condition.attribute(self._tensors, "_array", self._arrays)
        condition.none(self._graded, "_grad", self._missing)
        self.settings.written(condition)
        self._holds = condition.function()

    def ask_as_eager(self) -> bool:
        """Make the function anew, with each question where eager asks it; False if that changes nothing."""
        ops, self._as_eager = self._as_eager, []
        if ops:
            self._functions.clear()
            self._finish(ops)
        return bool(ops)

    def _finish(self, ops: list[Op]) -> None:
        ops = live(ops, variables(self.results, []))
        errors = None
        for op in ops:  # what moves to another place keeps NumPy's error settings
            op.errors = errors = op.errors or errors
        self.ops = written_last(in_runs(ops, self.results))
        self.written = written_early(self.ops)
        self._planned(rows=True)

    def _planned(self, rows: bool) -> None:
        buffers = Buffers()
        twice = self._emitted(buffers, rows)
        if twice:  # a step that fails midway must leave the gradients of the last: two functions take turns
            buffers.release()
            self._emitted(buffers, rows)
        for function in self._functions:
            function.gradients.watch()  # now that nothing of the planning refers to them
        self.of_gradients = sum(f.gradients.nbytes for f in self._functions)
        self.nbytes = buffers.nbytes + self.of_gradients

    def _emitted(self, buffers: Buffers, rows: bool) -> bool:
        emitter = Emitter(self.ops, self.results, self._form, self._errors, buffers, self._kept, rows=rows)
        run, self.source = emitter.compiled()
        self._functions.append(Function(run, emitter.places.gradients))
        return emitter.places.taken

    @property
    def compiled(self) -> bool:
        """Whether it can be replayed."""
        return bool(self._functions)

    def fits(self) -> bool:
        """Whether the tensors hold the arrays that they held, and everything else that it depends on is the same."""
        same = (self._holds is not None and self._holds()) or (
            all(map(is_, map(_array, self._tensors), self._arrays))
            and [g is None for g in map(_grad, self._graded)] == self._missing
            and self.settings.still_hold()
        )
        return same and self.settings.closed_over.hold()

    def unlike(self) -> str:
        """Why it does not fit, in words."""
        if not all(map(is_, map(_array, self._tensors), self._arrays)):
            return "a tensor holds another array"
        if [g is None for g in map(_grad, self._graded)] != self._missing:
            return "other gradients are None"
        return (
            self.settings.changed() or "the values of an array from outside changed: pass it to the step as an argument"
        )

    def shares(self, given: list[Any]) -> bool:
        """Whether an argument lies in the memory of a tensor that the step may write."""
        arrays = [x for x in given if type(x) is np.ndarray]
        return any([id(x if x.base is None else owner(x)) in self._owners for x in arrays])

    def replay(self, given: list[Any]) -> Any:
        """Run it; after an exception the state is as it was before."""
        function = self._functions[0]
        if function.gradients.held():  # leave them to whoever keeps them
            self._renewed += 1
            self._functions.clear()
            self._planned(rows=self._renewed < 4)
            function = self._functions[0]
        if not self.changes:
            return function.run(given)
        with Uninterrupted():
            found = self._whole(function.run, given)
        self._functions.reverse()
        return found

    def _whole(self, run: Callable[..., Any], given: list[Any]) -> Any:
        before = [(a, a.copy()) for a in self.written]
        grads = list(map(_grad, self._graded))
        states = [(g, g.bit_generator.state) for g in self._generators()] if self.draws else []
        try:
            return run(given)
        except BaseException:
            self._kept.restore()
            for a, values in before:
                a[...] = values
            for t, gradient in zip(self._graded, grads, strict=True):
                t._grad = gradient
            for g, state in states:
                g.bit_generator.state = state
            raise
        finally:
            self._kept.clear()

    def _generators(self) -> list[Any]:
        from_args = [x.rng for op in self.draws for x in op.args if isinstance(x, Generator)]
        return [generator(rng) for rng in {id(r): r for r in from_args}.values()]


def _result(recorder: Recorder, x: Any) -> Any:
    if is_tensor(x):
        if id(x) in recorder.state:
            return recorder.state[id(x)]
        if id(x) in recorder.stood_for:  # a gradient that is looked at after an optimizer's step
            return recorder.stood_for[id(x)][1]
        x = x._array
    if isinstance(x, Recorded):
        return x.var
    return recorder.constant(x) if isinstance(x, np.ndarray) else x
