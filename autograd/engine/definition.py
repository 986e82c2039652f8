"""The definition of an operation: a NumPy forward and, for each argument, its vector-Jacobian product, side by side.

    multiply = primitive(np.multiply, lambda g, out, a, b: g * b,
                                      lambda g, out, a, b: g * a, keeps=("b", "a"))

A VJP takes the cotangent of the result, the result, and the arguments exactly as the forward got them; it
returns the cotangent of its argument. It is plain NumPy. In a first-order sweep it is called with arrays; for
a graph of the gradient it is called with Tensors, and being NumPy it records itself. There is no second set of
rules. Broadcasting and mixed dtypes are undone when the cotangent is completed (cotangents.py), never by a rule.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple, Self

import numpy as np

from autograd.errors import ArgumentError

Function = Callable[..., Any]

JVP_WORDS = ("elementwise", "linear", "multilinear", "reduction")


class Batch(NamedTuple):
    """Rules for a batch, one an argument: as VJPs and JVPs, with a leading axis on g (on t) and on what is returned.

    None, or a rule that returns NotImplemented: one by one.
    """

    vjps: tuple[Function | None, ...]
    jvps: tuple[Function | None, ...]


class Definition:
    """A NumPy forward and its derivative rules: what is known of an operation before it is called.

    The options are those of `primitive`, in engine/primitive.py. Besides:

    swept         what a sweep calls in place of the VJPs: they may return a Share (share.py) of the cotangent
    direct        one VJP an argument and, as far as is known, one result: what the sweep calls without a detour
    by_composite  a graph of the gradient is made from the composite
    may_return_argument: whether the forward can return one of its arguments itself
    calls_hooks   the rule of this identity calls the user's hooks; a picture calls no hooks, so there the cotangent
                  passes through unchanged
    """

    calls_hooks = False

    def __init__(
        self,
        forward: Function,
        *vjps: Function | None,
        keeps: str | tuple[str, ...] = "in out",
        joint: Function | None = None,
        each: Function | None = None,
        composite: Function | None = None,
        plain: bool = False,
        guard: bool | None = None,
        saves: bool = False,
        absent: bool = False,
        jvp: str | Function | tuple[Function | None, ...] | None = None,
        batch: str | Function | Batch | None = None,
        complex: bool | str | None = None,
        name: str | None = None,
        label: str | Callable[..., str] = "",
    ) -> None:
        self.forward = forward
        self.name: str = name or getattr(forward, "__name__", None) or type(forward).__name__
        self.__name__ = self.name
        self.__qualname__ = self.name
        self.__doc__ = getattr(forward, "__doc__", None)
        self.joint = joint
        self.each = each
        self.composite = composite
        self.by_composite = composite is not None and not plain
        self.complex = composite is None if complex is None else complex
        self.saves = saves
        self.absent = absent
        if saves and composite is None:
            raise ArgumentError(f"{self.name}: saves=True needs a composite, for a graph of the gradient.")
        self.label = label
        elementwise = isinstance(forward, np.ufunc) and forward.signature is None
        self.may_return_argument = not isinstance(forward, np.ufunc)  # as np.squeeze does with nothing to squeeze
        self.guard = elementwise if guard is None else guard
        self.defvjp(*vjps, keeps=keeps)
        if jvp is None and elementwise and forward.nout == 1:  # type: ignore[attr-defined]
            jvp = "elementwise"
        self.batch = "free" if batch is None and jvp == "elementwise" else batch
        self.jvp: str | tuple[Function | None, ...] | None = None
        if jvp is not None:
            self.defjvp(*(jvp if isinstance(jvp, tuple) else (jvp,)))

    def defvjp(self, *vjps: Function | None, keeps: str | tuple[str, ...] = "in out") -> Self:
        """Give the VJP of each positional argument, in order, and what they read.

        Args:  keeps: which values stay alive until the sweep: words among "in" (every argument), "out" (the
               result) and argument names of the VJP; one string for all VJPs, or one a VJP.
        Example:
            >>> import autograd, numpy as np
            >>> @autograd.primitive
            ... def cube(x):
            ...     return x**3
            >>> _ = cube.defvjp(lambda g, out, x: g * 3 * x**2, keeps="x")
            >>> x = autograd.Tensor(2.0, requires_grad=True)
            >>> cube(x).backward()
            >>> x.grad.item()
            12.0
        """
        self.vjps: tuple[Function | None, ...] = vjps
        self.swept = vjps
        self.direct = bool(vjps)  # one VJP an argument and, as far as is known, one result
        self.arity = len(vjps)
        self._plans: dict[int, tuple[tuple[int, ...], bool]] = {}
        has_rule = [vjp is not None for vjp in vjps]
        self._differentiable = sum(1 << i for i, has in enumerate(has_rule) if has) if vjps else -1  # a bit an argument
        words = [keeps] * max(1, len(vjps)) if isinstance(keeps, str) else list(keeps)
        if vjps and len(words) != len(vjps):
            raise ArgumentError(f"{self.name}: keeps has {len(words)} entries for {len(vjps)} VJPs; give one a VJP.")
        self._reads = [self._what_is_read(text, vjp) for text, vjp in zip(words, vjps or (self.joint,), strict=True)]
        return self

    def defjvp(self, *jvps: str | Function | None) -> Self:
        """Say how tangents pass through: by one word, or by a function for each positional argument, in order.

        A function takes `(t, out, *args, **params)`, with the tangent t of its argument, and returns what this adds to
        the tangent of the result. It can read the values that the VJP by the same argument keeps. The words:

        "elementwise"   each element of the result depends on one of each argument: the VJPs are also the JVPs
        "linear"        in all arguments that have a VJP, taken together (a sum, an index, a concatenation)
        "multilinear"   in each of them, the others held (a product)
        "reduction"     over `axis`, with `keepdims`: the JVP is the sum of the gradient times the tangent

        Without a word or function the JVP is derived from the VJP: that is linear in g, and is differentiated by g.

        Example:
            >>> import autograd, numpy as np
            >>> cube = autograd.primitive(lambda x: x**3, lambda g, out, x: g * 3 * x**2, name="cube")
            >>> _ = cube.defjvp(lambda t, out, x: 3 * x**2 * t)
        """
        first = jvps[0] if jvps else None
        if isinstance(first, str):
            if first not in JVP_WORDS or len(jvps) > 1:
                raise ArgumentError(
                    f"{self.name}: jvp is one word of {', '.join(JVP_WORDS)}, or a function an argument; got {jvps}."
                )
            self.jvp = first
        else:
            self.jvp = tuple([jvp if callable(jvp) else None for jvp in jvps])
        return self

    def _what_is_read(self, keeps: str, vjp: Function | None) -> tuple[frozenset[int] | None, bool]:
        """(the arguments a VJP reads, None for all; whether it reads the result), from words like "a out"."""
        words = set(keeps.split())
        names = words - {"in", "out"}
        positions: list[int] = []
        if names:
            parameters = list(inspect.signature(vjp).parameters)[2:] if vjp is not None else []
            unknown = names - set(parameters)
            if unknown and vjp is not None:
                raise ArgumentError(
                    f"{self.name}: keeps names {', '.join(sorted(unknown))}, "
                    f"but the VJP's arguments are {', '.join(parameters)}."
                )
            positions = [parameters.index(word) for word in names if word in parameters]
        return None if "in" in words else frozenset(positions), "out" in words

    def _plan(self, needs: int, count: int) -> tuple[tuple[int, ...], bool]:
        """(the arguments that nothing will read, whether the result is read), of `count` arguments.

        The bit set `needs` says which of them get a gradient.
        """
        reads = [self._reads[i if i < self.arity else 0] for i in range(count) if needs >> i & 1]
        keep_out = any(out for _, out in reads)
        # a rule that reads the result, in place of the arguments, does not spare a composite these
        everything = keep_out and self.by_composite or any(positions is None for positions, _ in reads)
        kept = {i for positions, _ in reads for i in positions or ()}
        dropped = () if everything else tuple(i for i in range(count) if i not in kept)
        plan = self._plans[needs + (1 << count)] = (dropped, keep_out)
        return plan

    def has_derivative(self, i: int) -> bool:
        """Whether there is a VJP by argument i."""
        return bool(self._differentiable >> i & 1)

    def kept_of_two(self, needs: int) -> tuple[bool, bool, bool]:
        """(keep a, keep b, keep out) for a function of two arguments."""
        dropped, out = self._plan(needs, 2)
        return 0 not in dropped, 1 not in dropped, out
