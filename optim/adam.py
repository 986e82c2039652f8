"""Adam: step sizes from running estimates of the gradient's first two moments."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import numpy as np

from optim.checks import check_betas, check_range
from optim.flat import Update, scalars
from optim.optimizer import Group, Optimizer, State


class Adam(Optimizer):
    """Adaptive moment estimation.

        g_t = ∇f(p_{t-1}) + weight_decay · p_{t-1}
        m_t = β1 · m_{t-1} + (1 - β1) · g_t
        v_t = β2 · v_{t-1} + (1 - β2) · g_t²
        p_t = p_{t-1} - lr · m̂_t / (√v̂_t + eps)          m̂_t = m_t / (1 - β1ᵗ), v̂_t = v_t / (1 - β2ᵗ)

    Args:      lr: the step size, >= 0.
               betas: (β1, β2), each in [0, 1).
               eps: >= 0, added to the denominator.
               weight_decay: >= 0; adds the gradient of weight_decay/2 · |p|². `AdamW` has decay that is not rescaled.
               amsgrad: divide by the largest v so far, with the correction of v̂ (Reddi et al. 2018, arXiv:1904.09237).
               As in PyTorch, the maximum is taken first and corrected afterwards.
               maximize: ascend.
               decoupled_weight_decay: shrink the parameters by 1 - lr · weight_decay instead, as AdamW does.
               bias_correction: False leaves out both corrections (m̂ = m, v̂ = v), as some lectures do. With the default
               betas the first step is then (1 - β1) / √(1 - β2) = 3.2 times as long.
    State:     step, exp_avg (m), exp_avg_sq (v), with amsgrad max_exp_avg_sq.
    Source:    Kingma & Ba 2015, arXiv:1412.6980, Algorithm 1.
    Example:
        >>> import nn, optim
        >>> p = nn.Parameter([1.0, -2.0])
        >>> optimizer = optim.Adam([p], lr=0.1)
        >>> (p**2).sum().backward()
        >>> optimizer.step()
        >>> p
        Parameter([ 0.9, -1.9], requires_grad=True)
    """

    scratch = 1
    in_threads = True
    numbers: ClassVar[Mapping[str, Any]] = {"step": 0}
    ours = ("bias_correction", "decoupled_weight_decay")  # PyTorch has the latter since 2.7; older states lack it

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        decoupled_weight_decay: bool = False,
        bias_correction: bool = True,
    ) -> None:
        defaults = {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "amsgrad": amsgrad,
            "maximize": maximize, "bias_correction": bias_correction,
        }  # fmt: skip
        if not self.decoupled:  # AdamW is always decoupled
            defaults["decoupled_weight_decay"] = decoupled_weight_decay
        super().__init__(params, defaults)

    def check(self, group: Group) -> None:
        check_range("lr", group["lr"], low=0)
        check_betas(group["betas"])
        check_range("eps", group["eps"], low=0)
        check_range("weight_decay", group["weight_decay"], low=0)

    def arrays(self, group: Group) -> dict[str, float]:
        return {"exp_avg": 0.0, "exp_avg_sq": 0.0} | ({"max_exp_avg_sq": 0.0} if group["amsgrad"] else {})

    def rule(self, group: Group, state: State) -> Update:
        (beta1, beta2), t = group["betas"], state["step"]
        correction1, correction2 = (1 - beta1**t, math.sqrt(1 - beta2**t)) if group["bias_correction"] else (1, 1)
        # p -= lr · m̂ / (√v̂ + eps), with both sides of the fraction multiplied by √(1 - β2ᵗ)
        eps, rate = group["eps"] * correction2, group["lr"] * correction2 / correction1
        beta1, one_minus_beta1, beta2, one_minus_beta2, eps, rate = scalars(
            state["dtype"], beta1, 1 - beta1, beta2, 1 - beta2, eps, rate
        )

        def update(p: Any, g: Any, m: Any, v: Any, *rest: Any) -> None:
            s = rest[-1]
            np.multiply(m, beta1, m)
            np.multiply(g, one_minus_beta1, s)
            np.add(m, s, m)
            np.multiply(v, beta2, v)
            np.multiply(g, one_minus_beta2, s)
            np.multiply(s, g, s)
            np.add(v, s, v)
            if len(rest) == 2:  # amsgrad
                v = np.maximum(rest[0], v, out=rest[0])
            np.sqrt(v, s)
            np.add(s, eps, s)
            np.divide(m, s, s)
            np.multiply(s, rate, s)
            np.subtract(p, s, p)

        return update


class AdamW(Adam):
    """Adam with decoupled weight decay: the parameters shrink by the factor 1 - lr · weight_decay, and g_t is ∇f alone.

        p_t = (1 - lr · weight_decay) · p_{t-1} - lr · m̂_t / (√v̂_t + eps)

    Args, State: those of `Adam`; the weight_decay is 1e-2 by default.
    Source:    Loshchilov & Hutter 2019, arXiv:1711.05101, Algorithm 2; as in PyTorch, lr also scales the decay.
    """

    decoupled = True

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        bias_correction: bool = True,
    ) -> None:
        super().__init__(
            params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize, bias_correction=bias_correction
        )
