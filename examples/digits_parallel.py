"""Handwritten digits, learned by several processes: each computes a part of every batch.

    mpiexec -n 2 python examples/digits_parallel.py     # make demo-parallel does all the set-up first

Rank 0 first trains for some epochs alone, for comparison, while the others wait; then all train together, on the same
batches. It ends with the accuracy, the time, and how much faster an epoch is than on one process. Without mpiexec the
same script trains on one process.
"""

from __future__ import annotations

import argparse
import os
import time

os.environ["OMP_NUM_THREADS"] = "1"  # before NumPy is imported: the processes share the cores, one each

import numpy as np
from sklearn.datasets import load_digits

import autograd
import nn
import optim


def data(seed: int) -> tuple[tuple[np.ndarray, ...], tuple[np.ndarray, ...]]:
    """(x, y) for training and for the test; every rank has all rows, and the loader cuts the batches."""
    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(seed).permutation(len(x))
    x = (x[order] / 16).astype(np.float32)
    y = y[order]
    return (x[:1437], y[:1437]), (x[1437:], y[1437:])


def network() -> nn.Module:
    return nn.Sequential(
        nn.Linear(64, 1024), nn.ReLU(), nn.Linear(1024, 1024), nn.ReLU(), nn.Dropout(0.2), nn.Linear(1024, 10)
    )


def train(epochs: int, batch_size: int, seed: int, comm: nn.parallel.Communicator | None) -> tuple[nn.Module, float]:
    """The trained model, and the seconds of an epoch: the median, because the first ones warm up."""
    autograd.seed(seed)
    model = network()
    optimizer = optim.Adam(model.parameters(), lr=1e-3)
    part, _ = data(seed)
    history = nn.fit(
        model, nn.CrossEntropyLoss(), optimizer, part, epochs=epochs, batch_size=batch_size, comm=comm,
        rng=np.random.default_rng(seed), progress="together" if comm is not None else False,
    )  # fmt: skip
    return model, float(np.median(history["seconds"]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--batch-size", type=int, default=479, help="rows of all ranks together")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    comm = nn.parallel.world()

    alone = 0.0
    if comm.is_main and comm.size > 1:
        print(f"{comm.size} ranks; first rank 0 alone, for comparison", flush=True)
        _, alone = train(min(5, options.epochs), options.batch_size, options.seed, None)
    comm.broadcast(None, "the end of the comparison")

    began = time.perf_counter()
    model, epoch = train(options.epochs, options.batch_size, options.seed, comm)
    seconds = time.perf_counter() - began
    if comm.is_main:
        _, (x, y) = data(options.seed)
        model.eval()
        with autograd.no_grad():
            accuracy = float(np.mean(model(x).numpy().argmax(axis=1) == y))
        print(f"test accuracy {accuracy:.1%} after {options.epochs} epochs in {seconds:.1f} s")
        if alone:
            print(f"an epoch takes {epoch:.3f} s, on one process {alone:.3f} s: {alone / epoch:.2f} times as fast")


if __name__ == "__main__":
    main()
