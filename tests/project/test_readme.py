"""The README's Python runs and prints what the README shows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd
from autograd.engine.registry import primitives
from tests import ROOT

TEXT = (ROOT / "README.md").read_text()


def blocks(language: str, text: str = TEXT) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


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
        printed = capsys.readouterr().out.split()
        assert printed == (promised or ["True"] * len(printed))


def test_the_examples_for_contributors_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(primitives, "softplus", raising=False)  # the example defines it; the package may have one, too
    operation, layer, optimizer = blocks("python", (ROOT / "CONTRIBUTING.md").read_text())
    namespace: dict[str, Any] = {}
    for source in (operation, layer, optimizer):
        exec(compile(source, "CONTRIBUTING.md", "exec"), namespace)
    del primitives["softplus"]
    assert autograd.gradgradcheck(namespace["softplus"], np.array([0.3, -2.0]))
    scale = namespace["Scale"](3)
    scale(np.ones((2, 3))).sum().backward()
    assert scale.weight.grad.tolist() == [2, 2, 2]
    namespace["Lion"](scale.parameters(), lr=0.5).step()
    assert scale.weight.tolist() == [0.5, 0.5, 0.5]


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


def test_what_is_there_for_whom_stays_under_two_screens() -> None:
    """Each row wraps at some 100 characters beside its first column; a screen has some 40 lines."""
    table = TEXT.partition("## What is there for whom")[2].partition("## ")[0]
    shown = [re.sub(r"\]\([^)]*\)", "", line) for line in table.splitlines() if line.startswith("| ")]
    assert len(shown) > 4
    assert sum(1 + len(line) // 100 for line in shown) < 80
    guides = {path.name for path in (ROOT / "docs").glob("*.md")} - {"course.md"}
    assert {name for name in guides if f"docs/{name}" not in TEXT} == set()
