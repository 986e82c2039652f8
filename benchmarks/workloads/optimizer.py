"""An optimizer alone, on 60 tensors with 4 million float32 parameters: for adam_only and sgd_momentum_only."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.workloads.jax_steps import first_state

BLOCK = 16384


def _shapes() -> list[tuple[int, ...]]:
    """20 layers, each with a matrix, a bias and the scale of a norm."""
    return [shape for _ in range(20) for shape in ((447, 447), (447,), (447,))]


class Problem:
    """The peers for one optimizer.

    Args:  blocks: written by hand, updates a stretch (p, g, s, *remembered) in place.
           pure: the state of `jax_steps.adam` before a step, the gradients -> the state after it.
    """

    def __init__(self, name: str, options: dict[str, Any], remembered: int, blocks: Any, whole: Any, pure: Any) -> None:
        rng = np.random.default_rng(0)
        self.name, self.options, self.remembered, self.blocks, self.whole = name, options, remembered, blocks, whole
        self.pure = pure
        self.start = [rng.normal(scale=0.05, size=shape).astype(np.float32) for shape in _shapes()]
        self.gradients = [rng.normal(scale=0.01, size=shape).astype(np.float32) for shape in _shapes()]

    def ours(self, captured: bool = False) -> Any:
        import nn
        import optim
        from autograd import capture

        parameters = [nn.Parameter(p) for p in self.start]
        optimizer = getattr(optim, self.name)(parameters, **self.options)
        for p, g in zip(parameters, self.gradients, strict=True):
            p.grad = g

        run = capture(lambda: optimizer.step()) if captured else optimizer.step

        def step() -> Any:
            run()
            return 0.0, [p.numpy() for p in parameters]

        return step

    def captured(self) -> Any:
        return self.ours(captured=True)

    def _by_hand(self, rule: Any) -> Any:
        parameters = [p.copy() for p in self.start]
        remembered = [[np.zeros_like(p) for _ in range(self.remembered)] for p in parameters]
        t = 0

        def step() -> Any:
            nonlocal t
            t += 1
            for p, g, arrays in zip(parameters, self.gradients, remembered, strict=True):
                rule(t, p, g, *arrays)
            return 0.0, parameters

        return step

    def numpy(self) -> Any:
        return self._by_hand(self.whole)

    def numpy_blocks(self) -> Any:
        buffer = np.empty(BLOCK, np.float32)

        def rule(t: int, *arrays: Any) -> None:
            rows = [a.reshape(-1) for a in arrays]
            for i in range(0, rows[0].size, BLOCK):
                part = [row[i : i + BLOCK] for row in rows]
                self.blocks(t, buffer[: part[0].size], *part)

        return self._by_hand(rule)

    def _torch(self, **options: Any) -> Any:
        import torch as peer

        parameters = [peer.nn.Parameter(peer.tensor(p)) for p in self.start]
        optimizer = getattr(peer.optim, self.name)(parameters, **self.options, **options)
        for p, g in zip(parameters, self.gradients, strict=True):
            p.grad = peer.tensor(g)

        def step() -> Any:
            optimizer.step()
            return 0.0, [p.detach().numpy() for p in parameters]

        return step

    def torch(self) -> Any:
        return self._torch()

    def torch_foreach(self) -> Any:
        return self._torch(foreach=True)

    def torch_fused(self) -> Any:
        return self._torch(fused=True)

    def jax(self) -> Any:
        """The update of all tensors compiled."""
        import jax as peer

        state = first_state(self.start)
        gradients = [peer.numpy.asarray(g) for g in self.gradients]
        run = peer.jit(self.pure)

        def step() -> Any:
            nonlocal state
            state = run(state, gradients)
            return 0.0, [np.asarray(p) for p in state[0]]

        return step

    def peers(self) -> dict[str, Any]:
        return {
            "ours": self.ours, "captured": self.captured, "numpy": self.numpy, "numpy_blocks": self.numpy_blocks,
            "torch": self.torch, "torch_foreach": self.torch_foreach, "torch_fused": self.torch_fused,
            "jax": self.jax,
        }  # fmt: skip
