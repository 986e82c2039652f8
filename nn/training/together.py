"""What the ranks of a parallel `nn.fit` do together; with one rank, nothing."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from autograd.errors import AnomalyError
from autograd.pytree import tree_leaves
from nn.core.module import Module
from nn.parallel.communicator import Communicator, as_communicator
from nn.parallel.data_parallel import DataParallel
from nn.parallel.faults import abort, on_all_ranks
from nn.training.fit_arguments import count_rows
from nn.training.nonfinite import nonfinite_cause


def parallel_model(model: Module, comm: Any, parameters: list[Any]) -> tuple[Any, Communicator]:
    """What a step calls, and the ranks: a DataParallel around the model if there are several ranks, or the model.

    Args:  parameters: all that the optimizer updates, perhaps of the loss, too.
    """
    if isinstance(model, DataParallel):
        ranks = model.comm
    else:
        ranks = as_communicator(comm)
        if not ranks.together:
            return model, ranks
        model = DataParallel(model, ranks)
    model.average_also(parameters)
    return model, ranks


def loss_of_no_rows(output: Any) -> Any:
    """What a rank without rows takes the gradient of, since a mean over no rows is nan: zero."""
    return sum(np.sum(part) for part in tree_leaves(output))


@contextmanager
def stopping_together(model: Any, comm: Communicator) -> Iterator[None]:
    """A block in which Ctrl-C sets the flag that is sent with the gradients, and a second Ctrl-C ends all ranks."""
    if not comm.together or threading.current_thread() is not threading.main_thread():
        yield
        return

    def note(number: int, frame: Any) -> None:
        if model.stop:
            abort()
        model.stop = True

    before = signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        model.stop = model.stopped = False


def joined(kept: list[tuple[Any, Any]], comm: Communicator) -> tuple[Any, ...] | None:
    """(outputs, targets) of all batches and ranks, in the order of the rows, on rank 0; None on the others."""
    ranks = comm.gather_on_main(kept, "the outputs for the metrics")
    if ranks is None:
        return None
    batches = [part for parts in zip(*ranks, strict=True) for part in parts]  # the parts of a batch lie side by side
    return tuple(np.concatenate(column) for column in zip(*batches, strict=True))


def mean_over_ranks(total: float, rows: int, comm: Communicator) -> tuple[float, int]:
    """(total, rows), summed over the ranks."""
    sums = comm.sum_(np.array([total, rows], np.float64), "the validation loss")
    return float(sums[0]), int(sums[1])


def raise_nonfinite(
    model: Module, batch: tuple[Any, Any], again: Callable[[], Any], head: str, comm: Communicator
) -> None:
    """Raise the AnomalyError for a nan or inf; if there are several ranks, on all, with the cause of the first.

    Args:  batch: the inputs and the target; again: computes the loss and its gradient once more.
    """
    inputs, target = batch
    with comm.alone():
        cause, found = nonfinite_cause(model, inputs, target, again) if count_rows(inputs[0]) else ("", False)
    if not comm.together:
        raise AnomalyError(head + cause)
    causes = comm.gather((cause, found), "the search for a nan or inf")
    rank = next((rank for rank, (_, found) in enumerate(causes) if found), 0)
    raise on_all_ranks(AnomalyError(f"{head}On rank {rank}: {causes[rank][0]}"))
