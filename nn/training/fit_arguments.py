"""The arguments of `fit`, checked before the first epoch and brought into one form, and the parts of a batch."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from autograd import no_grad
from autograd.errors import ArgumentError, ShapeError
from nn import functional as F
from nn.core.modes import modes_kept
from nn.core.module import Module
from nn.data import DataLoader
from nn.layers.normalization.batch_norm import BatchNormBase
from nn.parallel.communicator import Communicator
from nn.parallel.sync_batch_norm import SyncBatchNorm


def check_trainers(model: Any, loss: Any, optimizer: Any, scheduler: Any, early_stopping: Any) -> None:
    """Refuse objects that would fail in the middle of an epoch, or that would train something else."""
    if not isinstance(model, Module):
        raise ArgumentError(f"fit takes a Module as model; got a {type(model).__name__}.")
    function_list("loss", [loss])
    for name, given, methods, example in (
        ("optimizer", optimizer, ("step", "zero_grad", "param_groups"), "optim.Adam(model.parameters())"),
        ("scheduler", scheduler, ("step",), "optim.lr_scheduler.StepLR(optimizer, 10)"),
        ("early_stopping", early_stopping, ("step",), "optim.EarlyStopping(patience=10)"),
    ):
        if given is None and name != "optimizer":
            continue
        if not all(hasattr(given, method) for method in methods):
            raise ArgumentError(f"{name} must be an object such as {example}; got {given!r:.60}.")
    trained = {id(p) for part in (model, loss) if isinstance(part, Module) for p in part.parameters()}
    if not any(id(p) in trained for group in optimizer.param_groups for p in group["params"]):
        raise ArgumentError(
            "the optimizer has none of the model's parameters, so nothing would be learned. Make it of this model: "
            f"{type(optimizer).__name__}(model.parameters(), …)."
        )


def check_clip_norm(clip_norm: Any) -> None:
    """Refuse what is neither None nor a number of 0 or more."""
    if clip_norm is not None and not (isinstance(clip_norm, (int, float, np.number)) and clip_norm >= 0):
        raise ArgumentError(f"clip_norm must be a number >= 0, or None; got {clip_norm!r}.")


def function_list(name: str, given: Any) -> list[Any]:
    """The functions as a list; anything else is refused."""
    listed = list(given) if isinstance(given, Iterable) else [given]
    if not isinstance(given, Iterable) or not all(map(callable, listed)):
        kind = "a function" if name == "loss" else "a list of functions"
        raise ArgumentError(f"{name} must be {kind}; got {listed!r:.60}.")
    return listed


def metric_dict(metrics: Any) -> dict[str, Any]:
    """The metrics as a dict of name -> function(outputs, targets); anything else is refused."""
    if metrics is None:
        return {}
    if not isinstance(metrics, Mapping) or not all(map(callable, metrics.values())):
        raise ArgumentError(f"metrics must be a dict, name -> function(outputs, targets); got {metrics!r:.60}.")
    return dict(metrics)


def batches_of(
    who: str, data: Any, batch_size: int, shuffle: bool, rng: np.random.Generator, epochs: int, comm: Communicator
) -> Any:
    """An iterable of batches: a DataLoader for a tuple of arrays, else the data themselves."""
    if isinstance(data, tuple):
        if len(data) < 2:
            raise ArgumentError(
                f"{who} is a tuple of arrays, inputs first and the target last; got {len(data)} of them."
            )
        return DataLoader(*data, batch_size=batch_size, shuffle=shuffle, rng=rng, comm=comm)
    arrays = hasattr(data, "dtype") or (isinstance(data, list) and data and hasattr(data[0], "dtype"))
    if arrays or not hasattr(data, "__iter__"):
        raise ArgumentError(
            f"{who} must be a tuple of arrays, such as (x, y), or an iterable of batches; got a {type(data).__name__}."
        )
    if comm.together and isinstance(data, DataLoader) and not data.comm.together:
        raise ArgumentError(f"every rank would take all rows of {who}: write DataLoader(…, comm=nn.parallel.world()).")
    if hasattr(data, "__next__") and epochs > 1:
        raise ArgumentError(
            f"{who} is an iterator, which can be gone through only once, not {epochs} times. "
            "Give a DataLoader, or a list."
        )
    return data


def check_last_batch(model: Module, train: Any, generators: list[np.random.Generator], comm: Communicator) -> None:
    """Refuse a last batch of one row that a BatchNorm in the model cannot normalise, before the first step.

    Such a row is computed, and two of it, because it depends on the positions in a row whether one is enough.

    Args:  generators: those that a forward pass draws from; they and the model are left as they were.
    """
    batch = train.smaller_last_batch() if isinstance(train, DataLoader) else None
    kinds = [type(module) for module in model.modules() if isinstance(module, BatchNormBase)]
    if batch is None or not kinds or (comm.together and SyncBatchNorm in kinds):
        return
    error = None
    try:
        with comm.alone():
            _refuse_one_row(model, batch, generators)
    except ArgumentError as raised:
        error = raised
    comm.agree(error, "the check of the last batch")


def _refuse_one_row(model: Module, batch: Any, generators: list[np.random.Generator]) -> None:
    inputs, _ = inputs_and_target(batch)
    if count_rows(inputs[0]) == 1 and not _computes(model, inputs, generators):
        twice = tuple([np.concatenate([F.as_values(x)] * 2) for x in inputs])
        if _computes(model, twice, generators):
            raise ArgumentError(
                "the last batch of train has one row, of which BatchNorm in training takes no variance. Leave it out, "
                "DataLoader(…, drop_last=True), or choose another batch_size."
            )


def _computes(model: Module, inputs: tuple[Any, ...], generators: list[np.random.Generator]) -> bool:
    """Whether the model in training takes these inputs; it and the generators are put back to what they were."""
    states = [(g, g.bit_generator.state) for g in generators]
    buffers = [(buffer, buffer.numpy().copy()) for buffer in model.buffers()]
    try:
        with modes_kept(model), no_grad():
            model.train()(*inputs)
    except ShapeError:
        return False
    finally:
        with no_grad():
            for buffer, values in buffers:
                buffer[...] = values
        for g, state in states:
            g.bit_generator.state = state
    return True


def needs_argument(step: Callable[..., Any]) -> bool:
    """Whether `step` has an argument without a default: a closure (LBFGS), or a metric (ReduceLROnPlateau)."""
    try:
        parameters = inspect.signature(step).parameters.values()
    except (TypeError, ValueError):
        return False
    return any(p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in parameters)


def inputs_and_target(batch: Any) -> tuple[tuple[Any, ...], Any]:
    """The two parts of a batch."""
    if not isinstance(batch, (tuple, list)) or len(batch) < 2:
        raise ArgumentError(
            f"a batch must be a tuple, the inputs and then the target; got a {type(batch).__name__}. Give (x, y)."
        )
    return tuple(batch[:-1]), batch[-1]


def count_rows(x: Any) -> int:
    """How many rows an input has: the weight of its batch in the mean of an epoch."""
    shape = getattr(x, "shape", None)
    if shape is None:
        return len(x)
    return int(shape[0]) if shape else 1
