"""NAdam: Adam with Nesterov momentum."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import numpy as np

from optim.checks import check_betas, check_range
from optim.flat import Update, scalars
from optim.optimizer import Group, Optimizer, State


class NAdam(Optimizer):
    """Nesterov-accelerated adaptive moment estimation.

        g_t = ∇f(p_{t-1}) + weight_decay · p_{t-1}
        μ_t = β1 · (1 - ½ · 0.96^(t · momentum_decay)),          Π_t = μ_1 · … · μ_t
        m_t = β1 · m_{t-1} + (1 - β1) · g_t
        v_t = β2 · v_{t-1} + (1 - β2) · g_t²
        m̂_t = μ_{t+1} / (1 - Π_{t+1}) · m_t + (1 - μ_t) / (1 - Π_t) · g_t
        p_t = p_{t-1} - lr · m̂_t / (√v̂_t + eps)                 v̂_t = v_t / (1 - β2ᵗ)

    Args:      lr: the step size, >= 0.
               betas: (β1, β2), each in [0, 1).
               eps: >= 0, added to the denominator.
               weight_decay: >= 0; adds the gradient of weight_decay/2 · |p|².
               momentum_decay: >= 0; how fast μ rises to β1.
               decoupled_weight_decay: shrink the parameters by 1 - lr · weight_decay instead, as AdamW does.
               maximize: ascend.
    State:     step, mu_product (Π), exp_avg (m), exp_avg_sq (v).
    Source:    Dozat 2016, "Incorporating Nesterov momentum into Adam", Algorithm 1. Departure, as in PyTorch: m decays
               with β1; in the paper m_t = μ_t · m_{t-1} + (1 - μ_t) · g_t.
    Example:
        >>> import nn, optim
        >>> p = nn.Parameter([1.0, -2.0])
        >>> optimizer = optim.NAdam([p], lr=0.1, momentum_decay=0)
        >>> (p**2).sum().backward()
        >>> optimizer.step()
        >>> p
        Parameter([ 0.89435737, -1.89435737], requires_grad=True)
    """

    scratch = 2
    in_threads = True
    numbers: ClassVar[Mapping[str, Any]] = {"step": 0, "mu_product": 1.0}

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "momentum_decay": momentum_decay,
            "decoupled_weight_decay": decoupled_weight_decay, "maximize": maximize,
        }  # fmt: skip
        super().__init__(params, defaults)

    def check(self, group: Group) -> None:
        check_betas(group["betas"])
        for name in ("lr", "eps", "weight_decay", "momentum_decay"):
            check_range(name, group[name], low=0)

    def arrays(self, group: Group) -> dict[str, float]:
        return {"exp_avg": 0.0, "exp_avg_sq": 0.0}

    def rule(self, group: Group, state: State) -> Update:
        (b1, b2), t, lr = group["betas"], state["step"], group["lr"]
        mu, mu_next = (b1 * (1 - 0.5 * 0.96 ** (k * group["momentum_decay"])) for k in (t, t + 1))
        product = state["mu_product"] = state["mu_product"] * mu
        root = math.sqrt(1 - b2**t)  # √v̂ + eps = (√v + eps · root) / root
        of_m, of_g = lr * root * mu_next / (1 - product * mu_next), lr * root * (1 - mu) / (1 - product)
        beta1, one_minus_beta1, beta2, one_minus_beta2, eps, of_m, of_g = scalars(
            state["dtype"], b1, 1 - b1, b2, 1 - b2, group["eps"] * root, of_m, of_g
        )

        def update(p: Any, g: Any, m: Any, v: Any, s: Any, d: Any) -> None:
            np.multiply(m, beta1, m)
            np.multiply(g, one_minus_beta1, s)
            np.add(m, s, m)
            np.multiply(v, beta2, v)
            np.multiply(g, one_minus_beta2, s)
            np.multiply(s, g, s)
            np.add(v, s, v)
            np.multiply(m, of_m, d)
            np.multiply(g, of_g, s)
            np.add(d, s, d)
            np.add(np.sqrt(v, s), eps, s)
            np.divide(d, s, d)
            np.subtract(p, d, p)

        return update
