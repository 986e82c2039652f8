"""A ReLU network with softmax cross-entropy, forward and backward: for mlp_small, mlp_large and their full steps."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from benchmarks.workloads.jax_steps import adam, cross_entropy, first_state, value_and_gradients

EPS = 1e-2  # of Adam; so large that a rounding error in a gradient that should be 0 does not determine the step


class Network:
    """The peers for one size of network; with `adam`, each step ends with Adam's update (for NumPy written by hand)."""

    def __init__(self, batch: int, sizes: tuple[int, ...], adam: bool = False) -> None:
        rng = np.random.default_rng(0)
        self.weights = [rng.normal(scale=(2 / n) ** 0.5, size=(m, n)).astype(np.float32) for n, m in pairwise(sizes)]
        self.biases = [np.zeros(m, np.float32) for m in sizes[1:]]
        self.x = rng.normal(size=(batch, sizes[0])).astype(np.float32)
        self.target = rng.integers(0, sizes[-1], batch)
        self.adam = adam

    def ours(self, captured: bool = False) -> Any:
        import nn
        import optim
        from autograd import Tensor, capture

        layers: list[Any] = []
        for w, b in zip(self.weights, self.biases, strict=True):
            linear = nn.Linear(w.shape[1], w.shape[0])
            linear.weight.data, linear.bias.data = w.copy(), b.copy()
            layers += [linear, nn.ReLU()]
        model, loss_of = nn.Sequential(*layers[:-1]), nn.CrossEntropyLoss()
        x, parameters = Tensor(self.x), list(model.parameters())
        optimizer = optim.Adam(parameters, eps=EPS) if self.adam else None

        def work() -> Any:
            for p in parameters:
                p.grad = None
            loss = loss_of(model(x), self.target)
            loss.backward()
            if optimizer:
                optimizer.step()
            return loss

        run = capture(work) if captured else work

        def step() -> Any:
            return run().item(), [p.grad.numpy() for p in parameters] + (
                [p.data for p in parameters] if optimizer else []
            )

        return step

    def captured(self) -> Any:
        return self.ours(captured=True)

    def numpy(self) -> Any:
        weights, biases = [w.copy() for w in self.weights], [b.copy() for b in self.biases]
        x, target, rows = self.x, self.target, np.arange(len(self.target))
        parameters = [p for pair in zip(weights, biases, strict=True) for p in pair]
        update = _Adam(parameters) if self.adam else None

        def step() -> Any:
            inputs = []
            h = x
            for w, b in zip(weights, biases, strict=True):
                inputs.append(h)
                z = h @ w.T + b
                h = np.maximum(z, 0)
            e = np.exp(z - z.max(axis=1, keepdims=True))
            total = e.sum(axis=1, keepdims=True)
            p = e / total
            loss = -np.log(p[rows, target]).mean()
            g = p
            g[rows, target] -= 1
            g /= len(target)
            gradients: list[Any] = []
            for k in reversed(range(len(weights))):
                gradients[:0] = [g.T @ inputs[k], g.sum(axis=0)]
                if k:
                    g = (g @ weights[k]) * (inputs[k] > 0)
            if update:
                update(gradients)
            return float(loss), gradients + (parameters if update else [])

        return step

    def numpy_kept(self) -> Any:
        from autograd.memory import keep_freed_memory

        keep_freed_memory()
        return self.numpy()

    def torch(self, **options: Any) -> Any:
        import torch as peer

        layers: list[Any] = []
        for w, b in zip(self.weights, self.biases, strict=True):
            linear = peer.nn.Linear(w.shape[1], w.shape[0])
            linear.weight.data, linear.bias.data = peer.tensor(w), peer.tensor(b)
            layers += [linear, peer.nn.ReLU()]
        model, loss_of = peer.nn.Sequential(*layers[:-1]), peer.nn.CrossEntropyLoss()
        x, target, parameters = peer.tensor(self.x), peer.tensor(self.target), list(model.parameters())
        optimizer = peer.optim.Adam(parameters, eps=EPS, **options) if self.adam else None

        def step() -> Any:
            for p in parameters:
                p.grad = None
            loss = loss_of(model(x), target)
            loss.backward()
            if optimizer:
                optimizer.step()
            return loss.item(), [p.grad.numpy() for p in parameters] + (
                [p.detach().numpy() for p in parameters] if optimizer else []
            )

        return step

    def jax(self) -> Any:
        """The whole step compiled, update included."""
        import jax as peer

        def loss_of(parameters: Any, x: Any, target: Any) -> Any:
            *hidden, (w, b) = zip(parameters[::2], parameters[1::2], strict=True)
            for weight, bias in hidden:
                x = peer.nn.relu(x @ weight.T + bias)
            return cross_entropy(x @ w.T + b, target)

        parameters = [p for pair in zip(self.weights, self.biases, strict=True) for p in pair]
        if not self.adam:
            return value_and_gradients(loss_of, parameters, self.x, self.target)

        @peer.jit
        def work(state: Any, x: Any, target: Any) -> Any:
            loss, gradients = peer.value_and_grad(loss_of)(state[0], x, target)
            return loss, gradients, adam(state, gradients, 1e-3, 0.9, 0.999, EPS)

        state, x, target = first_state(parameters), peer.numpy.asarray(self.x), peer.numpy.asarray(self.target)

        def step() -> Any:
            nonlocal state
            loss, gradients, state = work(state, x, target)
            return float(loss), [np.asarray(a) for a in (*gradients, *state[0])]

        return step

    def torch_fused(self) -> Any:
        return self.torch(fused=True)

    def peers(self) -> dict[str, Any]:
        named = {"ours": self.ours, "captured": self.captured, "numpy": self.numpy, "torch": self.torch}
        return {**named, "jax": self.jax}


class _Adam:
    """Kingma & Ba 2015, Algorithm 1, in plain NumPy."""

    def __init__(
        self, parameters: list[Any], lr: float = 1e-3, beta1: float = 0.9, beta2: float = 0.999, eps: float = EPS
    ) -> None:
        self.parameters, self.lr, self.beta1, self.beta2, self.eps, self.t = parameters, lr, beta1, beta2, eps, 0
        self.m = [np.zeros_like(p) for p in parameters]
        self.v = [np.zeros_like(p) for p in parameters]

    def __call__(self, gradients: list[Any]) -> None:
        self.t += 1
        for p, g, m, v in zip(self.parameters, gradients, self.m, self.v, strict=True):
            m *= self.beta1
            m += (1 - self.beta1) * g
            v *= self.beta2
            v += (1 - self.beta2) * g * g
            p -= self.lr / (1 - self.beta1**self.t) * m / (np.sqrt(v / (1 - self.beta2**self.t)) + self.eps)
