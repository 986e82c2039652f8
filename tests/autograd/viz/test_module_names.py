"""names= of trace, draw and steps: the user's names for his Tensors are in the pictures."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import nn
from autograd import Scalar, Tensor
from autograd.errors import ArgumentError
from autograd.viz import draw, steps, trace


def test_names_of_ones_own_go_before_all_others() -> None:
    q, keys = Tensor(np.ones((2, 3)), requires_grad=True), Tensor(np.ones((3, 2)))
    mask = np.eye(2)
    scores = q @ keys
    y = np.sum(scores * mask)
    names = {"Q": q, "K": keys, "scores": scores, "mask": mask}
    found = {node.name: node.kind for node in trace(y, names=names).nodes if node.name}
    assert found == {"Q": "parameter", "scores": "operation", "mask": "input", "K": "input"}
    assert {"Q", "scores"} <= set(re.findall(r"[A-Za-z]+", draw(y, names=names).to_dot()))
    assert "scores" in steps(y, names=names).to_html()
    assert '"scores"' in trace(y, names=names).to_html()  # x is traced a second time for it

    linear = nn.Linear(3, 1, rng=np.random.default_rng(0))
    parameters = {node.name for node in trace(linear(q), names={"w": linear.weight}).nodes if node.kind == "parameter"}
    assert parameters == {"w", "bias", ""}

    a, b = Scalar(2.0, label="a"), Scalar(3.0)
    assert {node.name for node in trace(a * b, names={"b": b, "first": a}).nodes} == {"first", "b", ""}


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["Q"], "a dict from a name .* got a list"),
        ({1: Scalar(1.0)}, "a name is a str; got 1"),
        ({"a": 3.0}, "'a' names a float"),
    ],
)
def test_names_that_name_nothing_are_refused(names: Any, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        trace(Scalar(1.0) * 2.0, names=names)
