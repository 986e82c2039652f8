"""Lines: the source of each operation of a program."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from autograd.capture.aids import Differs, agree, arrays, put
from autograd.capture.blocks import Loop
from autograd.capture.calls import (
    FILLING,
    JOINING,
    SYMBOLS,
    UFUNCS,
    copies,
    in_row,
    infix,
    method_of,
    reduction,
    ufunc_of,
)
from autograd.capture.extremes import EXTREMES, Repeats
from autograd.capture.names import Names
from autograd.capture.operands import Numbers
from autograd.capture.places import Places, fills
from autograd.capture.program import Op, Var, variables
from autograd.capture.signature import error_settings
from autograd.capture.undo import Kept


class Lines:
    """Writes the lines of operations, one after the other.

    marked   the tensors that are changed in place
    """

    def __init__(self, names: Names, places: Places, kept: Kept) -> None:
        self.names, self.places = names, places
        self.bind, self.text = names.bind, names.text
        self.place, self.known, self.scratch = places.place, places.known, places.scratch  # which a Loop asks
        self.marked: dict[int, Any] = {}
        self._keep = kept.before
        self._numbers = Numbers()
        self._repeats = Repeats(places.buffers)

    def of(self, op: Op) -> list[str]:
        """The source of one operation."""
        if op.kind == "load":
            return [f"{op.out[0].name} = {self.bind(op.args[0])}._grad._array"]
        if op.kind == "grad":
            return self._gradient(op)
        if op.kind == "guard":
            return [f"if {'not ' if op.function else ''}{self.text(op.args[0])}: raise {self.differs()}"]
        if op.kind == "run":
            return Loop(self, op).source()
        if op.kind == "view" and self.places.view(op):
            return []
        if op.kind == "write":
            return self._write(op)
        if op.kind == "effect":
            call = self._call(op)
            lines = self._unpacked(op, call if op.template is None else f"{self.bind(arrays)}({call})")
            return [self._kept(op), *lines] if self.places.asked_later else lines
        if op.kind in ("native", "whole"):
            return self._unpacked(op, self._call(op))
        return self._into(op) or self._unpacked(op, self._call(op))

    def _kept(self, op: Op) -> str:
        """The line that keeps what an effect will change: a later question may want another trace."""
        return f"{self.bind(self._keep)}({self._inside([op.function, *op.args, *op.kwargs.values()], {})})"

    def settings(self, errors: dict[str, Any]) -> str:
        """The line that puts NumPy's error settings in force, within a block that puts them back."""
        with np.errstate(**errors):
            made = error_settings.get()  # type: ignore[union-attr]
        return f"{self.bind(error_settings.set)}({self.bind(made)})"  # type: ignore[union-attr]

    def differs(self) -> str:
        """The name of the exception of a guard."""
        return self.bind(Differs)

    def operands(self, op: Op, args: Any) -> Any:
        """The arguments of an elementwise operation, numbers in the form that is taken fastest."""
        return self._numbers.strong(op, args)

    def _gradient(self, op: Op) -> list[str]:
        t, value = op.args
        grad = self.places.gradients.of.get(id(t))
        if value is None:
            return [f"{self.bind(t)}._grad = None"]
        if grad is None or not fills(value, t):
            return [f"{self.bind(put)}({self.bind(t)}, {self.text(value)})"]
        direct = self.names.static.get(value) is grad._array
        copied = [] if direct else [f"{self.bind(np.copyto)}({self.bind(grad._array)}, {self.text(value)})"]
        return [*copied, f"{self.bind(t)}._grad = {self.bind(grad)}"]

    def _inside(self, args: Any, kwargs: Any) -> str:
        return ", ".join([self.text(a) for a in args] + [f"{key}={self.text(a)}" for key, a in kwargs.items()])

    def _call(self, op: Op) -> str:
        symbol = infix(op)
        if symbol is None and op.function in UFUNCS and len(op.args) == 2:
            symbol = SYMBOLS[UFUNCS[op.function]]
        if symbol is not None:
            return f"{self.text(op.args[0])} {symbol} {self.text(op.args[1])}"
        if op.function is operator.getitem:
            return f"{self.text(op.args[0])}[{self.text(op.args[1])}]"
        if (reduced := reduction(op)) is not None:
            return f"{self.bind(reduced[0])}({self._inside(op.args[:1], reduced[1])})"
        if (dotted := self._dotted(op)) is not None:
            return dotted
        if name := method_of(op):
            return f"{self.text(op.args[0])}.{name}({self._inside(op.args[1:], op.kwargs)})"
        return f"{self.bind(op.function)}({self._inside(self.operands(op, op.args), op.kwargs)})"

    def _dotted(self, op: Op, out: str = "") -> str | None:
        """np.dot, and np.vdot of real numbers, as the method of an array that stays where it is."""
        if op.function not in (np.dot, np.vdot) or len(op.args) != 2 or op.kwargs:
            return None
        static = self.names.static
        a, b = (static.get(x, x.value if x.kind in ("state", "constant") else None) if isinstance(x, Var) else None
                for x in op.args)  # fmt: skip
        a, b = (getattr(x, "_array", x) for x in (a, b))
        if op.function is np.vdot:
            if a is None or b is None or a.dtype.kind != "f" or a.dtype != b.dtype or a.strides != b.strides:
                return None
            a, b = in_row(a), in_row(b)
            return None if a is None or b is None else f"{self.names.method(a, 'dot')}({self.bind(b)})"
        return None if a is None else f"{self.names.method(a, 'dot')}({self.text(op.args[1])}{out})"

    def _into(self, op: Op) -> list[str] | None:
        """The operation with its result in planned memory; None if it makes its own."""
        if len(op.out) != 1 or infix(op) is not None:
            return None
        function, args, kwargs = ufunc_of(op), op.args, op.kwargs
        name = getattr(op.function, "__name__", "")
        if function is None and (reduced := reduction(op)) is not None:
            function, (args, kwargs) = reduced[0], (op.args[:1], reduced[1])
        joins = op.function in JOINING and not set(op.kwargs) - {"axis"}
        dots = op.function is np.dot and op.out[0].value is not None and not op.kwargs
        filling = op.function in FILLING or op.function is np.empty_like
        if function is None and not (copies(op) or joins or dots or filling):
            return None
        array = self.places.buffer(op)
        if array is None:
            return None
        out = self.bind(array)
        if filling:
            value = FILLING.get(op.function)
            return [] if value is None else [f"{self.names.method(array, 'fill')}({value})"]
        if copies(op):
            unsafe = ", casting='unsafe'" if name == "astype" else ""
            return [f"{self.bind(np.copyto)}({out}, {self.text(op.args[0])}{unsafe})"]
        if dots:
            return [self._dotted(op, f", {out}") or f"{self.bind(np.dot)}({self._inside(args, {})}, {out})"]
        if joins:
            return [f"{self.bind(op.function)}({self._inside(args, kwargs)}, out={out})"]
        operands = self.operands(op, args)
        if function in EXTREMES and not kwargs:
            operands = self._repeats.operands(function, operands, array)
        return [self._filled(function, operands, kwargs, out)]

    def _filled(self, function: Any, args: Any, kwargs: Any, out: str) -> str:
        """The call of a ufunc, or of one's method, that writes to `out`; by position where that is faster.

        Of np.maximum and np.minimum NumPy has deprecated it.
        """
        plain = isinstance(function, np.ufunc) and function not in EXTREMES and len(args) == function.nin and not kwargs
        return f"{self.bind(function)}({self._inside(args, kwargs)}, {'' if plain else 'out='}{out})"

    def _write(self, op: Op) -> list[str]:
        for v in op.writes:
            if v.root.kind == "state":
                self.marked[id(v.root.source)] = v.root.source
        if op.function is operator.setitem:
            target, index, value = map(self.text, op.args)
            return [f"{target}[{index}] = {value}"]
        function = ufunc_of(op)
        if function is not None and set(op.kwargs) == {"out"} and isinstance(op.kwargs["out"], Var):
            return [self._filled(function, self.operands(op, op.args), {}, self.text(op.kwargs["out"]))]
        return [self._call(op)]

    def _unpacked(self, op: Op, call: str) -> list[str]:
        if op.template is None:
            return [call]
        self.places.local(op.out)
        if isinstance(op.template, Var):
            name = op.template.name
            whole = op.kind in ("native", "whole") and op.template.shape
            return [f"{name} = {call}", *([f"{self.bind(agree)}({name}, {self.bind(op.template)})"] if whole else [])]
        target = _target(op.template)
        checked = op.kind != "effect"
        check = [f"{self.bind(agree)}(found, {self.bind(op.template)})"] if checked else []
        return [f"found = {call}", *check, *([f"{target} = found"] if target != "_" else []), "del found"]


def _target(template: Any) -> str:
    if isinstance(template, Var):
        return template.name
    if isinstance(template, (tuple, list)) and variables(template, []):
        return "(" + "".join(_target(x) + ", " for x in template) + ")"
    return "_"
