"""First derivatives of functions: grad, value_and_grad, elementwise_grad, vjp, jvp, linearize, directional_derivative.

Each takes an ordinary function of arrays (or floats, Tensors, trees of them) and returns arrays for arrays, floats for
floats, Tensors for Tensors, and Tensors if the function closes over one that requires grad. They can be nested to any
depth.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.engine.kinds import ones
from autograd.errors import ArgumentError, DTypeError, ShapeError
from autograd.functional.argument_checks import Function, also_argnums, as_tuples, check_argnum, check_callable
from autograd.functional.recorded_call import RecordedCall, record_call, vectors_like
from autograd.options import check_flag
from autograd.pytree import tree_unflatten


@also_argnums
def grad(f: Function, argnum: int | Sequence[int] = 0, has_aux: bool = False) -> Callable[..., Any]:
    """The function that computes the gradient of f, which must return one number.

        grad(f)(x) = ∂f/∂x

    Args:  f: of any arguments; it is plain NumPy and may call other transforms.
           argnum: the position of the argument to differentiate by, or a tuple of several.
           has_aux: f returns (number, aux); aux is passed on.
    Returns: a function of the same arguments. Its result is built like the argument (arrays for arrays, a float for a
           float, dicts for dicts), a tuple of these if argnum is a tuple; with has_aux the pair (gradient, aux).
           Where f does not depend on x: zeros.
           The results are Tensors that can be differentiated further where x is a Tensor that requires grad, or where f
           closes over one that does: a parameter, a variable of an enclosing transform. No `.grad` is touched.
    Raises: ShapeError if f returns more than one number; DTypeError for arguments or results that are not floating.
    Complex: of z = x + iy it is ∂f/∂x - i ∂f/∂y, as in JAX; `.grad`, as PyTorch's, is its conjugate (docs/complex.md).
    Example:
        >>> import numpy as np
        >>> from autograd import grad
        >>> grad(np.sin)(0.0)
        1.0
        >>> grad(grad(lambda x: x**3))(2.0)
        12.0
        >>> grad(lambda p: np.sum(p["w"] ** 2) * p["b"])({"w": np.array([1.0, 2.0]), "b": 3.0})
        {'w': array([ 6., 12.]), 'b': 5.0}
        >>> grad(lambda z: np.abs(z) ** 2)(1 + 2j)
        (2-4j)
    """
    _check_request("grad", f, argnum, has_aux)

    def gradient(*args: Any, **kwargs: Any) -> Any:
        call = record_call("grad", f, args, kwargs, argnum, has_aux=has_aux)
        found = call.gradient()
        return (found, call.aux) if has_aux else found

    return named_after(f, "grad", gradient)


@also_argnums
def value_and_grad(
    f: Function, argnum: int | Sequence[int] = 0, has_aux: bool = False, *, _name: str = "value_and_grad"
) -> Callable[..., Any]:
    """The function that computes (f's value, its gradient) in one go; arguments and errors are those of `grad`.

    Returns: a function that gives (value, gradient), or ((value, aux), gradient) with has_aux.
    Example:
        >>> from autograd import value_and_grad
        >>> value_and_grad(lambda x, y: x * y, argnum=(0, 1))(2.0, 5.0)
        (10.0, (5.0, 2.0))
    """
    _check_request(_name, f, argnum, has_aux)

    def value_and_gradient(*args: Any, **kwargs: Any) -> Any:
        call = record_call(_name, f, args, kwargs, argnum, has_aux=has_aux)
        found = call.gradient()
        value = call.value()
        return (value, call.aux) if has_aux else value, found

    return named_after(f, "value_and_grad", value_and_gradient)


def _check_request(name: str, f: Any, argnum: Any, has_aux: Any) -> None:
    """Refuse, before the function is called, what `grad` and `value_and_grad` cannot do."""
    check_callable(name, f)
    check_argnum(name, argnum)
    check_flag(f"{name}: has_aux", has_aux)


def holomorphic_grad(f: Function, argnum: int | Sequence[int] = 0) -> Callable[..., Any]:
    """The complex derivative f'(z) of a holomorphic function, which returns one number.

    By the Cauchy-Riemann equations it is the gradient of the real part. For a function that is not holomorphic it is
    that gradient, and no derivative.

    Warns:  for a real argument, as HIPS autograd's function of this name.
    Example:
        >>> import numpy as np
        >>> from autograd import holomorphic_grad
        >>> holomorphic_grad(lambda z: z**3)(1j)
        (-3+0j)
    """
    check_callable("holomorphic_grad", f)
    real_part = named_after(f, "real part", lambda *args, **kwargs: np.real(f(*args, **kwargs)))

    def derivative(*args: Any, **kwargs: Any) -> Any:
        call = record_call("holomorphic_grad", real_part, args, kwargs, argnum)
        if any([x.dtype.kind != "c" for x in call.variables]):
            warnings.warn("Input to holomorphic_grad is not complex", stacklevel=2)
        return call.gradient()

    return named_after(f, "holomorphic_grad", derivative)


def refuse_real(call: RecordedCall) -> None:
    """Refuse arguments that are not complex where a complex derivative is asked for."""
    if any([x.dtype.kind != "c" for x in call.variables]):
        raise DTypeError(
            f"{call.name}: a holomorphic function has complex arguments; got {call.variables[0].dtype}. Pass "
            "x.astype(complex), or take the derivative of real numbers."
        )


def elementwise_grad(f: Function, argnum: int = 0) -> Callable[..., Any]:
    """The derivative of a function that works element by element, at every element: f'(x).

    It is the gradient of the sum of f's results: for a function that mixes elements take `jacobian`.

    Raises: ShapeError if f's result is not as large as its argument.
    Example:
        >>> import numpy as np
        >>> from autograd import elementwise_grad
        >>> elementwise_grad(np.tanh)(np.array([0.0, 1.0])).round(4)
        array([1.  , 0.42])
    """
    check_callable("elementwise_grad", f)
    check_argnum("elementwise_grad", argnum)

    def derivative(*args: Any, **kwargs: Any) -> Any:
        call = record_call("elementwise_grad", f, args, kwargs, argnum)
        if len(call.outputs) != 1 or len(call.variables) != 1 or call.outputs[0].size < call.variables[0].size:
            shapes = [x.shape for x in call.variables], [y.shape for y in call.outputs]
            raise ShapeError(
                "elementwise_grad needs a function that maps each element of one array to one of its result; it mapped "
                f"the shapes {shapes[0]} to {shapes[1]}. Take jacobian(f) for derivatives across elements, grad(f) for "
                "one number."
            )
        call.refuse_complex_results()
        [y] = call.outputs
        return call.like_arguments(call.pull([ones(y.shape, y.dtype, y._array)]))

    return named_after(f, "elementwise_grad", derivative)


def vjp(f: Function, *args: Any, has_aux: bool = False) -> Any:
    """f's value at the arguments, and the function that multiplies a vector by its Jacobian there: cᵀ J.

    Args:  args: the arguments of f; f is differentiated by all of them.
    Returns: (y, pullback), with has_aux (y, pullback, aux). `pullback(c)`, c built like y, gives the tuple of
           cotangents of the arguments. It may be called any number of times, and can be differentiated itself (by c,
           and by arguments that are Tensors).
    Example:
        >>> import numpy as np
        >>> from autograd import vjp
        >>> y, pullback = vjp(lambda x: x**2, np.array([1.0, 2.0]))
        >>> y, pullback(np.array([1.0, 10.0]))
        (array([1., 4.]), (array([ 2., 40.]),))
    """
    check_callable("vjp", f)
    check_flag("vjp: has_aux", has_aux)
    call = record_call("vjp", f, args, has_aux=has_aux, lasting=True)

    def pullback(cotangent: Any) -> Any:
        cotangents = vectors_like(call.outputs, call.structure, cotangent, "the pullback's argument")
        return call.like_arguments(call.pull(cotangents, retain=True))

    y = call.value()
    return (y, pullback, call.aux) if has_aux else (y, pullback)


def jvp(f: Function, primals: Any, tangents: Any, has_aux: bool = False) -> Any:
    """f's value and its derivative along a direction, in forward mode: (f(x), J v).

    Args:  primals: the argument of f; a tuple stands for several arguments.
           tangents: the direction, built like primals.
    Returns: (y, its tangent, built like y); with has_aux also aux.
    Example:
        >>> import numpy as np
        >>> from autograd import jvp
        >>> jvp(np.sin, 0.0, 2.0)
        (0.0, 2.0)
        >>> jvp(lambda x, y: x * y, (np.array([1.0, 2.0]), 3.0), (np.array([1.0, 0.0]), 1.0))
        (array([3., 6.]), array([4., 2.]))
    """
    check_flag("jvp: has_aux", has_aux)
    check_callable("jvp", f)
    args, moves = as_tuples("jvp", primals, tangents)
    call = record_call("jvp", f, args, has_aux=has_aux)
    moved = call.push(vectors_like(call.variables, call.form, moves, "the tangent"))
    out = (call.value(), tree_unflatten(call.structure, [call.for_caller(t) for t in moved]))
    return (*out, call.aux) if has_aux else out


def linearize(f: Function, *args: Any) -> Any:
    """f's value at the arguments, and the linear function v -> J v there, which does not compute f again.

    Returns: (y, pushforward); `pushforward(*tangents)`, a tangent for each argument, gives the tangent of y.
    Example:
        >>> import numpy as np
        >>> from autograd import linearize
        >>> y, pushforward = linearize(lambda x: x**2, np.array([1.0, 2.0]))
        >>> pushforward(np.array([1.0, 0.0])), pushforward(np.array([0.0, 1.0]))
        (array([2., 0.]), array([0., 4.]))
    """
    check_callable("linearize", f)
    call = record_call("linearize", f, args, lasting=True)

    def pushforward(*tangents: Any) -> Any:
        if len(tangents) != len(args):
            raise ArgumentError(
                f"the pushforward takes a tangent for each of the {len(args)} arguments; got {len(tangents)}."
            )
        moved = call.push(vectors_like(call.variables, call.form, tangents, "the pushforward's argument"))
        return tree_unflatten(call.structure, [call.for_caller(t) for t in moved])

    return call.value(), pushforward


def directional_derivative(f: Function, x: Any, v: Any) -> Any:
    """How fast f changes at x when x moves along v: J v, by one forward sweep.

        d/dt f(x + t v) at t = 0

    Args:  x: the argument of f, a tuple for several.
           v: the direction, built like x, of any length (it is not normalised).
    Example:
        >>> import numpy as np
        >>> from autograd import directional_derivative
        >>> directional_derivative(lambda x: np.sum(x**2), np.array([1.0, 2.0]), np.array([0.6, 0.8])).round(6)
        np.float64(4.4)
    """
    return jvp(f, x, v)[1]


def named_after(f: Function, name: str, made: Function) -> Function:
    """The function `made` with the name "grad of f", and with f's docstring and module."""
    functools.update_wrapper(made, f, assigned=("__module__", "__doc__"), updated=())
    made.__name__ = made.__qualname__ = f"{name} of {getattr(f, '__name__', type(f).__name__)}"
    return made
