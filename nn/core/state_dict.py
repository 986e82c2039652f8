"""Loading a state dict into tensors: everything is checked and converted before anything is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from autograd import no_grad
from autograd.engine.kinds import as_ndarray, copied, is_foreign, like
from autograd.engine.recording import raw
from autograd.errors import ArgumentError


class LoadResult(NamedTuple):
    """The keys that a state dict lacked, and those that it had in excess."""

    missing_keys: list[str]
    unexpected_keys: list[str]


def load_arrays(who: str, own: Mapping[str, Any], state_dict: Mapping[str, Any], strict: bool) -> LoadResult:
    """Write the arrays of a state dict into the tensors of the same names: all of them, or none."""
    ready, result = converted_arrays(who, own, state_dict, strict)
    with no_grad():
        for tensor, array in ready:  # the arrays have the tensors' shapes and dtypes, so no write can fail
            if isinstance(tensor._array, np.ndarray) and tensor._array.flags.writeable:
                tensor[...] = array
            else:
                tensor.data = array
    return result


def converted_arrays(
    who: str, own: Mapping[str, Any], state_dict: Mapping[str, Any], strict: bool
) -> tuple[list[tuple[Any, Any]], LoadResult]:
    """(tensor, new array) for what is to be written, or an ArgumentError that lists what does not fit."""
    if not isinstance(state_dict, Mapping):
        raise ArgumentError(f"load_state_dict takes a dict of name -> array; got a {type(state_dict).__name__}.")
    missing = [name for name in own if name not in state_dict]
    unexpected = [name for name in state_dict if name not in own]
    problems = (
        [f"{name} is missing" for name in missing] + [f"{name} is unexpected" for name in unexpected] if strict else []
    )
    ready: list[tuple[Any, Any]] = []
    for name, tensor in own.items():
        if name in state_dict:
            try:
                ready.append((tensor, _converted_to(tensor, state_dict[name])))
            except ArgumentError as error:
                problems.append(f"{name} {error}")
    if problems:
        lines = "\n  ".join([*problems, *_prefix_remedy(missing, unexpected)])
        raise ArgumentError(f"the state dict does not fit this {who}; nothing was loaded:\n  {lines}")
    return ready, LoadResult(missing, unexpected)


def _converted_to(tensor: Any, value: Any) -> Any:
    """The value as a new array of the tensor's shape and dtype.

    Raises:  ArgumentError, whose message goes on after the tensor's name, if it cannot be converted without loss.
    """
    value, x = raw(value), tensor._array
    if is_foreign(x) and type(value) is type(x) and value.shape == x.shape and value.dtype == x.dtype:
        return copied(value)
    try:
        array = as_ndarray(value)
    except Exception as error:  # a foreign object may raise anything, and the other entries are still to be checked
        raise ArgumentError(f"is no array: {error}") from error
    if array.dtype.kind not in "fiubc" or array.dtype.kind == "c" != tensor.dtype.kind:
        raise ArgumentError(f"has dtype {array.dtype}, which does not convert to {tensor.dtype}")
    if array.shape != tensor.shape:
        raise ArgumentError(f"has shape {array.shape}, not {tensor.shape}")
    with np.errstate(all="ignore"):
        new = np.array(array, dtype=tensor.dtype)
    if new.dtype != array.dtype:
        lost = np.isfinite(array) & ~np.isfinite(new) if new.dtype.kind in "fc" else new != array
        if lost.any():
            raise ArgumentError(f"has values, such as {array[lost][0]}, that {tensor.dtype} does not hold")
    return like(new, x)


def _prefix_remedy(missing: list[str], unexpected: list[str]) -> list[str]:
    """A remedy if all keys have the same prefix too much or lack it, as after saving a model inside a wrapper."""
    strip = "every key begins with {0!r}: load {{k.removeprefix({0!r}): v for k, v in state_dict.items()}}"
    add = "every key lacks {0!r}: load {{{0!r} + k: v for k, v in state_dict.items()}}"
    for longer, shorter, remedy in ((unexpected, missing, strip), (missing, unexpected, add)):
        if longer and shorter and longer[0].endswith("." + shorter[0]):
            prefix = longer[0].removesuffix(shorter[0])
            if longer == [prefix + name for name in shorter]:
                return [remedy.format(prefix)]
    return []
