"""Adamax: Adam with a running maximum of |g| in place of the mean square."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import numpy as np

from optim.checks import check_betas, check_range
from optim.flat import Update, scalars
from optim.optimizer import Group, Optimizer, State


class Adamax(Optimizer):
    """Adam under the infinity norm.

        g_t = ∇f(p_{t-1}) + weight_decay · p_{t-1}
        m_t = β1 · m_{t-1} + (1 - β1) · g_t
        u_t = max(β2 · u_{t-1}, |g_t| + eps)
        p_t = p_{t-1} - lr / (1 - β1ᵗ) · m_t / u_t

    Args:      lr: the step size, >= 0.
               betas: (β1, β2), each in [0, 1).
               eps: >= 0; keeps u above 0. The paper has none.
               weight_decay: >= 0; adds the gradient of weight_decay/2 · |p|².
               maximize: ascend.
    State:     step, exp_avg (m), exp_inf (u).
    Source:    Kingma & Ba 2015, arXiv:1412.6980, Algorithm 2.
    Example:
        >>> import nn, optim
        >>> p = nn.Parameter([1.0, -2.0])
        >>> optimizer = optim.Adamax([p], lr=0.1)
        >>> (p**2).sum().backward()
        >>> optimizer.step()
        >>> p
        Parameter([ 0.9, -1.9], requires_grad=True)
    """

    scratch = 1
    in_threads = True
    numbers: ClassVar[Mapping[str, Any]] = {"step": 0}

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "maximize": maximize}
        )

    def check(self, group: Group) -> None:
        check_betas(group["betas"])
        for name in ("lr", "eps", "weight_decay"):
            check_range(name, group[name], low=0)

    def arrays(self, group: Group) -> dict[str, float]:
        return {"exp_avg": 0.0, "exp_inf": 0.0}

    def rule(self, group: Group, state: State) -> Update:
        b1, b2 = group["betas"]
        rate = group["lr"] / (1 - b1 ** state["step"])
        beta1, one_minus_beta1, beta2, eps, rate = scalars(state["dtype"], b1, 1 - b1, b2, group["eps"], rate)

        def update(p: Any, g: Any, m: Any, u: Any, s: Any) -> None:
            np.multiply(m, beta1, m)
            np.multiply(g, one_minus_beta1, s)
            np.add(m, s, m)
            np.multiply(u, beta2, u)
            np.add(np.abs(g, s), eps, s)
            np.maximum(u, s, out=u)
            np.divide(m, u, s)
            np.multiply(s, rate, s)
            np.subtract(p, s, p)

        return update
