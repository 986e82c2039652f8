"""The main job: examples/digits.py trains to the accuracy it promises and leaves readable pictures."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sklearn")
pytest.importorskip("matplotlib")
pytest.importorskip("pygraphviz")

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = ROOT / "examples" / "digits.py"


@pytest.fixture(scope="module")
def digits() -> dict[str, Any]:
    return runpy.run_path(str(SCRIPT))


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-W", "error", str(SCRIPT), *arguments], cwd=cwd, capture_output=True, text=True, check=False)


def test_five_seeds_reach_the_promised_accuracy(tmp_path: Path) -> None:
    done = run(cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    accuracies = [float(found) for found in re.findall(r"^seed \d: test accuracy ([\d.]+)%", done.stdout, flags=re.MULTILINE)]
    assert len(accuracies) == 5
    assert sum(accuracies) / 5 >= 97
    assert min(accuracies) >= 96
    assert "precision    recall  f1-score   support" in done.stdout
    assert "train=" in done.stderr
    assert "validation=" in done.stderr
    assert {path.name for path in (tmp_path / "out" / "digits").iterdir()} == {"graph.svg", "graph.png", "curves.png"}


def test_pictures_show_the_network(digits: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    digits["main"](["--epochs", "1", "--seed", "7", "--out", str(tmp_path / "a" / "b")])
    svg = (tmp_path / "a" / "b" / "graph.svg").read_text()
    for word in ("softmax_cross_entropy", "linear", "relu", "Residual", "2.block.0.weight", "(32, 64)", "(32, 10)", "grad norm"):
        assert word in svg, word
    for name in ("graph.png", "curves.png"):
        assert (tmp_path / "a" / "b" / name).read_bytes().startswith(b"\x89PNG")
    assert "seed 7: test accuracy" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--epochs", "0"], "expected a whole number from 1 to"),
        (["--epochs", "many"], "expected a whole number, got 'many'"),
        (["--seed", "-1"], "expected a whole number from 0 to"),
        (["--seed", "1", "1"], "each seed once"),
        (["--out", str(SCRIPT / "below")], "a file stands in its way"),
    ],
)
def test_bad_values_are_refused(digits: dict[str, Any], arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        digits["parse"](arguments)
    assert caught.value.code == 2
    assert message in capsys.readouterr().err


def test_the_parts_are_stratified_and_disjoint(digits: dict[str, Any]) -> None:
    data = digits["load"](0)
    sizes = [len(part[1]) for part in (data.train, data.validation, data.test)]
    assert sizes == [1077, 360, 360]
    for _, y in (data.train, data.validation, data.test):
        counts = [int((y == digit).sum()) for digit in range(10)]
        assert max(counts) / min(counts) < 1.1
    assert abs(float(data.train[0].mean())) < 1e-6
    assert str(data.train[0].dtype) == "float32"
