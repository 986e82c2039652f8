"""DataParallel, SyncBatchNorm and DataLoader(comm=): N ranks compute what one process computes on the whole batch."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys

import numpy as np
import pytest

import nn
from autograd.errors import ArgumentError
from nn.parallel import Communicator, DataParallel, SyncBatchNorm
from tests.nn.parallel.mpi import needs_mpiexec, run

PROGRAMS = "tests/nn/parallel/programs"


@needs_mpiexec
@pytest.mark.parametrize(
    ("n", "how"), [(n, "in shared memory") for n in (1, 2, 3, 4)] + [(n, "by MPI") for n in (2, 3, 4)]
)
def test_ranks_equal_one_process(n: int, how: str) -> None:
    """20 steps of every case: weights and losses to 1e-12 (LBFGS 1e-9), the ranks equal to each other to the bit."""
    done = run(n, f"{PROGRAMS}/equality.py", how, timeout=150)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("after 20 steps") == 9


@needs_mpiexec
@pytest.mark.parametrize("n", [2, 3])
def test_pieces_on_several_ranks(n: int) -> None:
    """Each function of programs/pieces.py: gradients that are missing, loaders, dropout, dtypes, statistics."""
    done = run(n, f"{PROGRAMS}/pieces.py", timeout=100)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "16 pieces"


def test_one_rank_does_nothing_and_loads_no_mpi() -> None:
    code = (
        "import sys, numpy as np, nn; model = nn.parallel.DataParallel(nn.Linear(2, 1)); y = model(np.ones((3, 2)));"
        "y.sum().backward(); assert y.node.primitive.name == 'linear', y.node.primitive.name;"
        "assert 'mpi4py' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_wrong_arguments() -> None:
    with pytest.raises(ArgumentError, match="DataParallel takes a Module; got a function"):
        DataParallel(lambda x: x)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match=r"comm must be nn.parallel.world\(\)"):
        DataParallel(nn.Linear(1, 1), comm="world")
    with pytest.raises(ArgumentError, match="convert_sync_batchnorm takes a Module"):
        SyncBatchNorm.convert_sync_batchnorm([nn.BatchNorm1d(2)])  # type: ignore[arg-type]


def test_a_copy_trains_with_the_same_ranks() -> None:
    model = DataParallel(nn.Linear(2, 1))
    assert copy.deepcopy(model).comm is model.comm
    assert pickle.loads(pickle.dumps(model)).comm is model.comm


def test_convert_keeps_parameters_and_statistics() -> None:
    shared = nn.BatchNorm2d(3, eps=0.5, momentum=None)
    net = nn.Sequential(nn.Conv2d(1, 3, 1), shared, nn.ModuleDict({"again": shared}), nn.BatchNorm1d(3, affine=False))
    weight = shared.weight
    converted = SyncBatchNorm.convert_sync_batchnorm(net)
    assert converted is net
    assert [type(m) for m in (net[1], net[3])] == [SyncBatchNorm] * 2
    assert net[1] is net[2]["again"]
    assert net[1].weight is weight
    assert (net[1].eps, net[1].momentum) == (0.5, None)
    assert net[3].weight is None
    assert type(SyncBatchNorm.convert_sync_batchnorm(nn.BatchNorm1d(2))) is SyncBatchNorm


def test_one_rank_s_collectives_return_their_argument() -> None:
    comm = Communicator()
    x = np.arange(3.0)
    assert comm.sum_(x) is x
    assert comm.broadcast("a") == "a"
    assert comm.gather_on_main(1) == [1]
    assert comm.on_main(lambda: 5) == 5
    assert comm.any(True)
    assert comm.bytes == 0
    with pytest.raises(ValueError, match="one"):
        comm.agree(ValueError("one"))
