"""Views: operations whose result NumPy makes share the memory of its argument (docs/design/in-place.md).

A view knows the tensor at its root and the path of operations that leads from there to it. A write through it is a
write to the root, and what else was made of the root is then made again, when it is next read (tensor/view.py).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from autograd.engine import kinds, recording
from autograd.engine.abstract import abstract
from autograd.engine.modes import mode
from autograd.engine.primitive import Primitive
from autograd.engine.recording import recorded, result
from autograd.recorder import Stand

ndarray = np.ndarray
get_mode = mode.get
float64 = np.float64
call = Primitive.__call__
View: Any = None  # the classes of a view, and of one taken where nothing is recorded; tensor/view.py says which
UnrecordedView: Any = None


def bind_views(view: type, unrecorded: type) -> None:
    """Say which classes are those of views (called once, by tensor/view.py)."""
    global View, UnrecordedView
    View, UnrecordedView = view, unrecorded


class Link(NamedTuple):
    """One operation on the path from the root to a view: primitive(x, *args, **params)."""

    primitive: Any
    args: tuple[Any, ...]
    params: dict[str, Any]
    before: Link | None  # nearer to the root


class ViewPrimitive(Primitive):
    """An operation whose result is a view of its first argument, where NumPy's is."""

    def __call__(self, *args: Any, **params: Any) -> Any:
        """Primitive's call, with its short path for one recorded ndarray written out."""
        if not args or kinds.met:
            return self._general(args, params)
        x, *rest = args
        state = get_mode()
        if state.special or not isinstance(x, recording.Tensor):
            return self._general(args, params)
        array = x._array
        parent = x.node
        if parent is None:
            if not x._requires_grad:
                return self._general(args, params)
            parent = x
        for value in params.values():
            if isinstance(value, recording.Tensor):
                return self._general(args, params)
        try:
            out = self.forward(array, *rest, **params)
        except Exception:
            return self._general(args, params)
        kind = type(out)
        if kind is float64 and type(array) is ndarray:
            return recorded(out, self, (parent, *[None] * len(rest)), (abstract(array), *rest), out, params, state.scope)
        if kind is not ndarray or out.dtype.kind != "f":
            return self._general(args, params)
        if out is array:
            out = out.view()
        known = abstract(array)
        t = recorded(
            out, self, (parent, *[None] * len(rest)), (known, *rest), abstract(out), params or None, state.scope
        )
        base = out.base
        if base is not None and (base is array or base is array.base):
            as_view(t, x, View, self, args, params)
        return t

    def _general(self, args: tuple[Any, ...], params: dict[str, Any]) -> Any:
        """Any other call: of plain arrays or constants, of another library's arrays, where nothing is recorded."""
        x = args[0] if args else None
        if not isinstance(x, recording.Tensor) or any(map(recording.is_tensor, (*args[1:], *params.values()))):
            return call(self, *args, **params)
        array = x._array
        if not get_mode().recording and x._requires_grad and (type(array) is ndarray or isinstance(array, Stand)):
            out = self.forward(array, *args[1:], **params)
            if not shares_memory(out, array):
                return call(self, *args, **params)
            return as_view(result(out.view() if out is array else out, None), x, UnrecordedView, self, args, params)
        t = call(self, *args, **params)
        if type(t) is View or not isinstance(t, recording.Tensor):  # it has called itself again
            return t
        if type(array) is ndarray or isinstance(array, Stand):
            if not shares_memory(t._array, array):
                return t
        elif not self.makes_view(t._array, args, params):
            return t
        return as_view(t, x, UnrecordedView if type(x) is UnrecordedView else View, self, args, params)

    may_copy = False  # whether it makes a copy where the memory has no view of that shape, as reshape does

    def makes_view(self, out: Any, args: tuple[Any, ...], params: dict[str, Any]) -> bool:
        """Whether NumPy would make a view, of another library's array, whose memory is not known.

        By an index of numbers and slices it does; one number is no view.
        """
        if "index" not in params:
            return True
        index = params["index"]
        parts = index if type(index) is tuple else (index,)
        return out.ndim > 0 and all([part is None or part is ... or isinstance(part, _BASIC) for part in parts])


_BASIC = (int, slice, np.integer)


def shares_memory(out: Any, x: Any) -> bool:
    """Whether the result `out` of an operation on an ndarray x is x or a view of it."""
    if isinstance(out, Stand):
        out, x = out.value, getattr(x, "value", x)
    base = getattr(out, "base", None)
    return out is x or base is not None and (base is x or base is getattr(x, "base", None))


def as_view(t: Any, x: Any, kind: Any, primitive: Any, args: tuple[Any, ...], params: dict[str, Any]) -> Any:
    """The result t of an operation on the tensor x, made a view of it."""
    path = None
    if isinstance(x, View):
        x, path = x.root, x.path
    if not hasattr(x, "written"):  # a result, see recording.result
        x.written = 0
    t.__class__ = kind
    t.root = x
    t.path = Link(primitive, args[1:], params, path)
    t.seen = x.written
    return t


def part_of(x: Any, t: Any, primitive: Any, **params: Any) -> Any:
    """One of several results of an operation on x: the view of x that the primitive makes."""
    if not isinstance(t, recording.Tensor):
        return t
    if not get_mode().recording and x._requires_grad:
        return primitive(x, **params)
    if isinstance(x._array, ndarray) and not shares_memory(t._array, x._array):
        return t
    return as_view(t, x, UnrecordedView if type(x) is UnrecordedView else View, primitive, (x,), params)


def links(path: Link | None) -> list[Link]:
    """The operations of a path, from the root on."""
    found: list[Link] = []
    while path is not None:
        found.append(path)
        path = path.before
    return found[::-1]


def walk(x: Any, path: Link | None) -> Any:
    """What the operations of a path make of x: a Tensor, or an array."""
    for primitive, args, params, _ in links(path):
        x = primitive(x, *args, **params)
    return x


def apart(t: Any) -> Any:
    """A view that was just made, as NumPy's copy of it: a write to it is its own.

    The memory is shared until one of the two is written to while recording. A leaf's is written to without asking.
    """
    if isinstance(t, View):
        root, array = t.root, t._array
        leaf = root._requires_grad and root.node is None
        t.__class__ = recording.Tensor
        t._array = array.copy() if leaf and isinstance(array, ndarray) else array
    return t
