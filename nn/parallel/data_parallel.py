"""DataParallel: each rank computes a part of the batch, and all get the gradient of the whole batch."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from autograd import Tensor, is_grad_enabled, no_grad
from autograd.engine.kinds import copied, zeros
from autograd.engine.recording import raw, result
from autograd.engine.registry import define
from autograd.engine.tensor_hooks import FINISH
from autograd.errors import ArgumentError, CaptureError, GraphError, ShapeError
from autograd.pytree import tree_flatten, tree_unflatten
from autograd.recorder import current
from nn.core.module import Module
from nn.parallel.communicator import as_communicator, world
from nn.parallel.faults import on_all_ranks
from nn.parallel.flat_gradients import FlatGradients
from nn.parallel.randomness import draw_by_rank, generators_of

# A sweep that passes this operation has reached the outputs of a DataParallel; the mark is a leaf, whose hook is called
# when the gradients of all leaves are known.
mark_op = define(
    lambda x, mark: copied(x),
    lambda g, out, x, mark: g,
    lambda g, out, x, mark: zeros((), g.dtype, raw(g)),
    keeps="",
    guard=False,
    name="mark",
    jvp="linear",
    label="g, 0",
)


class DataParallel(Module):
    """A model whose gradients are those of the whole batch, of which each rank has a part.

        .grad = Σ_r n_r · g_r / Σ_r n_r        (n_r rows on rank r, g_r the gradient of its loss, a mean over its rows)

    `backward()` of a loss of its outputs returns when `.grad` holds this, the same to the bit on all ranks; so an
    optimizer that starts alike on all ranks stays alike. A rank may have no rows: it calls the model with an empty
    batch and calls `backward()`, too. With one rank nothing is done and MPI is not loaded.

    On construction the parameters and buffers of all ranks become those of rank 0, and the ranks get different streams
    of random numbers for dropout, which follow from the state of rank 0's generators.

    Args:      module: the model; its parameters are what an optimizer takes.
               comm: `nn.parallel.world()` (None), or a communicator of mpi4py.
               dim: the axis of the first input that counts the rows.

    module       the model; `state_dict` has its keys under "module.", as in PyTorch
    whole_loss   after `backward()`: the mean loss over the rows of all ranks, which a line search (LBFGS) has to return
    whole_rows   after `backward()`: the rows of all ranks
    passes       how many gradients were averaged
    Gradient:  every `backward()` that comes through the outputs averages; `autograd.grad` does not, it gives the
               gradient of this rank's loss.
    Raises:    ArgumentError on all ranks if the models differ in the names, shapes or dtypes of their parameters;
               ShapeError on all ranks if the rows of the first inputs do. GraphError for `create_graph=True`.
    Source:    Li et al. 2020, arXiv:2006.15704, section 3.1; departures: parts are weighted by their rows, and the
               gradients travel after the sweep, not during it.
    Example:
        >>> import numpy as np, nn
        >>> model = nn.parallel.DataParallel(nn.Linear(3, 1))  # mpiexec -n 4 python train.py
        >>> loss = np.mean(model(np.ones((2, 3))) ** 2)
        >>> loss.backward()
        >>> model.comm
        Communicator(rank 0 of 1)
    """

    def __init__(self, module: Module, comm: Any = None, dim: int = 0) -> None:
        if not isinstance(module, Module):
            raise ArgumentError(f"DataParallel takes a Module; got a {type(module).__name__}.")
        self.module = module
        self.comm = world() if comm is None else as_communicator(comm)
        self.dim = dim
        self.whole_loss = math.nan
        self.whole_rows = 0
        self.passes = 0
        self.stop = False  # sent along with the gradients
        self.stopped = False  # whether any rank has sent it
        self._flat = FlatGradients(list(module.parameters()), self.comm)
        self._syncing = True
        self._in_parts = False  # .grad holds what no_sync() has left there
        self._inputs_checked = False
        if self.comm.together:
            self._refuse_different_models()
            self.broadcast_state()
            draw_by_rank([g for _, g in generators_of({"model": module})], self.comm)

    def forward(self, *inputs: Any, **options: Any) -> Any:
        if not self.comm.together or not is_grad_enabled():
            return self.module(*inputs, **options)
        if current() is not None:
            raise CaptureError(
                f"a DataParallel on {self.comm.size} ranks is no part of a captured step: its gradients come from the "
                "other ranks. Leave out autograd.capture (capture=True), or run on one rank."
            )
        arrays = [x for x in tree_flatten((inputs, options))[0] if getattr(x, "shape", ())]
        if not self._inputs_checked and self.training:
            self._refuse_different_inputs(arrays)
            self._inputs_checked = True
        leaves, structure = tree_flatten(self.module(*inputs, **options))
        mark = result(np.zeros(()), None)
        mark.requires_grad = True
        mark.hooks = {FINISH: _Finish(self, arrays[0].shape[self.dim] if arrays else 1)}
        recorded = [isinstance(x, Tensor) and x.requires_grad for x in leaves]
        return tree_unflatten(structure, [mark_op(x, mark) if r else x for x, r in zip(leaves, recorded, strict=True)])

    @contextmanager
    def no_sync(self) -> Iterator[None]:
        """A block in which gradients are accumulated without being sent; the first `backward()` after it sends them.

        In the block, and until then, `.grad` holds this rank's share: the sum over the ranks is the gradient. Only the
        numbers of rows are exchanged.
        """
        before, self._syncing = self._syncing, False
        try:
            yield
        finally:
            self._syncing = before

    def average_also(self, parameters: list[Any]) -> None:
        """Average the gradients of these parameters, too, such as those of a trained loss; they become rank 0's."""
        known = {id(p) for p in self._flat.parameters}
        others = [p for p in parameters if id(p) not in known]
        self._flat = FlatGradients(self._flat.parameters + others, self.comm)
        self._broadcast(others, "the parameters that are not the model's")

    def broadcast_state(self) -> None:
        """Set the parameters and buffers of all ranks to those of rank 0."""
        self._broadcast([*self.module.parameters(), *self.module.buffers()], "the parameters")

    def broadcast_buffers(self) -> None:
        """Set the buffers of all ranks, such as the running statistics of a BatchNorm, to those of rank 0."""
        self._broadcast(list(self.module.buffers()), "the buffers")

    def _broadcast(self, tensors: list[Any], what: str) -> None:
        if self.comm.together:
            with no_grad():
                for t in tensors:
                    t[...] = self.comm.broadcast_(np.array(t.numpy(), order="C"), what)

    def finish(self, leaves: dict[Any, Any], roots: Any) -> None:
        """Put the gradients of the whole batch in the place of this rank's; called at the end of a sweep."""
        marks = [leaf for leaf in leaves if leaf.hooks and getattr(leaf.hooks.get(FINISH), "owner", None) is self]
        rows = sum(mark.hooks[FINISH].rows for mark in marks)
        for mark in marks:
            del leaves[mark]
        if not self.comm.together:
            return
        if any(g.node is not None for g in leaves.values()):
            raise GraphError(
                "DataParallel averages values over the ranks, which has no graph: leave out create_graph=True, or take "
                "the second derivative of the part of this rank, autograd.grad(…, create_graph=True)."
            )
        self.passes += 1
        loss = float(roots[0].item()) if len(roots) == 1 and roots[0].size == 1 else math.nan
        if self._syncing:
            self._average(leaves, rows, loss)
        else:
            self._keep_share(leaves, rows, loss)

    def _average(self, leaves: dict[Any, Any], rows: int, loss: float) -> None:
        flat, what = self._flat, f"the gradients of backward pass {self.passes}"
        total = self._sum_rows(rows, what) if self._in_parts else 0.0
        numbers = [rows, rows * loss if rows else 0.0, float(self.stop)]
        flat.pack(leaves, rows / total if total else float(rows), numbers, self._in_parts)
        summed_rows, summed_loss, stops = flat.add(what)
        self._refuse_no_rows(summed_rows)
        flat.unpack(leaves, 1.0 if total else 1 / summed_rows, self._in_parts)
        self.whole_loss, self.whole_rows = summed_loss / summed_rows, round(summed_rows)
        self.stopped = stops > 0
        self._in_parts = False

    def _keep_share(self, leaves: dict[Any, Any], rows: int, loss: float) -> None:
        what = f"the rows of backward pass {self.passes}"
        numbers = self.comm.sum_(np.array([rows, rows * loss if rows else 0.0]), what)
        self._refuse_no_rows(numbers[0])
        self.whole_loss, self.whole_rows = float(numbers[1] / numbers[0]), int(numbers[0])
        self._flat.keep_share(leaves, rows / float(numbers[0]), 1.0 if self._in_parts else 1 / self.comm.size)
        self._in_parts = True

    def _sum_rows(self, rows: int, what: str) -> float:
        total = float(self.comm.sum_(np.array([float(rows)]), f"the rows for {what}")[0])
        self._refuse_no_rows(total)
        return total

    def _refuse_no_rows(self, total: float) -> None:
        if not total > 0:
            raise ArgumentError(
                f"no rank has a row in backward pass {self.passes}: leave out a batch that is empty on all ranks."
            )

    def _refuse_different_models(self) -> None:
        own = [
            (name, t.shape, t.dtype.name) for name, t in (*self.module.named_parameters(), *self.module.named_buffers())
        ]
        models = self.comm.gather(own, "the construction of a DataParallel")
        for rank, theirs in enumerate(models):
            if theirs != models[0]:
                lines = [f"  {_difference(a, b, rank)}" for a, b in _unequal(models[0], theirs)]
                listed = "\n".join(lines[:5])
                raise on_all_ranks(ArgumentError(f"the models of the ranks differ; nothing was changed:\n{listed}"))

    def _refuse_different_inputs(self, arrays: list[Any]) -> None:
        rows_left_out = [(x.shape[: self.dim] + x.shape[self.dim + 1 :], str(x.dtype)) for x in arrays]
        all_ranks = self.comm.gather(rows_left_out, "the first inputs of a DataParallel")
        if any(theirs != all_ranks[0] for theirs in all_ranks):
            lines = [
                f"  rank {rank}: " + ", ".join(f"{shape} of {dtype}" for shape, dtype in theirs)
                for rank, theirs in enumerate(all_ranks)
            ]
            raise on_all_ranks(ShapeError("the inputs of the ranks have different rows:\n" + "\n".join(lines)))


class _Finish:
    """The hook of a mark: it knows how many rows its forward pass had."""

    def __init__(self, owner: DataParallel, rows: int) -> None:
        self.owner, self.rows = owner, rows

    def __call__(self, leaves: dict[Any, Any], roots: Any) -> None:
        self.owner.finish(leaves, roots)


def _unequal(first: list[Any], other: list[Any]) -> list[tuple[Any, Any]]:
    n = max(len(first), len(other))
    pairs = zip(first + [None] * (n - len(first)), other + [None] * (n - len(other)), strict=True)
    return [(a, b) for a, b in pairs if a != b]


def _difference(first: Any, other: Any, rank: int) -> str:
    texts = ["nothing more" if x is None else f"{x[0]} of shape {x[1]} and {x[2]}" for x in (first, other)]
    return f"rank 0 has {texts[0]}, rank {rank} has {texts[1]}"
