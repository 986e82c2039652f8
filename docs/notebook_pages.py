"""Each notebook as a page of HTML that needs no web (make notebooks-html): run, then written by nbconvert.

nbconvert's own page asks the web for MathJax, require.js, mermaid and the manager of widgets. Here MathJax is a file
beside the pages, the same as the site's (docs/ext/offline_math.py); the others are left out: no output of these
notebooks needs them.
"""

from __future__ import annotations

import argparse
import copy
import shutil
import sys
from pathlib import Path
from typing import Any

import nbformat
from jinja2 import DictLoader
from nbconvert import HTMLExporter
from nbconvert.preprocessors import ExecutePreprocessor

from docs.ext.offline_math import bundle

ROOT = Path(__file__).resolve().parent.parent
PAGE = """
{%- extends "lab/index.html.j2" -%}
{%- block html_head_js -%}{%- endblock -%}
{%- block html_head_js_mermaidjs -%}{%- endblock -%}
{%- block html_head_js_mathjax -%}
<script>
  MathJax = {
    tex: {inlineMath: [["$", "$"], ["\\\\(", "\\\\)"]], processEscapes: true, tags: "ams"},
    options: {skipHtmlTags: ["script", "noscript", "style", "textarea", "pre", "code"]},
  };
</script>
<script src="mathjax.js" async></script>
{%- endblock -%}
"""


def page(notebook: Any, title: str) -> str:
    """A notebook with its outputs as HTML, which loads mathjax.js beside it and nothing else."""
    exporter = HTMLExporter(
        template_name="lab", template_file="offline.html.j2", extra_loaders=[DictLoader({"offline.html.j2": PAGE})]
    )
    notebook = copy.deepcopy(notebook)
    notebook.metadata.pop("widgets", None)  # without the manager a widget is shown as its text
    body, _ = exporter.from_notebook_node(notebook, resources={"metadata": {"name": title}})
    return str(body)


def write(notebooks: list[Path], folder: Path, run: bool = True) -> None:
    """The pages of these notebooks, and MathJax, in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(bundle(ROOT / "out" / "docs-cache" / "mathjax"), folder / "mathjax.js")
    for path in notebooks:
        sys.stderr.write(f"{path.name}\n")
        notebook = nbformat.read(path, as_version=4)
        if run:
            ExecutePreprocessor(timeout=300).preprocess(notebook, {"metadata": {"path": str(path.parent)}})
        (folder / f"{path.stem}.html").write_text(page(notebook, path.stem), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("notebooks", nargs="*", type=Path, help="their files (all of the course)")
    parser.add_argument("--folder", type=Path, default=ROOT / "out" / "notebooks", help="where the pages are written")
    parser.add_argument("--no-run", action="store_true", help="with the outputs that the files have")
    given = parser.parse_args()
    write(given.notebooks or sorted((ROOT / "notebooks").glob("*.ipynb")), given.folder, not given.no_run)


if __name__ == "__main__":
    main()
