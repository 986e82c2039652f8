"""Primitives: a NumPy forward and, for each argument, its vector-Jacobian product, side by side.

    multiply = primitive(np.multiply, lambda g, out, a, b: g * b,
                                      lambda g, out, a, b: g * a, keeps=("b", "a"))

A VJP takes the cotangent of the result, the result, and the arguments exactly as the forward got them; it
returns the cotangent of its argument. It is plain NumPy. In a first-order sweep it is called with arrays; for
a graph of the gradient it is called with Tensors, and being NumPy it records itself. There is no second set of
rules. Broadcasting and mixed dtypes are undone by the sweep, never by a rule.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd import anomaly
from autograd.errors import ArgumentError, DTypeError, NoRuleError
from autograd.graph import Node, Saved, SavedOutputs, abstract, clock
from autograd.modes import Mode, mode

Function = Callable[..., Any]

rules: dict[Any, Function] = {}  # NumPy's function -> what it means for Tensors
primitives: dict[str, Primitive] = {}  # every primitive of the package, by name

ndarray = np.ndarray
new = object.__new__
float64 = np.float64
Tensor: Any = None  # the class of a recorded result; tensor.py, which builds on this file, says which


JVP_WORDS = ("elementwise", "linear", "multilinear", "reduction")


class Batch(NamedTuple):
    """Rules for a batch, one an argument: as VJPs and JVPs, with a leading axis on g (on t) and on what is returned.

    None, or a rule that returns NotImplemented: one by one.
    """

    vjps: tuple[Function | None, ...]
    jvps: tuple[Function | None, ...]


def bind_tensor(cls: type) -> None:
    """Say which class holds results (called once, by tensor.py)."""
    global Tensor
    Tensor = cls


class Primitive:
    """A differentiable operation: call it on Tensors and it records itself, on plain arrays and it computes.

    name        how it is called in pictures and errors
    forward     the NumPy function
    vjps        for each positional argument (g, out, *args, **params) -> its cotangent, or None
    saves       the forward returns (result, values); the VJPs find the values in `out.values` (needs a composite)
    joint       instead of vjps: (g, out, *args, **params) -> the cotangents of all arguments
    each        instead of vjps, for any number of arguments: (i, g, out, *args, **params) -> that of argument i
    guard       0 * inf = 0: where g is zero a nan in the cotangent becomes zero (see sweep)
    composite   the same function in ordinary primitives; what is differentiated for a graph of the gradient
    plain       the VJPs are NumPy that records itself although there is a composite: they are differentiated, being shorter
    jvp         how tangents pass through, see `defjvp`
    batch       how K cotangents or tangents pass through at once, see autograd/stacking.py
    label       the VJP as short mathematics, for pictures
    """

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
        jvp: str | Function | tuple[Function | None, ...] | None = None,
        batch: str | Function | Batch | None = None,
        name: str | None = None,
        label: str = "",
    ) -> None:
        self.forward = forward
        self.name: str = name or getattr(forward, "__name__", None) or type(forward).__name__
        self.__name__ = self.name
        self.__qualname__ = self.name
        self.__doc__ = getattr(forward, "__doc__", None)
        self.joint = joint
        self.each = each
        self.composite = composite
        self.by_composite = composite is not None and not plain  # whether a graph of the gradient is made from the composite
        self.saves = saves
        if saves and composite is None:
            raise ArgumentError(f"{self.name}: saves=True needs a composite, which a graph of the gradient is made from.")
        self.label = label
        elementwise = isinstance(forward, np.ufunc) and forward.signature is None
        self.guard = elementwise if guard is None else guard
        self.defvjp(*vjps, keeps=keeps)
        if jvp is None and elementwise and forward.nout == 1:  # type: ignore[attr-defined]
            jvp = "elementwise"
        self.batch = "free" if batch is None and jvp == "elementwise" else batch
        self.jvp: str | tuple[Function | None, ...] | None = None
        if jvp is not None:
            self.defjvp(*(jvp if isinstance(jvp, tuple) else (jvp,)))

    def defvjp(self, *vjps: Function | None, keeps: str | tuple[str, ...] = "in out") -> Primitive:
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
        self.direct = bool(vjps)  # one VJP an argument and, as far as is known, one result
        self.arity = len(vjps)
        self._plans: dict[int, tuple[tuple[int, ...], bool]] = {}
        self._differentiable = sum(1 << i for i, vjp in enumerate(vjps) if vjp is not None) if vjps else -1  # a bit an argument
        words = [keeps] * max(1, len(vjps)) if isinstance(keeps, str) else list(keeps)
        if vjps and len(words) != len(vjps):
            raise ArgumentError(f"{self.name}: keeps has {len(words)} entries for {len(vjps)} VJPs; give one a VJP.")
        self._reads = [self._what_is_read(text, vjp) for text, vjp in zip(words, vjps or (self.joint,), strict=True)]
        return self

    def defjvp(self, *jvps: str | Function | None) -> Primitive:
        """Say how tangents pass through: by one word, or by a function for each positional argument, in order.

        A function takes `(t, out, *args, **params)`, with the tangent t of its argument, and returns the share of it in
        the tangent of the result; it finds the values that the VJP by the same argument keeps. The words:

        "elementwise"   each element of the result depends on one of each argument: the VJPs are also the JVPs
        "linear"        in all arguments that have a VJP, taken together (a sum, an index, a concatenation)
        "multilinear"   in each of them, the others held (a product)
        "reduction"     over `axis`, with `keepdims`: the JVP is the sum of the gradient times the tangent

        Without any the JVP is derived from the VJP, by differentiating that by g, in which it is linear.

        Example:
            >>> import autograd, numpy as np
            >>> cube = autograd.primitive(lambda x: x**3, lambda g, out, x: g * 3 * x**2, name="cube")
            >>> _ = cube.defjvp(lambda t, out, x: 3 * x**2 * t)
        """
        first = jvps[0] if jvps else None
        if isinstance(first, str):
            if first not in JVP_WORDS or len(jvps) > 1:
                raise ArgumentError(f"{self.name}: jvp is one word of {', '.join(JVP_WORDS)}, or a function an argument; got {jvps}.")
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
                    f"{self.name}: keeps names {', '.join(sorted(unknown))}, but the VJP's arguments are {', '.join(parameters)}."
                )
            positions = [parameters.index(word) for word in names if word in parameters]
        return None if "in" in words else frozenset(positions), "out" in words

    def _plan(self, needs: int, count: int) -> tuple[tuple[int, ...], bool]:
        """(the arguments that nothing will read, whether the result is read), of `count` arguments.

        The bit set `needs` says which of them get a gradient.
        """
        reads = [self._reads[i if i < self.arity else 0] for i in range(count) if needs >> i & 1]
        everything = any(positions is None for positions, _ in reads)
        kept = {i for positions, _ in reads for i in positions or ()}
        dropped = () if everything else tuple(i for i in range(count) if i not in kept)
        plan = self._plans[needs + (1 << count)] = (dropped, any(out for _, out in reads))
        return plan

    def has_derivative(self, i: int) -> bool:
        """Whether there is a VJP by argument i."""
        return bool(self._differentiable >> i & 1)

    def kept_of_two(self, needs: int) -> tuple[bool, bool, bool]:
        """(keep a, keep b, keep out) for a function of two arguments."""
        dropped, out = self._plan(needs, 2)
        return 0 not in dropped, 1 not in dropped, out

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"

    def __reduce__(self) -> Any:
        return (_primitive_named, (self.name,)) if primitives.get(self.name) is self else object.__reduce__(self)

    def __call__(self, *args: Any, **params: Any) -> Any:
        raw: list[Any] = []
        parents: list[Any] = []
        needs = 0  # which arguments come from something that requires grad, a bit each
        bit = 1
        for a in args:
            if isinstance(a, Tensor):
                raw.append(a._data)
                parent = a.node
                if parent is not None:
                    needs += bit
                elif a._requires_grad:
                    needs += bit
                    parent = a
                parents.append(parent)
            else:
                raw.append(np.asarray(a) if type(a) is list and self._differentiable & bit else a)
                parents.append(None)
            bit += bit
        if params:
            for value in params.values():
                if isinstance(value, Tensor):
                    return self(*self._positional(args, params), **params)
            out = self.forward(*raw, **params)
        else:
            out = self.forward(*raw)
        state = mode.get()
        plan = self._plans.get(needs + bit)
        if plan is None or state.special or type(out) is not ndarray or out.dtype.kind != "f":
            return self._finished(args, raw, parents, needs, params, out, state)
        dropped, keep_out = plan
        for i in dropped:
            raw[i] = abstract(raw[i])
        node = Node()  # as record() and result() do it, written out here and in `binary`: two calls less an operation
        node.primitive = self
        node.parents = parents
        node.args = raw
        node.out = out if keep_out else abstract(out)
        node.params = params or None
        node.number = next(clock)
        node.scope = state.scope
        node.written = 0
        node.hooks = None
        made = new(Tensor)
        made._data = out
        made.node = node
        made._requires_grad = True
        made._grad = None
        return made

    def _finished(self, args: Any, raw: list[Any], parents: list[Any], needs: int, params: Any, out: Any, state: Mode) -> Any:
        """The rest of a call that is not the commonest: plain arrays, constants, numbers, several results, checks."""
        values = None
        if self.saves:
            out, values = out
        if not any([isinstance(a, Tensor) for a in args]):
            return out
        if state.anomaly:
            anomaly.check_forward(self, raw, out, state)
        if needs & ~self._differentiable:
            needs = self._without_constants(needs, args, raw, parents)
        if not needs:
            return _constant(out)
        if not state.recording:
            return _constant(_apart(out))
        if type(out) is float:
            out = float64(out)
        several = type(out) is tuple
        if not several and out.dtype.kind != "f":
            if out.dtype.kind == "c":
                raise DTypeError(
                    f"{self.name}: a complex result of a tensor that requires grad has no gradient here yet. "
                    "Keep real and imaginary part as two tensors, or take x.detach()."
                )
            return _constant(out)
        dropped, keep_out = self._plans.get(needs + (1 << len(raw))) or self._plan(needs, len(raw))
        for i in dropped:
            raw[i] = abstract(raw[i])
        if several:
            self.direct = False
            kept: Any = out if keep_out else tuple([abstract(o) for o in out])
        elif values is not None:
            kept = Saved()
            kept.shape, kept.dtype, kept.values = out.shape, out.dtype, values
        else:
            kept = out if keep_out else abstract(out)
        node = record(self, parents, raw, kept, params, state.scope)
        if state.anomaly:
            anomaly.remember(node)
        if not several:
            return result(out, node)
        made = tuple([result(o, pick_node(node, i, o) if o.dtype.kind == "f" else None) for i, o in enumerate(out)])
        if values is not None:  # only now: a result that outlives the sweep must not hold them by its `pick`
            node.out = saved = SavedOutputs(node.out)
            saved.values = values
        return made

    def _without_constants(self, needs: int, args: Any, raw: list[Any], parents: list[Any]) -> int:
        """Take arguments that have no derivative for constants; one that a step may write to is copied."""
        for i, a in enumerate(args):
            if parents[i] is not None and not self._differentiable >> i & 1:
                needs -= 1 << i
                if parents[i] is a:
                    raw[i] = np.array(raw[i])
                parents[i] = None
        return needs

    def _positional(self, args: tuple[Any, ...], params: dict[str, Any]) -> tuple[Any, ...]:
        """Move arguments given by name to their positions (and out of params), up to the last Tensor."""
        vjp = next((v for v in self.vjps if v is not None), None)
        names = list(inspect.signature(vjp).parameters)[2 : 2 + self.arity] if vjp is not None else []
        strangers = [name for name, value in params.items() if isinstance(value, Tensor) and name not in names]
        if strangers:
            raise NoRuleError(
                f"{self.name}: no derivative by the argument {strangers[0]!r}; pass an array there ({strangers[0]}.numpy())"
                + (f", or give {', '.join(names)} by position." if names else ", or give it by position.")
            )
        filled = list(args)
        for name in names[len(args) :]:
            if name not in params:
                break
            filled.append(params.pop(name))
        if any(isinstance(value, Tensor) for value in params.values()):
            raise NoRuleError(f"{self.name}: give the arguments {', '.join(names)} by position.")
        return tuple(filled)


def _primitive_named(name: str) -> Primitive:
    return primitives[name]


def is_tensor(x: Any) -> bool:
    """Whether x is a Tensor, for files below tensor.py."""
    return isinstance(x, Tensor)


def record(primitive: Primitive, parents: Sequence[Any], args: Any, out: Any, params: Any, scope: tuple[Any, ...]) -> Node:
    """A new node, numbered now."""
    node = Node()
    node.primitive = primitive
    node.parents = parents
    node.args = args
    node.out = out
    node.params = params or None
    node.number = next(clock)
    node.scope = scope
    node.written = 0
    node.hooks = None
    return node


def result(out: Any, node: Node | None) -> Any:
    """A Tensor that holds `out` and was made by `node`."""
    t = new(Tensor)
    t._data = out
    t.node = node
    t._requires_grad = node is not None
    t._grad = None
    return t


def _apart(out: Any) -> Any:
    """A result under no_grad in memory of its own: a view of a leaf would change with the leaf, unnoticed."""
    if type(out) is tuple:
        return tuple([_apart(o) for o in out])
    return out.copy() if type(out) is ndarray and out.base is not None else out


def _constant(out: Any) -> Any:
    if type(out) is tuple:
        return tuple([_constant(o) for o in out])
    return result(np.float64(out) if type(out) is float else out, None)


def pick_node(node: Node, i: int, out: Any) -> Node:
    """Output `i` of an operation with several, as a node of its own."""
    return record(pick, (node,), (node.out,), abstract(out), {"index": i}, node.scope)


def alias(data: Any, parent: Any) -> Any:
    """A parent's value under a node of its own, so that what is computed from it can be told apart."""
    shape = abstract(data)
    return result(data, record(primitives["positive"], (parent,), (shape,), shape, None, ()))


def primitive(
    forward: Function | None = None,
    *vjps: Function | None,
    keeps: str | tuple[str, ...] = "in out",
    joint: Function | None = None,
    each: Function | None = None,
    composite: Function | None = None,
    plain: bool = False,
    guard: bool | None = None,
    saves: bool = False,
    jvp: str | Function | tuple[Function | None, ...] | None = None,
    batch: str | Function | Batch | None = None,
    name: str | None = None,
    label: str = "",
) -> Any:
    """Make a primitive of a NumPy function and its vector-Jacobian products; also a decorator.

    Args:  forward: computes on arrays, and never writes to its arguments.
           vjps: for each positional argument `(g, out, *args, **params) -> cotangent`, or None where there is
           no derivative. They may instead be added later with `defvjp`.
           keeps: what the VJPs read, see `Primitive.defvjp`.
           joint: one function that returns the cotangents of all arguments, when they share work.
           each: `(i, g, out, *args, **params)`, when the number of arguments varies.
           composite: the same function in ordinary NumPy, if the VJP is not itself differentiable (it uses
           in-place operations, or a library): it is differentiated when a graph of the gradient is asked for.
           plain: there is a composite, but the VJPs are differentiable NumPy, too, and preferred.
           saves: forward returns (result, values), and the VJPs read the values in `out.values`, so that nothing is
           computed twice; needs a composite.
           guard: treat 0 * inf as 0 in the VJPs; default: if forward is an elementwise ufunc.
           jvp: how tangents pass through, see `Primitive.defjvp`; default: derived from the VJPs.
           batch: how K of them pass through at once, see autograd/stacking.py; default: one by one.
    Example:
        >>> import autograd, numpy as np
        >>> softsign = autograd.primitive(
        ...     lambda x: x / (1 + np.abs(x)), lambda g, out, x: g / (1 + np.abs(x)) ** 2, name="softsign", keeps="x"
        ... )
        >>> x = autograd.Tensor([1.0, -3.0], requires_grad=True)
        >>> softsign(x).sum().backward()
        >>> x.grad.numpy()
        array([0.25  , 0.0625])
    """
    options: dict[str, Any] = {
        "keeps": keeps, "joint": joint, "each": each, "composite": composite, "plain": plain, "guard": guard, "saves": saves,
        "jvp": jvp, "batch": batch, "name": name, "label": label,
    }  # fmt: skip
    if forward is None:
        return lambda function: Primitive(function, *vjps, **options)
    return Primitive(forward, *vjps, **options)


def define(forward: Function, *vjps: Function | None, implements: Any = None, **options: Any) -> Primitive:
    """A primitive of the package: listed under its name, and the rule for NumPy's function of that meaning."""
    made = Primitive(forward, *vjps, **options)
    assert made.name not in primitives, f"two primitives are named {made.name}"
    primitives[made.name] = made
    numpys = implements if implements is not None else forward
    if isinstance(numpys, np.ufunc) or (getattr(numpys, "__module__", None) or "").startswith("numpy"):
        rules[numpys] = made
    return made


def implements(*functions: Any) -> Callable[[Function], Function]:
    """Say that a function of ours is what NumPy's functions of that name mean for Tensors."""

    def register(function: Function) -> Function:
        for numpys in functions:
            rules[numpys] = function
        return function

    return register


class Share(NamedTuple):
    """What the VJP of `pick` returns: the cotangent of one output, for the sweep to put beside the others'."""

    number: int
    g: Any


pick = define(
    lambda outputs, index: outputs[index],
    lambda g, out, outputs, index: Share(index, g),
    keeps="",
    jvp=lambda t, out, outputs, index: t[index],
    batch="free",
    name="pick",
    label="g at output i",
)


# The operators. np.add(x, y) on one number costs NumPy ten times what x + y does, and a method that looks at
# its two operands directly another half of what __call__ does: so they have a path of their own.


def binary(primitive: Primitive, operator: Function) -> Any:
    """The methods behind `t ∘ other` and `other ∘ t`."""
    call = primitive.__call__
    both, only_a, only_b = (primitive.kept_of_two(needs) for needs in (0b11, 0b01, 0b10))
    keep_a, _, keep_out = only_a

    def forward(a: Any, b: Any) -> Any:
        kind = type(b)
        if kind is float or kind is int:
            parent = a.node
            state = mode.get()
            x = a._data
            if parent is None or state.special:
                return call(a, b)
            node = Node()
            node.parents = (parent, None)
            if type(x) is ndarray:
                out = operator(x, b)
                node.args = (x if keep_a else abstract(x), b)
                node.out = out if keep_out else abstract(out)
            else:  # a number: nothing is saved by not keeping it
                node.args = (x, b)
                node.out = out = operator(x, b)
        elif isinstance(b, Tensor):
            state = mode.get()
            pa = a.node
            if pa is None and a._requires_grad:
                pa = a
            pb = b.node
            if pb is None and b._requires_grad:
                pb = b
            if (pa is None and pb is None) or state.special:
                return call(a, b)
            x = a._data
            y = b._data
            out = operator(x, y)
            if type(out) is not float64 and out.dtype.kind != "f":
                return call(a, b)
            node = Node()
            node.parents = (pa, pb)
            left, right, result = both if pb is not None and pa is not None else only_a if pb is None else only_b
            node.args = (
                x if left or type(x) is not ndarray else abstract(x),
                y if right or type(y) is not ndarray else abstract(y),
            )
            node.out = out if result or type(out) is not ndarray else abstract(out)
        elif isinstance(b, (ndarray, np.generic, float, int, complex)) or hasattr(b, "__array_ufunc__"):
            return call(a, b)
        elif isinstance(b, (list, tuple)):
            return call(a, np.asarray(b))
        else:
            return NotImplemented
        node.primitive = primitive
        node.params = None
        node.number = next(clock)
        node.scope = state.scope
        node.written = 0
        node.hooks = None
        t = new(Tensor)
        t._data = out
        t.node = node
        t._requires_grad = True
        t._grad = None
        return t

    def reflected(b: Any, a: Any) -> Any:
        """a ∘ b where a is no Tensor: `2.0 - t`."""
        if isinstance(a, (float, int, complex, ndarray, np.generic)) or hasattr(a, "__array_ufunc__"):
            return call(a, b)
        if isinstance(a, (list, tuple)):
            return call(np.asarray(a), b)
        return NotImplemented

    return forward, reflected
