"""nn.parallel.world(): which processes there are, and what is said where MPI is missing or another one."""

from __future__ import annotations

import os
import subprocess
import sys
from types import ModuleType
from typing import Any

import pytest

import nn
from tests.nn.parallel.mpi import environment, needs_mpiexec

CODE = "import nn; print(nn.parallel.world())"


def test_without_mpiexec_it_is_this_process() -> None:
    assert nn.parallel.world() is nn.parallel.world()
    assert repr(nn.parallel.world()) == "Communicator(rank 0 of 1)"


@pytest.mark.parametrize(("started", "alone"), [("1", True), ("2", False)])
def test_a_missing_mpi4py(started: str, alone: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PMI_SIZE", started)
    monkeypatch.setitem(sys.modules, "mpi4py", None)
    if alone:
        assert nn.parallel.world().size == 1
    else:
        with pytest.raises(ImportError, match=r"pip install 'chainrule\[mpi\]'"):
            nn.parallel.world()


def test_a_missing_library(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(ModuleType):
        def __getattr__(self, name: str) -> Any:
            raise RuntimeError("cannot load MPI library")

    monkeypatch.setenv("PMI_SIZE", "2")
    monkeypatch.setitem(sys.modules, "mpi4py", Broken("mpi4py"))
    with pytest.raises(RuntimeError, match=r"mpi4py finds no MPI: .* cannot load MPI library"):
        nn.parallel.world()


@needs_mpiexec
def test_another_mpis_mpiexec_is_noticed() -> None:
    """Such a mpiexec starts n processes, each of which MPI takes for the only one."""
    pytest.importorskip("mpi4py")
    plain = {key: value for key, value in os.environ.items() if not key.startswith(("PMI", "HYDRA"))}
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        env={**plain, **environment(), "OMPI_COMM_WORLD_SIZE": "4", "PYTHONWARNINGS": "ignore"},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode != 0
    assert "RuntimeError: mpiexec has started 4 processes, but MPI knows 1: it belongs to another MPI" in done.stderr
