"""HIPS autograd's operators under their names and in their form; what they compute is `autograd.functional`'s.

make_vjp(f, argnum=0)(*args)   ->  (g -> gᵀ J, f(*args))
make_jvp(f, argnum=0)(*args)   ->  v -> (f(*args), J v)
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.functional.checkpointing import checkpoint
from autograd.functional.matrices import gauss_newton_vp, hessian, jacobian
from autograd.functional.transforms import elementwise_grad, grad, holomorphic_grad, jvp, linearize, value_and_grad, vjp
from autograd.pytree import tree_map
from autograd.wrap_util import unary_to_nary

__all__ = [
    "checkpoint", "deriv", "elementwise_grad", "grad", "grad_and_aux", "grad_named", "hessian",
    "hessian_tensor_product", "hessian_vector_product", "holomorphic_grad", "jacobian", "make_ggnvp", "make_hvp",
    "make_jvp", "make_jvp_reversemode", "make_vjp", "multigrad_dict", "tensor_jacobian_product", "value_and_grad",
    "vector_jacobian_product",
]  # fmt: skip

Function = Callable[..., Any]


@unary_to_nary
def make_vjp(fun: Function, x: Any) -> tuple[Function, Any]:
    """(g -> gᵀ J, f's value)."""
    value, pullback = vjp(fun, x)
    return lambda g: pullback(g)[0], value


@unary_to_nary
def make_jvp(fun: Function, x: Any) -> Function:
    """v -> (f's value, J v), in forward mode."""
    return lambda v: jvp(fun, (x,), (v,))


@unary_to_nary
def make_jvp_reversemode(fun: Function, x: Any) -> Function:
    """v -> J v, without computing f again for every v."""
    return linearize(fun, x)[1]  # type: ignore[no-any-return]


@unary_to_nary
def make_hvp(fun: Function, x: Any) -> tuple[Function, Any]:
    """(v -> H v, the gradient)."""
    return make_vjp(grad(fun))(x)  # type: ignore[no-any-return]


def make_ggnvp(f: Function, g: Function | None = None, f_argnum: int = 0) -> Function:
    """v -> Jᵀ H v with the Jacobian J of f and the Hessian H of g at f's value; g is ½ Σ y² by default."""
    loss = g or (lambda y: 0.5 * np.sum(y**2, axis=-1))
    return unary_to_nary(lambda f, x: lambda v: gauss_newton_vp(f, x, v, loss))(f, f_argnum)  # type: ignore[no-any-return]


@unary_to_nary
def deriv(fun: Function, x: Any) -> Any:
    """The derivative of f along a vector of ones: f'(x) for a function of one number."""
    return jvp(fun, (x,), (tree_map(np.ones_like, x),))[1]


def grad_named(fun: Function, argname: str) -> Function:
    """The gradient by the argument of this name, wherever it is passed by position."""
    return grad(fun, list(inspect.signature(fun).parameters).index(argname))


def grad_and_aux(fun: Function, argnum: int | Sequence[int] = 0) -> Function:
    """For a function that returns (number, aux): the function that returns (gradient, aux)."""
    return grad(fun, argnum, has_aux=True)


def hessian_tensor_product(fun: Function, argnum: int = 0) -> Function:
    """The function of (*args, tensor) that contracts the Hessian with the tensor."""
    gradient = grad(fun, argnum)

    def product(*args: Any, **kwargs: Any) -> Any:
        *given, tensor = args
        return np.tensordot(gradient(*given, **kwargs), tensor, np.ndim(tensor))

    return grad(product, argnum)


def tensor_jacobian_product(fun: Function, argnum: int = 0) -> Function:
    """The function of (*args, tensor) that contracts the tensor with f's Jacobian."""

    def product(*args: Any, **kwargs: Any) -> Any:
        *given, tensor = args
        return np.tensordot(tensor, fun(*given, **kwargs), np.ndim(tensor))

    return jacobian(product, argnum)


hessian_vector_product, vector_jacobian_product = hessian_tensor_product, tensor_jacobian_product


def multigrad_dict(fun: Function) -> Function:
    """The function that returns the gradients by all arguments, as {name: gradient}; defaults count as arguments."""
    signature = inspect.signature(fun)

    def gradients(*args: Any, **kwargs: Any) -> dict[str, Any]:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()

        def of_dict(arguments: dict[str, Any]) -> Any:
            again = signature.bind_partial()
            again.arguments.update(arguments)
            return fun(*again.args, **again.kwargs)

        return grad(of_dict)(dict(bound.arguments))  # type: ignore[no-any-return]

    return gradients
