"""A function that is written for what it compares: whether objects are still those that they were."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import compress
from typing import Any


@lru_cache(maxsize=64)
def code_of(source: str) -> Any:
    """What a source compiles to: traces of one step for other shapes often have the same."""
    return compile(source, "<captured step>", "exec")


class Condition:
    """Writes a function without arguments that is True while everything is what it was, by identity.

    scope   the names of the function: a value that is replaced there is what is compared from then on
    """

    def __init__(self) -> None:
        self.scope: dict[str, Any] = {}
        self._lines: list[str] = []

    def bind(self, x: Any) -> str:
        name = f"c{len(self.scope)}"
        self.scope[name] = x
        return name

    def attribute(self, owners: Sequence[Any], name: str, values: Sequence[Any]) -> None:
        """This attribute of each of them is this value."""
        self._need([f"{self.bind(x)}.{name} is {self.bind(v)}" for x, v in zip(owners, values, strict=True)])

    def none(self, owners: Sequence[Any], name: str, missing: Sequence[bool]) -> None:
        """This attribute is None, or it is not."""
        words = ["is" if m else "is not" for m in missing]
        self._need([f"{self.bind(x)}.{name} {word} None" for x, word in zip(owners, words, strict=True)])

    def item(self, owners: Sequence[Any], key: str, names: Sequence[str]) -> None:
        """What each of these dicts has at this key is the value of that name in the scope."""
        self._need([f"{self.bind(x)}[{key!r}] is {name}" for x, name in zip(owners, names, strict=True)])

    def look(self, look: Callable[[], Iterable[Any]], same: Sequence[bool], values: Sequence[Any]) -> list[str]:
        """What a function lists is these values, where `same` is True; the rest may be anything.

        Returns:  the names of the values in the scope.
        """
        found = [f"x{i}" for i in range(len(same))]
        names = list(map(self.bind, values))
        self._lines.append(f"{''.join(x + ', ' for x in found) or '()'} = {self.bind(look)}()")
        self._need([f"{x} is {v}" for x, v in zip(compress(found, same), names, strict=True)])
        return names

    def _need(self, terms: list[str]) -> None:
        if terms:
            self._lines.append(f"if not ({' and '.join(terms)}): return False")

    def function(self) -> Callable[[], bool]:
        """The function."""
        inside = "".join(f"\n        {line}" for line in [*self._lines, "return True"])
        errors = "\n    except (ValueError, KeyError): return False"  # another length, a key that is gone
        exec(code_of(f"def holds():\n    try:{inside}{errors}\n"), self.scope)
        return self.scope.pop("holds")  # type: ignore[no-any-return]  # its globals: no cycle
