"""The site's formulas come from a file of the site: where that is taken from, and what is said if it cannot be had."""

from __future__ import annotations

import io
import re
import runpy
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest

from tests import ROOT

errors = pytest.importorskip("sphinx.errors", reason="Sphinx is not installed (the extra docs)")


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.delenv("MATHJAX", raising=False)
    return runpy.run_path(str(ROOT / "docs" / "ext" / "offline_math.py"))


def packed(folder: Path, content: bytes) -> None:
    with tarfile.open(folder / "mathjax-3.2.2.tgz", "w:gz") as files:
        member = tarfile.TarInfo("package/es5/tex-svg-full.js")
        member.size = len(content)
        files.addfile(member, io.BytesIO(content))


def test_npm_is_asked_once(offline: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def pack(command: list[str], cwd: Path, **options: Any) -> Any:
        calls.append(command[1:])
        packed(cwd, b"MathJax")
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr("shutil.which", lambda name: f"/bin/{name}")
    monkeypatch.setattr("subprocess.run", pack)
    found = offline["bundle"](tmp_path / "cache")
    assert found.read_bytes() == b"MathJax"
    assert offline["bundle"](tmp_path / "cache") == found
    assert calls == [["pack", "--silent", "mathjax@3.2.2"]]
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["mathjax-3.2.2.js"]


def test_a_copy_of_ones_own(offline: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATHJAX", str(tmp_path / "mine.js"))
    with pytest.raises(errors.ExtensionError, match=r"there is no such file\. Install Node"):
        offline["bundle"](tmp_path)
    (tmp_path / "mine.js").write_text("x")
    assert offline["bundle"](tmp_path) == tmp_path / "mine.js"


def test_without_npm_or_the_web_the_remedy_is_said(
    offline: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(errors.ExtensionError, match=r"no npm to download it.*MATHJAX=path"):
        offline["bundle"](tmp_path)
    monkeypatch.setattr("shutil.which", lambda name: "/bin/npm")
    failed = subprocess.CompletedProcess([], 1, "", "ENOTFOUND")
    monkeypatch.setattr("subprocess.run", lambda *args, **options: failed)
    with pytest.raises(errors.ExtensionError, match=r"ENOTFOUND Install Node"):
        offline["bundle"](tmp_path)


def test_nothing_in_the_set_up_of_the_site_comes_from_the_web() -> None:
    conf = (ROOT / "docs" / "conf.py").read_text()
    assert 'mathjax_path = "mathjax.js"' in conf
    for path in (ROOT / "docs" / "_static").iterdir():
        assert not re.search(r"(url\(|@import|src=|fetch\()[^\n]*https?:", path.read_text()), path.name
