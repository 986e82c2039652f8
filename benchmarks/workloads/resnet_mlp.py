"""Twenty pre-activation residual blocks of width 128 at a batch of 64: forward, backward and a step of SGD.

A block is x + LayerNorm(Linear(Dropout(ReLU(BatchNorm(Linear(x)))))). A Linear to 10 classes and softmax cross-entropy
follow.

The loss, all gradients and all updated parameters of a first step are compared before anything is timed. The masks of
the first two steps are given and the same for every peer. After that every peer draws masks from its own generator
(p = 0.1), as its users would, so the time includes the drawing. BatchNorm keeps its running statistics. The update is
each library's SGD.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.workloads.jax_steps import cross_entropy

TITLE = "resnet_mlp: 20 residual blocks of width 128, batch 64, forward, backward and SGD"
BATCH, WIDTH, BLOCKS, CLASSES, P, LR, EPS, MOMENTUM = 64, 128, 20, 10, 0.1, 0.01, 1e-5, 0.1
GIVEN = 2  # steps whose masks are given
# a bias before BatchNorm is left out: its gradient is 0 up to rounding
COMPARED = [i for i in range(8 * BLOCKS + 2) if i % 8 != 1 or i > 8 * BLOCKS]


class _Data:
    """First values of the parameters, inputs, and the masks of the first steps."""

    def __init__(self) -> None:
        rng = np.random.default_rng(0)
        self.blocks = []
        for _ in range(BLOCKS):
            first, second = (rng.normal(scale=WIDTH**-0.5, size=(WIDTH, WIDTH)).astype(np.float32) for _ in range(2))
            b1, b2 = (rng.normal(scale=0.1, size=WIDTH).astype(np.float32) for _ in range(2))
            ones, zeros = np.ones(WIDTH, np.float32), np.zeros(WIDTH, np.float32)
            self.blocks.append([first, b1, ones, zeros, second, b2, ones, zeros])
        self.head = [
            rng.normal(scale=WIDTH**-0.5, size=(CLASSES, WIDTH)).astype(np.float32),
            np.zeros(CLASSES, np.float32),
        ]
        self.x = rng.normal(size=(BATCH, WIDTH)).astype(np.float32)
        self.target = rng.integers(0, CLASSES, BATCH)
        self.masks = rng.random((GIVEN, BLOCKS, BATCH, WIDTH)) < 1 - P

    def parameters(self) -> list[Any]:
        return [p.copy() for block in self.blocks for p in block] + [p.copy() for p in self.head]


def ours(captured: bool = False) -> Any:
    import nn
    import optim
    from autograd import Tensor, capture
    from nn.layers.dropout import dropout_op

    class FirstDropout(nn.Dropout):
        """Dropout whose first masks are given."""

        given: Any = ()

        def forward(self, x: Any) -> Any:
            if not self.given:
                return super().forward(x)
            mask, *self.given = self.given
            return dropout_op(x, mask, scale=1 / (1 - self.p))

    data = _Data()
    layers: list[nn.Module] = []
    dropouts = []
    for i in range(BLOCKS):
        dropouts.append(FirstDropout(P))
        dropouts[-1].given = list(data.masks[:, i])
        layers.append(nn.Residual(nn.Sequential(
            nn.Linear(WIDTH, WIDTH), nn.BatchNorm1d(WIDTH, EPS, MOMENTUM), nn.ReLU(), dropouts[-1],
            nn.Linear(WIDTH, WIDTH), nn.LayerNorm(WIDTH, EPS),
        )))  # fmt: skip
    model, loss_of = nn.Sequential(*layers, nn.Linear(WIDTH, CLASSES)), nn.CrossEntropyLoss()
    parameters: list[Any] = list(model.parameters())
    for p, value in zip(parameters, data.parameters(), strict=True):
        p.data = value
    x, optimizer = Tensor(data.x), optim.SGD(parameters, lr=LR)

    def work() -> Any:
        optimizer.zero_grad()
        loss = loss_of(model(x), data.target)
        loss.backward()
        optimizer.step()
        return loss

    run = capture(work) if captured else work

    def step() -> Any:
        now = work if dropouts[0].given else run  # the steps with given masks are not repeated
        return now().item(), [parameters[i].grad.numpy() for i in COMPARED] + [p.numpy() for p in parameters]

    return step


def captured() -> Any:
    return ours(captured=True)


def numpy() -> Any:
    data = _Data()
    parameters, x, target, rows = data.parameters(), data.x, data.target, np.arange(BATCH)
    blocks, (head, head_bias) = [parameters[8 * i : 8 * i + 8] for i in range(BLOCKS)], parameters[-2:]
    running = [(np.zeros(WIDTH, np.float32), np.ones(WIDTH, np.float32)) for _ in range(BLOCKS)]
    rng = np.random.default_rng()
    masks = [mask for step in data.masks for mask in step]

    def step() -> Any:
        kept = []
        h = x
        for (w1, b1, gamma, beta, w2, b2, gain, shift), (mean, var) in zip(blocks, running, strict=True):
            z = h @ w1.T + b1
            m = z.mean(axis=0)
            centred = z - m
            v = (centred * centred).mean(axis=0)
            rstd = 1 / np.sqrt(v + EPS)
            hat = centred * rstd
            y = hat * gamma + beta
            mean += MOMENTUM * (m - mean)
            var += MOMENTUM * (v * (BATCH / (BATCH - 1)) - var)
            mask = masks.pop(0) if masks else rng.random(y.shape, dtype=np.float32) < 1 - P
            positive = y > 0
            d = y * positive * mask * (1 / (1 - P))
            u = d @ w2.T + b2
            centred = u - u.mean(axis=1, keepdims=True)
            rstd2 = 1 / np.sqrt((centred * centred).mean(axis=1, keepdims=True) + EPS)
            hat2 = centred * rstd2
            kept.append((h, hat, rstd, positive, mask, d, hat2, rstd2))
            h = h + hat2 * gain + shift
        z = h @ head.T + head_bias
        e = np.exp(z - z.max(axis=1, keepdims=True))
        p = e / e.sum(axis=1, keepdims=True)
        loss = -np.log(p[rows, target]).mean()
        p[rows, target] -= 1
        p /= BATCH
        gradients: list[Any] = [p.T @ h, p.sum(axis=0)]
        g = p @ head
        for (w1, _, gamma, _, w2, _, gain, _), (h, hat, rstd, positive, mask, d, hat2, rstd2) in zip(
            reversed(blocks), reversed(kept), strict=True
        ):
            d_gain, d_shift = (g * hat2).sum(axis=0), g.sum(axis=0)
            a = g * gain
            a = rstd2 * (a - a.mean(axis=1, keepdims=True) - hat2 * (a * hat2).mean(axis=1, keepdims=True))
            d_w2, d_b2 = a.T @ d, a.sum(axis=0)
            a = (a @ w2) * positive * mask * (1 / (1 - P))
            d_gamma, d_beta = (a * hat).sum(axis=0), a.sum(axis=0)
            a = gamma * rstd * (a - d_beta * (1 / BATCH) - hat * (d_gamma * (1 / BATCH)))
            gradients[:0] = [a.T @ h, a.sum(axis=0), d_gamma, d_beta, d_w2, d_b2, d_gain, d_shift]
            g = g + a @ w1
        for q, dq in zip(parameters, gradients, strict=True):
            q -= LR * dq
        return float(loss), [*[gradients[i] for i in COMPARED], *parameters]

    return step


def numpy_kept() -> Any:
    from autograd.memory import keep_freed_memory

    keep_freed_memory()
    return numpy()


def torch() -> Any:
    import torch as peer

    class FirstDropout(peer.nn.Dropout):
        """Dropout whose first masks are given."""

        given: Any = ()

        def forward(self, x: Any) -> Any:
            if not self.given:
                return super().forward(x)
            mask, *self.given = self.given
            return x * mask * (1 / (1 - self.p))

    class Residual(peer.nn.Module):
        def __init__(self, *layers: Any) -> None:
            super().__init__()
            self.block = peer.nn.Sequential(*layers)

        def forward(self, x: Any) -> Any:
            return self.block(x) + x

    data, nn = _Data(), peer.nn
    layers: list[Any] = []
    for i in range(BLOCKS):
        dropout = FirstDropout(P)
        dropout.given = list(peer.tensor(data.masks[:, i]))
        layers.append(Residual(
            nn.Linear(WIDTH, WIDTH), nn.BatchNorm1d(WIDTH, EPS, MOMENTUM), nn.ReLU(), dropout,
            nn.Linear(WIDTH, WIDTH), nn.LayerNorm(WIDTH, EPS),
        ))  # fmt: skip
    model, loss_of = nn.Sequential(*layers, nn.Linear(WIDTH, CLASSES)), nn.CrossEntropyLoss()
    parameters: list[Any] = list(model.parameters())
    for p, value in zip(parameters, data.parameters(), strict=True):
        p.data = peer.tensor(value)
    x, target = peer.tensor(data.x), peer.tensor(data.target)
    optimizer = peer.optim.SGD(parameters, lr=LR)

    def step() -> Any:
        optimizer.zero_grad()
        loss = loss_of(model(x), target)
        loss.backward()
        optimizer.step()
        return loss.item(), [parameters[i].grad.numpy() for i in COMPARED] + [p.detach().numpy() for p in parameters]

    return step


def jax() -> Any:
    """The whole step compiled, the drawing of masks and the update included."""
    import jax as peer
    from jax import numpy as jnp

    data = _Data()

    def loss_of(parameters: Any, running: Any, masks: Any, h: Any, target: Any) -> Any:
        after = []
        for i, ((mean, var), mask) in enumerate(zip(running, masks, strict=True)):
            w1, b1, gamma, beta, w2, b2, gain, shift = parameters[8 * i : 8 * i + 8]
            z = h @ w1.T + b1
            m, v = z.mean(axis=0), z.var(axis=0)
            after.append((mean + MOMENTUM * (m - mean), var + MOMENTUM * (v * (BATCH / (BATCH - 1)) - var)))
            y = (z - m) / jnp.sqrt(v + EPS) * gamma + beta
            u = (peer.nn.relu(y) * mask * (1 / (1 - P))) @ w2.T + b2
            inverse = 1 / jnp.sqrt(u.var(axis=1, keepdims=True) + EPS)
            h = h + (u - u.mean(axis=1, keepdims=True)) * inverse * gain + shift
        return cross_entropy(h @ parameters[-2].T + parameters[-1], target), after

    @peer.jit
    def work(state: Any, key: Any, masks: Any, x: Any, target: Any) -> Any:
        parameters, running = state
        key, new = peer.random.split(key)
        if masks is None:
            masks = peer.random.bernoulli(new, 1 - P, (BLOCKS, BATCH, WIDTH))
        found, gradients = peer.value_and_grad(loss_of, has_aux=True)(parameters, running, masks, x, target)
        loss, running = found
        return loss, gradients, ([p - LR * g for p, g in zip(parameters, gradients, strict=True)], running), key

    x, target, key = jnp.asarray(data.x), jnp.asarray(data.target), peer.random.key(0)
    state: Any = [jnp.asarray(p) for p in data.parameters()], [(jnp.zeros(WIDTH), jnp.ones(WIDTH))] * BLOCKS
    given = list(data.masks)

    def step() -> Any:
        nonlocal state, key
        loss, gradients, state, key = work(state, key, given.pop(0) if given else None, x, target)
        return float(loss), [*[np.asarray(gradients[i]) for i in COMPARED], *map(np.asarray, state[0])]

    return step


PEERS = {"ours": ours, "captured": captured, "numpy": numpy, "numpy_kept": numpy_kept, "torch": torch, "jax": jax}
TARGETS = {"ours": 0.65, "captured": 0.42}
