"""A convolution layer by the Fourier transform: a kernel as large as the image for each channel, tanh, mean square."""

from __future__ import annotations

from typing import Any

import numpy as np

TITLE = "fft_layer: circular convolution of 8x8x64x64 with 8 kernels of 64x64 by rfft2, tanh, mean square"
TARGETS = {"ours": 1.0}

_rng = np.random.default_rng(0)
X = _rng.normal(size=(8, 8, 64, 64)).astype(np.float32)
WEIGHT = (_rng.normal(size=(8, 64, 64)) / 64).astype(np.float32)


def ours(captured: bool = False) -> Any:
    from autograd import Tensor, capture

    w = Tensor(np.copy(WEIGHT), requires_grad=True)
    x = Tensor(np.copy(X), requires_grad=True)

    def work() -> Any:
        w.grad = x.grad = None
        y = np.fft.irfft2(np.fft.rfft2(x) * np.fft.rfft2(w))
        loss = np.mean(np.tanh(y) ** 2)
        loss.backward()
        return loss

    run = capture(work) if captured else work

    def step() -> Any:
        return run().item(), [w.grad.numpy(), x.grad.numpy()]

    return step


def captured() -> Any:
    return ours(captured=True)


def numpy() -> Any:
    def step() -> Any:
        xf, wf = np.fft.rfft2(X), np.fft.rfft2(WEIGHT)
        h = np.tanh(np.fft.irfft2(xf * wf))
        gf = np.fft.rfft2(2 / h.size * h * (1 - h * h))  # the adjoint of a circular convolution is a correlation
        gw = np.fft.irfft2(np.sum(gf * np.conj(xf), axis=0))
        return float(np.mean(h * h)), [gw, np.fft.irfft2(gf * np.conj(wf))]

    return step


def torch() -> Any:
    import torch as peer

    w, x = peer.tensor(WEIGHT, requires_grad=True), peer.tensor(X, requires_grad=True)
    fft = peer.fft

    def step() -> Any:
        w.grad = x.grad = None
        y = fft.irfft2(fft.rfft2(x) * fft.rfft2(w))
        loss = peer.mean(peer.tanh(y) ** 2)
        loss.backward()
        return loss.item(), [w.grad.numpy(), x.grad.numpy()]

    return step


def jax() -> Any:
    import jax as peer

    fft = peer.numpy.fft

    def loss(w: Any, x: Any) -> Any:
        return peer.numpy.mean(peer.numpy.tanh(fft.irfft2(fft.rfft2(x) * fft.rfft2(w))) ** 2)

    both = peer.jit(peer.value_and_grad(loss, (0, 1)))

    def step() -> Any:
        value, found = both(WEIGHT, X)
        return float(value), [np.asarray(g) for g in found]

    return step


PEERS = {"ours": ours, "captured": captured, "numpy": numpy, "torch": torch, "jax": jax}
