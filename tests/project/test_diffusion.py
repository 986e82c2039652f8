"""examples/diffusion.py finds the hot square from the last temperatures."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "diffusion.py"


def test_the_first_temperatures_are_found(capsys: pytest.CaptureFixture[str]) -> None:
    last, first = runpy.run_path(str(EXAMPLE))["main"](iterations=150)
    assert last < 0.05
    assert first < 0.7
    assert "hottest at the start: row 7, column 1" in capsys.readouterr().out
