"""Parameters in one buffer: all that users do with them still works (docs/design/flat-parameters.md)."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import nn
import optim
from autograd import Tensor
from autograd.errors import InPlaceError, ShapeError
from optim import flat

SHAPES = [(3, 4), (0, 2), (), (5,), (2, 1, 2)]
KINDS: list[tuple[Any, dict[str, Any]]] = [
    (optim.SGD, {"momentum": 0.9}),
    (optim.Adam, {"weight_decay": 0.1}),
    (optim.NAdam, {}),
    (optim.ASGD, {"t0": 1}),
    (optim.Rprop, {}),
    (optim.Adafactor, {"weight_decay": 0.1}),
]
kinds = pytest.mark.parametrize(("cls", "options"), KINDS, ids=[cls.__name__ for cls, _ in KINDS])


def parameters(dtype: Any = np.float64) -> list[nn.Parameter]:
    rng = np.random.default_rng(0)
    return [nn.Parameter(rng.normal(size=shape).astype(dtype)) for shape in SHAPES]


def give_gradients(params: list[Any], seed: int) -> None:
    rng = np.random.default_rng(seed)
    for p in params:
        p.grad = rng.normal(size=p.shape).astype(p.dtype)


def run(optimizer: optim.Optimizer, params: list[Any], first: int, last: int) -> None:
    for k in range(first, last):
        give_gradients(params, k)
        optimizer.step()


def values(params: list[Any]) -> list[Any]:
    return [p.numpy().copy() for p in params]


def assert_same(found: list[Any], expected: list[Any]) -> None:
    for x, y in zip(found, expected, strict=True):
        assert x.dtype == y.dtype
        assert np.array_equal(x, y)


def straight(cls: Any, options: dict[str, Any], steps: int = 6, dtype: Any = np.float64) -> list[Any]:
    """The parameters after undisturbed steps."""
    params = parameters(dtype)
    run(cls(params, lr=0.1, **options), params, 0, steps)
    return values(params)


@kinds
def test_each_parameter_is_updated_as_if_it_were_alone(cls: Any, options: dict[str, Any]) -> None:
    params = parameters()
    optimizers = [cls([p], lr=0.1, **options) for p in params]
    for k in range(6):
        give_gradients(params, k)
        for optimizer in optimizers:
            optimizer.step()
    assert_same(values(params), straight(cls, options))


@kinds
@pytest.mark.parametrize("block", [8, 24, 56, 1024])  # bytes: stretches of 1, 3, 7 and of all elements
def test_the_size_of_the_stretches_does_not_matter(
    cls: Any, options: dict[str, Any], block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = straight(cls, options)
    monkeypatch.setattr(flat, "part", lambda nbytes, limits: block)
    assert_same(straight(cls, options), expected)


@kinds
def test_the_arrays_stay_where_the_optimizer_put_them(cls: Any, options: dict[str, Any]) -> None:
    params = parameters()
    optimizer = cls(params, lr=0.1, **options)
    arrays = [p.numpy() for p in params]
    run(optimizer, params, 0, 2)
    assert all(p.numpy() is array for p, array in zip(params, arrays, strict=True))
    base = arrays[0].base
    assert all(array.base is base for array in arrays)
    remembered = [next(value for value in optimizer.state[p].values() if isinstance(value, np.ndarray)) for p in params]
    assert all(array.base is remembered[0].base for array in remembered)


@kinds
def test_data_may_be_bound_anew(cls: Any, options: dict[str, Any]) -> None:
    params = parameters()
    optimizer = cls(params, lr=0.1, **options)
    run(optimizer, params, 0, 3)
    params[0].data = params[0].numpy().copy()
    mine = np.asfortranarray(params[0].numpy())
    params[3].data = params[3].numpy() + 0
    params[0].data = mine
    before = mine.copy()
    run(optimizer, params, 3, 6)
    assert_same(values(params), straight(cls, options))
    assert np.array_equal(mine, before)  # the caller's array is not written


@kinds
def test_the_dtype_may_change_between_steps(cls: Any, options: dict[str, Any]) -> None:
    model = nn.Linear(3, 2)
    optimizer = cls(model.parameters(), lr=0.1, **options)
    params = list(model.parameters())
    run(optimizer, params, 0, 2)
    model.astype(np.float64)
    run(optimizer, params, 2, 4)
    assert {p.dtype for p in params} == {np.dtype(np.float64)}
    assert {value.dtype for p in params for value in optimizer.state[p].values() if isinstance(value, np.ndarray)} == {
        np.dtype(np.float64)
    }


def test_a_group_may_mix_dtypes() -> None:
    single, double = parameters(np.float32), parameters(np.float64)
    mixed = [p for pair in zip(single, double, strict=True) for p in pair]
    optimizer = optim.Adam(mixed, lr=0.1)
    for k in range(6):
        give_gradients(single, k)
        give_gradients(double, k)
        optimizer.step()
    assert_same(values(single), straight(optim.Adam, {}, dtype=np.float32))
    assert_same(values(double), straight(optim.Adam, {}))


@kinds
def test_gradients_in_another_order_or_dtype(cls: Any, options: dict[str, Any]) -> None:
    params = [nn.Parameter(np.array(p.numpy(), order="F")) for p in parameters()]
    optimizer = cls(params, lr=0.1, **options)
    for k in range(6):
        give_gradients(params, k)
        for p in params:
            p.grad = np.array(p.grad.numpy(), order="F")
        optimizer.step()
    assert_same(values(params), straight(cls, options))
    alone = nn.Parameter([1.0, 2.0])
    for grad in (np.ones(2, np.float32), np.ones(2, np.int64), np.ones(4)[::2], np.broadcast_to(1.0, (2,))):
        p = nn.Parameter([1.0, 2.0])
        p.grad = grad
        optim.SGD([p, alone], lr=0.5).step()
        assert p.tolist() == [0.5, 1.5]


@kinds
def test_a_parameter_without_gradient_stays_behind_and_catches_up(cls: Any, options: dict[str, Any]) -> None:
    params, alone = parameters(), parameters()
    optimizer, others = cls(params, lr=0.1, **options), [cls([p], lr=0.1, **options) for p in alone]
    for k in range(6):
        for ps in (params, alone):
            give_gradients(ps, k)
            for i in [(), (0,), (0, 2), (4,), (0, 1, 2, 3, 4), ()][k]:
                ps[i].grad = None
        optimizer.step()
        for other in others:
            other.step()
    assert_same(values(params), values(alone))


def test_a_frozen_parameter_leaves_what_was_recorded_with_it_alone() -> None:
    p, x = nn.Parameter([2.0, 3.0]), Tensor([1.0, 1.0], requires_grad=True)
    optimizer = optim.SGD([p], lr=1.0)
    (p * 1).sum().backward()
    p.requires_grad = False
    y = (p * x).sum()  # p is a constant here, whose changes are not detected
    optimizer.step()
    assert p.tolist() == [1, 2]
    y.backward()
    assert x.grad is not None
    assert x.grad.tolist() == [2, 3]


@kinds
def test_a_group_is_added_and_another_taken_away(cls: Any, options: dict[str, Any]) -> None:
    first, second = parameters(), parameters()
    optimizer = cls(first, lr=0.1, **options)
    run(optimizer, first, 0, 3)
    optimizer.add_param_group({"params": second})
    for k in range(3, 6):
        give_gradients(first, k)
        give_gradients(second, k - 3)
        optimizer.step()
    assert_same(values(first), straight(cls, options))
    del optimizer.param_groups[0]
    for p in first:
        p.grad = None
    run(optimizer, second, 3, 6)
    assert_same(values(second), straight(cls, options))
    assert optimizer.state_dict()["state"].keys() == set(
        range(len(second))
    )  # parameters that are no longer updated are not saved


@kinds
def test_two_optimizers_of_the_same_parameters(cls: Any, options: dict[str, Any]) -> None:
    params, other = parameters(), parameters()
    a, b = cls(params, lr=0.1, **options), optim.SGD(params, lr=0.01)
    arrays = [p.numpy() for p in params]
    alone = [(cls([p], lr=0.1, **options), optim.SGD([p], lr=0.01)) for p in other]
    for k in range(4):
        give_gradients(params, k)
        give_gradients(other, k)
        a.step()
        b.step()
        for x, y in alone:
            x.step()
            y.step()
    assert_same(values(params), values(other))
    # The second optimizer found the parameters side by side. One with another order has to move them.
    assert all(p.numpy() is array for p, array in zip(params, arrays, strict=True))
    reverse = optim.SGD(params[::-1], lr=0.01)
    run(reverse, params, 4, 5)
    run(a, params, 5, 6)
    give_gradients(other, 4)
    for _, y in alone:
        y.step()
    give_gradients(other, 5)
    for x, _ in alone:
        x.step()
    assert_same(values(params), values(other))


@kinds
def test_model_and_optimizer_are_copied_together(cls: Any, options: dict[str, Any]) -> None:
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    optimizer = cls(model.parameters(), lr=0.1, **options)
    run(optimizer, list(model.parameters()), 0, 3)
    for twin, twins in (copy.deepcopy((model, optimizer)), pickle.loads(pickle.dumps((model, optimizer)))):
        shared = list(twin.parameters())
        assert all(p is q for p, q in zip(shared, twins.param_groups[0]["params"], strict=True))
        before = values(list(model.parameters()))
        run(twins, shared, 3, 6)
        assert_same(values(list(model.parameters())), before)
        again, fresh = copy.deepcopy((model, optimizer))
        run(fresh, list(again.parameters()), 3, 6)
        assert_same(values(shared), values(list(again.parameters())))


@kinds
def test_state_that_the_user_changes_counts(cls: Any, options: dict[str, Any]) -> None:
    params = parameters()
    optimizer = cls(params, lr=0.1, **options)
    run(optimizer, params, 0, 2)
    for p, fresh in zip(params, parameters(), strict=True):
        p.numpy()[...] = fresh.numpy()
    optimizer.state.clear()  # so it starts again, in the same buffers
    run(optimizer, params, 0, 6)
    assert_same(values(params), straight(cls, options))


@pytest.mark.parametrize(("cls", "options"), KINDS[:3])
def test_an_array_that_the_user_puts_into_the_state_counts(cls: Any, options: dict[str, Any]) -> None:
    params = parameters()
    optimizer = cls(params, lr=0.1, **options)
    run(optimizer, params, 0, 6)
    key = "momentum_buffer" if cls is optim.SGD else "exp_avg"
    optimizer.state[params[3]][key] = np.full(5, 1e6)
    before = params[3].numpy().copy()
    run(optimizer, params, 6, 7)
    assert (np.abs(params[3].numpy() - before) > 10).all()


def test_momentum_switched_on_begins_with_the_gradient() -> None:
    p = nn.Parameter([1.0])
    optimizer = optim.SGD([p], lr=0.1, dampening=0.5)
    run(optimizer, [p], 0, 2)
    optimizer.param_groups[0]["momentum"] = 0.9
    before = p.item()
    give_gradients([p], 2)
    optimizer.step()
    assert abs(p.item() - (before - 0.1 * p.grad.item())) < 1e-15  # without dampening, as PyTorch's first update


@kinds
def test_a_changed_shape_is_named(cls: Any, options: dict[str, Any]) -> None:
    p = nn.Parameter(np.ones((2, 3)))
    optimizer = cls([p], lr=0.1, **options)
    run(optimizer, [p], 0, 1)
    p.data = np.ones(4)
    with pytest.raises(ShapeError, match=r"shape \(4,\) has a gradient of shape \(2, 3\). Call zero_grad"):
        optimizer.step()
    give_gradients([p], 0)
    with pytest.raises(ShapeError, match=r"parameter 0 has shape \(4,\) by now, but its \w+ \(2, [31]\)"):
        optimizer.step()
    assert p.tolist() == [1, 1, 1, 1]
    del optimizer.state[p]
    optimizer.step()


@kinds
def test_what_schedulers_write_into_a_group_is_saved(cls: Any, options: dict[str, Any]) -> None:
    params = parameters()
    optimizer = cls([{"params": params, "initial_lr": 0.5}], lr=0.1, **options)
    optimizer.param_groups[0].update(max_lr=1.0, base_momentum=0.8)
    saved = pickle.loads(pickle.dumps(optimizer.state_dict()))
    other = cls(parameters(), lr=0.3)
    other.load_state_dict(saved)
    group = other.param_groups[0]
    assert (group["initial_lr"], group["max_lr"], group["base_momentum"], group["lr"]) == (0.5, 1.0, 0.8, 0.1)


@kinds
def test_every_parameter_of_a_step_is_watched(cls: Any, options: dict[str, Any]) -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    optimizer = cls(model.parameters(), lr=0.1, **options)
    x = Tensor(np.ones((1, 2)), requires_grad=True)
    model(x).sum().backward()
    loss = model(x).sum()
    optimizer.step()
    with pytest.raises(InPlaceError, match="weight"):
        loss.backward()


def test_only_empty_parameters() -> None:
    for cls in (optim.Adam, optim.SGD, optim.LBFGS):
        p = nn.Parameter(np.zeros((0, 3)))
        optimizer = cls([p])
        p.sum().backward()
        optimizer.step(lambda p=p: p.sum())
        assert p.shape == (0, 3)


def test_a_step_on_a_frozen_parameter_leaves_what_was_recorded_with_it_alone() -> None:
    layer = nn.Linear(2, 1)
    x = Tensor(np.ones((1, 2), np.float32), requires_grad=True)
    layer(x).sum().backward()
    optimizer = optim.SGD(layer.parameters(), lr=1.0)
    layer.weight.requires_grad_(False)
    before = layer.weight.numpy().copy()
    x.zero_grad()
    y = layer(x).sum()
    optimizer.step()
    y.backward()
    assert x.grad is not None
    assert np.array_equal(x.grad.numpy(), before)
    assert not np.array_equal(layer.weight.numpy(), before)
