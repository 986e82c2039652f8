"""The primitives of normalisation and dropout; see also tests/autograd/ops/test_fused.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from nn.layers.dropout import dropout_op
from nn.layers.normalization.batch_norm import batch_norm_eval_op, batch_norm_op
from nn.layers.normalization.group_norm import group_norm_op
from nn.layers.normalization.layer_norm import layer_norm_op
from nn.layers.normalization.rms_norm import rms_norm_op
from tests.cases.case import Case, constant, normal

MASK = np.array([[True, False, True], [False, True, True]])
MEAN, VARIANCE = np.array([0.5, -1.0, 2.0]), np.array([0.5, 1.0, 4.0])


def spread_out(*shapes: tuple[int, ...]) -> Callable[[np.random.Generator], tuple[np.ndarray, ...]]:
    """An input whose rows and columns have variances well above 0, then weight and bias."""
    return lambda rng: tuple(
        3 * rng.normal(size=shape) + 1 if i == 0 else rng.normal(size=shape) for i, shape in enumerate(shapes)
    )


def torch_batch_norm(torch: Any, x: Any, weight: Any = None, bias: Any = None) -> Any:
    return torch.nn.functional.batch_norm(x, None, None, weight, bias, True)


def torch_batch_norm_eval(torch: Any, x: Any, weight: Any = None, bias: Any = None) -> Any:
    mean, variance = (torch.as_tensor(a, dtype=x.dtype) for a in (MEAN, VARIANCE))
    return torch.nn.functional.batch_norm(x, mean, variance, weight, bias, False)


def eval_norm(x: Any, weight: Any = None, bias: Any = None) -> Any:
    return batch_norm_eval_op(x, weight, bias, constant(MEAN.astype(x.dtype)), constant(VARIANCE.astype(x.dtype)))


def groups(n: int) -> Any:
    return lambda x, weight=None, bias=None: group_norm_op(x, weight, bias, groups=n)


def torch_groups(n: int) -> Any:
    return lambda torch, x, weight=None, bias=None: torch.nn.functional.group_norm(x, n, weight, bias)


CASES = [
    Case("batch_norm", batch_norm_op, spread_out((5, 3), (3,), (3,)), torch_batch_norm, tolerance=1e-5),
    Case("batch_norm without weight", batch_norm_op, spread_out((5, 3)), torch_batch_norm, tolerance=1e-5),
    Case("batch_norm of images", batch_norm_op, spread_out((2, 3, 2, 2), (3,), (3,)), torch_batch_norm, tolerance=1e-5),
    Case("batch_norm_eval", eval_norm, spread_out((4, 3), (3,), (3,)), torch_batch_norm_eval),
    Case("batch_norm_eval of images", eval_norm, spread_out((2, 3, 2, 2), (3,), (3,)), torch_batch_norm_eval),
    Case("batch_norm_eval without weight", eval_norm, spread_out((4, 3)), torch_batch_norm_eval),
    Case(
        "layer_norm", layer_norm_op, spread_out((3, 5), (5,), (5,)),
        lambda torch, x, w, b: torch.nn.functional.layer_norm(x, (5,), w, b), tolerance=1e-5,
    ),
    Case(
        "layer_norm of two axes", lambda x, w, b: layer_norm_op(x, w, b, ndim=2),
        spread_out((2, 2, 2, 3), (2, 3), (2, 3)),
        lambda torch, x, w, b: torch.nn.functional.layer_norm(x, (2, 3), w, b), tolerance=1e-5,
    ),
    Case(
        "layer_norm without weight", layer_norm_op, spread_out((3, 5)),
        lambda torch, x: torch.nn.functional.layer_norm(x, (5,)), tolerance=1e-5,
    ),
    Case(
        "rms_norm", rms_norm_op, spread_out((3, 5), (5,)),
        lambda torch, x, w: torch.nn.functional.rms_norm(x, (5,), w, 1e-5),
    ),
    Case(
        "rms_norm of two axes", lambda x: rms_norm_op(x, ndim=2, eps=0.1), spread_out((2, 2, 3)),
        lambda torch, x: torch.nn.functional.rms_norm(x, (2, 3), None, 0.1),
    ),
    Case("group_norm", groups(2), spread_out((2, 4, 3), (4,), (4,)), torch_groups(2), tolerance=1e-5),
    Case("group_norm of vectors", groups(2), spread_out((2, 6), (6,), (6,)), torch_groups(2), tolerance=1e-5),
    Case("group_norm of images, without weight", groups(3), spread_out((2, 3, 2, 2)), torch_groups(3), tolerance=1e-5),
    Case(
        "dropout", lambda x: dropout_op(x, constant(MASK), scale=1.25), normal((2, 3)),
        lambda torch, x: x * torch.as_tensor(MASK) * 1.25,
    ),
    Case(
        "dropout of channels", lambda x: dropout_op(x, constant(MASK[:, :, None]), scale=2.0), normal((2, 3, 4)),
        lambda torch, x: x * torch.as_tensor(MASK)[:, :, None] * 2,
    ),
]  # fmt: skip
