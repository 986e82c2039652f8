"""Errors of a module's call: where in the model they arose."""

from __future__ import annotations

import re
import sys
import traceback
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor
from autograd.errors import ArgumentError, DTypeError, ShapeError


def test_anomaly_names_the_module() -> None:
    class Log(nn.Module):
        def forward(self, x: Any) -> Any:
            return np.log(x - 2)

    net = nn.Sequential(nn.ReLU(), Log())
    with (
        autograd.detect_anomaly(),
        np.errstate(invalid="ignore"),
        pytest.raises(autograd.errors.AnomalyError, match=r"Sequential\.1"),
    ):
        net(Tensor([1.0], requires_grad=True))


def test_an_error_names_the_place() -> None:
    class Block(nn.Module):
        def __init__(self) -> None:
            self.fc1 = nn.Linear(64, 64)

        def forward(self, x: Any) -> Any:
            return self.fc1(x)

    net = nn.Sequential(nn.Linear(4, 10), nn.ReLU(), Block())
    with pytest.raises(ShapeError) as caught:
        net(np.ones((32, 4)))
    assert str(caught.value).startswith("Sequential.2.fc1: Linear expects input of shape (*, 64); got (32, 10).")
    assert str(caught.value).count("fc1") == 1
    assert traceback.extract_tb(caught.value.__traceback__)[-1].filename.endswith("nn/layers/linear.py")
    with pytest.raises(ShapeError, match=r"^Linear expects"):  # a layer alone has no path
        net[0](np.ones(3))
    with pytest.raises(DTypeError, match=r"^Sequential\.0: Linear computes in float32"):
        net(np.ones((2, 4), int))


def test_other_errors_get_a_note() -> None:
    class Bad(nn.Module):
        def forward(self, x: Any, y: Any = None) -> Any:
            return x + np.ones(7)

    class Net(nn.Module):
        def __init__(self) -> None:
            self.layers = [nn.Identity(), Bad()]

        def forward(self, x: Any) -> Any:
            return self.layers[1](x, 3)

    with pytest.raises(ValueError, match="could not be broadcast") as caught:
        Net()(np.ones((2, 3)))
    assert caught.value.__notes__[0] == "in Net.layers.1 (Bad), called with (2, 3), int"
    with pytest.raises(ValueError) as caught:
        Bad()(np.ones(2))
    assert caught.value.__notes__[0] == "in Bad, called with (2,)"


def test_an_error_that_is_caught_inside_does_no_harm() -> None:
    class Tries(nn.Module):
        def __init__(self) -> None:
            self.fc = nn.Linear(3, 3)

        def forward(self, x: Any) -> Any:
            try:
                return self.fc(x)
            except ShapeError as error:
                raise ArgumentError("and so it ends") from error

    with pytest.raises(ArgumentError, match=r"^Sequential\.0: and so it ends$") as caught:
        nn.Sequential(Tries())(np.ones(2))
    assert str(caught.value.__cause__).startswith("Sequential.0.fc: Linear expects")


def test_a_module_without_forward_says_so() -> None:
    class Typo(nn.Module):
        def foward(self, x: Any) -> Any:
            return x

    with pytest.raises(
        NotImplementedError, match=r"Typo was called and has no method 'forward': it has 'foward': is that it\?"
    ):
        Typo()(1)
    with pytest.raises(NotImplementedError, match=r"define `def forward\(self, x\):`"):
        nn.Module()(1)


HABITS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "shape()": (lambda x: x.shape(), r"x\.shape is an attribute"),
    "ndim()": (lambda x: x.ndim(), r"x\.ndim is an attribute"),
    "T()": (lambda x: x.T(), r"x\.T is an attribute"),
    "nditer": (lambda x: list(np.nditer(x)), r"np\.nditer\(x\.numpy\(\)\); or loop over x\.flat\.$"),
    "another int": (lambda x: len(x)(0), r"called with \(2, 3\)$"),
}


@pytest.mark.parametrize("habit", HABITS)
def test_calls_that_numpy_has_as_attributes_are_explained_where_a_module_fails(habit: str) -> None:
    """Outside of a module Python's own error is all there is."""
    call, note = HABITS[habit]
    with pytest.raises(TypeError) as caught:
        nn.Lambda(call)(Tensor(np.ones((2, 3)), requires_grad=True))
    assert re.search(note, caught.value.__notes__[0])


def test_modules_nested_too_deep_are_named_with_the_remedy() -> None:
    model: nn.Module = nn.Linear(2, 2)
    for _ in range(sys.getrecursionlimit()):
        model = nn.Sequential(model)
    with pytest.raises(RecursionError) as caught:
        model(np.ones((1, 2)))
    (note,) = caught.value.__notes__
    assert re.match(r"in a Sequential with modules nested \d+ deep: .* side by side, Sequential\(\*layers\)", note)
    flat = nn.Sequential(*[nn.Linear(2, 2) for _ in range(2000)])
    assert flat(np.ones((1, 2))).shape == (1, 2)
