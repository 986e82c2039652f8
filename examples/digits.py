"""Train a small residual network on scikit-learn's handwritten digits (1797 pictures of 8 × 8 pixels).

    python examples/digits.py                       # seeds 0 to 4, pictures in out/digits
    python examples/digits.py --epochs 20 --seed 7

For each seed: split 60/20/20 with stratification, standardise on the training part, train, keep the weights that are
best on the validation part, and look at the test part once, at the end.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import autograd
import nn
import optim
from nn.data import minibatches

try:
    import matplotlib as mpl
    from sklearn.datasets import load_digits
    from sklearn.metrics import classification_report
    from sklearn.model_selection import train_test_split
    from sklearn.preprocessing import StandardScaler
    from tqdm import tqdm
except ImportError as error:
    sys.exit(f"{error}. This example needs the extra `train`: pip install 'chainrule[train,viz]'")

mpl.use("Agg")  # files, no window
import matplotlib.pyplot as plt

WIDTH, BLOCKS = 64, 2
BATCH_SIZE = 32
LEARNING_RATE, MOMENTUM, WEIGHT_DECAY = 0.02, 0.9, 1e-3
NOISE = 0.5  # on the standardised pixels in training: acts as a penalty on steep functions (Bishop 1995)


@dataclass
class Split:
    """Pictures (N, 64) float32 and class numbers (N,)."""

    train: tuple[np.ndarray, np.ndarray]
    validation: tuple[np.ndarray, np.ndarray]
    test: tuple[np.ndarray, np.ndarray]


@dataclass
class History:
    """One number an epoch."""

    train_loss: list[float] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    validation_accuracy: list[float] = field(default_factory=list)


def load(seed: int) -> Split:
    """60/20/20, every digit in the same proportion, standardised with the training part's mean and deviation."""
    x, y = load_digits(return_X_y=True)
    x, x_test, y, y_test = train_test_split(x, y, test_size=0.2, stratify=y, random_state=seed)
    x, x_validation, y, y_validation = train_test_split(x, y, test_size=0.25, stratify=y, random_state=seed)
    scaler = StandardScaler().fit(x)

    def standardised(pixels: np.ndarray) -> np.ndarray:
        return scaler.transform(pixels).astype(np.float32)

    return Split((standardised(x), y), (standardised(x_validation), y_validation), (standardised(x_test), y_test))


def network(rng: np.random.Generator) -> nn.Module:
    """64 -> WIDTH, residual blocks, -> 10 logits; weights by He initialisation."""

    def block() -> nn.Module:
        return nn.Residual(nn.Sequential(nn.Linear(WIDTH, WIDTH), nn.ReLU(), nn.Linear(WIDTH, WIDTH)))

    model = nn.Sequential(
        nn.Linear(64, WIDTH), nn.ReLU(), *[block() for _ in range(BLOCKS)], nn.ReLU(), nn.Linear(WIDTH, 10)
    )  # fmt: skip
    for module in model.modules():
        if isinstance(module, nn.Linear):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu", rng=rng)
            nn.init.zeros_(module.bias)
    return model


def evaluate(model: nn.Module, x: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    """(loss, predicted classes)."""
    model.eval()
    with autograd.no_grad():
        logits = model(x)
        return nn.functional.cross_entropy(logits, y).item(), np.argmax(logits, axis=1)


def train(model: nn.Module, data: Split, epochs: int, rng: np.random.Generator, title: str) -> History:
    """SGD with momentum and a cosine from LEARNING_RATE to 0; leaves the model with its best weights on validation."""
    loss_of = nn.CrossEntropyLoss()
    optimizer = optim.SGD(model.parameters(), lr=LEARNING_RATE, momentum=MOMENTUM, weight_decay=WEIGHT_DECAY)
    history = History()
    best, best_weights = (-1.0, -math.inf), model.state_dict()
    bar = tqdm(range(epochs), desc=title, unit="epoch")
    for epoch in bar:
        optimizer.param_groups[0]["lr"] = LEARNING_RATE * (1 + math.cos(math.pi * epoch / epochs)) / 2
        model.train()
        losses = []
        for x, y in minibatches(*data.train, batch_size=BATCH_SIZE, rng=rng):
            x = x + rng.normal(0, NOISE, x.shape).astype(x.dtype)
            loss = loss_of(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        validation_loss, predicted = evaluate(model, *data.validation)
        accuracy = float(np.mean(predicted == data.validation[1]))
        history.train_loss.append(float(np.mean(losses)))
        history.validation_loss.append(validation_loss)
        history.validation_accuracy.append(accuracy)
        if (accuracy, -validation_loss) > best:
            best, best_weights = (accuracy, -validation_loss), model.state_dict()
        bar.set_postfix(train=f"{history.train_loss[-1]:.3f}", validation=f"{validation_loss:.3f}", accuracy=f"{accuracy:.1%}")
    model.load_state_dict(best_weights)
    return history


def draw_graph(model: nn.Module, data: Split, out: Path) -> None:
    """The graph of the loss of one batch, with the shape of everything in it."""
    x, y = (a[:BATCH_SIZE] for a in data.train)
    loss = nn.functional.cross_entropy(model(x), y)
    model.zero_grad()
    loss.backward(retain_graph=True)  # so that the picture shows gradients, too
    for suffix in ("svg", "png"):
        autograd.draw(loss, out / f"graph.{suffix}", direction="TB", title="the loss of one batch of digits")
    model.zero_grad()


def draw_curves(histories: dict[int, History], out: Path) -> None:
    """Losses and accuracy over the epochs, a thin line a seed and their mean."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")

    def curves(axes: Any, name: str, label: str, colour: str) -> None:
        values = np.array([getattr(history, name) for history in histories.values()])
        epochs = np.arange(1, values.shape[1] + 1)
        axes.plot(epochs, values.T, color=colour, alpha=0.25, linewidth=0.8)
        axes.plot(epochs, values.mean(axis=0), color=colour, linewidth=2, label=label)

    curves(left, "train_loss", "training, with noise on the pixels", "tab:blue")
    curves(left, "validation_loss", "validation", "tab:orange")
    curves(right, "validation_accuracy", "validation", "tab:orange")
    left.set(xlabel="epoch", ylabel="softmax cross-entropy", title="Loss", yscale="log")
    right.yaxis.set_major_formatter(mpl.ticker.PercentFormatter(1.0))
    right.set(xlabel="epoch", ylabel="accuracy", title="Accuracy", ylim=(0.8, 1.0))
    for axes in (left, right):
        axes.grid(alpha=0.3)
        axes.legend(title=f"mean of {len(histories)} seeds" if len(histories) > 1 else None)
    figure.savefig(out / "curves.png", dpi=120)
    plt.close(figure)


def main(arguments: Sequence[str] | None = None) -> float:
    """Run the whole job; returns the mean test accuracy."""
    options = parse(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    began = time.perf_counter()
    histories: dict[int, History] = {}
    accuracies, truth, predictions = [], [], []
    for seed in options.seed:
        rng = np.random.default_rng(seed)
        data = load(seed)
        model = network(rng)
        if not histories:
            print(model)
            draw_graph(model, data, options.out)
        histories[seed] = train(model, data, options.epochs, rng, f"seed {seed}")
        _, predicted = evaluate(model, *data.test)
        accuracies.append(float(np.mean(predicted == data.test[1])))
        truth.append(data.test[1])
        predictions.append(predicted)
    draw_curves(histories, options.out)

    print(f"\nPer class, over the test parts of {len(accuracies)} seed(s):")
    print(classification_report(np.concatenate(truth), np.concatenate(predictions), digits=3, zero_division=0))
    for seed, accuracy in zip(options.seed, accuracies, strict=True):
        print(f"seed {seed}: test accuracy {accuracy:.2%}")
    mean = float(np.mean(accuracies))
    print(f"mean test accuracy {mean:.2%}, lowest {min(accuracies):.2%}, in {time.perf_counter() - began:.0f} s")
    print(f"pictures: {options.out}/graph.svg, graph.png, curves.png")
    return mean


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line; argparse ends the program for a bad value, and says why."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=integer(1), default=60, help="passes over the training part (default 60)")
    parser.add_argument("--seed", type=integer(0), nargs="+", default=[0, 1, 2, 3, 4], help="one or more (default 0 1 2 3 4)")
    parser.add_argument("--out", type=Path, default=Path("out/digits"), help="folder for the pictures (default out/digits)")
    options = parser.parse_args(arguments)
    if any(folder.exists() and not folder.is_dir() for folder in (options.out, *options.out.parents)):
        parser.error(f"argument --out: {options.out} is not a folder: a file stands in its way")
    if len(set(options.seed)) != len(options.seed):
        parser.error(f"argument --seed: each seed once, please; got {' '.join(map(str, options.seed))}")
    return options


def integer(low: int) -> Any:
    """An argparse type: a whole number of at least `low`, and what a 32-bit seed can hold."""

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
