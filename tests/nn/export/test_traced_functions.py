"""Every NumPy function that has an ONNX handler, against NumPy, on Tensors and on the plain arrays in them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from scipy import special

import nn
from autograd import Tensor, no_grad
from autograd.engine.recording import raw
from nn.export.handlers import FUNCTIONS, SCIPY_UFUNCS, UFUNCS

X = np.array(
    [[[0.3, -1.2, 2.0, 0.7], [1.5, 0.1, -0.4, 0.9]], [[-2.2, 0.6, 1.1, -0.8], [0.2, 3.0, -1.7, 0.5]]], np.float32
)
ROW = np.array([0.5, 2.0, -1.5, 1.0], np.float32)
WHERE = np.array([[2, 0], [1, 3]])


class Function(nn.Module):
    """A function of plain traced arrays: what a user computes beside Tensors."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self.function = function

    def forward(self, x: Any) -> Any:
        return self.function(raw(x))


def check(function: Callable[[Any], Any], x: np.ndarray, tmp_path: Path, dynamic: bool = True) -> None:
    path = tmp_path / "model.onnx"
    with np.errstate(all="ignore"):
        nn.export.to_onnx(Function(function), x, path, dynamic_batch=dynamic)
    found = onnxruntime.InferenceSession(path).run(None, {"x": x})
    with no_grad(), np.errstate(all="ignore"):
        expected = function(x)
    expected = expected if isinstance(expected, (tuple, list)) else [expected]
    for theirs, ours in zip(found, expected, strict=True):
        assert theirs.dtype == np.asarray(ours).dtype
        np.testing.assert_allclose(theirs, ours, rtol=1e-5, atol=1e-6)


POSITIVE = (np.log, np.sqrt, np.log2, np.log10, np.log1p, np.power, np.float_power)
UNIT = (np.arcsin, np.arccos, np.arctanh)
TRUTHS = (np.logical_and, np.logical_or, np.logical_xor, np.logical_not)
INTEGERS = (np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.invert)


ALL_UFUNCS = [*UFUNCS, *[getattr(special, name) for name in SCIPY_UFUNCS]]


@pytest.mark.parametrize("ufunc", ALL_UFUNCS, ids=[f.__name__ for f in ALL_UFUNCS])
def test_a_ufunc(ufunc: Any, tmp_path: Path) -> None:
    x, other = X, ROW
    if ufunc in POSITIVE:
        x = np.abs(X) + 0.1
    elif ufunc in UNIT:
        x = np.tanh(X)
    elif ufunc is np.arccosh:
        x = np.abs(X) + 1.1
    elif ufunc in INTEGERS:
        x, other = (X * 10).astype(np.int64), (ROW * 10).astype(np.int64)
    elif ufunc is np.matmul:
        other = np.stack([ROW, -ROW], 1)
    if ufunc.nin == 2:
        check(lambda x: (ufunc(x, other), ufunc(x, 2) if ufunc is not np.matmul else x), x, tmp_path)
    else:
        check(ufunc, x, tmp_path)


@pytest.mark.parametrize("ufunc", [np.add, np.multiply, np.maximum, np.minimum, np.bitwise_and, np.invert], ids=str)
def test_a_ufunc_of_truth_values(ufunc: Any, tmp_path: Path) -> None:
    check(lambda x: ufunc(x > 0, x < 1) if ufunc.nin == 2 else ufunc(x > 0), X, tmp_path)


def test_special_values(tmp_path: Path) -> None:
    x = np.array([[-np.inf, np.inf, np.nan, 0.0, -1e-8, 90.0]], np.float32)
    check(lambda x: (np.isnan(x), np.isinf(x), np.isfinite(x), np.logaddexp(x, 0), np.nan_to_num(x)), x, tmp_path)
    check(lambda x: (np.fmax(x, 1), np.expm1(np.minimum(x, 80.0)), np.arctan2(x[:, 3:], -1.0)), x, tmp_path)
    check(lambda x: np.logaddexp(x, x), x, tmp_path)


def test_integers_and_mixed_dtypes_as_in_numpy(tmp_path: Path) -> None:
    n = np.array([[7, -7, 3], [2, 5, -4]])
    check(lambda n: (n % 3, n // 3, n / 2, n * 1.5, n + np.float32(1), n.astype(np.float32), -n, n == 3), n, tmp_path)


CASES: dict[Any, list[Callable[[Any], Any]]] = {
    np.reshape: [lambda x: x.reshape(x.shape[0], -1), lambda x: np.reshape(x, (-1, 4))],
    np.ravel: [np.ravel, lambda x: x.flatten()], np.expand_dims: [lambda x: np.expand_dims(x, (0, 2))],
    np.atleast_1d: [np.atleast_1d], np.atleast_2d: [np.atleast_2d], np.atleast_3d: [np.atleast_3d],
    np.squeeze: [lambda x: np.squeeze(x[:, :1], 1), lambda x: x[:, :, :1].squeeze(-1)],
    np.transpose: [np.transpose, lambda x: x.transpose(1, 0, 2), lambda x: x.T],
    np.permute_dims: [lambda x: np.permute_dims(x, (2, 0, 1))], np.matrix_transpose: [np.matrix_transpose,
        lambda x: x.mT],
    np.swapaxes: [lambda x: np.swapaxes(x, 0, -1)],
    np.moveaxis: [lambda x: np.moveaxis(x, 0, -1), lambda x: np.moveaxis(x, (0, 1), (-1, 0))],
    np.concatenate: [lambda x: np.concatenate([x, x + 1], -1), lambda x: np.concatenate([x, x], axis=None)],
    np.stack: [lambda x: np.stack([x, x > 0], -1)], np.split: [lambda x: np.split(x, 2, axis=2)],
    np.array_split: [lambda x: np.array_split(x, 3, axis=2)], np.unstack: [lambda x: np.unstack(x, axis=1)],
    np.broadcast_to: [lambda x: np.broadcast_to(x, (3, *x.shape))],
    np.broadcast_arrays: [lambda x: np.broadcast_arrays(x, x[:, :1], ROW)],
    np.tile: [lambda x: np.tile(x, (2, 1, 3)), lambda x: np.tile(x, (2, 1, 1, 1))],
    np.repeat: [lambda x: np.repeat(x, 3, axis=1), lambda x: np.repeat(x, 2)],
    np.flip: [np.flip, lambda x: np.flip(x, 2)], np.fliplr: [np.fliplr], np.flipud: [np.flipud],
    np.roll: [lambda x: np.roll(x, 3, 2), lambda x: np.roll(x, (1, -1), (1, 2)), lambda x: np.roll(x, 1)],
    np.pad: [lambda x: np.pad(x, ((0, 0), (1, 0), (2, 1))), lambda x: np.pad(x, ((0, 0), (1, 0), (2, 1)), "wrap")],
    np.where: [lambda x: np.where(x > 0, x, 0), lambda x: np.where(x > 0, 1, 2)],
    np.tril: [lambda x: np.tril(x, 1)], np.triu: [np.triu], np.diff: [np.diff, lambda x: np.diff(x, 2, axis=-1)],
    np.asarray: [lambda x: x + np.asarray([1.0], np.float32, like=x)], np.array: [lambda x: x + np.array([2], like=x)],
    np.asanyarray: [lambda x: np.asanyarray([1], like=x) * x],
        np.ascontiguousarray: [lambda x: np.ascontiguousarray([1], like=x) * x],
    np.copy: [np.copy], np.zeros_like: [lambda x: np.zeros_like(x) + x], np.ones_like: [lambda x: np.ones_like(x, int)],
    np.full_like: [lambda x: np.full_like(x, 3)], np.empty_like: [lambda x: 0 * np.ones_like(np.empty_like(x))],
    np.full: [lambda x: np.full((2,), 1.0, like=x)], np.zeros: [lambda x: np.zeros(3, like=x) + x[0, 0, 0]],
    np.ones: [lambda x: np.ones(3, like=x)], np.empty: [lambda x: np.ones_like(np.empty(3, like=x))],
    np.einsum: [lambda x: np.einsum("bij,j->bi", x, ROW), lambda x: np.einsum("...ij,...kj -> ...ik", x, x)],
    np.tensordot: [lambda x: np.tensordot(x, ROW, 1), lambda x: np.tensordot(x, x, ([1, 2], [1, 2]))],
    np.dot: [lambda x: np.dot(x, ROW), lambda x: np.dot(x, 2), lambda x: np.dot(x[0], x.mT)],
    np.inner: [lambda x: np.inner(x, x), lambda x: np.inner(x, 3)], np.outer: [lambda x: np.outer(x[0, 0], ROW)],
    np.sum: [np.sum, lambda x: x.sum((0, 2), keepdims=True), lambda x: np.sum(x > 0, 1), lambda x: np.add.reduce(x)],
    np.mean: [np.mean, lambda x: x.mean(0)], np.prod: [lambda x: np.prod(x, -1)],
    np.max: [lambda x: x.max(1), lambda x: np.max(x, initial=1.0), lambda x: np.maximum.reduce(x, -1)],
    np.amax: [np.amax], np.min: [lambda x: np.min(x, 2)], np.amin: [np.amin],
    np.all: [lambda x: np.all(x > -1, 1)], np.any: [lambda x: (x > 1).any(axis=1, keepdims=True), np.any],
    np.count_nonzero: [lambda x: np.count_nonzero(x > 0, axis=1)],
    np.argmax: [np.argmax, lambda x: np.argmax(x, 1), lambda x: np.argmax(x > 0, axis=2, keepdims=True)],
    np.argmin: [lambda x: x.argmin(-1), lambda x: np.argmin(x, keepdims=True)],
    np.cumsum: [np.cumsum, lambda x: np.cumsum(x, 1), lambda x: np.add.accumulate(x, -1)],
    np.var: [np.var, lambda x: np.var(x, 1, ddof=1)], np.std: [lambda x: np.std(x, -1, keepdims=True)],
    np.linalg.norm: [
        np.linalg.norm, *[lambda x, p=p: np.linalg.norm(x, p, axis=1) for p in (1, 2, 3, np.inf, -np.inf)],
    ],
    np.clip: [lambda x: np.clip(x, -1, 1), lambda x: x.clip(max=ROW), lambda x: np.clip(x, None, 0.5)],
    np.round: [np.round, lambda x: np.round(x, 1)], np.around: [np.around], np.nan_to_num: [np.nan_to_num],
    np.sort: [np.sort, lambda x: np.sort(x, axis=None)], np.argsort: [lambda x: np.argsort(x, 1)],
    np.take: [lambda x: np.take(x, WHERE, axis=2), lambda x: np.take(x, [5, 0])],
    np.take_along_axis: [lambda x: np.take_along_axis(x, np.argsort(x, -1)[..., :2], -1),
        lambda x: np.take_along_axis(x[0], WHERE, -1)],
    np.diagonal: [lambda x: np.diagonal(x, 1, 1, 2), lambda x: np.diagonal(x, -1, 2, 1)],
    "cast": [lambda x: x.astype(int)],
    "getitem": [
        lambda x: x[0], lambda x: x[..., -1], lambda x: x[:, None, 1, ::2], lambda x: x[::-1, :, -1:0:-2],
        lambda x: x[0, 1, 2],
        lambda x: x[:, :, WHERE], lambda x: x[:, [1, 0], [2, 3]], lambda x: x[[0, 0], :, [2, 3]],
        lambda x: x[:, 1, [0, 2]],
        lambda x: x[:, np.array([True, False])], lambda x: x[:, WHERE[:, :1] % 2, np.arange(4)],
        lambda x: x[:, [0], None, 1:],
        lambda x: x[np.arange(len(x)), 1, np.argmax(x[:, 0], -1)],
    ],
    "setitem": [
        lambda x: written(x, (slice(None), 0), 7.0), lambda x: written(x, (Ellipsis, slice(0, None, 2)), ROW[:2]),
        lambda x: written(x, (slice(None), [0, 1], [2, 3]), 5), lambda x: written(x, slice(None), 1),
        lambda x: written(x, (slice(None), slice(None), -1), -x[:, :, 0]),
    ],
}  # fmt: skip


def written(x: Any, index: Any, values: Any) -> Any:
    """A copy of x with values written to it."""
    y = np.copy(x)
    y[index] = values
    return y


ONE_SIZE = ("setitem", 2)  # the batch is indexed together with arrays, at places that the example fixes


def test_every_handler_has_a_case() -> None:
    assert CASES.keys() == FUNCTIONS.keys()


@pytest.mark.parametrize(
    ("name", "number"),
    [(f, i) for f, several in CASES.items() for i in range(len(several))],
    ids=lambda x: getattr(x, "__name__", x) if callable(x) else str(x),
)
def test_a_function(name: Any, number: int, tmp_path: Path) -> None:
    check(CASES[name][number], X, tmp_path, dynamic=(name, number) != ONE_SIZE)


def test_writes_in_place(tmp_path: Path) -> None:
    def function(x: Any) -> Any:
        y = x * 1
        y += 1
        np.multiply(y, 2, out=y)
        return y

    check(function, X, tmp_path)


def test_the_same_functions_of_tensors(tmp_path: Path) -> None:
    class Model(nn.Module):
        def forward(self, x: Tensor) -> Any:
            x = x[:, :, 1:] ** 2 + np.exp(-x[:, :, :1])
            x[:, 0] += 1
            top = np.sort(x, axis=-1)[..., -2:]
            best = np.take_along_axis(x, np.argmax(x, -1)[..., None], -1)
            return np.concatenate([top, best, special.erf(x).mean(-1, keepdims=True)], -1)

    nn.export.to_onnx(Model(), X, tmp_path / "model.onnx")
    found = onnxruntime.InferenceSession(tmp_path / "model.onnx").run(None, {"x": X})[0]
    np.testing.assert_allclose(found, Model()(Tensor(X)).numpy(), rtol=1e-5)
