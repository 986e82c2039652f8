"""Lion: steps along the sign of a momentum; an algorithm found by program search."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from optim.checks import check_betas, check_range
from optim.flat import Update, scalars
from optim.optimizer import Group, Optimizer, State


class Lion(Optimizer):
    """Evolved sign momentum.

    Every element moves by lr, so take lr 3 to 10 times smaller than AdamW's, and weight_decay larger by that factor.

        c_t = β1 · m_{t-1} + (1 - β1) · g_t
        p_t = p_{t-1} - lr · (sign(c_t) + weight_decay · p_{t-1})
        m_t = β2 · m_{t-1} + (1 - β2) · g_t

    Args:      lr: the step size, >= 0.
               betas: (β1, β2), each in [0, 1).
               weight_decay: >= 0; decoupled, as in AdamW.
               maximize: ascend.
    State:     exp_avg (m).
    Source:    Chen et al. 2023, arXiv:2302.06675, Algorithm 2, with the defaults of its code. PyTorch has no Lion.
    Example:
        >>> import nn, optim
        >>> p = nn.Parameter([1.0, -2.0])
        >>> optimizer = optim.Lion([p], lr=0.1)
        >>> (p**2).sum().backward()
        >>> optimizer.step()
        >>> p
        Parameter([ 0.9, -1.9], requires_grad=True)
    """

    scratch = 2
    in_threads = True
    decoupled = True

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-4,
        betas: tuple[float, float] = (0.9, 0.99),
        weight_decay: float = 0,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, {"lr": lr, "betas": betas, "weight_decay": weight_decay, "maximize": maximize})

    def check(self, group: Group) -> None:
        check_betas(group["betas"])
        check_range("lr", group["lr"], low=0)
        check_range("weight_decay", group["weight_decay"], low=0)

    def arrays(self, group: Group) -> dict[str, float]:
        return {"exp_avg": 0.0}

    def rule(self, group: Group, state: State) -> Update:
        b1, b2 = group["betas"]
        lr, beta1, one_minus_beta1, beta2, one_minus_beta2 = scalars(
            state["dtype"], group["lr"], b1, 1 - b1, b2, 1 - b2
        )

        def update(p: Any, g: Any, m: Any, c: Any, s: Any) -> None:
            np.multiply(m, beta1, c)
            np.multiply(g, one_minus_beta1, s)
            np.sign(np.add(c, s, c), c)
            np.multiply(c, lr, c)
            np.subtract(p, c, p)
            np.multiply(m, beta2, m)
            np.multiply(g, one_minus_beta2, s)
            np.add(m, s, m)

        return update
