"""One peer at one workload, set up once: answers commands on standard input (used by run.py).

    check FILE    do one step and store its loss and gradients in FILE (.npz)
    time SECONDS  repeat the step for about that long; print the median seconds a step
    memory        print peak and resting memory in megabytes, after a pause
"""

from __future__ import annotations

import gc
import importlib
import os
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np


def _megabytes(field: str) -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) / 1024
    return float("nan")


def _timed(step: Any, seconds: float) -> float:
    step()
    times = []
    end = time.perf_counter() + seconds
    while not times or time.perf_counter() < end:
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main(workload: str, peer: str, threads: int) -> None:
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    if peer.startswith("torch"):
        import torch

        torch.set_num_threads(threads)
    step = importlib.import_module(f"benchmarks.workloads.{workload}").PEERS[peer.rstrip("2")]()
    print("ready", flush=True)
    for line in sys.stdin:
        command, *arguments = line.split()
        if command == "check":
            loss, gradients = step()
            np.savez(arguments[0], loss, *gradients)
            print("done", flush=True)
        elif command == "time":
            print(_timed(step, float(arguments[0])), flush=True)
        elif command == "memory":
            step()
            gc.collect()
            time.sleep(0.2)
            print(_megabytes("VmHWM"), _megabytes("VmRSS"), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
