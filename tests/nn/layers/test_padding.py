"""F.pad and the padding layers: every mode with every width beside PyTorch, what it is made of, and errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nn
import nn.functional as F
from autograd import Tensor
from autograd.engine.graph import Node, ancestors
from autograd.errors import ArgumentError, ShapeError
from nn.layers.padding import MODES

KINDS = ("ReflectionPad", "ReplicationPad", "CircularPad", "ConstantPad", "ZeroPad")
WIDTHS = [(before, after) for before in range(-4, 5) for after in range(-4, 5)]


def peer_is_undefined(mode: str, size: int, width: tuple[int, int]) -> bool:
    """Where PyTorch reads memory that it has not written: it compares with the axis before the cut."""
    left = size + min(width[0], 0) + min(width[1], 0)
    return mode == "circular" and max(width) > left


@pytest.mark.oracle
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("size", [1, 2, 3])
def test_every_width_is_pytorchs_or_refused_as_there(mode: str, size: int, rng: np.random.Generator) -> None:
    torch = pytest.importorskip("torch")
    refused = 0
    for width in WIDTHS:
        x = rng.normal(size=(2, size))
        theirs = torch.tensor(x, requires_grad=True)
        try:
            if peer_is_undefined(mode, size, width):
                raise RuntimeError
            peer = torch.nn.functional.pad(theirs, width, mode)
        except RuntimeError:
            with pytest.raises(ShapeError, match="more than there is"):
                F.pad(x, width, mode)
            refused += 1
            continue
        leaf = Tensor(x, requires_grad=True)
        ours = F.pad(leaf, width, mode)
        np.testing.assert_array_equal(ours.numpy(), peer.detach().numpy(), err_msg=f"{width}")
        np.testing.assert_array_equal(F.pad(x, width, mode), ours.numpy())
        g = rng.normal(size=ours.shape)
        ours.backward(g)
        peer.backward(torch.tensor(g))
        assert leaf.grad is not None
        np.testing.assert_allclose(leaf.grad.numpy(), theirs.grad.numpy(), atol=1e-12, err_msg=f"{width}")
    assert 0 < refused < len(WIDTHS)


@pytest.mark.oracle
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("pad", [(1, 0, 0, 2), (0, 0, 1, 1), (-1, 2, 0, -1), (1, 1, 0, 0, 1, 1), (1, -1, -1, 1, 1, 0)])
def test_several_axes_are_pytorchs(mode: str, pad: tuple[int, ...], rng: np.random.Generator) -> None:
    torch = pytest.importorskip("torch")
    x = rng.normal(size=(2, *[3] * (1 + len(pad) // 2)))
    np.testing.assert_array_equal(F.pad(x, pad, mode), torch.nn.functional.pad(torch.tensor(x), pad, mode))


@pytest.mark.oracle
@pytest.mark.parametrize("dtype", [np.int64, np.uint8, np.bool_, np.float16])
@pytest.mark.parametrize("value", [None, 1, 2.7])
def test_a_constant_border_of_any_dtype_is_pytorchs(dtype: Any, value: Any) -> None:
    torch = pytest.importorskip("torch")
    x = np.array([[1, 0]], dtype)
    ours, theirs = F.pad(x, (1, 2), value=value), torch.nn.functional.pad(torch.tensor(x), (1, 2), value=value)
    assert ours.dtype == dtype
    np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("mode", MODES)
def test_all_axes_may_be_padded_in_every_mode(mode: str, rng: np.random.Generator) -> None:
    x = rng.normal(size=(2, 3, 2, 2, 3))
    np.testing.assert_array_equal(F.pad(x, (1, 1), mode), np.pad(x, [(0, 0)] * 4 + [(1, 1)], MODES[mode]))
    assert F.pad(x, (1,) * 10, mode).shape == (4, 5, 4, 4, 5)


def test_the_rule_is_np_pads() -> None:
    y = F.pad(Tensor(np.ones((2, 3)), requires_grad=True), (1, 1), "reflect")
    assert [item.name for item in ancestors(y.node) if isinstance(item, Node)] == ["pad"]


def test_batches_may_be_empty() -> None:
    for mode in MODES:
        assert F.pad(np.ones((0, 2, 3)), (1, 1), mode).shape == (0, 2, 5)
    assert F.pad(np.ones((2, 0)), (1, 1)).tolist() == [[0, 0], [0, 0]]


@pytest.mark.oracle
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize("each", [False, True])
def test_repr_is_pytorchs(kind: str, axes: int, each: bool) -> None:
    torch = pytest.importorskip("torch")
    name, padding = f"{kind}{axes}d", tuple(range(2 * axes)) if each else 2
    options = (padding, 3.5) if kind == "ConstantPad" else (padding,)
    ours, theirs = getattr(nn, name)(*options), getattr(torch.nn, name)(*options)
    assert repr(ours) == repr(theirs)
    assert ours.padding == theirs.padding


@pytest.mark.parametrize(
    ("function", "error", "message"),
    [
        (lambda: F.pad(np.ones((2, 3)), 1), ArgumentError, "pad must be a tuple of integers.*got 1"),
        (lambda: F.pad(np.ones((2, 3)), (1, 2, 3)), ArgumentError, r"pad must be a tuple.*got \(1, 2, 3\)"),
        (lambda: F.pad(np.ones((2, 3)), (1.0, 2)), ArgumentError, r"integers.*got \(1.0, 2\)"),
        (lambda: F.pad(np.ones((2, 3)), (True, False)), ArgumentError, "integers.*True"),
        (lambda: F.pad(np.ones(3), (1, 1, 1, 1)), ShapeError, r"names 2 axes.*shape \(3,\)"),
        (lambda: F.pad(np.ones((2, 3)), (1, 1), "edge"), ArgumentError, "'replicate', 'circular'; got 'edge'"),
        (lambda: F.pad(np.ones((2, 3)), (1, 1), "reflect", 2.0), ArgumentError, "leave value out; got 2.0"),
        (lambda: F.pad(np.ones((2, 3)), (1, 1), value="0"), ArgumentError, "must be a number; got '0'"),
        (lambda: F.pad(np.ones((2, 3)), (3, 0), "reflect"), ShapeError, r"\(3, 0\).*'reflect'.*axis 1.*\(2, 3\)"),
        (lambda: nn.ReflectionPad2d((1, 2)), ArgumentError, r"ReflectionPad2d: .*4 of them.*got \(1, 2\)"),
        (lambda: nn.ZeroPad1d("1"), ArgumentError, "ZeroPad1d: padding must be an integer.*'1'"),
        (lambda: nn.ReflectionPad2d(1)(np.ones((2, 3))), ShapeError, r"\(N, C, H, W\) or \(C, H, W\); got \(2, 3\)"),
        (lambda: nn.CircularPad1d(1)(np.ones((2, 3, 4, 5))), ShapeError, r"CircularPad1d.*F.pad"),
        (lambda: nn.CircularPad1d(5)(np.ones((2, 4))), ShapeError, "more than there is along axis 1"),
    ],
)  # fmt: skip
def test_errors(function: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        function()


def test_a_border_value_that_requires_grad_is_refused() -> None:
    with pytest.raises(ArgumentError, match="must be a number"):
        F.pad(np.ones(2), (1, 1), value=Tensor(1.0, requires_grad=True))  # type: ignore[arg-type]
