"""All parameters as one vector, and back."""

from __future__ import annotations

import numpy as np
import pytest

import nn
from autograd import Tensor, gradcheck
from autograd.errors import ArgumentError, ShapeError


def test_parameters_and_vector_and_back(rng: np.random.Generator) -> None:
    net, twin = nn.Linear(3, 2), nn.Linear(3, 2)
    vector = nn.parameters_to_vector(net.parameters())
    assert vector.tolist() == [*net.weight.numpy().ravel().tolist(), *net.bias.tolist()]
    nn.vector_to_parameters(vector, twin.parameters())
    assert np.array_equal(twin.weight.numpy(), net.weight.numpy())
    assert np.array_equal(twin.bias.numpy(), net.bias.numpy())
    assert twin.weight.requires_grad
    assert twin.weight.is_leaf
    assert gradcheck(
        lambda a, b: nn.utils.parameters_to_vector([a, b]) ** 2, rng.normal(size=(2, 2)), rng.normal(size=3)
    )


def test_a_vector_of_the_wrong_length_changes_nothing() -> None:
    net = nn.Linear(3, 2)
    before = net.state_dict()
    with pytest.raises(ShapeError, match=r"shape \(8,\).*got \(7,\)"):
        nn.vector_to_parameters(np.zeros(7), net.parameters())
    with pytest.raises(ArgumentError, match="at least one"):
        nn.parameters_to_vector([])
    assert all(np.array_equal(before[name], value) for name, value in net.state_dict().items())


def test_the_vector_is_no_view_of_the_parameters() -> None:
    net = nn.Linear(3, 2)
    vector = nn.parameters_to_vector(net)
    assert isinstance(vector, Tensor)
    assert not np.shares_memory(vector.numpy(), net.weight.numpy())
