"""RMSprop: the gradient divided by the root of a running mean of its square."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import numpy as np

from optim.checks import check_range
from optim.flat import Update, scalars
from optim.optimizer import Group, Optimizer, State


class RMSprop(Optimizer):
    """Root mean square propagation.

        g_t = ∇f(p_{t-1}) + weight_decay · p_{t-1}
        v_t = alpha · v_{t-1} + (1 - alpha) · g_t²
        d_t = g_t / (√v_t + eps)
        p_t = p_{t-1} - lr · d_t

        centered:        d_t = g_t / (√(v_t - a_t²) + eps),  a_t = alpha · a_{t-1} + (1 - alpha) · g_t
        with momentum:   p_t = p_{t-1} - lr · b_t,           b_t = momentum · b_{t-1} + d_t

    Args:      lr: the step size, >= 0.
               alpha: the decay rate of the mean, in [0, 1].
               eps: >= 0, added to the denominator.
               weight_decay: >= 0; adds the gradient of weight_decay/2 · |p|².
               momentum: >= 0.
               centered: divide by the standard deviation instead, as Graves does.
               maximize: ascend.
    State:     step, square_avg (v), with momentum momentum_buffer (b), centered grad_avg (a).
    Numerics:  v_t - a_t² is a variance. Rounded below 0 it counts as 0; PyTorch's square root gives nan there.
    Source:    Hinton 2012, lecture 6e of his course; centered: Graves 2013, arXiv:1308.0850, equations 38-45.
    Example:
        >>> import nn, optim
        >>> p = nn.Parameter([1.0, -2.0])
        >>> optimizer = optim.RMSprop([p], lr=0.1, alpha=0.75)
        >>> (p**2).sum().backward()
        >>> optimizer.step()
        >>> p
        Parameter([ 0.8, -1.8], requires_grad=True)
    """

    scratch = 2
    in_threads = True
    numbers: ClassVar[Mapping[str, Any]] = {"step": 0}

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr, "momentum": momentum, "alpha": alpha, "eps": eps, "centered": centered,
            "weight_decay": weight_decay, "maximize": maximize,
        }  # fmt: skip
        super().__init__(params, defaults)

    def check(self, group: Group) -> None:
        for name in ("lr", "momentum", "alpha", "eps", "weight_decay"):
            check_range(name, group[name], low=0)
        check_range("alpha", group["alpha"], low=0, high=1, high_closed=True)

    def arrays(self, group: Group) -> dict[str, float]:
        names = ["square_avg", *["momentum_buffer"] * (group["momentum"] > 0), *["grad_avg"] * group["centered"]]
        return dict.fromkeys(names, 0.0)

    def rule(self, group: Group, state: State) -> Update:
        lr, alpha, one_minus_alpha, eps, momentum = scalars(
            state["dtype"], group["lr"], group["alpha"], 1 - group["alpha"], group["eps"], group["momentum"]
        )
        with_momentum, centered = group["momentum"] > 0, group["centered"]

        def update(p: Any, g: Any, v: Any, *rest: Any) -> None:
            s, d = rest[-2:]
            np.multiply(v, alpha, v)
            np.multiply(g, one_minus_alpha, s)
            np.multiply(s, g, d)
            np.add(v, d, v)
            if centered:
                a = rest[-3]
                np.multiply(a, alpha, a)
                np.add(a, s, a)
                np.multiply(a, a, s)
                np.subtract(v, s, s)
                np.sqrt(np.maximum(s, 0, out=s), s)
            else:
                np.sqrt(v, s)
            np.add(s, eps, s)
            np.divide(g, s, d)
            if with_momentum:
                b = rest[0]
                np.multiply(b, momentum, b)
                d = np.add(b, d, b)
            np.multiply(d, lr, s)
            np.subtract(p, s, p)

        return update
