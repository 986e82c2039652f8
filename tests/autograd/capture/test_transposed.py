"""Copies of matrices that products take transposed: where they pay and give the same bits, and only there."""

import math
import sys

import numpy as np
import pytest

import autograd


@pytest.fixture
def trials(monkeypatch):
    """Say how long a product with the copy, and the copy itself, take, of the time of a product without it."""
    module = sys.modules["autograd.capture.transposed"]

    def set_to(product, copying, same=True):
        monkeypatch.setattr(module, "_tried", lambda *_: (1.0, product if same else math.inf, copying))

    return set_to


def products(x, w):
    for _ in range(5):
        x = np.remainder(x @ w.T, 5)
    return x


def written_between(x, w):
    w = w * 1
    for _ in range(5):
        x = np.remainder(x @ w.T, 5)
        w += 1
    return x


def copies(step):
    return sum(getattr(op.function, "__name__", "") == "copy" for op in step.program.ops)


def replayed(f):
    rng = np.random.default_rng(0)
    step = autograd.capture(f)
    for _ in range(5):
        x, w = (rng.integers(0, 5, (n, 64)).astype(np.float32) for n in (16, 64))  # whole numbers: exact in any order
        assert step(x, w).tobytes() == f(x, w).tobytes()
    assert step.calls["replayed"] == 2
    return step


def test_one_copy_for_all_products(trials):
    trials(product=0.5, copying=2.0)
    assert copies(replayed(products)) == 1


@pytest.mark.parametrize(("product", "copying"), [(0.5, 3.0), (1.1, 0.0)])
def test_no_copy_that_does_not_pay(trials, product, copying):
    trials(product, copying)
    assert copies(replayed(products)) == 0


@pytest.mark.parametrize(("copying", "number"), [(0.6, 0), (0.1, 5)])
def test_a_matrix_that_is_written_between_is_copied_for_each_product(trials, copying, number):
    trials(0.5, copying)
    assert copies(replayed(written_between)) == number


def test_vectors_are_left_as_they_are(trials):
    trials(product=0.5, copying=0.0)
    assert copies(replayed(lambda x, w: products(x[:1], w))) == 0


def test_no_copy_where_the_product_has_other_bits(trials):
    trials(product=0.5, copying=0.0, same=False)
    assert copies(replayed(products)) == 0


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64])
def test_a_product_with_other_bits_is_found(dtype):
    tried = sys.modules["autograd.capture.transposed"]._tried
    size = np.dtype(dtype).itemsize
    layouts = (((16, 8), np.dtype(dtype), (8 * size, size)), ((8, 8), np.dtype(dtype), (size, 8 * size)))
    ulp = np.finfo(dtype).eps
    assert tried(lambda a, b: np.matmul(a, b) * dtype(1 + ulp * b.flags.c_contiguous), layouts)[1] == math.inf
    assert tried(lambda a, b: np.einsum("ij,jk", a, b.copy()), layouts)[1] < math.inf
