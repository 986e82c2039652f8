"""Connectionist temporal classification: the likelihood of a sequence of labels, wherever in time each of them is.

A path names a label or the blank at each time. It stands for the labels that are left when repetitions are merged and
blanks removed. The states of a target a b are the places on the way through it, _ a _ b _ with _ for the blank: 2 S + 1
of them. At each time a path stays in its state, steps to the next, or leaps over a blank between two different labels.

Arrays are log_probs (T, N, C), labels (N, S), of states (T, N, 2 S + 1), lengths (N,). All sums over paths are taken
over the whole batch and all states at once, in logarithms, so that they do not underflow.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from autograd.engine.kinds import like
from autograd.engine.recording import raw
from autograd.engine.registry import define
from autograd.errors import ArgumentError, DTypeError, ShapeError
from autograd.options import check_flag
from autograd.recorder import whole
from nn.layers.kernels.precision import in_single_precision
from nn.layers.loss.base import Loss
from nn.layers.loss.targets import floating_values, values_of
from nn.layers.reduction import check_reduction, reduce


def _states(labels: Any, blank: int, dtype: Any) -> tuple[Any, Any]:
    """(the label of each state, the logarithm of whether a path may leap to it: 0 or -∞)."""
    n, s = labels.shape
    states = np.full((n, 2 * s + 1), blank)
    states[:, 1::2] = labels
    leap = np.full(states.shape, -np.inf, dtype)
    leap[:, 3::2][labels[:, 1:] != labels[:, :-1]] = 0
    return states, leap


def _first(states: Any, dtype: Any) -> Any:
    """The logarithm of whether a path may begin in a state: in the first blank or the first label."""
    first = np.full(states.shape, -np.inf, dtype)
    first[:, :2] = 0
    return first


def _last(states: Any, target_lengths: Any, dtype: Any) -> Any:
    """The logarithm of whether a path may end in a state: in the last label of a target or the blank after it."""
    place = np.arange(states.shape[1]) - 2 * target_lengths[:, None]
    return np.where((place == 0) | (place == -1), dtype.type(0), dtype.type(-np.inf))


def _emitted(log_probs: Any, states: Any) -> Any:
    """The log-probabilities of the labels of the states. (T, N, C) -> (T, N, 2 S + 1)"""
    t, n, c = log_probs.shape
    at = states + c * np.arange(n)[:, None]
    return np.take(log_probs.reshape(t, n * c), at.reshape(-1), axis=1).reshape(t, *states.shape)


def _sums_over_paths(emitted: Any, leap: Any, first: Any, begins: Any = None) -> Any:
    """For each time and state the log-likelihood of all that was emitted before, summed over the paths to that state.

    The paths begin at time 0 in the states `first`, or at the times that `begins` (T, N, 1) marks.
    """
    out = np.empty(emitted.shape, emitted.dtype)
    ways = np.full((3, *first.shape), -np.inf, first.dtype)  # to stay, to step, to leap
    stay, step, leaped = ways[0], ways[1, :, 1:], ways[2, :, 2:]
    from_one, from_two = stay[:, :-1], stay[:, :-2]  # the states one and two before
    exps, top, leap = np.empty_like(ways), np.empty_like(stay), leap[:, 2:]
    lowest = np.finfo(first.dtype).min
    now = out[0]
    now[...] = first
    for t in range(1, len(emitted)):
        np.add(now, emitted[t - 1], out=stay)
        step[...] = from_one
        np.add(from_two, leap, out=leaped)
        np.maximum.reduce(ways, axis=0, out=top)
        np.maximum(top, lowest, out=top)  # where there is no path, -∞ - top is -∞, not nan
        np.subtract(ways, top, out=exps)
        np.exp(exps, out=exps)
        now = out[t]
        np.add.reduce(exps, axis=0, out=now)
        np.log(now, out=now)
        now += top
        if begins is not None:
            np.copyto(now, first, where=begins[t])
    return out


def _log_likelihood(logs: Any, target_lengths: Any, input_lengths: Any) -> Any:
    """The sum over the paths that end where they may, of log-likelihoods (N, 2 S + 1) at the last time. -> (N,)"""
    rows, last = np.arange(len(target_lengths)), 2 * target_lengths
    in_blank = logs[rows, last]
    has_labels, has_time = like(last > 0, raw(logs)), like(input_lengths > 0, raw(logs))
    in_label = np.where(has_labels, logs[rows, np.maximum(last - 1, 0)], -np.inf)
    found = np.logaddexp(in_blank, in_label)
    of_no_time = np.where(has_labels, logs.dtype.type(-np.inf), logs.dtype.type(0))  # only of no labels
    return np.where(has_time, found, of_no_time)


@in_single_precision
def _ctc(log_probs: Any, labels: Any, input_lengths: Any, target_lengths: Any, blank: int = 0) -> Any:
    with np.errstate(divide="ignore"):
        states, leap = _states(labels, blank, log_probs.dtype)
        emitted = _emitted(log_probs, states)
        before = _sums_over_paths(emitted, leap, _first(states, log_probs.dtype))
        at_end = np.maximum(input_lengths - 1, 0), np.arange(len(labels))
        found = _log_likelihood(before[at_end] + emitted[at_end], target_lengths, input_lengths)
        found = found.astype(log_probs.dtype, copy=False)
    return 0 - found, (states, leap, emitted, before, found)


def _ctc_vjp(
    g: Any, out: Any, log_probs: Any, labels: Any, input_lengths: Any, target_lengths: Any, blank: int = 0
) -> Any:
    """-g γ, with the probability γ that the path of the given labels has a label at a time."""
    states, leap, emitted, before, found = out.values
    t, n, c = log_probs.shape
    with np.errstate(divide="ignore"):
        # What is emitted after: the same sums with time and states reversed
        back = np.full_like(leap, -np.inf)
        back[:, 2:] = leap[:, :1:-1]
        last = _last(states, target_lengths, leap.dtype)
        ends = np.arange(t)[:, None, None] >= input_lengths[:, None] - 1
        after = _sums_over_paths(emitted[::-1, :, ::-1], back, last[:, ::-1], ends[::-1])[::-1, :, ::-1]
    gamma = before + emitted
    gamma += after
    gamma -= np.where(found == -np.inf, 0, found)[:, None]
    np.exp(gamma, out=gamma)
    gamma *= -g[:, None]
    gamma[np.arange(t)[:, None] >= input_lengths] = 0
    d = np.zeros((t, n, c), gamma.dtype)
    d[:, :, blank] = np.add.reduce(gamma[:, :, ::2], axis=2)
    rows = np.arange(n)
    for s in range(labels.shape[1]):
        d[:, rows, labels[:, s]] += gamma[:, :, 2 * s + 1]
    return d


def _ctc_composite(log_probs: Any, labels: Any, input_lengths: Any, target_lengths: Any, blank: int = 0) -> Any:
    states, leap = _states(labels, blank, log_probs.dtype)
    rows = np.arange(len(states))[:, None]
    unreachable = np.full((len(states), 2), -np.inf, log_probs.dtype)
    leap, first, unreachable, counted = (
        like(constant, raw(log_probs))
        for constant in (
            leap,
            _first(states, log_probs.dtype),
            unreachable,
            np.arange(len(log_probs))[:, None, None] < input_lengths[:, None],
        )
    )
    now = log_probs[0][rows, states] + first
    for t in range(1, len(log_probs)):
        ways = np.concatenate([unreachable, now], axis=1)
        total = np.logaddexp(np.logaddexp(ways[:, 2:], ways[:, 1:-1]), ways[:, :-2] + leap)
        now = np.where(counted[t], total + log_probs[t][rows, states], now)
    found = _log_likelihood(now, target_lengths, input_lengths)
    return -np.where(found == -np.inf, -np.inf, found)  # no slope where there is no path


ctc_op = define(
    _ctc,
    _ctc_vjp,
    keeps="log_probs labels input_lengths target_lengths",
    saves=True,
    composite=_ctc_composite,
    name="ctc",
    label="-g·share of the label",
)


def ctc_loss(
    log_probs: Any,
    targets: Any,
    input_lengths: Any,
    target_lengths: Any,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Any:
    """The negative log-likelihood of sequences of labels, summed over all alignments with the input.

        l_n = -log Σ_paths Π_t p_t(path_t)

    Shape:     log_probs (T, N, C), of log_softmax; targets (N, S), padded by anything, or one after the other
               (sum of target_lengths,); input_lengths and target_lengths (N,)
               -> () for "mean" and "sum", (N,) for "none". Of one sequence log_probs (T, C), targets (S,), and two
               numbers -> ().
    Args:      input_lengths: how many times of each example count, at most T.
               target_lengths: how many labels each target has; 0 is a target of blanks alone.
               blank: the class of the blank, which no target contains.
               reduction: "mean" divides each loss by the length of its target, if that is not 0, and takes their mean.
               zero_infinity: give 0 for a target that cannot be aligned, because it is too long for the input.
    Gradient:  -γ, the probability that the alignment has the label at the time. PyTorch's has exp(log_probs) added,
               which a log_softmax before it takes out again. 0 where the loss is infinite, where PyTorch gives nan.
    Numerics:  sums are taken in logarithms. A second derivative is that of the recorded recursion.
    Raises:    ArgumentError for labels or lengths out of range.
    Source:    Graves et al. 2006, "Connectionist temporal classification", eqs. 6 to 16.
    Example:
        >>> import numpy as np, nn.functional as F
        >>> log_probs = np.log(np.full((3, 1, 2), 0.5))  # 3 times, 1 example, blank and one label
        >>> round(float(np.exp(-F.ctc_loss(log_probs, [[1]], [3], [1]))), 4)  # 6 of 8 paths: not ___ and 1_1
        0.75
    """
    check_reduction(reduction)
    check_flag("ctc_loss: zero_infinity", zero_infinity)
    log_probs = floating_values(log_probs, "ctc_loss")
    single = log_probs.ndim == 2
    if single:
        log_probs = log_probs[:, None]
    _check_log_probs(log_probs, blank)
    t, n, _ = log_probs.shape
    input_lengths = _lengths(input_lengths, n, "input_lengths", t)
    target_lengths = _lengths(target_lengths, n, "target_lengths", None)
    labels = _labels(targets, target_lengths, log_probs.shape[2], blank)
    loss = ctc_op(log_probs, labels, input_lengths, target_lengths, blank=blank)
    if zero_infinity:
        loss = np.where(values_of(loss) == np.inf, 0, loss)
    if reduction == "mean":
        loss = loss / like(np.maximum(target_lengths, 1).astype(loss.dtype), raw(loss))
    return loss[0] if single and reduction == "none" else reduce(loss, reduction)


def _check_log_probs(log_probs: Any, blank: Any) -> None:
    if log_probs.ndim != 3 or not log_probs.shape[0] or not log_probs.shape[2]:
        raise ShapeError(f"ctc_loss expects log_probs (T, N, C) or (T, C) with T, C > 0; got {log_probs.shape}.")
    _check_blank(blank, log_probs.shape[2])


def _check_blank(blank: Any, classes: float = np.inf) -> None:
    if isinstance(blank, bool) or not hasattr(blank, "__index__") or not 0 <= blank < classes:
        raise ArgumentError(f"ctc_loss: blank must be a class, 0 <= blank < {classes}; got {blank!r}.")


def _integers(x: Any, name: str) -> Any:
    values = values_of(x)
    if values.dtype.kind not in "iu" and values.size:
        raise DTypeError(f"ctc_loss expects {name} of integers; got dtype {values.dtype}. Use {name}.astype(int).")
    return values.astype(np.intp)


@whole
def _lengths(lengths: Any, n: int, name: str, longest: int | None) -> Any:
    values = _integers(lengths, name)
    if values.shape != (n,) and not (values.shape == () and n == 1):
        raise ShapeError(f"ctc_loss expects {name} of shape ({n},), one an example; got {values.shape}.")
    if n and (values.min() < 0 or longest is not None and values.max() > longest):
        raise ArgumentError(
            f"ctc_loss: {name} must be >= 0{'' if longest is None else f' and <= {longest}'}; "
            f"got {values.min()} … {values.max()}."
        )
    return values.reshape(n)


@whole
def _labels(targets: Any, lengths: Any, classes: int, blank: int) -> Any:
    """The targets as class numbers (N, S), padded by blanks."""
    values = _integers(targets, "targets")
    longest, inside = int(lengths.max(initial=0)), np.arange(lengths.max(initial=0)) < lengths[:, None]
    if values.ndim == 2 and len(values) == len(lengths) and values.shape[1] >= longest:
        counted = values[:, :longest][inside]
    elif values.shape == (lengths.sum(),):
        counted = values
    else:
        raise ShapeError(
            f"ctc_loss expects targets of shape ({len(lengths)}, S) with S >= {longest}, or one after the other "
            f"({lengths.sum()},), for these target_lengths; got {values.shape}."
        )
    if counted.size and (counted.min() < 0 or counted.max() >= classes or (counted == blank).any()):
        raise ArgumentError(
            f"ctc_loss: labels must lie in 0 … {classes - 1} and not be the blank ({blank}); "
            f"got {counted.min()} … {counted.max()}{', with blanks' if (counted == blank).any() else ''}."
        )
    labels = np.full(inside.shape, blank, np.intp)
    labels[inside] = counted
    return labels


class CTCLoss(Loss):
    """The negative log-likelihood of sequences of labels, over all alignments with the input: `functional.ctc_loss`.

        l_n = -log Σ_paths Π_t p_t(path_t)

    Shape:     log_probs (T, N, C), targets (N, S) or one after the other, input_lengths and target_lengths (N,)
               -> () for "mean" and "sum", (N,) for "none"
    Args:      blank: the class of the blank.
               reduction: "mean" divides each loss by the length of its target first.
               zero_infinity: give 0 for a target that is too long for the input, and no gradient.
    Source:    Graves et al. 2006, "Connectionist temporal classification".
    Example:
        >>> import numpy as np, nn
        >>> log_probs = np.log(np.full((3, 1, 2), 0.5))
        >>> round(float(nn.CTCLoss()(log_probs, [[1]], [3], [1])), 4)
        0.2877
    """

    shown_options: ClassVar = {"blank": 0, "zero_infinity": False}

    def __init__(self, blank: int = 0, reduction: str = "mean", zero_infinity: bool = False) -> None:
        super().__init__(reduction=reduction)
        _check_blank(blank)
        self.blank = blank
        self.zero_infinity = zero_infinity

    def forward(self, log_probs: Any, targets: Any, input_lengths: Any, target_lengths: Any) -> Any:
        return ctc_loss(
            log_probs, targets, input_lengths, target_lengths, self.blank, self.reduction, self.zero_infinity
        )
