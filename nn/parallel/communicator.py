"""The ranks of a parallel program, and what they do together. With one rank there is no MPI, and it costs nothing."""

from __future__ import annotations

import os
import shutil
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from autograd.errors import ArgumentError
from nn.parallel.faults import RankError, departed, on_all_ranks, watch

Value = TypeVar("Value")
DEADLINE = 300.0  # seconds
SPIN = 0.002  # seconds that a rank that waits keeps its core, where each rank has one of its own
PAUSE = 0.0001
give_way = getattr(os, "sched_yield", lambda: None)  # time.sleep(0) takes 50 µs
_STARTED_BY = ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "MV2_COMM_WORLD_SIZE", "PMI_RANK", "PMIX_RANK")


class Communicator:
    """The processes that train together: this one is number `rank` of `size`.

    Whatever takes a `comm` (`nn.parallel.DataParallel`, `nn.data.DataLoader`, `nn.fit`) takes one of these, or a
    communicator of mpi4py, such as MPI.COMM_WORLD. Every rank has to call the same methods in the same order. Before
    the ranks exchange anything they compare what they are about to do, so that a difference is an error, not a hang.

    Args:      mpi: a communicator of mpi4py; None: this process alone. It is duplicated, so that messages of the
               program's own on `mpi` are not disturbed.
               deadline: how many seconds a rank waits for the others before it gives up.

    rank, size    the number of this process, and how many there are
    deadline      may be set at any time
    on_one_machine whether all ranks can share memory
    bytes         what this rank has put into `sum_`, in all: buffer bytes, not those on the wire
    Example:
        >>> import numpy as np, nn
        >>> comm = nn.parallel.world()  # this doctest was not started by mpiexec
        >>> comm.rank, comm.size
        (0, 1)
        >>> comm.sum_(np.ones(2)), comm.gather("a")
        (array([1., 1.]), ['a'])
    """

    def __init__(self, mpi: Any = None, deadline: float = DEADLINE) -> None:
        self.rank: int = 0 if mpi is None else mpi.Get_rank()
        self.size: int = 1 if mpi is None else mpi.Get_size()
        self.deadline = deadline
        self.bytes = 0
        self.on_one_machine = False
        self._mpi: Any = None
        if self.size > 1:
            self._mpi = mpi.Dup()
            here = _ranks_here(mpi)
            self.on_one_machine = min(mpi.allgather(here)) == self.size
            self._spin = SPIN if here <= _cores() else 0.0
            watch(self._mpi)

    @property
    def is_main(self) -> bool:
        """Whether this is rank 0, which prints and writes files."""
        return self.rank == 0

    @property
    def together(self) -> bool:
        """Whether there are other ranks, and this one is not inside `alone()`."""
        return self._mpi is not None

    @contextmanager
    def alone(self) -> Iterator[None]:
        """A block in which this rank computes as if it were the only one."""
        mpi, self._mpi = self._mpi, None
        try:
            yield
        finally:
            self._mpi = mpi

    def sum_(self, array: np.ndarray, what: str = "a sum") -> np.ndarray:
        """Replace the array by its sum over the ranks, which is the same to the bit on all of them; returns it."""
        if self._mpi is not None:
            from mpi4py import MPI

            self.meet(f"{what}, {array.size} numbers of {array.dtype}")
            self._wait(self._mpi.Iallreduce(MPI.IN_PLACE, array, MPI.SUM), what)
            self.bytes += array.nbytes
        return array

    def gather(self, value: Value, what: str = "a gathering") -> list[Value]:
        """The values of all ranks, in their order, on every rank; anything that can be pickled."""
        if self._mpi is None:
            return [value]
        self.meet(what)
        return self._mpi.allgather(value)  # type: ignore[no-any-return]

    def gather_on_main(self, value: Value, what: str = "a gathering on rank 0") -> list[Value] | None:
        """The values of all ranks on rank 0; None on the others."""
        if self._mpi is None:
            return [value]
        self.meet(what)
        return self._mpi.gather(value)  # type: ignore[no-any-return]

    def broadcast(self, value: Value, what: str = "a broadcast") -> Value:
        """Rank 0's value, on every rank."""
        if self._mpi is None:
            return value
        self.meet(what)
        return self._mpi.bcast(value)  # type: ignore[no-any-return]

    def broadcast_(self, array: np.ndarray, what: str = "a broadcast of an array") -> np.ndarray:
        """Replace the array by rank 0's; returns it."""
        if self._mpi is not None:
            self.meet(f"{what}, {array.size} numbers of {array.dtype}")
            self._wait(self._mpi.Ibcast(array), what)
        return array

    def any(self, flag: bool, what: str = "a question") -> bool:
        """Whether the flag is set on any rank."""
        return any(self.gather(bool(flag), what))

    def agree(self, error: Exception | None, what: str = "a check") -> None:
        """Raise the error on all ranks if any rank has one: no rank goes on alone.

        A rank without an error of its own raises that of the first rank that has one.
        """
        if not self.together:
            if error is not None:
                raise error
            return
        errors = self.gather(error, what)
        first = next((rank for rank, found in enumerate(errors) if found is not None), None)
        if first is not None:
            raised = error if error is not None else errors[first]
            assert raised is not None
            if not hasattr(raised, "on_all_ranks"):
                raised.add_note(f"(on rank {self.rank if error is not None else first})")
            raise on_all_ranks(raised)

    def on_main(self, function: Callable[[], Value], what: str = "the work of rank 0") -> Value:
        """Call the function on rank 0 alone; all ranks get its result, or raise its error."""
        if not self.together:
            return function()
        result, error = None, None
        if self.is_main:
            try:
                result = function()
            except Exception as raised:
                error = raised
        result, error = self.broadcast((result, error), what)
        self.agree(error, what)
        return result  # type: ignore[return-value]

    @property
    def mpi(self) -> Any:
        """The communicator of mpi4py on which the ranks exchange; None for one rank alone."""
        return self._mpi

    def meet(self, what: str) -> None:
        """Wait until all ranks are here, and are here for the same, which `what` names."""
        if self._mpi is None:
            return
        from mpi4py import MPI

        code = zlib.crc32(what.encode())
        codes = np.array([code, -code], np.int64)
        self._wait(self._mpi.Iallreduce(MPI.IN_PLACE, codes, MPI.MAX), what)
        if codes[0] != code or codes[1] != -code:
            raise RankError(
                f"the ranks do different things: rank {self.rank} is at {what}, another rank is elsewhere. All ranks "
                "have to make the same calls in the same order: no step, backward() or fit for some of them only."
            )

    def _wait(self, request: Any, what: str) -> None:
        began = time.monotonic()
        while not request.Test():
            waited = time.monotonic() - began
            if waited < self._spin:
                give_way()
            else:
                time.sleep(PAUSE)
                self._refuse_to_wait(what, waited)

    def _refuse_to_wait(self, what: str, waited: float) -> None:
        other = departed(self._mpi)
        if other is not None and waited > 0.2:  # it may have arrived here before it ended
            raise RankError(
                f"the program of rank {other} has ended, while rank {self.rank} waits for it at {what}. "
                "All ranks have to take the same number of steps; sys.exit() in one of them ends it too early."
            )
        if waited > self.deadline:
            raise RankError(
                f"rank {self.rank} has waited {waited:.3g} s for the others at {what}. A rank hangs or has left "
                "this out. If one of them may take that long, set a later deadline: comm.deadline = 3600."
            )

    def __deepcopy__(self, memo: Any) -> Communicator:
        return self  # a copy of a model trains with the same ranks

    def __reduce__(self) -> Any:
        return (world, ())

    def __repr__(self) -> str:
        return f"Communicator(rank {self.rank} of {self.size})"


def _ranks_here(mpi: Any) -> int:
    """How many ranks of the communicator run on this machine."""
    from mpi4py import MPI

    here = mpi.Split_type(MPI.COMM_TYPE_SHARED)
    try:
        return int(here.Get_size())
    finally:
        here.Free()


def _cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


_known: dict[int, Communicator] = {}  # by MPI's handle: a duplicate for every use would exhaust MPI
_single = Communicator()


def as_communicator(comm: Any) -> Communicator:
    """The argument `comm` as a Communicator: None is this process alone; one of mpi4py's is wrapped, once."""
    if comm is None:
        return _single
    if isinstance(comm, Communicator):
        return comm
    if not hasattr(comm, "Get_size") or not hasattr(comm, "Dup"):
        raise ArgumentError(
            f"comm must be nn.parallel.world(), or a communicator of mpi4py such as MPI.COMM_WORLD; got {comm!r:.60}."
        )
    handle = comm.py2f()
    if handle not in _known:
        _known[handle] = Communicator(comm)
    return _known[handle]


def world() -> Communicator:
    """All processes that `mpiexec` has started; without mpiexec this process alone, and MPI is not even loaded.

    Raises:    RuntimeError if mpiexec belongs to another MPI than mpi4py, so that each process would believe itself
               alone; ImportError if mpiexec has started several processes and mpi4py is not installed.
    """
    if not any(name in os.environ for name in _STARTED_BY):
        return _single
    started = max(int(os.environ.get(name) or 1) for name in _STARTED_BY[:3])
    try:
        from mpi4py import MPI
    except ImportError:
        if started == 1:
            return _single
        raise ImportError("mpiexec has started several processes: pip install 'chainrule[mpi]' for mpi4py.") from None
    except RuntimeError as error:  # mpi4py finds no library of MPI
        raise RuntimeError(
            f"mpi4py finds no MPI: pip install 'chainrule[mpi]', or load your cluster's. {error}"
        ) from None
    size = MPI.COMM_WORLD.Get_size()
    if size != started and started > 1:
        beside = Path(sys.executable).parent / "mpiexec"
        raise RuntimeError(
            f"mpiexec has started {started} processes, but MPI knows {size}: it belongs to another MPI than mpi4py "
            f"({MPI.Get_library_version().splitlines()[0]}). Found first: {shutil.which('mpiexec')}. "
            + (f"Use {beside}." if beside.exists() else "Use the mpiexec of that MPI.")
        )
    return as_communicator(MPI.COMM_WORLD)
