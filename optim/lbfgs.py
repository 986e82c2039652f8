"""LBFGS: a quasi-Newton method with limited memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import numpy as np

from autograd import Tensor, enable_grad
from autograd.engine.graph import write_now
from autograd.errors import ArgumentError
from autograd.recorder import effect
from optim.checks import check_count, check_range, count, finite
from optim.flat import Flat, in_one_row
from optim.line_search import Point, strong_wolfe
from optim.optimizer import Group, Optimizer

LISTS = ("old_dirs", "old_stps")
VECTORS = ("d", "prev_flat_grad")


class LBFGS(Optimizer):
    """Steps along -H ∇f, where H is built from the last changes of the parameters and the gradient.

        s_k = x_{k+1} - x_k,  y_k = ∇f_{k+1} - ∇f_k,  ρ_k = 1 / (y_k · s_k)
        H_{k+1} = (I - ρ_k s_k y_kᵀ) H_k (I - ρ_k y_k s_kᵀ) + ρ_k s_k s_kᵀ
        H_0 = (s · y) / (y · y) I of the latest pair
        x_{k+1} = x_k + t_k d_k,  d_k = -H_k ∇f_k

    One `step(closure)` makes up to max_iter such iterations. It calls the closure several times, which must clear the
    gradients, compute the loss on the same data and call backward().

    Args:      lr: t_k, or the first t_k that the line search tries, >= 0; in the very first iteration it is
               min(1, 1 / |∇f|₁) · lr.
               max_iter: iterations in a step, >= 1.
               max_eval: evaluations in a step, >= 1 (None: 1.25 · max_iter).
               tolerance_grad: stop when no element of ∇f is larger.
               tolerance_change: stop when x or f changes by no more than this.
               history_size: the number of pairs (s, y) in H, >= 1.
               line_search_fn: None, or "strong_wolfe".
    State:     of the first parameter: func_evals, n_iter, d, t, old_dirs (y), old_stps (s), ro (ρ), H_diag,
               prev_flat_grad, prev_loss.
    Source:    Liu & Nocedal 1989; Nocedal & Wright 2006, Algorithms 7.4 and 7.5, with PyTorch's iterates.
    Example:
        >>> import nn, optim
        >>> p = nn.Parameter([1.0, -2.0])
        >>> optimizer = optim.LBFGS([p], line_search_fn="strong_wolfe")
        >>> def closure():
        ...     optimizer.zero_grad()
        ...     loss = ((p - 3) ** 2).sum()
        ...     loss.backward()
        ...     return loss
        >>> _ = optimizer.step(closure)
        >>> p
        Parameter([3., 3.], requires_grad=True)
    """

    needs_closure = True

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        check_count("max_iter", max_iter, low=1)
        defaults = {
            "lr": lr, "max_iter": max_iter, "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
            "tolerance_grad": tolerance_grad, "tolerance_change": tolerance_change, "history_size": history_size,
            "line_search_fn": line_search_fn,
        }  # fmt: skip
        super().__init__(params, defaults)

    def check(self, group: Group) -> None:
        for name in ("lr", "tolerance_grad", "tolerance_change"):
            check_range(name, group[name], low=0)
        for name in ("max_iter", "max_eval", "history_size"):
            check_count(name, group[name], low=1)
        if group["line_search_fn"] not in (None, "strong_wolfe"):
            raise ArgumentError(f"line_search_fn must be None or 'strong_wolfe'; got {group['line_search_fn']!r}.")

    def add_param_group(self, group: Any) -> None:
        if self.param_groups:
            raise ArgumentError("LBFGS sees its parameters as one vector: it takes one group only.")
        super().add_param_group(group)

    @effect
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Iterate until a tolerance, max_iter or max_eval is met.

        Returns:   the loss before the step, as the closure returned it.
        """
        if closure is None:
            raise ArgumentError("LBFGS evaluates the loss several times a step; call step(closure).")
        self.has_stepped = True
        group = self.param_groups[0]
        params, tolerance, max_iter = group["params"], group["tolerance_change"], group["max_iter"]
        flats = self._in_one_vector(group)
        state = self.state.setdefault(params[0], {"func_evals": 0, "n_iter": 0})
        x = np.concatenate([flat.values for flat in flats])

        def evaluate(t: float, d: Any) -> Point:
            self._write_parameters(flats, x + t * d)
            with enable_grad():
                f = float(closure())
            g = _gradient(flats)
            return Point(t, f, g, float(np.dot(g, d)))

        with enable_grad():
            first = closure()
        loss, g, evaluations = float(first), _gradient(flats), 1
        state["func_evals"] += 1
        if _largest(g) <= group["tolerance_grad"]:
            return first
        for k in range(1, max_iter + 1):
            state["n_iter"] += 1
            d = self._direction(state, g, group["history_size"])
            state["prev_flat_grad"], previous, state["prev_loss"] = g.copy(), loss, loss
            t = group["lr"] if state["n_iter"] > 1 else min(1.0, 1.0 / float(np.abs(g).sum())) * group["lr"]
            state["d"], state["t"] = d, t
            slope = float(np.dot(g, d))
            if slope > -tolerance:
                break
            calls = 0
            if group["line_search_fn"] is not None:
                point, calls = strong_wolfe(
                    partial(evaluate, d=d), Point(0.0, loss, g, slope), t, _largest(d),
                    tolerance_change=tolerance, max_evaluations=group["max_eval"] - evaluations,
                )  # fmt: skip
                t, loss, g = point.t, point.f, point.g
                state["t"] = t
                self._write_parameters(flats, x + t * d)
            elif k < max_iter:  # the loss after the last iteration is not needed
                point, calls = evaluate(t, d), 1
                loss, g = point.f, point.g
            else:
                self._write_parameters(flats, x + t * d)
            x += t * d
            evaluations += calls
            state["func_evals"] += calls
            small = (
                _largest(g) <= group["tolerance_grad"]
                or _largest(t * d) <= tolerance
                or abs(loss - previous) < tolerance
            )
            if small or evaluations >= group["max_eval"]:
                break
        return first

    def _direction(self, state: dict[str, Any], g: Any, history_size: int) -> Any:
        """-H g by the two loops of Algorithm 7.4; before, the latest pair is added to H."""
        if state["n_iter"] == 1:
            state.update(old_dirs=[], old_stps=[], ro=[], H_diag=1.0)
            return -g
        changes, steps, rho = state["old_dirs"], state["old_stps"], state["ro"]  # y, s, ρ
        y, s = g - state["prev_flat_grad"], state["d"] * state["t"]
        ys = float(np.dot(y, s))
        if ys > 1e-10:
            while len(changes) >= history_size:
                del changes[0], steps[0], rho[0]
            changes.append(y)
            steps.append(s)
            rho.append(1.0 / ys)
            state["H_diag"] = ys / float(np.dot(y, y))
        q, alpha = -g, [0.0] * len(changes)
        for i in reversed(range(len(changes))):
            alpha[i] = rho[i] * float(np.dot(steps[i], q))
            q -= alpha[i] * changes[i]
        q *= state["H_diag"]
        for i in range(len(changes)):
            q += (alpha[i] - rho[i] * float(np.dot(changes[i], q))) * steps[i]
        return q

    def _in_one_vector(self, group: Group) -> list[Flat]:
        flats = [flat for flat in self._flats(0, group) if isinstance(flat, Flat)]
        if sum(len(flat.params) for flat in flats) < len(group["params"]):
            kinds = ", ".join(sorted({type(p._array).__name__ for p in group["params"]}))
            raise ArgumentError(
                f"LBFGS computes with its parameters as one vector of NumPy's; got {kinds}. Use Adam or SGD for arrays "
                "of another library."
            )
        return flats

    def _write_parameters(self, flats: list[Flat], x: Any) -> None:
        start = 0
        for flat in flats:
            flat.values[...] = x[start : start + flat.values.size]
            start += flat.values.size
            now = write_now()
            for p in flat.params:
                p.written = now

    def _state_shape(self, key: str, p: Tensor) -> tuple[int, ...]:
        return (sum(p.size * (2 if p.dtype.kind == "c" else 1) for p in self._parameters()),)

    def _vector(self, key: str, value: Any, p: Tensor) -> Any:
        found = super()._converted(key, value, p)
        return found.real.copy() if p.dtype.kind == "c" else found  # it holds both parts of p, side by side

    def _converted(self, key: str, value: Any, p: Tensor) -> Any:
        if key in LISTS:
            return [self._vector(key, item, p) for item in value]
        if key in VECTORS:
            return self._vector(key, value, p)
        if key == "ro":
            return [finite(key, item) for item in value]
        if key in ("func_evals", "n_iter"):
            return count(key, value)
        return None if key == "al" else float(value) if key == "prev_loss" else finite(key, value)


def _gradient(flats: list[Flat]) -> Any:
    """All gradients as one row, with zeros for a parameter that has none."""
    rows = [
        in_one_row(np.zeros(p.size, p.dtype) if p._grad is None else p._grad._array, p.dtype)
        for flat in flats
        for p in flat.params
    ]
    return np.concatenate(rows, axis=None)


def _largest(x: Any) -> float:
    return float(np.abs(x).max(initial=0))
