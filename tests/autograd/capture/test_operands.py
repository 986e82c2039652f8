"""Numbers among operands, and results that are written over operands: equal to eager to the bit."""

import warnings

import numpy as np
import pytest

import autograd
import nn
from autograd.capture.memory import Gradients

NUMBERS = [
    2, -3, 0, True, 2**24 + 1, 10**12, 0.1, -0.0, 1e300, -1e-300, float("inf"), float("nan"),
    np.float32(0.1), np.float64(0.1), np.float16(3), np.int8(-3), np.uint64(7), np.bool_(True),
]  # fmt: skip
ARRAYS = {
    "float32": np.linspace(-2, 2, 12, dtype=np.float32).reshape(3, 4),
    "float64": np.linspace(-2, 2, 12).reshape(4, 3).T,
    "float16": np.linspace(-2, 2, 6, dtype=np.float16),
    "int8": np.arange(-3, 3, dtype=np.int8),
    "int64": np.arange(-3, 3),
    "uint8": np.arange(6, dtype=np.uint8),
    "bool": np.array([True, False, True]),
    "complex64": (np.arange(4) + 1j).astype(np.complex64),
}
CALLS = {
    "add": lambda x, n: x + n,
    "reflected": lambda x, n: n - x,
    "multiply": lambda x, n: np.multiply(x, n),
    "divide": lambda x, n: n / (x * x + 1),
    "maximum": lambda x, n: np.maximum(x, n),
    "power": lambda x, n: np.power(np.abs(x), n),
    "float_power": lambda x, n: np.float_power(np.abs(x), n),
    "copysign": lambda x, n: np.copysign(x.real, n),
    "less": lambda x, n: x < n,
    "equal": lambda x, n: np.equal(n, x),
    "mod": lambda x, n: np.remainder(x, n),
    "in place": lambda x, n: np.add(x * 1, n, out=x * 1),
    "where": lambda x, n: np.where(x.real > 0, x, n) * n,
}


def outcome(f, *args):
    """(dtype and bits, what was warned of), or the error."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        try:
            out = f(*args)
        except (TypeError, ValueError, OverflowError) as error:
            return type(error)
    return np.asarray(out).dtype, np.asarray(out).tobytes(), {str(w.message) for w in seen}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("array", ARRAYS)
def test_numbers(call, array):
    x, f = ARRAYS[array], CALLS[call]
    for n in NUMBERS:
        expected = outcome(f, x, n)
        if isinstance(expected, type):  # NumPy does not compute it either
            continue
        fast = autograd.capture(lambda x, n=n: f(x, n))
        for _ in range(4):
            found = outcome(fast, x)
        assert found == expected, n
        assert fast.calls["replayed"] == 1


def test_one_operand_for_two_numbers_of_one_value():
    fast = autograd.capture(lambda x, y: (x * 0.0 + 1, x * -0.0 + 1, 1 / (x * 0.0), 1 / (x * -0.0), y * 3, x * 3))
    x, y = np.ones(5, np.float32), np.arange(5)
    with np.errstate(divide="ignore"):
        for _ in range(4):
            found = fast(x, y)
    assert [a.dtype.char for a in found] == ["f"] * 4 + ["l", "f"]
    assert (found[2] == np.inf).all()
    assert (found[3] == -np.inf).all()


@pytest.mark.parametrize("f", [
    lambda x: np.exp(-(x * 2)) + 1,
    lambda x: (y := x * 2) + y[::-1],  # the reversed row is a view of it
    lambda x: (y := x * 2) * y - y.T.sum(),
    lambda x: np.sqrt(y := x * x) + y.sum(axis=0),
    lambda x: (y := x + 1) + np.add(y.T, 0, order="C").T,  # another layout
    lambda x: ((y := x * 3) > 1) * (y - 1),
    lambda x: np.negative(x + 1)[1:] - (x * 2)[:-1],
    lambda x: (y := x * 2, y + 1, y * y),
], ids=range(8))  # fmt: skip
def test_results_go_over_operands_that_nothing_reads_any_more(f):
    rng = np.random.default_rng(0)
    fast = autograd.capture(f)
    for _ in range(6):
        x = rng.normal(size=(8, 8))
        kept = x.copy()
        found, expected = autograd.tree_leaves(fast(x)), autograd.tree_leaves(f(x))
        assert [a.tobytes() for a in found] == [a.tobytes() for a in expected]
        assert (x == kept).all()
    assert fast.calls["replayed"] == 3


def test_a_chain_takes_the_memory_of_one_array():
    fast = autograd.capture(lambda x: np.exp(np.tanh(np.sin(x * 2) + 1) * 3).sum())
    for _ in range(3):
        fast(np.ones(1000))
    assert fast.program.nbytes == 8000


def test_who_keeps_a_gradient_is_found_also_after_another_look():
    p = nn.Parameter(np.ones((3, 2)))
    gradients = Gradients([p])
    for keep in (lambda g: g, lambda g: g._array, lambda g: g._array[1:], lambda g: g.reshape(-1)):
        gradients.watch()
        assert not gradients.held()
        p._grad = gradients.of[id(p)]
        assert not gradients.held()
        kept = keep(p._grad)
        assert gradients.held()
        del kept
        p._grad = None
    gradients.of[id(p)].requires_grad_()
    assert gradients.held()
