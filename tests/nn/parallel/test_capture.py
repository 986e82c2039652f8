"""Captured steps on several ranks."""

from __future__ import annotations

import pytest

from tests.nn.parallel.mpi import needs_mpiexec, run


@needs_mpiexec
@pytest.mark.parametrize("n", [1, 2])
def test_a_captured_step_on_several_ranks_is_refused_by_name(n: int) -> None:
    done = run(n, "tests/nn/parallel/programs/capturing.py")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "done"
