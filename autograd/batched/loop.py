"""What has no form for a batch: example by example, and the results stacked. Each use is counted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.batched.crossing import into, outof
from autograd.batched.hidden import at, batched
from autograd.batched.level import Level
from autograd.engine.abstract import Abstract, Saved, SavedOutputs
from autograd.engine.recording import is_tensor, raw
from autograd.errors import AutogradError, BatchError

_NOTHING: dict[str, Any] = {}


class Each:
    """One object for each example, which are no arrays: what a forward passes to its rule, say."""

    __slots__ = ("level", "objects")

    def __init__(self, objects: list[Any], level: Level) -> None:
        self.objects = objects
        self.level = level


class InOneCall:
    """What a forward that ran on all examples at once keeps for its rule: as the values have it, not batched.

    shape    that of the result of one example
    """

    __slots__ = ("shape", "values")

    def __init__(self, values: Any, shape: tuple[int, ...]) -> None:
        self.values = values
        self.shape = shape


def one_by_one(level: Level, name: str, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """function(*args, **kwargs) of each example; arrays among the results are stacked.

    Raises: BatchError if the shapes of the results differ.
    """
    if any(map(callable, (*args, *kwargs.values()))):  # what it closes over would be shared by all examples
        raise BatchError(
            f"{name} inside vmap runs example by example, and cannot with a function among its arguments: what that "
            "closes over would get the sum of all gradients. Write it in NumPy's functions: np.where(condition, x, y)."
        )
    level.loops[name] = level.loops.get(name, 0) + 1
    import logging  # here, and not for everyone who imports autograd

    logging.getLogger("autograd.vmap").debug("%s has no form for a batch: %d calls", name, level.size)
    if not level.size:
        raise BatchError(f"{name} runs example by example inside vmap, and there is none: the batch is empty.")
    shown = _shown((args, kwargs), level)
    found = []
    for i in range(level.size):
        own_args, own_kwargs = example(shown, level, i)
        found.append(function(*own_args, **own_kwargs))
    return _joined(name, found, level)


def as_of_one(
    error: Exception, level: Level, function: Callable[..., Any], args: Any, kwargs: Any = _NOTHING
) -> Exception:
    """What NumPy says of this call on the first example, whose shapes the user knows; else the error on all."""
    if isinstance(error, BatchError):
        return error
    found = error
    if level.size and not isinstance(error, AutogradError):
        first = _copied(example((args, kwargs), level, 0))  # it may write
        try:
            function(*first[0], **first[1])
        except Exception as again:
            found = again if isinstance(again, (ValueError, IndexError)) else error
    shapes = ", ".join([str(x.shape) for x in args if hasattr(x, "shape")])
    note = f"This is inside vmap, of {level.size} examples; one of them has the shapes {shapes}."
    if shapes and note not in getattr(found, "__notes__", ()):
        found.add_note(note)
    return found


def name_of(function: Any) -> str:
    """How messages call a function: np.roots, np.linalg.lstsq."""
    name = getattr(function, "__name__", type(function).__name__)
    for place, module in (("np", np), ("np.linalg", np.linalg), ("np.fft", np.fft)):
        if getattr(module, name, None) is function:
            return f"{place}.{name}"
    return str(name)


class _Shown:
    """A Tensor of a batch with its hidden axis in front, from which examples are taken."""

    __slots__ = ("tensor",)

    def __init__(self, tensor: Any) -> None:
        self.tensor = tensor


def _shown(x: Any, level: Level) -> Any:
    """The same, with each Tensor taken out of the batch, which is recorded.

    One that all examples share, too: while the level lives its cotangents stay apart.
    """
    if is_tensor(x):
        return _Shown(outof(x, level=level, axis=0)) if at(raw(x), level) or x.requires_grad else x
    return _mapped(lambda item: _shown(item, level), x)


def example(x: Any, level: Level, i: int) -> Any:
    """The values of example i, also in lists, tuples and dicts."""
    if at(x, level):
        return x._values[i]
    if type(x) is _Shown:
        return x.tensor[i]
    if type(x) is InOneCall:
        several = x.values if type(x.values) is tuple else (x.values,)
        found = tuple([item[i] if np.ndim(item) else item for item in several])
        return found if type(x.values) is tuple else found[0]
    if isinstance(x, Each) and x.level is level:
        return x.objects[i]
    if isinstance(x, Saved):
        return Saved.of(x, example(x.values, level, i))
    if isinstance(x, SavedOutputs):
        outputs = SavedOutputs(example(item, level, i) for item in x)
        outputs.values = example(x.values, level, i)
        return outputs
    if isinstance(x, Abstract):
        return x.of_an_example(level) if hasattr(x, "of_an_example") else x
    return _mapped(lambda item: example(item, level, i), x)


def _mapped(f: Callable[[Any], Any], x: Any) -> Any:
    """f of what is in a tuple, list or dict; else x."""
    if isinstance(x, tuple) and hasattr(x, "_fields"):
        return type(x)(*[f(item) for item in x])
    if type(x) in (list, tuple):
        return type(x)([f(item) for item in x])
    return {key: f(item) for key, item in x.items()} if type(x) is dict else x


def _copied(x: Any) -> Any:
    return np.copy(x) if hasattr(x, "__array_function__") else _mapped(_copied, x)


def _joined(name: str, found: list[Any], level: Level) -> Any:
    first = found[0]
    if first is None:
        return None
    if isinstance(first, (tuple, list)):
        if len({len(one) for one in found}) > 1:
            raise _uneven(name, [f"{len(one)} results" for one in found])
        parts = [_joined(name, [one[i] for one in found], level) for i in range(len(first))]
        return type(first)(*parts) if hasattr(first, "_fields") else type(first)(parts)
    if not hasattr(first, "dtype") and not isinstance(first, (bool, int, float, complex)):
        return Each(found, level)
    if at(raw(first), level):
        raise BatchError(
            f"{name} inside vmap runs example by example, and uses a batched value that is none of its arguments. Make "
            "it one."
        )
    shapes = [np.shape(one) for one in found]
    if len(set(shapes)) > 1:
        raise _uneven(name, shapes)
    if any(is_tensor(one) for one in found):
        return into(np.stack(found), level=level, axis=0)
    return batched(np.stack(found), level)


def _uneven(name: str, shapes: list[Any]) -> BatchError:
    kinds = ", ".join(map(str, sorted(set(shapes))[:3]))
    return BatchError(
        f"{name} inside vmap gives results whose shape depends on the values: {kinds}. Keep the shape the same for "
        "all examples: np.where(condition, x, 0) in the place of x[condition]."
    )
