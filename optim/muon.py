"""Muon: momentum whose singular values are set to about 1, for the matrices of hidden layers."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd.errors import ArgumentError, ShapeError
from optim.checks import check_finite, check_range, check_whole
from optim.optimizer import Group, State
from optim.per_parameter import PerParameter

# PyTorch's bound on ns_steps
MOST_STEPS = 99


class Muon(PerParameter):
    """Momentum, orthogonalised by the Newton-Schulz iteration.

        b_t = momentum · b_{t-1} + (1 - momentum) · g_t
        u_t = momentum · b_t + (1 - momentum) · g_t                      (without nesterov: u_t = b_t)
        X_0 = u_t / max(|u_t|, eps),   X_k = a X + (b A + c A²) X  of X = X_{k-1}, A = X Xᵀ,   k = 1 … ns_steps
        p_t = (1 - lr · weight_decay) · p_{t-1} - rate · X_{ns_steps}

    adjust_lr_fn:  "original"          rate = lr · √max(1, rows / columns)
                   "match_rms_adamw"   rate = lr · 0.2 · √max(rows, columns): lr and weight_decay as tuned for AdamW

    For u = U S Vᵀ the iteration gives about U Vᵀ: the default coefficients bring singular values into 0.7 … 1.2.
    It is for the weights of hidden layers; biases, embeddings and the output go to another optimizer.

    Args:      lr: the step size, >= 0.
               weight_decay: >= 0; the parameters shrink by lr · weight_decay.
               momentum: >= 0, the weight of what was; 0 for none.
               nesterov: look one step ahead.
               ns_coefficients: (a, b, c).
               eps: the least norm by which u is divided.
               ns_steps: how many iterations, < 100.
               adjust_lr_fn: "original" or "match_rms_adamw"; None is "original".
    State:     momentum_buffer (b).
    Numerics:  computed in the parameter's dtype, float16 in float32. PyTorch iterates in bfloat16, so its updates
               differ from these by about 1 %.
    Raises:    ShapeError for a parameter that is no matrix.
    Source:    Jordan et al. 2024, https://kellerjordan.github.io/posts/muon; match_rms_adamw: Liu et al. 2025,
               arXiv:2502.16982, equation 4.
    Example:
        >>> import nn, optim
        >>> model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
        >>> muon = optim.Muon([p for p in model.parameters() if p.ndim == 2], lr=0.02)
        >>> adamw = optim.AdamW([p for p in model.parameters() if p.ndim != 2])
    """

    decoupled = True

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = (3.4445, -4.775, 2.0315),
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn: str | None = None,
    ) -> None:
        defaults = {
            "lr": lr, "weight_decay": weight_decay, "momentum": momentum, "nesterov": nesterov,
            "ns_coefficients": ns_coefficients, "eps": eps, "ns_steps": ns_steps, "adjust_lr_fn": adjust_lr_fn,
        }  # fmt: skip
        super().__init__(params, defaults)

    def check(self, group: Group) -> None:
        for name in ("lr", "weight_decay", "momentum", "eps"):
            check_range(name, group[name], low=0)
        coefficients, steps, adjust = group["ns_coefficients"], group["ns_steps"], group["adjust_lr_fn"]
        if not isinstance(coefficients, (tuple, list)) or len(coefficients) != 3:
            raise ArgumentError(f"ns_coefficients must be three numbers (a, b, c); got {coefficients!r}.")
        for i, coefficient in enumerate(coefficients):
            check_finite(f"ns_coefficients[{i}]", coefficient)
        if check_whole("ns_steps", steps, low=0) > MOST_STEPS:
            raise ArgumentError(f"ns_steps must be < 100, which would take too long; got {steps!r}. 5 are enough.")
        if adjust not in (None, "original", "match_rms_adamw"):
            raise ArgumentError(f"adjust_lr_fn must be 'original', 'match_rms_adamw' or None; got {adjust!r}.")

    def _check_parameter(self, i: int, p: Any) -> None:
        super()._check_parameter(i, p)
        if p.ndim != 2:
            raise ShapeError(
                f"Muon updates matrices; parameter {i} has shape {p.shape}. Give it [p for p in model.parameters() "
                "if p.ndim == 2], and the others to optim.AdamW."
            )

    def shapes(self, shape: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
        return {"momentum_buffer": shape}

    def update(self, p: Any, g: Any, group: Group, state: State) -> None:
        lr, momentum, b = float(group["lr"]), float(group["momentum"]), state["momentum_buffer"]
        b *= momentum
        b += (1 - momentum) * g
        u = momentum * b + (1 - momentum) * g if group["nesterov"] else b
        x = orthogonalised(u, group["ns_coefficients"], int(group["ns_steps"]), group["eps"])
        rows, columns = p.shape
        if group["adjust_lr_fn"] == "match_rms_adamw":
            rate = lr * 0.2 * math.sqrt(max(rows, columns))
        else:
            rate = lr * math.sqrt(max(1, rows / columns))
        p *= 1 - lr * group["weight_decay"]
        p -= rate * x


def orthogonalised(u: Any, coefficients: Any, steps: int, eps: float) -> Any:
    """About U Vᵀ of the matrix u = U S Vᵀ, by the Newton-Schulz iteration."""
    a, b, c = map(float, coefficients)
    x = u.T if u.shape[0] > u.shape[1] else u  # so that X Xᵀ is the smaller square
    x = x.astype(np.float32) if x.dtype == np.float16 else x
    x = x / max(float(np.linalg.norm(x)), eps)
    for _ in range(steps):
        gram = x @ x.T
        polynomial = gram @ gram.T  # gram is symmetric, and for A Aᵀ NumPy computes only one half
        polynomial *= c
        polynomial += b * gram
        x = a * x + polynomial @ x
    return x.T if u.shape[0] > u.shape[1] else x
