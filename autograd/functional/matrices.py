"""Jacobians, Hessians and products with them.

A whole matrix is found in one sweep over a batch of directions. Products with a Hessian do not need the matrix:
Pearlmutter 1994, "Fast exact multiplication by the Hessian", Neural Computation 6.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.engine import kinds
from autograd.engine.batch import pull
from autograd.engine.forward import push_batch
from autograd.engine.kinds import like, zeros
from autograd.engine.recording import raw, result
from autograd.engine.views import apart
from autograd.errors import ArgumentError, DTypeError
from autograd.functional.argument_checks import Function, also_argnums, as_tuples, check_callable
from autograd.functional.recorded_call import RecordedCall, in_type_of, record_call, vectors_like
from autograd.functional.transforms import holomorphic_grad, named_after, refuse_real, value_and_grad
from autograd.options import check_flag
from autograd.pytree import tree_unflatten
from autograd.random import generator
from autograd.tensor.tensor import Tensor

MODES = ("auto", "reverse", "forward")
BATCH = 2**22  # elements, at most, of an array that holds a batch of directions


@also_argnums
def jacobian(
    f: Function,
    argnum: int | Sequence[int] = 0,
    mode: str = "auto",
    holomorphic: bool = False,
    *,
    _name: str = "jacobian",
) -> Callable[..., Any]:
    """The function that computes all derivatives of f's result by its argument.

        jacobian(f)(x)[i…, j…] = ∂f(x)[i…] / ∂x[j…]

    Shape:     out.shape + in.shape: (Q, P) for a vector to a vector, 4-D for a matrix to a matrix.
    Args:      argnum: the position of the argument, or a tuple of several.
               mode: "reverse" needs a direction for each element of the result, "forward" one for each element of the
               argument; one sweep serves a batch of many directions. "auto" takes the smaller number.
               holomorphic: f maps complex numbers to complex numbers, and is holomorphic: the complex derivatives.
    Complex:   Otherwise real results of complex arguments have ∂f/∂x - i ∂f/∂y, in reverse mode, and complex results of
               real arguments their complex derivative, in forward mode; complex of complex is refused, as in JAX.
    Returns:   a function of f's arguments. Where result or argument is a tree: the tree of the result, at each leaf the
               tree of the argument.
    Example:
        >>> import numpy as np
        >>> from autograd import jacobian
        >>> jacobian(lambda x: x**2)(np.array([1.0, 2.0]))
        array([[2., 0.],
               [0., 4.]])
        >>> jacobian(lambda A: A.T)(np.ones((2, 3))).shape
        (3, 2, 2, 3)
    """
    check_callable(_name, f)
    check_flag(f"{_name}: holomorphic", holomorphic)
    if mode not in MODES:
        raise ArgumentError(f"jacobian's mode must be one of {', '.join(MODES)}; got {mode!r}.")

    def matrix(*args: Any, **kwargs: Any) -> Any:
        call = record_call(_name, f, args, kwargs, argnum)
        blocks = _by_columns(call) if _way(call, mode, holomorphic) == "forward" else _by_rows(call)
        rows_for_caller = [
            tree_unflatten(call.form, [_block_for_caller(call, j, x) for j, x in zip(row, call.inputs, strict=True)])
            for row in blocks
        ]
        return tree_unflatten(call.structure, rows_for_caller)

    return named_after(f, "jacobian", matrix)


def _way(call: RecordedCall, mode: str, holomorphic: bool) -> str:
    """The mode in which a Jacobian is found."""
    if holomorphic or kinds.met:  # nothing is complex otherwise
        mode = _way_of_complex(call, mode, holomorphic)
    if mode != "auto":
        return mode
    wide = sum([x._array.size for x in call.variables]) < sum([y._array.size for y in call.outputs])
    return "forward" if wide else "reverse"


def _way_of_complex(call: RecordedCall, mode: str, holomorphic: bool) -> str:
    """The mode that complex numbers leave, or an error, see `jacobian`."""
    from_complex, to_complex = ([t.dtype.kind == "c" for t in ts] for ts in (call.variables, call.outputs))
    if holomorphic:
        refuse_real(call)
        if not all(to_complex):
            raise DTypeError(f"{call.name}: a holomorphic function has complex results; leave out holomorphic=True.")
        return mode
    if any(from_complex) and any(to_complex):
        raise DTypeError(
            f"{call.name}: a complex result of a complex argument has one derivative only if the function is "
            "holomorphic: say so by holomorphic=True, or return real and imaginary part as two results."
        )
    if not any(from_complex) and not any(to_complex):
        return mode
    only = "reverse" if any(from_complex) else "forward"
    if mode not in ("auto", only):
        raise DTypeError(
            f"{call.name}: a row of {'complex' if only == 'forward' else 'real'} results for "
            f"{'real' if only == 'forward' else 'complex'} arguments is found in {only} mode, not in {mode}."
        )
    return only


@also_argnums
def hessian(f: Function, argnum: int | Sequence[int] = 0, holomorphic: bool = False) -> Callable[..., Any]:
    """The function that computes all second derivatives of f, which returns one number: forward over reverse.

        hessian(f)(x)[i…, j…] = ∂²f / ∂x[i…] ∂x[j…]

    Shape:     in.shape + in.shape
    Args:      holomorphic: f maps complex numbers to one complex number, and is holomorphic: its complex derivatives.
    Returns:   a function of f's arguments; for a tree of arguments the tree of trees.
    Raises:    DTypeError for complex arguments without holomorphic=True: a real function of them has no one complex
               Hessian. Pass real and imaginary part as two arguments; its products are hvp(f, z, v).
    Example:
        >>> import numpy as np
        >>> from autograd import hessian
        >>> hessian(lambda x: x[0] ** 2 * x[1])(np.array([1.0, 3.0]))
        array([[6., 2.],
               [2., 0.]])
    """
    check_callable("hessian", f)
    check_flag("hessian: holomorphic", holomorphic)
    if holomorphic:
        matrix = jacobian(holomorphic_grad(f, argnum), argnum, "forward", True, _name="hessian")
    else:
        both = value_and_grad(f, argnum, _name="hessian")
        matrix = jacobian(lambda *args, **kwargs: both(*args, **kwargs)[1], argnum, "forward", _name="hessian")
    return named_after(f, "hessian", matrix)


def hvp(f: Function, x: Any, v: Any) -> Any:
    """The product of f's Hessian at x with v, at the cost of a few evaluations of f.

        H v = d/dt ∇f(x + t v) at t = 0

    Args:      f: returns one number. x: its argument, a tuple for several. v: built like x.
    Returns:   H v, built like x.
    Source:    Pearlmutter 1994, Neural Computation 6, 147-160.
    Example:
        >>> import numpy as np
        >>> from autograd import hvp
        >>> hvp(lambda x: np.sum(x**3), np.array([1.0, 2.0]), np.array([1.0, 1.0]))
        array([ 6., 12.])
    """
    check_callable("hvp", f)
    args, v_args = as_tuples("hvp", x, v)
    call = record_call("hvp", f, args)
    call.differentiate()
    moved = call.push(vectors_like(call.variables, call.form, v_args, "hvp's vector"))
    found = call.like_arguments(moved)
    return found if type(x) is tuple else found[0]


def vhp(f: Function, x: Any, v: Any) -> Any:
    """The product of v with f's Hessian at x: vᵀ H, in reverse mode twice.

    H is symmetric, so the result equals that of `hvp`; but no rule for forward mode is needed.

    Example:
        >>> import numpy as np
        >>> from autograd import vhp
        >>> vhp(lambda x: np.sum(x**3), np.array([1.0, 2.0]), np.array([1.0, 1.0]))
        array([ 6., 12.])
    """
    check_callable("vhp", f)
    args, v_args = as_tuples("vhp", x, v)
    call = record_call("vhp", f, args)
    call.differentiate()
    found = call.like_arguments(call.pull(vectors_like(call.variables, call.form, v_args, "vhp's vector")))
    return found if type(x) is tuple else found[0]


def gauss_newton_vp(f: Function, x: Any, v: Any, loss: Function | None = None) -> Any:
    """The product of the Gauss-Newton matrix of loss(f(x)) with v.

        G v = Jᵀ H_loss J v        J of f at x, H_loss the Hessian of the loss at f(x)

    For a convex loss G is positive semi-definite; the Hessian may not be.

    Args:      f: any function, of x (a tuple for several arguments).
               loss: of f's result, returns one number; None: half its sum of squares, so G = Jᵀ J.
    Source:    Schraudolph 2002, "Fast curvature matrix-vector products", Neural Computation 14.
    Example:
        >>> import numpy as np
        >>> from autograd import gauss_newton_vp
        >>> A = np.array([[1.0, 2.0], [0.0, 1.0]])
        >>> gauss_newton_vp(lambda x: A @ x, np.zeros(2), np.array([1.0, 0.0]))
        array([1., 2.])
    """
    check_callable("gauss_newton_vp", f)
    args, v_args = as_tuples("gauss_newton_vp", x, v)
    call = record_call("gauss_newton_vp", f, args)
    moved = call.push(vectors_like(call.variables, call.form, v_args, "gauss_newton_vp's vector"))
    if loss is not None:
        y = tree_unflatten(
            call.structure, [o if call.keep or not o.requires_grad else o.detach() for o in call.outputs]
        )
        turned = hvp(lambda z: loss(z), y if type(y) is not tuple else list(y), tree_unflatten(call.structure, moved))
        moved = vectors_like(call.outputs, call.structure, turned, "the loss's second derivative")
    found = call.like_arguments(call.pull(moved))
    return found if type(x) is tuple else found[0]


def hessian_diagonal(f: Function, x: Any, samples: int | None = None, rng: np.random.Generator | None = None) -> Any:
    """The diagonal of f's Hessian at x.

        exact         d_j = e_jᵀ H e_j                          a direction for each element of x, in batches
        stochastic    d ≈ mean of v ⊙ (H v), v_j = ±1           a direction for each sample

    Args:      samples: None: exact; else the number of random directions. The estimate is unbiased, its variance at j
               is the sum of H_ij² over i ≠ j, divided by samples.
               rng: draws the directions.
    Returns:   the diagonal, built like x.
    Source:    Hutchinson 1990; Bekas, Kokiopoulou & Saad 2007, Applied Numerical Mathematics 57.
    Example:
        >>> import numpy as np
        >>> from autograd import hessian_diagonal
        >>> hessian_diagonal(lambda x: x[0] ** 3 * x[1], np.array([2.0, 5.0]))
        array([60.,  0.])
    """
    check_callable("hessian_diagonal", f)
    args = x if type(x) is tuple else (x,)
    if samples is not None and (isinstance(samples, bool) or not isinstance(samples, (int, np.integer)) or samples < 1):
        raise ArgumentError(
            f"hessian_diagonal's samples must be a positive integer, or None for the exact diagonal; got {samples!r}."
        )
    call = record_call("hessian_diagonal", f, args)
    call.differentiate()
    total = sum(v.size for v in call.variables)
    count = total if samples is None else int(samples)
    if any([v.dtype.kind == "c" for v in call.variables]):
        raise DTypeError("hessian_diagonal takes real arguments: pass real and imaginary part as two.")
    rng = generator(rng)
    sums: list[Any] = [zeros(v.shape, v.dtype, v._array) for v in call.variables]
    for start, stop in _chunks(count, total):
        if samples is None:
            directions = _unit_batch(call.variables, start, stop)
        else:
            signs = [(v, rng.integers(0, 2, (stop - start, *v.shape))) for v in call.variables]
            directions = [(2 * sign - 1).astype(v.dtype) for v, sign in signs]
        moved = _push_batch(call, call.variables, directions)
        sums = [s + np.sum(d * m, axis=0) for s, d, m in zip(sums, directions, moved, strict=True)]
    means = sums if samples is None else [s / s.dtype.type(count) for s in sums]
    found = call.like_arguments([s if isinstance(s, Tensor) else result(s, None) for s in means])
    return found if type(x) is tuple else found[0]


def taylor(f: Function, x: Any, n: int, v: Any = None) -> list[Any]:
    """The Taylor coefficients of f at x along a line, to order n.

        f(x + t v) = c_0 + c_1 t + … + c_n tⁿ + O(tⁿ⁺¹)        c_k = f⁽ᵏ⁾ / k!

    Args:      f: of one argument; its result may have any shape.
               n: the highest order, 0 or more. Each order differentiates the one before it, so the work grows by a
               factor of two to three per order: meant for n up to about 8.
               v: the direction; None: 1, for a number x.
    Returns:   the list [c_0, …, c_n], each shaped like f's result.
    Example:
        >>> import numpy as np
        >>> from autograd import taylor
        >>> taylor(np.exp, 0.0, 4)
        [1.0, 1.0, 0.5, 0.16666666666666666, 0.041666666666666664]
    """
    check_callable("taylor", f)
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 0:
        raise ArgumentError(f"taylor's order n must be an integer of 0 or more; got {n!r}.")
    if v is None and np.size(raw(x)) != 1:
        raise ArgumentError(f"taylor of an argument of shape {np.shape(x)} needs a direction v, built like x.")
    call = record_call("taylor", f, (x,))
    given = np.ones(call.variables[0].shape) if v is None else v
    direction = vectors_like(call.variables, call.form, (given,), "taylor's direction")
    coefficients = [call.value()]
    for k in range(1, n + 1):
        call.outputs = call.push(direction, create=k < n or call.keep)
        scaled = [y / math.factorial(k) for y in call.outputs]
        coefficients.append(tree_unflatten(call.structure, [call.output_for_caller(y) for y in scaled]))
    return coefficients


def _by_rows(call: RecordedCall) -> list[list[Any]]:
    """The blocks of the Jacobian in reverse mode: for each output, for each variable, (out.size, *in.shape)."""
    blocks = []
    for y in call.outputs:
        if not y.requires_grad:
            blocks.append([zeros((y.size, *x.shape), x.dtype, x._array) for x in call.variables])
            continue
        parts = []
        size = y._array.size
        for start, stop in _chunks(size, max([size, *[x._array.size for x in call.variables]])):
            [identity] = _unit_batch([y], start, stop)
            found = pull([y], call.variables, [identity], create_graph=call.keep)
            parts.append(_filled(call, found, stop - start, call.variables))
        blocks.append(
            [column[0] if len(column) == 1 else np.concatenate(column) for column in zip(*parts, strict=True)]
        )
    return [
        [_block(g, y.shape + x.shape) for g, x in zip(row, call.variables, strict=True)]
        for y, row in zip(call.outputs, blocks, strict=True)
    ]


def _block(found: Any, shape: tuple[int, ...]) -> Any:
    return apart(found if found.shape == shape else np.reshape(found, shape), copy=False)


def _by_columns(call: RecordedCall) -> list[list[Any]]:
    """The same in forward mode: each batch of columns for all outputs."""
    columns: list[list[Any]] = []  # for each variable, for each output
    largest = max([y.size for y in call.outputs] + [x.size for x in call.variables])
    for x in call.variables:
        parts = []
        for start, stop in _chunks(x.size, largest):
            [identity] = _unit_batch([x], start, stop)
            parts.append(_push_batch(call, [x], [identity]))
        joined = [column[0] if len(column) == 1 else np.concatenate(column) for column in zip(*parts, strict=True)]
        columns.append(
            [
                apart(np.reshape(np.moveaxis(t, 0, -1), y.shape + x.shape), copy=False)
                for t, y in zip(joined, call.outputs, strict=True)
            ]
        )
    return [list(row) for row in zip(*columns, strict=True)]


def _push_batch(call: RecordedCall, variables: Sequence[Any], directions: list[Any]) -> list[Any]:
    found = push_batch(call.outputs, variables, directions, create_graph=call.keep)
    return _filled(call, found, len(directions[0]), call.outputs)


def _filled(call: RecordedCall, found: Sequence[Any], size: int, shaped: Sequence[Any]) -> list[Any]:
    """The results of a sweep over a batch, with zeros for None; plain arrays unless they keep their history."""
    return [
        zeros((size, *x.shape), x.dtype, x._array) if t is None else t if call.keep or t.requires_grad else t._array
        for t, x in zip(found, shaped, strict=True)
    ]


def _unit_batch(tensors: Sequence[Any], start: int, stop: int) -> list[Any]:
    """Unit vectors number start to stop of the space of all these tensors: a batch (stop - start, *shape) for each."""
    if len(tensors) == 1 and stop - start == tensors[0].size:
        [x] = tensors
        unit = np.zeros((stop, stop), x.dtype)
        unit.reshape(-1)[:: stop + 1] = 1  # np.eye takes three times as long
        return [like(unit.reshape(stop, *x.shape), x._array)]
    batches, offset = [], 0
    for x in tensors:
        batch = np.zeros((stop - start, x.size), x.dtype)
        rows = np.arange(max(start, offset), min(stop, offset + x.size))
        batch[rows - start, rows - offset] = 1
        batches.append(like(batch.reshape(stop - start, *x.shape), x._array))
        offset += x.size
    return batches


def _chunks(count: int, size: int) -> list[tuple[int, int]]:
    """(start, stop) of the batches into which `count` directions of `size` elements are divided."""
    step = max(1, BATCH // max(1, size))
    if 0 < count <= step:
        return [(0, count)]
    return [(start, min(count, start + step)) for start in range(0, count, step)] or [(0, 0)]


def _block_for_caller(call: RecordedCall, block: Any, argument: Any) -> Any:
    """One block of the Jacobian in the caller's types; a single number in the type of the argument."""
    t = block if isinstance(block, Tensor) else result(block, None)
    return in_type_of(argument, t) if t.ndim == 0 and not call.keep else call.for_caller(t)
