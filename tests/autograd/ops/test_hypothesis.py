"""Broadcasting, reductions, shapes and indexing for drawn shapes: the gradient equals that of a dense reference.

Every function here is linear, or linear in each argument, so the reference is its matrix, found by NumPy alone:
the function of every unit array. No rule of ours takes part in it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

hypothesis = pytest.importorskip("hypothesis")
from hypothesis import given, settings  # noqa: E402  after the check that it is installed
from hypothesis import strategies as st  # noqa: E402
from hypothesis.extra import numpy as hnp  # noqa: E402

from autograd import Tensor  # noqa: E402

quick = settings(derandomize=True, deadline=None, max_examples=60, database=None)

SHAPES = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)
FULL = hnp.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=4)


def filled(shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    """Small integers as floats: sums and products of them are exact."""
    return np.random.default_rng([seed, len(shape), *shape]).integers(-3, 4, size=shape).astype(float)


def matrix(linear: Callable[[np.ndarray], Any], shape: tuple[int, ...]) -> np.ndarray:
    """A linear function of arrays as a matrix: column j is its value at the j-th unit array."""
    size = int(np.prod(shape))
    zero = np.asarray(linear(np.zeros(shape)))
    columns = np.zeros((zero.size, size))
    for j in range(size):
        unit = np.zeros(size)
        unit[j] = 1.0
        columns[:, j] = (np.asarray(linear(unit.reshape(shape))) - zero).ravel()
    return columns


def check(function: Callable[..., Any], *shapes: tuple[int, ...]) -> None:
    """The value is NumPy's, and the gradient by each argument is the transposed matrix of the function, times g."""
    arrays = [filled(shape, i) for i, shape in enumerate(shapes)]
    tensors = [Tensor(x.copy(), requires_grad=True) for x in arrays]
    y, numpys = function(*tensors), np.asarray(function(*arrays))
    assert (y.shape, y.dtype) == (numpys.shape, numpys.dtype)
    np.testing.assert_allclose(y.numpy(), numpys, rtol=1e-14)
    g = filled(y.shape, 9)
    y.backward(g)
    for i, (t, x) in enumerate(zip(tensors, arrays, strict=True)):
        jacobian = matrix(lambda u, i=i: function(*arrays[:i], u, *arrays[i + 1 :]), x.shape)  # type: ignore[misc]
        assert t.grad is not None
        assert (t.grad.shape, t.grad.dtype) == (x.shape, x.dtype)
        np.testing.assert_allclose(t.grad.numpy().ravel(), jacobian.T @ g.ravel(), rtol=1e-12, atol=1e-12)
        np.testing.assert_array_equal(t.numpy(), x)


# Broadcasting


@quick
@given(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3, min_side=0))
def test_binary_operators_broadcast(drawn: Any) -> None:
    a, b = drawn.input_shapes
    check(lambda x, y: x + 2 * y, a, b)
    check(lambda x, y: x * y, a, b)
    check(lambda x, y: x - y / 2, a, b)


@quick
@given(hnp.mutually_broadcastable_shapes(num_shapes=3, max_dims=3, max_side=3))
def test_where_broadcasts(drawn: Any) -> None:
    condition, a, b = drawn.input_shapes
    mask = filled(condition, 5) > 0
    check(lambda x, y: np.where(mask, x, y), a, b)


@quick
@given(hnp.mutually_broadcastable_shapes(signature=np.matmul.signature, max_dims=2, max_side=3, min_side=1))
def test_matmul_broadcasts(drawn: Any) -> None:
    check(lambda x, y: x @ y, *drawn.input_shapes)


@quick
@given(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3, min_side=0))
def test_broadcast_to(drawn: Any) -> None:
    check(lambda x: np.broadcast_to(x, drawn.result_shape) * 2, drawn.input_shapes[0])


# Reductions


@st.composite
def reductions(draw: Any) -> tuple[tuple[int, ...], Any, bool]:
    shape = draw(SHAPES)
    axes = hnp.valid_tuple_axes(len(shape))
    axis = draw(st.none() | axes | (st.integers(-len(shape), len(shape) - 1) if shape else st.none()))
    return shape, axis, draw(st.booleans())


@quick
@given(reductions())
def test_sums_over_axes(drawn: Any) -> None:
    shape, axis, keepdims = drawn
    check(lambda x: np.sum(x, axis=axis, keepdims=keepdims), shape)


@quick
@given(reductions())
def test_means_over_axes(drawn: Any) -> None:
    shape, axis, keepdims = drawn
    if 0 not in shape:  # a mean of nothing is nan, and NumPy warns
        check(lambda x: x.mean(axis, keepdims=keepdims), shape)


@quick
@given(reductions(), st.booleans())
def test_extrema_over_axes(drawn: Any, largest: bool) -> None:
    """The cotangent is shared equally among the elements that are the extremum."""
    shape, axis, keepdims = drawn
    if 0 in shape:
        return
    x = filled(shape)
    t = Tensor(x, requires_grad=True)
    y = (np.max if largest else np.min)(t, axis=axis, keepdims=keepdims)
    np.testing.assert_array_equal(y.numpy(), (np.max if largest else np.min)(x, axis=axis, keepdims=keepdims))
    g = filled(y.shape, 9)
    y.backward(g)
    every = tuple(range(x.ndim)) if axis is None else axis
    chosen = x == (np.max if largest else np.min)(x, axis=every, keepdims=True)
    g = g.reshape(np.sum(x, axis=every, keepdims=True).shape)
    np.testing.assert_allclose(t.grad.numpy(), chosen * g / chosen.sum(axis=every, keepdims=True))


@quick
@given(FULL, st.data())
def test_cumulative_sums(shape: tuple[int, ...], data: Any) -> None:
    axis = data.draw(st.none() | st.integers(-len(shape), len(shape) - 1))
    check(lambda x: np.cumsum(x, axis=axis), shape)


# Shapes


@quick
@given(SHAPES, st.data())
def test_reshapes(shape: tuple[int, ...], data: Any) -> None:
    size = int(np.prod(shape))
    factors = [d for d in range(1, size + 1) if size % d == 0] or [0]
    first = data.draw(st.sampled_from(factors))
    new = data.draw(st.sampled_from([(first, -1) if first else (0, 3), (size,), (1, *shape, 1), shape[::-1]]))
    order = data.draw(st.sampled_from("CF"))
    check(lambda x: np.reshape(x, new, order=order), shape)


@quick
@given(SHAPES, st.data())
def test_transposes(shape: tuple[int, ...], data: Any) -> None:
    axes = data.draw(st.none() | st.permutations(range(len(shape))))
    check(lambda x: np.transpose(x, axes), shape)
    if len(shape) > 1:
        i, j = data.draw(st.tuples(*[st.integers(-len(shape), len(shape) - 1)] * 2))
        check(lambda x: np.swapaxes(x, i, j), shape)
        check(lambda x: np.moveaxis(x, i, j), shape)


@quick
@given(FULL, st.data())
def test_flips_rolls_and_repeats(shape: tuple[int, ...], data: Any) -> None:
    axis = data.draw(st.none() | st.integers(-len(shape), len(shape) - 1))
    n = data.draw(st.integers(-3, 3))
    check(lambda x: np.flip(x, axis), shape)
    check(lambda x: np.roll(x, n, axis), shape)
    check(lambda x: np.repeat(x, abs(n), axis), shape)


# Indexing


@st.composite
def indices(draw: Any) -> tuple[tuple[int, ...], Any]:
    """A shape, and an index for it: basic, of integer arrays that may repeat, of masks, or mixed."""
    shape = draw(FULL)
    kind = draw(st.sampled_from(["basic", "arrays", "mask", "mixed"]))
    if kind == "basic":
        return shape, draw(hnp.basic_indices(shape, allow_newaxis=True))
    if kind == "arrays":
        return shape, draw(hnp.integer_array_indices(shape, result_shape=hnp.array_shapes(max_dims=2, max_side=4)))
    if kind == "mask":
        masked = draw(st.integers(1, len(shape)))
        mask = draw(hnp.arrays(bool, shape[:masked]))
        return shape, (
            mask,
            *draw(st.tuples(*[st.sampled_from([slice(None), slice(None, None, -1), 0])] * (len(shape) - masked))),
        )
    length = draw(st.integers(0, 3))
    parts: list[Any] = []
    for n in shape:
        array = hnp.arrays(np.intp, length, elements=st.integers(-n, n - 1))
        parts.append(draw(st.one_of(array, st.slices(n), st.integers(-n, n - 1))))
    if draw(st.booleans()):
        parts.insert(draw(st.integers(0, len(parts))), None)
    return shape, tuple(parts[: draw(st.integers(0, len(parts)))])


@settings(quick, max_examples=200)
@given(indices())
def test_selection(drawn: Any) -> None:
    shape, index = drawn
    check(lambda x: x[index], shape)


def assigned(x: Any, value: Any, index: Any) -> Any:
    y = x * 1.0
    y[index] = value
    return y


@settings(quick, max_examples=200)
@given(indices(), st.data())
def test_assignment(drawn: Any, data: Any) -> None:
    """Assignment of a whole selection, of values that broadcast, and of a number."""
    shape, index = drawn
    whole = np.zeros(shape)[index].shape
    kept = data.draw(st.integers(0, len(whole)))
    value = data.draw(
        st.sampled_from(
            [whole, whole[kept:], (1,) * kept + whole[kept:], (1,) * (kept + 1) + whole[kept:], (1, *whole), ()]
        )
    )
    try:
        assigned(np.zeros(shape), np.zeros(value), index)
    except (TypeError, ValueError) as error:  # NumPy takes no leading axes of length 1 for a mask of everything
        with pytest.raises(type(error)):
            assigned(Tensor(np.zeros(shape), requires_grad=True), np.zeros(value), index)
    else:
        check(lambda x, v: assigned(x, v, index), shape, value)


@quick
@given(FULL, st.data())
def test_take(shape: tuple[int, ...], data: Any) -> None:
    axis = data.draw(st.none() | st.integers(-len(shape), len(shape) - 1))
    taken = data.draw(
        hnp.arrays(np.intp, hnp.array_shapes(min_dims=0, max_dims=2, max_side=3), elements=st.integers(-9, 9))
    )
    mode = data.draw(st.sampled_from(["wrap", "clip"]))
    check(lambda x: np.take(x, taken, axis, mode=mode), shape)


@quick
@given(FULL, st.data())
def test_take_along_axis(shape: tuple[int, ...], data: Any) -> None:
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    length = data.draw(st.integers(0, 4))
    n = shape[axis]
    at = axis % len(shape)
    places = data.draw(hnp.arrays(np.intp, (*shape[:at], length, *shape[at + 1 :]), elements=st.integers(-n, n - 1)))
    check(lambda x: np.take_along_axis(x, places, axis), shape)


@quick
@given(FULL, st.data())
def test_sort(shape: tuple[int, ...], data: Any) -> None:
    """For drawn values with many ties: the cotangents go back along NumPy's stable order."""
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    x = filled(shape)
    t = Tensor(x, requires_grad=True)
    y = np.sort(t, axis)
    np.testing.assert_array_equal(y.numpy(), np.sort(x, axis))
    g = filled(shape, 9)
    y.backward(g)
    order = np.argsort(x, axis=axis, kind="stable")
    np.testing.assert_array_equal(np.take_along_axis(t.grad.numpy(), order, axis), g)
