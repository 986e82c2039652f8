"""Products of vectors, matrices and tensors."""

from __future__ import annotations

import numpy as np

from tests.cases.case import Case, normal

MATMUL = [
    ((4,), (4,)), ((3, 4), (4,)), ((4,), (4, 2)), ((3, 4), (4, 2)), ((2, 3, 4), (4, 2)), ((3, 4), (2, 4, 2)),
    ((2, 3, 4), (2, 4, 2)),
    ((5, 1, 3, 4), (2, 4, 2)), ((2, 3, 4), (4,)), ((4,), (2, 4, 3)), ((1, 3, 4), (5, 4, 2)),
]  # fmt: skip
DOT = [
    ((4,), (4,)),
    ((3, 4), (4,)),
    ((4,), (4, 2)),
    ((3, 4), (4, 2)),
    ((2, 3, 4), (4,)),
    ((3, 4), (2, 4, 2)),
    ((2, 3, 4), (5, 4, 2)),
    ((4,), (2, 4, 3)),
]
INNER = [((4,), (4,)), ((3, 4), (4,)), ((2, 3, 4), (5, 4)), ((4,), (2, 3, 4))]
TENSORDOT = [
    ((3, 4), (4, 5), 1),
    ((2, 3), (4,), 0),
    ((2, 3, 4), (3, 4, 5), 2),
    ((2, 3, 4), (4, 5, 3), ([1, 2], [2, 0])),
    ((2, 3, 4), (4, 5, 3), ([2, 1], [0, 2])),
    ((2, 3, 4), (5, 3), (1, -1)),
    ((3, 2), (3, 2), ([0, 1], [0, 1])),
]
EINSUM = [
    ("ij,jk->ik", (3, 4), (4, 2)),
    ("ij,jk", (3, 4), (4, 2)),
    ("ij,kj->ki", (3, 4), (2, 4)),
    ("i,i", (4,), (4,)),
    ("i,j->ij", (3,), (4,)),
    ("ij->ji", (3, 4)),
    ("ij->", (3, 4)),
    ("ij->j", (3, 4)),
    ("ii", (3, 3)),
    ("ii->i", (3, 3)),
    ("iij->ij", (3, 3, 2)),
    ("ijij->ij", (2, 3, 2, 3)),
    ("iii->i", (3, 3, 3)),
    ("ba", (3, 4)),
    ("ij,k->i", (3, 4), (2,)),
    ("ii,i->i", (3, 3), (3,)),
    ("bij,bjk,bk->bi", (2, 3, 4), (2, 4, 2), (2, 2)),
    ("a,b,c->abc", (2,), (3,), (4,)),
    ("...ij,...jk->...ik", (2, 3, 4), (2, 4, 2)),
    ("...ij,jk->...ik", (2, 5, 3, 4), (4, 2)),
    ("...j,...j", (2, 3, 4), (3, 4)),
    ("i...,i...->...", (3, 2), (3, 5, 2)),
    ("...ii->...i", (2, 3, 3)),
    ("...,...->...", (), (3,)),
    (",ij->i", (), (3, 4)),
    ("ij,ij->ij", (1, 4), (3, 4)),
    ("ij,ij->", (1, 4), (3, 1)),
    ("ij,jk,kl->il", (2, 3), (3, 4), (4, 2)),
]


def _row(name: str, function, torch, *shapes, **options) -> Case:  # type: ignore[no-untyped-def]
    return Case(name, function, normal(*shapes), torch, **options)


def _function(name: str, *args, **options):  # type: ignore[no-untyped-def]
    """np.name(*arrays, *args, **options)"""
    return lambda *arrays: getattr(np, name)(*arrays, *args, **options)


def _einsum(text: str, **options):  # type: ignore[no-untyped-def]
    return lambda *arrays: np.einsum(text, *arrays, **options)


def _torch_einsum(text: str):  # type: ignore[no-untyped-def]
    if "->" not in text or text.startswith(","):
        return None  # PyTorch sorts small letters first, and takes no empty operand
    return lambda torch, *tensors: torch.einsum(text, *tensors)


CASES: list[Case] = [
    *[_row(f"matmul {a} {b}", np.matmul, lambda T, a, b: T.matmul(a, b), a, b) for a, b in MATMUL],
    _row("matmul @ of one matrix with itself", lambda a: a @ a, lambda T, a: a @ a, (3, 3)),
    _row("linalg.matmul", lambda a, b: np.linalg.matmul(a, b), lambda T, a, b: a @ b, (3, 4), (4, 2)),
    *[_row(f"dot {a} {b}", np.dot, None, a, b) for a, b in DOT],
    _row("dot number", lambda a, b: np.dot(a, b), None, (), (3, 4)),
    *[_row(f"inner {a} {b}", np.inner, lambda T, a, b: T.inner(a, b), a, b) for a, b in INNER],
    _row("inner number", lambda a, b: np.inner(a, b), None, (3,), ()),
    *[
        _row(f"tensordot {a} {b} {axes}", _function("tensordot", axes), None, a, b)
        for a, b, axes in TENSORDOT
    ],
    _row("tensordot against PyTorch", lambda a, b: np.tensordot(a, b, ([2, 1], [0, 2])),
         lambda T, a, b: T.tensordot(a, b, ([2, 1], [0, 2])), (2, 3, 4), (4, 5, 3)),
    _row("linalg.tensordot", lambda a, b: np.linalg.tensordot(a, b, axes=1), None, (3, 4), (4, 5)),
    _row("outer", np.outer, lambda T, a, b: T.outer(a, b), (3,), (4,)),
    _row("outer of matrices", np.outer, None, (2, 3), (2, 2)),
    _row("linalg.outer", lambda a, b: np.linalg.outer(a, b), lambda T, a, b: T.outer(a, b), (3,), (4,)),
    _row("vdot", np.vdot, lambda T, a, b: T.vdot(a, b), (4,), (4,)),
    _row("vdot of matrices", np.vdot, None, (2, 3), (3, 2)),
    _row("vecdot", lambda a, b: np.vecdot(a, b), lambda T, a, b: T.linalg.vecdot(a, b), (2, 3, 4), (3, 4)),
    _row("vecdot axis=0", lambda a, b: np.vecdot(a, b, axis=0), lambda T, a, b: T.linalg.vecdot(a, b, dim=0), (4, 3),
         (4, 3)),
    _row("linalg.vecdot axis=-2", lambda a, b: np.linalg.vecdot(a, b, axis=-2), None, (2, 4, 3), (4, 1)),
    *([] if not hasattr(np, "matvec") else [
        _row("matvec", lambda a, x: np.matvec(a, x), lambda T, a, x: (a @ x[..., None])[..., 0], (2, 3, 4), (5, 1, 4)),
        _row("vecmat", lambda x, a: np.vecmat(x, a), lambda T, x, a: (x[..., None, :] @ a)[..., 0, :], (5, 1, 3),
             (2, 3, 4)),
    ]),
    *[_row(f"einsum {text} {' '.join(map(str, shapes))}", _einsum(text), _torch_einsum(text), *shapes)
      for text, *shapes in EINSUM],
    _row("einsum optimize", _einsum("ij,jk,kl,l->i", optimize=True), _torch_einsum("ij,jk,kl,l->i"), (2, 3), (3, 4),
         (4, 5), (5,)),
    _row("einsum optimize=path", _einsum("ij,jk,kl->il", optimize=["einsum_path", (0, 1), (0, 1)]), None, (2, 3),
         (3, 4), (4, 5)),
    _row("einsum lists", lambda a, b: np.einsum(a, [0, 1], b, [1, 2], [2, 0]), None, (2, 3), (3, 4)),
    _row("einsum lists implicit", lambda a, b: np.einsum(a, [5, 1], b, [1, 2]), None, (2, 3), (3, 4)),
    _row("einsum lists ellipsis", lambda a, b: np.einsum(a, [..., 1], b, [1, 2], [..., 2]), None, (5, 2, 3), (3, 4)),
    _row("kron", np.kron, lambda T, a, b: T.kron(a, b), (2, 3), (3, 2)),
    _row("kron 1-D 3-D", np.kron, lambda T, a, b: T.kron(a, b), (3,), (2, 1, 2)),
    _row("kron 0-d", np.kron, None, (), (2, 2)),
    _row("cross", lambda a, b: np.cross(a, b), lambda T, a, b: T.linalg.cross(a, b), (4, 3), (4, 3)),
    _row("cross broadcast", lambda a, b: np.cross(a, b), None, (3,), (2, 4, 3)),
    _row("cross axes", lambda a, b: np.cross(a, b, axisa=0, axisb=1, axisc=0), None, (3, 4), (4, 3)),
    _row("cross axis=0", lambda a, b: np.cross(a, b, axis=0), lambda T, a, b: T.linalg.cross(a, b, dim=0), (3, 4),
         (3, 4)),
    _row("linalg.cross", lambda a, b: np.linalg.cross(a, b, axis=0), None, (3, 4), (3, 4)),
    _row("trace", np.trace, lambda T, a: T.trace(a), (3, 4)),
    *[_row(f"trace offset={k}", lambda a, k=k: np.trace(a, k), lambda T, a, k=k: T.diagonal(a, k).sum(-1), (3, 4))
      for k in (-2, -1, 1, 3)],
    _row("trace axes", lambda a: np.trace(a, offset=1, axis1=2, axis2=0), lambda T, a: T.diagonal(a, 1, 2, 0).sum(-1),
         (3, 2, 4)),
    _row("linalg.trace offset=-1", lambda a: np.linalg.trace(a, offset=-1), None, (2, 3, 4)),
]  # fmt: skip
