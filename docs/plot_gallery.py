"""Draw the pictures of docs/plots.md into docs/gallery: python docs/plot_gallery.py [folder] [part of a name].

The numbers are the same each time: everything random comes from a seed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")

import numpy as np
from matplotlib import pyplot
from sklearn.datasets import load_digits, make_moons

import autograd
import nn
import optim
from nn import functional as F
from nn import plots

FOLDER = Path(__file__).resolve().parent / "gallery"


def moons(noise: float = 0.15, rows: int = 300) -> tuple[Any, Any]:
    x, y = make_moons(rows, noise=noise, random_state=0)
    return x.astype(np.float32), y


def net(*sizes: int, activation: Any = nn.ReLU) -> nn.Sequential:
    rng, layers = np.random.default_rng(0), []
    for i, o in pairwise(sizes):
        layers += [nn.Linear(i, o, rng=rng), activation()]
    return nn.Sequential(*layers[:-1])


def train(
    model: nn.Module, x: Any, y: Any, epochs: int = 60, lr: float = 0.02, make: Any = optim.Adam, **options: Any
) -> nn.History:
    cut = len(x) * 3 // 4
    return nn.fit(
        model, nn.CrossEntropyLoss(), make(model.parameters(), lr=lr), (x[:cut], y[:cut]), (x[cut:], y[cut:]),
        epochs=epochs, progress=False, rng=np.random.default_rng(0), **options,
    )  # fmt: skip


def activations() -> Any:
    return plots.activations(F.step, F.sigmoid, F.tanh, F.relu, F.gelu)


def jacobians() -> Any:
    _, axes = pyplot.subplots(1, 2, figsize=(11, 4.6), layout="constrained")
    B = np.random.default_rng(0).normal(size=(3, 2))
    plots.jacobian(autograd.jacobian(F.softmax)(np.array([2.0, 1.0, 0.0, -1.0])), ax=axes[0]).set_title("softmax")
    return plots.jacobian(autograd.jacobian(lambda A: A @ B)(np.ones((2, 3))), ax=axes[1]).set_title(
        "a matrix product A B, by A"
    )


def gradient_norms() -> Any:
    _, axes = pyplot.subplots(1, 2, figsize=(11, 4.5), layout="constrained", sharey=True)
    for ax, activation in zip(axes, (nn.Sigmoid, nn.ReLU), strict=True):
        model = net(2, *[32] * 7, 2, activation=activation)
        if activation is nn.ReLU:
            rng = np.random.default_rng(1)
            for layer in model[::2]:
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu", rng=rng)
        norms = plots.GradientNorms(model)
        train(model, *moons(), epochs=25, lr=1e-3, callbacks=[norms])
        norms.plot(ax, xlabel="epoch")
        ax.set_title(activation.__name__)
    return axes[0]


def gradient_norms_by_layer() -> Any:
    model = net(20, *[40] * 29, 1, activation=nn.Tanh)
    norms = plots.GradientNorms(model)
    x = np.random.default_rng(1).normal(size=(64, 20)).astype(np.float32)
    for _ in range(3):
        model.zero_grad()
        model(x).sum().backward()
        norms()
        with autograd.no_grad():
            for layer in model[::2]:
                layer.weight *= 1.6
    return norms.plot(over="layers", xlabel="weights × 1.6, time")


def weight_histograms() -> Any:
    model = net(2, 64, 64, 64, 2, activation=nn.Tanh)
    train(model, *moons())
    return plots.weight_histograms(model)


def activation_histograms() -> Any:
    return plots.activation_histograms(net(2, 64, 64, 64, 2, activation=nn.Tanh), moons()[0])


def dead_relus() -> Any:
    model = net(2, 64, 64, 64, 2)
    with plots.DeadReLUs(model) as dead:
        train(model, *moons(), epochs=20, lr=1.2, make=optim.SGD, callbacks=[dead])
    return dead.plot()


def surface() -> plots.LossSurface:
    model = net(2, 32, 32, 2)
    x, y = moons()
    train(model, x, y, epochs=40)
    return plots.loss_surface(model, nn.CrossEntropyLoss(), (x, y), points=41, rng=np.random.default_rng(3))


def loss_contour() -> Any:
    return surface().contour()


def loss_surface() -> Any:
    return surface().surface()


def decision_regions() -> Any:
    rng = np.random.default_rng(0)
    t, y = rng.uniform(0, 1, 450), np.repeat(np.arange(3), 150)
    angle = 4 * t + y * 2 * np.pi / 3
    x = (t * np.stack([np.cos(angle), np.sin(angle)]) + rng.normal(scale=0.04, size=(2, 450))).T.astype(np.float32)
    order = rng.permutation(450)
    model = net(2, 32, 32, 3)
    train(model, x[order], y[order], epochs=120)
    return plots.decision_regions(model, x, y)


def linear_regions() -> Any:
    model = net(2, 12, 6, 2)
    train(model, *moons())
    return plots.linear_regions(model, moons()[0])


WALKERS = {
    "SGD": lambda p: optim.SGD(p, lr=0.001),
    "momentum 0.9": lambda p: optim.SGD(p, lr=0.001, momentum=0.9),
    "RMSprop": lambda p: optim.RMSprop(p, lr=0.02),
    "Adam": lambda p: optim.Adam(p, lr=0.1),
    "LBFGS": lambda p: optim.LBFGS(p, line_search_fn="strong_wolfe", max_iter=2),
}


def paths_rosenbrock() -> Any:
    return plots.optimizer_paths(plots.rosenbrock, WALKERS, steps=200)


def paths_beale() -> Any:
    return plots.optimizer_paths(plots.beale, WALKERS, steps=200)


def paths_ravine() -> Any:
    walkers = {
        "SGD, lr 0.09": lambda p: optim.SGD(p, lr=0.09),
        "SGD, lr 0.02": lambda p: optim.SGD(p, lr=0.02),
        "momentum 0.8, lr 0.02": lambda p: optim.SGD(p, lr=0.02, momentum=0.8),
    }
    return plots.optimizer_paths(plots.ravine, walkers, steps=40)


def learning_curves() -> Any:
    runs = {}
    for width in (2, 8, 128):
        runs[f"{width} units"] = train(net(2, width, width, 2), *moons(noise=0.3, rows=200), epochs=100, lr=0.01)
    return plots.learning_curves(runs)


def digits() -> tuple[Any, Any]:
    x, y = load_digits(return_X_y=True)
    noise = np.random.default_rng(0).normal(scale=0.45, size=x.shape)  # so that the model confuses some digits
    x = (x / 16 + noise).astype(np.float32)
    model = net(64, 32, 10)
    train(model, x[:1200], y[:1200], epochs=6, lr=0.005)
    with autograd.no_grad():
        return y[1200:], model(x[1200:])


def confusion_matrix() -> Any:
    return plots.confusion_matrix(*digits())


def roc_curve() -> Any:
    return plots.roc_curve(*digits())


PICTURES: list[Callable[[], Any]] = [
    activations, jacobians, gradient_norms, gradient_norms_by_layer, weight_histograms, activation_histograms,
    dead_relus, loss_contour, loss_surface, decision_regions, linear_regions,
    paths_rosenbrock, paths_beale, paths_ravine, learning_curves, confusion_matrix, roc_curve,
]  # fmt: skip


def main(folder: Path = FOLDER, only: str = "") -> None:
    folder.mkdir(exist_ok=True)
    for draw in PICTURES:
        name = f"plots-{draw.__name__.replace('_', '-')}.png"
        if only in name:
            draw().figure.savefig(folder / name, dpi=100)
            pyplot.close("all")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]), *sys.argv[2:3])
