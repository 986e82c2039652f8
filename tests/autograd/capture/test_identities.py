"""Products with an identity, done row by row: eager's bits, signs of zero, nan and inf included."""

import sys
import warnings

import numpy as np
import pytest

import autograd

N = 40
MATMULS = ("matmul", "dot")


def weights(seed, dtype, shape=(N, N)):
    rng = np.random.default_rng(seed)
    return (rng.normal(size=shape) * rng.choice([0, -0.0, 1, 1], shape)).astype(dtype)


def network(w1, w2):
    return lambda x: np.tanh(w2 @ np.tanh(w1 @ x))


def linear(w1, w2):
    return lambda x: w2 @ np.tanh(w1 @ x)


def relus(w1, w2):
    return lambda x: np.maximum(w2 @ (w1 @ x), 0)


def products(step):
    return sum(getattr(op.function, "__name__", "") in MATMULS and len(op.out[0].shape) == 2 for op in step.program.ops)


def same(step, f, *args):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found, expected = step(*args), f(*args)
    assert (found.dtype, found.strides, found.tobytes()) == (expected.dtype, expected.strides, expected.tobytes())


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("of", "left"), [(network, 1), (linear, 1), (relus, 2)])
def test_jacobians(of, left, dtype):
    def matrix(x, w1, w2):
        return autograd.jacobian(of(w1, w2))(x)

    step = autograd.capture(matrix)
    for i in range(6):
        same(step, matrix, weights(i, dtype, N), weights(i + 10, dtype), weights(i + 20, dtype))
    assert step.calls["replayed"] == 3
    assert products(step) == left


@pytest.mark.parametrize("value", [np.inf, np.nan, 1e30])
@pytest.mark.parametrize("from_the_first_on", [False, True])
def test_what_is_not_finite_takes_eagers_way(value, from_the_first_on):
    def matrix(x, w1, w2):
        return autograd.jacobian(network(w1, w2))(x)

    step = autograd.capture(matrix)
    for i in range(10):
        w1, w2 = weights(i + 10, np.float32), weights(i + 20, np.float32)
        if from_the_first_on or i in (5, 8):
            w2[3, 4] = value
        same(step, matrix, weights(i, np.float32, N), w1, w2)
    assert step.calls["replayed"] >= 4


def test_an_identity_of_the_users_may_change():
    eye = np.eye(N, dtype=np.float32)

    def f(d, w):
        return (eye * d) @ w

    step = autograd.capture(f)
    for i in range(7):
        if i > 4:
            eye[0, 1] = i
        same(step, f, weights(i, np.float32, N), weights(i + 9, np.float32))
    assert step.calls["replayed"] == 4
    assert products(step) == 1


def test_a_scaled_identity_that_is_returned_is_made():
    def f(d, w):
        m = np.eye(N, dtype=np.float32) * d
        return np.concatenate([m, m @ w])

    step = autograd.capture(f)
    for i in range(5):
        same(step, f, weights(i, np.float32, N), weights(i + 9, np.float32))
    assert step.calls["replayed"] == 2
    assert products(step) == 1


def test_where_blas_has_other_bits_the_product_stays(monkeypatch):
    monkeypatch.setattr(sys.modules["autograd.capture.identities"], "_same", lambda *_: False)
    step = autograd.capture(lambda x, w: autograd.jacobian(network(w, w))(x))
    for i in range(4):
        step(weights(i, np.float32, N), weights(i + 9, np.float32))
    assert products(step) == 2


@pytest.mark.parametrize("viewed", [False, True])
def test_an_identity_that_someone_else_keeps_is_a_constant_like_others(viewed):
    kept = []

    def f(d, w):
        eye = np.eye(N, dtype=np.float32)
        kept.append(eye)
        return ((eye.reshape(N, N) if viewed else eye) * d) @ w

    step = autograd.capture(f)
    for i in range(4):
        same(step, f, weights(i, np.float32, N), weights(i + 9, np.float32))
    assert products(step) == 1
