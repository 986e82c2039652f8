"""docs/from_pytorch.md, from_jax.md and from_micrograd.md: tables of "you type" and "here".

Each row is two pieces of Python in the variables of the page's `names`. The tests run both sides, the left one by the
other library where it is installed, and compare the values. Of statements the value is that of the last expression, or
what they assign last.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Row:
    """What one types there, and here.

    Args:  same: whether both sides have one value, which is compared. Where it is random, or an object of the library's
           own, only the right side is run.
    """

    there: str
    here: str
    same: bool = True


@dataclass(frozen=True)
class Page:
    """A page: its title, its first paragraph, the variables that its rows read, the rows by section, and its end."""

    title: str
    intro: str
    library: str
    setup_there: str
    setup_here: str
    sections: dict[str, list[Row]] = field(default_factory=dict)
    end: str = ""

    def rows(self) -> Iterator[Row]:
        """All rows."""
        for rows in self.sections.values():
            yield from rows

    def markdown(self) -> str:
        """The page as text."""
        parts = [f"# {self.title}\n\n{self.intro.strip()}\n", f"\n```python\n{self.setup_here.strip()}\n```\n"]
        for heading, rows in self.sections.items():
            parts.append(f"\n## {heading}\n\n| you type | here |\n|---|---|\n")
            parts += [f"| {code(row.there)} | {code(row.here)} |\n" for row in rows]
        return "".join(parts) + (f"\n{self.end.strip()}\n" if self.end else "")


def code(text: str) -> str:
    """Python in a cell of a table: every line of it in a code span of its own."""
    lines = [line.replace("|", "\\|") for line in text.strip().splitlines()]
    return "<br>".join(f"`{line}`" for line in lines)
