"""Python's own containers under HIPS autograd's names: a function gets them here as they are."""

from __future__ import annotations

import builtins as _python
from typing import Any

from autograd.tracer import getval

__all__ = ["DictBox", "SequenceBox", "dict", "isinstance", "list", "tuple", "type"]

tuple, list, dict = _python.tuple, _python.list, _python.dict
DictBox = _python.dict
SequenceBox = (_python.list, _python.tuple)  # for isinstance


def isinstance(x: Any, kinds: Any) -> bool:
    """Whether the value, of a Tensor the array in it or the Tensor itself, is of a kind."""
    return _python.isinstance(x, kinds) or _python.isinstance(getval(x), kinds)


def type(x: Any) -> Any:
    """The type of the value, of a Tensor that of the array in it."""
    return _python.type(getval(x))
