"""nn.fit(comm=): N ranks train as one process does, write one checkpoint, and decide alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.nn.parallel.mpi import needs_mpiexec, run


@needs_mpiexec
@pytest.mark.parametrize("n", [1, 2, 3])
def test_fit_on_several_ranks(n: int, tmp_path: Path) -> None:
    done = run(n, "tests/nn/parallel/programs/fitting.py", str(tmp_path), timeout=150)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "done"
    assert not done.stderr  # progress=True of rank 1 alone shows nothing
