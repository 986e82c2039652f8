"""Every row of tests/cases that PyTorch has too: the same value, gradients, and second gradients.

Needs the extra `oracle`; where torch is not installed conftest.py leaves these out and says how many.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograd import Tensor
from autograd.engine.gradients import gradients
from tests.cases import Case, all_cases, cotangents, is_floating, leaves, several

CASES = [case for case in all_cases() if case.torch is not None]
pytestmark = [
    pytest.mark.oracle,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # torch's own
    pytest.mark.filterwarnings("ignore::UserWarning"),
]


@pytest.fixture(scope="module")
def torch() -> Any:
    import torch

    torch.set_num_threads(1)
    return torch


def peers(torch: Any, case: Case, inputs: tuple[Any, ...]) -> tuple[list[Any], list[Any]]:
    """(torch's leaves, its floating results)"""
    arguments = [
        torch.tensor(x, requires_grad=is_floating(x)) if isinstance(x, (np.ndarray, np.generic)) else x for x in inputs
    ]
    assert case.torch is not None
    outputs = case.torch(torch, *arguments)
    outputs = outputs if isinstance(outputs, (tuple, list)) else (outputs,)
    return arguments, [y for y in outputs if y.is_floating_point()]


def as_array(g: Any, x: Any) -> Any:
    return np.zeros(x.shape) if g is None else g.numpy() if isinstance(g, Tensor) else g.numpy(force=True)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_pytorch_agrees(case: Case, rng: np.random.Generator, torch: Any) -> None:
    inputs = case.inputs(rng)
    close = {"rtol": max(case.tolerance, 1e-7), "atol": max(case.tolerance, 1e-7)}

    theirs, their_outputs = peers(torch, case, inputs)
    ours = leaves(inputs)
    our_outputs = several(case.function(*ours))
    assert len(our_outputs) == len(their_outputs)
    for a, b in zip(our_outputs, their_outputs, strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(force=True), err_msg="value", **close)

    seeds = cotangents(our_outputs)
    their_leaves = [x for x in theirs if getattr(x, "requires_grad", False)]
    our_leaves = [x for x in ours if isinstance(x, Tensor)]
    pairs = [(y, torch.tensor(c)) for y, c in zip(their_outputs, seeds, strict=True) if y.requires_grad]
    their_grads = torch.autograd.grad(
        [y for y, _ in pairs], their_leaves, [c for _, c in pairs], create_graph=case.order >= 2, allow_unused=True
    )
    our_grads = gradients(our_outputs, our_leaves, seeds, create_graph=case.order >= 2)
    for a, b, x in zip(our_grads, their_grads, our_leaves, strict=True):
        np.testing.assert_allclose(as_array(a, x), as_array(b, x), err_msg="gradient", **close)

    # the second gradient: of <u, gradient>, for random u
    directions = [rng.normal(size=x.shape) for x in our_leaves]
    our_sum = [(g, u) for g, u in zip(our_grads, directions, strict=True) if g is not None and g.requires_grad]
    their_sum = [
        (g, torch.tensor(u)) for g, u in zip(their_grads, directions, strict=True) if g is not None and g.requires_grad
    ]
    if case.order < 2 or not our_sum or not their_sum:
        return
    try:
        their_second = torch.autograd.grad(
            [g for g, _ in their_sum], their_leaves, [u for _, u in their_sum], allow_unused=True
        )
    except RuntimeError as error:
        if "derivative" in str(error) or "not implemented" in str(error):
            return  # torch differentiates this once only
        raise
    our_second = gradients([g for g, _ in our_sum], our_leaves, [u for _, u in our_sum])
    for a, b, x in zip(our_second, their_second, our_leaves, strict=True):
        np.testing.assert_allclose(as_array(a, x), as_array(b, x), err_msg="second gradient", **close)
