"""What happens when a rank fails: no other rank is left waiting for it.

MPI itself lets the others wait for ever. So an error that no one catches ends the program on all ranks, and a rank
whose program ends tells the others, which look for that message while they wait.
"""

from __future__ import annotations

import atexit
import sys
import time
import traceback
from types import TracebackType
from typing import Any, TypeVar

LEFT = 32001  # the tag of the message of a rank whose program ends
EXIT_CODE = 3
_watched: list[Any] = []  # MPI's communicators


class RankError(RuntimeError):
    """The ranks of a parallel program do not do the same, or one of them is gone."""


Raised = TypeVar("Raised", bound=Exception)


def on_all_ranks(error: Raised) -> Raised:
    """The error, marked as one that every rank raises: each gets the time to print it."""
    error.on_all_ranks = True  # type: ignore[attr-defined]
    return error


def watch(mpi: Any) -> None:
    """From now on a failure of this rank is seen by the other ranks of the communicator."""
    if not _watched:

        def end_all(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
            lines = "".join(traceback.format_exception(kind, error, trace)).splitlines()
            sys.stdout.flush()
            sys.stderr.write("".join(f"[rank {mpi.rank}] {line}\n" for line in lines))  # whole, or ranks would mix
            sys.stderr.flush()
            if isinstance(error, RankError) or getattr(error, "on_all_ranks", False):
                time.sleep(0.3)  # the others raise it, too, and are about to say so
            abort()

        sys.excepthook = end_all
        atexit.register(_say_goodbye)
    _watched.append(mpi)


def abort() -> None:
    """End the program on all ranks, at once."""
    if _watched:
        _watched[0].Abort(EXIT_CODE)


def departed(mpi: Any) -> int | None:
    """A rank whose program has ended, if there is one."""
    from mpi4py import MPI

    status = MPI.Status()
    return status.Get_source() if mpi.Iprobe(MPI.ANY_SOURCE, LEFT, status) else None


def _say_goodbye() -> None:
    """Tell the other ranks that this program ends, and wait until theirs do, as MPI would do next in any case."""
    from mpi4py import MPI

    if MPI.Is_finalized():
        return
    for mpi in _watched:
        others = [rank for rank in range(mpi.size) if rank != mpi.rank]
        waiting = [mpi.Isend(b"", rank, LEFT) for rank in others]
        waiting += [mpi.Irecv(bytearray(), rank, LEFT) for rank in others]
        while not MPI.Request.Testall(waiting):
            time.sleep(0.001)
