"""Loading a state dict: everything is checked and converted before anything is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from autograd import no_grad
from autograd.errors import ArgumentError


class LoadResult(NamedTuple):
    """The keys that a state dict lacked, and those that it had too many."""

    missing_keys: list[str]
    unexpected_keys: list[str]


def load(who: str, own: Mapping[str, Any], state_dict: Mapping[str, Any], strict: bool) -> LoadResult:
    """Write the arrays of a state dict into the tensors of the same names: all of them, or none."""
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
                ready.append((tensor, _converted(state_dict[name], tensor)))
            except ArgumentError as error:
                problems.append(f"{name} {error}")
    if problems:
        lines = "\n  ".join([*problems, *_hint(missing, unexpected)])
        raise ArgumentError(f"the state dict does not fit this {who}; nothing was loaded:\n  {lines}")
    with no_grad():
        for tensor, array in ready:  # of its shape and dtype: nothing is left that could fail
            if isinstance(tensor._data, np.ndarray) and tensor._data.flags.writeable:
                tensor[...] = array
            else:
                tensor.data = array
    return LoadResult(missing, unexpected)


def _converted(value: Any, tensor: Any) -> Any:
    """The value as an array of the tensor's shape and dtype, in memory of its own; an ArgumentError says why it cannot be."""
    try:
        array = np.asarray(getattr(value, "_data", value))
    except Exception as error:  # whatever a foreign object raises, the others are still to be looked at
        raise ArgumentError(f"is no array: {error}") from error
    if array.dtype.kind not in "fiub":
        raise ArgumentError(f"has dtype {array.dtype}, which does not convert to {tensor.dtype}")
    if array.shape != tensor.shape:
        raise ArgumentError(f"has shape {array.shape}, not {tensor.shape}")
    with np.errstate(all="ignore"):
        new = np.array(array, dtype=tensor.dtype)
    if new.dtype != array.dtype:
        lost = np.isfinite(array) & ~np.isfinite(new) if new.dtype.kind == "f" else new != array
        if lost.any():
            raise ArgumentError(f"has values, such as {array[lost][0]}, that {tensor.dtype} does not hold")
    return new


def _hint(missing: list[str], unexpected: list[str]) -> list[str]:
    """The remedy where every key has a prefix too many, or lacks one: a model saved inside a wrapper, or out of it."""
    for longer, shorter, remedy in (
        (
            unexpected,
            missing,
            "every key begins with {0!r}: load {{k.removeprefix({0!r}): v for k, v in state_dict.items()}}",
        ),
        (missing, unexpected, "every key lacks {0!r}: load {{{0!r} + k: v for k, v in state_dict.items()}}"),
    ):
        if longer and shorter and longer[0].endswith("." + shorter[0]):
            prefix = longer[0].removesuffix(shorter[0])
            if longer == [prefix + name for name in shorter]:
                return [remedy.format(prefix)]
    return []
