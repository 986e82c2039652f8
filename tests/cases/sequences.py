"""Numbers in a row, and differences of numbers in a row."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.cases.case import Case, constant, normal, uniform

S = (4, 5)
X = np.array([0.0, 0.5, 1.7, 2.0, 3.1])
T = np.linspace(0, 1, 5)


def coordinates(*shapes: tuple[int, ...]) -> Any:
    """Values of the first shape, and for each other one numbers that grow."""
    return lambda rng: (
        rng.normal(size=shapes[0]),
        *[np.cumsum(rng.uniform(0.5, 1.5, size=shape)) for shape in shapes[1:]],
    )


def angles(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Angles that jump by more than π, and not by nearly π."""
    return (np.cumsum(rng.choice([-5.0, 0.5, 4.5], S), axis=1) + rng.uniform(0, 0.3, S),)


def ends(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Ends of geometric rows: positive and negative ones."""
    signs = np.array([1.0, -1.0, 1.0])
    return rng.uniform(0.5, 2, 3) * signs, rng.uniform(3, 9, 3) * signs


CASES = [
    Case("linspace", lambda a, b: np.linspace(a, b, 5), normal((), ()),
         lambda torch, a, b: a + (b - a) * torch.linspace(0, 1, 5, dtype=a.dtype)),
    Case("linspace of arrays endpoint=False retstep", lambda a, b: np.linspace(a, b, 4, False, True, axis=-1),
         normal((3,), (2, 1)),
         lambda torch, a, b: (a[..., None] + ((b - a) / 4)[..., None] * torch.arange(4.0, dtype=a.dtype), (b - a) / 4)),
    Case("linspace to a number", lambda a: np.linspace(a, 1.0, 1), normal((2,)), lambda torch, a: a[None]),
    Case("logspace", lambda a, b: np.logspace(a, b, 5), uniform(-1, 1, (), ()),
         lambda torch, a, b: 10 ** (a + (b - a) * torch.linspace(0, 1, 5, dtype=a.dtype))),
    Case("logspace of arrays by the base", lambda a, b, c: np.logspace(a, b, 4, base=c, axis=1),
         lambda rng: (rng.normal(size=(2, 3)), rng.normal(size=3), rng.uniform(1.5, 3, (2, 3))), tolerance=1e-5),
    Case("geomspace", lambda a, b: np.geomspace(a, b, 5), uniform(0.5, 2, (), ()),
         lambda torch, a, b: a * (b / a) ** torch.linspace(0, 1, 5, dtype=a.dtype), float32=False),
    Case("geomspace of arrays endpoint=False", lambda a, b: np.geomspace(a, b, 4, endpoint=False, axis=1), ends,
         float32=False),
    Case("vander", np.vander, normal((4,)), lambda torch, x: x[:, None] ** torch.tensor([3, 2, 1, 0]), float32=False),
    Case("vander N increasing", lambda x: np.vander(x, 3, increasing=True), normal((4,)),
         lambda torch, x: x[:, None] ** torch.tensor([0, 1, 2]), float32=False),
    Case("gradient", lambda f: np.gradient(f, axis=(0, 1)), normal(S), lambda torch, f: torch.gradient(f)),
    Case("gradient edge_order=2", lambda f: np.gradient(f, axis=1, edge_order=2), normal(S),
         lambda torch, f: torch.gradient(f, dim=1, edge_order=2)[0]),
    Case("gradient h", lambda f, h: np.gradient(f, h, axis=(1, 0)), lambda rng: (rng.normal(size=S), np.array(0.7)),
         lambda torch, f, h: [t / h for t in torch.gradient(f, dim=(1, 0))]),
    Case("gradient h edge_order=2", lambda f, h: np.gradient(f, h, 2.0, edge_order=2),
         lambda rng: (rng.normal(size=S), np.array(0.7)),
         lambda torch, f, h: [t / d for t, d in zip(torch.gradient(f, edge_order=2), (h, 2.0), strict=True)]),
    Case("gradient at coordinates", lambda f, x: np.gradient(f, x, axis=1), coordinates(S, (5,)),
         lambda torch, f, x: torch.gradient(f, spacing=(x,), dim=1)[0]),
    Case("gradient at coordinates edge_order=2", lambda f, x: np.gradient(f, x, axis=0, edge_order=2),
         coordinates(S, (4,))),
    Case("gradient at equidistant coordinates", lambda f, x: np.gradient(f, x, axis=0),
         lambda rng: (rng.normal(size=5), np.arange(5.0))),
    Case("gradient at constant coordinates", lambda f: np.gradient(f, constant(X), axis=1), normal(S),
         lambda torch, f: torch.gradient(f, spacing=(torch.tensor(X, dtype=f.dtype),), dim=1)[0], float32=False),
    Case("unwrap", np.unwrap, angles),
    Case("unwrap axis=0 by the period", lambda p, period: np.unwrap(p, axis=0, period=period),
         lambda rng: (angles(rng)[0].T.copy(), np.array(6.0))),
]  # fmt: skip
