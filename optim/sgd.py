"""SGD: stochastic gradient descent with momentum."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd.errors import ArgumentError
from optim.optimizer import Group, Optimizer, State, check_range


class SGD(Optimizer):
    """Stochastic gradient descent, with momentum if asked for.

        g_t = ∇f(p_{t-1}) + weight_decay · p_{t-1}
        b_t = momentum · b_{t-1} + (1 - dampening) · g_t        (b_1 = g_1)
        p_t = p_{t-1} - lr · b_t                                (nesterov: - lr · (g_t + momentum · b_t))

    Args:      lr: the step size, >= 0.
               momentum: >= 0; 0 leaves the buffer b out.
               dampening: of the gradient that enters b.
               weight_decay: >= 0; adds the gradient of weight_decay/2 · |p|².
               nesterov: look ahead along b; needs momentum > 0 and dampening 0.
               maximize: ascend.
    State:     momentum_buffer, of the parameter's shape.
    Source:    Sutskever et al. 2013 in PyTorch's form, where lr multiplies the buffer when it is used, not the
               gradient when it enters.
    Example:
        >>> import nn, optim
        >>> p = nn.Parameter([1.0, -2.0])
        >>> optimizer = optim.SGD([p], lr=0.1)
        >>> (p**2).sum().backward()
        >>> optimizer.step()
        >>> p
        Parameter([ 0.8, -1.6], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay, "nesterov": nesterov,
            "maximize": maximize,
        }  # fmt: skip
        super().__init__(params, defaults)

    def check(self, group: Group) -> None:
        check_range("lr", group["lr"], low=0)
        check_range("momentum", group["momentum"], low=0)
        check_range("dampening", group["dampening"], low=0)
        check_range("weight_decay", group["weight_decay"], low=0)
        if group["nesterov"] and (group["momentum"] <= 0 or group["dampening"] != 0):
            raise ArgumentError(
                f"nesterov needs momentum > 0 and dampening 0; got momentum={group['momentum']}, dampening={group['dampening']}."
            )

    def update(self, p: np.ndarray, g: np.ndarray, state: State, group: Group) -> None:
        lr, momentum = group["lr"], group["momentum"]
        if group["maximize"]:
            g = -g
        if group["weight_decay"]:
            g = g + group["weight_decay"] * p
        if momentum:
            b = state.get("momentum_buffer")
            if b is None:
                b = state["momentum_buffer"] = np.array(g)
            else:
                b *= momentum
                b += g if group["dampening"] == 0 else (1 - group["dampening"]) * g
            g = g + momentum * b if group["nesterov"] else b
        p -= lr * g
