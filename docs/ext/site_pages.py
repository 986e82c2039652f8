"""Makes a site of the repository's pages: the table of contents, links to source files, solutions that are closed."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import nbformat
from docutils import nodes
from sphinx import addnodes

from docs.generate import course

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("autograd", "nn", "optim")
GUIDES = [
    "training", "parallel", "capture", "export", "sampling", "functional", "in_place", "complex", "numpy", "scipy",
    "arrays", "modules", "plots", "steps", "gallery", "minimal_effort", "from_pytorch", "from_jax",
    "from_hips_autograd", "from_micrograd", "conventions",
]  # fmt: skip


def contents() -> str:
    """The table of contents. README.md does not contain it, because GitHub would show Sphinx's directives as text."""
    parts = {
        "The course": [f"{path.stem[:2]} {title} <notebooks/{path.stem}>" for path, title, _, _ in course()],
        "Rows of the course": ["docs/course"],
        "Guides": [f"docs/{name}" for name in GUIDES],
        "Reference": ["docs/api/index", "CHANGELOG"],
        "Behind it": ["docs/design/README", "benchmarks/README", "benchmarks/growth", "CONTRIBUTING"],
    }
    return "".join(
        "\n\n```{toctree}\n:hidden:\n:maxdepth: 2\n:caption: " + caption + "\n\n" + "\n".join(names) + "\n```\n"
        for caption, names in parts.items()
    )


def read(app: Any, document: str, source: list[str]) -> None:
    """Sphinx's hook on the text of a page."""
    if document == "README":
        source[0] += contents()
    if document == "docs/design/README":
        names = sorted(path.stem for path in (ROOT / "docs" / "design").glob("*.md") if path.stem != "README")
        source[0] += "\n\n```{toctree}\n:hidden:\n\n" + "\n".join(names) + "\n```\n"


def read_notebook(text: str) -> nbformat.NotebookNode:
    """Read a notebook and close its solutions in Markdown, so that a click opens them. myst-nb closes only code."""
    notebook = nbformat.reads(text, as_version=4)
    for cell in notebook.cells:
        if "solution" not in cell.metadata.get("tags", []):
            continue
        if cell.cell_type == "markdown":
            text = cell.source.removeprefix("**Solution.**")
            cell.source = f'<details class="hide solution">\n<summary>Solution</summary>\n\n{text}\n\n</details>'
        else:
            cell.metadata["mystnb"] = {"code_prompt_show": "Solution", "code_prompt_hide": "Solution"}
    return notebook


def finish(app: Any, error: Exception | None) -> None:
    """Make README the first page. After a warning, let the next build read everything again, so that it warns again."""
    out = Path(app.outdir)
    if error is None and app.builder.name == "html":
        shutil.copyfile(out / "README.html", out / "index.html")
    if error is not None or app._warncount:
        (Path(app.doctreedir) / "environment.pickle").unlink(missing_ok=True)


def link_sources(app: Any, doctree: nodes.document) -> None:
    """Let a link to a file of the packages lead to the page that shows it, not to a download."""
    for node in list(doctree.findall(addnodes.download_reference)):
        path = (ROOT / Path(app.env.docname).parent / node["reftarget"]).resolve().relative_to(ROOT)
        if path.parts[0] in PACKAGES and path.suffix == ".py":
            up = "../" * app.env.docname.count("/")
            node.replace_self(
                nodes.reference(
                    "", "", *node.children, internal=True, refuri=f"{up}_modules/{path.with_suffix('.html')}"
                )
            )


def setup(app: Any) -> dict[str, Any]:
    app.connect("source-read", read)
    app.connect("doctree-read", link_sources, priority=400)  # before downloads are collected
    app.connect("build-finished", finish)
    return {"parallel_read_safe": True}
