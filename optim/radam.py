"""RAdam: Adam with a rectified rate while few gradients are in the second moment."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import numpy as np

from optim.checks import check_betas, check_range
from optim.flat import Update, scalars
from optim.optimizer import Group, Optimizer, State


class RAdam(Optimizer):
    """Rectified Adam.

        g_t = ∇f(p_{t-1}) + weight_decay · p_{t-1}
        m_t = β1 · m_{t-1} + (1 - β1) · g_t,                     m̂_t = m_t / (1 - β1ᵗ)
        v_t = β2 · v_{t-1} + (1 - β2) · g_t²
        ρ_∞ = 2 / (1 - β2) - 1,                                  ρ_t = ρ_∞ - 2t · β2ᵗ / (1 - β2ᵗ)
        p_t = p_{t-1} - lr · m̂_t · r_t · √(1 - β2ᵗ) / (√v_t + eps)       if ρ_t > 5
              p_{t-1} - lr · m̂_t                                         otherwise
        r_t = √((ρ_t - 4)(ρ_t - 2) ρ_∞ / ((ρ_∞ - 4)(ρ_∞ - 2) ρ_t))

    Args:      lr: the step size, >= 0.
               betas: (β1, β2), each in [0, 1).
               eps: >= 0, added to the denominator.
               weight_decay: >= 0; adds the gradient of weight_decay/2 · |p|².
               decoupled_weight_decay: shrink the parameters by 1 - lr · weight_decay instead, as AdamW does.
               maximize: ascend.
    State:     step, exp_avg (m), exp_avg_sq (v).
    Source:    Liu et al. 2020, arXiv:1908.03265, Algorithm 2; departure: the bound is 5 instead of 4, as in their code
               and in PyTorch.
    Example:
        >>> import nn, optim
        >>> p = nn.Parameter([1.0, -2.0])
        >>> optimizer = optim.RAdam([p], lr=0.1)
        >>> (p**2).sum().backward()
        >>> optimizer.step()
        >>> p
        Parameter([ 0.8, -1.6], requires_grad=True)
    """

    scratch = 1
    in_threads = True
    numbers: ClassVar[Mapping[str, Any]] = {"step": 0}

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay,
            "decoupled_weight_decay": decoupled_weight_decay, "maximize": maximize,
        }  # fmt: skip
        super().__init__(params, defaults)

    def check(self, group: Group) -> None:
        check_betas(group["betas"])
        for name in ("lr", "eps", "weight_decay"):
            check_range(name, group[name], low=0)

    def arrays(self, group: Group) -> dict[str, float]:
        return {"exp_avg": 0.0, "exp_avg_sq": 0.0}

    def rule(self, group: Group, state: State) -> Update:
        (b1, b2), t = group["betas"], state["step"]
        rate, correction2 = group["lr"] / (1 - b1**t), 1 - b2**t
        rho_inf = 2 / (1 - b2) - 1
        rho = rho_inf - 2 * t * b2**t / correction2
        rectified = rho > 5
        if rectified:
            r = math.sqrt((rho - 4) * (rho - 2) * rho_inf / ((rho_inf - 4) * (rho_inf - 2) * rho))
            rate *= r * math.sqrt(correction2)
        beta1, one_minus_beta1, beta2, one_minus_beta2, eps, rate = scalars(
            state["dtype"], b1, 1 - b1, b2, 1 - b2, group["eps"], rate
        )

        def update(p: Any, g: Any, m: Any, v: Any, s: Any) -> None:
            np.multiply(m, beta1, m)
            np.multiply(g, one_minus_beta1, s)
            np.add(m, s, m)
            np.multiply(v, beta2, v)
            np.multiply(g, one_minus_beta2, s)
            np.multiply(s, g, s)
            np.add(v, s, v)
            if rectified:
                np.add(np.sqrt(v, s), eps, s)
                np.divide(m, s, s)
                np.multiply(s, rate, s)
            else:
                np.multiply(m, rate, s)
            np.subtract(p, s, p)

        return update
