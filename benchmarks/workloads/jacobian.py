"""The Jacobian of two tanh layers, R^100 -> R^100."""

from __future__ import annotations

from typing import Any

import numpy as np

TITLE = "Jacobian of two tanh layers, 100 to 100"
N = 100

_rng = np.random.default_rng(0)
_W1, _W2 = ((_rng.normal(size=(N, N)) / 10).astype(np.float32) for _ in range(2))
_b1, _b2, _x = (_rng.normal(size=N).astype(np.float32) for _ in range(3))


def ours(captured: bool = False) -> Any:
    from autograd import capture, jacobian

    matrix = jacobian(lambda x: np.tanh(_W2 @ np.tanh(_W1 @ x + _b1) + _b2))
    run = capture(matrix) if captured else matrix

    def step() -> Any:
        J = run(_x)
        return float(np.vdot(J, J)), [J]

    return step


def captured() -> Any:
    return ours(captured=True)


def numpy() -> Any:
    """A batch of cotangents by hand: the identity, propagated back through both layers."""

    def step() -> Any:
        h = np.tanh(_W1 @ _x + _b1)
        y = np.tanh(_W2 @ h + _b2)
        g = np.diag(1 - y * y) @ _W2
        g *= 1 - h * h
        J = g @ _W1
        return float(np.vdot(J, J)), [J]

    return step


def _torchs() -> Any:
    import torch as peer

    W1, b1, W2, b2 = (peer.tensor(a) for a in (_W1, _b1, _W2, _b2))
    return peer, (lambda x: peer.tanh(W2 @ peer.tanh(W1 @ x + b1) + b2)), peer.tensor(_x)


def torch() -> Any:
    """torch.func.jacrev: cotangents as a batch, through vmap."""
    peer, f, x = _torchs()
    matrix = peer.func.jacrev(f)

    def step() -> Any:
        J = matrix(x).numpy()
        return float(np.vdot(J, J)), [J]

    return step


def torch_loop() -> Any:
    """torch.autograd.functional.jacobian: one sweep for each row."""
    peer, f, x = _torchs()

    def step() -> Any:
        J = peer.autograd.functional.jacobian(f, x).numpy()
        return float(np.vdot(J, J)), [J]

    return step


def jax() -> Any:
    import jax as peer

    matrix = peer.jit(peer.jacrev(lambda x: peer.numpy.tanh(_W2 @ peer.numpy.tanh(_W1 @ x + _b1) + _b2)))

    def step() -> Any:
        J = np.asarray(matrix(_x))
        return float(np.vdot(J, J)), [J]

    return step


PEERS = {"ours": ours, "captured": captured, "numpy": numpy, "torch": torch, "torch_loop": torch_loop, "jax": jax}
TARGETS = {"ours": 0.4, "captured": 0.15}
