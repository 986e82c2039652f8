"""Batched: the array that the function inside vmap computes with."""

from __future__ import annotations

import operator
import threading
from collections.abc import Iterator
from sys import getrefcount
from typing import Any, NoReturn

import numpy as np

from autograd.batched import product_forms, shape_forms, ufuncs  # noqa: F401  the forms are in the table
from autograd.batched.another_way import another_way, at_once, rules_at_once
from autograd.batched.forms import WRITERS
from autograd.batched.hidden import Hidden, at, batched, bind_class, everywhere, highest, is_in_front, one_of
from autograd.batched.indexing import getitem, setitem
from autograd.batched.loop import as_of_one, name_of, one_by_one
from autograd.batched.table import forms as table
from autograd.engine.abstract import Abstract, abstract
from autograd.engine.cotangents import own
from autograd.engine.kinds import per_example
from autograd.engine.primitive import Primitive
from autograd.engine.recording import is_tensor, raw
from autograd.engine.registry import rules
from autograd.engine.views import shares_memory
from autograd.errors import BatchError
from autograd.recorder import Stand

_KNOWN = (np.ndarray, np.generic, Hidden, Stand)
_ONE_NUMBER = (
    "Keep to NumPy's functions, np.sin for math.sin. An array that x is written to, y[0] = x, must be batched, too: "
    "y = np.zeros_like(x, shape=…)."
)
_inside = threading.local()  # the functions whose rule is running, so that one that calls itself is noticed


class Batched(Hidden, np.lib.mixins.NDArrayOperatorsMixin):
    """An array with a hidden axis: one example to the function inside vmap, all of them to NumPy."""

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]
    mixes_with_ndarrays = True  # what is no batch is the same for all examples

    # NumPy's protocols

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        for x in (*inputs, *(kwargs.get("out") or ())):
            kind = type(x)
            if kind is not Batched and kind is not np.ndarray and _is_unknown(x):
                return NotImplemented
        level = highest(inputs, kwargs)
        assert level is not None
        try:
            return ufuncs.call(level, ufunc, method, inputs, kwargs)
        except (ValueError, IndexError) as error:
            raise as_of_one(error, level, getattr(ufunc, method), inputs, kwargs) from None

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if not all([issubclass(kind, _KNOWN) for kind in types]):
            return NotImplemented
        level = highest(args, kwargs)
        if level is None:  # only in like=
            level = self.level
        out = kwargs.pop("out", None)
        if out is not None:
            out = out[0] if type(out) is tuple else out
            ufuncs.check_out(out, level, name_of(function).removeprefix("np."))
            out[...] = self.__array_function__(function, types, args, kwargs)
            return out
        if function in WRITERS and args and not at(args[0], level):
            ufuncs.check_out(args[0], level, function.__name__)
        made = table.get(function)
        if made is not None:
            try:
                return made(level, *args, **kwargs)
            except (ValueError, IndexError) as error:
                raise as_of_one(error, level, function, args, kwargs) from None
        name = name_of(function)
        composed = rules.get(function)
        running = _inside.__dict__.setdefault("running", set())
        if composed is None or isinstance(composed, Primitive) or function in running:
            return one_by_one(level, name, function, args, kwargs)
        running.add(function)
        try:
            return composed(*args, **kwargs)
        except Exception as error:
            return another_way(error, None, function, args, kwargs)
        finally:
            running.discard(function)

    # What a graph and a sweep ask of it

    def abstract(self) -> Abstract:
        """What a node holds of it when no rule reads its values: also the levels."""
        known = AbstractBatch()
        inner = abstract(self._values)
        known.shape, known.dtype = self.shape, self.dtype
        known.levels = frozenset({self.level, *getattr(inner, "levels", ())})
        return known

    def completed(self, g: Any, x: Any) -> tuple[Any, Any]:
        """(g, the array in it): the cotangent of x, whose array this is, without hidden axes that x has not."""
        kept = without_ended(self, x)
        if is_tensor(g) and kept is not self:
            g = sum_over_ended(g, x=x)
            return g, raw(g)
        return (g, self) if kept is self else (kept, kept)

    def is_alone(self) -> bool:
        """Whether no one else has the memory of this array, which only the leaf of a sweep holds: it needs no copy."""
        values = self._values
        return type(values) is np.ndarray and values.base is None and (getrefcount(self), getrefcount(values)) == ALONE

    def is_view_of(self, x: Any) -> bool | None:
        """Whether it shares the memory of x, of which NumPy has made it by reshape or the like.

        None where it does not, and yet might for one example.
        """
        if shares_memory(everywhere(self), everywhere(x)):
            return True
        return False if is_in_front(x._values) else None

    def select_from(self, x: Any, index: Any) -> Any:
        """x[index], where x is an ndarray and this is a part of the index."""
        return getitem(x, index)

    def at_once(self, primitive: Any, args: Any, raw_args: Any, params: Any) -> Any:
        """A call of a fused operation on all examples, or NotImplemented."""
        return at_once(primitive, args, raw_args, params)

    def rules_at_once(self, primitive: Any, which: Any, g: Any, out: Any, args: Any, params: Any) -> Any:
        """What its rules return, likewise, or None."""
        return rules_at_once(primitive, which, g, out, args, params)

    def by_examples(self, error: Exception, primitive: Any, function: Any, args: Any, params: Any) -> Any:
        """What a function that raised this error on a batch gives in another way."""
        return another_way(error, primitive, function, args, params)

    def spread_over(self, x: Any) -> Any:
        """A copy of x that has room for the examples of this array, too."""
        return np.where(np.ones_like(self, bool, shape=()), x, x)

    # Elements

    def __getitem__(self, index: Any) -> Any:
        try:
            return getitem(self, index)
        except (ValueError, IndexError) as error:
            raise as_of_one(error, self.level, operator.getitem, (self, index)) from None

    def __setitem__(self, index: Any, value: Any) -> None:
        if hasattr(value, "__array_ufunc__") and not isinstance(value, _KNOWN):
            raise BatchError("a recorded Tensor cannot be assigned to a plain array inside vmap; use np.where.")
        try:
            setitem(self, index, value)
        except (ValueError, IndexError) as error:
            raise as_of_one(error, self.level, operator.setitem, (self, index, value)) from None

    def __len__(self) -> int:
        if not self.ndim:
            raise TypeError("len() of an array that has no axis inside vmap.")
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        if not self.ndim:
            raise TypeError("iteration over an array that has no axis inside vmap.")
        return (self[i] for i in range(self.shape[0]))

    def _refuse(self, what: str, remedy: str) -> NoReturn:
        raise BatchError(
            f"{what} of a batched value inside vmap: it stands for {self.level.size} examples of shape {self.shape}, "
            f"whose values differ. {remedy}"
        )

    def __bool__(self) -> bool:
        self._refuse(
            "bool()",
            "In the place of `if x > 0: …` write np.where(x > 0, …, …); of `and`, `or`, max(a, b) write &, |, "
            "np.maximum(a, b); of a loop until it has converged, one of a fixed number of steps.",
        )

    def __float__(self) -> float:
        self._refuse("float()", _ONE_NUMBER)

    def __int__(self) -> int:
        self._refuse("int()", "A count, a size or a number of steps must be the same for all examples.")

    def __index__(self) -> int:
        raise BatchError(
            "a batched index inside vmap into what is not batched: write Tensor(array)[index]. A count or a size must "
            "be the same for all examples."
        )

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        self._refuse(
            "np.asarray()",
            "For np.array([x, y]) write np.stack([x, y]), for array[x] Tensor(array)[x], for np.full(shape, x) "
            "np.full_like(x, x, shape=shape). An array that x is written to must be batched, too: "
            "y = np.zeros_like(x, shape=…). A size must be the same for all examples.",
        )

    def item(self, *args: Any) -> NoReturn:
        """Refused: it would be a number for each example."""
        self._refuse("item()", _ONE_NUMBER)

    def __reduce__(self) -> NoReturn:
        self._refuse("pickle", "Return the value from the function inside vmap, and save that.")

    def __copy__(self) -> Any:
        return np.copy(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return np.copy(self)

    def __round__(self, ndigits: int | None = None) -> Any:
        return np.round(self).astype(int) if ndigits is None else np.round(self, ndigits)

    def tolist(self) -> NoReturn:
        """Refused likewise."""
        self._refuse("tolist()", _ONE_NUMBER)

    # The attributes and methods of an ndarray

    @property
    def T(self) -> Any:  # noqa: N802
        return np.transpose(self)

    @property
    def mT(self) -> Any:  # noqa: N802
        return np.swapaxes(self, -1, -2)

    @property
    def flags(self) -> Any:
        """How one example lies in memory."""
        return one_of(self).flags

    @property
    def strides(self) -> Any:
        """Those of one example."""
        return one_of(self).strides

    @property
    def real(self) -> Any:
        return np.real(self)

    @property
    def imag(self) -> Any:
        return np.imag(self)

    def astype(self, dtype: Any, *args: Any, **options: Any) -> Any:
        """The values in another dtype."""
        return batched(self._values.astype(dtype, *args, **options), self.level)

    def reshape(self, *shape: Any, order: Any = "C") -> Any:
        """np.reshape."""
        return np.reshape(self, shape[0] if len(shape) == 1 else shape, order)

    def transpose(self, *axes: Any) -> Any:
        """np.transpose."""
        return np.transpose(self, (axes[0] if len(axes) == 1 else axes) or None)

    def flatten(self, order: Any = "C") -> Any:
        """np.ravel of a copy."""
        return np.ravel(np.copy(self), order)

    def fill(self, value: Any) -> None:
        """self[...] = value."""
        self[...] = value

    def sort(self, axis: int = -1, **options: Any) -> None:
        """Sort each example in place."""
        self[...] = np.sort(self, axis, **options)

    def partition(self, kth: Any, axis: int = -1, **options: Any) -> None:
        """Partition each example in place."""
        self[...] = np.partition(self, kth, axis, **options)

    def compress(self, condition: Any, axis: int | None = None) -> Any:
        """np.compress."""
        return np.compress(condition, self, axis)

    def __getattr__(self, name: str) -> NoReturn:
        remedy = " Use NumPy's functions; for x.flat, np.ravel(x)." if hasattr(np.ndarray, name) else ""
        raise AttributeError(f"a batched value inside vmap has no {name!r}.{remedy}", name=name, obj=self)

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __repr__(self) -> str:
        return f"Batched({self.level.size} examples of shape {self.shape}, {self.dtype})"


def _is_unknown(x: Any) -> bool:
    return hasattr(x, "__array_ufunc__") and not isinstance(x, _KNOWN)


def _method(name: str, function: Any) -> Any:
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return function(self, *args, **kwargs)

    method.__name__ = name
    method.__doc__ = f"np.{function.__name__}."
    return method


for _name in (
    "sum", "prod", "mean", "std", "var", "max", "min", "any", "all", "cumsum", "cumprod", "argmax", "argmin", "argsort",
    "argpartition", "clip", "round", "take", "repeat", "squeeze", "swapaxes", "ravel", "diagonal", "trace", "dot",
    "conj", "conjugate", "choose", "searchsorted", "nonzero", "copy", "put",
):  # fmt: skip
    setattr(Batched, _name, _method(_name, getattr(np, _name)))


class AbstractBatch(Abstract):
    """The shape and dtype of a batched array, and whose hidden axes it has."""

    __slots__ = ("levels",)

    levels: frozenset[Any]

    def of_an_example(self, level: Any) -> Abstract:
        """The same of one example of this level."""
        known = AbstractBatch()
        known.shape, known.dtype, known.levels = self.shape, self.dtype, self.levels - {level}
        return known


def levels_of(x: Any) -> frozenset[Any]:
    """The levels whose hidden axes x has."""
    if isinstance(x, AbstractBatch):
        return x.levels
    return frozenset({x.level, *levels_of(x._values)}) if isinstance(x, Hidden) else frozenset()


def without_ended(g: Any, x: Any) -> Any:
    """A cotangent of x, summed over the levels that have ended and that x has not: all examples shared x."""
    if not isinstance(g, Hidden):
        return g
    values = without_ended(g._values, x)
    if g.level.alive or per_example.get() or g.level in levels_of(x):
        return g if values is g._values else batched(values, g.level)
    return np.sum(values, axis=0)


sum_over_ended = Primitive(
    lambda g, x: without_ended(g, x),
    lambda c, out, g, x: c,
    keeps="",
    guard=False,
    jvp="linear",
    name="sum over batch",
    label="g for each example",
)
bind_class(Batched)


def _count_alone() -> tuple[int, int]:
    """What getrefcount says there, which differs between versions of Python."""
    counts: list[Any] = []

    class Counted(Batched):
        __slots__ = ()

        def is_alone(self) -> bool:
            values = self._values
            counts.append((getrefcount(self), getrefcount(values)))
            return True

    made = object.__new__(Counted)
    made._values = np.empty(1)
    leaves = {0: made}
    del made
    own(leaves[0])
    return counts[0]  # type: ignore[no-any-return]


ALONE = _count_alone()
