"""Run the workloads side by side and print the table: `python -m benchmarks.run [WORKLOAD …]`.

Each pair of a peer and a workload runs in a process of its own, which is set up once and pinned to the same cores with
the same number of threads. Peers take turns in short slices, and the others are stopped (SIGSTOP), because an idle
thread pool that spins would disturb the measurement. Losses and gradients are compared before anything is timed. A
second PyTorch worker shows the noise. The ratio in the table is the median over the slices of the ratio of neighbours.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import os
import platform
import signal
import statistics
import subprocess
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

WORKLOADS = (
    "chain", "scalar_mlp", "mlp_small", "mlp_small_step", "mlp_large", "mlp_large_step", "elementwise_large",
    "resnet_mlp", "lstm", "lstm_layer", "attention", "conv", "meprop_hidden", "meprop_input", "meprop_each",
    "adam_only", "sgd_momentum_only", "hvp", "jacobian", "jvp", "fft_layer", "spectral_pde", "heat_64", "heat_256",
    "per_example", "vmap_points",
)  # fmt: skip
# what a peer needs beyond NumPy; "torch2" is a second torch
LIBRARY = {
    "torch": "torch", "torch_unified": "torch", "torch_foreach": "torch", "torch_fused": "torch", "torch_loop": "torch",
    "micrograd": "micrograd", "jax": "jax",
}  # fmt: skip
WARM_UP = (
    4  # rounds that do not count: PyTorch's first dozens of steps are up to 4 times as slow, until it has its memory
)
NAMES = {
    "captured": "ours, captured",
    "numpy_returned": "numpy, freed memory returned at once",
    "ours_unkept": "ours, CHAINRULE_KEEP_MEMORY=0",
    "numpy_kept": "numpy, freed memory kept",
    "numpy_blocks": "numpy, in blocks that fit the cache",
    "ours_dense": "ours, nn.Linear",
    "ours_forward": "ours, the forward pass alone",
    "ours_forward2": "ours, the forward pass alone, again (noise)",
    "numpy_unified": "numpy, top k, freed memory kept",
    "torch_foreach": "torch, foreach=True",
    "torch_fused": "torch, fused=True",
    "torch_unified": "torch, top k as an autograd.Function",
    "torch_loop": "torch, a sweep a row",
}
README = Path(__file__).parent / "README.md"
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"


class Worker:
    """A peer in its own process, which is stopped except while it answers a command."""

    def __init__(self, workload: str, peer: str, threads: int) -> None:
        pools = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), str(threads))
        ours = peer == "captured" or (peer.startswith("ours") and peer != "ours_unkept")
        # importing our package sets CHAINRULE_KEEP_MEMORY's thresholds, which only our own peers may profit from
        keep = {} if ours else {"CHAINRULE_KEEP_MEMORY": "0"}
        if peer.endswith("_returned"):  # fix glibc's thresholds at their defaults, because otherwise they adapt
            keep |= dict.fromkeys(("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"), str(128 * 1024))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", workload, peer, str(threads)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, **pools, **keep},
        )  # fmt: skip
        try:
            self._answer(peer)
        except BaseException:
            self.close()
            raise
        self.process.send_signal(signal.SIGSTOP)

    def ask(self, command: str) -> str:
        self.process.send_signal(signal.SIGCONT)
        assert self.process.stdin is not None
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        answer = self._answer(command)
        self.process.send_signal(signal.SIGSTOP)
        return answer

    def _answer(self, what: str) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"a worker ended at {what!r}: {self.process.args}")
        return line.strip()

    def close(self) -> None:
        self.process.kill()  # works for a stopped process too
        with self.process:  # waits, and closes the pipes
            pass


def available(peer: str) -> bool:
    """Whether the library that a peer needs is installed."""
    try:
        return version(LIBRARY.get(peer.removesuffix("2"), "numpy")) != ""
    except PackageNotFoundError:
        return False


def measure(workload: str, threads: int, slices: int, seconds: float) -> dict[str, Any]:
    """One workload: ratios to the reference, medians, memory."""
    module = importlib.import_module(f"benchmarks.workloads.{workload}")
    reference = getattr(module, "REFERENCE", "torch")
    wanted = [*module.PEERS, f"{reference}2"]
    peers = [peer for peer in wanted if available(peer)]
    with contextlib.ExitStack() as stack:
        workers = {}
        for peer in peers:
            workers[peer] = Worker(workload, peer, threads)
            stack.callback(workers[peer].close)
        compare(workers)
        times: dict[str, list[float]] = {peer: [] for peer in peers}
        faults: dict[str, list[float]] = {peer: [] for peer in peers}
        for k in range(-WARM_UP, slices):
            for peer in peers if k % 2 == 0 else reversed(peers):
                time, fault = (float(word) for word in workers[peer].ask(f"time {seconds}").split())
                if k >= 0:
                    times[peer].append(time)
                    faults[peer].append(fault)
        memory = {peer: [float(word) for word in workers[peer].ask("memory").split()] for peer in peers}
    result: dict[str, Any] = {
        "workload": workload, "title": module.TITLE, "threads": threads, "reference": reference,
        "left_out": [peer for peer in wanted if peer not in peers], "targets": module.TARGETS, "peers": {},
    }  # fmt: skip
    for peer in peers:
        ratios = [a / b for a, b in zip(times[peer], times[reference], strict=True)] if reference in peers else []
        result["peers"][peer] = {
            "seconds": statistics.median(times[peer]),
            "ratio": statistics.median(ratios) if ratios else None,
            "spread": [min(ratios), max(ratios)] if ratios else None,
            "peak_mb": memory[peer][0],
            "resting_mb": memory[peer][1],
            "set_up_mb": memory[peer][2],
            "page_faults": statistics.median(faults[peer]),
        }
    return result


def compare(workers: dict[str, Worker]) -> None:
    """Stop unless every peer gives the same loss and gradients in its first step."""
    with tempfile.TemporaryDirectory() as folder:
        answers = {}
        for peer, worker in workers.items():
            file = Path(folder) / f"{peer}.npz"
            worker.ask(f"check {file}")
            with np.load(file) as stored:
                answers[peer] = [stored[name] for name in stored.files]
    first, *others = answers
    for other in others:
        if len(answers[first]) != len(answers[other]):
            counts = f"{len(answers[first])} and {len(answers[other])} arrays"
            raise SystemExit(f"{first} and {other} disagree: {counts}; nothing was timed.")
        for a, b in zip(answers[first], answers[other], strict=True):
            scale = max(1e-30, float(np.abs(a).max()))
            if a.shape != b.shape:
                raise SystemExit(f"{first} and {other} disagree: shapes {a.shape} and {b.shape}; nothing was timed.")
            if not np.allclose(a, b, rtol=1e-4, atol=1e-5 * scale):
                raise SystemExit(
                    f"{first} and {other} disagree: {np.abs(a - b).max():.2e} at scale {scale:.2e}; nothing was timed."
                )


def table(results: list[dict[str, Any]]) -> str:
    """The results as a Markdown table."""
    heads = ("workload", "threads", "peer", "time a step", "ratio", "spread", "reach", "page faults a step",
             "set-up / peak / resting MB")  # fmt: skip
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for result in results:
        for peer, got in result["peers"].items():
            name = NAMES.get(peer, f"{peer[:-1]} again (noise)" if peer.endswith("2") else peer)
            ratio = _ratio(got["ratio"]) if got["ratio"] is not None else "–"
            spread = " – ".join(map(_ratio, got["spread"])) if got["spread"] else "–"
            target = result["targets"].get(peer)
            lines.append(
                f"| {result['workload']} | {result['threads']} | {name} | {duration(got['seconds'])} | {ratio} "
                f"| {spread} | {target if target is not None else ''} | {got['page_faults']:.0f} "
                f"| {got['set_up_mb']:.0f} / {got['peak_mb']:.0f} / {got['resting_mb']:.0f} |"
            )
        if result["left_out"]:
            missing = ", ".join(result["left_out"])
            lines.append(
                f"| {result['workload']} | {result['threads']} | left out, not installed: {missing} | | | | | | |"
            )
    return "\n".join(lines)


def _ratio(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio >= 0.095 else f"{ratio:.2g}"


def duration(seconds: float) -> str:
    """Seconds in milliseconds or microseconds, in words."""
    return f"{seconds * 1e3:.2f} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.0f} µs"


def machine() -> str:
    """The machine and the versions that the figures belong to."""
    libraries = ", ".join(f"{name} {version(name)}" for name in ("numpy", "torch", "micrograd") if available(name))
    return f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}, {libraries}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workloads", nargs="*", default=list(WORKLOADS), help=f"of {', '.join(WORKLOADS)}")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--slices", type=int, default=15, help="turns of each peer")
    parser.add_argument("--seconds", type=float, default=0.1, help="length of a turn")
    parser.add_argument("--json", type=Path, help="also write the results to this file")
    parser.add_argument(
        "--write-readme", action="store_true", help="renew the table in benchmarks/README.md, of all workloads"
    )
    options = parser.parse_args()
    unknown = [name for name in options.workloads if name not in WORKLOADS]
    if unknown:
        parser.error(f"no workload named {', '.join(unknown)}; there are {', '.join(WORKLOADS)}.")
    if options.write_readme and set(options.workloads) != set(WORKLOADS):
        parser.error("--write-readme renews the whole table: give it no names of workloads.")
    if options.slices < 1 or options.seconds <= 0 or min(options.threads) < 1:
        parser.error("--slices and --threads must be at least 1, --seconds more than 0.")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if max(options.threads) > cores:
        parser.error(f"--threads {max(options.threads)}: only {cores} cores are at hand.")
    results = []
    for threads in options.threads:
        for workload in options.workloads:
            print(f"{workload}, {threads} thread{'s' * (threads > 1)} …", file=sys.stderr, flush=True)
            results.append(measure(workload, threads, options.slices, options.seconds))
    explained = "Ratio of time to PyTorch eager (scalar_mlp: to micrograd; jvp: to the forward pass)."
    text = f"{table(results)}\n\n{explained} {machine()}."
    print(text)
    if options.json:
        options.json.write_text(json.dumps({"machine": machine(), "results": results}, indent=1))
    if options.write_readme:
        before, _, rest = README.read_text().partition(BEGIN)
        README.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{rest.partition(END)[2]}")


if __name__ == "__main__":
    main()
