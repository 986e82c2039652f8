"""meProp: the backward against a dense computation with a mask, the counters, and what simplify cuts and refuses."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd import Tensor
from autograd.engine.gradients import gradients
from autograd.errors import ArgumentError, ShapeError
from nn import functional as F
from nn.layers.minimal_effort.effort_linear import SPARSE_COST, SPARSE_WORK


def masked(g: np.ndarray, k: int, unified: bool) -> np.ndarray:
    """g with only its chosen components, computed by sorting every row (or the sums of all rows) by magnitude."""
    flat = g.reshape(-1, g.shape[-1])
    out = np.zeros_like(flat)
    for row, kept in zip(flat, out, strict=True):
        order = np.argsort(np.abs(flat).sum(axis=0) if unified else np.abs(row), kind="stable")
        kept[order[-k:]] = row[order[-k:]]
    return out.reshape(g.shape)


def counted(g: np.ndarray, k: int, unified: bool) -> Any:
    kept = masked(g, k, unified).reshape(-1, g.shape[-1]) != 0
    return kept.any(axis=0) * len(kept) if unified else kept.sum(axis=0)


@pytest.mark.parametrize("unified", [False, True])
@pytest.mark.parametrize("k", [1, 3, 8, 9])
@pytest.mark.parametrize("shape", [(6,), (5, 6), (2, 5, 6), (0, 6)])
@pytest.mark.parametrize("bias", [False, True])
def test_gradients_are_those_of_the_masked_cotangent(
    shape: tuple[int, ...], k: int, unified: bool, bias: bool, rng: np.random.Generator
) -> None:
    x, w, b = (
        Tensor(rng.normal(size=shape), True),
        Tensor(rng.normal(size=(9, 6)), True),
        Tensor(rng.normal(size=9), True),
    )
    operands = (x, w, b) if bias else (x, w)
    activity, examples = np.zeros(9, np.int64), np.zeros((), np.int64)
    y = F.minimal_effort_linear(*operands, k=k, unified=unified, activity=activity, examples=examples)
    np.testing.assert_array_equal(y.numpy(), F.linear(*[a.numpy() for a in operands]))
    g = rng.normal(size=y.shape)
    before = g.copy()
    found = gradients(y, operands, g)
    kept = masked(g, k, unified)
    expected = [kept @ w.numpy(), kept.reshape(-1, 9).T @ x.numpy().reshape(-1, 6), kept.reshape(-1, 9).sum(axis=0)]
    for a, e in zip(found, expected, strict=False):
        np.testing.assert_allclose(a.numpy(), e, rtol=1e-12, atol=1e-13)
    np.testing.assert_array_equal(g, before)
    np.testing.assert_array_equal(activity, counted(g, k, unified))
    assert examples == g.size // 9


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_sparse_products_of_a_wide_layer(dtype: Any, rng: np.random.Generator) -> None:
    """Wide enough for the sparse product, with rows that have fewer than k nonzero components."""
    assert SPARSE_WORK < 64 * 300 * 300
    assert SPARSE_COST * 8 < 300
    x, w = (
        Tensor(rng.normal(size=(64, 300)).astype(dtype), True),
        Tensor(rng.normal(size=(400, 300)).astype(dtype), True),
    )
    b = Tensor(np.zeros(400, dtype), True)
    y = F.minimal_effort_linear(x, w, b, k=8)
    g = rng.normal(size=y.shape).astype(dtype)
    g[3] = 0
    g[4, 5:] = 0
    kept = masked(g, 8, False)
    close = {"rtol": 1e-4, "atol": 1e-4} if dtype is np.float32 else {"rtol": 1e-11, "atol": 1e-11}
    for a, e in zip(gradients(y, [x, w, b], g), [kept @ w.numpy(), kept.T @ x.numpy(), kept.sum(axis=0)], strict=True):
        assert a.dtype == dtype
        np.testing.assert_allclose(a.numpy(), e, **close)


@pytest.mark.parametrize("unified", [False, True])
def test_only_the_rows_of_chosen_units_get_a_gradient(unified: bool, rng: np.random.Generator) -> None:
    layer = nn.MinimalEffortLinear(6, 50, k=2, unified=unified, rng=rng)
    layer(rng.normal(size=(3, 6))).backward(rng.normal(size=(3, 50)))
    assert layer.bias is not None
    rows = np.flatnonzero(np.abs(layer.weight.grad.numpy()).sum(axis=1))
    assert len(rows) == 2 if unified else len(rows) <= 6
    np.testing.assert_array_equal(rows, np.flatnonzero(layer.bias.grad.numpy()))
    np.testing.assert_array_equal(rows, np.flatnonzero(layer.activity.numpy()))


def test_of_equals_exactly_k_are_chosen() -> None:
    for unified in (False, True):
        x = Tensor(np.zeros((2, 6)), requires_grad=True)
        F.minimal_effort(x, 2, unified).backward(np.ones((2, 6)))
        assert np.count_nonzero(x.grad.numpy(), axis=1).tolist() == [2, 2]


def test_a_nan_does_not_go_unseen() -> None:
    for unified in (False, True):
        g = np.array([[1.0, np.nan, 3.0, 2.0], [1.0, 0.5, 3.0, 0.0]])
        x = Tensor(np.zeros((2, 4)), requires_grad=True)
        F.minimal_effort(x, 1, unified).backward(g)
        assert np.isnan(x.grad.numpy()[0, 1])
        layer = nn.MinimalEffortLinear(2, 4, k=1, unified=unified)
        layer(np.ones((2, 2))).backward(g)
        assert np.isnan(layer.weight.grad.numpy()[1]).all()


def test_float16_sums_of_magnitudes_do_not_overflow() -> None:
    g = np.full((10, 3), 2e4, np.float16)  # 10 · 2e4 is more than the largest float16
    g[:, 1] = 3e4
    x = Tensor(np.zeros((10, 3), np.float16), requires_grad=True)
    F.minimal_effort(x, 1, unified=True).backward(g)
    assert np.flatnonzero(x.grad.numpy().any(axis=0)).tolist() == [1]


def test_relu_keeps_the_largest_of_those_that_pass() -> None:
    x = Tensor([[1.0, -1.0, 2.0, 3.0]], requires_grad=True)
    F.minimal_effort_relu(x, 2).backward(np.array([[1.0, 9.0, -4.0, 2.0]]))  # the 9 is stopped by the ReLU, not chosen
    assert x.grad.tolist() == [[0, 0, -4, 2]]


@pytest.mark.parametrize("unified", [False, True])
def test_linear_then_sparse_relu_equals_sparse_linear_then_relu(unified: bool, rng: np.random.Generator) -> None:
    sparse = nn.Sequential(nn.MinimalEffortLinear(5, 9, k=3, unified=unified, dtype=np.float64, rng=rng), nn.ReLU())
    other = nn.Sequential(nn.Linear(5, 9, dtype=np.float64), nn.MinimalEffortReLU(3, unified=unified))
    other.load_state_dict(sparse.state_dict())  # the keys are Linear's
    x, g = rng.normal(size=(7, 5)), rng.normal(size=(7, 9))
    for net in (sparse, other):
        net(x).backward(g)
    for a, b in zip(sparse.parameters(), other.parameters(), strict=True):
        np.testing.assert_allclose(a.grad.numpy(), b.grad.numpy(), rtol=1e-12)


@pytest.mark.parametrize("unified", [False, True])
def test_a_graph_of_the_gradient_holds_the_choice_fixed(unified: bool, rng: np.random.Generator) -> None:
    x, w = Tensor(rng.normal(size=(4, 3)), True), Tensor(rng.normal(size=(6, 3)), True)
    g = Tensor(rng.normal(size=(4, 6)), True)
    y = F.minimal_effort_linear(x, w, k=2, unified=unified)
    first = gradients(y, [x, w], g, create_graph=True)
    mask = masked(g.numpy(), 2, unified) != 0
    np.testing.assert_allclose(first[0].numpy(), (g.numpy() * mask) @ w.numpy(), rtol=1e-12)
    u = rng.normal(size=x.shape)
    by_w, by_g = gradients(first[0], [w, g], u)  # of <u, (g·mask) w>
    np.testing.assert_allclose(by_w.numpy(), (g.numpy() * mask).T @ u, rtol=1e-12)
    np.testing.assert_allclose(by_g.numpy(), mask * (u @ w.numpy().T), rtol=1e-12, atol=1e-14)


def test_only_what_needs_a_gradient_is_computed_and_the_choice_is_made_once(rng: np.random.Generator) -> None:
    layer = nn.MinimalEffortLinear(3, 5, k=2, dtype=np.float64, rng=rng)
    x = Tensor(rng.normal(size=(4, 3)), requires_grad=True)
    y = layer(x)
    y.backward(rng.normal(size=(4, 5)), retain_graph=True)
    assert layer.examples.item() == 4
    g = rng.normal(size=(4, 5))
    y.backward(g, retain_graph=True)
    assert layer.examples.item() == 8
    first = layer.activity.numpy().copy()
    g[...] = 0  # the same array with other values: the choice of the first sweep is not used again
    y.backward(g)
    assert layer.activity.tolist() == first.tolist()
    layer.requires_grad_(False)
    x.grad = None
    layer(x).backward(np.ones((4, 5)))
    assert x.grad is not None


def test_a_dead_unit_is_never_active(rng: np.random.Generator) -> None:
    net = nn.Sequential(nn.MinimalEffortLinear(3, 4, k=3, rng=rng), nn.ReLU())
    with autograd.no_grad():
        net[0].bias[...] = np.array([10, -100, 10, -100])
    net(rng.normal(size=(20, 3))).backward(rng.normal(size=(20, 4)))
    assert net[0].activity_share().tolist() == [1, 0, 1, 0]
    net[0].reset_activity()
    assert net[0].activity_share().tolist() == [0, 0, 0, 0]


def test_eval_is_linear_and_counts_nothing(rng: np.random.Generator) -> None:
    layer = nn.MinimalEffortLinear(3, 5, k=1, rng=rng).eval()
    g = rng.normal(size=(4, 5)).astype(np.float32)
    layer(np.ones((4, 3))).backward(g)
    assert layer.examples.item() == 0
    np.testing.assert_allclose(layer.weight.grad.numpy(), g.T @ np.ones((4, 3)), rtol=1e-5)
    x = Tensor(np.ones((4, 5)), requires_grad=True)
    nn.MinimalEffortReLU(1).eval()(x).backward(g)
    np.testing.assert_array_equal(x.grad.numpy(), g)


def test_counters_are_copied_and_pickled_but_not_in_the_state_dict(rng: np.random.Generator) -> None:
    layer = nn.MinimalEffortLinear(3, 5, k=1, rng=rng)
    layer(np.ones((4, 3))).backward(np.ones((4, 5)))
    assert list(layer.state_dict()) == ["weight", "bias"]
    for twin in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert twin.activity.tolist() == layer.activity.tolist()
        twin.reset_activity()
        assert layer.examples.item() == 4
    assert layer.astype(np.float64).activity.dtype == np.int64
    assert repr(layer) == "MinimalEffortLinear(in_features=3, out_features=5, bias=True, k=1, unified=False)"
    assert repr(nn.MinimalEffortReLU(2, unified=True)) == "MinimalEffortReLU(k=2, unified=True)"


def test_first_values_are_linears() -> None:
    a, b = (
        cls(*sizes, rng=np.random.default_rng(3))
        for cls, sizes in ((nn.Linear, (3, 5)), (nn.MinimalEffortLinear, (3, 5, 2)))
    )
    np.testing.assert_array_equal(a.weight.numpy(), b.weight.numpy())
    np.testing.assert_array_equal(a.bias.numpy(), b.bias.numpy())


@pytest.mark.parametrize("k", [0, -1, 2.5, True, "3"])
def test_a_bad_k_is_refused_with_its_value(k: Any) -> None:
    for make in (
        lambda: nn.MinimalEffortLinear(3, 5, k),
        lambda: nn.MinimalEffortReLU(k),
        lambda: F.minimal_effort(np.ones((2, 3)), k),
    ):
        with pytest.raises(ArgumentError, match=rf"k must be a positive integer; got {k!r}"):
            make()


def test_bad_sizes_and_shapes_are_refused() -> None:
    with pytest.raises(ArgumentError, match=r"k must be at most out_features = 5; got 6\. Use nn\.Linear"):
        nn.MinimalEffortLinear(3, 5, 6)
    with pytest.raises(ShapeError, match=r"expects input of shape \(\*, 3\); got \(2, 4\)"):
        nn.MinimalEffortLinear(3, 5, 2)(np.ones((2, 4)))
    for function in (F.minimal_effort, F.minimal_effort_relu):
        with pytest.raises(ShapeError, match="no features to choose from"):
            function(np.float64(3), 1)


# simplify


def trained(net: nn.Module, rng: np.random.Generator, width: int = 6, classes: int = 3) -> nn.Module:
    """The net after some steps of training, in which some units were active more often than others."""
    optimizer, loss_of = optim.SGD(net.parameters(), lr=0.1), nn.CrossEntropyLoss()
    for _ in range(5):
        optimizer.zero_grad()
        loss_of(net(rng.normal(size=(16, width))), rng.integers(0, classes, 16)).backward()
        optimizer.step()
    return net


def effort(m: int, n: int, k: int = 3, **options: Any) -> nn.MinimalEffortLinear:
    return nn.MinimalEffortLinear(m, n, k, rng=np.random.default_rng(m), **options)


def last(m: int, n: int = 3) -> nn.Linear:
    return nn.Linear(m, n, rng=np.random.default_rng(n))


def silenced(net: Any, kept: dict[int, Any]) -> Any:
    """A copy in which the removed units do not contribute to the next layer, which simplify must equal."""
    net = copy.deepcopy(net)
    with autograd.no_grad():
        for position, (units, following) in kept.items():
            gone = np.setdiff1d(np.arange(net[position].out_features), units)
            net[following].weight[:, gone] = 0.0
    return net.eval()


def test_simplify_cuts_rows_and_columns_and_leaves_the_original(rng: np.random.Generator) -> None:
    net: Any = trained(
        nn.Sequential(effort(6, 30), nn.ReLU(), effort(30, 20, bias=False), nn.Tanh(), nn.Dropout(), last(20)), rng
    )
    before, counts = net.state_dict(), net[0].activity.numpy().copy()
    kept = {i: np.flatnonzero(net[i].activity_share() >= 0.12) for i in (0, 2)}
    small = nn.simplify(net, 0.12)
    assert all(0 < len(kept[i]) < net[i].out_features for i in kept)
    assert [tuple(p.shape) for p in small.parameters()] == [
        (len(kept[0]), 6), (len(kept[0]),), (len(kept[2]), len(kept[0])), (3, len(kept[2])), (3,)
    ]  # fmt: skip
    x = rng.normal(size=(9, 6))
    expected = silenced(net, {0: (kept[0], 2), 2: (kept[2], 5)})(x)
    np.testing.assert_allclose(copy.deepcopy(small).eval()(x).numpy(), expected.numpy(), rtol=1e-5, atol=1e-6)
    for name, value in net.state_dict().items():
        np.testing.assert_array_equal(value, before[name])
    np.testing.assert_array_equal(net[0].activity.numpy(), counts)
    assert all(p.numpy().base is None and p.numpy().flags.c_contiguous and p.grad is None for p in small.parameters())
    assert not any(np.shares_memory(a.numpy(), b.numpy()) for a in net.parameters() for b in small.parameters())
    assert small[0].activity.tolist() == [0] * len(kept[0])
    assert (small[0].out_features, small[2].in_features, small[0].examples.item()) == (len(kept[0]), len(kept[0]), 0)
    assert isinstance(small[0], nn.MinimalEffortLinear)
    assert small.training
    trained(small, rng)  # the next cycle
    assert small[0].examples.item() == 80


def test_dense_gives_linears_that_train_exactly(rng: np.random.Generator) -> None:
    net = trained(nn.Sequential(effort(6, 30), nn.ReLU(), effort(30, 3)), rng)
    autograd.seed(5)
    drawn = autograd.random.generator().random()
    autograd.seed(5)
    small, same = nn.simplify(net, 0.12, dense=True), nn.simplify(net, 0.12)
    assert autograd.random.generator().random() == drawn
    assert [type(module) for module in small] == [nn.Linear, nn.ReLU, nn.Linear]
    x = rng.normal(size=(4, 6))
    np.testing.assert_array_equal(small(x).numpy(), same(x).numpy())


def test_k_shrinks_with_the_layer(rng: np.random.Generator) -> None:
    net = trained(nn.Sequential(effort(6, 30, k=20), nn.ReLU(), last(30)), rng)
    small = nn.simplify(net, 1.0, relative_to="max")
    assert small[0].out_features < 20
    assert small[0].k == small[0].out_features
    trained(small, rng)


@pytest.mark.parametrize(("relative_to", "whole"), [("examples", lambda s: 1), ("mean", np.mean), ("max", np.max)])
def test_what_the_threshold_is_a_share_of(relative_to: str, whole: Any, rng: np.random.Generator) -> None:
    net: Any = trained(nn.Sequential(effort(6, 30), nn.ReLU(), last(30)), rng)
    share = net[0].activity_share()
    threshold = 0.15 if relative_to == "examples" else 0.6
    expected = np.count_nonzero(share >= threshold * whole(share))
    assert 0 < expected < 30
    assert nn.simplify(net, threshold, relative_to=relative_to)[0].out_features == expected
    assert nn.simplify(net, 0)[0].out_features == 30


def test_batch_norm_and_prelu_in_between_are_cut_too(rng: np.random.Generator) -> None:
    class Scale(nn.Module):
        """A user-defined layer that acts on each feature."""

        def __init__(self, n: int) -> None:
            self.num_features = n
            self.weight = nn.Parameter(np.linspace(0.5, 2, n).astype(np.float32))
            self.shift = nn.Buffer(np.linspace(-1, 1, n).astype(np.float32))

        def forward(self, x: Any) -> Any:
            return x * self.weight + self.shift

    between = [Scale(30), *([nn.BatchNorm1d(30)] if hasattr(nn, "BatchNorm1d") else [])]
    net: Any = trained(nn.Sequential(effort(6, 30), *between, nn.ReLU(), last(30)), rng)
    kept = np.flatnonzero(net[0].activity_share() >= 0.12)
    small = nn.simplify(net, 0.12)
    assert small[1].weight.shape == small[1].shift.shape == (len(kept),)
    assert small[1].num_features == len(kept) < 30
    x = rng.normal(size=(9, 6))
    expected = silenced(net, {0: (kept, len(net) - 1)})(x)
    np.testing.assert_allclose(small.eval()(x).numpy(), expected.numpy(), rtol=1e-4, atol=1e-5)


def test_nested_sequentials_residuals_and_modules_of_ones_own(rng: np.random.Generator) -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            self.act = nn.ReLU()  # an activation may be used in several places
            inner = nn.Sequential(effort(6, 30), self.act)
            block = nn.Residual(nn.Sequential(effort(8, 25), self.act, effort(25, 8)))
            self.body = nn.Sequential(nn.Sequential(inner, nn.Linear(30, 8)), block)
            self.head = nn.Linear(8, 3)

        def forward(self, x: Any) -> Any:
            return self.head(self.body(x))

    net = Net()
    trained(net, rng)
    small = nn.simplify(net, 0.13)
    assert isinstance(small, Net)
    first, second = small.body[0][0][0], small.body[0][1]
    assert first.out_features == second.in_features < 30
    block = small.body[1].block
    assert block[0].out_features == block[2].in_features < 25
    assert (block[0].in_features, block[2].out_features) == (8, 8)
    trained(small, rng)


def test_what_mixes_features_is_refused_and_can_be_skipped(rng: np.random.Generator) -> None:
    class Softmax(nn.Module):
        def forward(self, x: Any) -> Any:
            return F.softmax(x)

    net = trained(nn.Sequential(effort(6, 30), Softmax(), effort(30, 20), nn.ReLU(), last(20)), rng)
    with pytest.raises(ArgumentError, match=r"cannot remove units of 0: 1, a Softmax, follows it .* skip=\['0'\]"):
        nn.simplify(net, 0.1)
    small = nn.simplify(net, 0.1, skip=["0"])
    assert small[0].out_features == 30
    assert small[2].out_features < 20
    mixed = trained(nn.Sequential(effort(6, 8), nn.Residual(nn.Linear(8, 8)), last(8)), rng)
    with pytest.raises(ArgumentError, match="1, a Residual, follows it"):
        nn.simplify(mixed, 0.1)


def test_what_cannot_be_simplified_is_refused(rng: np.random.Generator) -> None:
    fresh = nn.Sequential(effort(6, 30), nn.ReLU(), last(30))
    with pytest.raises(ArgumentError, match=r"0 has counted no examples: train it first .* skip=\['0'\]"):
        nn.simplify(fresh, 0.1)
    net = trained(fresh, rng)
    with pytest.raises(
        ArgumentError, match=r"threshold 0\.99 would remove all 30 units of 0: the most active was chosen in 0"
    ):
        nn.simplify(net, 0.99)
    with pytest.raises(ArgumentError, match="skip names 7, but the layers in Sequentials are 0, 1, 2"):
        nn.simplify(net, 0.1, skip=["7"])
    with pytest.raises(ArgumentError, match=r"Write skip=\['0'\]"):
        nn.simplify(net, 0.1, skip="0")
    for threshold in (-0.1, np.nan, np.inf, "0.1", True):
        with pytest.raises(ArgumentError, match=rf"threshold must be a finite number of 0 or more; got {threshold!r}"):
            nn.simplify(net, threshold)
    with pytest.raises(ArgumentError, match="relative_to must be one of 'examples', 'mean', 'max'; got 'median'"):
        nn.simplify(net, 0.1, relative_to="median")
    for model in (
        nn.Linear(2, 3),
        nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1)),
        nn.Sequential(effort(6, 3), nn.ReLU()),
    ):
        with pytest.raises(ArgumentError, match="found no layer in this"):
            nn.simplify(model, 0.1)
    with pytest.raises(ArgumentError, match="takes a module"):
        nn.simplify([net], 0.1)


def test_shared_parameters_are_refused(rng: np.random.Generator) -> None:
    layer = effort(6, 6)
    net = trained(nn.Sequential(layer, nn.ReLU(), layer, nn.ReLU(), last(6)), rng)
    with pytest.raises(ArgumentError, match="which share their parameters"):
        nn.simplify(net, 0.1)
    tied: Any = nn.Sequential(effort(6, 6), nn.ReLU(), effort(6, 6), last(6))
    tied[2].weight = tied[0].weight
    with pytest.raises(ArgumentError, match="cannot cut 0 and 2, which share"):
        nn.simplify(trained(tied, rng), 0.1)
