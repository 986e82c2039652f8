"""Parameter and Buffer: the Tensors that belong to a Module, those that are learned and those that are not."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import Tensor
from autograd.engine.kinds import copied, is_foreign, note
from autograd.engine.loans import Lent
from autograd.engine.recording import raw
from autograd.errors import DTypeError
from autograd.options import check_flag


def _own_array(data: Any, dtype: Any) -> Any:
    """A copy of the data as an array, of the kind that it is."""
    data = note(raw(data))
    if is_foreign(data):
        return copied(data) if dtype is None or data.dtype == dtype else data.astype(dtype)
    return np.array(data, dtype=dtype)


class Owned(Tensor):
    """A Tensor of a Module, which holds another's value while `functional_call` runs."""

    __slots__ = ()

    def _mark_written(self) -> None:
        before = self.written
        super()._mark_written()
        if type(before) is Lent:
            self.written = Lent.at(self.written, before.loan)


class Parameter(Owned):
    """A leaf Tensor that requires grad, has an array of its own, and is found by `Module.parameters()`.

    Args:  data: the first values; copied, because an optimizer writes to them in place.
           requires_grad: False freezes it.
           name: its name in errors and pictures; `Module.named_parameters` completes it to the path, "0.weight".
    Example:
        >>> import nn
        >>> nn.Parameter([1.0, 2.0], name="scale")
        Parameter([1., 2.], requires_grad=True)
    """

    __slots__ = ("name",)

    name: str

    def __init__(self, data: Any, requires_grad: bool = True, dtype: Any = None, *, name: str = "") -> None:
        super().__init__(_own_array(data, dtype), requires_grad)
        self.name = name

    def __repr__(self) -> str:
        return "Parameter" + super().__repr__().removeprefix("Tensor").replace("\n", "\n   ")

    def __deepcopy__(self, memo: dict[int, Any]) -> Parameter:
        twin: Parameter = super().__deepcopy__(memo)  # type: ignore[assignment]
        twin.name = self.name
        return twin

    def __reduce__(self) -> Any:
        make, args, state = super().__reduce__()
        return make, args, (*state, self.name)

    def __setstate__(self, state: Any) -> None:
        super().__setstate__(state[:3])
        self.name = state[3] if len(state) > 3 else ""


def blank(shape: int | tuple[int, ...], dtype: Any, name: str) -> Parameter:
    """A parameter of a layer whose first values are not set yet."""
    return Parameter(np.empty(shape, floating_dtype(dtype)), name=name)


def floating_dtype(dtype: Any) -> Any:
    """The dtype in which a layer is to compute: float32 for None, as in PyTorch; a DTypeError if it is none."""
    dtype = np.dtype(np.float32 if dtype is None else dtype)
    if dtype.kind not in "fc":
        raise DTypeError(f"a layer computes in a floating or complex dtype, such as np.float32; got dtype={dtype}.")
    return dtype


class Buffer(Owned):
    """A Tensor that belongs to a Module's state and is not learned: running statistics, masks, tables.

    Args:  data: the first values; copied, because the module writes to them in place.
           persistent: whether it is part of the state_dict.
    Example:
        >>> import nn
        >>> nn.Buffer([0.0, 0.0])
        Buffer([0., 0.])
    """

    __slots__ = ("persistent",)

    persistent: bool

    def __init__(self, data: Any, persistent: bool = True, dtype: Any = None) -> None:
        check_flag("persistent", persistent)
        super().__init__(_own_array(data, dtype))
        self.persistent = persistent

    def __repr__(self) -> str:
        return "Buffer" + super().__repr__().removeprefix("Tensor")

    def __deepcopy__(self, memo: dict[int, Any]) -> Buffer:
        twin: Buffer = super().__deepcopy__(memo)  # type: ignore[assignment]
        twin.persistent = self.persistent
        return twin

    def __reduce__(self) -> Any:
        make, args, state = super().__reduce__()
        return make, args, (*state, self.persistent)

    def __setstate__(self, state: Any) -> None:
        super().__setstate__(state[:3])
        self.persistent = state[3] if len(state) > 3 else True
