"""Numbers that a step changes by itself, such as a counter: a replay does not. Where the step also asks for one, as in
`self.step += 1; if self.step % 4 == 0`, a replay would take the same way for ever: that is refused."""

from __future__ import annotations

import functools
import types
from collections import Counter
from collections.abc import Iterator
from typing import Any

from autograd.capture.reach import Reach, held_by
from autograd.errors import CaptureError

_NUMBERS = (int, float, str)  # bool is an int
_ELEMENT = "an element of a list or dict"


class Counters:
    """The numbers and texts that a step's functions name, as they were before it."""

    def __init__(self, reach: Reach) -> None:
        self._functions = [f for f in reach.functions if f.__name__[:2] != "__" or f.__name__ == "__call__"]
        attributes = {id(getattr(x, "__dict__", None)) for x in reach.objects}
        self._dicts = [(d, id(d) in attributes, _numbers(d)) for d in reach.dicts]
        self._lists = [(x, list(x)) for x in reach.lists]
        self._cells = [(f, _cells(f)) for f in self._functions if f.__closure__]

    def check(self) -> None:
        """After the step.

        Raises:    CaptureError for a number that was changed and is read elsewhere in the code.
        """
        for name in self._changed():
            for uses in [_uses(f.__code__) for f in self._functions] if self._functions else ():
                read, written = uses["read", name], uses["written", name]
                if read > written and (written or name != _ELEMENT):
                    raise CaptureError(
                        f"the step changes {name if name == _ELEMENT else repr(name)}, a number that it also reads; a "
                        "replay would do neither, and go on as at the recording. Keep it outside of the step, and pass "
                        "it as an argument."
                    )

    def _changed(self) -> Iterator[str]:
        for d, of_object, before in self._dicts:
            now = _numbers(d)
            yield from [name if of_object else _ELEMENT for name in before if now.get(name) != before[name]]
        for x, elements in self._lists:
            pairs = zip(elements, x, strict=True) if len(x) == len(elements) else ()
            if any([isinstance(a, _NUMBERS) and a is not b and a != b for a, b in pairs]):
                yield _ELEMENT
        for f, before in self._cells:
            now = _cells(f)
            yield from [name for name in before if now.get(name) != before[name]]


def _numbers(d: dict[Any, Any]) -> dict[Any, Any]:
    return {name: value for name, value in d.items() if isinstance(value, _NUMBERS)}


def _cells(f: types.FunctionType) -> dict[str, Any]:
    return _numbers(dict(zip(f.__code__.co_freevars, map(held_by, f.__closure__ or ()), strict=True)))


@functools.lru_cache(maxsize=1024)
def _uses(code: types.CodeType) -> Counter[tuple[str, str]]:
    """How often a function and those inside of it read and write each name, and elements."""
    import dis  # here, and not for everyone who imports autograd

    found: Counter[tuple[str, str]] = Counter()
    for x in dis.get_instructions(code):
        if x.opname == "BINARY_SUBSCR" or (x.opname == "BINARY_OP" and x.argrepr == "[]"):
            found["read", _ELEMENT] += 1
        elif x.opname == "STORE_SUBSCR":
            found["written", _ELEMENT] += 1
        elif x.opname.startswith(("LOAD_", "STORE_")) and isinstance(x.argval, str):
            found["read" if x.opname[0] == "L" else "written", x.argval] += 1
    for c in code.co_consts:
        if isinstance(c, types.CodeType):
            found += _uses(c)
    return found
