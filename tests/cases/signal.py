"""Interpolation and convolution."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tests.cases.case import Case, constant, normal


def _interp(n: int = 7) -> Callable[[np.random.Generator], tuple[np.ndarray, ...]]:
    """x inside and outside of the knots but not at one; the knots; the values there."""

    def inputs(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
        xp = np.arange(5.0) + rng.uniform(-0.2, 0.2, size=5)
        x = rng.permutation(np.arange(-1.0, n - 1)) + 0.5
        return x, xp, rng.normal(size=5)

    return inputs


CASES: list[Case] = [
    *[
        Case(f"{name} {mode} {a} {v}", lambda a, v, name=name, mode=mode: getattr(np, name)(a, v, mode),
             normal((a,), (v,)))
        for name in ("convolve", "correlate")
        for mode in ("full", "same", "valid")
        for a, v in ((6, 3), (6, 4), (3, 6), (4, 6), (5, 5), (4, 1))
    ],
    Case("convolve against PyTorch", np.convolve, normal((6,), (3,)),
         lambda T, a, v: T.nn.functional.conv1d(a[None, None], v.flip(0)[None, None], padding=2)[0, 0]),
    Case("correlate against PyTorch", np.correlate, normal((6,), (3,)),
         lambda T, a, v: T.nn.functional.conv1d(a[None, None], v[None, None])[0, 0]),
    Case("convolve default", lambda a, v: np.convolve(a, v), normal((3,), (2,))),
    Case("interp", np.interp, _interp(), float32=False),  # np.interp always returns float64
    Case("interp left right", lambda x, xp, fp: np.interp(x, xp, fp, left=3.0, right=-1.0), _interp(), float32=False),
    Case("interp left right of Tensors",
         lambda x, fp: np.interp(x, constant(np.arange(5.0)), fp, left=fp[1] * 2, right=fp[2]),
         lambda rng: (rng.permutation(np.arange(-1.0, 6)) + 0.4, rng.normal(size=5)), float32=False),
    Case("interp period", lambda x, xp, fp: np.interp(x, xp, fp, period=5.5), _interp(), float32=False),
    Case("interp 2-D", lambda x, xp, fp: np.interp(np.reshape(x, (2, 4)), xp, fp), _interp(8), float32=False),
    Case("interp number", lambda x, xp, fp: np.interp(x[0], xp, fp), _interp(), float32=False),
    Case("interp one knot", lambda x, fp: np.interp(x, constant(np.zeros(1)), fp), normal((3,), (1,)), float32=False),
]  # fmt: skip
