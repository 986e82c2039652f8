"""The methods reduce, accumulate, outer and reduceat of every differentiable ufunc of two arguments."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.cases.case import Case, constant, normal, uniform
from tests.cases.elementwise import Inputs, apart, away

S = (3, 4, 2)
PLACES = np.array([0, 2, 3])  # where segments begin
ANY_ORDER = np.array([2, 0, 0, 1, 3])

INPUTS: dict[np.ufunc, Any] = {  # shapes -> inputs off the kinks and jumps, also of what is reduced
    np.add: normal, np.subtract: normal, np.multiply: normal, np.logaddexp: normal, np.logaddexp2: normal,
    np.maximum: apart, np.minimum: apart, np.fmax: apart, np.fmin: apart,
    np.hypot: lambda *shapes: away(0.2, *shapes), np.divide: lambda *shapes: away(0.5, *shapes),
    np.arctan2: lambda *shapes: away(0.2, *shapes), np.power: lambda *shapes: uniform(0.5, 1.5, *shapes),
    np.float_power: lambda *shapes: uniform(0.5, 1.5, *shapes), np.copysign: lambda *shapes: away(0.2, *shapes),
}  # fmt: skip


def growing(*shapes: tuple[int, ...]) -> Inputs:
    """Each number along the axes is well between two multiples of all those before it, and of what remains of them."""

    def draw(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
        drawn = (rng.uniform(0.01, 0.2, shape) for shape in shapes)
        return tuple(x + 3.0 * (i + 1) + 0.37 * np.arange(x.size).reshape(x.shape) for i, x in enumerate(drawn))

    return draw


for _ufunc in (np.remainder, np.fmod):
    INPUTS[_ufunc] = growing

REDUCED: dict[np.ufunc, Any] = {
    np.logaddexp: lambda torch, x: x.logsumexp(1, keepdim=True),
    np.logaddexp2: lambda torch, x: torch.log2(torch.exp2(x).sum(1, keepdim=True)),
    np.hypot: lambda torch, x: x.norm(dim=1, keepdim=True),
    np.subtract: lambda torch, x: 2 * x[:, :1] - x.sum(1, keepdim=True),
    np.divide: lambda torch, x: x[:, :1] ** 2 / x.prod(1, keepdim=True),
}
RUNNING: dict[np.ufunc, Any] = {
    np.logaddexp: lambda torch, x: x.logcumsumexp(1),
    np.hypot: lambda torch, x: torch.cat([x[:, :1], x.square().cumsum(1)[:, 1:].sqrt()], 1),
    np.subtract: lambda torch, x: 2 * x[:, :1] - x.cumsum(1),
    np.fmax: lambda torch, x: x.cummax(1).values,
    np.fmin: lambda torch, x: x.cummin(1).values,
}
OUTER: dict[np.ufunc, Any] = {np.multiply: lambda torch, a, b: torch.tensordot(a, b, 0)}


def rows(ufunc: np.ufunc) -> list[Case]:
    """All methods of one ufunc."""
    name, inputs = ufunc.__name__, INPUTS[ufunc]
    options: dict[str, Any] = {"float32": ufunc is not np.float_power}
    return [
        Case(f"{name}.reduce axis=1 keepdims", lambda x: ufunc.reduce(x, axis=1, keepdims=True), inputs(S),
             REDUCED.get(ufunc), **options),
        Case(f"{name}.accumulate axis=1", lambda x: ufunc.accumulate(x, axis=1), inputs(S), RUNNING.get(ufunc),
             **options),
        Case(f"{name}.outer", ufunc.outer, inputs((3, 2), (4,)), OUTER.get(ufunc), **options),
        Case(f"{name}.reduceat", lambda x: ufunc.reduceat(x, PLACES, axis=1), inputs(S), **options),
        Case(f"{name}.reduceat in any order", lambda x: ufunc.reduceat(x, ANY_ORDER, axis=-2), inputs(S), **options),
    ]  # fmt: skip


CASES = [
    *[case for ufunc in INPUTS for case in rows(ufunc)],
    Case("logaddexp.reduce axis=None initial=", lambda x: np.logaddexp.reduce(x, axis=None, initial=0.5), normal(S)),
    Case("logaddexp2.reduce axis=(0, 2)", lambda x: np.logaddexp2.reduce(x, axis=(0, 2)), normal(S)),
    Case("hypot.reduce axis=(2, 0)", lambda x: np.hypot.reduce(x, axis=(2, 0)), normal(S),
         lambda torch, x: x.norm(dim=(0, 2))),
    Case("subtract.reduce initial=", lambda x: np.subtract.reduce(x, initial=2.0), normal(S),
         lambda torch, x: 2 - x.sum(0)),
    Case("heaviside.outer by its value at 0",
         lambda b: np.heaviside.outer(constant(np.array([-1.0, 0.0, 2.0], b.dtype)), b), normal((2,)),
         strict="a ufunc method of a constant array, which reaches it before the Tensor"),
]  # fmt: skip
