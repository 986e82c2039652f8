"""The weights of losses: of either sign, 0 or summing to 0, and with a gradient of their own."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

import nn
import nn.functional as F
from autograd import Tensor, gradcheck
from autograd.engine.gradients import gradients
from autograd.engine.recording import raw
from autograd.errors import ArgumentError

RNG = np.random.default_rng(13)
X, Y = RNG.normal(size=(4, 3)), RNG.uniform(0.1, 0.9, (4, 3))
CLASSES = np.array([0, 2, 1, 2])
SOME = np.array([0, 2, -100, 2])
SIGNED = np.array([1.5, -2.0, 0.0])  # of both signs, and one that is 0
EACH = np.stack([SIGNED, SIGNED + 1, SIGNED - 2, SIGNED * 2])

# loss, its name for the weight, input, target, weight, whether PyTorch has a gradient by this weight
WEIGHTED: list[tuple[Callable[..., Any], str, Any, Any, Any, bool]] = [
    (F.binary_cross_entropy, "weight", Y, Y[::-1], SIGNED, False),
    (F.binary_cross_entropy, "weight", Y, Y[::-1], EACH, False),
    (F.binary_cross_entropy_with_logits, "weight", X, Y, SIGNED, False),
    (F.binary_cross_entropy_with_logits, "pos_weight", X, Y, SIGNED, False),
    (partial(F.binary_cross_entropy_with_logits, weight=SIGNED), "pos_weight", X, Y, EACH, False),
    (F.cross_entropy, "weight", X, CLASSES, SIGNED, False),
    (F.cross_entropy, "weight", X, SOME, SIGNED, False),
    (partial(F.cross_entropy, label_smoothing=0.2), "weight", X, SOME, SIGNED, False),
    (F.cross_entropy, "weight", X, Y, SIGNED, True),
    (partial(F.cross_entropy, label_smoothing=0.2), "weight", X, Y, SIGNED, True),
    (F.cross_entropy, "weight", np.stack([X, X**2], 2), np.stack([SOME, CLASSES], 1), SIGNED, False),
    (F.nll_loss, "weight", X, CLASSES, SIGNED, False),
    (F.nll_loss, "weight", X, SOME, SIGNED, False),
    (F.multi_margin_loss, "weight", X, CLASSES, SIGNED, False),
    (partial(F.multi_margin_loss, p=2), "weight", X, CLASSES, SIGNED, False),
    (F.multilabel_soft_margin_loss, "weight", X, Y, SIGNED, True),
    (F.mse_loss, "weight", X, Y, EACH, True),
    (F.l1_loss, "weight", X, Y, EACH, True),
    (F.huber_loss, "weight", X, Y, EACH, True),
]
each_loss = pytest.mark.parametrize(
    ("loss", "name", "x", "y", "weight", "torchs"), WEIGHTED,
    ids=[f"{getattr(f, 'func', f).__name__} {name} {i}" for i, (f, name, *_) in enumerate(WEIGHTED)],
)  # fmt: skip
each_reduction = pytest.mark.parametrize("reduction", F.REDUCTIONS)


@each_loss
@each_reduction
def test_a_weight_that_requires_grad_gets_its_gradient(
    loss: Any, name: str, x: Any, y: Any, weight: Any, torchs: bool, reduction: str
) -> None:
    def weighted(x: Any, w: Any) -> Any:
        return loss(x, y, reduction=reduction, **{name: w})

    assert gradcheck(weighted, x, weight, order=2)
    w = Tensor(weight, requires_grad=True)
    np.testing.assert_allclose(raw(weighted(x, w)), weighted(x, weight), rtol=1e-12)


@each_loss
@each_reduction
def test_the_input_has_the_same_gradient_whether_or_not_the_weight_requires_one(
    loss: Any, name: str, x: Any, y: Any, weight: Any, torchs: bool, reduction: str
) -> None:
    found = []
    for w in (weight, Tensor(weight, requires_grad=True)):
        leaf = Tensor(x, requires_grad=True)
        out = loss(leaf, y, reduction=reduction, **{name: w})
        found.append(raw(gradients(out, [leaf], np.ones(out.shape))[0]))
    np.testing.assert_allclose(found[0], found[1], rtol=1e-12, atol=1e-15)


@each_loss
@each_reduction
@pytest.mark.oracle
def test_weights_of_either_sign_are_those_of_pytorch(
    loss: Any, name: str, x: Any, y: Any, weight: Any, torchs: bool, reduction: str
) -> None:
    torch = pytest.importorskip("torch")
    options = dict(getattr(loss, "keywords", {}))
    theirs = getattr(torch.nn.functional, getattr(loss, "func", loss).__name__)
    if "weight" in options:
        options["weight"] = torch.tensor(options["weight"])
    tensors = [torch.tensor(x, requires_grad=True), torch.tensor(weight, requires_grad=torchs)]
    expected = theirs(tensors[0], torch.tensor(np.array(y)), reduction=reduction, **{name: tensors[1]}, **options)
    expected.sum().backward()
    leaves = [Tensor(x, requires_grad=True), Tensor(weight, requires_grad=torchs)]
    out = loss(leaves[0], y, reduction=reduction, **{name: leaves[1]})
    np.testing.assert_allclose(raw(out), expected.detach().numpy(), rtol=1e-12)
    out.sum().backward()
    for ours, other in zip(leaves, tensors, strict=True):
        if ours.requires_grad:
            np.testing.assert_allclose(raw(ours.grad), other.grad.numpy(), rtol=1e-11, atol=1e-15)


@pytest.mark.parametrize("loss", [F.cross_entropy, F.nll_loss])
def test_weights_that_sum_to_zero_give_an_infinite_mean(loss: Any) -> None:
    x = Tensor(np.log([[0.5, 0.5], [0.2, 0.8]]), requires_grad=True)
    for w in (np.array([1.0, -1.0]), Tensor([1.0, -1.0], requires_grad=True)):
        out = loss(x, np.array([0, 1]), w)
        assert float(out) == np.inf  # PyTorch's, too
        with np.errstate(divide="ignore", invalid="ignore"):
            assert not np.isfinite(np.diagonal(raw(gradients(out, [x])[0]))).any()
        nothing = loss(x, np.array([-100, -100]), w)
        assert np.isnan(raw(nothing))
        assert not raw(gradients(nothing, [x])[0]).any()


WITH_WEIGHT = [
    nn.BCELoss, nn.CrossEntropyLoss, nn.NLLLoss, nn.BCEWithLogitsLoss, nn.MultiMarginLoss, nn.MultiLabelSoftMarginLoss,
]  # fmt: skip


@pytest.mark.parametrize("make", WITH_WEIGHT)
def test_modules_take_negative_weights_and_no_variable(make: Any) -> None:
    assert make(weight=[1.0, -2.0]).weight.tolist() == [1, -2]
    with pytest.raises(ArgumentError, match=r"stores its weight as a constant.*detach"):
        make(weight=Tensor([1.0, 2.0], requires_grad=True))


def test_a_parameter_that_is_set_as_the_weight_learns() -> None:
    loss = nn.BCEWithLogitsLoss()
    loss.pos_weight = nn.Parameter([1.0, 2.0, 0.5])
    loss(X, Y).backward()
    np.testing.assert_allclose(loss.pos_weight.grad.numpy(), (Y * np.logaddexp(0, -X)).sum(0) / 12, rtol=1e-6)


def test_weights_in_half_precision_count_beyond_its_range() -> None:
    many = np.ones(70_000, np.float16)
    for loss, y in ((F.cross_entropy, np.zeros(70_000, int)), (F.nll_loss, np.zeros(70_000, int))):
        w = Tensor(np.ones(2, np.float16), requires_grad=True)
        out = loss(np.stack([many, -many], 1), y, w)
        assert out.dtype == np.float16
        assert np.isfinite(raw(out))
        out.backward()
        assert w.grad.dtype == np.float16
    for loss in (F.mse_loss, F.l1_loss, F.huber_loss, F.binary_cross_entropy_with_logits):
        w = Tensor(many, requires_grad=True)
        out = loss(many * 2, many, weight=w)
        assert out.dtype == np.float16
        assert np.isfinite(raw(out))
        out.backward()
        assert np.isfinite(raw(w.grad)).all()


# Which shapes go together in gaussian_nll_loss, and the shape of the losses, in PyTorch 2.13
GAUSSIAN = [
    ((4, 3), (3,), (4, 3)), ((4, 3), (4, 1), (4, 3)), ((3,), (4, 3), (3,)), ((4, 3), (4, 3), (4, 1)),
    ((4, 3), (4, 3), (4,)), ((4, 3), (4, 3), (1, 3)), ((4, 1), (1, 3), (4, 1)), ((4, 1), (1, 3), (4,)),
    ((2, 4, 3), (2, 4, 3), (2, 1, 3)), ((4,), (4,), ()), ((4,), (4,), (1,)), ((), (3,), ()), ((3,), (), (3,)),
    ((2, 3), (5, 2, 3), (2, 3)), ((0, 3), (3,), (0, 3)),
]  # fmt: skip


@pytest.mark.parametrize("shapes", GAUSSIAN)
@each_reduction
@pytest.mark.oracle
def test_gaussian_nll_broadcasts_as_pytorch_does(shapes: Any, reduction: str, rng: np.random.Generator) -> None:
    torch = pytest.importorskip("torch")
    arrays = [rng.uniform(0.5, 2, shape) for shape in shapes]
    leaves = [Tensor(a, requires_grad=True) for a in arrays]
    tensors = [torch.tensor(a, requires_grad=True) for a in arrays]
    out = F.gaussian_nll_loss(*leaves, reduction=reduction)
    expected = torch.nn.functional.gaussian_nll_loss(*tensors, reduction=reduction)
    np.testing.assert_allclose(raw(out), expected.detach().numpy(), rtol=1e-12)
    out.sum().backward()
    expected.sum().backward()
    for ours, theirs in zip(leaves, tensors, strict=True):
        np.testing.assert_allclose(raw(ours.grad), theirs.grad.numpy(), rtol=1e-11, atol=1e-15)
    if out.size and reduction == "none":
        assert gradcheck(F.gaussian_nll_loss, *arrays, order=2)
