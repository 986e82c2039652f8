"""A function recorded at a point: its arguments as variables, its results as Tensors, and the way back to the caller's kinds.

Every transform is `record`, a sweep over what was recorded, and `handed`. The arguments that are differentiated become
variables of this call alone: a fresh leaf, or, where the argument is itself a Tensor of an enclosing derivative, a node of
its own on top of it. Two nested derivatives therefore never share a variable, and cannot be confused with each other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import Any

import numpy as np

from autograd.engine.gradients import gradients
from autograd.engine.graph import Node, ancestors
from autograd.engine.modes import Mode, mode
from autograd.engine.recording import result
from autograd.engine.registry import alias
from autograd.engine.settings import is_grad_enabled
from autograd.errors import ArgumentError, DTypeError, ShapeError
from autograd.pytree import tree_flatten, tree_leaves, tree_leaves_with_paths, tree_unflatten
from autograd.tensor.conversions import to_float
from autograd.tensor.tensor import Tensor

Function = Callable[..., Any]
_depth: ContextVar[int] = ContextVar(
    "chainrule.functional.depth", default=0
)  # how many transforms are running f around this one


class differentiating:  # noqa: N801  a context manager, named like those of `modes`
    """Inside, a function is run to be differentiated: operations record, and inner transforms know that they are inner."""

    __slots__ = ("_depth", "_mode")

    def __enter__(self) -> None:
        now = mode.get()
        self._depth = _depth.set(_depth.get() + 1)
        self._mode = mode.set(Mode(True, now.anomaly, now.scope))

    def __exit__(self, *_: object) -> None:
        mode.reset(self._mode)
        _depth.reset(self._depth)


class Recorded:
    """What f computed at a point.

    name        the transform, for errors
    inputs      the leaves of the differentiated arguments as the caller gave them
    form        their structure
    variables   a Tensor for each
    outputs     the leaves of f's result as Tensors (constants where f returned plain numbers)
    structure   the structure of f's result
    aux         what f returned besides (has_aux)
    keep        whether results are recorded, because they depend on a tensor outside that requires grad
    tensors     whether the caller gave Tensors, and so gets Tensors
    floats      whether the caller gave Python floats alone, and so gets Python floats
    """

    __slots__ = ("aux", "floats", "form", "inputs", "keep", "name", "outputs", "structure", "tensors", "variables")

    name: str
    inputs: list[Any]
    form: Any
    variables: list[Any]
    outputs: list[Any]
    structure: Any
    aux: Any
    keep: bool
    tensors: bool
    floats: bool

    def value(self) -> Any:
        """f's result, in the caller's kinds."""
        return tree_unflatten(self.structure, [self.given_back(y) for y in self.outputs])

    def given_back(self, y: Any) -> Any:
        """A Tensor that f computed, in the caller's kind: without its history where that is of this call alone."""
        return self.result(y if self.keep or not y.requires_grad else y.detach())

    def result(self, y: Any) -> Any:
        """A Tensor that is computed here, in the caller's kind."""
        if y.requires_grad or self.tensors:
            return y
        data = y.numpy()
        if self.floats and data.ndim == 0:
            return float(data)
        return data[()] if data.ndim == 0 else data

    def pull(self, cotangents: Sequence[Any], *, retain: bool = False) -> list[Any]:
        """Jᵀ c: a Tensor for each variable."""
        create = self.keep or is_grad_enabled() and any(isinstance(c, Tensor) and c.requires_grad for c in cotangents)
        pairs = [(y, c) for y, c in zip(self.outputs, cotangents, strict=True) if y.requires_grad]
        found: Sequence[Any] = [None] * len(self.variables)
        if pairs and self.variables:
            found = gradients([y for y, _ in pairs], self.variables, [c for _, c in pairs], retain or create, create)
        return [zeros_like(x) if g is None else g for x, g in zip(self.variables, found, strict=True)]

    def inputs_of(self, found: Sequence[Any]) -> Any:
        """A Tensor for each variable, as a tree in the form and the kinds of the differentiated arguments."""
        return tree_unflatten(self.form, [handed(g, x) for g, x in zip(found, self.inputs, strict=True)])

    def scalar(self) -> Any:
        """f's one result; refused if it is not one number."""
        [y] = self.outputs if len(self.outputs) == 1 else [None]
        if y is None or y.size != 1:
            came = f"shape {y.shape}" if y is not None else f"{len(self.outputs)} results, {self.structure!r}"
            raise ShapeError(
                f"{self.name} needs a function that returns one number; this one returned {came}. Take jacobian(f) for all its "
                "derivatives, vjp(f, x) for a weighting of its results, elementwise_grad(f) if it works element by element, "
                "or has_aux=True if the rest is not to be differentiated."
            )
        return y


def record(
    name: str,
    f: Function,
    args: Sequence[Any],
    kwargs: dict[str, Any] | None = None,
    argnum: int | Sequence[int] | None = None,
    *,
    has_aux: bool = False,
    lasting: bool = False,
) -> Recorded:
    """Run f with variables in place of the arguments `argnum` (None: all of them).

    Args:  lasting: the recording outlives this call, so that it must not see what the caller writes into his arrays later.
    """
    made = Recorded()
    made.name = name
    positions = _positions(name, argnum, args)
    several = not isinstance(argnum, (int, np.integer))
    chosen = tuple(args[i] for i in positions)
    made.inputs, made.form = tree_flatten(chosen if several else chosen[0])
    for k, x in enumerate(made.inputs):
        if not is_floating(x):
            paths = [f"argument {i}{path}" for i in positions for path, _ in tree_leaves_with_paths(args[i])]
            check_kind(name, x, paths[k])
    outside = is_grad_enabled()
    made.variables = [variable(x, outside, lasting) for x in made.inputs]
    # f may write its argument in place, which gives the name there a new node; the twins keep the variable itself
    twins = [x if x.node is None else result(x._data, x.node) for x in made.variables]
    tree = tree_unflatten(made.form, twins)
    given = list(args)
    for i, x in zip(positions, tree if several else (tree,), strict=True):
        given[i] = x
    before = to_float.count
    with differentiating():
        returned = f(*given, **kwargs or {})
    made.aux = None
    if has_aux:
        if not isinstance(returned, tuple) or len(returned) != 2:
            raise ArgumentError(
                f"{name} with has_aux=True needs a function that returns (result, aux); got {_short(returned)}."
            )
        returned, made.aux = returned
    leaves, made.structure = tree_flatten(returned)
    made.outputs = [_output(name, y) for y in leaves]
    if to_float.count > before and any(type(y) is float for y in leaves):
        raise DTypeError(
            f"{name}: the function turned a Tensor into a Python number, and returned a number that has lost its derivative. Use NumPy's "
            "functions, np.sin(x) for math.sin(x), and leave out float(x); for a result that is meant to be constant return Tensor(value)."
        )
    if not leaves:
        raise ArgumentError(
            f"{name}: the function returned {returned!r}, nothing to differentiate. Does it lack a `return`?"
        )
    everything = [*tree_leaves(args), *tree_leaves(kwargs)] if kwargs or len(positions) < len(args) else made.inputs
    made.tensors = any([isinstance(x, Tensor) for x in everything])
    made.floats = all([type(x) is float for x in made.inputs]) and not any(
        [isinstance(x, np.ndarray) for x in everything]
    )
    made.keep = outside and (
        any([x.node is not None for x in made.variables])
        or ((made.tensors or _depth.get() > 0) and _reaches_out([*made.outputs, *_tensors(made.aux)], made.variables))
    )
    if has_aux:
        made.aux = tree_map_leaves(made.aux, lambda a: made.given_back(a) if isinstance(a, Tensor) else a)
    return made


def variable(x: Any, outside: bool, lasting: bool = False) -> Tensor:
    """A Tensor of this derivative alone, in place of an argument."""
    if isinstance(x, Tensor):
        if x.requires_grad and outside:  # a leaf may be written in place later, which its alias would not see
            return alias(np.array(x._data) if x.node is None else x._data, x.node if x.node is not None else x)  # type: ignore[no-any-return]
        x = x._data
    return Tensor(np.array(x) if lasting or not isinstance(x, np.ndarray) else x, requires_grad=True)


def check_callable(name: str, f: Any) -> None:
    """Refuse anything but a function where the function stands."""
    if not callable(f):
        raise ArgumentError(f"{name} takes a function as its first argument; got a {type(f).__name__}.")


def is_floating(x: Any) -> bool:
    return type(x) is float or getattr(getattr(x, "dtype", None), "kind", None) == "f"


def check_kind(name: str, x: Any, path: str) -> None:
    """Refuse what has no derivative: integers, complex numbers, strings, objects."""
    if is_floating(x):
        return
    kind = getattr(getattr(x, "dtype", None), "kind", None)
    if kind == "c" or isinstance(x, complex):
        raise DTypeError(f"{name}: {path} is complex. Take the real and the imaginary part as two real arguments.")
    if kind in ("i", "u", "b") or isinstance(x, (int, bool)):
        what = f"of dtype {x.dtype}" if kind else f"the {type(x).__name__} {x!r}"
        raise DTypeError(
            f"{name}: {path} is {what}, which has no derivative: use floats (1.0 for 1, x.astype(float)), "
            "or leave the argument out of argnum (or in a lambda around the function) if it is not to be differentiated."
        )
    raise DTypeError(
        f"{name}: {path} is a {type(x).__name__}; only floats, floating arrays and Tensors, and tuples, lists, dicts and dataclasses "
        "of them, can be differentiated. Leave it out of argnum, or put it in a lambda around the function; "
        "for a Module differentiate by its parameters with nn.functional_call."
    )


def handed(g: Any, like: Any) -> Any:
    """A computed Tensor in the kind of an argument: float for float, array for array, Tensor for Tensor."""
    if g.requires_grad or isinstance(like, Tensor):
        return g
    data = g.numpy()
    if type(like) is float:
        return float(data)
    if isinstance(like, np.generic):
        return like.dtype.type(data)
    return np.asarray(data)


def zeros_like(x: Any) -> Any:
    return result(np.zeros(x.shape, x.dtype), None)


def tree_map_leaves(tree: Any, f: Function) -> Any:
    leaves, structure = tree_flatten(tree)
    return tree_unflatten(structure, [f(leaf) for leaf in leaves])


def check_argnum(name: str, argnum: Any) -> None:
    """Refuse, before the function is called, what cannot name an argument: an array, as in grad(f, x)."""
    for n in argnum if isinstance(argnum, (tuple, list)) else [argnum]:
        if isinstance(n, bool) or not isinstance(n, (int, np.integer)):
            remedy = f" The arguments come in a second call: {name}(f)(x)." if hasattr(n, "shape") else ""
            raise ArgumentError(
                f"{name}: argnum must be an integer or a tuple of integers; got {argnum!r:.80}.{remedy}"
            )


def _positions(name: str, argnum: Any, args: Sequence[Any]) -> list[int]:
    """The numbers of the arguments that are differentiated, counted from the front."""
    if argnum is None:
        return list(range(len(args)))
    numbers = list(argnum) if isinstance(argnum, (tuple, list)) else [argnum]
    check_argnum(name, argnum)
    for n in numbers:
        if not -len(args) <= n < len(args):
            raise ArgumentError(
                f"{name}: argnum is {argnum!r}, but the function was called with {len(args)} positional arguments."
            )
    positions = [int(n) % len(args) for n in numbers]
    if len(set(positions)) < len(positions):
        raise ArgumentError(f"{name}: argnum names an argument twice: {argnum!r}.")
    return positions


def _output(name: str, y: Any) -> Tensor:
    """A result of f as a Tensor; what is no real floating number is refused."""
    dtype = getattr(y, "dtype", None)
    if isinstance(y, Tensor) and dtype.kind == "f":  # type: ignore[union-attr]
        return y
    if isinstance(y, float) or isinstance(y, (np.ndarray, np.generic)) and y.dtype.kind == "f":
        return Tensor(y)
    if dtype is not None and dtype.kind in "iub" or isinstance(y, (int, bool)):
        raise DTypeError(
            f"{name}: the function returned integers ({_short(y)}), which do not change smoothly with anything: "
            "return a floating result, or put it beside with has_aux=True."
        )
    raise DTypeError(f"{name}: the function must return floating arrays or numbers, or trees of them; got {_short(y)}.")


def _short(x: Any) -> str:
    shape = getattr(x, "shape", None)
    return f"a {type(x).__name__} of shape {shape} and dtype {x.dtype}" if shape else f"{type(x).__name__} {x!r:.60}"


def _tensors(tree: Any) -> list[Any]:
    return [x for x in tree_leaves(tree) if isinstance(x, Tensor)]


def _reaches_out(outputs: Sequence[Any], variables: Sequence[Any]) -> bool:
    """Whether results depend on a leaf that requires grad and is no variable of this call."""
    own = {id(x) for x in variables}
    starts = [y.node if y.node is not None else y for y in outputs if y.requires_grad]
    return any(item.args is None if type(item) is Node else id(item) not in own for item in ancestors(*starts))
