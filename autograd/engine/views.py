"""Views: operations whose result NumPy makes share the memory of its argument (docs/design/in-place.md).

A view knows the tensor at its root and the path of operations that leads from there to it. A write through it is a
write to the root, and what else was made of the root is then made again, when it is next read (tensor/view.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.engine import kinds, recording
from autograd.engine.abstract import abstract
from autograd.engine.modes import mode
from autograd.engine.primitive import Primitive
from autograd.engine.recording import recorded, result
from autograd.recorder import Stand

ndarray = np.ndarray
# What holds the array that sliding_window_view's result looks into.
Strided: Any = type(np.lib.stride_tricks.as_strided(np.zeros(1)).base)
get_mode = mode.get
float64 = np.float64
call = Primitive.__call__
View: Any = None  # the classes of a view, and of one taken where nothing is recorded; tensor/view.py says which
UnrecordedView: Any = None


def bind_views(view: type, unrecorded: type) -> None:
    """Say which classes are those of views (called once, by tensor/view.py)."""
    global View, UnrecordedView
    View, UnrecordedView = view, unrecorded


# One operation on the way from the root to a view, primitive(x, *args, **params), and those nearer to the root.
Path = tuple[Any, tuple[Any, ...], dict[str, Any], Any]


class ViewPrimitive(Primitive):
    """An operation whose result is a view of its first argument, where NumPy's is."""

    def __call__(self, *args: Any, **params: Any) -> Any:
        """What Primitive does, with its short path for an ndarray written out."""
        if kinds.met or not args or not isinstance(x := args[0], recording.Tensor) or type(x) is UnrecordedView:
            return self._general(args, params)
        state = get_mode()
        array = x._array
        parent = x.node
        if parent is None and x._requires_grad:
            parent = x
        if state.special and (parent is not None or state.anomaly):
            return self._general(args, params)
        rest = args[1:]
        for value in params.values():
            if isinstance(value, recording.Tensor):
                return self._general(args, params)
        try:
            out = self.forward(array, *rest, **params) if rest or params else self.forward(array)
        except Exception:
            return self._general(args, params)
        kind = type(out)
        if kind is ndarray:
            if out.dtype.kind != "f" and (parent is not None or out.dtype.kind not in "iub"):
                return self._general(args, params)
            if out is array:
                out = out.view()
            kept = abstract(out)
        elif kind is float64 and type(array) is ndarray:
            kept = out
        else:
            return self._general(args, params)
        if parent is None:
            t = result(out, None)
        elif rest:
            parents = (parent, *[None] * len(rest))
            t = recorded(out, self, parents, (abstract(array), *rest), kept, params or None, state.scope)
        else:
            t = recorded(out, self, (parent,), (abstract(array),), kept, params or None, state.scope)
        if kind is not ndarray or (base := out.base) is None:
            return t
        if base is array or base is array.base or type(base) is Strided:
            path = None  # what follows is `as_view`, whose call would take 3 % of a slice's time
            cls = type(x)
            if cls is View:
                x, path, seen = x.root, x.path, x.seen
            else:
                cls = View
                if not hasattr(x, "written"):  # a result, see recording.result
                    x.written = 0
                seen = x.written
            t.__class__ = cls
            t.root = x
            t.path = (self, rest, params, path)
            t.seen = seen
        return t

    def _general(self, args: tuple[Any, ...], params: dict[str, Any]) -> Any:
        """Any other call: of plain arrays or constants, of another library's arrays, where nothing is recorded."""
        x = args[0] if args else None
        if not isinstance(x, recording.Tensor) or any(map(recording.is_tensor, (*args[1:], *params.values()))):
            return call(self, *args, **params)
        unrecorded = type(x) is UnrecordedView or not get_mode().recording and x._requires_grad
        array = memory_of(x)
        if unrecorded and (type(array) is ndarray or isinstance(array, Stand)):
            out = self.forward(array, *args[1:], **params)
            if not shares_memory(out, array):
                return call(self, *args, **params)
            t = result(out.view() if out is array else out, None)
            return as_view(t, x, self, args[1:], params, UnrecordedView)
        t = call(self, *args, **params)
        if type(t) is View or not isinstance(t, recording.Tensor):  # it has called itself again
            return t
        if type(array) is ndarray or isinstance(array, Stand):
            if not shares_memory(t._array, array):
                return t
        elif not self.makes_view(t._array, array, params):
            return t
        return as_view(t, x, self, args[1:], params)

    may_copy = False  # whether it makes a copy where the memory has no view of that shape, as reshape does

    def makes_view(self, out: Any, x: Any, params: dict[str, Any]) -> bool:
        """Whether NumPy would make a view, of another library's array, whose memory is not known.

        By an index of numbers and slices it does; one number is no view. By reshape it does, unless it is said not to.
        """
        if "index" not in params:
            return not self.may_copy or not hasattr(type(x), "is_view_of") or out.is_view_of(x) is not False
        index = params["index"]
        parts = index if type(index) is tuple else (index,)
        return out.ndim > 0 and all([part is None or part is ... or isinstance(part, _BASIC) for part in parts])


_BASIC = (int, slice, np.integer)


def shares_memory(out: Any, x: Any) -> bool:
    """Whether the result `out` of an operation on an ndarray x is x or a view of it."""
    if isinstance(out, Stand):
        out, x = out.value, getattr(x, "value", x)
    base: Any = getattr(out, "base", None)
    if type(base) is Strided:
        base = base.base
    return out is x or base is not None and (base is x or base is getattr(x, "base", None))


def memory_of(x: Any) -> Any:
    """The array of a tensor as it lies in memory: not the copy that an operation gets of a view taken under no_grad."""
    return x.data if recording.is_tensor(x) else x


def as_view(t: Any, x: Any, primitive: Any, args: tuple[Any, ...], params: dict[str, Any], kind: Any = None) -> Any:
    """The result t of an operation on the tensor x, made a view of it: of this class, or of that of x."""
    t.__class__ = kind or (UnrecordedView if type(x) is UnrecordedView else View)
    t.root, path, t.seen = _way_to(x)
    t.path = (primitive, args, params, path)
    return t


def _way_to(x: Any) -> tuple[Any, Path | None, int]:
    """(the root of a view x, the operations that lead from there to x, the `seen` of x); of another x itself."""
    if isinstance(x, View):
        return x.root, x.path, x.seen
    if not hasattr(x, "written"):  # a result, see recording.result
        x.written = 0
    return x, None, x.written


def views_of(x: Any, parts: Sequence[Any], paths: Sequence[Path]) -> list[Any]:
    """The results of an operation on x as views of x; each path is the one operation that makes it of x."""
    if not parts or not isinstance(t := parts[0], recording.Tensor):
        return list(parts)
    if type(x) is UnrecordedView or not get_mode().recording and x._requires_grad:
        return [walk(x, path) for path in paths]
    if isinstance(x._array, ndarray) and not shares_memory(t._array, x._array):
        return list(parts)
    root, before, seen = _way_to(x)
    for t, path in zip(parts, paths, strict=True):
        t.__class__ = View
        t.root = root
        t.path = path if before is None else (*path[:3], before)
        t.seen = seen
    return list(parts)


def links(path: Path | None) -> list[Path]:
    """The operations of a path, from the root on."""
    found: list[Path] = []
    while path is not None:
        found.append(path)
        path = path[3]
    return found[::-1]


def walk(x: Any, path: Path | None) -> Any:
    """What the operations of a path make of x: a Tensor, or an array."""
    for primitive, args, params, _ in links(path):
        x = primitive(x, *args, **params)
    return x


def apart(t: Any, copy: bool = True) -> Any:
    """A view that was just made as a tensor of its own: as NumPy's copy of it, or in the memory of one that goes."""
    if isinstance(t, View):
        array = t._array
        t.__class__ = recording.Tensor
        known = isinstance(array, ndarray) or hasattr(type(array), "is_view_of")
        t._array = array.copy() if copy and known else array
    return t
