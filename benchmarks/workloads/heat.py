"""A simulation as NumPy writes it: the heat equation on a square, in place; the gradient by the first temperatures."""

from __future__ import annotations

from typing import Any

import numpy as np

STEPS, RATE = 200, 0.1


def simulate(u: Any) -> Any:
    """u, written in place: an array, a Tensor, or PyTorch's."""
    for _ in range(STEPS):
        u[1:-1, 1:-1] += RATE * (u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - 4 * u[1:-1, 1:-1])
    return u


class Heat:
    """The simulation on a square of n × n points."""

    def __init__(self, n: int) -> None:
        self.start = np.random.default_rng(0).random((n, n))

    def ours(self, captured: bool = False) -> Any:
        from autograd import Tensor, capture

        start = Tensor(self.start, requires_grad=True)

        def work() -> Any:
            start.grad = None
            u = simulate(start * 1.0)
            loss = np.sum(u * u)
            loss.backward()
            return loss

        run = capture(work) if captured else work

        def step() -> Any:
            return run().item(), [start.grad.numpy()]

        return step

    def captured(self) -> Any:
        return self.ours(captured=True)

    def numpy(self) -> Any:
        """The matrix of a step is symmetric, so the sweep is the simulation again, with the border's share."""

        def step() -> Any:
            u = simulate(self.start.copy())
            g = 2 * u
            for _ in range(STEPS):
                inner = RATE * g[1:-1, 1:-1]
                g[1:-1, 1:-1] -= 4 * inner
                g[2:, 1:-1] += inner
                g[:-2, 1:-1] += inner
                g[1:-1, 2:] += inner
                g[1:-1, :-2] += inner
            return float(np.sum(u * u)), [g]

        return step

    def torch(self) -> Any:
        import torch as peer

        def step() -> Any:
            start = peer.tensor(self.start, requires_grad=True)
            u = simulate(start * 1.0)
            loss = (u * u).sum()
            loss.backward()
            return loss.item(), [start.grad.numpy()]

        return step

    def jax(self) -> Any:
        """JAX's arrays cannot be written to: .at[].add, compiled, the loop by scan, in its default float32."""
        import jax as peer

        def advance(u: Any, _: Any) -> Any:
            flow = u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - 4 * u[1:-1, 1:-1]
            return u.at[1:-1, 1:-1].add(RATE * flow), None

        def loss(start: Any) -> Any:
            u, _ = peer.lax.scan(advance, start, None, STEPS)
            return (u * u).sum()

        both = peer.jit(peer.value_and_grad(loss))

        def step() -> Any:
            value, gradient = both(self.start)
            return float(value), [np.asarray(gradient)]

        return step

    def peers(self) -> dict[str, Any]:
        return {"ours": self.ours, "captured": self.captured, "numpy": self.numpy, "torch": self.torch, "jax": self.jax}
