"""The sweep: what arrives where, in which shape and dtype, and what a failing sweep leaves behind."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Tensor
from autograd.check import gradcheck
from autograd.engine.gradients import gradients
from autograd.engine.modes import mode
from autograd.engine.primitive import Primitive
from autograd.engine.reverse import sweep
from autograd.engine.step import Step
from autograd.errors import ArgumentError, DTypeError, FreedGraphError, GraphError, ShapeError
from autograd.shapes import unbroadcast


def leaf(*values: float, dtype: Any = float) -> Tensor:
    return Tensor(np.array(values, dtype), requires_grad=True)


def assert_grad(x: Tensor, expected: Any) -> None:
    assert x.grad is not None
    assert not x.grad.requires_grad
    assert x.grad.dtype == x.dtype
    assert x.grad.shape == x.shape
    np.testing.assert_allclose(x.grad.numpy(), expected)


# Any graph


def same(x: Any) -> tuple[Any, Any]:
    """One cotangent for both arguments, in the same memory."""
    return x, x


both = Primitive(lambda a, b: a + b, joint=lambda g, out, a, b: same(g), keeps="", name="both")
pair = Primitive(lambda x: (x * 2, x * 3), lambda g, out, x: g[0] * 2 + g[1] * 3, keeps="", name="pair")
sum_of_all = Primitive(lambda *xs: sum(xs[1:], xs[0]), each=lambda i, g, out, *xs: g, keeps="", name="sum_of_all")
STEPS: list[Any] = [
    lambda a, b: a + b,
    lambda a, b: a - b,
    lambda a, b: a * b,
    lambda a, b: a + a,
    both,
    lambda a, b: both(a, a),
    lambda a, b: sum_of_all(a, b, a),
    lambda a, b: pair(a)[1] - b,
    lambda a, b: both(*pair(a)) + pair(b)[0],
    lambda a, b: a.reshape(-1).reshape(a.shape) + b,
    lambda a, b: a.T.T - b,
    lambda a, b: a[::-1] + b[0],
    lambda a, b: a + b.sum(axis=0),
    lambda a, b: +a,
    lambda a, b: 0.5 * np.concatenate([a[:1], b[1:]]),
]


@pytest.mark.parametrize("seed", range(60))
def test_a_random_graph(seed: int) -> None:
    """A first-order sweep adds only into buffers of its own: a recorded sweep, which adds into none, agrees."""
    rng = np.random.default_rng(seed)
    inputs = [Tensor(rng.normal(size=(3, 2)), requires_grad=True) for _ in range(3)]
    values = list(inputs)
    for _ in range(int(rng.integers(3, 14))):
        a, b = rng.integers(max(0, len(values) - 5), len(values), size=2)
        values.append(STEPS[rng.integers(len(STEPS))](values[a], values[b]))
    roots = [values[-1], values[-2] * 1.0]
    seeds = [rng.normal(size=(3, 2)) for _ in roots]
    seen: list[tuple[Any, Any]] = []
    for t in (*inputs, values[4]):
        t.register_hook(lambda g: seen.append((g, g.numpy().copy())))
    before = [c.copy() for c in seeds]
    recorded = gradients(roots, values, seeds, create_graph=True)
    wanted = gradients(roots, values, seeds, retain_graph=True)
    for t in values:
        t.retain_grad()
    autograd.backward(roots, seeds)
    for t, r, w in zip(values, recorded, wanted, strict=True):
        assert (t.grad is None) == (r is None) == (w is None)
        if r is not None:
            np.testing.assert_allclose(t.grad.numpy(), r.numpy(), rtol=1e-12, atol=1e-12)
            np.testing.assert_allclose(w.numpy(), r.numpy(), rtol=1e-12, atol=1e-12)
    for g, copy in seen:  # what a hook was given stays what it was
        np.testing.assert_array_equal(g.numpy(), copy)
    for c, copy in zip(seeds, before, strict=True):
        np.testing.assert_array_equal(c, copy)
    grads = [t.grad.numpy() for t in values if t.grad is not None]
    for i, g in enumerate(grads):
        assert not any(np.shares_memory(g, other) for other in [*grads[:i], *seeds])


# Accumulation


def test_a_value_used_twice_receives_the_sum() -> None:
    x = leaf(2.0, 3.0)
    y = x * x + x
    (y * y).sum().backward()
    assert_grad(x, 2 * (x.data**2 + x.data) * (2 * x.data + 1))


def test_the_same_tensor_as_both_operands() -> None:
    for f, expected in [(lambda x: x + x, 2.0), (lambda x: x - x, 0.0), (lambda x: x * x, 6.0), (lambda x: x / x, 0.0)]:
        x = leaf(3.0)
        f(x).sum().backward()
        assert_grad(x, [expected])


def test_power_with_itself() -> None:
    x = leaf(2.0)
    (x**x).sum().backward()
    assert_grad(x, [4 * (1 + np.log(2))])


def test_gradients_add_up_over_sweeps_until_zero_grad() -> None:
    x = leaf(1.0, 2.0)
    (x * 3).sum().backward()
    (x * 4).sum().backward()
    assert_grad(x, [7.0, 7.0])
    x.zero_grad()
    assert x.grad is None
    (x * 4).sum().backward()
    assert_grad(x, [4.0, 4.0])


def test_an_older_grad_that_the_user_holds_is_not_written_to() -> None:
    x = leaf(1.0, 2.0)
    (x * 3).sum().backward()
    held = x.grad
    (x * 4).sum().backward()
    np.testing.assert_array_equal(held.numpy(), [3.0, 3.0])
    assert_grad(x, [7.0, 7.0])


def test_a_shared_part_counts_once_in_a_second_sweep() -> None:
    x = leaf(2.0)
    shared = x * x
    (shared * 3).sum().backward(retain_graph=True)
    (shared * 5).sum().backward()
    assert_grad(x, [3 * 4 + 5 * 4])


def test_only_leaves_that_require_grad_receive() -> None:
    x, c = leaf(2.0), Tensor([3.0])
    y = x * c
    y.sum().backward()
    assert_grad(x, [3.0])
    assert c.grad is None
    assert y.grad is None


def test_a_diamond_visits_each_node_once() -> None:
    visits = []

    def counted(g: Any, out: Any, x: Any) -> Any:
        visits.append(1)
        return g * 2

    double = Primitive(lambda x: 2 * x, counted, name="double", keeps="")
    y = x = leaf(1.0)
    for _ in range(40):  # 2**40 paths
        y = double(y)
        y = y + y
    y.sum().backward()
    assert len(visits) == 40
    assert_grad(x, [4.0**40])


# Several roots, roots that are leaves


def test_several_roots_in_one_sweep() -> None:
    x, y = leaf(2.0), leaf(5.0)
    a, b = x * y, x + y
    autograd.backward([a, b], [np.array([3.0]), Tensor([10.0])])
    assert_grad(x, [3 * 5 + 10])
    assert_grad(y, [3 * 2 + 10])


def test_the_same_root_twice() -> None:
    x = leaf(2.0)
    y = x * x
    autograd.backward([y, y], [np.array([1.0]), np.array([2.0])])
    assert_grad(x, [12.0])


def test_a_root_inside_the_graph_of_another() -> None:
    x = leaf(2.0)
    y = x * x
    z = y * y
    autograd.backward([y, z])
    assert_grad(x, [4 + 32])


def test_a_root_that_is_a_leaf() -> None:
    x = leaf(2.0)
    x.backward()
    assert_grad(x, [1.0])
    autograd.backward([x, x * 3])
    assert_grad(x, [5.0])
    seed = np.array([7.0])
    x.zero_grad()
    x.backward(seed)
    seed[0] = 0
    assert_grad(x, [7.0])


def test_number_of_gradients_must_be_that_of_the_roots() -> None:
    x = leaf(2.0)
    with pytest.raises(ArgumentError, match="2 tensors and 1 gradients"):
        autograd.backward([x * 2, x * 3], [np.ones(1)])


# The gradient argument


def test_gradient_argument_for_a_result_of_many_elements() -> None:
    x = leaf(1.0, 2.0, 3.0)
    (x * x).backward(np.array([1.0, 10.0, 100.0]))
    assert_grad(x, [2.0, 40.0, 600.0])


def test_gradient_argument_may_be_a_list_an_integer_array_or_a_tensor() -> None:
    for gradient in ([1, 2], np.array([1, 2]), Tensor([1.0, 2.0]), np.array([1, 2], np.float32)):
        x = leaf(1.0, 1.0)
        (x * 3).backward(gradient)
        assert_grad(x, [3.0, 6.0])


def test_missing_or_wrong_gradient_argument_is_explained() -> None:
    x = leaf(1.0, 2.0)
    with pytest.raises(ShapeError, match=r"shape \(2,\) needs a gradient.*sum\(\)\.backward"):
        (x * 2).backward()
    with pytest.raises(ShapeError, match=r"tensor's shape \(2,\); got \(3,\)"):
        (x * 2).backward(np.ones(3))
    with pytest.raises(ShapeError, match=r"got \(\)"):
        (x * 2).backward(1.0)
    with pytest.raises(DTypeError, match="complex"):
        (x * 2).backward(np.ones(2, complex))
    with pytest.raises(DTypeError, match="real"):
        (x * 2).backward(np.array(["a", "b"]))
    assert x.grad is None


def test_gradient_argument_stays_the_callers() -> None:
    x, seed = leaf(1.0, 2.0), np.ones(2)
    (x + 0.0).backward(seed)
    x.grad.data[0] = 99.0
    np.testing.assert_array_equal(seed, [1, 1])


def test_one_element_of_any_shape_needs_no_gradient_argument() -> None:
    x = Tensor(np.full((1, 1), 3.0), requires_grad=True)
    (x * x).backward()
    assert_grad(x, [[6.0]])


def test_backward_of_a_constant_is_refused() -> None:
    with pytest.raises(GraphError, match="requires_grad=True"):
        Tensor([1.0]).backward()
    with autograd.no_grad():
        y = leaf(1.0) * 2
    with pytest.raises(GraphError, match="no_grad"):
        y.backward()


# retain_graph


def test_a_second_sweep_is_refused_with_the_remedy() -> None:
    x = leaf(2.0)
    y = (x * x).sum()
    y.backward()
    with pytest.raises(FreedGraphError, match="retain_graph=True"):
        y.backward()
    assert_grad(x, [4.0])


def test_a_sweep_into_a_part_that_was_freed_is_refused_and_leaves_grad_alone() -> None:
    x, w = leaf(2.0), leaf(5.0)
    shared = x * x
    shared.sum().backward()
    with pytest.raises(FreedGraphError, match="multiply"):
        (shared * w).sum().backward()
    assert_grad(x, [4.0])
    assert w.grad is None


def test_gradients_through_a_freed_part_are_refused_and_not_missing() -> None:
    x = Tensor(2.0, requires_grad=True)
    z = x * x
    w = z * 3
    z.backward()
    with pytest.raises(FreedGraphError):
        gradients(w, [x])


def test_retain_graph_allows_any_number_of_sweeps() -> None:
    x = leaf(2.0)
    y = (x * x).sum()
    for _ in range(3):
        y.backward(retain_graph=True)
    y.backward()
    assert_grad(x, [16.0])
    with pytest.raises(FreedGraphError):
        y.backward()


def test_create_graph_keeps_the_graph() -> None:
    x = leaf(2.0)
    y = (x**3).sum()
    y.backward(create_graph=True)
    y.backward()
    assert float(x.grad) == 24.0


# Broadcasting and dtype are undone by the sweep

OPERATORS = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "**": operator.pow}


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ((3,), (2, 3)),
        ((), (2, 3)),
        ((2, 1), (1, 3)),
        ((1,), (4,)),
        ((1, 1, 1), (2, 3)),
        ((0, 1), (1, 3)),
        ((2, 1, 3), (5, 1)),
        ((), ()),
    ],
)
@pytest.mark.parametrize("symbol", OPERATORS)
def test_broadcasting_is_undone(a: tuple[int, ...], b: tuple[int, ...], symbol: str, rng: np.random.Generator) -> None:
    assert gradcheck(OPERATORS[symbol], rng.uniform(1, 2, size=a), rng.uniform(1, 2, size=b))


def test_unbroadcast_sums_what_was_added_and_stretched() -> None:
    g = np.arange(24.0).reshape(2, 3, 4)
    np.testing.assert_array_equal(unbroadcast(g, (3, 1)), g.sum((0, 2)).reshape(3, 1))
    np.testing.assert_array_equal(unbroadcast(g, ()), g.sum())
    assert unbroadcast(g, (2, 3, 4)) is g
    np.testing.assert_array_equal(unbroadcast(np.float64(2), (2, 2)), np.full((2, 2), 2.0))


@pytest.mark.parametrize("low", [np.float16, np.float32])
def test_every_leaf_gets_a_gradient_of_its_own_dtype(low: Any) -> None:
    x, y = leaf(1.0, 2.0, dtype=low), leaf(3.0, 4.0)
    z = x * y
    assert z.dtype == np.float64
    z.sum().backward()
    assert_grad(x, [3.0, 4.0])
    assert_grad(y, [1.0, 2.0])


def test_python_numbers_are_weak() -> None:
    x = leaf(1.0, 2.0, dtype=np.float32)
    y = (2.0 * x + 1) ** 2 / 3 - x
    assert y.dtype == np.float32
    y.sum().backward()
    assert x.grad.dtype == np.float32


def test_a_rule_that_returns_the_wrong_dtype_or_a_python_float_is_put_right() -> None:
    for returned in (lambda g, out, x: g.astype(np.float64), lambda g, out, x: 2.0, lambda g, out, x: np.float64(2)):
        x = leaf(1.0, 1.0, dtype=np.float32)
        Primitive(lambda x: 1 * x, returned, name="odd", keeps="")(x).sum().backward()
        assert x.grad.dtype == np.float32
        assert x.grad.shape == (2,)


# 0 · inf = 0


def test_the_branch_not_taken_contributes_nothing() -> None:
    x = leaf(0.0, 4.0)
    with np.errstate(all="ignore"):
        np.where(x > 0, np.sqrt(x), 0).sum().backward()
    assert_grad(x, [0.0, 0.25])


def test_the_branch_not_taken_contributes_nothing_on_numbers() -> None:
    x = Tensor(0.0, requires_grad=True)
    np.where(x > 0, np.sqrt(x), 0.0).sum().backward()
    assert x.grad.item() == 0


def test_the_branch_not_taken_may_hold_nan_and_inf() -> None:
    for value, inner in [(-1.0, np.log), (-1.0, np.sqrt), (0.0, np.log), (0.0, lambda x: 1 / x), (800.0, np.exp)]:
        x = leaf(value, 2.0)
        with np.errstate(all="ignore"):
            np.where(np.array([False, True]), inner(x), 7.0).sum().backward()
        assert np.isfinite(x.grad.numpy()).all(), inner
        assert x.grad.numpy()[0] == 0


def test_zero_times_infinity_in_a_second_sweep() -> None:
    x = leaf(0.0, 4.0)
    with np.errstate(all="ignore"):
        y = np.where(x > 0, x ** np.array([0.5, 0.5]), 0).sum()
        (g,) = gradients(y, [x], create_graph=True)
        np.testing.assert_allclose(g.numpy(), [0, 0.25])
        (h,) = gradients(g.sum(), [x])
    np.testing.assert_allclose(h.numpy(), [0, -0.25 * 4**-1.5])


def test_zero_times_infinity_on_numbers() -> None:
    x = Tensor(0.0, requires_grad=True)
    (np.sqrt(x * 1.0) * 0.0).backward()
    assert x.grad.item() == 0


def test_a_real_infinity_stays() -> None:
    x = leaf(0.0)
    np.sqrt(x).sum().backward()
    assert np.isinf(x.grad.numpy()).all()


def test_a_nan_that_no_zero_cotangent_explains_stays() -> None:
    x = leaf(1.0, 1.0)
    (x * np.array([np.nan, 2.0])).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [np.nan, 2.0])


# .grad never shares memory


SHARING = {
    "a + b": lambda a, b: (a + b).sum(),
    "a - b": lambda a, b: (a - b).sum(),
    "(a + b) twice": lambda a, b: ((a + b) + (b + a)).sum(),
    "reshape": lambda a, b: (a.reshape(2, 3) + b.reshape(2, 3)).sum(),
    "transpose": lambda a, b: (a.reshape(2, 3).T + b.reshape(2, 3).T).sum(),
    "flip": lambda a, b: (a[::-1] + b[::-1]).sum(),
    "concatenate": lambda a, b: (np.concatenate([a, b]) * 2.0).sum(),
    "stack": lambda a, b: np.stack([a, b, a]).sum(),
    "broadcast": lambda a, b: (np.broadcast_to(a, (4, 6)) + b).sum(),
    "where": lambda a, b: np.where(np.arange(6) > 2, a, b).sum(),
    "sum of each": lambda a, b: a.sum() + b.sum(),
}


@pytest.mark.parametrize("name", SHARING)
@pytest.mark.parametrize("create_graph", [False, True])
def test_gradients_share_no_memory(name: str, create_graph: bool) -> None:
    a, b = leaf(*range(6)), leaf(*range(6))
    y = SHARING[name](a, b)
    y.backward(create_graph=create_graph)
    if create_graph:
        return  # recorded values are never written to: their sharing cannot be seen
    assert not np.shares_memory(a.grad.numpy(), b.grad.numpy())
    for x in (a, b):
        g = x.grad.numpy()
        assert g.flags.writeable
        before = b.grad.numpy().copy() if x is a else a.grad.numpy().copy()
        g[:] = 99.0
        g += 1
        np.testing.assert_array_equal(b.grad.numpy() if x is a else a.grad.numpy(), before)
        assert (g == 100).all()  # no element of it is another element of it (as in a broadcast view)


@pytest.mark.parametrize("create_graph", [False, True])
def test_clipping_one_gradient_in_place_leaves_the_others(create_graph: bool) -> None:
    a, b = leaf(1.0, 2.0), leaf(3.0, 4.0)
    (a + b).backward(np.ones(2), create_graph=create_graph)
    assert a.grad is not b.grad
    with autograd.no_grad():
        a.grad *= 0.5
    np.testing.assert_array_equal(a.grad.numpy(), [0.5, 0.5])
    np.testing.assert_array_equal(b.grad.numpy(), [1.0, 1.0])


def test_wanted_gradients_share_no_memory() -> None:
    a, b = leaf(1.0, 2.0), leaf(3.0, 4.0)
    ga, gb = gradients((a + b).sum(), [a, b])
    assert not np.shares_memory(ga.numpy(), gb.numpy())


def test_the_seed_of_a_recorded_sweep_is_no_ones_gradient() -> None:
    a, b, s = leaf(1.0), leaf(1.0), Tensor([1.0])
    (a + 1).backward(s, create_graph=True)
    (b + 1).backward(s, create_graph=True)
    assert a.grad is not None
    assert b.grad is not None
    assert not np.shares_memory(a.grad.data, b.grad.data)
    assert not np.shares_memory(a.grad.data, s.data)
    ga, gb = gradients(a + b, [a, b], create_graph=True)
    assert not np.shares_memory(ga.data, gb.data)


def test_the_gradient_of_a_retained_result_is_its_own() -> None:
    a = leaf(1.0, 2.0)
    y = a + 0.0
    y.retain_grad()
    z = y + 1.0
    z.retain_grad()
    z.sum().backward()
    arrays = [t.grad.numpy() for t in (a, y, z)]
    for i, g in enumerate(arrays):
        g[:] = i
    assert [g[0] for g in arrays] == [0, 1, 2]


# gradients(): only what is asked for


def test_gradients_of_results_inside_the_graph() -> None:
    x, w = leaf(2.0), leaf(3.0)
    y = x * x
    z = y * w
    gy, gx, gw = gradients(z, [y, x, w])
    assert [float(g) for g in (gy, gx, gw)] == [3.0, 12.0, 4.0]
    assert x.grad is None


def test_gradients_is_none_for_what_the_output_does_not_depend_on() -> None:
    x, w = leaf(2.0), leaf(3.0)
    assert gradients(x * x, [w]) == [None]
    unrelated = w * w
    found = gradients(x * x, [unrelated, x])
    assert found[0] is None
    assert float(found[1]) == 4.0


def test_gradients_computes_no_vjp_off_the_path() -> None:
    def never(g: Any, out: Any, x: Any) -> Any:
        raise AssertionError("this VJP is not on the path to x")

    x, w = leaf(2.0), leaf(3.0)
    y = x * Primitive(lambda x: 1 * x, never, name="never")(w)
    assert float(gradients(y, [x])[0]) == 3.0


def test_gradients_of_the_output_by_itself() -> None:
    x = leaf(2.0)
    y = x * x
    assert float(gradients(y, [y])[0]) == 1.0


# What a failing sweep leaves


def failing() -> Primitive:
    def broken(g: Any, out: Any, x: Any) -> Any:
        raise ZeroDivisionError("in a VJP")

    return Primitive(lambda x: 1 * x, broken, name="broken")


@pytest.mark.parametrize("create_graph", [False, True])
def test_a_failing_vjp_changes_no_grad_and_no_mode(create_graph: bool) -> None:
    x, w = leaf(2.0), leaf(3.0)
    (w * 1.0).sum().backward()
    y = (failing()(x) * w).sum()  # w has received its share before the VJP of x fails
    before = mode.get()
    with pytest.raises(ZeroDivisionError):
        y.backward(create_graph=create_graph)
    assert mode.get() is before
    assert x.grad is None
    assert_grad(w, [1.0])
    assert (x * 2).requires_grad


def test_a_failing_hook_changes_no_grad() -> None:
    x, w = leaf(2.0), leaf(3.0)
    x.register_hook(lambda g: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        (x * w).sum().backward()
    assert x.grad is None
    assert w.grad is None


def test_a_root_that_fails_changes_no_grad() -> None:
    x, w = leaf(2.0), leaf(3.0)
    with pytest.raises(GraphError):
        autograd.backward([x * w, Tensor([1.0])])
    assert x.grad is None


def test_a_vjp_that_returns_the_wrong_shape_is_an_error_and_not_a_wrong_gradient() -> None:
    x = leaf(1.0, 2.0)
    with pytest.raises(ValueError, match="shape"):
        Primitive(lambda x: 1 * x, lambda g, out, x: np.ones(3), name="wrong")(x).sum().backward()
    assert x.grad is None


def test_the_sweep_is_silent_about_overflow_in_vjps() -> None:
    x = leaf(1e-200)
    (1 / x).sum().backward()  # 1/x² overflows
    assert np.isinf(x.grad.numpy()).all()


def test_sweep_runs_under_the_callers_no_grad() -> None:
    x = leaf(2.0)
    y = x * x
    with autograd.no_grad():
        y.backward()
        assert not autograd.is_grad_enabled()
    assert_grad(x, [4.0])


def test_sweep_returns_leaf_and_cotangent() -> None:
    x = leaf(2.0)
    step = Step(False, sweep)
    found = sweep([x * 3], [None], step, retain=False)
    assert list(found) == [x]
    assert float(found[x]) == 3.0
    assert step.retained == []


def test_a_number_that_is_broadcast_twice() -> None:
    """Its cotangents are summed to NumPy's numbers, which no sum can be written into."""
    for function in (
        lambda t: (t * np.ones(3)).sum() + (t * np.arange(3.0)).sum(),
        lambda t: (np.exp(t * np.ones(2)) * t).sum(),
    ):
        s = Tensor(2.0, requires_grad=True)
        function(s * 1.5).backward()
        h = 1e-6
        numerical = (function(Tensor((2.0 + h) * 1.5)) - function(Tensor((2.0 - h) * 1.5))) / (2 * h)
        assert s.grad is not None
        np.testing.assert_allclose(s.grad.numpy(), numerical.numpy(), rtol=1e-7)
