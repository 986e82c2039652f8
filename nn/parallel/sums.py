"""A buffer that is summed over the ranks, again and again: by MPI, or in shared memory where all ranks see the same.

In shared memory each rank adds up one part of the buffers of all ranks, where they lie. On two ranks this takes half
the time of MPI's sum, which copies. The result is one array that all ranks read, so it is the same to the bit.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from nn.parallel.communicator import Communicator

SHARED_FOLDER = "/dev/shm"  # where MPI puts it; in a container it may be small, and a page too many ends the process
_known: dict[tuple[int, int, str], Any] = {}  # what is shared is freed at the end of the program only


class Sum:
    """A sum by MPI: fill `array`, call `add`, read `total`."""

    def __init__(self, comm: Communicator, size: int, dtype: Any) -> None:
        self.comm = comm
        self.array = self.total = np.zeros(size, dtype)

    def add(self, what: str) -> None:
        """Set `total` to the sum of the ranks' arrays."""
        self.comm.sum_(self.array, what)


class SharedSum:
    """The same in shared memory. `total` stays as it is until the next `add`."""

    def __init__(self, comm: Communicator, size: int, dtype: Any) -> None:
        from mpi4py import MPI

        self.comm = comm
        itemsize = np.dtype(dtype).itemsize
        number = 2 * size if comm.is_main else size  # rank 0's also holds the total
        self._window = MPI.Win.Allocate_shared(number * itemsize, itemsize, comm=comm.mpi)
        self._window.Lock_all()
        views: list[Any] = [self._window.Shared_query(rank)[0] for rank in range(comm.size)]
        memory = [np.frombuffer(view, dtype) for view in views]
        self._arrays = [a[:size] for a in memory]
        self.array, self.total = self._arrays[comm.rank], memory[0][size : 2 * size]
        part = slice(size * comm.rank // comm.size, size * (comm.rank + 1) // comm.size)
        self._parts, self._total_part = [a[part] for a in self._arrays], self.total[part]

    def add(self, what: str) -> None:
        """Set `total` to the sum of the ranks' arrays."""
        self._window.Sync()
        self.comm.meet(f"{what}, {self.array.size} numbers of {self.array.dtype}")  # all arrays are filled
        self._window.Sync()
        np.add(self._parts[0], self._parts[1], out=self._total_part)
        for part in self._parts[2:]:
            np.add(self._total_part, part, out=self._total_part)
        self._window.Sync()
        self.comm.meet(f"{what}, the total")
        self._window.Sync()
        self.comm.bytes += self.array.nbytes


def repeated_sum(comm: Communicator, size: int, dtype: Any) -> Any:
    """A Sum or a SharedSum; every rank has to ask for the same."""
    if not comm.on_one_machine:
        return Sum(comm, size, dtype)
    key = (id(comm), size, np.dtype(dtype).name)
    if key not in _known:
        needed = (comm.size + 1) * size * np.dtype(dtype).itemsize
        fits = comm.gather(needed < _free_bytes() / 2, f"the buffer for {size} gradients")
        _known[key] = (SharedSum if all(fits) else Sum)(comm, size, dtype)
    return _known[key]


def _free_bytes() -> float:
    """How much shared memory there is; 0 where that is not known."""
    if not hasattr(os, "statvfs") or not os.path.isdir(SHARED_FOLDER):
        return 0.0
    found = os.statvfs(SHARED_FOLDER)
    return float(found.f_bavail * found.f_frsize)
