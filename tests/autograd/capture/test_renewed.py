"""What is computed in place is a new value of the program: the results, and NumPy's warnings, stay eager's."""

import warnings

import numpy as np
import pytest

import autograd

X = np.linspace(-2, 3, 12, dtype=np.float32).reshape(3, 4)


def centred_twice(x):
    m = x.mean(axis=0)
    y = x - m
    z = y * y
    y *= 3
    return z + y + (x - m)


def shown(x):
    y = x * 2
    flat = y.reshape(-1)
    y += 1
    y *= flat.reshape(3, 4)
    return flat + 0


def shown_afterwards(x):
    y = x * 2
    y += 1
    flat = y.reshape(-1)
    y *= 3
    return flat - y.ravel()


def returned(x):
    y = x.T * 2
    z = y + 1
    y -= z
    return y


def widened(x):
    y = x * 2
    y += np.float64(0.1) * np.ones(4)
    return y.sum()


def broadcast(x):
    y = x.sum(axis=0) * 1
    y *= 2
    y += x[0]
    return np.exp(y)


def indexed(x):
    y = x * 2
    y += 1
    y[0] = 5
    y -= 2
    return y * 1


@pytest.mark.parametrize("f", [centred_twice, shown, shown_afterwards, returned, widened, broadcast, indexed])
def test_results_are_eagers(f):
    step = autograd.capture(f)
    for i in range(5):
        found, expected = step(X + i), f(X + i)
        assert found.tobytes("A") == expected.tobytes("A")
        assert (found.dtype, found.strides) == (expected.dtype, expected.strides)
    assert step.calls["replayed"] == 2


def test_what_a_rule_computes_again_is_computed_once():
    step = autograd.capture(centred_twice)
    for _ in range(4):
        step(X)
    assert sum(getattr(op.function, "__name__", "") == "sub" for op in step.program.ops) == 1


PAIRS = [("ignore", "warn", 1), ("warn", "ignore", 1), ("warn", "warn", 1), ("ignore", "ignore", 0)]


@pytest.mark.parametrize(("first", "second", "number"), PAIRS)
def test_numpys_warnings_are_those_of_eager(first, second, number):
    """One at least, where eager gives one: what is computed once warns once."""

    def twice(x):
        with np.errstate(invalid=first):
            a = np.sqrt(x)
        with np.errstate(invalid=second):
            b = np.sqrt(x)
        return a + b

    step = autograd.capture(twice)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(3):
            step(X)
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        step(X)
    assert step.calls["replayed"] == 1
    assert len(found) == number
