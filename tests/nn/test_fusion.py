"""Batch normalisation folded into the layer before it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nn
from autograd.errors import ArgumentError, ShapeError
from nn.fusion import Folded


def trained(model: nn.Module, rng: np.random.Generator) -> nn.Module:
    """With running statistics and affine parameters as after some training."""
    for module in model.modules():
        if "BatchNorm" in type(module).__name__:
            for name, low, high in (
                ("running_mean", -1, 1),
                ("running_var", 0.3, 3),
                ("weight", -2, 2),
                ("bias", -1, 1),
            ):
                t: Any = getattr(module, name)
                if t is not None:
                    t.numpy()[...] = rng.uniform(low, high, t.shape)
    return model.eval()


def folded(model: nn.Module) -> list[str]:
    return [path for path, module in model.named_modules() if isinstance(module, Folded)]


CASES = [
    (lambda: [nn.Linear(3, 4), nn.BatchNorm1d(4)], (5, 3)),
    (lambda: [nn.Linear(3, 4, bias=False), nn.BatchNorm1d(4, affine=False)], (5, 3)),
    (lambda: [nn.Conv1d(2, 4, 3, bias=False, padding=1), nn.BatchNorm1d(4)], (2, 2, 5)),
    (lambda: [nn.Conv2d(4, 6, 3, stride=2, padding=1, groups=2), nn.BatchNorm2d(6, eps=0.1)], (2, 4, 5, 5)),
    (lambda: [nn.ConvTranspose2d(4, 6, 3, stride=2, groups=2), nn.BatchNorm2d(6)], (2, 4, 3, 3)),
    (lambda: [nn.weight_norm(nn.Linear(3, 4)), nn.BatchNorm1d(4)], (5, 3)),
    (lambda: [nn.spectral_norm(nn.Conv2d(2, 3, 1)), nn.BatchNorm2d(3)], (2, 2, 3, 3)),
]


@pytest.mark.parametrize(("layers", "shape"), CASES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_neighbours_in_a_sequential(layers: Any, shape: tuple[int, ...], dtype: Any, rng: np.random.Generator) -> None:
    model = trained(nn.Sequential(*layers(), nn.ReLU()).astype(dtype), rng)
    before = model.state_dict()
    fused = nn.fuse(model)
    x = rng.normal(size=shape).astype(dtype)
    assert folded(fused) == ["1"]
    assert not fused.training
    out = fused(x)
    assert out.dtype == dtype
    np.testing.assert_allclose(out.numpy(), model(x).numpy(), rtol=1e-12 if dtype is np.float64 else 1e-4, atol=1e-5)
    assert all(np.array_equal(before[name], value) for name, value in model.state_dict().items())
    assert sorted(fused.state_dict()) == ["0.bias", "0.weight"]


class Block(nn.Module):
    """A residual block with the names of torchvision."""

    def __init__(self) -> None:
        self.conv1, self.bn1 = nn.Conv2d(3, 3, 3, padding=1, bias=False), nn.BatchNorm2d(3)
        self.conv2, self.bn2 = nn.Conv2d(3, 3, 3, padding=1, bias=False), nn.BatchNorm2d(3)
        self.downsample = nn.Sequential(nn.Conv2d(3, 3, 1), nn.BatchNorm2d(3))

    def forward(self, x: Any) -> Any:
        y = np.maximum(self.bn1(self.conv1(x)), 0)
        return self.bn2(self.conv2(y)) + self.downsample(x)


class PreActivation(Block):
    """The same names, and the normalisation first."""

    def forward(self, x: Any) -> Any:
        y = self.conv1(np.maximum(self.bn1(x), 0))
        return x + self.conv2(np.maximum(self.bn2(y), 0))


class TwoReaders(Block):
    def forward(self, x: Any) -> Any:
        y = self.conv1(x)
        return self.bn1(y) + y + self.bn2(self.conv2(x))


class Listed(nn.Module):
    def __init__(self) -> None:
        self.layers = [[nn.Linear(3, 3), nn.BatchNorm1d(3)] for _ in range(2)]

    def forward(self, x: Any) -> Any:
        for linear, norm in self.layers:
            x = norm(linear(x))
        return x


@pytest.mark.parametrize(
    ("make", "shape", "alone", "watched"),
    [
        (Block, (2, 3, 4, 4), ["downsample.1"], ["bn1", "bn2", "downsample.1"]),
        (PreActivation, (2, 3, 4, 4), ["downsample.1"], ["bn2", "downsample.1"]),  # conv1, bn2
        (TwoReaders, (2, 3, 4, 4), ["downsample.1"], ["bn2", "downsample.1"]),
        (Listed, (4, 3), [], ["layers.0.1", "layers.1.1"]),
        (lambda: nn.Sequential(Block(), nn.ReLU(), Block()), (2, 3, 4, 4), ["0.downsample.1", "2.downsample.1"],
         ["0.bn1", "0.bn2", "0.downsample.1", "2.bn1", "2.bn2", "2.downsample.1"]),
    ],
)  # fmt: skip
def test_pairs_in_other_modules_are_found_by_watching(
    make: Any, shape: Any, alone: Any, watched: Any, rng: np.random.Generator
) -> None:
    model = trained(make().double(), rng)
    x = rng.normal(size=shape)
    for fused, expected in ((nn.fuse(model), alone), (nn.fuse(model, x), watched)):
        assert folded(fused) == expected
        np.testing.assert_allclose(fused(x).numpy(), model(x).numpy(), rtol=1e-11, atol=1e-12)


def test_what_cannot_be_folded_is_left(rng: np.random.Generator) -> None:
    shared = nn.Linear(3, 3)
    for model in (
        nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3, track_running_stats=False)),
        nn.Sequential(shared, nn.BatchNorm1d(3), shared, nn.BatchNorm1d(3)),
        nn.Sequential(nn.Linear(3, 3), nn.ReLU(), nn.BatchNorm1d(3)),
        nn.Sequential(nn.BatchNorm1d(3), nn.Linear(3, 3)),
        nn.Sequential(nn.Linear(3, 3), nn.LayerNorm(3)),
        nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3).double()),
    ):
        trained(model, rng)
        x = rng.normal(size=(4, 3)).astype(np.float32)
        for fused in (nn.fuse(model), nn.fuse(model, x)):
            assert folded(fused) == []
            np.testing.assert_array_equal(fused(x).numpy(), model(x).numpy())
    assert folded(nn.fuse(nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3)))) == ["1"]


def test_a_hook_keeps_its_module() -> None:
    model = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3))
    model[1].register_forward_hook(_seen)
    assert folded(nn.fuse(model)) == []


def _seen(module: Any, args: Any, output: Any) -> None:
    """A hook that can be copied."""


def test_an_input_that_the_normalisation_would_read_otherwise_is_refused() -> None:
    fused = nn.fuse(nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3)))
    with pytest.raises(ShapeError, match=r"of 2 dimensions; got \(2, 3, 3\)"):
        fused(np.ones((2, 3, 3)))


def test_no_module_is_refused() -> None:
    with pytest.raises(ArgumentError, match="fuse takes a module"):
        nn.fuse(np.exp)
