"""SGD: stochastic gradient descent, with or without momentum."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd.errors import ArgumentError
from optim.checks import check_range
from optim.flat import Update, scalars
from optim.optimizer import Group, Optimizer, State


class SGD(Optimizer):
    """Stochastic gradient descent, optionally with momentum.

        g_t = ∇f(p_{t-1}) + weight_decay · p_{t-1}

        formulation="pytorch":
        b_t = momentum · b_{t-1} + (1 - dampening) · g_t        (b_1 = g_1)
        p_t = p_{t-1} - lr · b_t                                (nesterov: - lr · (g_t + momentum · b_t))

        formulation="sutskever":
        v_t = momentum · v_{t-1} - lr · g_t                     (v_0 = 0)
        p_t = p_{t-1} + v_t                                     (nesterov: + momentum · v_t - lr · g_t)

    With a constant rate the two give the same p_t: v = -lr · b. When the rate changes, PyTorch's form applies the new
    one to the whole of b at once. In Sutskever's form each gradient in v keeps the rate that it entered with.

    Args:      lr: the step size, >= 0.
               momentum: >= 0; with 0 there is no buffer.
               dampening: reduces the gradient that enters b; only with formulation="pytorch".
               weight_decay: >= 0; adds the gradient of weight_decay/2 · |p|².
               nesterov: Nesterov momentum; needs momentum > 0 and dampening 0.
               maximize: ascend.
               formulation: "pytorch", or "sutskever", which is that of Sutskever et al. and of most lectures.
    State:     momentum_buffer (b) or velocity (v), of the parameter's shape.
    Source:    Polyak 1964; Sutskever et al. 2013, "On the importance of initialization and momentum in deep learning",
               equations 1-4. They take Nesterov's gradient at p + momentum · v; here and in PyTorch p is that point.
    Example:
        >>> import nn, optim
        >>> p = nn.Parameter([1.0, -2.0])
        >>> optimizer = optim.SGD([p], lr=0.1)
        >>> (p**2).sum().backward()
        >>> optimizer.step()
        >>> p
        Parameter([ 0.8, -1.6], requires_grad=True)
    """

    scratch = 1
    in_threads = True
    ours = ("formulation",)

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
        formulation: str = "pytorch",
    ) -> None:
        defaults = {
            "lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay, "nesterov": nesterov,
            "maximize": maximize, "formulation": formulation,
        }  # fmt: skip
        super().__init__(params, defaults)

    def check(self, group: Group) -> None:
        check_range("lr", group["lr"], low=0)
        check_range("momentum", group["momentum"], low=0)
        check_range("dampening", group["dampening"], low=0)
        check_range("weight_decay", group["weight_decay"], low=0)
        if group["nesterov"] and (group["momentum"] <= 0 or group["dampening"] != 0):
            raise ArgumentError(
                f"nesterov needs momentum > 0 and dampening 0; got momentum={group['momentum']}, "
                f"dampening={group['dampening']}."
            )
        if group["formulation"] not in ("pytorch", "sutskever"):
            raise ArgumentError(f"formulation must be 'pytorch' or 'sutskever'; got {group['formulation']!r}.")
        if group["formulation"] == "sutskever" and group["dampening"] != 0:
            raise ArgumentError(f"formulation='sutskever' has no dampening; got dampening={group['dampening']}.")

    def arrays(self, group: Group) -> dict[str, float]:
        if not group["momentum"]:
            return {}
        return {"momentum_buffer" if group["formulation"] == "pytorch" else "velocity": 0.0}

    def rule(self, group: Group, state: State) -> Update:
        first, nesterov, dampening = state["first"], group["nesterov"], group["dampening"]
        lr, momentum, undamped = scalars(state["dtype"], group["lr"], group["momentum"], 1 - dampening)

        def descent(p: Any, g: Any, s: Any) -> None:
            np.multiply(g, lr, s)
            np.subtract(p, s, p)

        def pytorch(p: Any, g: Any, b: Any, s: Any) -> None:
            if first:
                b[...] = g
            else:
                np.multiply(b, momentum, b)
                np.add(b, np.multiply(g, undamped, s) if dampening else g, b)
            if nesterov:
                np.multiply(b, momentum, s)
                np.add(s, g, s)
                np.multiply(s, lr, s)
            else:
                np.multiply(b, lr, s)
            np.subtract(p, s, p)

        def sutskever(p: Any, g: Any, v: Any, s: Any) -> None:
            np.multiply(v, momentum, v)
            np.multiply(g, lr, s)
            np.subtract(v, s, v)
            if nesterov:
                np.subtract(p, s, p)
                np.add(p, np.multiply(v, momentum, s), p)
            else:
                np.add(p, v, p)

        if not group["momentum"]:
            return descent
        return pytorch if group["formulation"] == "pytorch" else sutskever
