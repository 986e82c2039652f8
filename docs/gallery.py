"""Draw every picture of docs/gallery.md into docs/gallery: `make gallery`, or python docs/gallery.py [folder].

The numbers are the same each time: everything random comes from one seed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import autograd
import nn
from autograd import Scalar, Tensor, draw

FOLDER = Path(__file__).resolve().parent / "gallery"


def neuron(path: Path, **options: Any) -> None:
    x, w, b = Scalar(2.0, label="x"), Scalar(-3.0, label="w"), Scalar(6.8, label="b")
    y = (w * x + b).tanh()
    y.label = "y"
    y.backward()
    draw(y, path, **options)


def dark(path: Path) -> None:
    neuron(path, theme="dark")


def scalar_network(path: Path) -> None:
    rng = np.random.default_rng(0)

    def layer(inputs: list[Any], size: int, letter: str) -> list[Any]:
        outputs = []
        for j in range(1, size + 1):
            total: Any = Scalar(0.0, label=f"b{letter}{j}")
            for i, value in enumerate(inputs, 1):
                total = total + Scalar(round(rng.normal(), 2), label=f"{letter}{j}{i}") * value
            outputs.append(total)
        return outputs

    hidden = [value.tanh() for value in layer([Scalar(1.0, label="x1"), Scalar(-2.0, label="x2")], 5, "u")]
    first, second = layer(hidden, 2, "v")
    loss = (first - 1.0) ** 2 + (second + 1.0) ** 2
    loss.label = "loss"
    loss.backward()
    draw(loss, path)


def small_loss() -> Any:
    model = nn.Sequential(nn.Linear(2, 5), nn.Tanh(), nn.Linear(5, 2))
    return nn.functional.cross_entropy(
        model(np.array([[1, 2], [0, 1], [0.5, 0.5], [-1, 0]], np.float32)), np.array([0, 1, 0, 1])
    )


def tensor_network(path: Path) -> None:
    loss = small_loss()
    loss.backward(retain_graph=True)
    draw(loss, path)


def gradients(path: Path) -> None:
    draw(small_loss(), path, complete=True, color="gradient")


def residual_model() -> nn.Module:
    blocks = [nn.Residual(nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 64))) for _ in range(2)]
    return nn.Sequential(nn.Linear(64, 64), nn.ReLU(), *blocks, nn.ReLU(), nn.Linear(64, 10))


def residual(path: Path) -> None:
    rng = np.random.default_rng(0)
    loss = nn.functional.cross_entropy(
        residual_model()(rng.normal(size=(32, 64)).astype(np.float32)), rng.integers(0, 10, 32)
    )
    loss.backward(retain_graph=True)
    draw(loss, path, direction="TB")


def hundred_layers(path: Path) -> None:
    rng = np.random.default_rng(0)
    model = nn.Sequential(*[layer for _ in range(100) for layer in (nn.Linear(16, 16), nn.Tanh())], nn.Linear(16, 10))
    loss = nn.functional.cross_entropy(model(rng.normal(size=(32, 16)).astype(np.float32)), rng.integers(0, 10, 32))
    loss.backward(retain_graph=True)
    draw(loss, path)


class Cell(nn.Module):
    """An LSTM cell in plain operations."""

    def __init__(self, inputs: int, size: int) -> None:
        self.input, self.hidden = nn.Linear(inputs, 4 * size), nn.Linear(size, 4 * size)

    def forward(self, x: Any, h: Any, c: Any) -> tuple[Any, Any]:
        i, f, g, o = np.split(self.input(x) + self.hidden(h), 4, axis=1)
        sigmoid = nn.functional.sigmoid
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        return sigmoid(o) * np.tanh(c), c


class Reader(nn.Module):
    """The cell, step by step over a sequence, and a layer on the last state."""

    def __init__(self) -> None:
        self.cell, self.head = Cell(8, 16), nn.Linear(16, 3)

    def forward(self, x: Any) -> Any:
        h = c = Tensor(np.zeros((x.shape[1], 16), np.float32))
        for step in x:
            h, c = self.cell(step, h, c)
        return self.head(h)


def lstm(path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(50, 4, 8)).astype(np.float32)
    loss = nn.functional.cross_entropy(Reader()(x), np.array([0, 1, 2, 0]))
    loss.backward(retain_graph=True)
    draw(loss, path)


def lstm_loss() -> Any:
    x = np.random.default_rng(0).normal(size=(50, 4, 8)).astype(np.float32)
    _, (h, _) = nn.LSTM(8, 16)(x)
    loss = (h**2).mean()
    loss.backward(retain_graph=True)
    return loss


def lstm_unrolled(path: Path) -> None:
    draw(lstm_loss(), path, unroll=True)


def lstm_layer(path: Path) -> None:
    draw(lstm_loss(), path)


def transformer(path: Path) -> None:
    layer = nn.TransformerEncoderLayer(16, 2, 32, dropout=0.0)
    x = np.random.default_rng(0).normal(size=(5, 3, 16)).astype(np.float32)
    loss = (layer(x) ** 3).mean()
    loss.backward(retain_graph=True)
    draw(loss, path, direction="TB")


def gradient_of_gradient(path: Path) -> None:
    x = Tensor([0.5, -1.0], requires_grad=True)
    np.sum(np.tanh(x * x) + np.sin(x)).backward(create_graph=True)
    assert x.grad is not None
    draw(x.grad, path)


def model(path: Path) -> None:
    residual_model().draw((32, 64), path=path)


def folded_model(path: Path) -> None:
    nn.TransformerEncoder(nn.TransformerEncoderLayer(64, 4, 256), 12).draw((10, 8, 64), path=path, direction="LR")


PICTURES: dict[str, Callable[[Path], None]] = {
    "neuron": neuron,
    "dark": dark,
    "scalar-network": scalar_network,
    "tensor-network": tensor_network,
    "gradients": gradients,
    "residual": residual,
    "hundred-layers": hundred_layers,
    "lstm": lstm,
    "lstm-unrolled": lstm_unrolled,
    "lstm-layer": lstm_layer,
    "transformer": transformer,
    "gradient-of-gradient": gradient_of_gradient,
    "model": model,
    "folded-model": folded_model,
}


def main(folder: Path = FOLDER) -> None:
    """Draw them all."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in PICTURES.items():
        autograd.seed(0)
        make(folder / f"{name}.png")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
