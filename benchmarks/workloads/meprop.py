"""The backward of one linear layer, dense and with only the k largest components of the gradient (meProp).

All but k columns of the cotangent (with `each`: all but k components of each row) are so small that the dense and the
sparse backward agree within the tolerance of the comparison. The forward runs once, at set-up.
"""

from __future__ import annotations

from typing import Any

import numpy as np


class Layer:
    """The peers for one size of layer; with `each`, the components are chosen for every example by itself."""

    def __init__(self, batch: int, in_features: int, out_features: int, k: int, each: bool = False) -> None:
        rng = np.random.default_rng(0)
        self.k, self.each = k, each
        self.x = rng.normal(size=(batch, in_features)).astype(np.float32)
        self.weight = rng.normal(scale=in_features**-0.5, size=(out_features, in_features)).astype(np.float32)
        self.bias = np.zeros(out_features, np.float32)
        self.g = (1e-9 * rng.normal(size=(batch, out_features))).astype(np.float32)
        if each:
            places = np.argsort(rng.random((batch, out_features)), axis=1)[:, :k]
        else:
            places = np.broadcast_to(rng.choice(out_features, k, replace=False), (batch, k))
        np.put_along_axis(self.g, places, rng.normal(size=(batch, k)).astype(np.float32), axis=1)

    def _ours(self, make: Any) -> Any:
        from autograd import Tensor

        layer = make(*self.weight.shape[::-1])
        layer.weight.data, layer.bias.data = self.weight.copy(), self.bias.copy()
        x = Tensor(self.x, requires_grad=True)
        out = layer(x)
        loss = float(out.numpy().sum())

        def step() -> Any:
            x.grad = layer.weight.grad = layer.bias.grad = None
            out.backward(self.g, retain_graph=True)
            return loss, [t.grad.numpy() for t in (x, layer.weight, layer.bias)]

        return step

    def ours(self) -> Any:
        import nn

        return self._ours(lambda m, n: nn.MinimalEffortLinear(m, n, self.k, unified=not self.each))

    def ours_dense(self) -> Any:
        import nn

        return self._ours(nn.Linear)

    def numpy(self) -> Any:
        loss = float((self.x @ self.weight.T + self.bias).sum())

        def step() -> Any:
            return loss, [self.g @ self.weight, self.g.T @ self.x, self.g.sum(axis=0)]

        return step

    def numpy_kept(self) -> Any:
        from autograd.memory import keep_freed_memory

        keep_freed_memory()
        return self.numpy()

    def numpy_unified(self) -> Any:
        from autograd.memory import keep_freed_memory

        keep_freed_memory()
        loss = float((self.x @ self.weight.T + self.bias).sum())

        def step() -> Any:
            columns = np.argpartition(np.abs(self.g).sum(axis=0), -self.k)[-self.k :]
            g = self.g[:, columns]
            of_weight, of_bias = np.zeros_like(self.weight), np.zeros_like(self.bias)
            of_weight[columns] = g.T @ self.x
            of_bias[columns] = g.sum(axis=0)
            return loss, [g @ self.weight[columns], of_weight, of_bias]

        return step

    def torch(self) -> Any:
        import torch as peer

        x, w, b, g = (peer.tensor(a) for a in (self.x, self.weight, self.bias, self.g))
        leaves = [t.requires_grad_() for t in (x, w, b)]
        out = peer.nn.functional.linear(*leaves)
        loss = out.sum().item()

        def step() -> Any:
            for t in leaves:
                t.grad = None
            out.backward(g, retain_graph=True)
            return loss, [t.grad.numpy() for t in leaves]

        return step

    def torch_unified(self) -> Any:
        """The same sparse backward as an autograd.Function."""
        import torch as peer

        k = self.k

        class Unified(peer.autograd.Function):
            @staticmethod
            def forward(ctx: Any, x: Any, w: Any, b: Any) -> Any:
                ctx.save_for_backward(x, w)
                return peer.nn.functional.linear(x, w, b)

            @staticmethod
            def backward(ctx: Any, *gs: Any) -> Any:
                (x, w), (g,) = ctx.saved_tensors, gs
                columns = g.abs().sum(0).topk(k, sorted=False).indices
                g = g.index_select(1, columns)
                of_w, of_b = peer.zeros_like(w), w.new_zeros(len(w))
                of_w[columns] = g.T @ x
                of_b[columns] = g.sum(0)
                return g @ w[columns], of_w, of_b

        x, w, b, g = (peer.tensor(a) for a in (self.x, self.weight, self.bias, self.g))
        leaves = [t.requires_grad_() for t in (x, w, b)]
        out = Unified.apply(*leaves)
        loss = out.sum().item()

        def step() -> Any:
            for t in leaves:
                t.grad = None
            out.backward(g, retain_graph=True)
            return loss, [t.grad.numpy() for t in leaves]

        return step

    def peers(self) -> dict[str, Any]:
        found = {
            "ours": self.ours, "ours_dense": self.ours_dense,
            "numpy": self.numpy, "numpy_kept": self.numpy_kept, "torch": self.torch,
        }  # fmt: skip
        return (
            found if self.each else {**found, "numpy_unified": self.numpy_unified, "torch_unified": self.torch_unified}
        )
