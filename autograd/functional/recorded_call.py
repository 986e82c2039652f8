"""A call of a function, recorded so that it can be differentiated, with the conversions from and to the caller's types.

Every transform records a call, runs a sweep over what was recorded, and converts the result. The arguments that are
differentiated become variables of this call alone: a fresh leaf, or, where the argument is a Tensor of an enclosing
derivative, a new node on top of it. So two nested derivatives never share a variable and cannot be confused.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.engine.forward import push
from autograd.engine.gradients import gradients
from autograd.engine.graph import Node
from autograd.engine.kinds import copied, given, is_foreign, note, zeros
from autograd.engine.modes import Mode, mode
from autograd.engine.recording import result
from autograd.engine.registry import alias
from autograd.engine.route import origin
from autograd.engine.settings import is_grad_enabled
from autograd.errors import ArgumentError, DTypeError, ShapeError
from autograd.functional.argument_checks import (
    Function,
    as_output,
    check_floating,
    described,
    is_floating,
    positions_of,
)
from autograd.pytree import (
    leaves_like,
    tree_flatten,
    tree_leaves,
    tree_leaves_with_paths,
    tree_map,
    tree_unflatten,
)
from autograd.tensor.conversions import to_float
from autograd.tensor.tensor import Tensor


class RecordedCall:
    """What f computed at a point.

    name        the transform, for errors
    inputs      the leaves of the differentiated arguments, as the caller gave them
    form        the structure of these arguments
    variables   a Tensor for each input
    outputs     the leaves of f's result as Tensors (constants where f returned plain numbers)
    structure   the structure of f's result
    aux         the second value that f returned (has_aux)
    keep        whether results are Tensors with their history: those of f depend on a tensor outside that requires grad
    tensors     whether the caller gave Tensors, and so gets Tensors
    floats      whether the caller gave Python's numbers alone, and so gets Python's numbers
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
        """f's result, in the caller's types."""
        return tree_unflatten(self.structure, [self.output_for_caller(y) for y in self.outputs])

    def output_for_caller(self, y: Any) -> Any:
        """A Tensor that f computed, in the caller's types, and without a history that belongs to this call alone."""
        return self.for_caller(y if self.keep or not y.requires_grad else y.detach())

    def for_caller(self, y: Any) -> Any:
        """A Tensor in the caller's types: a Tensor, an array, a NumPy scalar or a float."""
        if self.keep or self.tensors or y.requires_grad:
            return y
        data = y.numpy()
        if self.floats and data.ndim == 0 and not is_foreign(data):
            return data.item()
        return data[()] if data.ndim == 0 and isinstance(data, np.ndarray) else data

    def pull(self, cotangents: Sequence[Any], *, retain: bool = False, create: bool = False) -> list[Any]:
        """Jᵀ c: a Tensor for each variable. The cotangent None of one number is 1."""
        create = create or self.keep or is_grad_enabled() and _any_requires_grad(cotangents)
        pairs = [(y, c) for y, c in zip(self.outputs, cotangents, strict=True) if y.requires_grad]
        found: Sequence[Any] = [None] * len(self.variables)
        if pairs and self.variables:
            found = gradients([y for y, _ in pairs], self.variables, [c for _, c in pairs], retain or create, create)
        return [zeros_like(x) if g is None else g for x, g in zip(self.variables, found, strict=True)]

    def push(self, tangents: Sequence[Any], create: bool = False) -> list[Any]:
        """J v: a Tensor for each output."""
        create = create or self.keep or is_grad_enabled() and _any_requires_grad(tangents)
        found = push(self.outputs, self.variables, tangents, create_graph=create)
        return [zeros_like(y) if t is None else t for y, t in zip(self.outputs, found, strict=True)]

    def like_arguments(self, found: Sequence[Any]) -> Any:
        """A Tensor for each variable, as a tree with the structure and the types of the differentiated arguments."""
        if self.keep:
            return tree_unflatten(self.form, found)
        return tree_unflatten(self.form, [in_type_of(x, g) for g, x in zip(found, self.inputs, strict=True)])

    def differentiate(self) -> None:
        """Put the gradient of f, recorded, in place of f's one result."""
        self.scalar()
        self.outputs = self.pull([None], create=True)
        self.structure = self.form

    def gradient(self) -> Any:
        """The gradient of f's one result, like the arguments."""
        self.scalar()
        return self.like_arguments(self.pull([None]))

    def scalar(self) -> Any:
        """f's one result; refused if it is not one real number."""
        [y] = self.outputs if len(self.outputs) == 1 else [None]
        if y is None or y.size != 1:
            came = f"shape {y.shape}" if y is not None else f"{len(self.outputs)} results, {self.structure!r}"
            raise ShapeError(
                f"{self.name} needs a function that returns one number; this one returned {came}. Take jacobian(f) "
                "for all its derivatives, vjp(f, x) for a weighting of its results, elementwise_grad(f) if it works "
                "element by element, or has_aux=True if the rest is not to be differentiated."
            )
        self.refuse_complex_results()
        return y

    def refuse_complex_results(self) -> None:
        """Refuse results without a direction of steepest ascent."""
        if any([y.dtype.kind == "c" for y in self.outputs]):
            raise DTypeError(
                f"{self.name} needs a function with a real result; this one returned complex numbers. Return "
                "np.real(y) or np.abs(y), or take vjp(f, x) for a weighting; the complex derivative of a holomorphic "
                "function is holomorphic_grad(f), or jacobian(f, holomorphic=True)."
            )


def record_call(
    name: str,
    f: Function,
    args: Sequence[Any],
    kwargs: dict[str, Any] | None = None,
    argnum: int | Sequence[int] | None = None,
    *,
    has_aux: bool = False,
    lasting: bool = False,
) -> RecordedCall:
    """Run f with variables in place of the arguments `argnum` (None: all of them).

    Args:  lasting: the recording outlives this call, so what the caller writes into his arrays later must not reach it.
    """
    call = RecordedCall()
    call.name = name
    positions = positions_of(name, argnum, args)
    several = not isinstance(argnum, (int, np.integer))
    chosen = tuple([args[i] for i in positions])
    call.inputs, call.form = tree_flatten(chosen if several else chosen[0])
    for k, x in enumerate(call.inputs):
        if not is_floating(x):
            paths = [f"argument {i}{path}" for i in positions for path, _ in tree_leaves_with_paths(args[i])]
            check_floating(name, x, paths[k])
    now = mode.get()
    outside = now.recording
    call.variables = [variable(x, outside, lasting) for x in call.inputs]
    # If f writes to its argument in place, that Tensor gets a new node. So f gets a second Tensor with the same node,
    # and the variable stays what it was.
    twins = [x if x.node is None else result(x._array, x.node) for x in call.variables]
    tree = tree_unflatten(call.form, twins)
    given = list(args)
    for i, x in zip(positions, tree if several else (tree,), strict=True):
        given[i] = x
    before = to_float.count
    token = mode.set(Mode(True, now.anomaly, now.scope))  # `enable_grad`, without an object for its block
    try:
        returned = f(*given, **kwargs or {})
    finally:
        mode.reset(token)
    for x in call.variables:
        if x.node is None:
            x.finished = True  # to a derivative around this one, what the leaf leads to is a constant from now on
    call.aux = None
    if has_aux:
        if not isinstance(returned, tuple) or len(returned) != 2:
            raise ArgumentError(
                f"{name} with has_aux=True needs a function that returns (result, aux); got {described(returned)}."
            )
        returned, call.aux = returned
    leaves, call.structure = tree_flatten(returned)
    call.outputs = [as_output(name, y) for y in leaves]
    if to_float.count > before and any(type(y) is float for y in leaves):
        raise DTypeError(
            f"{name}: the function turned a Tensor into a Python number, and returned a number that has lost its "
            "derivative. Use NumPy's functions, np.sin(x) for math.sin(x), and leave out float(x); for a result that "
            "is meant to be constant return Tensor(value)."
        )
    if not leaves:
        raise ArgumentError(
            f"{name}: the function returned {returned!r}, nothing to differentiate. Does it lack a `return`?"
        )
    everything = [*tree_leaves(args), *tree_leaves(kwargs)] if kwargs or len(positions) < len(args) else call.inputs
    kinds = set(map(type, everything))
    call.tensors = any([issubclass(kind, Tensor) for kind in kinds])
    floats = all([type(x) in (float, complex) for x in call.inputs])
    call.floats = floats and not any([issubclass(kind, np.ndarray) for kind in kinds])
    call.keep = outside and (
        any([x.node is not None for x in call.variables])
        or _reaches_out([*call.outputs, *_tensors(call.aux)] if has_aux else call.outputs)
    )
    if has_aux:
        call.aux = tree_map(lambda a: call.output_for_caller(a) if isinstance(a, Tensor) else a, call.aux)
    return call


def variable(x: Any, outside: bool, lasting: bool = False) -> Tensor:
    """A Tensor of this derivative alone, in place of an argument.

    Args:  outside: whether recording was on where the transform was called.
           lasting: copy an array, because the caller may write to it later.
    """
    if isinstance(x, Tensor):
        if x.requires_grad and outside:
            # the array of a leaf is copied: the leaf may be written to in place later, which its alias would not notice
            return alias(copied(x._array) if x.node is None else x._array, origin(x))  # type: ignore[no-any-return]
        x = x._array
    if lasting or not (isinstance(x, np.ndarray) or is_foreign(note(x))):
        x = copied(x)
    made = Tensor(x, requires_grad=True)
    made.finished = False
    return made


def vectors_like(expected: Sequence[Any], structure: Any, tree: Any, what: str) -> list[Any]:
    """Cotangents or tangents from the caller as Tensors; refused unless they are built and shaped as expected.

    Args:  expected: the Tensors whose shapes and dtypes they must have.
           structure: the structure that `tree` must have.
           what: how errors call them.
    """
    vectors = []
    for vector, x in zip(leaves_like(structure, tree, what), expected, strict=True):
        if not isinstance(vector, Tensor):
            array = given(vector, x._array, what)
            if array.dtype.kind not in ("fiuc" if x.dtype.kind == "c" else "fiu"):
                real = "" if x.dtype.kind == "c" else "real "
                raise DTypeError(
                    f"{what} must hold {real}numbers; got a {type(vector).__name__} of dtype {array.dtype}."
                )
            vector = result(array.astype(x.dtype), None)
        if vector.shape != x.shape:
            raise ShapeError(f"{what} must have the shape {x.shape}; got {vector.shape}.")
        vectors.append(vector)
    return vectors


def in_type_of(argument: Any, g: Any) -> Any:
    """A Tensor in the type of an argument: float for float, array for array, Tensor for Tensor."""
    if g.requires_grad or isinstance(argument, Tensor):
        return g
    data = g.numpy()
    if type(argument) in (float, complex) and not is_foreign(data):
        return data.item()
    if isinstance(argument, np.generic):
        return (data if data.dtype.kind == "c" else argument).dtype.type(data)
    return data if isinstance(data, np.ndarray) or is_foreign(data) else np.asarray(data)


def zeros_like(x: Any) -> Any:
    """A constant Tensor of zeros, with the shape and dtype of x."""
    return result(zeros(x.shape, x.dtype, x._array), None)


def _any_requires_grad(vectors: Sequence[Any]) -> bool:
    return any(isinstance(v, Tensor) and v.requires_grad for v in vectors)


def _tensors(tree: Any) -> list[Any]:
    return [x for x in tree_leaves(tree) if isinstance(x, Tensor)]


def _reaches_out(outputs: Sequence[Any]) -> bool:
    """Whether results depend on a leaf that requires grad, other than the variables of calls that have returned."""
    stack = [origin(y) for y in outputs if y.requires_grad]
    seen = {None, *stack}
    for item in stack:  # which grows meanwhile
        if type(item) is Node:
            if item.args is None:
                return True
            for parent in item.parents:
                if parent not in seen:
                    seen.add(parent)
                    stack.append(parent)
        elif not getattr(item, "finished", False):
            return True
    return False
