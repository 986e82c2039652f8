"""benchmarks.growth on tiny sizes: the peers agree, and the page and its picture are written. No time is asserted."""

from __future__ import annotations

import importlib.util
import signal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from benchmarks import growth
from benchmarks.workloads.growth import peers


@pytest.mark.parametrize("peer", ["captured", pytest.param("torch", marks=pytest.mark.oracle), "jax"])
def test_peers_agree(peer: str) -> None:
    if peer == "jax":
        pytest.importorskip("jax")
    found = [peers(3, 16)[name]() for name in ("ours", peer)]
    for _ in range(2):  # the second epoch shows that both have been trained
        (loss, gradients), (other, others) = (step() for step in found)
        assert loss == pytest.approx(other, rel=1e-5)
        for a, b in zip(gradients, others, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-5 * np.abs(a).max())


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="no SIGSTOP here")
@pytest.mark.skipif(importlib.util.find_spec("matplotlib") is None, reason="matplotlib draws the picture")
def test_the_page_and_its_picture_are_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(growth, "PEERS", {name: growth.PEERS[name] for name in ("ours", "captured")})
    page = tmp_path / "growth.md"
    page.write_text((growth.FOLDER / "growth.md").read_text())
    growth.main(
        [
            "--depths",
            "1",
            "2",
            "--widths",
            "8",
            "--slices",
            "1",
            "--seconds",
            "0.01",
            "--write",
            "--folder",
            str(tmp_path),
        ]
    )
    written = page.read_text()
    assert written.startswith((growth.FOLDER / "growth.md").read_text().partition(growth.BEGIN)[0])
    rows = [line.split("|")[1:3] for line in written.splitlines() if line.startswith("| ")]
    assert [(a.strip(), b.strip()) for a, b in rows if a.strip().isdigit()] == [("1", "64"), ("2", "64"), ("3", "8")]
    assert "| ours | ours, captured |" in capsys.readouterr().out
    root: Any = ElementTree.parse(tmp_path / "growth.svg").getroot()
    assert root.tag.endswith("svg")


def test_the_committed_page_has_its_figures_and_its_picture() -> None:
    text = (growth.FOLDER / "growth.md").read_text()
    for depth in growth.DEPTHS:
        assert f"| {depth} | {growth.WIDTH} |" in text
    for width in growth.WIDTHS:
        assert f"| {growth.DEPTH} | {width} |" in text
    assert (growth.FOLDER / "growth.svg").exists()
