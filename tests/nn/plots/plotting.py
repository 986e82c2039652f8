"""Helpers of the tests of nn.plots: functions that read a picture, and small models to draw."""

from __future__ import annotations

from typing import Any

import numpy as np

import nn
import optim
from nn import plots


def labels(ax: Any) -> list[str]:
    return [text.get_text() for text in ax.get_legend().get_texts()]


def line(ax: Any, label: str) -> Any:
    (found,) = [x for x in ax.get_lines() if x.get_label() == label]
    return found


def net(*layers: nn.Module) -> nn.Sequential:
    return nn.Sequential(*layers)


def linear(rng: np.random.Generator, i: int, o: int) -> nn.Linear:
    return nn.Linear(i, o, rng=rng)


def backward(model: nn.Module, x: Any) -> None:
    model.zero_grad()
    (model(x) ** 2).mean().backward()


def bowl(scale: float = 1.0) -> plots.LossSurface:
    a = np.linspace(-1, 1, 21)
    return plots.LossSurface(a, a.copy(), scale * (a[None, :] ** 2 + 4 * a[:, None] ** 2) + 0.01, ({}, {}))


def schedule(**settings: Any) -> Any:
    return optim.lr_scheduler.StepLR(optim.SGD([nn.Parameter([1.0])], lr=0.5), **settings)
