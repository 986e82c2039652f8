"""update_batch_norm: the statistics of a whole data set instead of running averages."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from autograd import no_grad
from autograd.engine.kinds import copied
from autograd.engine.recording import raw
from autograd.errors import ArgumentError
from nn.core.modes import evaluating
from nn.core.module import Module
from nn.layers.inputs import as_values
from nn.layers.normalization.batch_norm import BatchNormBase, batch_norm


def update_batch_norm(model: Module, batches: Iterable[Any]) -> None:
    """Set the running statistics of every BatchNorm layer to those of all samples together.

        running_mean = mean of what enters the layer,  running_var = its unbiased variance

    Every sample has the same weight, whatever the sizes of the batches. The layers are measured one after the other, in
    the order in which they are first called. The input of a layer is thus computed with the final statistics of the
    earlier layers, and with dropout turned off, as in eval mode. This takes one pass over the batches for each layer.

    A layer that is called several times in one pass gets the statistics of all its calls; during that pass it
    normalises by the batch.

    Args:      batches: inputs, or tuples whose first item is the input; the items of an iterator are stored in a list.
    Raises:    ArgumentError if there are no batches, or fewer than two values per channel. After any exception all
               statistics are as they were before.
    Source:    Wu & Johnson 2021, arXiv:2105.07576, section 3 ("PreciseBN"); departures: the variance of all samples
               instead of the mean of the batches' variances, and one layer after the other.
    Example:
        >>> import numpy as np, nn
        >>> net = nn.Sequential(nn.BatchNorm1d(1))
        >>> nn.update_batch_norm(net, [np.array([[1.0], [2.0]]), np.array([[6.0]])])
        >>> net[0].running_mean, net[0].running_var
        (Buffer([3.], dtype=float32), Buffer([7.], dtype=float32))
    """
    batches = list(batches) if isinstance(batches, Iterator) else batches
    layers = [m for m in model.modules() if isinstance(m, BatchNormBase) and m.running_mean is not None]
    before = [{name: copied(b.numpy()) for name, b in layer.named_buffers()} for layer in layers]
    waiting, done = layers, False
    try:
        with evaluating(model), no_grad():
            while waiting:
                layer = _measure_next(model, batches, waiting)
                if layer is None:  # the remaining layers are never called
                    break
                waiting = [other for other in waiting if other is not layer]
        done = True
    finally:
        if not done:
            for layer, values in zip(layers, before, strict=True):
                for name, b in layer.named_buffers():
                    b.numpy()[...] = values[name]


def _measure_next(model: Module, batches: Iterable[Any], waiting: list[Any]) -> Any:
    """Run one pass and set the statistics of the waiting layer that is called first; return it, or None."""
    first_called: list[Any] = []
    moments = _Moments()

    def measuring_forward(layer: Any) -> Any:
        def forward(x: Any) -> Any:
            if not first_called:
                first_called.append(layer)
            if first_called[0] is not layer:
                return type(layer).forward(layer, x)
            moments.add(as_values(x))
            if x.size <= x.shape[1]:  # batch_norm refuses a single value per channel
                return x
            return batch_norm(x, None, None, layer.weight, layer.bias, True, 0.0, layer.eps)

        return forward

    count = 0
    for layer in waiting:
        vars(layer)["forward"] = measuring_forward(layer)
    try:
        for batch in batches:
            model(batch[0] if isinstance(batch, (tuple, list)) else batch)
            count += 1
    finally:
        for layer in waiting:
            del vars(layer)["forward"]
    if count == 0:
        raise ArgumentError("update_batch_norm needs at least one batch; got none.")
    if not first_called:
        return None
    found = first_called[0]
    found.running_mean.numpy()[...] = moments.mean
    found.running_var.numpy()[...] = moments.variance()
    found.num_batches_tracked.numpy()[...] = count
    return found


class _Moments:
    """Count, mean and sum of squared deviations of each channel, updated batch by batch in float64.

    Source:    Chan, Golub & LeVeque 1979, "Updating formulae and a pairwise algorithm for computing sample variances".
    """

    def __init__(self) -> None:
        self.count = 0
        self.mean: Any = 0.0
        self.squares: Any = 0.0

    def add(self, x: Any) -> None:
        values = np.moveaxis(raw(x).astype(np.float64), 1, 0)
        values = np.reshape(values, (values.shape[0], math.prod(values.shape[1:])))  # (N, C, *) -> (C, N·positions)
        n = values.shape[1]
        if n == 0:
            return
        mean = np.mean(values, axis=1)
        squares = np.sum(np.square(values - mean[:, None]), axis=1)
        difference, total = mean - self.mean, self.count + n
        self.mean = self.mean + difference * (n / total)
        self.squares = self.squares + squares + np.square(difference) * (self.count * n / total)
        self.count = total

    def variance(self) -> Any:
        if self.count < 2:
            raise ArgumentError(
                f"update_batch_norm needs two values a channel or more for a variance; got {self.count}."
            )
        return self.squares / (self.count - 1)
