"""The Python of each page of docs/ runs as a reader would copy it: its blocks, one after the other, as one script."""

from __future__ import annotations

import doctest
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests import ROOT

FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
TEXT = {path.stem: path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").glob("*.md"))}
BLOCKS = {name: [code for language, code in FENCE.findall(text) if language == "python"] for name, text in TEXT.items()}
PAGES = [name for name, blocks in BLOCKS.items() if blocks]
Names = dict[str, Any]


def training(names: Names, folder: Path, printed: str) -> None:
    assert names["history"].best["validation_accuracy"] > 0.95
    assert names["search"].best_score_ > 0.85
    assert (folder / "curves.png").stat().st_size > 5000


def functional(names: Names, folder: Path, printed: str) -> None:
    lines = "\n".join(BLOCKS["functional"]).splitlines()
    promised = [line.split("#") for line in lines if re.search(r"# 1[.\d]*$", line)]
    assert promised
    for call, value in promised:
        assert eval(call.strip(), names) == float(value)
    np.testing.assert_allclose(names["grad"](names["f"])(np.array([0.5, 1.0])), [0.9182, 1.3818], atol=1e-4)
    assert all(p.grad is not None for p in names["net"].parameters())


def parallel(names: Names, folder: Path, printed: str) -> None:
    assert printed.startswith("1 ranks: 0.")


def steps(names: Names, folder: Path, printed: str) -> None:
    assert sorted(path.name for path in folder.iterdir()) == ["net.html", "steps.html"]


def minimal_effort(names: Names, folder: Path, printed: str) -> None:
    assert names["net"][0].out_features < 500


def plots(names: Names, folder: Path, printed: str) -> None:
    from matplotlib import pyplot

    assert 10 < len(pyplot.get_fignums()) <= 20  # of more matplotlib warns


# What a page promises besides running
PROMISED: dict[str, Callable[[Names, Path, str], None]] = {
    function.__name__: function for function in (training, functional, parallel, steps, minimal_effort, plots)
}


@pytest.mark.parametrize("name", PAGES)
def test_the_blocks_of_the_page_are_a_script(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], figures: Any
) -> None:
    for package in {"training": ["sklearn", "safetensors"], "plots": ["sklearn"], "parallel": ["sklearn"]}.get(
        name, []
    ):
        pytest.importorskip(package)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    names: Names = {"__name__": "__main__"}
    for block in BLOCKS[name]:
        if block.startswith(">>>"):
            test = doctest.DocTestParser().get_doctest(block, names, name, f"docs/{name}.md", 0)
            lines: list[str] = []
            assert not doctest.DocTestRunner().run(test, out=lines.append, clear_globs=False).failed, "".join(lines)
        else:
            exec(compile(block, f"docs/{name}.md", "exec"), names)
    if name in PROMISED:
        PROMISED[name](names, tmp_path, capsys.readouterr().out)


def test_every_block_says_its_language() -> None:
    """Python that is not marked so would be neither coloured nor run."""
    marked = ("import ", "from ", ">>> ", "def ", "model = ", "x = ")
    unmarked = [
        f"docs/{name}.md: {code.splitlines()[0]}"
        for name, text in TEXT.items()
        for language, code in FENCE.findall(text)
        if language != "python" and any(line.startswith(marked) for line in code.splitlines())
    ]
    assert not unmarked
