"""The peers of each workload compute the same thing, and the benchmark runs from end to end. No time is asserted."""

from __future__ import annotations

import importlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograd.capture.captured import Captured
from benchmarks import run, tracing
from tests.peers import jax

ROOT = Path(run.__file__).parent.parent


def _rows() -> list[Any]:
    rows = []
    for workload in run.WORKLOADS:
        for peer in importlib.import_module(f"benchmarks.workloads.{workload}").PEERS:
            if peer not in ("numpy", "numpy_returned", "ours_unkept"):  # the others are compared with numpy
                library = run.LIBRARY.get(peer)
                marks: Any = pytest.mark.oracle if library == "torch" else ()
                if library in ("micrograd", "jax"):
                    marks = pytest.mark.skipif(not run.available(peer), reason=f"{library} is not installed")
                rows.append(pytest.param(workload, peer, marks=marks, id=f"{workload}-{peer}"))
    return rows


@pytest.fixture
def _limits() -> Iterator[None]:
    """micrograd's set-up raises the recursion limit."""
    limit = sys.getrecursionlimit()
    yield
    sys.setrecursionlimit(limit)


@pytest.mark.usefixtures("_limits")
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")  # torch's own
@pytest.mark.parametrize(("workload", "peer"), _rows())
def test_peers_agree(workload: str, peer: str) -> None:
    if workload == "scalar_mlp":
        pytest.importorskip("sklearn", reason="scikit-learn draws the points")
    if peer == "jax":
        jax()
    peers = importlib.import_module(f"benchmarks.workloads.{workload}").PEERS
    by_hand, other = peers["numpy"](), peers[peer]()
    for _ in range(2):  # a second step starts from clean gradients
        expected_loss, expected = by_hand()
        loss, found = other()
        assert loss == pytest.approx(expected_loss, rel=1e-4)
        assert len(found) == len(expected)
        for a, b in zip(found, expected, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4 * np.abs(b).max())


def test_runs_from_end_to_end(tmp_path: Path) -> None:
    file = tmp_path / "bench.json"
    command = [
        sys.executable,
        "-m",
        "benchmarks.run",
        "chain",
        "--threads",
        "1",
        "--slices",
        "2",
        "--seconds",
        "0.01",
        "--json",
        str(file),
    ]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    [result] = json.loads(file.read_text())["results"]
    assert {"ours", "numpy"} <= set(result["peers"])
    assert all(got["seconds"] > 0 for got in result["peers"].values())
    left_out = {peer for peer in ("torch", "torch2", "micrograd", "jax") if not run.available(peer)}
    assert set(result["left_out"]) == left_out
    assert all(peer in printed for peer in left_out)


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="no SIGSTOP here")
def test_workers_that_disagree_are_refused_and_none_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[str]] = []

    def popen(*args: Any, **kwargs: Any) -> Any:
        started.append(subprocess.Popen(*args, **kwargs))
        return started[-1]

    class Subprocess:
        PIPE, Popen = subprocess.PIPE, staticmethod(popen)

    def disagree(workers: Any) -> None:
        raise SystemExit("they disagree")

    monkeypatch.setattr(run, "subprocess", Subprocess)
    monkeypatch.setattr(run, "available", lambda peer: peer in ("ours", "numpy"))
    monkeypatch.setattr(run, "compare", disagree)
    with pytest.raises(SystemExit, match="they disagree"):
        run.measure("chain", 1, 1, 0.01)
    assert len(started) == 2
    assert [process.poll() for process in started] == [-signal.SIGKILL] * 2


class _Answers:
    """A worker that has computed a given loss and gradients."""

    def __init__(self, *values: Any) -> None:
        self.values = values

    def ask(self, command: str) -> str:
        np.savez(command.split()[1], *self.values)
        return "done"


def test_a_wrong_gradient_is_found_before_anything_is_timed() -> None:
    good = _Answers(1.0, np.array([1.0, 2.0]))
    run.compare({"ours": good, "numpy": _Answers(1.0, np.array([1.0, 2.0]))})
    for wrong in (
        _Answers(1.0, np.array([1.0, 2.1])),
        _Answers(1.1, np.array([1.0, 2.0])),
        _Answers(1.0, np.array([2.0])),
    ):
        with pytest.raises(SystemExit, match="disagree"):
            run.compare({"ours": good, "numpy": wrong})
    with pytest.raises(SystemExit, match="disagree"):
        run.compare({"ours": good, "numpy": _Answers(1.0, np.array([1.0, 2.0]), np.array([3.0]))})


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="cores are pinned on Linux only")
def test_every_thread_of_a_worker_is_pinned() -> None:
    environment = {**os.environ, "OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2"}  # a pool that pinning must catch
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.worker", "mlp_small", "numpy", "1"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment,
    )  # fmt: skip
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        cores = [os.sched_getaffinity(int(thread.name)) for thread in Path(f"/proc/{process.pid}/task").iterdir()]
        process.kill()
    assert all(core == cores[0] and len(core) == 1 for core in cores)


def test_an_unknown_workload_is_named() -> None:
    command = [sys.executable, "-m", "benchmarks.run", "chian"]
    failed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert failed.returncode == 2
    assert "no workload named chian; there are chain" in failed.stderr


def test_a_part_of_the_workloads_does_not_replace_the_table(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["run.py", "chain", "--write-readme"])
    with pytest.raises(SystemExit):
        run.main()
    assert "renews the whole table" in capsys.readouterr().err


def test_both_recordings_of_a_step_are_timed_and_the_class_is_left_as_it_was() -> None:
    before = Captured._record
    eager, found = tracing.measured("chain", seconds=0)
    assert Captured._record is before
    assert len(found) == 3
    assert all(seconds > eager for seconds in found)
