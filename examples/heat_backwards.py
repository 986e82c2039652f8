"""Heat run backwards: the field at the start, recovered by gradient from what is left of it at the end.

    python examples/heat_backwards.py [picture.png]

    ∂u/∂t = κ Δu on a torus        û(t, k) = exp(-κ |k|² t) û(0, k)

Each wave decays on its own, so the solution is a Fourier transform, a product and the transform back, exact for any t.
The inverse problem is ill-posed: a wave that has decayed below the noise is lost, and dividing by its factor blows the
noise up. What is minimised is the squared misfit plus a penalty on the gradient of u(0), which keeps edges better if it
is the square root of the sum of squares, smoothed (Rudin, Osher & Fatemi 1992, doi:10.1016/0167-2789(92)90242-F).
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

import nn
import optim
from autograd import value_and_grad

SIZE, TIME, NOISE = 64, 6.0, 0.01
_wave = 2 * np.pi * np.fft.fftfreq(SIZE)
DECAY = np.exp(-TIME * (_wave[:, None] ** 2 + (2 * np.pi * np.fft.rfftfreq(SIZE)) ** 2))


def spread(u: Any) -> Any:
    """The field at the end."""
    return np.fft.irfft2(np.fft.rfft2(u) * DECAY)


def start() -> Any:
    """A disk, a bar and a ring."""
    y, x = np.mgrid[:SIZE, :SIZE] / SIZE
    radius = np.hypot(x - 0.7, y - 0.65)
    disk = np.hypot(x - 0.3, y - 0.3) < 0.14
    bar = (np.abs(x - 0.32) < 0.18) & (np.abs(y - 0.78) < 0.05)
    return (disk | bar | ((radius < 0.2) & (radius > 0.12))).astype(float)


def roughness(u: Any) -> Any:
    """The mean length of the gradient, smoothed at zero."""
    across = [np.roll(u, -1, axis) - u for axis in (0, 1)]
    return np.mean(np.sqrt(across[0] ** 2 + across[1] ** 2 + 1e-6))


def recover(seen: Any, steps: int = 300, weight: float = 2e-3) -> tuple[Any, list[float]]:
    """The field at the start, and the losses on the way."""

    def loss(u: Any) -> Any:
        return np.mean((spread(u) - seen) ** 2) + weight * roughness(u)

    both = value_and_grad(loss)
    u = nn.Parameter(seen.copy())
    optimizer = optim.Adam([u], lr=0.03)
    losses = []
    for _ in range(steps):
        value, u.grad = both(u.numpy())
        optimizer.step()
        losses.append(float(value))
    return u.numpy(), losses


def naive(seen: Any) -> Any:
    """What dividing by the decay gives: noise."""
    return np.fft.irfft2(np.fft.rfft2(seen) / DECAY)


def main(path: str | None = None) -> None:
    rng = np.random.default_rng(0)
    truth = start()
    seen = spread(truth) + NOISE * rng.normal(size=truth.shape)
    found, losses = recover(seen)
    before, after = (np.sqrt(np.mean((u - truth) ** 2)) for u in (seen, found))
    print(f"loss {losses[0]:.5f} -> {losses[-1]:.5f}")
    print(f"distance from the field at the start: as seen {before:.3f}, recovered {after:.3f}")
    print(f"divided by the decay: {np.sqrt(np.mean((naive(seen) - truth) ** 2)):.0e}")
    if path is not None:
        import matplotlib

        matplotlib.use("Agg")
        import matplotlib.pyplot as plt

        figure, axes = plt.subplots(1, 3, figsize=(9, 3.2), layout="constrained")
        fields = (("at the start", truth), ("seen at the end, with noise", seen), ("recovered by gradient", found))
        for axis, (title, field) in zip(axes, fields, strict=True):
            axis.imshow(field, cmap="magma", vmin=0, vmax=1)
            axis.set(title=title, xticks=[], yticks=[])
        figure.savefig(path, dpi=110)


if __name__ == "__main__":
    main(*sys.argv[1:2])
