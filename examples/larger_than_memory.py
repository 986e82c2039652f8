"""Logistic regression on data larger than memory: a Dask array, and its loss and gradient in one pass.

    python examples/larger_than_memory.py        # one to two minutes on two idle cores

The data never exist as a whole. scikit-learn's make_blobs draws each block when it is needed, in one of two worker
processes, and the block is forgotten when its part of loss and gradient is known. No process may have more than --limit
MB of memory (RLIMIT_DATA), which is far less than the data need.

The loss is NumPy. For a Dask array `value_and_grad` returns a loss and a gradient that nobody has computed yet;
dask.compute then finds both in one pass over the blocks, as often as SciPy's L-BFGS-B asks.
"""

from __future__ import annotations

import argparse
import logging
import math
import os
import resource
import time
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # the workers share the cores

import dask
import dask.array as da
import numpy as np
from distributed import Client, LocalCluster
from scipy.optimize import minimize
from sklearn.datasets import make_blobs

from autograd import value_and_grad

FEATURES = 40
ROWS = 50_000  # in a block of 16 MB
PENALTY = 1e-3
DISTANCE = 2.0  # between the centres of the two classes, whose standard deviation is 1
CENTRES = np.stack([np.zeros(FEATURES), np.full(FEATURES, DISTANCE / math.sqrt(FEATURES))])
MB = 1_000_000


def draw(block_id: tuple[int, ...]) -> np.ndarray:
    """(ROWS, FEATURES + 1): the examples of a block, and their class in the last column."""
    points, classes = make_blobs(ROWS, centers=CENTRES, shuffle=False, random_state=block_id[0])
    return np.column_stack([points, classes])


def dataset(blocks: int) -> tuple[da.Array, da.Array]:
    """x (blocks · ROWS, FEATURES) and y (blocks · ROWS,), of which nothing has been drawn."""
    chunks = ((ROWS,) * blocks, (FEATURES + 1,))
    data = da.map_blocks(draw, chunks=chunks, dtype=float, meta=np.empty((0, 0)))
    return data[:, :-1], data[:, -1]


def loss(w: Any, x: Any, y: Any) -> Any:
    """The mean cross entropy of logistic regression; w holds a weight for each feature, and the bias."""
    z = x @ w[:-1] + w[-1]
    return np.mean(np.logaddexp(0, z) - y * z) + PENALTY * np.sum(w * w)


def fit(x: Any, y: Any) -> Any:
    """The w of the smallest loss. ndarrays and Dask arrays go the same way: compute leaves ndarrays as they are."""
    both = value_and_grad(loss)

    def value_and_gradient(w: np.ndarray) -> Any:
        return dask.compute(*both(w, x, y), optimize_graph=False)  # fused, each block would be drawn twice

    return minimize(value_and_gradient, np.zeros(FEATURES + 1), jac=True, method="L-BFGS-B", options={"gtol": 1e-4})


def accuracy(w: np.ndarray, x: Any, y: Any) -> float:
    """The share of examples on the right side."""
    (share,) = dask.compute(np.mean((x @ w[:-1] + w[-1] > 0) == y), optimize_graph=False)
    return float(share)


def peak() -> int:
    """The most memory that this process has had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def check_a_small_part() -> None:
    """A part of two blocks has the same minimum as Dask arrays and as ndarrays."""
    x, y = (part[::50] for part in dataset(2))
    lazy, plain = fit(x, y), fit(*dask.compute(x, y))
    np.testing.assert_allclose(lazy.fun, plain.fun, rtol=1e-12)
    np.testing.assert_allclose(lazy.x, plain.x, rtol=1e-6, atol=1e-9)
    print(f"{len(y):,} examples: loss {lazy.fun:.12f} lazily, {plain.fun:.12f} in memory")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", type=int, default=1000, help="of the data, in MB")
    parser.add_argument("--limit", type=int, default=600, help="of the memory of each of the three processes, in MB")
    options = parser.parse_args()
    blocks = max(2, round(options.size * MB / (ROWS * (FEATURES + 1) * 8)))
    limit = options.limit * MB
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))  # the workers inherit it
    dask.config.set({f"distributed.worker.memory.{key}": False for key in ("target", "spill", "pause")})
    dask.config.set({"distributed.scheduler.work-stealing": False})  # a block stays where it was drawn
    cluster = LocalCluster(  # on loopback; nothing goes to disk, and a worker at its limit fails
        n_workers=2, threads_per_worker=1, memory_limit=limit, host="127.0.0.1", dashboard_address=None,
        silence_logs=logging.ERROR,
    )  # fmt: skip
    with cluster, Client(cluster) as client:
        check_a_small_part()
        x, y = dataset(blocks)
        began = time.perf_counter()
        result = fit(x, y)
        took = time.perf_counter() - began
        right = accuracy(result.x, x, y)
        peaks = [peak(), *client.run(peak).values()]
    size = x.nbytes + y.nbytes
    best = (1 + math.erf(DISTANCE / 2 / math.sqrt(2))) / 2
    print(f"{len(x):,} examples: loss {result.fun:.6f} after {result.nfev} passes in {took:.0f} s")
    print(f"accuracy {right:.2%}; the best possible has {best:.2%}")
    print(
        f"data {size / MB:.0f} MB; peak memory of the three processes "
        f"{', '.join(f'{p / MB:.0f}' for p in peaks)} MB, together {sum(peaks) / MB:.0f} MB"
    )


if __name__ == "__main__":
    main()
