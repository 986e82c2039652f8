"""The README does what it says: its Python runs, and prints what it shows."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT, flags=re.MULTILINE | re.DOTALL)


def test_every_python_block_runs_and_prints_what_the_readme_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("pygraphviz")
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, Any] = {}
    python = blocks("python")
    assert python
    exec(compile(python[0], "README.md", "exec"), namespace)
    assert capsys.readouterr().out == blocks("text")[0]
    assert b"tanh" in (tmp_path / "scalar.svg").read_bytes()
    for source in python[1:]:
        exec(compile(source, "README.md", "exec"), namespace)
        promised = re.findall(r"^print\(.*# .*?([-\d.]+)$", source, flags=re.MULTILINE)
        assert capsys.readouterr().out.split() == promised


def test_the_tour_is_short() -> None:
    code = [line for line in blocks("python")[0].splitlines() if line.strip()]
    assert len(code) <= 25


def test_files_that_the_readme_links_to_exist() -> None:
    links = [link for link in re.findall(r"\]\(([^)]+)\)", TEXT) if not link.startswith("http")]
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_commands_are_targets_of_the_makefile() -> None:
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    assert {"demo", "test", "check", "bench"} <= set(targets)
    assert set(re.findall(r"^make (\w+)", TEXT, flags=re.MULTILINE)) <= set(targets)


@pytest.mark.parametrize("word", ["Linear", "ReLU", "Sigmoid", "Tanh", "Flatten", "Sequential", "Residual", "SGD"])
def test_what_the_status_lists_exists(word: str) -> None:
    import nn
    import optim

    assert hasattr(nn, word) or hasattr(optim, word)
    assert sys.modules["nn"] is nn
