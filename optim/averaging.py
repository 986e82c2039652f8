"""AveragedModel: a copy of a model that holds the average of the model's weights over time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from itertools import chain
from typing import Any, Self

import numpy as np

from autograd.errors import ArgumentError
from autograd.options import check_flag
from autograd.recorder import effect
from optim.checks import check_range, check_whole

AvgFn = Callable[[Any, Any, int], Any]
MultiAvgFn = Callable[[list[Any], list[Any], int], None]

PIECE = 1 << 18  # elements that are averaged at a time, so that they stay in the cache


class AveragedModel:
    """A copy of a model that holds the average of the model's weights and is called like it.

        equal weights (the default)    a <- a + (p - a) / (n + 1)        after n models
        exponential                    a <- a + (1 - decay) · (p - a)    multi_avg_fn=get_ema_multi_avg_fn(decay)

    The first call of `update_parameters` copies the weights. Buffers are always copied; use_buffers=True averages those
    of a floating dtype instead. Integer buffers (counters, tables) stay copies, where PyTorch truncates an average.

    After training with batch normalisation, call `nn.update_batch_norm(averaged, batches)` to set its statistics.

    module        the copy
    n_averaged    how many models are in the average

    Args:      model: the model to average. It is copied; no reference to it is kept.
               avg_fn: (averaged, current, n_averaged) -> the new average, for the arrays of one parameter.
               multi_avg_fn: (list of averaged, list of current, n_averaged), which writes into the arrays of the first
               list; called once for each dtype.
               use_buffers: average the buffers like the parameters.
    State:     n_averaged, and the copy's state under "module.", as in PyTorch.
    Source:    Polyak & Juditsky 1992; Izmailov et al. 2018, arXiv:1803.05407.
    Example:
        >>> import nn, optim
        >>> model = nn.Linear(1, 1)
        >>> averaged = optim.AveragedModel(model, multi_avg_fn=optim.swa_utils.get_ema_multi_avg_fn(0.75))
        >>> for value in [0.0, 4.0]:
        ...     _ = nn.init.constant_(model.bias, value)  # in place of training
        ...     averaged.update_parameters(model)
        >>> averaged.module.bias
        Parameter([1.], dtype=float32, requires_grad=True)
    """

    def __init__(
        self,
        model: Any,
        *,
        avg_fn: AvgFn | None = None,
        multi_avg_fn: MultiAvgFn | None = None,
        use_buffers: bool = False,
    ) -> None:
        check_flag("use_buffers", use_buffers)
        needed = [name for name in ("parameters", "buffers", "state_dict") if not callable(getattr(model, name, None))]
        if needed:
            raise ArgumentError(
                f"AveragedModel takes a Module; got a {type(model).__name__}, which has no {needed[0]}()."
            )
        if avg_fn is not None and multi_avg_fn is not None:
            raise ArgumentError(
                f"AveragedModel takes avg_fn or multi_avg_fn, not both; got {avg_fn!r} and {multi_avg_fn!r}."
            )
        self.module = deepcopy(model)
        for p in self.module.parameters():
            p.grad = None
        self.n_averaged = 0
        self.avg_fn = avg_fn
        self.multi_avg_fn = multi_avg_fn
        self.use_buffers = use_buffers

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the copy."""
        return self.module(*args, **kwargs)

    @effect
    def update_parameters(self, model: Any) -> None:
        """Add the model's present weights to the average.

        Raises:    ArgumentError if the copy has other parameters or buffers; then nothing is changed.
        """
        averaged = list(_pairs("parameters", self.module, model))
        copied: list[tuple[Any, Any]] = []
        for pair in _pairs("buffers", self.module, model):
            (averaged if self.use_buffers and pair[0].dtype.kind in "fc" else copied).append(pair)
        if self.n_averaged == 0:
            averaged, copied = [], averaged + copied
        self._average(averaged)
        for mine, current in copied:
            mine.numpy()[...] = current.numpy()
        for mine, _ in (*averaged, *copied):
            mine._mark_written()
        self.n_averaged += 1

    def _average(self, pairs: list[tuple[Any, Any]]) -> None:
        arrays = [(mine.numpy(), current.numpy()) for mine, current in pairs]
        if self.avg_fn is not None:
            for mine, current in arrays:
                mine[...] = self.avg_fn(mine, current, self.n_averaged)
            return
        update = self.multi_avg_fn or get_swa_multi_avg_fn()
        by_dtype: dict[Any, tuple[list[Any], list[Any]]] = {}
        for mine, current in arrays:
            own, others = by_dtype.setdefault(mine.dtype, ([], []))
            own.append(mine)
            others.append(current.astype(mine.dtype, copy=False))
        for own, others in by_dtype.values():
            update(own, others, self.n_averaged)

    # The part of Module's interface that a trained model is used by

    @property
    def training(self) -> bool:
        return bool(self.module.training)

    def train(self, mode: bool = True) -> Self:
        """Put the copy into training mode, or with False into evaluation mode; returns self."""
        self.module.train(mode)
        return self

    def eval(self) -> Self:
        """Put the copy into evaluation mode; returns self."""
        return self.train(False)

    def parameters(self) -> Iterator[Any]:
        """The averaged parameters."""
        return iter(self.module.parameters())

    def named_parameters(self) -> Iterator[tuple[str, Any]]:
        """(path, averaged parameter); the paths begin with "module."."""
        return iter(self.module.named_parameters("module"))

    def buffers(self) -> Iterator[Any]:
        """The buffers of the copy."""
        return iter(self.module.buffers())

    def modules(self) -> Iterator[Any]:
        """The copy and all modules inside it."""
        return iter(self.module.modules())

    def state_dict(self) -> dict[str, Any]:
        """n_averaged, and the state of the copy under names that begin with "module."."""
        state = {f"module.{name}": value for name, value in self.module.state_dict().items()}
        return {"n_averaged": np.array(self.n_averaged), **state}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue from a state_dict.

        Raises:    ArgumentError, which lists everything that does not fit; then nothing is changed.
        """
        count, state = self._read(state_dict)
        self.module.load_state_dict(state)
        self.n_averaged = count

    def check_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Raise the ArgumentError that `load_state_dict` would raise, and change nothing."""
        self.module.check_state_dict(self._read(state_dict)[1])

    def _read(self, state_dict: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        """n_averaged and the state of the copy in a state dict."""
        if not isinstance(state_dict, Mapping) or "n_averaged" not in state_dict:
            raise ArgumentError(
                "the state of an AveragedModel has 'n_averaged'; of a plain model: averaged.module.load_state_dict(…)."
            )
        try:
            count = check_whole("n_averaged", np.asarray(state_dict["n_averaged"]).item(), low=0)
        except ValueError:  # also of an array of several numbers
            raise ArgumentError(f"n_averaged is one whole number >= 0; got {state_dict['n_averaged']!r}.") from None
        state = {name.removeprefix("module."): value for name, value in state_dict.items() if name != "n_averaged"}
        return int(count), state

    def __repr__(self) -> str:
        inner = repr(self.module).replace("\n", "\n  ")
        return f"AveragedModel(\n  (module): {inner}\n)"


def _pairs(what: str, mine: Any, other: Any) -> Iterator[tuple[Any, Any]]:
    """Pairs (of the copy, of the model) of all parameters or buffers; ArgumentError if names or shapes differ."""
    own, others = (dict(getattr(module, f"named_{what}")()) for module in (mine, other))
    if own.keys() != others.keys() or any([t.shape != others[name].shape for name, t in own.items()]):
        shapes, other_shapes = ({name: t.shape for name, t in named.items()} for named in (own, others))
        differing = [name for name in chain(shapes, other_shapes) if shapes.get(name) != other_shapes.get(name)]
        lines = [
            f"{name}: {shapes.get(name, 'none')} in the copy, {other_shapes.get(name, 'none')} in the model"
            for name in dict.fromkeys(differing)
        ]
        raise ArgumentError(
            f"AveragedModel averages models with the same {what}; these differ:\n  " + "\n  ".join(lines)
        )
    return iter([(t, others[name]) for name, t in own.items()])


def get_ema_multi_avg_fn(decay: float = 0.999) -> MultiAvgFn:
    """a <- decay · a + (1 - decay) · p: the exponential moving average, in place, for `AveragedModel`.

    Args:      decay: 0 to 1. About 1 / (1 - decay) models count in the average.
    Example:
        >>> import numpy as np, optim
        >>> average = np.array([1.0])
        >>> optim.swa_utils.get_ema_multi_avg_fn(0.75)([average], [np.array([5.0])], 1)
        >>> average
        array([2.])
    """
    check_range("decay", decay, low=0, high=1, high_closed=True)

    def update(averaged: list[Any], current: list[Any], n_averaged: int) -> None:
        _lerp(averaged, current, 1 - decay)

    return update


def get_swa_multi_avg_fn() -> MultiAvgFn:
    """a <- a + (p - a) / (n + 1): the mean of all models, in place. It is the default of `AveragedModel`."""

    def update(averaged: list[Any], current: list[Any], n_averaged: int) -> None:
        _lerp(averaged, current, 1 / (n_averaged + 1))

    return update


def get_ema_avg_fn(decay: float = 0.999) -> AvgFn:
    """decay · a + (1 - decay) · p: the exponential moving average, for one parameter."""
    check_range("decay", decay, low=0, high=1, high_closed=True)

    def average(averaged: Any, current: Any, n_averaged: int) -> Any:
        return decay * averaged + (1 - decay) * current

    return average


def get_swa_avg_fn() -> AvgFn:
    """a + (p - a) / (n + 1): the mean of all models, for one parameter."""

    def average(averaged: Any, current: Any, n_averaged: int) -> Any:
        return averaged + (current - averaged) / (n_averaged + 1)

    return average


def _lerp(averaged: list[Any], current: list[Any], weight: float) -> None:
    """a <- a + weight · (p - a), in place, in blocks that fit the cache.

    For a weight of 1/2 and more it is computed as p - (1 - weight) · (p - a): so a weight of 1 gives exactly p.
    """
    for a, p in zip(averaged, current, strict=True):
        pieces = [(a, p)]
        if a.flags.c_contiguous and p.flags.c_contiguous:
            a, p = a.reshape(-1), p.reshape(-1)
            pieces = [(a[i : i + PIECE], p[i : i + PIECE]) for i in range(0, a.size, PIECE)]
        buffer: Any = np.empty_like(pieces[0][0] if pieces else a)
        for x, y in pieces:
            s = np.subtract(y, x, out=buffer[: len(x)])
            if weight < 0.5:
                s *= weight
                x += s
            else:
                s *= 1 - weight
                np.subtract(y, s, out=x)
