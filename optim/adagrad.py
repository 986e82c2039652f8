"""Adagrad: each element has its own learning rate, which falls as squared gradients add up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import numpy as np

from optim.checks import check_range
from optim.flat import Update, scalars
from optim.optimizer import Group, Optimizer, State


class Adagrad(Optimizer):
    """Adaptive subgradients.

        g_t = ∇f(p_{t-1}) + weight_decay · p_{t-1}
        s_t = s_{t-1} + g_t²                                     (s_0 = initial_accumulator_value)
        p_t = p_{t-1} - lr_t · g_t / (√s_t + eps)                lr_t = lr / (1 + (t - 1) · lr_decay)

    Args:      lr: the step size, >= 0.
               lr_decay: >= 0; how fast the rate falls with the number of steps.
               weight_decay: >= 0; adds the gradient of weight_decay/2 · |p|².
               initial_accumulator_value: >= 0.
               eps: >= 0, added to the denominator.
               maximize: ascend.
    State:     step, sum (s).
    Source:    Duchi, Hazan & Singer 2011, "Adaptive subgradient methods for online learning and stochastic
               optimization", the diagonal form.
    Example:
        >>> import nn, optim
        >>> p = nn.Parameter([1.0, -2.0])
        >>> optimizer = optim.Adagrad([p], lr=0.1)
        >>> (p**2).sum().backward()
        >>> optimizer.step()
        >>> p
        Parameter([ 0.9, -1.9], requires_grad=True)
    """

    scratch = 2
    in_threads = True
    eager = True  # as PyTorch's
    numbers: ClassVar[Mapping[str, Any]] = {"step": 0}

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr, "lr_decay": lr_decay, "eps": eps, "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value, "maximize": maximize,
        }  # fmt: skip
        super().__init__(params, defaults)

    def check(self, group: Group) -> None:
        for name in ("lr", "lr_decay", "weight_decay", "initial_accumulator_value", "eps"):
            check_range(name, group[name], low=0)

    def arrays(self, group: Group) -> dict[str, float]:
        return {"sum": group["initial_accumulator_value"]}

    def rule(self, group: Group, state: State) -> Update:
        rate, eps = scalars(state["dtype"], group["lr"] / (1 + (state["step"] - 1) * group["lr_decay"]), group["eps"])

        def update(p: Any, g: Any, s: Any, root: Any, change: Any) -> None:
            np.multiply(g, g, change)
            np.add(s, change, s)
            np.sqrt(s, root)
            np.add(root, eps, root)
            np.multiply(g, rate, change)
            np.divide(change, root, change)
            np.subtract(p, change, p)

        return update
