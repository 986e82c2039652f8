"""Recorder: it puts recording arrays into the tensors a step reaches, and collects what is done to them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from operator import getitem, is_
from threading import get_ident
from typing import Any, NoReturn

import numpy as np

from autograd.capture.caught import under_filters
from autograd.capture.draws import Draws
from autograd.capture.program import ENDS, Generator, Op, Var, layout_of, mapped, words
from autograd.capture.recorded import LostError, Opaque, Recorded, ShapeLostError
from autograd.capture.signature import errors_now
from autograd.capture.steppers import SIMPLE, Watch
from autograd.engine.abstract import Abstract
from autograd.engine.origin import line_at, user_line, user_place
from autograd.engine.recording import is_tensor, raw, result
from autograd.engine.shared_memory import owner
from autograd.errors import CaptureError
from autograd.recorder import recorders

SHAPED_BY_VALUES = frozenset({
    np.unique, np.nonzero, np.flatnonzero, np.argwhere, np.compress, np.extract, np.union1d, np.intersect1d,
    np.setdiff1d, np.unique_values, np.unique_counts, np.unique_inverse, np.unique_all, np.trim_zeros, np.bincount,
})  # fmt: skip


PLAIN = (*SIMPLE, np.dtype, type, Abstract)  # what a result may hold besides arrays


def _selects(index: Any) -> bool:
    """Whether an index holds a mask that was computed: how much it selects depends on values."""
    parts = index if isinstance(index, tuple) else (index,)
    return any(isinstance(x, Recorded) and x.dtype.kind == "b" and x.ndim for x in parts)


def _check_written(writes: Sequence[Any]) -> None:
    if any([type(x) is not Recorded for x in writes]):
        raise LostError(
            "a plain array was given to be written by a captured step: a replay would not write to it. Make it by "
            "np.empty_like(x, shape=…) or np.zeros_like(x), of an array of the step."
        )
    for w in writes:
        if w.var.root.kind == "constant" or w.var.root.kind == "argument":
            refuse_write(user_line())


def _root_of(x: Any, operands: Sequence[Recorded]) -> Any:
    """The variable whose memory an array shows; None if it has its own."""
    mine = owner(x)
    for operand in operands:
        if owner(operand.value) is mine:
            return operand.var.root
    return None


def _variable(x: Any) -> Any:
    return x.var if type(x) is Recorded or type(x) is Opaque else x


def _each(args: Any, change: Callable[[Any], Any]) -> list[Any]:
    """`mapped` of arguments."""
    return [change(x) if type(x) in ENDS else mapped(x, change) for x in args]


def refuse_write(line: str) -> NoReturn:
    """Raise because a replay would not write where the step does."""
    raise CaptureError(
        f"{line} writes to an array that came from outside; a captured step may write to what it has computed, and to "
        "tensors that are no arguments or require grad. Copy it first: x = x.copy()."
    )


def _computed_array(x: Any) -> Any:
    """The array of a Tensor that the step has computed; what is there without it stays itself."""
    return x._array if is_tensor(x) and isinstance(x._array, Recorded) else x


class Recorder:
    """One recording of a step.

    tensors    those that the step reaches, whose arrays are its state
    ops        what was done, in order
    watch      sees which hyperparameters the step looks at
    """

    def __init__(self, tensors: Sequence[Any], watch: Watch) -> None:
        self.tensors, self.watch = list(tensors), watch
        self.ops: list[Op] = []
        self.count = 0
        self._lent: list[Var] = []
        self.constants: dict[int, Var] = {}
        self.state: dict[int, Var] = {}  # id of a tensor -> its memory
        self.moved = False
        self._errors: Any = np.geterr()
        self._settings = errors_now()
        self._filters = self._outside = warnings.filters
        self.raised = ""  # where an operation raised an error
        self._swapped: list[tuple[Any, Any, Recorded]] = []
        self._tuples: dict[int, tuple[Any, Any]] = {}
        self.stood_for: dict[int, tuple[Any, Var]] = {}  # tensors, gradients among them, that a result may be
        self._grads = {id(t): t._grad for t in self.tensors}  # as they were when last looked at

    # Variables

    def var(self, kind: str, value: Any, source: Any = None, root: Var | None = None) -> Var:
        """A new variable; of what is computed it has the layout alone, so that memory goes as it does in eager."""
        self.count += 1
        made = Var(self.count, kind, value, source, root)
        if kind == "value":
            made.value = layout_of(value)
        elif kind in ("argument", "loaded"):
            self._lent.append(made)
        return made

    def let_go(self) -> None:
        """After the step: let go of the arguments and gradients that it was given; their layouts stay."""
        for var in self._lent:
            var.value = layout_of(var.value)

    def argument(self, number: int, value: Any) -> Recorded:
        return Recorded(self, value, self.var("argument", value, number))

    def check_kept(self, tensor: Any, array: Any) -> None:
        """Raise if a constant tensor that the step was given has another array than it had."""
        if tensor._array is not array:
            made = getattr(tensor._array, "var", None)
            refuse_write(line_at(next((op.place for op in self.ops if made in op.out), None)))

    def operand(self, x: Any) -> Any:
        """What an operation's arguments hold of a value: its variable; numbers, texts and objects as they are."""
        if type(x) is Recorded:
            if x.recorder is not self:
                raise CaptureError("a value of another recording was used; return it from the step that computes it.")
            return x.var
        if isinstance(x, np.ndarray):
            return self.constant(x)
        if isinstance(x, Opaque):
            return x.var
        if isinstance(x, Draws):
            return x.generator
        if isinstance(x, np.random.Generator):
            return Generator(x)
        return x

    def constant(self, array: Any) -> Var:
        known = self.constants.get(id(array))
        if known is None:
            known = self.constants[id(array)] = self.var("constant", array, array)
            known.line = user_line()
        return known

    def wrap(self, out: Any, operands: Sequence[Recorded], found: list[Var]) -> Any:
        """The results of an operation as recorded values; their variables are added to `found`."""

        def one(x: Any) -> Any:
            if not isinstance(x, (np.ndarray, np.generic)):
                if isinstance(x, PLAIN):
                    return x
                opaque = Opaque(x, self.var("value", x))
                found.append(opaque.var)
                return opaque
            root = _root_of(x, operands) if isinstance(x, np.ndarray) else None
            made = Recorded(self, x, self.var("value", x, root=root))
            found.append(made.var)
            return made

        return one(out) if type(out) is np.ndarray else mapped(out, one)

    # Operations

    def call(self, function: Callable[..., Any], args: Any, kwargs: Any, writes: Sequence[Any]) -> Any:
        """Compute, and write it down."""
        if writes:
            _check_written(writes)
        operands: list[Recorded] = []
        if function in SHAPED_BY_VALUES or (
            _selects(args[1]) if function is getitem else function is np.repeat and isinstance(args[1], Recorded)
        ):
            raise ShapeLostError(
                f"{user_line()}: the shape of the result depends on values, and memory is planned by shapes. Keep the "
                "shape, and choose by np.where(mask, x, 0)."
            )

        def value(x: Any) -> Any:
            if type(x) is Recorded:
                operands.append(x)
                return x.value
            return x

        out = self._computed(function, _each(args, value), mapped(kwargs, value) if kwargs else kwargs)
        if writes:
            made = [w.var for w in writes]
            self._add("write", function, args, kwargs, [], made, None)
            return writes[0] if out is writes[0].value else None
        return self._recorded(function, args, kwargs, out, operands, "call")

    def _recorded(
        self, function: Any, args: Any, kwargs: Any, out: Any, operands: Sequence[Recorded], kind: str
    ) -> Any:
        same = next((x for x in operands if out is x.value), None) if isinstance(out, np.ndarray) else None
        if same is not None and kind == "call":
            return same
        found: list[Var] = []
        wrapped = self.wrap(out, operands, found)
        if kind == "call" and len(found) == 1 and found[0].root is not found[0]:
            kind = "view"
        if kind == "call" and not found:
            if function in (getattr,):
                return out
            raise LostError(
                f"{user_line()}: {words(Op('call', function, args, kwargs, [], None, []))} gives a plain "
                f"{type(out).__name__}, which a replay would not give again. Return the values from the step, and do "
                "that outside."
            )
        template: Any = wrapped.var if type(wrapped) is Recorded else mapped(wrapped, _variable)
        self._add(kind, function, args, kwargs, found, [], template)
        return wrapped

    def _add(
        self, kind: str, function: Any, args: Any, kwargs: Any, out: list[Var], writes: list[Var], template: Any
    ) -> Op:
        one = self.operand
        operands = tuple(
            [one(x) if type(x) in ENDS else self._same_tuple(x) if type(x) is tuple else mapped(x, one) for x in args]
        )
        op = Op(kind, function, operands, mapped(kwargs, one) if kwargs else {}, out, template, writes)
        op.place = user_place()
        op.errors = self._errors_now()
        self.ops.append(op)
        return op

    def _errors_now(self) -> Any:
        """NumPy's error settings; one object while they stay."""
        if errors_now() is not self._settings or warnings.filters is not self._filters:
            self._settings, self._filters = errors_now(), warnings.filters
            now = np.geterr() if warnings.filters is self._outside else under_filters(np.geterr())
            if now != self._errors:
                self._errors = now
        return self._errors

    def _computed(self, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """What it gives; an error is noted, which the step may catch."""
        try:
            return function(*args, **kwargs)
        except Exception as error:
            self.raised = f"{user_line()} raises {type(error).__name__}"
            raise

    def _same_tuple(self, x: tuple[Any, ...]) -> Any:
        """A tuple of operands; one object for one object, since rules know by it that they are called for one sweep."""
        known = self._tuples.get(id(x))
        if known is None or len(known[0]) != len(x) or not all(map(is_, known[0], x)):
            known = self._tuples[id(x)] = (x, mapped(x, self.operand))
        return known[1]

    def native(
        self, function: Callable[..., Any], args: Any, kwargs: Any, *, always: bool = False, because: Any = None
    ) -> Any:
        """The result of a function of arrays that is not looked into: a replay calls it."""
        operands: list[Recorded] = []

        def value(x: Any) -> Any:
            if isinstance(x, Recorded):
                operands.append(x)
                return x.value
            if isinstance(x, Opaque):
                return x.value
            if is_tensor(x) and always:
                return value(x._array)
            return x.real if isinstance(x, Draws) else x

        real_args, real_kwargs = mapped(tuple(args), value), mapped(kwargs, value)
        if because is not None and (
            not operands or (isinstance(because, ShapeLostError) and function.__module__ == "autograd.ops.indexing")
        ):
            raise because
        with self.paused():
            out = self._computed(function, real_args, real_kwargs)
        if always:
            args, kwargs = mapped(tuple(args), raw), mapped(kwargs, raw)
        return self._recorded(function, args, kwargs, out, operands, "whole" if always else "native")

    def guard(self, x: Recorded) -> bool:
        """The truth value of a number: a replay in which it differs is another trace."""
        truth = bool(x.value)
        self._add("guard", truth, (x,), {}, [], [], None).line = user_line()
        return truth

    def integer(self, x: Recorded) -> int:
        """The value of an integer, guarded likewise."""
        return int(self.numbers(x))

    def numbers(self, x: Recorded) -> Any:
        """The values of an array of integers, guarded likewise."""
        found = x.value.copy()
        same: Any = np.all(x == found)
        self.guard(same)
        self.ops[-1].template = found.tolist()  # by which two recordings are told apart
        return found

    def effect(self, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """Call what changes objects, with the tensors as they really are; a replay calls it at this place."""
        args = tuple([list(x) if isinstance(x, Iterator) else x for x in args])  # a replay reads it again
        self.commit()
        self.unswap()
        self.watch.end()

        args, kwargs = mapped(tuple(args), _computed_array), mapped(kwargs, _computed_array)

        def real(x: Any) -> Any:
            return x.value if isinstance(x, Recorded) else x

        with self.paused():
            out = function(*mapped(tuple(args), real), **mapped(kwargs, real))
        self.watch.begin()
        self.swap()
        found = self._recorded(function, args, kwargs, mapped(out, raw), [], "effect")
        return result(found, None) if is_tensor(out) else found

    def drawing(self, rng: Any, real: Any) -> Any:
        """What stands for a random generator: rng, or the package's own if that is None."""
        return rng if isinstance(rng, Draws) else Draws(self, rng, real)

    # The tensors' memory

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Inside, nothing is recorded."""
        del recorders[get_ident()]
        try:
            yield
        finally:
            recorders[get_ident()] = self

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Inside, what this thread does to the tensors is recorded; afterwards they hold plain arrays again."""
        recorders[get_ident()] = self
        try:
            self.swap()
            self.watch.begin()
            yield
            self.commit()
        finally:
            self.watch.end()
            self.unswap()
            del recorders[get_ident()]

    def swap(self) -> None:
        for t in self.tensors:
            array = t._array
            var = self.state.get(id(t))
            if var is None:
                var = self.state[id(t)] = self.var("state", array, t)
            elif var.value is not array:
                self.moved = True
            self._put(t, array, var)
        known = {id(t) for t in self.tensors}
        for t in self.tensors:
            g = t._grad
            if g is not None and id(g) not in known and not isinstance(g._array, Recorded):
                var = self.var("loaded", g._array)
                self.ops.append(Op("load", "grad", (t,), {}, [var], var, []))
                self._put(g, g._array, var)

    def _put(self, t: Any, array: Any, var: Var) -> None:
        stand = Recorded(self, array, var)
        t._array = stand
        self._swapped.append((t, array, stand))

    def unswap(self) -> None:
        for t, array, stand in self._swapped:
            if t._array is stand:
                t._array = array
                self.stood_for[id(t)] = (t, stand.var)
            elif isinstance(t._array, Recorded):  # bound to another array
                t._array = np.array(t._array.value)
                self.moved = self.moved or id(t) in self.state
        self._swapped = []

    def commit(self) -> None:
        """Give the tensors the gradients that were computed: what follows sees them."""
        swapped = {id(t): stand for t, _, stand in self._swapped}
        for t in self.tensors:
            g = t._grad
            before = self._grads.get(id(t))
            if g is None:
                if before is not None:
                    self.ops.append(Op("grad", None, (t, None), {}, [], None, []))
            elif isinstance(g._array, Recorded) and swapped.get(id(g)) is not g._array:
                self.ops.append(Op("grad", None, (t, g._array.var), {}, [], None, []))
                value = g._array.value
                t._grad = result(np.array(value) if isinstance(value, np.ndarray) else value, None)
            elif g is not before and not isinstance(g._array, Recorded):
                self.ops.append(Op("grad", None, (t, self.constant(np.asarray(g._array))), {}, [], None, []))
        self._grads = {id(t): t._grad for t in self.tensors}
