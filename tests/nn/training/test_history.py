"""History: a dict of lists, its best epoch, its data frame and its picture."""

from __future__ import annotations

import importlib.util
import json
import pickle
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograd.errors import ArgumentError
from nn.training.history import History

COLUMNS = {
    "epoch": [1, 2, 3, 4], "train_loss": [4.0, 3.0, 2.0, 1.0], "train_accuracy": [0.2, 0.4, 0.6, 0.8],
    "validation_loss": [4.0, 2.5, 2.5, 3.0], "validation_accuracy": [0.1, 0.3, 0.7, 0.7],
    "lr": [0.1] * 4, "seconds": [1.0] * 4,
}  # fmt: skip


@pytest.fixture
def history() -> History:
    return History(COLUMNS)


@pytest.fixture
def plt() -> Iterator[Any]:
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    from matplotlib import pyplot

    yield pyplot
    pyplot.close("all")


def test_it_is_a_plain_dict_of_lists(history: History) -> None:
    assert history == COLUMNS
    assert json.loads(json.dumps(history)) == COLUMNS
    assert pickle.loads(pickle.dumps(history)) == history
    history["lr"].append(0.2)
    assert len(COLUMNS["lr"]) == 4  # the lists are its own


def test_the_best_epoch_is_the_first_of_the_best(history: History) -> None:
    assert (history.best_epoch, history.monitor) == (2, "validation_loss")
    assert History(COLUMNS, monitor="validation_accuracy", mode="max").best_epoch == 3
    assert History({"epoch": [1, 2], "train_loss": [2.0, 1.0]}).best == {"epoch": 2, "train_loss": 1.0}
    assert History({"epoch": [1, 2], "train_loss": [np.nan, 1.0]}).best_epoch == 2
    assert History({"epoch": [1], "train_loss": [np.nan]}).best_epoch is None
    assert (History().best_epoch, History().best, History().epochs) == (None, {}, 0)
    history.marked = 4
    assert history.best["train_loss"] == 1.0


def test_epochs_record_the_same(history: History) -> None:
    history.append({name: values[-1] for name, values in COLUMNS.items()} | {"epoch": 5, "validation_loss": 0.5})
    assert (history.epochs, history.best_epoch) == (5, 5)
    with pytest.raises(ArgumentError, match="every epoch records the same: epoch, train_loss"):
        history.append({"epoch": 6})
    assert history.epochs == 5
    with pytest.raises(ArgumentError, match="mode must be 'min' or 'max'; got 'best'"):
        History(mode="best")


def test_the_learning_curves(history: History, plt: Any, tmp_path: Path) -> None:
    ax = history.plot()
    curves = {line.get_label(): line for line in ax.lines}
    assert curves["training"].get_ydata().tolist() == COLUMNS["train_loss"]
    assert curves["validation"].get_ydata().tolist() == COLUMNS["validation_loss"]
    assert list(curves["best epoch: 2"].get_xdata()) == [2, 2]
    marks = [line.get_xydata().tolist() for line in ax.lines if line.get_marker() == "o"]
    assert marks == [[[2.0, 2.5]]]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("epoch", "loss")
    ax.figure.savefig(tmp_path / "curves.png")
    assert (tmp_path / "curves.png").stat().st_size > 5000


def test_other_values_and_given_axes(history: History, plt: Any) -> None:
    _, (left, right) = plt.subplots(1, 2)
    assert history.plot("accuracy", left) is left
    assert history.plot("lr", right, log=True) is right
    assert right.get_yscale() == "log"
    assert right.lines[0].get_label() == "lr"
    with pytest.raises(ArgumentError, match="no 'auc'; it has accuracy, loss, lr, seconds"):
        history.plot("auc")
    with pytest.raises(ArgumentError, match="nothing yet"):
        History().plot()


def test_without_the_extras_it_says_what_to_install(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match="pip install pandas"):
        history.frame()
    with pytest.raises(ImportError, match=r"chainrule\[train\]"):
        history.plot()


@pytest.mark.skipif(importlib.util.find_spec("pandas") is None, reason="pandas is not installed")
def test_a_data_frame(history: History) -> None:
    frame = history.frame()
    assert frame.index.tolist() == [1, 2, 3, 4]
    assert frame["validation_loss"].idxmin() == 2
