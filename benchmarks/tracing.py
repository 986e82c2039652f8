"""How long it takes to record a step twice, compare and plan it: `python -m benchmarks.tracing [WORKLOAD …]`.

For each workload a process is started, in which the step is captured anew again and again: the first time, and the
fastest and the median of the later ones, which find the classes and the source known. Beside them a step as it is.
"""

from __future__ import annotations

import argparse
import importlib
import statistics
import subprocess
import sys
import time
from typing import Any

WORKLOADS = ("mlp_small_step", "resnet_mlp", "lstm")
SECONDS = 3.0  # for each workload


def measured(workload: str, seconds: float = SECONDS) -> tuple[float, list[float]]:
    """(seconds of a step as it is, those of both recordings of each newly captured step)."""
    from autograd.capture.captured import Captured

    times: list[float] = []
    record = Captured._record

    def timed(*args: Any) -> Any:
        started = time.perf_counter()
        try:
            return record(*args)
        finally:
            times.append(time.perf_counter() - started)

    peers = importlib.import_module(f"benchmarks.workloads.{workload}").PEERS
    found: list[float] = []
    until = time.perf_counter() + seconds
    Captured._record = timed  # type: ignore[method-assign]
    try:
        while time.perf_counter() < until or len(found) < 3:
            step = peers["captured"]()
            times.clear()
            while len(times) < 2:
                step()
            found.append(sum(times))
    finally:
        Captured._record = record  # type: ignore[method-assign]
    return _eager(peers["ours"]()), found


def _eager(step: Any) -> float:
    fastest = float("inf")
    until = time.perf_counter() + 0.3
    while time.perf_counter() < until:
        started = time.perf_counter()
        step()
        fastest = min(fastest, time.perf_counter() - started)
    return fastest


def main() -> None:
    """Print a row for each workload."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workloads", nargs="*", default=WORKLOADS)
    parser.add_argument("--here", action="store_true", help="in this process")
    arguments = parser.parse_args()
    for workload in arguments.workloads:
        if not arguments.here:
            subprocess.run([sys.executable, "-m", "benchmarks.tracing", workload, "--here"], check=True)
            continue
        eager, (first, *later) = measured(workload)
        fastest, median = min(later), statistics.median(later)
        print(
            f"{workload:16} first {first * 1e3:6.1f} ms, later {fastest * 1e3:6.1f} ms, median {median * 1e3:6.1f}; "
            f"a step {eager * 1e3:.3f} ms, {fastest / eager:.0f} of them"
        )


if __name__ == "__main__":
    main()
