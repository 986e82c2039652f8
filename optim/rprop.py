"""Rprop: a step size for every element, which grows and shrinks with the signs of the gradient."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import numpy as np

from autograd.errors import ArgumentError
from optim.checks import check_pair, check_range
from optim.flat import Update, scalars
from optim.optimizer import Group, Optimizer, State


class Rprop(Optimizer):
    """Resilient backpropagation, for gradients of the whole data.

        where g_t · g_{t-1} > 0:   d_t = min(etas[1] · d_{t-1}, step_sizes[1])
        where g_t · g_{t-1} < 0:   d_t = max(etas[0] · d_{t-1}, step_sizes[0]),   then g_t = 0
        p_t = p_{t-1} - d_t · sign(g_t)                                           (d_0 = lr, g_0 = 0)

    Only the sign of a gradient counts, and noise changes signs: with small batches take another optimizer.

    Args:      lr: the first step size, >= 0. Later changes, by a scheduler, have no effect.
               etas: by what a step size is multiplied, (after a change of sign, in (0, 1); else, > 1).
               step_sizes: the least and the largest step size, >= 0.
               maximize: ascend.
    State:     step, prev (g_t), step_size (d_t).
    Gradient:  at nan the step is nan; PyTorch leaves such a parameter as it is.
    Source:    Riedmiller & Braun 1993, "A direct adaptive method for faster backpropagation learning: the RPROP
               algorithm"; as in PyTorch without taking back the last step: Igel & Hüsken 2000, "Improving the Rprop
               learning algorithm", iRprop-.
    Example:
        >>> import nn, optim
        >>> p = nn.Parameter([1.0, -2.0])
        >>> optimizer = optim.Rprop([p], lr=0.1)
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
        lr: float = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, {"lr": lr, "etas": etas, "step_sizes": step_sizes, "maximize": maximize})

    def check(self, group: Group) -> None:
        check_range("lr", group["lr"], low=0)
        check_pair("etas", group["etas"], "of a number in (0, 1) and one > 1")
        check_range("etas[0]", group["etas"][0], low=0, high=1, low_open=True)
        check_range("etas[1]", group["etas"][1], low=1, low_open=True)
        check_pair("step_sizes", group["step_sizes"], "of the least and the largest step size")
        for i, size in enumerate(group["step_sizes"]):
            check_range(f"step_sizes[{i}]", size, low=0)
        if group["step_sizes"][0] > group["step_sizes"][1]:
            raise ArgumentError(f"step_sizes must be (least, largest); got {group['step_sizes']!r}. Swap them.")

    def arrays(self, group: Group) -> dict[str, float]:
        return {"prev": 0.0, "step_size": 0.0}

    def rule(self, group: Group, state: State) -> Update:
        first, lr = state["first"], group["lr"]
        minus, plus, one, zero, least, largest = scalars(
            state["dtype"], *group["etas"], 1, 0, *group["step_sizes"]
        )  # fmt: skip

        def update(p: Any, g: Any, prev: Any, d: Any, s: Any) -> None:
            if first:
                d[...] = lr
            np.multiply(g, prev, s)
            turned = s < zero
            np.multiply(d, np.where(turned, minus, np.where(s > zero, plus, one)), d)
            np.clip(d, least, largest, d)
            prev[...] = g
            prev[turned] = 0
            np.multiply(np.sign(prev, s), d, s)
            np.subtract(p, s, p)

        return update
