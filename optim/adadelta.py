"""Adadelta: steps that have the unit of the parameter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import numpy as np

from optim.checks import check_range
from optim.flat import Update, scalars
from optim.optimizer import Group, Optimizer, State


class Adadelta(Optimizer):
    """An adaptive step from two running means: of squared gradients, and of squared steps.

        g_t = ∇f(p_{t-1}) + weight_decay · p_{t-1}
        v_t = rho · v_{t-1} + (1 - rho) · g_t²
        d_t = √(u_{t-1} + eps) / √(v_t + eps) · g_t
        u_t = rho · u_{t-1} + (1 - rho) · d_t²
        p_t = p_{t-1} - lr · d_t

    Args:      lr: a factor of the step, >= 0; the paper has none, which is 1.
               rho: the decay rate of both means, in [0, 1].
               eps: >= 0, added under both roots.
               weight_decay: >= 0; adds the gradient of weight_decay/2 · |p|².
               maximize: ascend.
    State:     step, square_avg (v), acc_delta (u).
    Source:    Zeiler 2012, arXiv:1212.5701, Algorithm 1.
    Example:
        >>> import nn, optim
        >>> p = nn.Parameter([1.0, -2.0])
        >>> optimizer = optim.Adadelta([p])
        >>> (p**2).sum().backward()
        >>> optimizer.step()
        >>> p
        Parameter([ 0.99683773, -1.99683772], requires_grad=True)
    """

    scratch = 2
    in_threads = True
    numbers: ClassVar[Mapping[str, Any]] = {"step": 0}

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, {"lr": lr, "rho": rho, "eps": eps, "weight_decay": weight_decay, "maximize": maximize})

    def check(self, group: Group) -> None:
        for name in ("lr", "eps", "weight_decay"):
            check_range(name, group[name], low=0)
        check_range("rho", group["rho"], low=0, high=1, high_closed=True)

    def arrays(self, group: Group) -> dict[str, float]:
        return {"square_avg": 0.0, "acc_delta": 0.0}

    def rule(self, group: Group, state: State) -> Update:
        lr, rho, one_minus_rho, eps = scalars(state["dtype"], group["lr"], group["rho"], 1 - group["rho"], group["eps"])

        def update(p: Any, g: Any, v: Any, u: Any, s: Any, d: Any) -> None:
            np.multiply(v, rho, v)
            np.multiply(g, one_minus_rho, s)
            np.multiply(s, g, s)
            np.add(v, s, v)
            np.sqrt(np.add(v, eps, s), s)
            np.sqrt(np.add(u, eps, d), d)
            np.divide(d, s, d)
            np.multiply(d, g, d)
            np.multiply(u, rho, u)
            np.multiply(d, one_minus_rho, s)
            np.multiply(s, d, s)
            np.add(u, s, u)
            np.multiply(d, lr, d)
            np.subtract(p, d, p)

        return update
