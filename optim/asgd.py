"""ASGD: the mean of the iterates of stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import numpy as np

from optim.checks import check_finite, check_range
from optim.flat import Update, scalars
from optim.optimizer import Group, Optimizer, State


class ASGD(Optimizer):
    """Averaged stochastic gradient descent.

        g_t = ∇f(p_{t-1}) + weight_decay · p_{t-1}
        p_t = (1 - lambd · eta_{t-1}) · p_{t-1} - eta_{t-1} · g_t       eta_t = lr / (1 + lambd · lr · t)^alpha
        a_t = a_{t-1} + mu_{t-1} · (p_t - a_{t-1})                      mu_t = 1 / max(1, t - t0)

    with eta_0 = lr and mu_0 = 1. Until step t0 + 1 the mean a_t is p_t itself, and from then on the mean of the
    iterates since. The parameters are the p_t; a_t is in the state, and nothing here reads it. `optim.AveragedModel`
    is a model with averaged parameters for any optimizer.

    Args:      lr: the first step size, >= 0.
               lambd: the decay of the parameters and of the step size.
               alpha: the power with which the step size falls.
               t0: the step after which the mean is taken.
               weight_decay: >= 0; adds the gradient of weight_decay/2 · |p|².
               maximize: ascend.
    State:     step, eta, mu, ax (a), of the parameter's shape.
    Numerics:  eta and mu are Python floats; PyTorch rounds both to float32.
    Source:    Polyak & Juditsky 1992, "Acceleration of stochastic approximation by averaging"; the step sizes are those
               of Bottou 2010, "Large-scale machine learning with stochastic gradient descent", section 5.
    Example:
        >>> import nn, optim
        >>> p = nn.Parameter([1.0, -2.0])
        >>> optimizer = optim.ASGD([p], lr=0.1, lambd=0, t0=0)
        >>> for _ in range(2):
        ...     optimizer.zero_grad()
        ...     (p**2).sum().backward()
        ...     optimizer.step()
        >>> p
        Parameter([ 0.64, -1.28], requires_grad=True)
    """

    scratch = 1
    in_threads = True
    numbers: ClassVar[Mapping[str, Any]] = {"step": 0, "eta": 0.0, "mu": 1.0}

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr, "lambd": lambd, "alpha": alpha, "t0": t0, "weight_decay": weight_decay, "maximize": maximize,
        }  # fmt: skip
        super().__init__(params, defaults)

    def check(self, group: Group) -> None:
        check_range("lr", group["lr"], low=0)
        check_range("weight_decay", group["weight_decay"], low=0)
        for name in ("lambd", "alpha", "t0"):
            check_finite(name, group[name])

    def arrays(self, group: Group) -> dict[str, float]:
        return {"ax": 0.0}

    def rule(self, group: Group, state: State) -> Update:
        lr, lambd, t = group["lr"], group["lambd"], state["step"]
        eta, mu = lr if state["first"] else state["eta"], state["mu"]
        shrink, rate, weight = scalars(state["dtype"], 1 - lambd * eta, eta, mu)
        state["eta"] = lr / (1 + lambd * lr * t) ** group["alpha"]
        state["mu"] = 1 / max(1, t - group["t0"])

        def update(p: Any, g: Any, a: Any, s: Any) -> None:
            np.multiply(g, rate, s)
            np.multiply(p, shrink, p)
            np.subtract(p, s, p)
            if mu == 1:
                a[...] = p
            else:
                np.subtract(p, a, s)
                np.multiply(s, weight, s)
                np.add(a, s, a)

        return update
