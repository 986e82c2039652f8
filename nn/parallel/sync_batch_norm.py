"""SyncBatchNorm: batch normalisation by the statistics of the whole batch, of which each rank has a part."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from autograd.engine.kinds import copied
from autograd.engine.recording import raw
from autograd.engine.registry import define
from autograd.errors import ArgumentError, ShapeError
from nn.core.module import Module
from nn.core.replacement import replace_module
from nn.layers.normalization.affine import floating_input, scale_and_shift_channels
from nn.layers.normalization.batch_norm import BatchNormBase
from nn.layers.normalization.channel_norm import RunningStatistics
from nn.parallel.communicator import as_communicator, world


def _all_sum(x: Any, comm: Any = None, rows: int = 1) -> Any:
    return comm.sum_(copied(x), "the statistics of a SyncBatchNorm")


def _all_sum_vjp(g: Any, out: Any, x: Any, comm: Any = None, rows: int = 1) -> Any:
    return all_sum_op(g * rows, comm=comm, rows=rows) * (1 / max(rows, 1))


# The sum over the ranks. Rank r computes the gradient of its own loss, which counts n_r in the whole one; so its
# cotangent is Σ_q n_q g_q / n_r, and DataParallel's average of it by n_r is the gradient of the whole loss.
all_sum_op = define(_all_sum, _all_sum_vjp, keeps="", guard=False, name="all_sum", label="Σg")


class SyncBatchNorm(BatchNormBase):
    """Normalise each channel over the whole batch, of which each rank has a part, and over all positions.

        y = (x - E[x]) / sqrt(Var[x] + eps) * weight + bias

    With one rank, and in eval mode, it is `nn.BatchNorm1d`, `2d` and `3d`. It is meant for a model inside
    `nn.parallel.DataParallel`: every rank has to take part in every training step, also one without rows.

    Shape:     x (N, C) or (N, C, *) -> the same; weight, bias, running_mean, running_var (C,)
    Args:      num_features, eps, momentum, affine, track_running_stats, bias, dtype: as in `nn.BatchNorm1d`.
               comm: the ranks; None: `nn.parallel.world()`.
    Gradient:  also through mean and variance, over all ranks, for a loss that is a mean over the rows.
    Numerics:  the variance is that of the centred values. Two sums over the ranks forward, and two backward.
    Raises:    ShapeError if a channel has a single value on all ranks together.
    Source:    Ioffe & Szegedy 2015, arXiv:1502.03167, Alg. 1; Peng et al. 2018, arXiv:1711.07240, section 3.3.
    Example:
        >>> import numpy as np, nn
        >>> layer = nn.parallel.SyncBatchNorm(2)
        >>> layer(np.array([[1.0, 10.0], [3.0, 30.0]], np.float32)).numpy().round(3)
        array([[-1., -1.],
               [ 1.,  1.]], dtype=float32)
    """

    dims = (2, 3, 4, 5)

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        *,
        bias: bool = True,
        dtype: Any = np.float32,
        comm: Any = None,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, bias=bias, dtype=dtype)
        self.comm = world() if comm is None else as_communicator(comm)

    def forward(self, input: Any) -> Any:
        if not self.training or not self.comm.together:
            return super().forward(input)
        x = floating_input(self._check_input(input, channel_axis=1), self.weight, self.bias, "SyncBatchNorm")
        axes, index = (0, *range(2, x.ndim)), (slice(None), *[None] * (x.ndim - 2))
        accumulator = np.promote_types(x.dtype, np.float32)
        options = {"comm": self.comm, "rows": x.shape[0]}
        own_count = np.array([x.size // self.num_features], accumulator)
        sums = all_sum_op(np.concatenate([np.sum(x, axis=axes, dtype=accumulator), own_count]), **options)  # (C + 1,)
        count = int(raw(sums)[-1])
        if count < 2:
            raise ShapeError(
                f"SyncBatchNorm expects more than one value a channel in training, on all ranks together; got {count}."
            )
        mean = sums[:-1] / count
        centred = x - mean.astype(x.dtype)[index]
        squares = np.sum(centred * centred, axis=axes, dtype=accumulator)
        variance = all_sum_op(squares, **options) / count  # (C,)
        y = centred / np.sqrt(variance + self.eps).astype(x.dtype)[index]
        self._update_running(raw(mean), raw(variance), count)
        return scale_and_shift_channels(y, self.weight, self.bias)

    def _update_running(self, mean: Any, variance: Any, count: int) -> None:
        if self.num_batches_tracked is not None:
            RunningStatistics(self.running_mean, self.running_var, self._batch_momentum(), count)(mean, variance)
            self.num_batches_tracked.numpy()[...] += 1

    @classmethod
    def convert_sync_batchnorm(cls, module: Module, comm: Any = None) -> Module:
        """Put a SyncBatchNorm in the place of every BatchNorm in the module, with its parameters and buffers.

        Args:      comm: the ranks; None: `nn.parallel.world()`.
        Returns:   the module, changed in place; for a BatchNorm itself the SyncBatchNorm.
        Example:
            >>> import nn
            >>> net = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
            >>> nn.parallel.SyncBatchNorm.convert_sync_batchnorm(net)[1].num_features
            2
        """
        if not isinstance(module, Module):
            raise ArgumentError(f"convert_sync_batchnorm takes a Module; got a {type(module).__name__}.")
        olds = [m for m in module.modules() if isinstance(m, BatchNormBase) and not isinstance(m, SyncBatchNorm)]
        for old in olds:
            new = cls._in_place_of(old, comm)
            if old is module:
                return new
            replace_module(module, old, new)
        return module

    @classmethod
    def _in_place_of(cls, old: BatchNormBase, comm: Any) -> Self:
        new = cls(old.num_features, old.eps, old.momentum, comm=comm)
        taken = {key: value for key, value in vars(old).items() if key != "comm"}
        vars(new).update(taken)
        return new
