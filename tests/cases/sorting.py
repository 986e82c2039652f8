"""Sorted and partitioned elements."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tests.cases.case import Case, normal


def _spaced(*shape: int) -> Callable[[np.random.Generator], tuple[np.ndarray, ...]]:
    """Values at least 0.1 apart: a small step does not change their order."""
    size = int(np.prod(shape))
    return lambda rng: ((rng.permutation(size) - size / 2 + rng.uniform(-0.2, 0.2, size=size)).reshape(shape) / 3,)


CASES: list[Case] = [
    Case("sort", lambda x: np.sort(x), _spaced(3, 4), lambda T, x: T.sort(x)[0]),
    Case("sort axis=0", lambda x: np.sort(x, axis=0), _spaced(3, 4), lambda T, x: T.sort(x, 0)[0]),
    Case("sort axis=None", lambda x: np.sort(x, None), _spaced(3, 4), lambda T, x: T.sort(x.reshape(-1))[0]),
    Case("sort 3-D axis=1 kind", lambda x: np.sort(x, 1, "heapsort"), _spaced(2, 5, 2), lambda T, x: T.sort(x, 1)[0]),
    Case("sort stable squared", lambda x: np.sort(x, stable=True) ** 2, _spaced(7), lambda T, x: T.sort(x)[0] ** 2),
    Case("sort backwards", lambda x: -np.sort(-x), _spaced(7), lambda T, x: T.sort(x, descending=True)[0]),
    Case("sort one", np.sort, normal((1,)), lambda T, x: T.sort(x)[0]),
    Case("partition", lambda x: np.partition(x, 3), _spaced(3, 9)),
    Case("partition axis=0 several", lambda x: np.partition(x, (1, 4), axis=0), _spaced(7, 2)),
    Case("partition axis=None", lambda x: np.partition(x, -2, axis=None) ** 2, _spaced(3, 4)),
    Case("partition the smallest", lambda x: np.sum(np.partition(x, 2)[..., :3], axis=-1), _spaced(3, 8),
         lambda T, x: T.topk(x, 3, largest=False)[0].sum(-1)),
]  # fmt: skip
