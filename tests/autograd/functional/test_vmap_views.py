"""Writes inside vmap through what NumPy makes a view, as in a loop: with and without gradients, at any axis."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd import grad, jacobian, vmap
from autograd.errors import BatchError

X = np.random.default_rng(0).normal(size=(3, 4))


def reshaped(x: Any) -> Any:
    y = x * 2
    y.reshape(2, 2)[0] = x[:2] ** 2
    v = y.reshape(-1)
    v[3] = 1.0
    return np.sum(y**3) + np.sum(v**2 * x)


def transposed(x: Any) -> Any:
    y = x * 2
    v = y.reshape(2, 2).T
    v[0] *= x[1]
    w = y.reshape(-1)
    w[1:3] += 1
    return np.sum(y**3) + np.sum(v**2 * w[0])


def joined(x: Any) -> Any:
    y = np.stack([x, x**2])
    np.squeeze(y[:, None])[0] = 1.0
    z = np.concatenate([y, y]).reshape(-1)
    z[5] = x[2]
    z += 1
    return np.sum(y**3) + np.sum(z**2)


def written_after(x: Any) -> Any:
    y = np.stack([x, x**2])
    z = y.reshape(-1)
    y[1] = x
    z[0] = 3.0
    return np.sum(y**3 * np.arange(4)) + np.sum(z)


def selected(x: Any) -> Any:
    y = np.outer(x, x)[np.array([0, 2, 2])]
    z = y.reshape(-1)
    z[4] = x[0] ** 2
    return np.sum(y**3 * np.arange(4))


def of_views(x: Any) -> Any:
    y = np.outer(x, x)
    v = np.reshape(y, (2, 2, 4))
    v[0, 1, :] = x
    v[1][0] = 2 * x
    u = np.ravel(v)[1:]
    u[0] = v[1, 1, 1]
    return np.sum(y**2 * np.arange(16).reshape(4, 4))


def copied(x: Any) -> Any:
    y = x * 2
    a, b = y.reshape(2, 2).T.reshape(-1), y[::-1].reshape(2, 2)
    a[0] = 5.0
    y[1] = x[0]
    b[1] += 1
    return np.sum(y**3) + np.sum(a**2 * np.arange(4)) + np.sum(b**2)


def ravelled(x: Any) -> Any:
    y = x * 2
    a = np.ravel(y[::-1])
    b = np.ravel(a)
    a[0] = 5.0
    y[3] = x[0]
    b[1] += 1
    return np.sum(y**3) + np.sum(a**2 * np.arange(4)) + np.sum(b**2)


FUNCTIONS = [reshaped, transposed, joined, written_after, selected, of_views, copied, ravelled]


@pytest.mark.parametrize("f", FUNCTIONS)
def test_a_write_through_a_view_equals_a_loop(f: Callable[[Any], Any]) -> None:
    for of_one in (f, grad(f)):
        expected = np.array([of_one(x.copy()) for x in X])
        np.testing.assert_allclose(vmap(of_one)(X), expected, rtol=1e-12)
        np.testing.assert_allclose(vmap(of_one, 1)(np.ascontiguousarray(X.T)), expected, rtol=1e-12)
        nested = np.array([expected, [of_one(2 * x) for x in X]])
        np.testing.assert_allclose(vmap(vmap(of_one))(np.stack([X, 2 * X])), nested, rtol=1e-12)
    np.testing.assert_allclose(grad(lambda x: np.sum(vmap(f)(x)))(X), expected, rtol=1e-12)
    np.testing.assert_allclose(np.einsum("iij->ij", jacobian(vmap(f))(X)), expected, rtol=1e-12)


def test_a_write_to_the_argument_reaches_the_callers_array_as_in_a_loop_or_is_refused() -> None:
    def writes(x: Any) -> Any:
        x[0] = 7.0
        return x.sum()

    given = X.copy()
    vmap(writes)(given)
    np.testing.assert_array_equal(given[:, 0], 7.0)
    np.testing.assert_array_equal(given[:, 1:], X[:, 1:])
    for axis, other in ((1, X.copy()), (0, X.T.copy().T)):  # the batch is not the outermost axis in memory
        kept = other.copy()
        for f in (writes, lambda x: np.add(x, 1, out=x)):
            with pytest.raises(BatchError, match=r"Take a copy: y = x\.copy\(\)"):
                vmap(f, axis)(other)
        np.testing.assert_array_equal(other, kept)
        np.testing.assert_array_equal(
            vmap(lambda x: writes(x.copy()), axis)(other), vmap(writes)(np.moveaxis(kept, axis, 0).copy())
        )


def test_flags_and_strides_are_those_of_an_example() -> None:
    seen = []
    M = np.zeros((5, 2, 3))
    vmap(lambda x: (seen.append((x.flags.c_contiguous, x.strides, x.T.flags.c_contiguous)), x)[1])(M)
    vmap(vmap(lambda x: (seen.append((x.flags.c_contiguous, x.strides, False)), x)[1]))(M)
    assert seen == [(True, M[0].strides, False), (True, M[0, 0].strides, False)]


STEPS: list[Callable[[Any, Any, int], Any]] = [  # (an array, another, a number) -> a new array, or None
    lambda y, z, n: y.reshape(-1),
    lambda y, z, n: np.ravel(y),
    lambda y, z, n: y.T,
    lambda y, z, n: y[::-1],
    lambda y, z, n: y[n % 2 :] if len(y) > 1 else None,
    lambda y, z, n: y.reshape(2, -1) if y.size % 2 == 0 else None,
    lambda y, z, n: np.stack([y, y**2]),
    lambda y, z, n: np.concatenate([y, y]),
    lambda y, z, n: y[np.array([0, len(y) - 1, 0])],
    lambda y, z, n: y.__setitem__(n % len(y), 0.5),
    lambda y, z, n: y.__setitem__((..., 0), 2 * y[..., -1]),
    lambda y, z, n: y.__setitem__(slice(2), 2 * z[:2]) if y.ndim == z.ndim == 1 and len(y) == len(z) else None,
    lambda y, z, n: y.__iadd__(0.1) is None,
]


@pytest.mark.parametrize("seed", range(40))
def test_random_programs_of_views_and_writes_equal_a_loop(seed: int) -> None:
    rng = np.random.default_rng(seed)
    numbers = rng.integers(0, 100, size=(7, 4))
    given = rng.normal(size=(3, *((4,), (2, 3), (2, 2, 2))[seed % 3]))

    def f(x: Any) -> Any:
        xs = [x * 1.5]
        for which, i, j, n in numbers.tolist():
            made = STEPS[which % len(STEPS)](xs[i % len(xs)], xs[j % len(xs)], n)
            if hasattr(made, "dtype") and made.size < 500:
                xs.append(made)
        return sum(np.sum(np.sin(x) * (i + 1)) for i, x in enumerate(xs))

    for of_one in (f, grad(f)):
        expected = np.array([of_one(x.copy()) for x in given])
        for axis in (0, 1, -1):
            moved = np.ascontiguousarray(np.moveaxis(given, 0, axis))
            np.testing.assert_allclose(vmap(of_one, axis)(moved), expected, rtol=1e-10)
    np.testing.assert_allclose(grad(lambda x: np.sum(vmap(f)(x)))(given), expected, rtol=1e-10)
