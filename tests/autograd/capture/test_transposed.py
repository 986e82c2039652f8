"""Copies of matrices that products take transposed: where they pay and give the same bits, and only there."""

import sys

import numpy as np
import pytest

import autograd


@pytest.fixture
def trials(monkeypatch):
    """Say how long a product with the copy, and the copy itself, take, of the time of a product without it."""
    module = sys.modules["autograd.capture.transposed"]

    def set_to(product, copying, same=True):
        def seconds(function):
            if function.__name__ == "copy":
                return copying
            return product if "ordered" in function.__code__.co_freevars else 1.0

        monkeypatch.setattr(module, "_seconds", seconds)
        monkeypatch.setattr(module, "same_bits", lambda a, b: same)

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
