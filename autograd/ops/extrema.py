"""maximum, minimum and their relatives, of two arrays or along axes. Elements that tie share the cotangent equally."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine.kinds import is_foreign, like
from autograd.engine.recording import raw
from autograd.engine.registry import define, implements, rules
from autograd.ops.arguments import refuse
from autograd.ops.chosen import chosen_by, extremum_of_chosen
from autograd.ops.masking import masked
from autograd.ops.reduction import running_in_halves
from autograd.shapes import Axis, divided, keep_dims

# Of two arrays. Both elements of a tie get g/2 (docs/conventions.md; as in PyTorch and JAX): the functions below return
# 2 for the winner and 1 for a tie, and the rules multiply that by g/2. These factors are plain arrays of one byte an
# element, in every order of derivative.


def _twice_not_less(a: Any, b: Any) -> Any:
    """2 where a > b, 1 where a = b, else 0; 2 for nan, which maximum and minimum return."""
    return 2 - ((a < b).astype(np.int8) + (a <= b))


def _twice_not_more(a: Any, b: Any) -> Any:
    """2 where a < b, 1 where a = b, else 0; 2 for nan."""
    return 2 - ((a > b).astype(np.int8) + (a >= b))


def _twice_more(a: Any, b: Any) -> Any:
    """2 where a > b or b is nan, 1 where a = b, else 0: fmax and fmin ignore nan."""
    alone = np.isnan(b)
    return ((a > b) | alone).astype(np.int8) + ((a >= b) | alone)


maximum = define(np.maximum, lambda g, out, a, b: masked(0.5 * g, _twice_not_less(a, b)),
                             lambda g, out, a, b: masked(0.5 * g, _twice_not_less(b, a)), keeps="in", guard=False,
                             label="g·([a > b] + ½·[a = b]), g·([b > a] + ½·[a = b])")  # fmt: skip
minimum = define(np.minimum, lambda g, out, a, b: masked(0.5 * g, _twice_not_more(a, b)),
                             lambda g, out, a, b: masked(0.5 * g, _twice_not_more(b, a)), keeps="in", guard=False,
                             label="g·([b > a] + ½·[a = b]), g·([a > b] + ½·[a = b])")  # fmt: skip
fmax = define(np.fmax, lambda g, out, a, b: masked(0.5 * g, _twice_more(a, b)),
                       lambda g, out, a, b: masked(0.5 * g, _twice_more(b, a)), keeps="in", guard=False,
                       label="g·([a > b] + ½·[a = b]), g·([b > a] + ½·[a = b])")  # fmt: skip
fmin = define(np.fmin, lambda g, out, a, b: masked(0.5 * g, _twice_more(-a, -b)),
                       lambda g, out, a, b: masked(0.5 * g, _twice_more(-b, -a)), keeps="in", guard=False,
                       label="g·([b > a] + ½·[a = b]), g·([a > b] + ½·[a = b])")  # fmt: skip


# Along axes


def _extremum_vjp(g: Any, out: Any, a: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The cotangent, divided equally among the elements that equal the extremum (among the nan, if there are any)."""
    chosen = (a == keep_dims(out, a.shape, axis, keepdims)) | np.isnan(a)
    count = np.sum(chosen, axis=axis, keepdims=True)
    return masked(divided(keep_dims(g, a.shape, axis, keepdims), count), chosen)


def _nan_extremum_vjp(g: Any, out: Any, a: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The same for the extremum of the elements that are not nan. Where all are nan there is no derivative: 0."""
    chosen = a == keep_dims(out, a.shape, axis, keepdims)
    count = np.maximum(np.sum(chosen, axis=axis, keepdims=True), 1)
    return masked(divided(keep_dims(g, a.shape, axis, keepdims), count), chosen)


_max = define(
    lambda a, axis=None, keepdims=False: np.max(a, axis=axis, keepdims=keepdims), _extremum_vjp,
    name="max", guard=False, jvp="reduction", batch="axis", label="g at the largest",
)  # fmt: skip
_min = define(
    lambda a, axis=None, keepdims=False: np.min(a, axis=axis, keepdims=keepdims), _extremum_vjp,
    name="min", guard=False, jvp="reduction", batch="axis", label="g at the smallest",
)  # fmt: skip
_nanmax = define(
    lambda a, axis=None, keepdims=False: np.nanmax(a, axis=axis, keepdims=keepdims), _nan_extremum_vjp,
    name="nanmax", guard=False, jvp="reduction", batch="axis", label="g at the largest",
)  # fmt: skip
_nanmin = define(
    lambda a, axis=None, keepdims=False: np.nanmin(a, axis=axis, keepdims=keepdims), _nan_extremum_vjp,
    name="nanmin", guard=False, jvp="reduction", batch="axis", label="g at the smallest",
)  # fmt: skip


@implements(np.max, np.amax)
def max_(
    a: Any, axis: Axis = None, out: Any = None, keepdims: bool = False, initial: Any = None, where: Any = True
) -> Any:
    """np.max: tied elements share the cotangent equally."""
    if initial is None and where is True:
        return _max(a, axis=axis, keepdims=keepdims)
    chosen = where is True or chosen_by(where, a)
    return extremum_of_chosen("max", np.max, np.maximum, a, axis, keepdims, initial, chosen)


@implements(np.min, np.amin)
def min_(
    a: Any, axis: Axis = None, out: Any = None, keepdims: bool = False, initial: Any = None, where: Any = True
) -> Any:
    """np.min: tied elements share the cotangent equally."""
    if initial is None and where is True:
        return _min(a, axis=axis, keepdims=keepdims)
    chosen = where is True or chosen_by(where, a)
    return extremum_of_chosen("min", np.min, np.minimum, a, axis, keepdims, initial, chosen)


@implements(np.nanmax)
def nanmax(
    a: Any, axis: Axis = None, out: Any = None, keepdims: bool = False, initial: Any = None, where: Any = True
) -> Any:
    """np.nanmax: elements that are nan are ignored and get no gradient."""
    if initial is None and where is True:
        return _nanmax(a, axis=axis, keepdims=keepdims)
    chosen = np.logical_not(np.isnan(a)) & chosen_by(where, a)
    return extremum_of_chosen("nanmax", np.max, np.maximum, a, axis, keepdims, initial, chosen)


@implements(np.nanmin)
def nanmin(
    a: Any, axis: Axis = None, out: Any = None, keepdims: bool = False, initial: Any = None, where: Any = True
) -> Any:
    """np.nanmin: elements that are nan are ignored and get no gradient."""
    if initial is None and where is True:
        return _nanmin(a, axis=axis, keepdims=keepdims)
    chosen = np.logical_not(np.isnan(a)) & chosen_by(where, a)
    return extremum_of_chosen("nanmin", np.min, np.minimum, a, axis, keepdims, initial, chosen)


@implements(np.ptp)
def ptp(a: Any, axis: Axis = None, out: Any = None, keepdims: bool = False) -> Any:
    """np.ptp: the largest minus the smallest."""
    return np.max(a, axis=axis, keepdims=keepdims) - np.min(a, axis=axis, keepdims=keepdims)


# The methods of the ufuncs. The default of reduce is axis 0.


def _reduce_max(
    a: Any, axis: Axis = 0, dtype: Any = None, keepdims: bool = False, initial: Any = None, where: Any = True
) -> Any:
    refuse("maximum.reduce", "Convert with x.astype(dtype).", dtype=dtype)
    return max_(a, axis=axis, keepdims=keepdims, initial=initial, where=where)


def _reduce_min(
    a: Any, axis: Axis = 0, dtype: Any = None, keepdims: bool = False, initial: Any = None, where: Any = True
) -> Any:
    refuse("minimum.reduce", "Convert with x.astype(dtype).", dtype=dtype)
    return min_(a, axis=axis, keepdims=keepdims, initial=initial, where=where)


def _ignoring_nan(ufunc: np.ufunc, others: Any) -> Any:
    """The methods reduce of fmax and fmin, which give nan only where all elements are nan."""
    numpys = np.nanmax if ufunc is np.fmax else np.nanmin
    along = define(
        lambda a, axis, keepdims: (numpys if is_foreign(a) else ufunc.reduce)(a, axis=axis, keepdims=keepdims),
        _nan_extremum_vjp,
        name=f"{ufunc.__name__}.reduce", guard=False, jvp="reduction", batch="axis", label="g at the extremum",
    )  # fmt: skip

    def reduce(a: Any, axis: Axis = 0, dtype: Any = None, keepdims: bool = False, initial: Any = None) -> Any:
        refuse(f"{ufunc.__name__}.reduce", "Convert with x.astype(dtype).", dtype=dtype)
        out = along(a, axis=axis, keepdims=keepdims)
        return out if initial is None else ufunc(out, initial)

    return reduce


def _accumulate(ufunc: np.ufunc, a: Any, axis: int, dtype: Any) -> Any:
    """The running extremum, by taking the elements it consists of: of a tie the last one (as in PyTorch's cummax)."""
    refuse(f"{ufunc.__name__}.accumulate", "Convert with x.astype(dtype).", dtype=dtype)
    values = raw(a)
    n = values.shape[axis]
    place = like(np.reshape(np.arange(n), (n,) + (1,) * (values.ndim - 1 - axis % values.ndim)), values)
    running = _running(ufunc, values, axis)
    chosen = (values == running) | (np.isnan(values) & np.isnan(running))
    places = _running(np.maximum, np.where(chosen, place, 0), axis)
    return np.take_along_axis(a, places, axis)


def _running(ufunc: np.ufunc, values: Any, axis: int) -> Any:
    """ufunc.accumulate, which is of ndarrays alone; for another library's array in steps on whole arrays."""
    if not is_foreign(values):
        return ufunc.accumulate(values, axis=axis)
    return np.swapaxes(running_in_halves(ufunc, np.swapaxes(values, axis, -1)), axis, -1)


rules[np.maximum, "reduce"] = _reduce_max
rules[np.minimum, "reduce"] = _reduce_min
rules[np.fmax, "reduce"] = _ignoring_nan(np.fmax, np.nanmax)
rules[np.fmin, "reduce"] = _ignoring_nan(np.fmin, np.nanmin)
for _ufunc in (np.maximum, np.minimum, np.fmax, np.fmin):
    rules[_ufunc, "accumulate"] = lambda a, axis=0, dtype=None, ufunc=_ufunc: _accumulate(ufunc, a, axis, dtype)
