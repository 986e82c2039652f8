"""Converts the package's docstrings, which have sections of their own, to reStructuredText for Sphinx.

Indented text is a formula and becomes a literal block. Sections such as `Args:` and `Shape:` become a list with their
names in front. Everything else is text, in which only `code` in backticks is markup.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

SECTIONS = (
    "Args", "Call", "Masks", "Shape", "State", "Returns", "Gradient", "Numerics", "Randomness", "Raises",
    "Source", "Note", "Example",
)  # fmt: skip
START = re.compile(rf"^({'|'.join(SECTIONS)}):(?:\s+|$)")
ENTRY = re.compile(r"^((?:\*{0,2}\w+)(?:, (?:\*{0,2}\w+))*): (.*)")
COLUMNS = re.compile(r"^((?:\w+(?:\(\))?)(?:, \w+)*) {3,}(\S.*)")  # "param_groups    dicts: …"
BACKTICKS = re.compile(r"(``[^`]+``|`[^`\n]+`)")
NAME = re.compile(r"^[A-Za-z_][\w.]*(\(\))?$")


def convert(lines: list[str], parameters: frozenset[str] = frozenset()) -> list[str]:
    """The lines of a docstring as reStructuredText."""
    head, sections = split(lines)
    out = list(body(head))
    if sections:
        out += [".. rst-class:: sections", ""]
    for name, text in sections:
        content = arguments(text, parameters) if name in ("Args", "Masks") else body(text)
        out += [name, *(f"    {line}".rstrip() for line in content), ""]
    return out


def split(lines: list[str]) -> tuple[list[str], list[tuple[str, list[str]]]]:
    """The text before the first section, and the sections with their text moved to the left margin.

    Text at the margin after a section belongs to no section and is added to the head.
    """
    head: list[str] = []
    sections: list[tuple[str, list[str]]] = []
    current = head
    for line in lines:
        if start := START.match(line):
            current = [line[start.end() :]]
            sections.append((start[1], current))
        else:
            if line and not line.startswith(" "):
                current = head
            current.append(line)
    return head, [(name, inspect.cleandoc("\n".join(text)).splitlines()) for name, text in sections]


def arguments(lines: list[str], parameters: frozenset[str]) -> Iterator[str]:
    """Entries "name: text", whose further lines begin at the same margin, as a definition list."""
    before: list[str] = []
    entries: list[tuple[str, list[str]]] = []
    for line in lines:
        found = ENTRY.match(line)
        if found and parameters & set(re.findall(r"\w+", found[1])):
            entries.append((found[1], [found[2]]))
        else:
            (entries[-1][1] if entries else before).append(line)
    yield from body(before)
    for names, text in entries:
        yield ", ".join(f"``{name}``" for name in names.split(", "))
        yield from (f"    {line}".rstrip() for line in body([line.strip() for line in text]))
        yield ""


def body(lines: list[str]) -> Iterator[str]:
    """Paragraphs, lists, formulas and examples."""
    block: list[str] = []
    for line in [*lines, ""]:
        if line.strip() and (not block or continues(block, line)):
            block.append(line)
            continue
        if block:
            yield from as_rst(block)
        block = [line] if line.strip() else []


def kind(line: str) -> str:
    """What a line belongs to: an example, a formula, a list, a table of names with explanations, or a paragraph."""
    if line.lstrip().startswith(">>>"):
        return "example"
    if line.startswith("    "):
        return "formula"
    if COLUMNS.match(line):
        return "columns"
    return "item" if re.match(r"\s*[-*] ", line) else "text"


def continues(block: list[str], line: str) -> bool:
    first = kind(block[0])
    return first in ("example", "item", "columns") or kind(line) == first


def as_rst(block: list[str]) -> Iterator[str]:
    """One block as reStructuredText, followed by a blank line."""
    first = kind(block[0])
    if first == "formula":
        width = min(len(line) - len(line.lstrip()) for line in block)
        yield from (".. code-block:: text", "    :class: formula", "", *(f"    {line[width:]}" for line in block))
    elif first == "example":
        width = len(block[0]) - len(block[0].lstrip())
        yield from (re.sub(r"\s*# fmt: skip$", "", line[width:]) for line in block)
    elif first == "columns":
        for line in block:
            if found := COLUMNS.match(line):
                yield ", ".join(f"``{name}``" for name in found[1].split(", "))
            yield f"    {escape((found[2] if found else line).strip())}"
    elif first == "item":
        yield from (re.sub(r"^(\s*(?:[-*] )?)(.*)", lambda m: m[1] + escape(m[2]), line) for line in block)
    else:
        yield from (escape(line.strip()) for line in block)
    yield ""


def escape(text: str) -> str:
    """The text with everything escaped that would be markup, except backticks."""
    return "".join(
        code(part) if i % 2 else re.sub(r"([\\*|_`])", r"\\\1", part) for i, part in enumerate(BACKTICKS.split(text))
    )


def code(part: str) -> str:
    """`Name` as a link, which Sphinx resolves if something has that name; other `code` as code."""
    inner = part.strip("`")
    # a backtick next to text is not markup in reStructuredText; an escaped blank separates them and is not shown
    if inner.startswith("F."):
        return f"\\ :py:obj:`{inner} <nn.functional.{inner[2:]}>`\\ "
    return f"\\ :py:obj:`{inner}`\\ " if NAME.match(inner) else f"\\ ``{inner.strip()}``\\ "


def parameters_of(thing: Any) -> frozenset[str]:
    """The names of the parameters of a function, or of a class and its forward."""
    names: set[str] = set()
    for function in (thing, getattr(thing, "forward", None)):
        try:
            names |= set(inspect.signature(function).parameters)
        except (TypeError, ValueError):
            continue
    return frozenset(names)


def process(app: Any, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Sphinx's hook: change the lines in place."""
    lines[:] = convert(lines, parameters_of(thing))


def setup(app: Any) -> dict[str, Any]:
    app.connect("autodoc-process-docstring", process)
    return {"parallel_read_safe": True}
