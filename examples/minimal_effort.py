"""Minimal effort backpropagation (meProp) on scikit-learn's digits: accuracy, speed of the backward, simplification.

    OMP_NUM_THREADS=1 python examples/minimal_effort.py          # about a minute
    python examples/minimal_effort.py --epochs 10 --seed 0 1     # quicker

Prints three tables, which docs/minimal_effort.md discusses. The network is 64-500-500-10 with ReLU. Seed i determines
the first weights and the batches, and the i-th of five stratified folds is the test part, so that seeds 0 to 4 together
test every picture once.
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import autograd
import nn
import optim
from nn.data import minibatches

try:
    from sklearn.datasets import load_digits
    from sklearn.model_selection import StratifiedKFold
except ImportError as error:
    sys.exit(f"{error}. This example needs the extra `train`: pip install 'chainrule[train]'")

WIDTH, K = 500, 25  # 25 of 500: 5 %
BATCH_SIZE, LEARNING_RATE, MOMENTUM = 32, 0.1, 0.9
CYCLES, THRESHOLD = 3, 0.05  # simplification removes units that were chosen in fewer than 5 % of a cycle's examples

Make = Callable[[int, int], nn.Module]
Data = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def load(seed: int) -> Data:
    """(training pictures, training classes, test pictures, test classes), pixels in 0 … 1."""
    x, y = load_digits(return_X_y=True)
    x = (x / 16).astype(np.float32)
    train, test = list(StratifiedKFold(5, shuffle=True, random_state=0).split(x, y))[seed]
    return x[train], y[train], x[test], y[test]


def network(make: Make, rng: np.random.Generator, first: int = WIDTH, second: int = WIDTH) -> nn.Sequential:
    """64 -> first -> second -> 10; the last layer is always an ordinary Linear, as in the paper."""
    return nn.Sequential(make(64, first), nn.ReLU(), make(first, second), nn.ReLU(), nn.Linear(second, 10, rng=rng))


def kinds(rng: np.random.Generator, k: int) -> dict[str, Make]:
    """The hidden layers that are compared."""
    return {
        "dense": lambda m, n: nn.Linear(m, n, rng=rng),
        "top k of each example": lambda m, n: nn.MinimalEffortLinear(m, n, k, rng=rng),
        "top k, unified": lambda m, n: nn.MinimalEffortLinear(m, n, k, unified=True, rng=rng),
    }


def train(
    model: nn.Module, data: Data, epochs: int, rng: np.random.Generator, start: float = LEARNING_RATE, end: float = 0.0
) -> None:
    """SGD with momentum; the learning rate falls from start to end along a cosine."""
    optimizer, loss_of = optim.SGD(model.parameters(), lr=start, momentum=MOMENTUM), nn.CrossEntropyLoss()
    model.train()
    for epoch in range(epochs):
        optimizer.param_groups[0]["lr"] = end + (start - end) * (1 + math.cos(math.pi * epoch / epochs)) / 2
        for x, y in minibatches(data[0], data[1], batch_size=BATCH_SIZE, rng=rng):
            optimizer.zero_grad()
            loss_of(model(x), y).backward()
            optimizer.step()


def accuracy(model: nn.Module, data: Data) -> float:
    """The share of the test pictures that are recognised."""
    model.eval()
    with autograd.no_grad():
        predicted = np.argmax(model(data[2]), axis=1)
    model.train()
    return float(np.mean(predicted == data[3]))


def size(model: nn.Module) -> int:
    return sum(p.size for p in model.parameters())


def widths(model: Any) -> str:
    return "-".join(str(n) for n in (64, model[0].out_features, model[2].out_features, 10))


def compare_accuracy(seeds: Sequence[int], epochs: int, k: int) -> dict[str, list[float]]:
    """Train with the dense and with the sparse backward, from the same weights."""
    found: dict[str, list[float]] = {}
    for seed in seeds:
        data = load(seed)
        for name in kinds(np.random.default_rng(), k):
            rng = np.random.default_rng(seed)  # the same first weights and batches for each kind
            model = network(kinds(rng, k)[name], rng)
            train(model, data, epochs, rng)
            found.setdefault(name, []).append(accuracy(model, data))
    print(f"\n(a) Test accuracy, k = {k} of {WIDTH}, {epochs} epochs, mean of {len(seeds)} seeds;")
    print("    difference to dense, seed by seed, ± its standard error\n")
    print("| hidden layers | accuracy | difference |\n|---|---|---|")
    for name, values in found.items():
        print(f"| {name} | {np.mean(values):.2%} | {'' if name == 'dense' else difference(values, found['dense'])} |")
    return found


def difference(values: Sequence[float], reference: Sequence[float]) -> str:
    d = np.subtract(values, reference)
    error = f" ± {d.std(ddof=1) / math.sqrt(len(d)):.2%}" if len(d) > 1 else ""
    return f"{d.mean():+.2%}{error}"


def compare_backward(k: int, turns: int = 60) -> None:
    """Time the backward of one layer; the kinds take turns."""
    print(
        "\n(b) The backward of one layer (input, weight and bias), B = 128: medians over turns, "
        "and of the ratios turn by turn\n"
    )
    print("| layer | dense | top k of each example | top k, unified | dense / each | dense / unified |")
    print("|---|---|---|---|---|---|")
    for m, n in ((500, 500), (784, 500)):
        rng = np.random.default_rng(0)
        x = autograd.Tensor(rng.normal(size=(128, m)).astype(np.float32), requires_grad=True)
        g = rng.normal(size=(128, n)).astype(np.float32)
        layers = [make(m, n) for make in kinds(rng, k).values()]
        outs = [layer(x) for layer in layers]
        times: list[list[float]] = [[] for _ in layers]
        for turn in range(turns + 5):
            for layer, out, found in zip(layers, outs, times, strict=True):
                layer.zero_grad()
                x.grad = None
                start = time.perf_counter()
                out.backward(g, retain_graph=True)
                if turn >= 5:  # the first turns warm up
                    found.append(time.perf_counter() - start)
        dense, each, unified = (statistics.median(found) * 1e3 for found in times)
        ratios = [statistics.median(a / b for a, b in zip(times[0], found, strict=True)) for found in times[1:]]
        print(f"| {m}-{n} | {dense:.2f} ms | {each:.2f} ms | {unified:.2f} ms | {ratios[0]:.1f} | {ratios[1]:.1f} |")


def compare_size(seeds: Sequence[int], epochs: int, k: int, dense: Sequence[float]) -> None:
    """Alternate training and simplification, and compare with a network of the final size trained densely."""
    small_accuracies, control, sizes, shapes = [], [], [], []
    before_and_after = []
    per_cycle = max(1, epochs // 5)
    for seed in seeds:
        data, rng = load(seed), np.random.default_rng(seed)
        model = network(kinds(rng, k)["top k of each example"], rng)
        whole = size(model)
        for _ in range(CYCLES):
            train(model, data, per_cycle, rng, LEARNING_RATE, LEARNING_RATE / 2)
            uncut = accuracy(model, data)
            model = nn.simplify(model, THRESHOLD)
            before_and_after.append((uncut, accuracy(model, data)))
        train(model, data, max(1, epochs - CYCLES * per_cycle), rng, LEARNING_RATE / 2)
        small_accuracies.append(accuracy(model, data))
        sizes.append(size(model))
        shapes.append(widths(model))
        rng = np.random.default_rng(seed)
        twin = network(kinds(rng, k)["dense"], rng, model[0].out_features, model[2].out_features)
        train(twin, data, epochs, rng)
        control.append(accuracy(twin, data))
    print(
        f"\n(c) Simplification: {CYCLES} cycles of {per_cycle} epochs, after each the units chosen in fewer than "
        f"{THRESHOLD:.0%} of the examples go;\n    then on to {epochs} epochs in all. "
        "Difference to the dense network of (a).\n"
    )
    print("| network | parameters | smaller by | accuracy | difference |\n|---|---|---|---|---|")
    print(f"| dense 64-{WIDTH}-{WIDTH}-10 | {whole:,} | 1 | {np.mean(dense):.2%} | |")
    mean = float(np.mean(sizes))
    for name, values in (("simplified", small_accuracies), ("of that size, dense from the start", control)):
        print(f"| {name} | {mean:,.0f} | {whole / mean:.1f} | {np.mean(values):.2%} | {difference(values, dense)} |")
    print(f"\n    final networks: {', '.join(shapes)}")
    for cycle in range(CYCLES):
        pairs = np.mean(before_and_after[cycle::CYCLES], axis=0)
        print(f"    accuracy right before and after cut {cycle + 1}: {pairs[0]:.2%}, {pairs[1]:.2%}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run all three experiments."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=30, help="passes over the training part (default 30)")
    parser.add_argument("--seed", type=int, nargs="+", default=[0, 1, 2, 3, 4], help="of 0 … 4 (default all)")
    parser.add_argument(
        "--k", type=int, default=K, help=f"how many of the {WIDTH} components the backward follows (default {K})"
    )
    options = parser.parse_args(arguments)
    if options.epochs < 1:
        parser.error(f"argument --epochs: expected at least 1; got {options.epochs}")
    if not 1 <= options.k <= WIDTH:
        parser.error(f"argument --k: expected 1 to {WIDTH}; got {options.k}")
    if not set(options.seed) <= set(range(5)) or len(set(options.seed)) != len(options.seed):
        parser.error(f"argument --seed: expected different numbers of 0 to 4; got {' '.join(map(str, options.seed))}")
    began = time.perf_counter()
    found = compare_accuracy(options.seed, options.epochs, options.k)
    compare_backward(options.k)
    compare_size(options.seed, options.epochs, options.k, found["dense"])
    print(f"\nall in {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
