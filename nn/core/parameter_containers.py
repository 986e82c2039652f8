"""ParameterList and ParameterDict: parameters in a list or a dict that is itself a module."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, KeysView, Mapping
from operator import index
from typing import Any, NoReturn, Self

import numpy as np

from autograd import Tensor
from autograd.errors import ArgumentError
from nn.core.module import Module
from nn.core.parameter import Parameter


def _as_item(value: Any) -> Any:
    """What is kept of a value: an array or a Tensor becomes a Parameter, anything else stays what it is."""
    return Parameter(value) if isinstance(value, (Tensor, np.ndarray)) and not isinstance(value, Parameter) else value


def _described(items: Iterable[tuple[Any, Any]]) -> str:
    """The lines of an extra_repr, as in PyTorch."""
    lines = []
    for key, item in items:
        what = f"Object of type: {type(item).__name__}"
        if isinstance(item, Tensor):
            what = f"Parameter containing: [{item.dtype} of size {'x'.join(map(str, item.shape))}]"
        lines.append(f"  ({key}): {what}")
    return "\n".join(lines)


class ParameterList(Module):
    """A list of parameters. In the state dict they are 0, 1, ….

    The parameters in a plain list are found as well; this class has a repr and PyTorch's methods, and makes parameters
    of Tensors and arrays. It may hold other objects, too.

    Args:      values: what it begins with.
    Example:
        >>> import numpy as np, nn
        >>> weights = nn.ParameterList([np.ones((2, 3)), np.zeros(2)])
        >>> weights.append(np.ones(1))
        ParameterList(
            (0): Parameter containing: [float64 of size 2x3]
            (1): Parameter containing: [float64 of size 2]
            (2): Parameter containing: [float64 of size 1]
        )
        >>> weights[-1], len(weights[:2])
        (Parameter([1.], requires_grad=True), 2)
    """

    def __init__(self, values: Iterable[Any] | None = None) -> None:
        self._size = 0
        if values is not None:
            self.extend(values)

    def __getitem__(self, i: int | slice) -> Any:
        if not isinstance(i, slice):
            return vars(self)[self._name(i)]
        return type(self)([self[k] for k in range(*i.indices(len(self)))])

    def __setitem__(self, i: int, value: Any) -> None:
        setattr(self, self._name(i), _as_item(value))

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    def __iadd__(self, values: Iterable[Any]) -> Self:
        return self.extend(values)

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if not name.isdigit()]

    def append(self, value: Any) -> Self:
        """Add a value at the end; returns self."""
        return self.extend([value])

    def extend(self, values: Iterable[Any]) -> Self:
        """Add values at the end; returns self."""
        if not isinstance(values, Iterable) or isinstance(values, (Tensor, np.ndarray, str, Mapping)):
            raise ArgumentError(f"ParameterList is extended by a list; got a {type(values).__name__}. Write [it].")
        items = [_as_item(value) for value in values]
        vars(self).update((str(i), item) for i, item in enumerate(items, self._size))
        self._size += len(items)
        return self

    def _name(self, i: int) -> str:
        if not -len(self) <= index(i) < len(self):
            raise IndexError(f"index {i} is out of range for a {type(self).__name__} of {len(self)} values.")
        return str(index(i) % len(self))

    def extra_repr(self) -> str:
        return _described(enumerate(self))

    def forward(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise NotImplementedError("a ParameterList is not called: use its parameters in the forward of its module.")


class ParameterDict(Module):
    """A dict of parameters. In the state dict they have their keys.

    The parameters in a plain dict are found as well; this class has a repr and PyTorch's methods, and makes parameters
    of Tensors and arrays. It may hold other objects, too.

    Args:      parameters: a dict of name -> value, or pairs. A name has no dot and is not that of a method of this
               class. As in PyTorch a plain dict is sorted by its names; an OrderedDict and pairs keep their order.
    Example:
        >>> import numpy as np, nn
        >>> weights = nn.ParameterDict({"left": np.ones((2, 3)), "right": np.zeros(2)})
        >>> weights
        ParameterDict(
            (left): Parameter containing: [float64 of size 2x3]
            (right): Parameter containing: [float64 of size 2]
        )
        >>> weights["right"], "middle" in weights, list(weights.state_dict())
        (Parameter([0., 0.], requires_grad=True), False, ['left', 'right'])
    """

    def __init__(self, parameters: Any = None) -> None:
        self._keys: tuple[str, ...] = ()  # replaced, never changed: a shallow copy has the same object
        if parameters is not None:
            self.update(parameters)

    def __getitem__(self, key: str) -> Any:
        if key not in self:
            raise KeyError(f"{key!r}: this ParameterDict has {', '.join(map(repr, self)) or 'no values'}")
        return vars(self)[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.update([(key, value)])

    def __delitem__(self, key: str) -> None:
        self[key]  # raises if it is not there
        self._keys = tuple([name for name in self._keys if name != key])
        del vars(self)[key]

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __reversed__(self) -> Iterator[str]:
        return reversed(self._keys)

    def __contains__(self, key: object) -> bool:
        return key in self._keys

    def __or__(self, other: Any) -> ParameterDict:
        if not isinstance(other, (Mapping, ParameterDict)):
            return NotImplemented
        merged = self.copy()
        merged.update(other)
        return merged

    def __ror__(self, other: Any) -> ParameterDict:
        if not isinstance(other, Mapping):
            return NotImplemented
        return ParameterDict(other) | self

    def __ior__(self, other: Any) -> Self:
        self.update(other)
        return self

    def keys(self) -> KeysView[str]:
        """The names."""
        return dict.fromkeys(self._keys).keys()

    def values(self) -> Iterator[Any]:
        """The values."""
        return (self[key] for key in self._keys)

    def items(self) -> Iterator[tuple[str, Any]]:
        """Pairs of name and value."""
        return ((key, self[key]) for key in self._keys)

    def get(self, key: str, default: Any = None) -> Any:
        """The value under a name, or the default if there is none."""
        return self[key] if key in self else default  # noqa: SIM401  this is that method

    def setdefault(self, key: str, default: Any = None) -> Any:
        """The value under a name; if there is none, the default is put there first."""
        if key not in self:
            self[key] = default
        return self[key]

    def update(self, parameters: Any) -> None:
        """Set several, from a dict, another ParameterDict, or pairs; the value under an existing name is replaced."""
        for key, value in self._pairs(parameters):
            setattr(self, key, value)
            if key not in self._keys:
                self._keys = (*self._keys, key)

    def _pairs(self, parameters: Any) -> list[tuple[str, Any]]:
        """The pairs of a dict or of an iterable, each of which can be set."""
        if not isinstance(parameters, Iterable):
            raise ArgumentError(f"ParameterDict takes a dict of name -> value, or pairs; got {parameters!r}.")
        if isinstance(parameters, (Mapping, ParameterDict)):
            for key in parameters:
                self._check_key(key)
            ordered = isinstance(parameters, (OrderedDict, ParameterDict))
            return [
                (key, self._checked(key, parameters[key])) for key in (parameters if ordered else sorted(parameters))
            ]
        pairs = []
        for i, pair in enumerate(parameters):
            if not isinstance(pair, (tuple, list)) or len(pair) != 2:
                raise ArgumentError(f"ParameterDict takes pairs (name, value); got {pair!r:.60} as element {i}.")
            self._check_key(pair[0])
            pairs.append((pair[0], self._checked(*pair)))
        return pairs

    def _check_key(self, key: Any) -> None:
        if not isinstance(key, str) or not key or "." in key or (hasattr(self, key) and key not in self._keys):
            raise ArgumentError(
                f"{key!r} cannot name a value of a ParameterDict: it is no string, is empty, has a dot, or is taken."
            )

    def _checked(self, key: str, value: Any) -> Any:
        """The value as it is kept."""
        item = _as_item(value)
        if isinstance(vars(self).get(key), Parameter) and item is not None and not isinstance(item, Parameter):
            raise ArgumentError(
                f"{key} of this ParameterDict is a Parameter; got a {type(value).__name__} for it. Delete it first."
            )
        return item

    def pop(self, key: str) -> Any:
        """Remove a value and return it."""
        value = self[key]
        del self[key]
        return value

    def popitem(self) -> tuple[str, Any]:
        """Remove the last value; returns its name and itself."""
        if not self._keys:
            raise KeyError("popitem(): this ParameterDict is empty")
        return self._keys[-1], self.pop(self._keys[-1])

    def clear(self) -> None:
        """Remove all values."""
        for key in self._keys:
            del self[key]

    def copy(self) -> ParameterDict:
        """A new ParameterDict of the same values."""
        return ParameterDict(list(self.items()))

    @classmethod
    def fromkeys(cls, keys: Iterable[str], default: Any = None) -> ParameterDict:
        """A new ParameterDict with the default under each of the names."""
        return cls([(key, default) for key in keys])

    def extra_repr(self) -> str:
        return _described(self.items())

    def forward(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise NotImplementedError("a ParameterDict is not called: use its parameters in the forward of its module.")
