"""HIPS autograd's way to define an operation: `primitive`, then rules that take the value first and g afterwards.

    @primitive                      defvjp(f, lambda ans, x, y: lambda g: …, lambda ans, x, y: lambda g: …)
    def f(x, y): …

They become rules of `autograd.primitive`, which takes g, value and arguments together. The sweep undoes
broadcasting.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from autograd.engine.primitive import Primitive, primitive
from autograd.errors import NoRuleError
from autograd.pytree import tree_flatten, tree_map, tree_unflatten
from autograd.random import generator
from autograd.tracer import Box, getval, notrace_primitive

__all__ = [
    "Box", "JVPNode", "VJPNode", "VSpace", "def_linear", "defjvp", "defjvp_argnum", "defjvp_argnums", "defvjp",
    "defvjp_argnum", "defvjp_argnums", "notrace_primitive", "primitive", "register_notrace", "vspace",
]  # fmt: skip

Function = Callable[..., Any]


def defvjp(fun: Primitive, *makers: Function | None, argnums: Sequence[int] | None = None) -> None:
    """Give fun its rules: maker(ans, *args, **kwargs) -> (g -> cotangent), None where the derivative is zero.

    Args:  argnums: the positions that the makers are for; default 0, 1, …
    """
    by_place = dict(zip(range(len(makers)) if argnums is None else argnums, makers, strict=True))
    fun.defvjp(*[_uncurried(fun, i, by_place) for i in range(max(by_place) + 1)])


def _uncurried(fun: Primitive, i: int, makers: dict[int, Function | None]) -> Function | None:
    if i not in makers:

        def missing(g: Any, out: Any, *args: Any, **params: Any) -> Any:
            raise NoRuleError(f"{fun.name} has no rule for argument {i + 1}. Give one: defvjp(…, argnums=(…, {i})).")

        return missing
    maker = makers[i]
    return maker and (lambda g, out, *args, **params: maker(out, *args, **params)(g))


def defvjp_argnum(fun: Primitive, maker: Function) -> None:
    """Give fun one rule for all arguments: maker(argnum, ans, args, kwargs) -> (g -> cotangent)."""
    fun.each = lambda i, g, out, *args, **params: maker(i, out, args, params)(g)
    fun.defvjp()


def defvjp_argnums(fun: Primitive, maker: Function) -> None:
    """Give fun one rule: maker(argnums, ans, args, kwargs) -> (g -> the cotangents of these arguments)."""
    defvjp_argnum(fun, lambda i, ans, args, kwargs: lambda g: next(iter(maker((i,), ans, args, kwargs)(g))))


def defjvp(fun: Primitive, *jvps: str | Function | None, argnums: Sequence[int] | None = None) -> None:
    """Say how tangents pass: jvp(t, ans, *args, **kwargs), or "same" for a linear argument. Optional here: forward
    mode is derived from the VJPs otherwise.
    """
    by_place = dict(zip(range(len(jvps)) if argnums is None else argnums, jvps, strict=True))

    def same(i: int) -> Function:
        return lambda t, out, *args, **params: fun(*args[:i], t, *args[i + 1 :], **params)

    found = [by_place.get(i) for i in range(max(by_place) + 1)]
    fun.defjvp(*[same(i) if jvp == "same" else jvp for i, jvp in enumerate(found)])


def defjvp_argnum(fun: Primitive, maker: Function) -> None:
    """Say how tangents pass by one function: maker(argnum, t, ans, args, kwargs)."""
    count = len(inspect.signature(fun.forward).parameters)
    fun.defjvp(*[
        lambda t, out, *args, i=i, **params: maker(i, t, out, args, params) for i in range(count)
    ])  # fmt: skip


def defjvp_argnums(fun: Primitive, maker: Function) -> None:
    """Say how tangents pass by one function: maker(argnums, tangents, ans, args, kwargs)."""
    defjvp_argnum(fun, lambda i, t, ans, args, kwargs: maker((i,), (t,), ans, args, kwargs))


def def_linear(fun: Primitive) -> None:
    """fun is linear in each of its arguments."""
    fun.defjvp("multilinear")


class VJPNode:
    """Reverse mode, for `register_notrace`."""


class JVPNode:
    """Forward mode, for `register_notrace`."""


def register_notrace(kind: type, fun: Primitive) -> None:
    """The results of fun are constants, in either mode: what is constant in one is in the other."""
    fun.defvjp(*[None] * len(inspect.signature(fun.forward).parameters))


class VSpace:
    """The vector space of a value: an array, a number, or a tree of them."""

    def __init__(self, value: Any) -> None:
        leaves, self.structure = tree_flatten(tree_map(getval, value))
        self.leaves = [np.asarray(x) for x in leaves]
        self.size = sum(x.size for x in self.leaves)
        self.iscomplex = any(x.dtype.kind == "c" for x in self.leaves)
        single = len(self.leaves) == 1 and not isinstance(value, (tuple, list, dict))
        self.shape = self.leaves[0].shape if single else tree_unflatten(self.structure, [x.shape for x in self.leaves])
        self.dtype = self.leaves[0].dtype if single else None

    def _made(self, function: Function) -> Any:
        return tree_unflatten(self.structure, [function(x)[()] for x in self.leaves])

    def zeros(self) -> Any:
        return self._made(np.zeros_like)

    def ones(self) -> Any:
        return self._made(np.ones_like)

    def randn(self) -> Any:
        rng = generator(None)
        return self._made(lambda x: np.asarray(rng.normal(size=x.shape), x.dtype))

    def standard_basis(self) -> Iterator[Any]:
        for number in range(self.size):
            offset = np.cumsum([0, *[x.size for x in self.leaves]])
            yield tree_unflatten(self.structure, [
                np.reshape(np.arange(start, start + x.size) == number, x.shape).astype(x.dtype)[()]
                for start, x in zip(offset, self.leaves, strict=False)
            ])  # fmt: skip

    def add(self, x: Any, y: Any) -> Any:
        return tree_map(lambda a, b: a + b, x, y)

    def scalar_mul(self, x: Any, a: Any) -> Any:
        return tree_map(lambda leaf: leaf * a, x)

    def inner_prod(self, x: Any, y: Any) -> Any:
        pairs = zip(tree_flatten(x)[0], tree_flatten(y)[0], strict=True)
        return sum(np.sum(a * b) for a, b in pairs)

    def covector(self, x: Any) -> Any:
        return x

    def __eq__(self, other: object) -> bool:
        return isinstance(other, VSpace) and self._signature() == other._signature()

    def __hash__(self) -> int:
        return hash(str(self._signature()))

    def _signature(self) -> Any:
        return repr(self.structure), [(x.shape, x.dtype) for x in self.leaves]

    def __repr__(self) -> str:
        return f"VSpace({self.shape})"


vspace = VSpace
