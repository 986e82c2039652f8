"""The same elements in another shape, order or number; borders, diagonals and triangles."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import vmap
from autograd.engine.registry import primitives
from tests.cases.case import Case, normal
from tests.cases.elementwise import apart

S = (2, 3, 4)


def astype(dtype: Any) -> Any:
    """x.astype(dtype), for arrays and Tensors."""
    return lambda x: x.astype(dtype)


CASES = [
    Case("vmap", vmap(np.sin), normal(S), lambda torch, x: x.sin(), strict="vmap hides an axis of ndarrays"),
    Case("copy", np.copy, normal(S), lambda torch, x: x.clone(), elementwise=True),
    Case("astype", astype(np.float64), normal(S), lambda torch, x: x.clone(), float32=False, elementwise=True),
    Case("reshape (4, -1)", lambda x: np.reshape(x, (4, -1)), normal(S), lambda torch, x: x.reshape(4, -1)),
    Case("reshape order=F", lambda x: np.reshape(x, (4, 6), order="F"), normal(S)),
    Case("reshape to 0-d", lambda x: np.reshape(x, ()), normal((1, 1)), lambda torch, x: x.reshape(())),
    Case("ravel", np.ravel, normal(S), lambda torch, x: x.ravel()),
    Case("ravel order=F", lambda x: np.ravel(x, order="F"), normal(S), lambda torch, x: x.permute(2, 1, 0).ravel()),
    Case("expand_dims axis=(0, -1)", lambda x: np.expand_dims(x, (0, -1)), normal((3,)),
         lambda torch, x: x[None, :, None]),
    Case("squeeze", np.squeeze, normal((1, 3, 1)), lambda torch, x: x.squeeze()),
    Case("squeeze axis=-1", lambda x: np.squeeze(x, axis=-1), normal((1, 3, 1)), lambda torch, x: x.squeeze(-1)),
    Case("broadcast_to", lambda x: np.broadcast_to(x, (2, 4, 3)), normal((4, 1)),
         lambda torch, x: x.broadcast_to(2, 4, 3)),
    Case("broadcast_arrays", np.broadcast_arrays, normal((3, 1), (4,)),
         lambda torch, x, y: torch.broadcast_tensors(x, y)),
    Case("atleast_1d", np.atleast_1d, normal(()), lambda torch, x: torch.atleast_1d(x)),
    Case("atleast_2d", np.atleast_2d, normal((), (3,)), lambda torch, *xs: torch.atleast_2d(*xs)),
    Case("atleast_3d", np.atleast_3d, normal((), (3,), (2, 3)), lambda torch, *xs: torch.atleast_3d(*xs)),
    Case("transpose", np.transpose, normal(S), lambda torch, x: x.permute(2, 1, 0)),
    Case("transpose axes=(2, 0, -2)", lambda x: np.transpose(x, (2, 0, -2)), normal(S),
         lambda torch, x: x.permute(2, 0, 1)),
    Case("permute_dims", lambda x: np.permute_dims(x, (1, 0, 2)), normal(S), lambda torch, x: x.permute(1, 0, 2)),
    Case("matrix_transpose", np.matrix_transpose, normal(S), lambda torch, x: x.mT),
    Case("swapaxes", lambda x: np.swapaxes(x, 0, -1), normal(S), lambda torch, x: x.swapaxes(0, -1)),
    Case("moveaxis", lambda x: np.moveaxis(x, 0, -1), normal(S), lambda torch, x: x.moveaxis(0, -1)),
    Case("moveaxis of several", lambda x: np.moveaxis(x, [0, 1], [2, 0]), normal(S),
         lambda torch, x: x.moveaxis((0, 1), (2, 0))),
    Case("rollaxis", lambda x: np.rollaxis(x, 2, 1), normal(S), lambda torch, x: x.permute(0, 2, 1)),
    Case("flip", np.flip, normal(S), lambda torch, x: x.flip((0, 1, 2))),
    Case("flip axis=(0, -1)", lambda x: np.flip(x, (0, -1)), normal(S), lambda torch, x: x.flip((0, -1))),
    Case("fliplr", np.fliplr, normal(S), lambda torch, x: x.fliplr()),
    Case("flipud", np.flipud, normal(S), lambda torch, x: x.flipud()),
    Case("rot90", np.rot90, normal(S), lambda torch, x: x.rot90()),
    Case("rot90 k=-1 axes=(2, 0)", lambda x: np.rot90(x, -1, (2, 0)), normal(S), lambda torch, x: x.rot90(-1, (2, 0))),
    Case("roll", lambda x: np.roll(x, 5), normal(S), lambda torch, x: x.roll(5)),
    Case("roll of several axes", lambda x: np.roll(x, (1, -2), (0, 2)), normal(S),
         lambda torch, x: x.roll((1, -2), (0, 2))),
    Case("fft.fftshift", np.fft.fftshift, normal(S), lambda torch, x: torch.fft.fftshift(x)),
    Case("fft.fftshift axes=1", lambda x: np.fft.fftshift(x, 1), normal(S), lambda torch, x: torch.fft.fftshift(x, 1)),
    Case("fft.ifftshift axes=(0, -2)", lambda x: np.fft.ifftshift(x, (0, -2)), normal(S),
         lambda torch, x: torch.fft.ifftshift(x, (0, -2))),
    Case("tile", lambda x: np.tile(x, (2, 1, 3)), normal((2, 3)), lambda torch, x: x.tile(2, 1, 3)),
    Case("tile fewer reps", lambda x: np.tile(x, 2), normal((2, 3)), lambda torch, x: x.tile(2)),
    Case("repeat", lambda x: np.repeat(x, 3), normal((2, 3)), lambda torch, x: x.repeat_interleave(3)),
    Case("repeat axis=1", lambda x: np.repeat(x, 2, axis=1), normal(S), lambda torch, x: x.repeat_interleave(2, 1)),
    Case("repeat of different numbers", lambda x: np.repeat(x, [2, 0, 1], axis=1), normal(S),
         lambda torch, x: x.repeat_interleave(torch.tensor([2, 0, 1]), 1)),
    Case("resize larger", lambda x: np.resize(x, (4, 3)), normal((5,))),
    Case("resize smaller", lambda x: np.resize(x, (2, 2)), normal((5,)), lambda torch, x: x[:4].reshape(2, 2)),
    # Borders
    Case("pad", lambda x: np.pad(x, ((1, 2), (0, 3))), normal((2, 3)),
         lambda torch, x: torch.nn.functional.pad(x, (0, 3, 1, 2))),
    Case("pad constant_values", lambda x: np.pad(x, 1, constant_values=((1, 2), (3, 4))), normal((2, 3))),
    Case("pad edge", lambda x: np.pad(x, ((0, 0), (2, 1), (1, 3)), "edge"), normal(S),
         lambda torch, x: torch.nn.functional.pad(x[None], (1, 3, 2, 1), mode="replicate")[0]),
    Case("pad reflect", lambda x: np.pad(x, ((0, 0), (2, 1), (1, 3)), "reflect"), normal(S),
         lambda torch, x: torch.nn.functional.pad(x[None], (1, 3, 2, 1), mode="reflect")[0]),
    Case("pad reflect again and again", lambda x: np.pad(x, (7, 5), "reflect"), normal((3,))),
    Case("pad symmetric", lambda x: np.pad(x, ((2, 1), (5, 4)), "symmetric"), normal((2, 3))),
    Case("pad constant_values of a Tensor", lambda x, c: np.pad(x, ((1, 2), (0, 3)), constant_values=c),
         normal((2, 3), (2, 2))),
    Case("pad linear_ramp", lambda x, e: np.pad(x, ((1, 2), (3, 0)), "linear_ramp", end_values=e), normal((2, 3), ())),
    *[
        Case(f"pad {mode}", lambda x, mode=mode: np.pad(x, ((1, 2), (0, 3)), mode, stat_length=2), apart((3, 4)))
        for mode in ("maximum", "minimum", "mean", "median")
    ],
    Case("pad reflect odd", lambda x: np.pad(x, ((7, 2), (1, 5)), "reflect", reflect_type="odd"), normal((2, 3))),
    Case("pad symmetric odd", lambda x: np.pad(x, ((7, 2), (1, 5)), "symmetric", reflect_type="odd"), normal((2, 3))),
    Case("pad empty", lambda x: np.pad(x, 1, "empty")[1:-1], normal((3,))),
    Case("pad wrap", lambda x: np.pad(x, ((0, 0), (2, 1), (1, 3)), "wrap"), normal(S),
         lambda torch, x: torch.nn.functional.pad(x[None], (1, 3, 2, 1), mode="circular")[0]),
    Case("unpad", lambda x: primitives["unpad"](x, ((1, 0), (2, 3)), "symmetric"), normal((3, 8))),
    # Diagonals and triangles
    Case("diag of a vector", lambda x: np.diag(x, 1), normal((3,)), lambda torch, x: x.diag(1)),
    Case("diag of a matrix", lambda x: np.diag(x, -1), normal((3, 4)), lambda torch, x: x.diag(-1)),
    Case("diagonal", lambda x: np.diagonal(x, 1, 2, 0), normal(S), lambda torch, x: x.diagonal(1, 2, 0)),
    Case("diagonal outside", lambda x: np.diagonal(x, -3), normal((3, 4)), lambda torch, x: x.diagonal(-3)),
    Case("diagflat", lambda x: np.diagflat(x, 1), normal((2, 2)), lambda torch, x: x.diagflat(1)),
    Case("tril", np.tril, normal((3, 4)), lambda torch, x: x.tril()),
    Case("tril k=-1 stacked", lambda x: np.tril(x, -1), normal(S), lambda torch, x: x.tril(-1)),
    Case("triu k=1", lambda x: np.triu(x, 1), normal((3, 4)), lambda torch, x: x.triu(1)),
    Case("triu of a vector", np.triu, normal((3,)), lambda torch, x: x.expand(3, 3).triu()),
]  # fmt: skip
