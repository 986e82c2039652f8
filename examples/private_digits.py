"""Learning the digits without learning anyone: gradients clipped for each example, and noise on their sum.

    python examples/private_digits.py [picture.png]

Whoever sees the weights of a trained network can tell something of single training examples, most of all of unusual
ones. Differentially private SGD (Abadi et al. 2016, arXiv:1607.00133, Alg. 1) bounds what one example can change:

    g_i = ∂loss(w, x_i, y_i)/∂w                     a gradient for each example
    g_i ← g_i · min(1, C / |g_i|)                   none is longer than C
    w   ← w - lr · (Σ g_i + σ C N(0, 1)) / L        noise as large as what one could do; L examples are expected

Batches are drawn at random, each example with probability q. How private that is, is said by ε for a given δ: no event
is more than e^ε times as likely with an example as without, but for a probability δ. It is computed from the Rényi
divergences of integer orders (Mironov, Talwar & Zhang 2019, arXiv:1908.10530, §3.3).
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from scipy.special import gammaln, logsumexp
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import nn
from autograd import grad, tree_map, vmap
from nn import functional as F

BATCH, STEPS, LEARNING_RATE, CLIP = 128, 300, 1.0, 1.0
NOISES = (0.0, 1.0, 3.0, 8.0)  # σ
DELTA = 1e-4  # less than one in the number of examples
_draws = np.random.default_rng(0)
model = nn.Sequential(nn.Linear(64, 32, rng=_draws), nn.Tanh(), nn.Linear(32, 10, rng=_draws))


def data() -> tuple[Any, ...]:
    """Pictures (N, 64), from 0 to 1, and class numbers: for training, and for testing."""
    pixels, classes = load_digits(return_X_y=True)
    pixels = (pixels / 16).astype(np.float32)
    return tuple(train_test_split(pixels, classes, test_size=0.3, random_state=0, stratify=classes))


def loss(params: Any, x: Any, y: Any) -> Any:
    """Of one example: x (64,), y a class number."""
    return F.cross_entropy(nn.functional_call(model, params, x[None]), y[None])


per_example = vmap(grad(loss), in_axes=(None, 0, 0))  # (params, X, y) -> for each parameter (N, *shape)


def lengths(gradients: Any) -> Any:
    """The norm of each example's gradient, over all parameters: (N,)."""
    return np.sqrt(sum(np.sum(g**2, axis=tuple(range(1, g.ndim))) for g in gradients.values()))


def clipped_sum(gradients: Any, clip: float = CLIP) -> Any:
    """Σ g_i · min(1, clip / |g_i|)."""
    factors = np.minimum(1, clip / np.maximum(lengths(gradients), 1e-12))
    return tree_map(lambda g: np.tensordot(factors, g, axes=1), gradients)


def train(x: Any, y: Any, noise: float, steps: int = STEPS) -> list[Any]:
    """The parameters before the first step and after each."""
    rng = np.random.default_rng(0)
    params: Any = {name: p.numpy().copy() for name, p in model.named_parameters()}
    path = [params]
    for _ in range(steps):
        drawn = rng.random(len(x)) < BATCH / len(x)
        step = tree_map(
            lambda g: (LEARNING_RATE / BATCH) * (g + noise * CLIP * rng.normal(size=g.shape)).astype(g.dtype),
            clipped_sum(per_example(params, x[drawn], y[drawn])),
        )
        params = tree_map(np.subtract, params, step)
        path.append(params)
    return path


def epsilon(noise: float, steps: int, rate: float, delta: float = DELTA) -> float:
    """How much more likely an example can make anything, after so many steps with batches of this share of the data."""
    if not noise:
        return float("inf")
    found = []
    for order in range(2, 200):
        k = np.arange(order + 1)
        choose = gammaln(order + 1) - gammaln(k + 1) - gammaln(order - k + 1)
        terms = choose + (order - k) * np.log1p(-rate) + k * np.log(rate) + (k**2 - k) / (2 * noise**2)
        found.append((steps * logsumexp(terms) - np.log(delta)) / (order - 1))
    return float(min(found))


def accuracy(params: Any, x: Any, y: Any) -> float:
    return float(np.mean(np.argmax(nn.functional_call(model, params, x).numpy(), axis=1) == y))


def picture(path: str, paths: dict[float, list[Any]], split: tuple[Any, ...]) -> None:
    """How long the gradients are, whose are the longest and the shortest, and what privacy costs."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    x, x_test, y, y_test = split
    figure, axes = plt.subplot_mosaic(
        [["norms", "longest", "accuracy"], ["norms", "shortest", "accuracy"]], figsize=(12, 3.6), layout="constrained",
        width_ratios=[1, 1.2, 1],
    )  # fmt: skip
    last = paths[0.0][-1]
    bins = np.geomspace(1e-3, 20, 50)
    for name, params in (("before", paths[0.0][0]), ("after", last)):
        axes["norms"].hist(lengths(per_example(params, x, y)), bins, alpha=0.6, label=f"{name} training")
    axes["norms"].axvline(CLIP, color="black", linestyle="--", label="C, no longer than this")
    axes["norms"].set(xscale="log", xlabel="norm of one example's gradient", ylabel="examples")
    axes["norms"].legend(fontsize=8)
    order = np.argsort(lengths(per_example(last, x, y)))
    for name, chosen in (("longest", order[:-7:-1]), ("shortest", order[:6])):
        axes[name].imshow(
            np.hstack([np.pad(1 - x[i].reshape(8, 8), 1, constant_values=0.7) for i in chosen]),
            cmap="gray",
            vmin=0,
            vmax=1,
        )
        labels = ", ".join(str(y[i]) for i in chosen)
        axes[name].set(title=f"the {name} gradients after training: {labels}", xticks=[], yticks=[])
        axes[name].title.set_fontsize(9)
    for noise, line in paths.items():
        shown = range(0, len(line), 10)
        bound = epsilon(noise, len(line) - 1, BATCH / len(x))
        label = f"σ = {noise:g}: ε = {bound:.1f}" if noise else "no noise: no promise"
        axes["accuracy"].plot(shown, [accuracy(line[i], x_test, y_test) for i in shown], label=label)
    axes["accuracy"].set(xlabel="steps", ylabel="accuracy on the test part", ylim=(0, 1))
    axes["accuracy"].legend(fontsize=8, loc="lower right")
    figure.savefig(path, dpi=110)


def main(path: str | None = None, steps: int = STEPS) -> None:
    split = data()
    x, x_test, y, y_test = split
    paths = {noise: train(x, y, noise, steps) for noise in NOISES}
    for noise, line in paths.items():
        bound = epsilon(noise, len(line) - 1, BATCH / len(x))
        print(f"σ = {noise:g}: accuracy {accuracy(line[-1], x_test, y_test):.1%}, ε = {bound:.1f} at δ = {DELTA:g}")
    norms = lengths(per_example(paths[0.0][-1], x, y))
    print(f"norms after training: median {np.median(norms):.3f}, largest {norms.max():.1f}")
    if path is not None:
        picture(path, paths, split)


if __name__ == "__main__":
    main(*sys.argv[1:2])
