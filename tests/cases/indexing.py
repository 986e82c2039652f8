"""Elements selected, assigned, taken and chosen."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import Tensor
from tests.cases.case import Case, constant, normal

MASK = np.arange(12).reshape(3, 4) % 3 == 1
ROWS = np.array([2, 0, -1, 0])

BASIC: dict[str, Any] = {
    "number": 1,
    "negative number": (-1, -2),
    "slice": slice(1, None),
    "negative step": (slice(None, None, -1), slice(None, 0, -2)),
    "newaxis": (None, slice(None), None, 2),
    "ellipsis": (..., 0),
    "nothing": (),
    "empty": slice(3, 1),
}

ADVANCED: dict[str, Any] = {
    "rows repeated": ROWS,
    "rows of two dimensions": np.array([[0, 1], [1, 1]]),
    "columns repeated": (slice(None), np.array([3, 3, 0])),
    "pairs": (np.array([0, 0, 2]), np.array([1, 1, -1])),
    "crossed": np.ix_([0, 2, 2], [1, 3]),
    "mask": MASK,
    "mask of rows": np.array([True, False, True]),
    "mask and number": (np.array([True, False, True]), 1),
    "array, newaxis and slice": (np.array([1, 1]), None, slice(None, None, 2)),
    "no rows": np.array([], dtype=int),
    "true": (True, slice(1)),
}

MIXED: dict[str, Any] = {
    "apart": (np.array([0, 1, 1]), slice(None), np.array([2, 0, 0])),
    "together": (slice(None), np.array([0, 2, 2]), np.array([1, 1, 0])),
    "mask then array": (np.array([True, True]), np.array([0, 2]), slice(1, 3)),
    "mask of two axes": (slice(None, None, -1), MASK),
    "number and array apart": (0, slice(None), np.array([1, 1])),
    "array and number apart": (np.array([0, 1, 1]), slice(None), 2),
    "lists apart": ([0, 1], slice(None), [0, 3]),
    "array of no dimension apart": (np.array(1), slice(None), np.array([0, 3])),
    "ellipsis between arrays": (np.array([0, 1]), ..., np.array([0, 3])),
    "newaxis between arrays": (np.array([0, 1]), None, np.array([0, 2])),
    "slice and newaxis between arrays": (np.array([0, 1]), slice(None), None, np.array([0, 3])),
    "newaxis before arrays apart": (None, np.array([0, 1]), slice(None), np.array([0, 3])),
    "column apart": (np.array([[0], [1]]), slice(None), np.array([0, 3])),
    "masks apart": (np.array([True, True]), slice(None), np.array([True, False, True, False])),
    "true then apart": (True, 0, slice(None), np.array([0, 3])),
    "nothing apart": (np.array([], dtype=int), slice(None), np.array([], dtype=int)),
    "ellipsis and array": (..., np.array([[0, 0], [3, 1]])),
}

# torch has no negative steps, and orders the axes differently where a number and an array are not side by side
NO_TORCH = {
    "negative step", "true", "mask of two axes", "number and array apart", "array and number apart",
    "array of no dimension apart", "true then apart",
}  # fmt: skip
TWICE = {"apart", "ellipsis and array"}  # an element is assigned twice: PyTorch does not say which value stays
TORCH = {name: index for name, index in (BASIC | ADVANCED).items() if name not in NO_TORCH}


def assigned(x: Any, index: Any, value: Any) -> Any:
    """A copy of x with the value at the index: of a Tensor by its own assignment, while recording."""
    y = x * 1.0
    y[index] = value
    return y


def torch_assigned(torch: Any, x: Any, index: Any, value: Any) -> Any:
    y = x.clone()
    y[as_torch(torch, index)] = value
    return y


def as_torch(torch: Any, index: Any) -> Any:
    parts = index if isinstance(index, tuple) else (index,)
    return tuple(torch.tensor(i) if isinstance(i, np.ndarray) else i for i in parts)


def added(x: Any, v: Any) -> Any:
    """Sums and differences written through views of a copy of x."""
    y = x * 1.0
    y[1:] += v
    y.T[0] -= v[0]
    return y


def torch_added(torch: Any, x: Any, v: Any) -> Any:
    y = x.clone()
    y[1:] += v
    y.T[0] -= v[0]
    return y


def grown(value: Any) -> Any:
    """A table filled row by row, as a loop over time does."""
    zeros = constant(np.zeros((4, 3), value.dtype))
    table = Tensor(zeros) if isinstance(value, Tensor) else zeros
    for i in range(4):
        table[i] = value * (i + 1) if i < 2 else table[i - 1] * table[i - 2]
    return table


CASES: list[Case] = [
    *[
        Case(f"getitem {name}", lambda x, index=index: x[index], normal((3, 4)),
             (lambda T, x, index=index: x[as_torch(T, index)]) if name in TORCH else None)
        for name, index in (BASIC | ADVANCED).items()
    ],
    *[
        Case(f"getitem mixed {name}", lambda x, index=index: x[index], normal((2, 3, 4)),
             None if name in NO_TORCH else lambda T, x, index=index: x[as_torch(T, index)])
        for name, index in MIXED.items()
    ],
    Case("getitem squared", lambda x: x[ROWS] ** 2 * x[0], normal((3, 4)), lambda T, x: x[T.tensor(ROWS)] ** 2 * x[0]),
    Case("getitem of one axis", lambda x: x[[0, 0, 3]] * x[1:4], normal((5,)), lambda T, x: x[[0, 0, 3]] * x[1:4]),
    Case("getitem number of one axis", lambda x: x[2] * x[-1], normal((5,)), lambda T, x: x[2] * x[-1]),
    Case("getitem of a number", lambda x: x[()] * x[...] + x[None][0], normal(()), lambda T, x: x * x + x),
    Case("getitem many rows", lambda x: x[np.arange(2000) % 5], normal((5, 20)), lambda T, x: x[T.arange(2000) % 5],
         tolerance=1e-5),
    Case("getitem twice", lambda x: x[1:][:, ::2][0], normal((3, 4)), lambda T, x: x[1:][:, ::2][0]),
    *[
        Case(f"setitem {name}", lambda x, v, index=index: assigned(x, index, v * v), normal((3, 4), ()),
             (lambda T, x, v, index=index: torch_assigned(T, x, index, v * v))
             if name in BASIC and name in TORCH else None)
        for name, index in (BASIC | ADVANCED).items()
    ],
    *[
        Case(f"setitem mixed {name}", lambda x, v, index=index: assigned(x, index, v * v),
             normal((2, 3, 4), np.zeros((2, 3, 4))[index].shape),
             None if name in NO_TORCH | TWICE else lambda T, x, v, index=index: torch_assigned(T, x, index, v * v))
        for name, index in MIXED.items()
    ],
    Case("setitem whole rows", lambda x, v: assigned(x, slice(1, None), v), normal((3, 4), (2, 4)),
         lambda T, x, v: torch_assigned(T, x, slice(1, None), v)),
    Case("setitem broadcast", lambda x, v: assigned(x, slice(1, None), v), normal((3, 4), (2, 1)),
         lambda T, x, v: torch_assigned(T, x, slice(1, None), v)),
    Case("setitem leading ones", lambda x, v: assigned(x, 1, v), normal((3, 4), (1, 1, 1, 4))),
    Case("setitem leading ones, broadcast", lambda x, v: assigned(x, 1, v), normal((3, 4), (1, 1))),
    Case("setitem mask values", lambda x, v: assigned(x, MASK, v), normal((3, 4), (4,)),
         lambda T, x, v: torch_assigned(T, x, MASK, v)),
    Case("setitem rows repeated values", lambda x, v: assigned(x, ROWS, v), normal((3, 4), (4, 4))),
    Case("setitem rows repeated broadcast", lambda x, v: assigned(x, ROWS, v), normal((3, 4), (4, 1))),
    Case("setitem pairs repeated", lambda x, v: assigned(x, ADVANCED["pairs"], v), normal((3, 4), (3,))),
    Case("setitem of itself", lambda x: assigned(x, slice(1, None), x[:-1] * 2), normal((5,))),
    Case("setitem a number", lambda x: assigned(x, (0, 1), 7.0), normal((3, 4)),
         lambda T, x: torch_assigned(T, x, (0, 1), 7.0)),
    Case("setitem in a loop", grown, normal((3,))),
    Case("setitem added to views", added, normal((3, 4), (2, 1)), torch_added),
    Case("take", lambda x: np.take(x, [5, 0, 0]), normal((3, 4)), lambda T, x: T.take(x, T.tensor([5, 0, 0]))),
    Case("take a number", lambda x: np.take(x, 5), normal((3, 4)), lambda T, x: x.reshape(-1)[5]),
    Case("take axis=0", lambda x: np.take(x, ROWS, axis=0), normal((3, 4)), lambda T, x: x[T.tensor(ROWS)]),
    Case("take axis=1 two dimensions", lambda x: np.take(x, [[0, 3], [3, -3]], axis=1), normal((3, 4, 2)),
         lambda T, x: x[:, [[0, 3], [3, -3]]]),
    Case("take axis=-1 wrap", lambda x: np.take(x, [-5, 9], axis=-1, mode="wrap"), normal((3, 4)),
         lambda T, x: x[:, [3, 1]]),
    Case("take clip", lambda x: np.take(x, [-5, 9, 99], mode="clip"), normal((3, 4)),
         lambda T, x: x.reshape(-1)[[0, 9, 11]]),
    Case("take none", lambda x: np.take(x, [], axis=1), normal((3, 4)), lambda T, x: x[:, :0]),
    Case("take_along_axis", lambda x: np.take_along_axis(x, np.array([[0, 0], [1, 3], [2, 2]]), axis=1), normal((3, 4)),
         lambda T, x: T.take_along_dim(x, T.tensor([[0, 0], [1, 3], [2, 2]]), 1)),
    Case("take_along_axis axis=0 broadcast", lambda x: np.take_along_axis(x, np.array([[0], [2], [2], [-1]]), axis=0),
         normal((3, 4)),
         lambda T, x: x[[0, 2, 2, -1]]),
    Case("take_along_axis axis=None", lambda x: np.take_along_axis(x, np.array([7, 1, 7]), axis=None), normal((3, 4)),
         lambda T, x: x.reshape(-1)[[7, 1, 7]]),
    Case("take_along_axis 3-D", lambda x: np.take_along_axis(x, np.argmax(x, axis=1, keepdims=True), axis=1),
         normal((2, 3, 4)),
         lambda T, x: T.take_along_dim(x, T.argmax(x, 1, keepdim=True), 1)),
    Case("compress", lambda x: np.compress([True, False, True], x), normal((3, 4)), lambda T, x: x.reshape(-1)[[0, 2]]),
    Case("compress axis=1", lambda x: np.compress([0, 1, 1], x, axis=1), normal((3, 4)), lambda T, x: x[:, [1, 2]]),
    Case("extract", lambda x: np.extract(MASK, x), normal((3, 4)), lambda T, x: x[T.tensor(MASK)]),
    Case("choose", lambda x, y: np.choose(np.array([[0], [1], [1]]), (x, y)), normal((3, 4), (4,)),
         lambda T, x, y: T.where(T.tensor([[True], [False], [False]]), x, y)),
    Case("choose wrap", lambda x, y: np.choose([3, -1, 0, 5], [x, y, 2.0], mode="wrap"), normal((4,), (3, 1))),
    Case("choose clip", lambda x: np.choose([3, -1, 0, 1], x, mode="clip"), normal((3, 4)),
         lambda T, x: T.stack([x[2, 0], x[0, 1], x[0, 2], x[1, 3]])),
    Case("select", lambda x, y: np.select([x > 0.5, x > -0.5], [x * y, y]), normal((3, 4), (3, 4)),
         lambda T, x, y: T.where(x > 0.5, x * y, T.where(x > -0.5, y, T.zeros_like(x)))),
    Case("select default", lambda x, y, d: np.select([constant(MASK), constant(~MASK[0])], [x, y], d),
         normal((3, 4), (4,), ()),
         lambda T, x, y, d: T.where(T.tensor(MASK), x, T.where(T.tensor(~MASK[0]), y, d))),
    Case("real", lambda x: np.real(x * x), normal((3,)), lambda T, x: x * x),
]  # fmt: skip
