"""Starting a program on several ranks, for the tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
BESIDE = Path(sys.executable).parent / "mpiexec"  # that of the wheel
MPIEXEC = str(BESIDE) if BESIDE.exists() else shutil.which("mpiexec")

needs_mpiexec = pytest.mark.skipif(MPIEXEC is None, reason="mpiexec is not installed: pip install 'chainrule[mpi]'")


def environment() -> dict[str, str]:
    """The environment of the ranks: one thread each, this checkout."""
    return {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"}


def start(n: int, *program: str) -> subprocess.Popen[str]:
    """Start a program on n ranks; a rank that read the standard input would wait for ever."""
    return subprocess.Popen(
        [str(MPIEXEC), "-n", str(n), sys.executable, *program],
        cwd=ROOT, env=environment(), text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def run(n: int, *program: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    """The result of a program on n ranks."""
    process = start(n, *program)
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        raise AssertionError(f"the ranks did not end within {timeout} s:\n{out}\n{err}") from None
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)
