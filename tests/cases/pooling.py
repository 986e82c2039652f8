"""Maxima of windows, what their derivative consists of, and resampling along axes."""

from __future__ import annotations

from typing import Any

import numpy as np

from nn.layers.kernels.patches import Sliding
from nn.layers.kernels.resampling import resample_op
from nn.layers.pooling.adaptive import adaptive_means
from nn.layers.pooling.average import window_means
from nn.layers.pooling.maximum import max_pool_op, pick_in_windows_op, put_in_windows_op
from nn.layers.upsampling import interpolation
from tests.cases.case import Case, constant, normal

TILES = Sliding((2, 2), (2, 2), ((0, 0), (0, 0)), (1, 1))
OVERLAPPING = Sliding((3, 2), (2, 1), ((1, 1), (1, 1)), (1, 2))
INDEX = np.random.default_rng(1).integers(0, 4, (2, 2, 2, 2))  # any element of a window will do
OVERLAPPING_INDEX = np.full(
    (2, 1, 2, 5), 2
)  # the last of the first row and the first of the second are off the border in part


def distinct(*shape: int) -> Any:
    """Values far enough apart that no small step changes which is the largest."""
    return lambda rng: (rng.permutation(np.prod(shape)).reshape(shape) / 4.0,)


def maxima(how: Sliding, size: tuple[int, ...]) -> Any:
    return lambda x: max_pool_op(x, sliding=how, places=how.places(size))[0]


def pool(how: Sliding) -> Any:
    padding = tuple(before for before, _ in how.padding)
    return lambda torch, x: torch.nn.functional.max_pool2d(x, how.kernel, how.stride, padding, how.dilation)


def resized(*plans: Any) -> Any:
    return lambda x: resample_op(x, plans=plans)


WIDER = Sliding((3, 3), (2, 2), ((1, 1), (0, 0)), (1, 1))  # its last windows reach beyond the border

FUSED: list[tuple[str, list[tuple[int, ...]], tuple[Any, ...], dict[str, Any]]] = [
    ("max_pool", [(2, 2, 4, 5)], (), {"sliding": TILES, "places": (2, 2)}),
    ("max_pool", [(2, 1, 3, 5)], (), {"sliding": OVERLAPPING, "places": (2, 5)}),
    ("max_pool", [(2, 1, 4, 4)], (), {"sliding": WIDER, "places": (3, 2)}),
    ("pick_in_windows", [(2, 2, 4, 4)], (INDEX,), {"sliding": TILES}),
    ("pick_in_windows", [(2, 1, 3, 5)], (OVERLAPPING_INDEX,), {"sliding": OVERLAPPING}),
    ("put_in_windows", [(2, 2, 2, 2)], (INDEX,), {"size": (4, 4), "sliding": TILES}),
    ("put_in_windows", [(2, 1, 2, 5)], (OVERLAPPING_INDEX,), {"size": (3, 5), "sliding": OVERLAPPING}),
    ("resample", [(2, 2, 5, 4)], (), {"plans": (window_means(5, 3, 2, 1, 3, True, None), adaptive_means(4, 3))}),
    ("resample", [(1, 2, 4)], (), {"plans": (interpolation(4, 7, "linear", None, False),)}),
    ("resample", [(1, 2, 4)], (), {"plans": (interpolation(4, 9, "nearest", None, False),)}),
]

CASES = [
    Case("max_pool", maxima(TILES, (4, 5)), distinct(2, 2, 4, 5), pool(TILES)),
    Case("max_pool overlapping", maxima(OVERLAPPING, (3, 5)), distinct(2, 1, 3, 5), pool(OVERLAPPING)),
    Case("pick_in_windows", lambda x: pick_in_windows_op(x, constant(INDEX), sliding=TILES), normal((2, 2, 4, 4))),
    Case(
        "pick_in_windows overlapping",
        lambda x: pick_in_windows_op(x, constant(OVERLAPPING_INDEX), sliding=OVERLAPPING),
        normal((2, 1, 3, 5)),
    ),
    Case(
        "put_in_windows", lambda g: put_in_windows_op(g, constant(INDEX), size=(4, 4), sliding=TILES),
        normal((2, 2, 2, 2)),
    ),
    Case(
        "put_in_windows overlapping",
        lambda g: put_in_windows_op(g, constant(OVERLAPPING_INDEX), size=(3, 5), sliding=OVERLAPPING),
        normal((2, 1, 2, 5)),
    ),
    Case(
        "resample means", resized(window_means(5, 3, 2, 1, 3, True, None), window_means(4, 2, 1, 0, 3, True, None)),
        normal((2, 2, 5, 4)),
        lambda torch, x: torch.nn.functional.avg_pool2d(x, (3, 2), (2, 1), (1, 0)),
    ),
    Case(
        "resample adaptive", resized(adaptive_means(5, 3), adaptive_means(3, 7)), normal((2, 1, 5, 3)),
        lambda torch, x: torch.nn.functional.adaptive_avg_pool2d(x, (3, 7)),
    ),
    Case(
        "resample linear",
        resized(interpolation(4, 7, "linear", None, False), interpolation(5, 3, "linear", None, False)),
        normal((1, 2, 4, 5)), lambda torch, x: torch.nn.functional.interpolate(x, (7, 3), mode="bilinear"),
    ),
    Case("resample nearest", resized(interpolation(4, 9, "nearest", None, False)), normal((2, 2, 4)),
         lambda torch, x: torch.nn.functional.interpolate(x, 9)),
]  # fmt: skip
