"""Ten steps of a partial differential equation, and the gradient by its initial field.

Allen & Cahn's: ∂u/∂t = κ Δu + u - u³. The diffusion is exact in Fourier space, the reaction an Euler step.
"""

from __future__ import annotations

from typing import Any

import numpy as np

TITLE = "spectral_pde: 10 split steps of Allen-Cahn's equation on 256x256, gradient by the initial field"
TARGETS = {"ours": 1.0}
STEPS, DT, N = 10, np.float32(0.05), 256

_rng = np.random.default_rng(0)
START = _rng.uniform(-1, 1, (N, N)).astype(np.float32)
TARGET = np.where(np.hypot(*np.mgrid[-1 : 1 : N * 1j, -1 : 1 : N * 1j]) < 0.5, 1, -1).astype(np.float32)
_frequencies = np.hypot(np.fft.fftfreq(N)[:, None], np.fft.rfftfreq(N))
DECAY = np.exp(-float(DT) * 20 * (2 * np.pi * _frequencies) ** 2).astype(np.float32)


def ours(captured: bool = False) -> Any:
    from autograd import Tensor, capture

    start = Tensor(np.copy(START), requires_grad=True)

    def work() -> Any:
        start.grad = None
        u = start
        for _ in range(STEPS):
            u = np.fft.irfft2(np.fft.rfft2(u) * DECAY)
            u = u + DT * (u - u * u * u)
        loss = np.mean((u - TARGET) ** 2)
        loss.backward()
        return loss

    run = capture(work) if captured else work

    def step() -> Any:
        return run().item(), [start.grad.numpy()]

    return step


def captured() -> Any:
    return ours(captured=True)


def numpy() -> Any:
    def diffused(u: Any) -> Any:  # symmetric: also its own adjoint
        return np.fft.irfft2(np.fft.rfft2(u) * DECAY)

    def step() -> Any:
        u, kept = START, []
        for _ in range(STEPS):
            u = diffused(u)
            kept.append(u)
            u = u + DT * (u - u * u * u)
        d = u - TARGET
        g = 2 / d.size * d
        for u in reversed(kept):
            g = diffused(g * (1 + DT * (1 - 3 * u * u)))
        return float(np.mean(d * d)), [g]

    return step


def torch() -> Any:
    import torch as peer

    start = peer.tensor(START, requires_grad=True)
    decay, target, fft, dt = peer.tensor(DECAY), peer.tensor(TARGET), peer.fft, float(DT)

    def step() -> Any:
        start.grad = None
        u = start
        for _ in range(STEPS):
            u = fft.irfft2(fft.rfft2(u) * decay)
            u = u + dt * (u - u * u * u)
        loss = peer.mean((u - target) ** 2)
        loss.backward()
        return loss.item(), [start.grad.numpy()]

    return step


def jax() -> Any:
    import jax as peer

    fft = peer.numpy.fft

    def loss(u: Any) -> Any:
        for _ in range(STEPS):
            u = fft.irfft2(fft.rfft2(u) * DECAY)
            u = u + DT * (u - u * u * u)
        return peer.numpy.mean((u - TARGET) ** 2)

    both = peer.jit(peer.value_and_grad(loss))

    def step() -> Any:
        value, found = both(START)
        return float(value), [np.asarray(found)]

    return step


PEERS = {"ours": ours, "captured": captured, "numpy": numpy, "torch": torch, "jax": jax}
