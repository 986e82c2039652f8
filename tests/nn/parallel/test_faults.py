"""A rank that fails, leaves, hangs or differs: all ranks end, soon, and say why."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.nn.parallel.mpi import needs_mpiexec, run, start

PROGRAM = "tests/nn/parallel/programs/faults.py"
pytestmark = needs_mpiexec


@pytest.fixture(autouse=True)
def _leave_no_shared_memory() -> Iterator[None]:
    """MPICH leaves some megabytes in /dev/shm when it aborts; remove what no process uses any more."""
    yield
    used = {line for maps in Path("/proc").glob("[0-9]*/maps") for line in lines_of(maps) if "mpich_shm_" in line}
    for left in Path("/dev/shm").glob("mpich_shm_*"):
        with suppress(OSError):  # another test has removed it
            old = left.stat().st_mtime < time.time() - 60  # a younger one may be of a program that is starting
            if old and left.stat().st_uid == os.getuid() and not any(left.name in line for line in used):
                left.unlink()


def lines_of(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except OSError:  # the process has ended
        return []


def failed(kind: str, folder: Path, n: int = 2) -> subprocess.CompletedProcess[str]:
    done = run(n, PROGRAM, kind, str(folder), timeout=40)
    assert done.returncode != 0
    return done


@pytest.mark.parametrize("n", [2, 3])
@pytest.mark.parametrize("where", ["a loop", "fit"])
def test_a_rank_that_raises_ends_all(where: str, n: int, tmp_path: Path) -> None:
    process = start(n, PROGRAM, f"raise in {where}", str(tmp_path))
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline() == "rank 1 fails now\n"
    began = time.monotonic()
    _, err = process.communicate(timeout=30)
    assert time.monotonic() - began < 5
    assert process.returncode == 3
    assert "[rank 1] ValueError: boom" in err
    assert "[rank 1] Traceback (most recent call last):" in err


@pytest.mark.parametrize("where", ["a loop", "fit"])
def test_a_rank_that_exits_does_not_hang_the_others(where: str, tmp_path: Path) -> None:
    done = failed(f"exit in {where}", tmp_path)
    assert "[rank 0] nn.parallel.faults.RankError: the program of rank 1 has ended, while rank 0 waits" in done.stderr


def test_a_rank_that_is_killed_leaves_a_checkpoint_that_resumes(tmp_path: Path) -> None:
    failed("kill", tmp_path)
    (left,) = tmp_path.glob("epoch-*")
    epoch = int(left.name.removeprefix("epoch-"))
    assert epoch in (2, 3)  # rank 0 may have written the third by then
    for n in (2, 1):
        done = run(n, PROGRAM, "resume", str(tmp_path), str(epoch + 4 - n))
        assert done.returncode == 0, done.stderr
        assert f"rank 0 epochs after {epoch + 4 - n} epochs" in done.stdout


def test_a_skipped_step_is_named(tmp_path: Path) -> None:
    err = failed("skip", tmp_path).stderr
    assert "[rank 0] nn.parallel.faults.RankError: the ranks do different things: rank 0 is at the gradients of" in err
    assert "backward pass 5" in err


def test_a_rank_that_hangs_is_noticed_at_the_deadline(tmp_path: Path) -> None:
    err = failed("hang", tmp_path).stderr
    assert re.search(r"rank 0 has waited 1 s for the others at the gradients of backward pass 3", err), err


@pytest.mark.parametrize(
    ("kind", "said"), [("models", "the models of the ranks differ"), ("data", "the inputs of the ranks have different")]
)
def test_what_differs_is_an_error_on_every_rank(kind: str, said: str, tmp_path: Path) -> None:
    err = failed(kind, tmp_path, n=3).stderr
    for rank in range(3):
        assert re.search(rf"\[rank {rank}\] autograd.errors.\w+: {said}", err), err


def ready(kind: str, folder: Path) -> subprocess.Popen[str]:
    """Two ranks that have said that they are ready."""
    process = start(2, PROGRAM, kind, str(folder))
    assert process.stdout is not None
    lines = sorted(process.stdout.readline() for _ in range(2))
    assert lines == ["rank 0 is ready\n", "rank 1 is ready\n"]
    return process


def test_ctrl_c_stops_all_ranks_at_the_same_step(tmp_path: Path) -> None:
    process = ready("interrupt", tmp_path)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    ends = sorted(line for line in out.splitlines() if "interrupted" in line)
    assert [line[:6] for line in ends] == ["rank 0", "rank 1"], out + err
    assert ends[0][6:] == ends[1][6:]
    epochs = int(re.findall(r"after (\d+) epochs", ends[0])[0])
    assert [path.name for path in tmp_path.glob("epoch-*")] == [f"epoch-{epochs:04d}"]
    done = run(2, PROGRAM, "resume", str(tmp_path), str(epochs + 1))
    assert f"rank 1 epochs after {epochs + 1} epochs" in done.stdout, done.stderr


def test_a_second_ctrl_c_ends_all_at_once(tmp_path: Path) -> None:
    process = ready("interrupt twice", tmp_path)
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    assert process.poll() is None
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert time.monotonic() - began < 5  # the exit status is mpiexec's own, which it does not always take from a rank
