"""Derivatives defined by the user: custom_vjp for a Python function, and stop_gradient."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from autograd.engine.attempts import attempted
from autograd.engine.kinds import is_foreign
from autograd.engine.recording import is_tensor, raw
from autograd.engine.settings import enable_grad, is_grad_enabled
from autograd.errors import ArgumentError, GraphError, ShapeError
from autograd.functional.argument_checks import Function
from autograd.functional.function_node import arguments_for_rerun, own_memory, record_function, with_placeholders
from autograd.pytree import leaves_like, tree_flatten, tree_map, tree_unflatten
from autograd.recorder import asarray
from autograd.tensor.tensor import Tensor


class custom_vjp:  # noqa: N801  a decorator
    """A function with a gradient that you define: for speed, for stability, or to call a library outside of NumPy.

    Decorate the function, then call `f.defvjp(forward, backward)`:

        forward(*args)          -> (f's result, what the backward needs)
        backward(needed, g)     -> a cotangent for each argument (one, or a tuple), None where there is none

    In a first-order sweep all three are called with plain arrays, so they may call anything (np.asarray, SciPy,
    compiled code). For a graph of the gradient, forward and backward are called with Tensors and differentiated like
    any other code. Forward mode is derived from backward, which is linear in g. Inside vmap each of the three gets the
    batch if it is NumPy's functions throughout, and one example after the other if it needs arrays. For an operation on
    arrays, with one rule for each argument and its own JVP, see `primitive`.

    Args:      f: of arrays, numbers, or trees of them.
    Raises:    GraphError if f uses a Tensor that requires grad by closure: make it an argument.
    Example:
        >>> import numpy as np
        >>> from autograd import custom_vjp, grad
        >>> @custom_vjp
        ... def log1pexp(x):
        ...     return np.log1p(np.exp(x))
        >>> log1pexp.defvjp(lambda x: (log1pexp(x), x), lambda x, g: g * (1 - 1 / (1 + np.exp(x))))
        <custom_vjp log1pexp>
        >>> grad(log1pexp)(0.0), round(grad(log1pexp)(100.0), 6)
        (0.5, 1.0)
    """

    batch = None  # inside vmap what needs arrays runs example by example

    def __init__(self, f: Function) -> None:
        if not callable(f):
            raise ArgumentError(f"custom_vjp decorates a function; got a {type(f).__name__}.")
        functools.update_wrapper(self, f)
        self.f = f
        self.name = self.title = getattr(f, "__name__", type(f).__name__)
        self.forward: Function | None = None
        self.backward: Function | None = None

    def defvjp(self, forward: Function, backward: Function) -> custom_vjp:
        """Give the two functions; returns self."""
        if not callable(forward) or not callable(backward):
            raise ArgumentError(f"{self.title}.defvjp takes two functions, forward and backward.")
        self.forward, self.backward = forward, backward
        return self

    def __call__(self, *args: Any) -> Any:
        forward, backward = self.forward, self.backward
        if forward is None or backward is None:
            raise ArgumentError(f"{self.title} has no gradient yet: call {self.title}.defvjp(forward, backward) first.")
        leaves, form = tree_flatten(args)
        tensors = [is_tensor(x) for x in leaves]
        if not any(tensors):
            return attempted(self, self.f, *args)
        plain = [raw(x) for x in leaves]
        if not is_grad_enabled() or not any(is_tensor(x) and x.requires_grad for x in leaves):
            found, structure = tree_flatten(attempted(self, self.f, *tree_unflatten(form, plain)))
            return tree_unflatten(structure, [_constant(y) for y in found])
        out, needed = self._check_pair(attempted(self, forward, *tree_unflatten(form, plain)))
        found, structure = tree_flatten(out)
        values = [own_memory(self._constant_array(y), leaves) for y in found]
        constants = with_placeholders([x if is_tensor(x) and x.requires_grad else raw(x) for x in leaves])

        def joint(g: Any, out: Any, *kept: Any) -> tuple[Any, ...]:
            create = any(is_tensor(c) for c in g)
            if not create:
                found = attempted(self, backward, needed, tree_unflatten(structure, list(g)))
                return self._cotangents(found, form, kept, False)
            given, _ = arguments_for_rerun(constants, kept, True)
            with enable_grad():  # what backward needs must have a history now
                _, linked = self._check_pair(attempted(self, forward, *tree_unflatten(form, given)))
                found = attempted(self, backward, linked, tree_unflatten(structure, list(g)))
                return self._cotangents(found, form, kept, True)

        made = record_function(self.title, joint, leaves, (), values, f"{self.title}.backward")
        return tree_unflatten(structure, made)

    def _constant_array(self, y: Any) -> Any:
        """The array in a result of forward; a Tensor with a history is refused."""
        if is_tensor(y):
            if y.requires_grad:
                raise GraphError(
                    f"{self.title} uses a Tensor that requires grad and is none of its arguments; its gradient would "
                    "be lost. Make it an argument, or take t.detach()."
                )
            return y._array
        return y if is_foreign(y) else asarray(y)

    def _check_pair(self, returned: Any) -> tuple[Any, Any]:
        if not isinstance(returned, tuple) or len(returned) != 2:
            raise ArgumentError(
                f"{self.title}'s forward must return (result, what backward needs); got a {type(returned).__name__}."
            )
        return returned

    def _cotangents(self, cotangents: Any, form: Any, kept: Any, create: bool) -> tuple[Any, ...]:
        """What backward returned, checked, as one cotangent for each leaf of the arguments."""
        count = len(form)
        if count == 1 and not _for_each(cotangents, form[0]):
            cotangents = (cotangents,)
        if not isinstance(cotangents, (tuple, list)) or len(cotangents) != count:
            raise ArgumentError(
                f"{self.title}'s backward must return a cotangent (or None) for each of its {count} arguments."
            )
        leaves: list[Any] = []
        for i, (c, inner) in enumerate(zip(cotangents, form, strict=True)):
            count_inner = len(tree_flatten(inner)[0])
            if c is None:
                leaves += [None] * count_inner
            else:
                leaves += leaves_like(inner, c, f"{self.title}'s backward, cotangent {i}")
        for c, k in zip(leaves, kept, strict=True):
            shape = np.shape(raw(c))
            if c is not None and k is not None and shape != k.shape:
                raise ShapeError(
                    f"{self.title}'s backward returned a cotangent of shape {shape} for an argument of shape {k.shape}."
                )
        if not create:
            leaves = [raw(c) for c in leaves]
        return tuple(leaves)

    def __repr__(self) -> str:
        return f"<custom_vjp {self.title}>"


def _for_each(cotangents: Any, argument: Any) -> bool:
    """Whether this is a tuple with the one argument's cotangent, as JAX wants it, and not that cotangent itself."""
    if not isinstance(cotangents, tuple) or len(cotangents) != 1:
        return False
    if not isinstance(argument, tuple):
        return True
    return isinstance(cotangents[0], tuple) and not (len(argument) == 1 and isinstance(argument[0], tuple))


def stop_gradient(x: Any) -> Any:
    """The same values as constants: their derivative is zero, in any mode. Takes arrays, numbers, Tensors and trees.

    Example:
        >>> from autograd import grad, stop_gradient
        >>> grad(lambda x: x * stop_gradient(x))(3.0)
        3.0
    """
    return tree_map(lambda leaf: leaf.detach() if is_tensor(leaf) else leaf, x)


def _constant(y: Any) -> Any:
    """A result as a Tensor without history; what is no floating value stays as it is."""
    return y if is_tensor(y) or not isinstance(y, (np.ndarray, np.generic, float)) else Tensor(y)
