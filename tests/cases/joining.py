"""Arrays joined and split, elements inserted and deleted, grids."""

from __future__ import annotations

import numpy as np

from tests.cases.case import Case, constant, normal

S = (2, 3, 4)
ONES = np.ones((2, 1))
MASK = np.array([True, False, True])

CASES = [
    Case("concatenate", lambda x, y: np.concatenate([x, y]), normal((2, 3), (4, 3)),
         lambda torch, x, y: torch.cat([x, y])),
    Case("concatenate axis=-1", lambda x, y, z: np.concatenate((x, y, z), axis=-1), normal((2, 1), (2, 3), (2, 0)),
         lambda torch, x, y, z: torch.cat([x, y, z], -1)),
    Case("concatenate axis=None", lambda x, y: np.concatenate([x, y], axis=None), normal((2, 2), (3, 1)),
         lambda torch, x, y: torch.cat([x.ravel(), y.ravel()])),
    Case("concatenate with a constant", lambda x: np.concatenate([constant(ONES.astype(x.dtype)), x], 1),
         normal((2, 3)),
         lambda torch, x: torch.cat([torch.ones(2, 1, dtype=x.dtype), x], 1)),
    Case("concatenate of one twice", lambda x: np.concatenate([x, x]), normal((2, 3)),
         lambda torch, x: torch.cat([x, x])),
    Case("concat", lambda x, y: np.concat([x, y]), normal((2,), (3,)), lambda torch, x, y: torch.cat([x, y])),
    Case("stack", lambda x, y: np.stack([x, y]), normal((2, 3), (2, 3)), lambda torch, x, y: torch.stack([x, y])),
    Case("stack axis=-1", lambda x, y: np.stack([x, y], axis=-1), normal((2, 3), (2, 3)),
         lambda torch, x, y: torch.stack([x, y], -1)),
    Case("stack of numbers", lambda x, y: np.stack([x, y, x]), normal((), ()),
         lambda torch, x, y: torch.stack([x, y, x])),
    Case("vstack", lambda x, y: np.vstack([x, y]), normal((3,), (2, 3)), lambda torch, x, y: torch.vstack([x, y])),
    Case("hstack", lambda x, y: np.hstack([x, y]), normal((2, 1), (2, 3)), lambda torch, x, y: torch.hstack([x, y])),
    Case("hstack of vectors", lambda x, y: np.hstack([x, y]), normal((2,), (3,)),
         lambda torch, x, y: torch.hstack([x, y])),
    Case("dstack", lambda x, y: np.dstack([x, y]), normal((3,), (1, 3, 2)), lambda torch, x, y: torch.dstack([x, y])),
    Case("column_stack", lambda x, y: np.column_stack([x, y]), normal((2,), (2, 3)),
         lambda torch, x, y: torch.column_stack([x, y])),
    Case("append", np.append, normal((2, 2), (3,)), lambda torch, x, y: torch.cat([x.ravel(), y])),
    Case("append axis=1", lambda x, y: np.append(x, y, axis=1), normal((2, 2), (2, 1)),
         lambda torch, x, y: torch.cat([x, y], 1)),
    Case("block", lambda a, b, c: np.block([[a, b], [c, c]]), normal((2, 2), (2, 4), (1, 3)),
         lambda torch, a, b, c: torch.cat([torch.cat([a, b], 1), torch.cat([c, c], 1)])),
    Case("block of unequal dimensions", lambda a, b: np.block([a, b, b]), normal((2,), ()),
         lambda torch, a, b: torch.cat([a, b[None], b[None]])),
    # Splitting
    Case("split", lambda x: np.split(x, 2, axis=2), normal(S), lambda torch, x: x.split(2, 2)),
    Case("split at places", lambda x: np.split(x, [1, 1, 3], axis=-1), normal(S),
         lambda torch, x: x.tensor_split((1, 1, 3), -1)),
    Case("split, one piece used", lambda x: np.split(x, 2)[1] ** 2, normal(S), lambda torch, x: x[1:] ** 2),
    Case("split at places out of order", lambda x: np.split(x, [3, 1, -1]), normal((5,))),
    Case("array_split", lambda x: np.array_split(x, 3, axis=2), normal(S), lambda torch, x: x.tensor_split(3, 2)),
    Case("hsplit", lambda x: np.hsplit(x, 3), normal(S), lambda torch, x: x.hsplit(3)),
    Case("hsplit of a vector", lambda x: np.hsplit(x, [1]), normal((3,)), lambda torch, x: x.hsplit((1,))),
    Case("vsplit", lambda x: np.vsplit(x, 2), normal(S), lambda torch, x: x.vsplit(2)),
    Case("dsplit", lambda x: np.dsplit(x, [1, 3]), normal(S), lambda torch, x: x.dsplit((1, 3))),
    # Elements inserted and deleted
    Case("insert at one place", lambda x, v: np.insert(x, 1, v, axis=1), normal((2, 3), (2,)),
         lambda torch, x, v: torch.cat([x[:, :1], v[:, None], x[:, 1:]], 1)),
    Case("insert in the flat array", lambda x, v: np.insert(x, [4, 0], v), normal((2, 3), (2,)),
         lambda torch, x, v: torch.cat([v[1:], x.ravel()[:4], v[:1], x.ravel()[4:]])),
    Case("insert one value at a slice", lambda x, v: np.insert(x, slice(0, 3, 2), v, axis=0), normal((3, 2), ())),
    Case("delete", lambda x: np.delete(x, [0, -2], axis=2), normal(S), lambda torch, x: x[..., [1, 3]]),
    Case("delete by a mask", lambda x: np.delete(x, MASK, axis=1), normal(S), lambda torch, x: x[:, 1:2]),
    Case("delete of the flat array", lambda x: np.delete(x, 2), normal((2, 2)), lambda torch, x: x.ravel()[[0, 1, 3]]),
    # Grids
    Case("meshgrid", np.meshgrid, normal((2,), (3,), (4,)), lambda torch, *xs: torch.meshgrid(*xs, indexing="xy")),
    Case("meshgrid ij sparse", lambda x, y: np.meshgrid(x, y, indexing="ij", sparse=True, copy=False),
         normal((2,), (3,)),
         lambda torch, x, y: (x[:, None], y[None])),
]  # fmt: skip
if hasattr(np, "unstack"):  # NumPy 2.1
    CASES.append(Case("unstack", lambda x: np.unstack(x, axis=1), normal(S), lambda torch, x: x.unbind(1)))
