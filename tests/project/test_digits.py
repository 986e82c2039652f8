"""examples/digits.py trains to the accuracy it promises and leaves readable pictures."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nn
from tests import ROOT

pytest.importorskip("sklearn")
pytest.importorskip("matplotlib")
pytest.importorskip("pygraphviz")

SCRIPT = ROOT / "examples" / "digits.py"


@pytest.fixture(scope="module")
def digits() -> dict[str, Any]:
    return runpy.run_path(str(SCRIPT))


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", str(SCRIPT), *arguments], cwd=cwd, capture_output=True, text=True, check=False
    )


def test_five_seeds_reach_the_promised_accuracy(tmp_path: Path) -> None:
    done = run(cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    accuracies = [
        float(found) for found in re.findall(r"^seed \d: test accuracy ([\d.]+)%", done.stdout, flags=re.MULTILINE)
    ]
    assert len(accuracies) == 5
    assert sum(accuracies) / 5 >= 97
    assert min(accuracies) >= 96
    assert "precision    recall  f1-score   support" in done.stdout
    areas = [
        tuple(map(float, found)) for found in re.findall(r"^ +\d +([\d.]+) +([\d.]+)$", done.stdout, flags=re.MULTILINE)
    ]
    assert len(areas) == 10  # specificity and ROC-AUC of every digit
    assert min(map(min, areas)) > 0.98
    stopped = [(int(best), int(last)) for best, last in re.findall(r"weights of epoch (\d+) of (\d+)", done.stdout)]
    assert all(best <= last <= 60 for best, last in stopped)
    assert any(last < 60 for _, last in stopped), "early stopping stopped nothing"
    assert re.match(r"seed 0: epoch 1/60: train [\d.]+, train_accuracy [\d.]+, validation [\d.]+, ", done.stderr)
    assert done.stderr.count("\n") == sum(last for _, last in stopped)  # in a file, a line an epoch
    assert {path.name for path in (tmp_path / "out" / "digits").iterdir()} == {"graph.svg", "graph.png", "curves.png"}


def test_pictures_show_the_network(digits: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    digits["main"](["--epochs", "1", "--seed", "7", "--out", str(tmp_path / "a" / "b")])
    svg = (tmp_path / "a" / "b" / "graph.svg").read_text()
    for word in (
        "softmax_cross_entropy",
        "linear",
        "relu",
        "Residual",
        "3.block.0.weight",
        "(32, 64)",
        "(32, 10)",
        "gradient",
    ):
        assert word in svg, word
    for name in ("graph.png", "curves.png"):
        assert (tmp_path / "a" / "b" / name).read_bytes().startswith(b"\x89PNG")
    assert "seed 7: test accuracy" in capsys.readouterr().out


def test_the_report_counts_right(digits: dict[str, Any]) -> None:
    truth = np.array([0, 0, 1, 1, 2, 2])
    scores = np.eye(3)[[0, 1, 1, 1, 2, 0]]
    shown = digits["report"](truth, scores)
    rows = [line.split() for line in shown.splitlines()[-4:]]
    assert [row[1] for row in rows] == [
        "0.7500",
        "0.7500",
        "1.0000",
        "0.8333",
    ]  # true negatives of all negatives: 3/4, 3/4, 4/4
    assert [row[2] for row in rows] == ["0.6250", "0.8750", "0.7500", "0.7500"]


def test_training_has_a_schedule_and_keeps_the_best(digits: dict[str, Any]) -> None:
    rng = np.random.default_rng(0)
    data = digits["load"](0)
    model = digits["network"](rng)
    history = digits["train"](model, data, 4, rng, "")
    assert history["lr"] == pytest.approx([0.02 * (1 + np.cos(np.pi * epoch / 4)) / 2 for epoch in range(4)])
    validation_loss = -np.mean(
        np.log(digits["probabilities"](model, data.validation[0])[np.arange(360), data.validation[1]])
    )
    assert validation_loss == pytest.approx(min(history["validation_loss"]), rel=1e-4)


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
def test_bad_values_are_refused(
    digits: dict[str, Any], arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
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


def test_the_first_loss_is_that_of_a_guess(digits: dict[str, Any]) -> None:
    """The picture of the graph is drawn before the training: its loss is about ln 10, not thrice that."""
    for seed in range(5):
        model = digits["network"](np.random.default_rng(seed)).eval()
        x, y = digits["load"](seed).train
        assert nn.functional.cross_entropy(model(x), y).item() == pytest.approx(np.log(10), abs=0.25)
