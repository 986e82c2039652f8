"""Sequential, ModuleList, ModuleDict; Identity, Lambda, Flatten and Unflatten."""

from __future__ import annotations

import copy
from collections import OrderedDict
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import nn
from autograd import Tensor
from autograd.errors import ArgumentError, ShapeError


def test_flatten() -> None:
    x = np.arange(24.0).reshape(2, 3, 4)
    assert nn.Flatten()(x).shape == (2, 12)
    assert nn.Flatten(0, 1)(x).shape == (6, 4)
    with pytest.raises(ShapeError, match="no such axes"):
        nn.Flatten()(np.ones(3))


def test_sequential_is_a_sequence() -> None:
    net = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    assert len(net) == 3
    assert [type(module).__name__ for module in net] == ["Linear", "ReLU", "Linear"]
    assert net[-1] is net[2]
    assert len(net[:2]) == 2
    assert net[:2][0] is net[0]
    net[1] = nn.Tanh()
    assert isinstance(net[1], nn.Tanh)
    assert len(net.append(nn.ReLU())) == 4
    with pytest.raises(IndexError, match="out of range for a Sequential of 4"):
        net[4]
    with pytest.raises(ArgumentError, match=r"nn\.ReLU\(\), not nn\.ReLU"):
        nn.Sequential(nn.ReLU)


def test_sequential_runs_a_repeated_module_each_time() -> None:
    double = nn.Linear(1, 1, bias=False)
    nn.init.constant_(double.weight, 2)
    net = nn.Sequential(double, double, double)
    assert len(net) == 3
    assert net(np.ones(1)).tolist() == [8]


def test_sequential_of_named_modules() -> None:
    net = nn.Sequential({"fc": nn.Linear(2, 2), "act": nn.ReLU()})
    assert [name for name, _ in net.named_parameters()] == ["fc.weight", "fc.bias"]
    for bad in ("", "a.b", "forward"):
        with pytest.raises(ArgumentError, match="cannot name a module"):
            nn.Sequential({bad: nn.ReLU()})


def kinds(modules: Any) -> str:
    """The modules as letters: L(inear), R(eLU), T(anh), …"""
    return "".join(type(module).__name__[0] for module in modules)


def three() -> list[nn.Module]:
    return [nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1)]


@pytest.mark.parametrize("make", [lambda modules: nn.Sequential(*modules), nn.ModuleList])
def test_a_series_is_a_list(make: Any) -> None:
    rows = make(three())
    assert rows.insert(1, nn.Tanh()) is rows
    assert kinds(rows) == "LTRL"
    assert rows.extend([nn.ReLU(), nn.Tanh()]) is rows
    assert kinds(rows) == "LTRLRT"
    assert kinds([rows.pop(), rows.pop(0)]) == "TL"
    assert kinds(rows) == "TRLR"
    del rows[0]
    assert kinds(rows) == "RLR"
    del rows[::2]
    assert kinds(rows) == "L"
    rows += [nn.Tanh()]
    assert kinds(rows + make([nn.ReLU()])) == "LTR"
    assert kinds(rows) == "LT"
    rows[:] = [nn.ReLU(), nn.ReLU()]
    assert kinds(rows) == "RR"
    assert rows[1] in rows
    assert rows[np.int64(0)] is rows[0]
    assert [name for name, _ in rows.named_children()] == ["0", "1"]
    rows.insert(-1, nn.Tanh())
    assert kinds(reversed(rows)) == "RTR"
    for bad in (3, -4):
        with pytest.raises(IndexError, match=f"index {bad} is out of range"):
            del rows[bad]
        with pytest.raises(IndexError, match=f"index {bad} is out of range"):
            rows[bad] = nn.ReLU()
    with pytest.raises(ArgumentError, match="as many modules as it has"):
        rows[:2] = [nn.ReLU()]


@pytest.mark.parametrize("make", [lambda modules: nn.Sequential(*modules), nn.ModuleList])
def test_a_series_that_refuses_is_unchanged(make: Any) -> None:
    rows = make(three())
    for change in (
        lambda: rows.append(np.tanh),
        lambda: rows.extend([nn.ReLU(), None]),
        lambda: rows.extend(nn.ReLU()),
        lambda: rows.insert(0, nn.ReLU),
        lambda: rows.__setitem__(0, 3),
        lambda: rows.__setitem__(slice(0, 2), [nn.ReLU(), 3]),
    ):
        with pytest.raises(ArgumentError):
            change()
        assert kinds(rows) == "LRL"
    with pytest.raises(ArgumentError, match=r"Wrap a function: nn\.Lambda\(function\)"):
        rows.append(np.tanh)
    with pytest.raises(ArgumentError, match=r"Unpack it: nn\.Sequential\(\*modules\)"):
        nn.Sequential(three())  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        rows + 3


def test_a_slice_keeps_names_and_what_comes_after_finds_a_free_one() -> None:
    net = nn.Sequential(*three())
    tail = net[1:]
    assert list(tail.state_dict()) == ["2.weight", "2.bias"]  # as in PyTorch
    tail.append(nn.Linear(1, 1))
    assert [name for name, _ in tail.named_children()] == ["1", "2", "3"]
    assert len(net) == 3
    named = nn.Sequential(OrderedDict(a=nn.ReLU(), b=nn.Tanh()))
    named.insert(1, nn.Linear(1, 1))
    assert [name for name, _ in named.named_children()] == ["a", "2", "b"]
    del named[0]
    assert [name for name, _ in named.named_children()] == ["2", "b"]
    assert list(nn.ModuleList(three())[1:].state_dict()) == ["1.weight", "1.bias"]


def test_a_slice_of_a_subclass_needs_no_constructor() -> None:
    class MLP(nn.Sequential):
        def __init__(self, sizes: list[int]) -> None:
            super().__init__(*[nn.Linear(a, b) for a, b in pairwise(sizes)])
            self.sizes = sizes

    net = MLP([4, 3, 2])
    net.register_forward_hook(lambda *_: 1 / 0)
    head = net[:1]
    assert type(head) is MLP
    assert head(np.ones(4)).shape == (3,)
    assert head.sizes == [4, 3, 2]


def test_an_empty_sequential_is_the_identity() -> None:
    x = np.ones(3)
    assert nn.Sequential()(x) is x
    assert repr(nn.Sequential()) == "Sequential()"
    assert len(nn.ModuleList()) == len(nn.ModuleDict()) == 0


def test_a_module_dict_is_a_dict() -> None:
    heads = nn.ModuleDict({"a": nn.Linear(2, 1), "b": nn.ReLU()})
    assert (len(heads), list(heads), list(heads.keys()), kinds(heads.values())) == (2, ["a", "b"], ["a", "b"], "LR")
    assert heads["a"] is dict(heads.items())["a"]
    assert "a" in heads
    assert "c" not in heads
    heads["b"] = nn.Tanh()
    heads.update([("c", nn.ReLU())])
    heads.update(nn.ModuleDict({"d": nn.ReLU()}))
    assert kinds(heads.values()) == "LTRR"
    assert list(heads.state_dict()) == ["a.weight", "a.bias"]
    assert isinstance(heads.pop("a"), nn.Linear)
    del heads["c"]
    assert list(heads) == ["b", "d"]
    with pytest.raises(KeyError, match="this ModuleDict has 'b', 'd'"):
        heads["a"]
    with pytest.raises(KeyError):
        del heads["training"]
    heads.clear()
    assert list(heads) == []


def test_a_module_dict_that_refuses_is_unchanged() -> None:
    heads = nn.ModuleDict({"a": nn.ReLU()})
    for bad in ("", "x.y", "keys", "training", 3):
        with pytest.raises(ArgumentError, match="cannot name a module of a ModuleDict"):
            heads.update({"b": nn.ReLU(), bad: nn.ReLU()})  # type: ignore[dict-item]
    with pytest.raises(ArgumentError, match="ModuleDict takes modules; got 3 as b"):
        heads["b"] = 3  # type: ignore[assignment]
    with pytest.raises(ArgumentError, match="takes a dict of name -> module"):
        nn.ModuleDict(3)  # type: ignore[arg-type]
    assert list(heads) == ["a"]


@pytest.mark.parametrize(
    ("container", "message"), [(nn.ModuleList, "loop over its modules"), (nn.ModuleDict, "pick a module")]
)
def test_lists_and_dicts_are_not_called(container: Any, message: str) -> None:
    with pytest.raises(NotImplementedError, match=message):
        container()(np.ones(1))


def test_identity_takes_anything_and_gives_it_back() -> None:
    for x in (np.ones(2), Tensor([1.0]), "text", None):
        assert nn.Identity(3, a=4)(x) is x


def test_lambda() -> None:
    assert nn.Lambda(lambda x, y=1: x + y)(2, y=3) == 5
    assert repr(nn.Lambda(np.tanh)) == "Lambda(tanh)"
    assert repr(nn.Lambda(nn.ReLU())) == "Lambda(\n  (fn): ReLU()\n)"
    layer = nn.Linear(2, 2)
    assert list(nn.Lambda(layer).parameters()) == list(layer.parameters())
    copy.deepcopy(nn.Lambda(lambda x: x))
    with pytest.raises(ArgumentError, match="Lambda takes a function; got 3"):
        nn.Lambda(3)  # type: ignore[arg-type]


def test_flatten_of_a_number_and_of_nothing() -> None:
    assert nn.Flatten(0)(3.0).shape == (1,)
    assert nn.Flatten()(np.ones((2, 0, 3))).shape == (2, 0)
    with pytest.raises(ArgumentError, match=r"start_dim must be an integer; got 1\.5"):
        nn.Flatten(1.5)  # type: ignore[arg-type]


def test_unflatten_is_the_opposite_of_flatten() -> None:
    x = np.arange(24.0).reshape(2, 3, 4)
    assert (nn.Unflatten(1, (3, 4))(nn.Flatten()(x)) == x).all()
    assert nn.Unflatten(-1, [2, -1])(x).shape == (2, 3, 2, 2)
    assert nn.Unflatten(1, (0, 3))(np.ones((2, 0))).shape == (2, 0, 3)
    for dim, size, message in [
        (1, (2, 2), r"into \(2, 2\), whose product is 4; got shape \(2, 3, 4\), whose axis 1 has 3"),
        (1, (2, -1), "whose product is 2 times -1"),
        (1, (0, -1), "whose product is 0 times -1"),
        (3, (2,), "has no such axis"),
    ]:
        with pytest.raises(ShapeError, match=message):
            nn.Unflatten(dim, size)(x)
    for dim, size, message in [
        (1, (-1, -1), "at most one of them -1"),
        (1, (-2,), "sizes >= 0"),
        (1, 3, "must be a tuple of sizes; got 3"),
        (1, (2.0,), "a size in unflattened_size must be an integer"),
        ("a", (2,), "dim must be an integer"),
    ]:
        with pytest.raises(ArgumentError, match=message):
            nn.Unflatten(dim, size)  # type: ignore[arg-type]
