"""nn.fit(capture=True): to the bit what it computes without."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd.errors import AnomalyError, CaptureError
from nn.training.steps import TrainingStep

schedules = optim.lr_scheduler
RNG = np.random.default_rng(5)
X = RNG.normal(size=(70, 6)).astype(np.float32)
Y = (X[:, 0] * X[:, 1] + X[:, 2] > 0).astype(np.int64)
METRICS = {"accuracy": lambda output, y: np.mean(output.argmax(axis=1) == y)}


class Foreign:
    """An optimizer that is not the library's own, with a state of its own."""

    def __init__(self, params: Any, lr: float = 0.1) -> None:
        self.param_groups, self.steps, self.lr = [{"params": list(params), "lr": lr}], 0, lr

    def zero_grad(self) -> None:
        for p in self.param_groups[0]["params"]:
            p.grad = None

    def step(self) -> None:
        self.steps += 1
        for p in self.param_groups[0]["params"]:
            p.data = p.numpy() - np.float32(self.lr / self.steps) * p.grad.numpy()


class InPlace(Foreign):
    def step(self) -> None:
        self.steps += 1
        with autograd.no_grad():
            for p in self.param_groups[0]["params"]:
                p -= np.float32(self.lr / self.steps) * p.grad


def network() -> nn.Module:
    rng = np.random.default_rng(0)
    return nn.Sequential(
        nn.Linear(6, 8, rng=rng), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, 2, rng=rng)
    )


def trained(capture: bool, make: Any = optim.AdamW, scheduler: Any = None, data: Any = None, **options: Any) -> Any:
    """(what training leaves: history, weights, optimizer's state; the error's text)."""
    autograd.seed(3)
    model = network()
    optimizer = make(model.parameters(), lr=0.05)
    if scheduler is not None:
        options["scheduler"] = scheduler(optimizer)
    options = {"epochs": 4, "batch_size": 16, "progress": False, "rng": np.random.default_rng(1), **options}
    train, validation = data or ((X[:50], Y[:50]), (X[50:], Y[50:]))
    text, history = "", {}
    try:
        history = dict(nn.fit(model, nn.CrossEntropyLoss(), optimizer, train, validation, capture=capture, **options))
        history.pop("seconds")
    except AnomalyError as error:
        text = str(error)
    weights = {name: value.tobytes() for name, value in model.state_dict().items()}
    return history, weights, repr(getattr(optimizer, "state_dict", dict)()), text


@pytest.mark.parametrize("options", [
    {}, {"clip_norm": 0.1, "metrics": METRICS}, {"make": optim.NAdam}, {"make": optim.LBFGS, "clip_norm": 1.0},
    {"scheduler": lambda o: schedules.CosineAnnealingLR(o, 12), "scheduler_every": "batch"},
    {"scheduler": lambda o: schedules.ReduceLROnPlateau(o, patience=0)},
    {"early_stopping": optim.EarlyStopping(patience=1, restore_best=True), "epochs": 9},
    {"make": Foreign}, {"make": InPlace},
], ids=["plain", "clipped", "NAdam", "LBFGS", "schedule", "plateau", "stopped", "own", "in place"])  # fmt: skip
def test_equal_to_the_bit(options: dict[str, Any]) -> None:
    assert trained(True, **options) == trained(False, **options)


def test_what_is_replayed(monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[TrainingStep] = []
    call = TrainingStep.__call__
    monkeypatch.setattr(TrainingStep, "__call__", lambda self, *batch: (steps.append(self), call(self, *batch))[1])
    trained(True, data=((X, Y), None), epochs=6, batch_size=32)
    captured = steps[-1].captured
    assert captured is not None
    assert captured.calls == {"eager": 2, "recorded": 4, "replayed": 12}  # two batches of 32 and one of 6


@pytest.mark.parametrize("batch", [0, 1, 2, 3, 30], ids=lambda i: f"batch {i}")
def test_nan_is_found_as_without(batch: int) -> None:
    x = np.tile(X[:32], (40, 1))
    x[batch * 16 + 3, 2] = np.nan
    batches = [(x[i : i + 16], Y[:16]) for i in range(0, len(x), 16)]
    plain, captured = trained(False, data=(batches, None)), trained(True, data=(batches, None))
    assert f"epoch 1, batch {batch + 1}" in captured[-1]
    assert "input 0 of the batch is nan at (3, 2)" in captured[-1]
    for name in plain[1]:
        assert name.startswith("1.") or captured[1][name] == plain[1][name]  # statistics: plain leaves nan


def test_an_infinite_gradient_is_found_as_without() -> None:
    def loss(output: Any, y: Any) -> Any:
        return np.mean(np.sqrt(np.maximum(output - y.reshape(-1, 1), 0)))  # the slope at 0 is infinite

    def run(capture: bool) -> str:
        model = nn.Sequential(nn.Linear(1, 1, rng=np.random.default_rng(0)))
        batches = [(np.full((4, 1), i, np.float32), np.full(4, -9, np.float32)) for i in range(5)]
        with autograd.no_grad():
            model[0].bias[...] = 0
            model[0].weight[...] = 1
        batches.append((np.full((4, 1), 0, np.float32), np.full(4, 0, np.float32)))
        with np.errstate(all="ignore"), pytest.raises(AnomalyError) as raised:
            nn.fit(
                model, loss, optim.SGD(model.parameters(), lr=0.0, momentum=0.5), batches, epochs=1, progress=False,
                capture=capture,
            )  # fmt: skip
        return str(raised.value)

    assert run(True) == run(False)


def test_resumed(tmp_path: Path) -> None:
    whole = trained(True, epochs=6)
    trained(True, epochs=3, checkpoint=tmp_path)
    assert trained(True, epochs=6, checkpoint=tmp_path, resume=True) == whole == trained(False, epochs=6)


def test_a_model_that_looks_at_values_is_refused_with_its_line() -> None:
    class Looks(nn.Module):
        def __init__(self) -> None:
            self.linear = nn.Linear(6, 2, rng=np.random.default_rng(0))

        def forward(self, x: Any) -> Any:
            y = self.linear(x)
            return y * np.float32(y.numpy().max().item())

    model = Looks()
    before = {}

    def batches() -> Any:
        for _ in range(4):
            before.update({name: value.tobytes() for name, value in model.state_dict().items()})
            yield X[:8], Y[:8]

    with pytest.raises(CaptureError, match=r"y\.numpy\(\)\.max\(\)\.item\(\)"):
        nn.fit(
            model, nn.CrossEntropyLoss(), optim.SGD(model.parameters(), lr=0.1), batches(), epochs=1, progress=False,
            capture=True,
        )  # fmt: skip
    assert {name: value.tobytes() for name, value in model.state_dict().items()} == before


def test_the_bar_says_that_a_step_is_recorded(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.modules["autograd.capture.report"], "SLOW", 0.02)
    slow = nn.CrossEntropyLoss()
    monkeypatch.setattr(
        type(slow), "forward", lambda self, x, y: (time.sleep(0.06), nn.functional.cross_entropy(x, y))[1]
    )
    model = network()
    nn.fit(model, slow, optim.SGD(model.parameters(), lr=0.1), (X, Y), epochs=1, batch_size=14, capture=True)
    assert "recording TrainingStep._update" in capsys.readouterr().err
