"""Activations as functions, of single elements and over an axis."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import nn.functional as F
from autograd.ops.special import erfc
from nn.layers.activation.relu import prelu_op
from tests.cases.case import Case, normal


def off_the_kinks(*shape: int) -> Callable[[np.random.Generator], tuple[np.ndarray, ...]]:
    """Numbers from -8 to 8, none near a multiple of ½."""
    return lambda rng: (rng.integers(-16, 16, shape) / 2 + rng.uniform(0.1, 0.4, shape),)


def same(name: str, *options: Any) -> Case:
    """A row for a function that PyTorch has under the same name, with the same positional options."""
    return Case(
        " ".join([name, *map(str, options)]),
        lambda x: getattr(F, name)(x, *options),
        off_the_kinks(4, 3),
        lambda torch, x: getattr(torch.nn.functional, name)(x, *options),
        elementwise=True,
    )


def slopes(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    return (*off_the_kinks(4, 3)(rng), rng.uniform(-0.5, 1.5, 3))


CASES = [
    Case(
        "step", F.step, off_the_kinks(4, 3), lambda torch, x: torch.heaviside(x.detach(), torch.ones_like(x)) + 0 * x,
        elementwise=True,
    ),
    *[
        same(name)
        for name in (
            "relu", "leaky_relu", "relu6", "hardtanh", "hardsigmoid", "hardswish", "softshrink", "hardshrink",
        )
    ],
    same("leaky_relu", 0.0),
    same("leaky_relu", 1.5),
    same("leaky_relu", -0.5),
    same("hardtanh", -2.0, 0.5),
    same("threshold", 0.5, 20.0),
    same("threshold", -1.0, 0.0),
    same("softshrink", 1.5),
    same("hardshrink", 0.0),
    Case("prelu", prelu_op, slopes, lambda torch, x, w: torch.nn.functional.prelu(x, w), elementwise=True),
    Case(
        "prelu by channels", F.prelu, lambda rng: (*off_the_kinks(2, 3, 2, 2)(rng), rng.normal(size=3)),
        lambda torch, x, w: torch.nn.functional.prelu(x, w),
    ),
    Case(
        "prelu with one weight", F.prelu, lambda rng: (*off_the_kinks(2, 3)(rng), rng.normal(size=1)),
        lambda torch, x, w: torch.nn.functional.prelu(x, w),
    ),
    same("rrelu"),
    Case(
        "rrelu in training", lambda x: F.rrelu(x, training=True, rng=np.random.default_rng(3)), off_the_kinks(4, 3),
        elementwise=True,
    ),
    Case("erfc", erfc, normal((4, 3)), lambda torch, x: torch.erfc(x), elementwise=True),
    *[
        same(name)
        for name in (
            "sigmoid", "logsigmoid", "tanhshrink", "softsign", "softplus", "elu", "celu", "selu", "gelu", "silu",
            "mish",
        )
    ],
    same("softplus", 2.0, 3.0),
    same("softplus", -0.5, 1.0),
    same("elu", 0.5),
    same("elu", -1.5),
    same("celu", 2.0),
    same("celu", -3.0),
    Case(
        "gelu tanh", lambda x: F.gelu(x, "tanh"), off_the_kinks(4, 3),
        lambda torch, x: torch.nn.functional.gelu(x, approximate="tanh"), elementwise=True,
    ),
    *[
        Case(
            f"{name} dim={dim}", lambda x, name=name, dim=dim: getattr(F, name)(x, dim), normal((2, 4, 6)),
            lambda torch, x, name=name, dim=dim: getattr(torch.nn.functional, name)(x, dim),
        )
        for name in ("softmax", "log_softmax", "softmin", "glu")
        for dim in (0, 1, -1)
    ],
    *[
        Case(
            f"maxout k={k} dim={dim}", lambda x, k=k, dim=dim: F.maxout(x, k, dim), normal((2, 6, 4)),
            lambda torch, x, k=k, dim=dim: torch.unflatten(x, dim, (-1, k)).amax(dim + 1 if dim >= 0 else dim),
        )
        for k, dim in ((2, -1), (3, 1), (1, 0), (4, 2))
    ],
]  # fmt: skip

FUSED: list[tuple[str, list[tuple[int, ...]], tuple[Any, ...], dict[str, Any]]] = [
    *[(name, [(5, 4)], (), {}) for name in ("silu", "mish", "tanhshrink", "logsigmoid", "softplus", "gelu")],
    ("softplus", [(5, 4)], (), {"beta": 2.0, "threshold": 1.0}),
    ("gelu", [(5, 4)], (), {"approximate": "tanh"}),
    ("prelu", [(5, 4), (4,)], (), {}),
    ("prelu", [(2, 4, 3), (4, 1)], (), {}),
    *[(name, [(3, 4, 2)], (), {"axis": axis}) for name in ("softmax", "log_softmax", "glu") for axis in (-1, 1)],
    ("maxout", [(3, 4)], (), {"k": 2}),
    ("maxout", [(6, 4)], (), {"k": 3, "axis": 0}),
    *[(name, [(5, 4)], (), {}) for name in ("relu", "sigmoid", "step", "hardswish", "elu")],
    ("elu", [(5, 4)], (), {"alpha": 2.0, "scale": 1.5, "input_scale": 0.5}),
]
