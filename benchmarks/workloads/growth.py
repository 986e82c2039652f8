"""An epoch of a tanh network of any depth and width, 8 batches of 64 rows with plain SGD: for benchmarks.growth."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

BATCHES, ROWS, FEATURES, CLASSES, RATE = 8, 64, 64, 10, 1e-3


class Epoch:
    """The peers for one size. A step is an epoch; it returns the last loss and the last gradients.

    Args:  depth: hidden layers.
           width: units in each of them.
    """

    def __init__(self, depth: int, width: int) -> None:
        rng = np.random.default_rng(0)
        sizes = [FEATURES, *[width] * depth, CLASSES]
        self.weights = [(rng.normal(size=(m, n)) / np.sqrt(n)).astype(np.float32) for n, m in pairwise(sizes)]
        self.x = rng.normal(size=(BATCHES, ROWS, FEATURES)).astype(np.float32)
        self.y = rng.integers(0, CLASSES, (BATCHES, ROWS))

    def ours(self, captured: bool = False) -> Any:
        import nn
        import optim
        from autograd import capture

        layers: list[Any] = []
        for w in self.weights:
            layers += [nn.Linear(w.shape[1], w.shape[0]), nn.Tanh()]
            layers[-2].weight.data, layers[-2].bias.data = w.copy(), np.zeros(len(w), np.float32)
        model = nn.Sequential(*layers[:-1])
        parameters = list(model.parameters())
        optimizer = optim.SGD(parameters, lr=RATE)

        def work(x: Any, y: Any) -> Any:
            loss = nn.functional.cross_entropy(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            return loss

        run = capture(work) if captured else work

        def step() -> Any:
            for x, y in zip(self.x, self.y, strict=True):
                loss = run(x, y)
            return loss.item(), [p.grad.numpy() for p in parameters]

        return step

    def captured(self) -> Any:
        return self.ours(captured=True)

    def torch(self) -> Any:
        import torch as peer

        layers: list[Any] = []
        for w in self.weights:
            layers += [peer.nn.Linear(w.shape[1], w.shape[0]), peer.nn.Tanh()]
            layers[-2].weight.data, layers[-2].bias.data = peer.tensor(w), peer.zeros(len(w))
        model = peer.nn.Sequential(*layers[:-1])
        parameters = list(model.parameters())
        optimizer = peer.optim.SGD(parameters, lr=RATE)
        batches = [*zip(peer.tensor(self.x), peer.tensor(self.y), strict=True)]

        def step() -> Any:
            for x, y in batches:
                loss = peer.nn.functional.cross_entropy(model(x), y)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            return loss.item(), [p.grad.numpy() for p in parameters]

        return step

    def jax(self) -> Any:
        """The whole step compiled, update included."""
        import jax as peer

        def loss_of(parameters: Any, x: Any, y: Any) -> Any:
            for i, (w, b) in enumerate(parameters):
                x = x @ w.T + b
                x = peer.numpy.tanh(x) if i < len(parameters) - 1 else x
            return -peer.nn.log_softmax(x)[np.arange(ROWS), y].mean()

        @peer.jit
        def work(parameters: Any, x: Any, y: Any) -> Any:
            loss, gradients = peer.value_and_grad(loss_of)(parameters, x, y)
            return loss, gradients, peer.tree.map(lambda p, g: p - RATE * g, parameters, gradients)

        state = [peer.numpy.asarray(w) for w in self.weights]
        parameters = [(w, peer.numpy.zeros(len(w))) for w in state]
        batches = [*zip(peer.numpy.asarray(self.x), peer.numpy.asarray(self.y), strict=True)]

        def step() -> Any:
            nonlocal parameters
            for x, y in batches:
                loss, gradients, parameters = work(parameters, x, y)
            return float(loss), [np.asarray(g) for pair in gradients for g in pair]

        return step


def peers(depth: int, width: int) -> dict[str, Any]:
    """The peers for one size, by name."""
    epoch = Epoch(depth, width)
    return {"ours": epoch.ours, "captured": epoch.captured, "torch": epoch.torch, "jax": epoch.jax}
