"""How a module is shown: its text here, its picture where that is registered.

`nn.inspect` builds on this package. It registers the picture of a Module here, and its HTML in autograd/display.py, so
that nothing here imports it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import singledispatch
from typing import Any, TypeVar

Item = TypeVar("Item")


@singledispatch
def draw(module: Any, *inputs: Any, **options: Any) -> Any:
    """A picture of a module for these inputs; `nn.inspect.module_picture` registers the one of a Module."""
    raise NotImplementedError(f"no picture of a {type(module).__name__} is registered: import nn first.")


def nested_repr(name: str, extra: str, children: list[tuple[str, str]]) -> str:
    """The repr of a module from its class, its extra_repr, and (name, repr) of its children."""
    if not children and "\n" not in extra:
        return f"{name}({extra})"
    lines = [extra] if extra else []
    lines += _child_lines(children)
    inside = "\n".join(lines).replace("\n", "\n  ")
    return f"{name}(\n  {inside}\n)"


def _child_lines(children: list[tuple[str, str]]) -> Iterator[str]:
    """Lines of a repr; equal children with successive numbers share one: "(0-3): 4 x Linear(…)"."""
    for run in successive_runs(children, lambda child: child[0], lambda a, b: a[1] == b[1]):
        (first, text), last = run[0], run[-1][0].rpartition(".")[2]
        yield f"({first}): {text}" if len(run) == 1 else f"({first}-{last}): {len(run)} x {text}"


def successive_runs(
    items: Sequence[Item], name: Callable[[Item], str], equal: Callable[[Item, Item], bool]
) -> list[list[Item]]:
    """The items in groups: one joins the group before it if it equals its last item and has the next number.

    Args:  name: of an item, such as "3" or "layers.3"; a name that does not end in a number joins no group.
           equal: whether an item (first argument) equals the one after it.
    """
    runs: list[list[Item]] = []
    for item in items:
        stem, _, number = name(item).rpartition(".")
        before = f"{stem}.{int(number) - 1}".lstrip(".") if number.isdecimal() else None
        if runs and name(runs[-1][-1]) == before and equal(runs[-1][-1], item):
            runs[-1].append(item)
        else:
            runs.append([item])
    return runs
