"""The pages that nbconvert makes of notebooks load nothing from the web."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import autograd
from autograd import Tensor

pytest.importorskip("nbconvert", reason="nbconvert is not installed (the extra notebooks)")
pytest.importorskip("sphinx.errors", reason="Sphinx is not installed (the extra docs)")
pytestmark = [
    pytest.mark.filterwarnings("ignore:IPython3 lexer unavailable"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]
VIEW = {"model_id": "bar", "version_major": 2, "version_minor": 0}
WIDGETS = {"state": {"bar": {}}, "version_major": 2, "version_minor": 0}


class Loads(HTMLParser):
    """What a browser would load from the web for a page: sources, styles, fonts, modules."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.files: list[str] = []
        self.inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: Any) -> None:
        self.inside = tag
        given = dict(attributes)
        self.files += [given[name] for name in ("src", "data", "srcset", "poster") if given.get(name)]
        self.files += [given["href"]] if tag in ("link", "image", "use") and given.get("href") else []
        self.files += re.findall(r"url\([\"']?([^\"')]+)", given.get("style") or "")
        if given.get("srcdoc"):
            self.files += Loads(given["srcdoc"]).files

    def handle_data(self, data: str) -> None:
        if self.inside == "style":
            self.files += re.findall(r"url\(\s*[\"']?([^\"')]+)", data)
            self.files += re.findall(r"@import\s+[\"']([^\"']+)", data)
        elif self.inside == "script":
            self.files += re.findall(r"(?:import|fetch|importScripts)\s*\(?\s*[\"']([^\"']+)", data)
            self.files += re.findall(r"(?:from|url\w*\s*[:=])\s*[\"']([^\"']+)", data, re.IGNORECASE)

    def from_the_web(self) -> list[str]:
        return [name for name in self.files if re.match(r"(https?:)?//", name)]


def notebook() -> Any:
    """A notebook with formulas, code, a picture, a page of steps, mermaid and widgets."""
    v4 = pytest.importorskip("nbformat").v4
    y = Tensor([1.0, 2.0], requires_grad=True).sum()
    outputs = [
        v4.new_output("display_data", data={"text/html": autograd.display.html(y), "text/latex": "$$x^2$$"}),
        v4.new_output("display_data", data={"text/vnd.mermaid": "graph LR", "text/plain": "graph LR"}),
        v4.new_output("display_data", data={"application/vnd.jupyter.widget-view+json": VIEW, "text/plain": "100 %"}),
    ]
    cells = [
        v4.new_markdown_cell("# A title\n\n$\\frac{\\partial J}{\\partial w}$, $$\\int f$$\n\n```mermaid\ngraph\n```"),
        v4.new_code_cell("1 + 1", outputs=outputs),
    ]
    return v4.new_notebook(cells=cells, metadata={"widgets": {"application/vnd.jupyter.widget-state+json": WIDGETS}})


def test_a_page_loads_its_own_files_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from docs import notebook_pages

    nbformat = pytest.importorskip("nbformat")
    (tmp_path / "mine.js").write_text("MathJax")
    monkeypatch.setenv("MATHJAX", str(tmp_path / "mine.js"))
    nbformat.write(notebook(), tmp_path / "one.ipynb")
    notebook_pages.write([tmp_path / "one.ipynb"], tmp_path / "pages", run=False)
    text = (tmp_path / "pages" / "one.html").read_text(encoding="utf-8")
    loads = Loads(text)
    assert loads.from_the_web() == []
    assert "mathjax.js" in loads.files
    assert (tmp_path / "pages" / "mathjax.js").read_text() == "MathJax"
    assert r"\frac{\partial J}{\partial w}" in text
    assert "100 %" in text  # instead of the widget
    assert r'["\\(", "\\)"]' in text


def test_nbconverts_own_page_would_ask_the_web() -> None:
    """So that what the test above looks for is what is there to be found."""
    exporters = pytest.importorskip("nbconvert.exporters")
    text, _ = exporters.HTMLExporter(template_name="lab").from_notebook_node(notebook())
    found = " ".join(Loads(text).from_the_web())
    assert all(word in found for word in ("mathjax", "require", "mermaid"))
