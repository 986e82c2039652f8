"""Every link between files of the repository leads to an existing file, and to an existing heading in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests import ROOT

PAGES = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("benchmarks/*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("notebooks/*.ipynb")]
)
LINK = re.compile(r"\[(?:[^\[\]]|\[[^\]]*\])*\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)")


@cache
def text(path: Path) -> str:
    """The Markdown of a page, or of a notebook's cells, without its code."""
    source = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        cells = (cell for cell in json.loads(source)["cells"] if cell["cell_type"] == "markdown")
        source = "\n\n".join("".join(cell["source"]) for cell in cells)
    return without_code(source)


def without_code(source: str) -> str:
    return re.sub(r"^(```+|~~~+).*?^\1\s*$", "", source, flags=re.MULTILINE | re.DOTALL)


@cache
def anchors(path: Path) -> frozenset[str]:
    """The anchors that GitHub gives the headings of a page; a repeated heading gets -1, -2, … at its end."""
    found: dict[str, int] = {}
    names = set()
    for heading in re.findall(r"^#{1,6}\s+(.*?)\s*#*$", text(path), flags=re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        name = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        names.add(f"{name}-{found[name]}" if name in found else name)
        found[name] = found.get(name, 0) + 1
    return frozenset(names)


def links(source: str) -> Iterator[str]:
    """The targets of the links and pictures of a text, except web addresses."""
    outside_code = re.sub(r"(`+)[^`].*?\1(?!`)", "", without_code(source))
    targets = [*LINK.findall(outside_code), *re.findall(r"<(?:a|img)\s[^>]*?(?:href|src)=\"([^\"]+)\"", outside_code)]
    targets += re.findall(r"^\[[^\]]+\]:\s+(\S+)", outside_code, flags=re.MULTILINE)
    yield from (target for target in targets if not re.match(r"[a-z][a-z+.-]*:", target))


def broken(page: Path, source: str) -> list[str]:
    """The links of a page whose target does not exist."""
    wrong = []
    for target in links(source):
        name, _, anchor = target.partition("#")
        path = (page.parent / name).resolve() if name else page
        if not path.is_relative_to(ROOT) or not path.exists():
            wrong.append(f"{target}: no such file")
        elif path.is_dir():
            wrong.append(f"{target}: a folder, which the site cannot show; link to a page in it")
        elif anchor and (path.suffix not in {".md", ".ipynb"} or anchor not in anchors(path)):
            wrong.append(f"{target}: no such heading")
    return wrong


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    assert broken(page, text(page)) == []


def test_there_are_links() -> None:
    assert len(PAGES) > 20
    assert sum(len(list(links(text(page)))) for page in PAGES) > 150


@pytest.mark.parametrize(
    ("source", "wrong"),
    [
        ("[a](docs/nowhere.md)", ["docs/nowhere.md: no such file"]),
        ("![a](docs/gallery/nothing.png)", ["docs/gallery/nothing.png: no such file"]),
        ("[a](README.md#install) [b](#the-course)", []),
        ("[a](README.md#nothing)", ["README.md#nothing: no such heading"]),
        ("[a](#nothing)", ["#nothing: no such heading"]),
        ("[a](../outside.md)", ["../outside.md: no such file"]),
        ("[a](docs/design/)", ["docs/design/: a folder, which the site cannot show; link to a page in it"]),
        ("[x]: nowhere.md", ["nowhere.md: no such file"]),
        ('<img src="nothing.png">', ["nothing.png: no such file"]),
        ("[a [b]](nowhere.md) and [c](https://example.com/x)", ["nowhere.md: no such file"]),
        ("`f[0](x)` and ``[a](b)``\n\n```python\nf[0](x)\n```\n", []),
        ("![a `b`](README.md)", []),
    ],
)
def test_what_is_broken_is_found(source: str, wrong: list[str]) -> None:
    assert broken(ROOT / "README.md", source) == wrong
