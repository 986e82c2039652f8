"""Write docs/modules.md from the docstrings: python -m docs.generate

tests/test_docs.py fails when the page is not what this would write.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "modules.md"
SECTION = re.compile(r"^[A-Z][a-z]+:(\s|$)")  # "Shape:     x (N, C) -> …"

HEAD = """\
# Layers, activations, losses, initialisations

Everything that `nn`, `nn.functional` and `nn.init` export: what it is, its formula, where it comes from. Shapes, options, the
gradient at kinks and an example stand in the docstrings: `help(nn.Conv2d)`. Names, arguments and defaults are PyTorch's where PyTorch has
the thing. This page is generated: change the docstring and run `python -m docs.generate`.
"""


def page() -> str:
    """The whole page."""
    sys.path.insert(0, str(ROOT))
    import nn

    parts = [HEAD]
    for package, title in ((nn, "`nn`"), (nn.functional, "`nn.functional`"), (nn.init, "`nn.init`")):
        parts.append(f"\n## {title}\n")
        for module, names in by_file(package):
            heading = summary(module).split(". ")[0].rstrip(".")
            path = f"{module.__name__.replace('.', '/')}.py"
            table = [f"\n### {heading} ([{path}](../{path}))\n", "| name | what it is | formula | source |", "|---|---|---|---|"]
            table += [f"| {' | '.join(row(name, getattr(package, name)))} |" for name in names]
            parts.append("\n".join(table) + "\n")
    return "".join(parts)


def by_file(package: ModuleType) -> Iterator[tuple[ModuleType, list[str]]]:
    """(the file, its names that the package exports), in the order in which the package lists them."""
    found: dict[str, list[str]] = {}
    for name in package.__all__:
        thing = getattr(package, name)
        if inspect.isclass(thing) or inspect.isfunction(thing):
            found.setdefault(thing.__module__, []).append(name)
    for file, names in found.items():
        yield sys.modules[file], names


def row(name: str, thing: Any) -> tuple[str, str, str, str]:
    """The cells of one line of the table."""
    formula = "<br>".join(f"`{cell(line)}`" for line in formulas(thing))
    return f"`{name}`", cell(summary(thing)), formula, cell(source(thing))


def summary(thing: Any) -> str:
    """The first sentence."""
    return " ".join(paragraphs(thing)[0])


def formulas(thing: Any) -> list[str]:
    """The indented lines between the summary and the first "Shape:", "Args:" …, each as one formula."""
    return [re.sub(r"\s{2,}", "  ", line.strip()) for part in paragraphs(thing)[1:] for line in part if line.startswith("    ")]


def source(thing: Any) -> str:
    """What stands behind "Source:"."""
    lines = (inspect.getdoc(thing) or "").splitlines()
    start = next((i for i, line in enumerate(lines) if line.startswith("Source:")), None)
    if start is None:
        return ""
    end = next((i for i in range(start + 1, len(lines)) if not lines[i].startswith(" ")), len(lines))
    return " ".join(line.removeprefix("Source:").strip() for line in lines[start:end])


def paragraphs(thing: Any) -> list[list[str]]:
    """The paragraphs before the first "Shape:", "Args:" …"""
    found: list[list[str]] = [[]]
    for i, line in enumerate((inspect.getdoc(thing) or "").splitlines()):
        if i and SECTION.match(line):
            break
        if line.strip():
            found[-1].append(line)
        elif found[-1]:
            found.append([])
    return found


def cell(text: str) -> str:
    """Text that may stand in a table."""
    return text.replace("|", r"\|")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
