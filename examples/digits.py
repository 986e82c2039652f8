"""Train a small residual network on scikit-learn's handwritten digits (1797 pictures of 8 × 8 pixels).

    python examples/digits.py                       # seeds 0 to 4, pictures in out/digits
    python examples/digits.py --epochs 20 --seed 7

For each seed: split 60/20/20 with stratification, standardise with the training part, train until the loss on the
validation part stops improving, keep the weights that are best on it, and use the test part once, at the end.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import autograd
import nn
import optim
from autograd.random import generator

try:
    import matplotlib as mpl
    from sklearn.datasets import load_digits
    from sklearn.metrics import classification_report, confusion_matrix, roc_auc_score
    from sklearn.model_selection import train_test_split
    from sklearn.preprocessing import StandardScaler
except ImportError as error:
    sys.exit(f"{error}. This example needs the extra `train`: pip install 'chainrule[train,viz]'")

mpl.use("Agg")  # writes files, opens no window
import matplotlib.pyplot as plt

WIDTH, BLOCKS = 64, 2
BLOCK_END, HEAD = 0.3, 0.2  # factors on He's initial weights
BATCH_SIZE = 32
LEARNING_RATE, MOMENTUM, WEIGHT_DECAY = 0.02, 0.9, 1e-3
PATIENCE = 15
NOISE = 0.5  # on the standardised pixels in training; it acts as a penalty on large derivatives (Bishop 1995)


@dataclass
class Split:
    """Pictures (N, 64) float32 and class numbers (N,)."""

    train: tuple[np.ndarray, np.ndarray]
    validation: tuple[np.ndarray, np.ndarray]
    test: tuple[np.ndarray, np.ndarray]


class PixelNoise(nn.Module):
    """Adds normal noise to the input in training, and nothing in evaluation."""

    def __init__(self, scale: float, rng: np.random.Generator) -> None:
        self.scale, self.rng = scale, rng

    def forward(self, x: np.ndarray) -> np.ndarray:
        if not self.training:
            return x
        draws = generator(self.rng)  # self.rng itself; in a step that is recorded, what draws again at each replay
        return x + draws.normal(0, self.scale, x.shape).astype(x.dtype)

    def extra_repr(self) -> str:
        return f"{self.scale}"


def load(seed: int) -> Split:
    """60/20/20, stratified by digit, standardised with the mean and standard deviation of the training part."""
    x, y = load_digits(return_X_y=True)
    x, x_test, y, y_test = train_test_split(x, y, test_size=0.2, stratify=y, random_state=seed)
    x, x_validation, y, y_validation = train_test_split(x, y, test_size=0.25, stratify=y, random_state=seed)
    scaler = StandardScaler().fit(x)

    def standardised(pixels: np.ndarray) -> np.ndarray:
        return scaler.transform(pixels).astype(np.float32)

    return Split((standardised(x), y), (standardised(x_validation), y_validation), (standardised(x_test), y_test))


def network(rng: np.random.Generator) -> nn.Module:
    """64 pixels (noisy in training) -> WIDTH -> residual blocks -> 10 logits, with He initialisation.

    The last layers of the blocks and of the network begin smaller, so the first loss is about that of a guess, ln 10.
    """

    def block() -> nn.Module:
        return nn.Residual(nn.Sequential(nn.Linear(WIDTH, WIDTH), nn.ReLU(), nn.Linear(WIDTH, WIDTH)))

    model = nn.Sequential(
        PixelNoise(NOISE, rng),
        nn.Linear(64, WIDTH),
        nn.ReLU(),
        *[block() for _ in range(BLOCKS)],
        nn.ReLU(),
        nn.Linear(WIDTH, 10),
    )
    for module in model.modules():
        if isinstance(module, nn.Linear):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu", rng=rng)
            nn.init.zeros_(module.bias)
    with autograd.no_grad():
        for module in model.modules():
            if isinstance(module, nn.Residual):
                module.block[-1].weight[...] *= BLOCK_END
        model[-1].weight[...] *= HEAD
    return model


def probabilities(model: nn.Module, x: np.ndarray) -> np.ndarray:
    """The probability of each class, (N, 10)."""
    model.eval()
    with autograd.no_grad():
        return nn.functional.softmax(model(x), dim=1).numpy()


def accuracy(output: np.ndarray, y: np.ndarray) -> float:
    """The share of rows whose largest output is the class."""
    return float(np.mean(np.argmax(output, axis=1) == y))


def train(model: nn.Module, data: Split, epochs: int, rng: np.random.Generator, title: str) -> nn.History:
    """SGD with momentum, the learning rate falling along a cosine; the model keeps its best weights on validation."""
    optimizer = optim.SGD(model.parameters(), lr=LEARNING_RATE, momentum=MOMENTUM, weight_decay=WEIGHT_DECAY)
    return nn.fit(
        model,
        nn.CrossEntropyLoss(),
        optimizer,
        data.train,
        data.validation,
        epochs=epochs,
        batch_size=BATCH_SIZE,
        scheduler=optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs),
        early_stopping=optim.EarlyStopping(patience=PATIENCE),
        metrics={"accuracy": accuracy},
        progress=title,
        rng=rng,
        capture=True,  # the same numbers in less time: docs/capture.md
    )


def draw_graph(model: nn.Module, data: Split, out: Path) -> None:
    """Draw the graph of the loss of one batch, with all shapes."""
    x, y = (a[:BATCH_SIZE] for a in data.train)
    model.eval()  # without the noise
    loss = nn.functional.cross_entropy(model(x), y)
    model.zero_grad()
    loss.backward(retain_graph=True)  # then the picture shows gradients too
    for suffix in ("svg", "png"):
        autograd.draw(loss, out / f"graph.{suffix}", direction="TB", title="the loss of one batch of digits")
    model.zero_grad()


def draw_curves(histories: dict[int, nn.History], out: Path) -> None:
    """Plot loss and accuracy of the first seed with its best epoch, and the other seeds' validation as thin lines."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    for axes, what in ((left, "loss"), (right, "accuracy")):
        first, *others = histories.values()
        first.plot(what, axes)
        for history in others:
            axes.plot(history["epoch"], history[f"validation_{what}"], color="C1", alpha=0.25, linewidth=0.8)
    seed = next(iter(histories))
    behind = "" if len(histories) == 1 else "; thin: validation of the other seeds"
    left.set(ylabel="softmax cross-entropy", title=f"Loss, seed {seed}{behind}", yscale="log")
    right.yaxis.set_major_formatter(mpl.ticker.PercentFormatter(1.0))
    right.set(title="Accuracy, training with noise on the pixels", ylim=(0.8, 1.003))
    figure.savefig(out / "curves.png", dpi=120)
    plt.close(figure)


def report(truth: np.ndarray, scores: np.ndarray) -> str:
    """Precision, recall, F1, specificity and the area under the ROC curve of each class against the others."""
    predicted = np.argmax(scores, axis=1)
    matrix = confusion_matrix(truth, predicted, labels=np.arange(scores.shape[1]))
    hits = np.diag(matrix)
    rejected = matrix.sum() - matrix.sum(axis=0) - matrix.sum(axis=1) + hits  # true negatives
    specificity = rejected / (matrix.sum() - matrix.sum(axis=1))
    areas = roc_auc_score(truth, scores, multi_class="ovr", average=None)
    lines = [classification_report(truth, predicted, digits=3, zero_division=0), "              specificity   ROC-AUC"]
    lines += [
        f"{digit:>12} {value:>12.4f} {area:>9.4f}"
        for digit, (value, area) in enumerate(zip(specificity, areas, strict=True))
    ]
    return "\n".join([*lines, f"{'mean':>12} {specificity.mean():>12.4f} {areas.mean():>9.4f}"])


def main(arguments: Sequence[str] | None = None) -> float:
    """Run everything; returns the mean test accuracy."""
    options = parse(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    began = time.perf_counter()
    histories: dict[int, nn.History] = {}
    accuracies, truth, scores = [], [], []
    for seed in options.seed:
        rng = np.random.default_rng(seed)
        data = load(seed)
        model = network(rng)
        if not histories:
            print(model)
            draw_graph(model, data, options.out)
        histories[seed] = train(model, data, options.epochs, rng, f"seed {seed}")
        x, y = data.test
        scores.append(probabilities(model, x))
        truth.append(y)
        accuracies.append(accuracy(scores[-1], y))
    draw_curves(histories, options.out)

    print(f"\nPer class, over the test parts of {len(accuracies)} seed(s):")
    print(report(np.concatenate(truth), np.concatenate(scores)))
    for seed, reached in zip(options.seed, accuracies, strict=True):
        history = histories[seed]
        print(f"seed {seed}: test accuracy {reached:.2%}, weights of epoch {history.best_epoch} of {history.epochs}")
    mean = float(np.mean(accuracies))
    print(f"mean test accuracy {mean:.2%}, lowest {min(accuracies):.2%}, in {time.perf_counter() - began:.0f} s")
    print(f"pictures: {options.out}/graph.svg, graph.png, curves.png")
    return mean


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line; argparse ends the program with a message for a bad value."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=integer(1), default=60, help="passes over the training part (default 60)")
    parser.add_argument(
        "--seed", type=integer(0), nargs="+", default=[0, 1, 2, 3, 4], help="one or more (default 0 1 2 3 4)"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("out/digits"), help="folder for the pictures (default out/digits)"
    )
    options = parser.parse_args(arguments)
    if any(folder.exists() and not folder.is_dir() for folder in (options.out, *options.out.parents)):
        parser.error(f"argument --out: {options.out} is not a folder: a file stands in its way")
    if len(set(options.seed)) != len(options.seed):
        parser.error(f"argument --seed: each seed once, please; got {' '.join(map(str, options.seed))}")
    return options


def integer(low: int) -> Any:
    """An argparse type: a whole number of at least `low` that fits a 32-bit seed."""

    def parse_integer(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"expected a whole number, got {text!r}") from None
        if not low <= value < 2**32:
            raise argparse.ArgumentTypeError(f"expected a whole number from {low} to {2**32 - 1}, got {value}")
        return value

    return parse_integer


if __name__ == "__main__":
    main()
