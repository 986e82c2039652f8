"""The methods that a Tensor shares with ndarray: NumPy's values, and the gradient of the function of that name."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Tensor
from autograd.engine.gradients import gradients
from autograd.errors import DTypeError, InPlaceError, NoRuleError, ShapeError
from autograd.tensor.methods import ArrayMethods
from tests.cases import cotangents

X = np.random.default_rng(3).normal(size=(3, 4))

RECORDED: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {  # the method, and NumPy's function
    "sum": (lambda x: x.sum(), np.sum),
    "sum axis": (lambda x: x.sum(1, keepdims=True), lambda x: np.sum(x, 1, keepdims=True)),
    "sum options": (lambda x: x.sum((0, 1), float, initial=2.0), lambda x: np.sum(x, (0, 1), float, initial=2.0)),
    "sum where": (lambda x: x.sum(where=X > 0), lambda x: np.sum(x, where=X > 0)),
    "prod": (lambda x: x.prod(axis=0), lambda x: np.prod(x, 0)),
    "mean": (lambda x: x.mean(-1, None, None, True), lambda x: np.mean(x, -1, keepdims=True)),
    "max": (lambda x: x.max(1), lambda x: np.max(x, 1)),
    "min": (lambda x: x.min(axis=0, keepdims=True), lambda x: np.min(x, 0, keepdims=True)),
    "var": (lambda x: x.var(1, ddof=1), lambda x: np.var(x, 1, ddof=1)),
    "std": (lambda x: x.std(0, ddof=1), lambda x: np.std(x, 0, correction=1)),
    "cumsum": (lambda x: x.cumsum(1), lambda x: np.cumsum(x, 1)),
    "cumprod": (lambda x: x.cumprod(axis=0), lambda x: np.cumprod(x, 0)),
    "trace": (lambda x: x.trace(1), lambda x: np.trace(x, 1)),
    "dot": (lambda x: x.dot(X.T), lambda x: np.dot(x, X.T)),
    "clip": (lambda x: x.clip(-0.5, 0.5), lambda x: np.clip(x, -0.5, 0.5)),
    "clip above": (lambda x: x.clip(max=0.2), lambda x: np.clip(x, None, 0.2)),
    "conj": (lambda x: x.conj() * x.conjugate(), lambda x: np.conj(x) * np.conjugate(x)),
    "real": (lambda x: x.real, np.real),
    "reshape": (lambda x: x.reshape(2, -1), lambda x: np.reshape(x, (2, -1))),
    "reshape tuple": (lambda x: x.reshape((4, 3), order="F"), lambda x: np.reshape(x, (4, 3), order="F")),
    "reshape number": (lambda x: x.reshape(-1), lambda x: np.reshape(x, -1)),
    "ravel": (lambda x: x.ravel("F"), lambda x: np.ravel(x, "F")),
    "flatten": (lambda x: x.flatten(), np.ravel),
    "transpose": (lambda x: x.transpose(), np.transpose),
    "transpose none": (lambda x: x.transpose(None), np.transpose),
    "transpose numbers": (lambda x: x.transpose(1, 0), lambda x: np.transpose(x, (1, 0))),
    "transpose tuple": (lambda x: x.transpose((-1, 0)), lambda x: np.transpose(x, (-1, 0))),
    "T": (lambda x: x.T, np.transpose),
    "swapaxes": (lambda x: x.swapaxes(0, 1), lambda x: np.swapaxes(x, 0, 1)),
    "squeeze": (lambda x: x[None, :, None].squeeze(2), lambda x: np.squeeze(x[None, :, None], 2)),
    "repeat": (lambda x: x.repeat(2, axis=1), lambda x: np.repeat(x, 2, axis=1)),
    "repeat all": (lambda x: x.repeat(2), lambda x: np.repeat(x, 2)),
    "diagonal": (lambda x: x.diagonal(1), lambda x: np.diagonal(x, 1)),
    "take": (lambda x: x.take([1, 1], 1), lambda x: np.take(x, [1, 1], 1)),
    "compress": (
        lambda x: x.compress([True, False, True], axis=0),
        lambda x: np.compress([True, False, True], x, axis=0),
    ),
    "astype": (lambda x: x.astype(np.float32), lambda x: x.astype(np.float32)),
    "copy": (lambda x: x.copy(), np.copy),
}

PLAIN: dict[str, Callable[[Any], Any]] = {
    "argmax": lambda x: x.argmax(),
    "argmax axis": lambda x: x.argmax(axis=1, keepdims=True),
    "argmin": lambda x: x.argmin(0),
    "argsort": lambda x: x.argsort(axis=0, kind="stable"),
    "argpartition": lambda x: x.argpartition(2),
    "searchsorted": lambda x: x[0].searchsorted(0.5, side="right"),
    "nonzero": lambda x: np.stack(x.nonzero()),
    "any": lambda x: x.any(axis=0),
    "all": lambda x: x.all(keepdims=True),
    "imag": lambda x: x.imag,
    "strides": lambda x: x.strides,
    "flags": lambda x: x.flags.c_contiguous,
    "len flat": lambda x: len(x.flat),
}


@pytest.mark.parametrize(("method", "function"), RECORDED.values(), ids=RECORDED)
def test_a_method_is_numpys(method: Any, function: Any) -> None:
    t = Tensor(X, requires_grad=True)
    y, z, numpys = method(t), function(t), method(X)
    assert isinstance(y, Tensor)
    assert y.requires_grad
    assert (y.shape, y.dtype) == (numpys.shape, numpys.dtype)
    np.testing.assert_allclose(y.numpy(), numpys, rtol=1e-14)
    ours, named = (gradients(o, [t], cotangents([o]))[0].numpy() for o in (y, z))
    assert ours.dtype == X.dtype
    np.testing.assert_array_equal(ours, named)


@pytest.mark.parametrize("method", PLAIN.values(), ids=PLAIN)
def test_what_has_no_derivative_is_plain(method: Any) -> None:
    y = method(Tensor(X, requires_grad=True))
    assert not isinstance(y, Tensor)
    np.testing.assert_array_equal(y, method(X))


def parameters(function: Any) -> list[tuple[str, Any, bool]]:
    """The parameters after self, their defaults and whether they are keyword-only."""
    listed = list(inspect.signature(function).parameters.values())[1:]
    return [(p.name, p.default, p.kind is p.KEYWORD_ONLY) for p in listed if p.kind is not p.VAR_KEYWORD]


NAMES = "prod mean max min var std cumsum cumprod trace take compress argsort argmax argmin any all repeat diagonal"


@pytest.mark.parametrize("name", NAMES.split())
def test_arguments_stand_as_in_numpy(name: str) -> None:
    """Function and method take the same arguments in the same order, except for compress: condition first in both."""
    ours = [p[0] for p in parameters(getattr(ArrayMethods, name))]
    function = getattr(np, name)
    numpys = [p for p in inspect.signature(function).parameters if p not in ("a", "array")]
    assert ours[: len(numpys)] == numpys


def test_round_is_a_constant() -> None:
    y = Tensor(X, requires_grad=True).round(1)
    np.testing.assert_array_equal(getattr(y, "data", y), X.round(1))
    assert not getattr(y, "requires_grad", False)


def test_astype() -> None:
    t = Tensor(X, requires_grad=True)
    assert t.astype(float, copy=False) is t
    assert t.astype(float) is not t
    n = t.astype(int)
    assert not n.requires_grad
    np.testing.assert_array_equal(n.numpy(), X.astype(int))
    with pytest.raises(DTypeError, match="casting='safe'"):
        t.astype(np.float32, casting="safe")
    with pytest.raises(NoRuleError, match="memory order"):
        t.astype(float, order="F")


def test_choose_by_a_tensor_of_integers() -> None:
    which, x = Tensor(np.array([0, 1, 0])), Tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = which.choose([x, 10 * x])
    assert y.tolist() == [1.0, 20.0, 3.0]
    y.sum().backward()
    assert x.grad.tolist() == [1.0, 10.0, 1.0]


def test_complex_constants_have_parts() -> None:
    z = Tensor(np.array([1 + 2j]))
    assert z.real.tolist() == [1.0]
    assert z.imag.tolist() == [2.0]


# In place


WRITES: dict[str, Callable[[Any], Any]] = {
    "sort": lambda x: x.sort(),
    "sort axis": lambda x: x.sort(0, "stable"),
    "partition": lambda x: x.partition(2),
    "partition axis": lambda x: x.partition((0, 1), axis=0),
    "fill": lambda x: x.fill(3.0),
    "put": lambda x: x.put([0, -1, 5], [1.0, 2.0]),
    "put wrap": lambda x: x.put([[13], [-14]], 7.0, mode="wrap"),
    "put nothing": lambda x: x.put([], [1.0]),
    "flat number": lambda x: x.flat.__setitem__(5, 1.0),
    "flat slice": lambda x: x.flat.__setitem__(slice(2, None, 3), [1.0, 2.0]),
    "flat mask": lambda x: x.flat.__setitem__((X > 0).ravel(), 0.0),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
@pytest.mark.parametrize("owner", ["result", "constant", "leaf under no_grad"])
def test_writing_methods(write: Any, owner: str) -> None:
    numpys = X.copy()
    write(numpys)
    if owner == "result":
        source = Tensor(X, requires_grad=True)
        t = source * 1.0
        old = t.numpy()
        assert write(t) is None
        np.testing.assert_array_equal(old, X)  # a new value under the old name
        t.backward(np.ones(X.shape))
        kept = source.grad.numpy().sum()  # an element that was not overwritten keeps its gradient, wherever it is now
        assert kept == np.isin(numpys, X).sum()
    elif owner == "constant":
        t = Tensor(X)
        write(t)
        assert t.node is None
    else:
        t = Tensor(X.copy(), requires_grad=True)
        held = t.numpy()
        with (
            pytest.raises(InPlaceError, match="would overwrite a leaf")
            if write is not WRITES["put nothing"]
            else autograd.enable_grad()
        ):
            write(t)
        np.testing.assert_array_equal(held, X)
        with autograd.no_grad():
            write(t)
        assert t.numpy() is held
    np.testing.assert_array_equal(t.numpy(), numpys)


def test_a_tensor_is_put_with_its_gradient() -> None:
    v = Tensor([1.0, 2.0], requires_grad=True)
    y = Tensor(np.zeros((2, 3)))
    y.put([0, 4, 5], v)  # the values are repeated
    y.flat[1] = v[1]
    assert y.tolist() == [[1.0, 2.0, 0.0], [0.0, 2.0, 1.0]]
    y.sum().backward()
    assert v.grad.tolist() == [2.0, 2.0]


def test_flat_reads() -> None:
    t = Tensor(X, requires_grad=True)
    assert [v.item() for v in t.flat] == X.ravel().tolist()
    (t.flat[2] + 2 * t.flat[[0, 0]].sum() + t.flat[-1]).backward()
    wanted = np.zeros(12)
    wanted[[0, 2, -1]] = 4, 1, 1
    np.testing.assert_array_equal(t.grad.numpy().ravel(), wanted)


def test_what_cannot_be_written() -> None:
    t = Tensor(X) * 1.0
    with pytest.raises(NoRuleError, match=r"np\.resize"):
        t.resize((2, 2))
    with pytest.raises(ShapeError, match="one value"):
        t.fill([1.0, 2.0])
    with pytest.raises(IndexError, match="out of bounds"):
        t.put([12], 0.0)
    with pytest.raises(NoRuleError, match="out="):
        (t * Tensor(1.0, requires_grad=True)).sum(out=np.zeros(()))
