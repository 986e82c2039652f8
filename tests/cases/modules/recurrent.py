"""Recurrent cells and layers."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

import nn
from tests.cases.modules.case import ModuleCase


def normal(*shapes: tuple[int, ...]) -> Any:
    return lambda rng: tuple(rng.normal(size=shape) for shape in shapes)


def row(cls: type, sizes: tuple[int, ...], *shapes: tuple[int, ...], order: int = 2, **options: Any) -> ModuleCase:
    """Our layer and PyTorch's with the same options."""

    def peer(torch: Any) -> Any:
        return quiet(getattr(torch.nn, cls.__name__))(*sizes, **options)

    ours: Any = globals().get(cls.__name__, cls) if len(shapes) == 3 else cls
    label = ", ".join([*[f"{name}={value}" for name, value in options.items()], " ".join(map(str, shapes))])
    return ModuleCase(
        cls,
        lambda rng: ours(*sizes, dtype=np.float64, rng=rng, **options),
        normal(*shapes),
        peer,
        label=label,
        order=order,
    )


class LSTM(nn.LSTM):
    """Called with the two states one by one: the table's inputs are arrays."""

    def forward(self, input: Any, h: Any = None, c: Any = None) -> Any:
        return super().forward(input, (h, c))


class LSTMCell(nn.LSTMCell):
    def forward(self, input: Any, h: Any = None, c: Any = None) -> Any:
        return super().forward(input, (h, c))


def quiet(theirs: Any) -> Any:
    """PyTorch's layer, called like ours, and without its warning that oneDNN knows no projection."""

    def forward(self: Any, x: Any, *state: Any) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return theirs.forward(self, x, *([state] if len(state) == 2 else state))

    return type("Peer", (theirs,), {"forward": forward})


MODULES = [
    row(nn.RNNCell, (3, 2), (2, 3)),
    row(nn.RNNCell, (3, 2), (2, 3), (2, 2), bias=False),
    row(nn.RNNCell, (3, 2), (2, 3), (2, 2), nonlinearity="relu", order=0),
    row(nn.LSTMCell, (3, 2), (2, 3)),
    row(nn.LSTMCell, (3, 2), (2, 3), (2, 2), (2, 2)),
    row(nn.LSTMCell, (3, 2), (3,), (2,), (2,), bias=False),
    row(nn.GRUCell, (3, 2), (2, 3)),
    row(nn.GRUCell, (3, 2), (2, 3), (2, 2)),
    row(nn.GRUCell, (3, 2), (3,), (2,), bias=False),
    row(nn.RNN, (3, 2), (3, 2, 3)),
    row(nn.RNN, (3, 2), (3, 2, 3), (4, 2, 2), num_layers=2, bidirectional=True, order=1),
    row(nn.RNN, (3, 2), (3, 2, 3), nonlinearity="relu", order=0),
    row(nn.RNN, (3, 2), (2, 3, 3), (1, 2, 2), batch_first=True, bias=False),
    row(nn.LSTM, (3, 2), (3, 2, 3)),
    row(nn.LSTM, (3, 2), (3, 2, 3), (4, 2, 2), (4, 2, 2), num_layers=2, bidirectional=True, order=1),
    row(nn.LSTM, (3, 2), (2, 3, 3), batch_first=True, bias=False),
    row(nn.LSTM, (3, 2), (3, 3), (2, 2), (2, 2), bidirectional=True),
    row(nn.LSTM, (3, 3), (2, 2, 3), (2, 2, 2), (2, 2, 3), proj_size=2, bidirectional=True, order=1),
    row(nn.LSTM, (3, 3), (2, 2, 3), proj_size=2, num_layers=2, bias=False, order=1),
    row(nn.GRU, (3, 2), (3, 2, 3)),
    row(nn.GRU, (3, 2), (3, 2, 3), (4, 2, 2), num_layers=2, bidirectional=True, order=1),
    row(nn.GRU, (3, 2), (2, 3, 3), (1, 2, 2), batch_first=True, bias=False),
    row(nn.GRU, (3, 2), (3, 3), num_layers=2),
]
