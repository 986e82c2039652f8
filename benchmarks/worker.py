"""One peer and one workload, set up once: answers commands on standard input (used by run.py).

check FILE    do one step and store its loss and gradients in FILE (.npz)
time SECONDS  repeat the step for about that long; print the mean seconds and page faults a step
memory        print peak, resting (after a pause) and set-up memory in megabytes
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import os
import resource
import signal
import sys
import time
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1  # prctl.h


def _tie_to_parent() -> None:
    """End with the parent. The parent stops its workers, and a stopped process without a parent would never end."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _megabytes(field: str) -> float:
    status = Path("/proc/self/status")
    for line in status.read_text().splitlines() if status.exists() else ():
        if line.startswith(field):
            return int(line.split()[1]) / 1024
    return float("nan")


def _timed(step: Any, seconds: float) -> tuple[float, float]:
    """(seconds, page faults) a step. Means, so that a peer's pauses for garbage collection count."""
    step()
    faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    count = 0
    start = time.perf_counter()
    while not count or time.perf_counter() < start + seconds:
        step()
        count += 1
    elapsed = time.perf_counter() - start
    return elapsed / count, (resource.getrusage(resource.RUSAGE_SELF).ru_minflt - faults) / count


def main(workload: str, peer: str, threads: int) -> None:
    _tie_to_parent()
    if hasattr(os, "sched_setaffinity"):  # before NumPy is imported: its threads would keep the old affinity
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    import numpy as np

    if peer.startswith("torch"):
        import torch

        torch.set_num_threads(threads)
    name, *sizes = workload.split(":")  # with sizes: a workload that makes its peers for them
    module = importlib.import_module(f"benchmarks.workloads.{name}")
    peers = module.peers(*map(int, sizes)) if sizes else module.PEERS
    step = peers[peer.removesuffix("2")]()
    at_set_up = _megabytes("VmRSS")
    print("ready", flush=True)
    for line in sys.stdin:
        command, *arguments = line.split()
        if command == "check":
            loss, gradients = step()
            np.savez(arguments[0], loss, *gradients)
            print("done", flush=True)
        elif command == "time":
            print(*_timed(step, float(arguments[0])), flush=True)
        elif command == "memory":
            step()
            gc.collect()
            time.sleep(0.2)
            print(_megabytes("VmHWM"), _megabytes("VmRSS"), at_set_up, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
