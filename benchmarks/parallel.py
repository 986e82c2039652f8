"""The speed of data-parallel training: `python -m benchmarks.parallel` starts `mpiexec` and prints a table.

All numbers of a row are of one run of two ranks, with one thread each. They take turns, in slices: rank 0 alone while
the others wait, all ranks without communication, all ranks with it. A slice yields rows a second of all ranks at work,
timed from a common start to the end of the slowest. Quoted are the best slice, which is nearest to a quiet machine, and
the median of the ratios of neighbours. `--write` puts the tables into docs/parallel.md.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

PAGE = Path(__file__).parents[1] / "docs" / "parallel.md"
MESSAGES = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)  # bytes
ROWS = {"mlp_large_step, B = 128": 128, "mlp_large_step, B = 512": 512, "conv": 32}  # a rank
HEAD = (  # of the best slices; in parentheses the medians
    "| workload | rows a rank and step | MB summed a step | one rank, rows/s | {n} ranks without communication | "
    "with | with / without | with / one rank |\n|---|---|---|---|---|---|---|---|\n"
)


def network(name: str, rng: np.random.Generator) -> tuple[Any, Any, Any]:
    """(model, x, target)"""
    import nn

    rows = ROWS[name]
    if name == "conv":  # LeNet-5, as in workloads/conv.py
        model = nn.Sequential(
            nn.Conv2d(1, 6, 5, padding=2, rng=rng), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(6, 16, 5, rng=rng), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(400, 120, rng=rng), nn.ReLU(), nn.Linear(120, 84, rng=rng), nn.ReLU(), nn.Linear(84, 10, rng=rng),
        )  # fmt: skip
        x = rng.normal(size=(rows, 1, 28, 28))
    else:
        model = nn.Sequential(
            nn.Linear(784, 512, rng=rng),
            nn.ReLU(),
            nn.Linear(512, 512, rng=rng),
            nn.ReLU(),
            nn.Linear(512, 10, rng=rng),
        )
        x = rng.normal(size=(rows, 784))
    return model, x.astype(np.float32), rng.integers(0, 10, rows)


def measured(name: str, comm: Any, slices: int, seconds: float) -> dict[str, Any]:
    """Rates and ratios of one workload; complete on rank 0."""
    import nn
    import optim

    net, x, target = network(name, np.random.default_rng(comm.rank))
    model = nn.parallel.DataParallel(net, comm)
    optimizer, loss_of = optim.Adam(model.parameters()), nn.CrossEntropyLoss()

    def step() -> None:
        optimizer.zero_grad()
        loss_of(model(x), target).backward()
        optimizer.step()

    def rate(steps: int, at_work: bool = True, alone: bool = False) -> float:
        """Rows a second of all ranks at work."""
        comm.gather(None, "the start of a slice")
        began = time.perf_counter()
        if at_work and alone:
            with comm.alone():
                repeat(step, steps)
        elif at_work:
            repeat(step, steps)
        times = comm.gather(time.perf_counter() - began if at_work else 0.0, "the end of a slice")
        return steps * len(target) * sum(t > 0 for t in times) / max(times)

    rate(5)
    steps = comm.broadcast(max(2, round(seconds * rate(5) / comm.size / len(target))))
    before = comm.bytes
    step()
    sent = comm.bytes - before
    found: dict[str, list[float]] = {"one": [], "apart": [], "together": []}
    for _ in range(slices):
        found["one"].append(rate(steps, at_work=comm.is_main, alone=True))
        found["apart"].append(rate(steps, alone=True))
        found["together"].append(rate(steps))
    best = {kind: max(rates) for kind, rates in found.items()}
    return {
        "name": name, "rows": len(target), "bytes": sent, **best,
        "kept": statistics.median(b / a for a, b in zip(found["apart"], found["together"], strict=True)),
        "gain": statistics.median(b / a for a, b in zip(found["one"], found["together"], strict=True)),
    }  # fmt: skip


def repeat(step: Callable[[], None], steps: int) -> None:
    for _ in range(steps):
        step()


def message_times(comm: Any, repeats: int) -> list[tuple[int, float, float]]:
    """(bytes, best seconds, median seconds) of one sum over the ranks."""
    rows = []
    for size in MESSAGES:
        array, times = np.zeros(size // 4, np.float32), []
        for _ in range(repeats):
            began = time.perf_counter()
            comm.sum_(array)
            times.append(time.perf_counter() - began)
        rows.append((size, min(times), statistics.median(times)))
    return rows


def worker(slices: int, seconds: float) -> None:
    """What each rank runs."""
    import nn

    comm = nn.parallel.world()
    rows = [measured(name, comm, slices, seconds) for name in ROWS]
    messages = message_times(comm, 10 * slices)
    if comm.is_main:
        print(json.dumps({"ranks": comm.size, "rows": rows, "messages": messages}))


def table(found: dict[str, Any]) -> str:
    """Both tables, in Markdown."""
    text = HEAD.format(n=found["ranks"])
    for r in found["rows"]:
        text += (
            f"| {r['name']} | {r['rows']} | {r['bytes'] / 1e6:.2f} | {r['one']:,.0f} | {r['apart']:,.0f} | "
            f"{r['together']:,.0f} | {r['together'] / r['apart']:.2f} ({r['kept']:.2f}) | "
            f"{r['together'] / r['one']:.2f} ({r['gain']:.2f}) |\n"
        )
    text += "\n| bytes summed | best, ms | median, ms |\n|---|---|---|\n"
    for size, best, median in found["messages"]:
        text += f"| {size:,} | {best * 1e3:.3f} | {median * 1e3:.3f} |\n"
    return text


def model_table(found: dict[str, Any]) -> str:
    """What the measured constants say for more ranks, in Markdown.

    Rabenseifner's sum over n ranks takes 2 log2(n) latencies, and each rank sends 2 (n - 1) / n of the buffer (Thakur,
    Rabenseifner & Gropp 2005, "Optimization of collective communication operations in MPICH", section 4.4).
    """
    size = found["rows"][0]["bytes"]
    small, large = found["messages"][0], found["messages"][-1]
    networks = {
        "this machine": (small[1] / 2, large[0] / large[1]),
        "40 Gb/s Ethernet": (1.93e-6, 37.23e9 / 8),
        "1 Gb/s Ethernet": (50e-6, 1e9 / 8),
    }
    steps = {r["rows"]: r["rows"] / r["one"] for r in found["rows"][:2]}
    text = "| network | latency, µs | bandwidth, GB/s |\n|---|---|---|\n"
    for name, (latency, bandwidth) in networks.items():
        text += f"| {name} | {latency * 1e6:.1f} | {bandwidth / 1e9:.2f} |\n"
    titles = [f"{name}, {rows} rows a rank" for name in networks for rows in steps]
    text += "\n| ranks | " + " | ".join(titles) + " | 4,096 rows in all, 40 Gb/s: times as fast |\n"
    text += "|---" * (len(titles) + 2) + "|\n"
    for exponent in range(1, 11):
        n = 2**exponent
        cells = [
            f"{step / (step + sum_seconds(n, size, *constants)):.2f}"
            for constants in networks.values()
            for step in steps.values()
        ]
        whole = 4096 * steps[512] / 512
        fast = whole / (whole / n + sum_seconds(n, size, *networks["40 Gb/s Ethernet"]))
        text += f"| {n:,} | {' | '.join(cells)} | {fast:.1f} |\n"
    return text


def sum_seconds(n: int, size: int, latency: float, bandwidth: float) -> float:
    """Seconds of a sum of `size` bytes over n ranks."""
    return 2 * math.log2(n) * latency + 2 * (n - 1) / n * size / bandwidth


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ranks", type=int, default=2)
    parser.add_argument("--slices", type=int, default=15)
    parser.add_argument("--seconds", type=float, default=0.3, help="of a slice")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/parallel.md")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        worker(options.slices, options.seconds)
        return
    beside = Path(sys.executable).parent / "mpiexec"
    mpiexec = str(beside) if beside.exists() else "mpiexec"
    command = [mpiexec, "-n", str(options.ranks), sys.executable, "-m", "benchmarks.parallel", "--worker"]
    command += ["--slices", str(options.slices), "--seconds", str(options.seconds)]
    threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        command, env={**os.environ, **threads}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=True
    )
    found = json.loads(done.stdout)
    text = f"{table(found)}\n{model_table(found)}"
    print(text)
    if options.write:
        begin, end = "<!-- table: begin -->", "<!-- table: end -->"
        page = PAGE.read_text(encoding="utf-8")
        page = re.sub(f"{begin}.*{end}", lambda _: f"{begin}\n\n{text}\n{end}", page, flags=re.DOTALL)
        PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
