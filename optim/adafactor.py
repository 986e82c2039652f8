"""Adafactor: of a matrix of squared gradients only the means of rows and columns are remembered."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import numpy as np

from optim.checks import check_pair, check_range
from optim.optimizer import Group, State
from optim.per_parameter import PerParameter


class Adafactor(PerParameter):
    """Adaptive learning rates with sublinear memory.

        w_t = t^beta2_decay                                        rho_t = min(lr, 1/√t)
        a_t = rho_t · max(eps[1], RMS(p_{t-1}))                    p' = (1 - lr · weight_decay) · p_{t-1}
        R_t = (1 - w_t) · R_{t-1} + w_t · mean of g_t² over the columns
        C_t = (1 - w_t) · C_{t-1} + w_t · mean of g_t² over the rows
        V_t = R_t C_t / max(mean of R_t, eps[0])                   (vectors: (1 - w_t) · V_{t-1} + w_t · g_t²)
        u_t = g_t / max(√V_t, eps[0])
        p_t = p' - a_t · u_t / max(1, RMS(u_t) / d)

    Rows and columns are the last two axes. The state of an (m, n) matrix has m + n numbers, Adam's 2 · m · n.

    Args:      lr: the largest relative step size rho, and the factor of weight_decay, >= 0.
               beta2_decay: the power of the decay rate, <= 0.
               eps: (eps[0], eps[1]), the least root of V and the least RMS of a parameter, both >= 0; None for eps[0]
               is the spacing of the dtype at 1.
               d: the largest RMS of an update, >= 1.
               weight_decay: >= 0; the parameters shrink by lr · weight_decay.
               maximize: ascend.
    State:     step; row_var (R) and col_var (C), or variance (V) of a parameter with fewer than two axes.
    Source:    Shazeer & Stern 2018, arXiv:1804.04235, Algorithms 4 and 5; departures, as in PyTorch: lr in place of
               0.01 in rho, eps[0] bounds V instead of being added to g², means in place of sums, no momentum.
    Example:
        >>> import nn, optim
        >>> p = nn.Parameter([[1.0, -2.0], [3.0, 4.0]])
        >>> optimizer = optim.Adafactor([p], lr=0.1)
        >>> (p**2).sum().backward()
        >>> optimizer.step()
        >>> {name: array.shape for name, array in optimizer.state[p].items() if name != "step"}
        {'row_var': (2, 1), 'col_var': (1, 2)}
    """

    numbers: ClassVar[Mapping[str, Any]] = {"step": 0}
    decoupled = True

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3),
        d: float = 1.0,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr, "beta2_decay": beta2_decay, "eps": eps, "d": d, "weight_decay": weight_decay,
            "maximize": maximize,
        }  # fmt: skip
        super().__init__(params, defaults)

    def check(self, group: Group) -> None:
        check_range("lr", group["lr"], low=0)
        check_range("beta2_decay", group["beta2_decay"], low=-math.inf, high=0, low_open=True, high_closed=True)
        check_pair("eps", group["eps"], "of None or a number >= 0 and a number >= 0")
        for i, eps in enumerate(group["eps"]):
            if i or eps is not None:
                check_range(f"eps[{i}]", eps, low=0)
        check_range("d", group["d"], low=1)
        check_range("weight_decay", group["weight_decay"], low=0)

    def shapes(self, shape: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
        if len(shape) < 2:
            return {"variance": shape}
        return {"row_var": (*shape[:-1], 1), "col_var": (*shape[:-2], 1, shape[-1])}

    def update(self, p: Any, g: Any, group: Group, state: State) -> None:
        lr, weight_decay, (eps1, eps2), t = group["lr"], group["weight_decay"], group["eps"], state["step"]
        eps1 = float(np.finfo(p.dtype).eps) if eps1 is None else eps1
        w = t ** group["beta2_decay"]
        rate = min(lr, 1 / math.sqrt(t)) * max(eps2, _rms(p))
        if weight_decay:
            p *= 1 - lr * weight_decay
        u = np.empty_like(p)
        if p.ndim < 2:
            v = state["variance"]
            np.multiply(g, g, out=u)
            u -= v
            u *= w
            v += u
            np.maximum(v, eps1 * eps1, out=u)
        else:
            row, col = state["row_var"], state["col_var"]
            row += (np.einsum("...ij,...ij->...i", g, g)[..., None] / p.shape[-1] - row) * w
            col += (np.einsum("...ij,...ij->...j", g, g)[..., None, :] / p.shape[-2] - col) * w
            np.multiply(row / np.maximum(row.mean(axis=-2, keepdims=True), eps1), col, out=u)
            np.maximum(u, eps1 * eps1, out=u)
        np.sqrt(u, out=u)
        np.divide(g, u, out=u)
        u *= (rate if group["maximize"] else -rate) / max(1.0, _rms(u) / group["d"])
        p += u


def _rms(x: Any) -> float:
    """The root of the mean square."""
    return float(np.linalg.norm(x)) / math.sqrt(x.size)
