"""Forward mode and batches, over every row of tests/cases: the reverse sweep, differences and both agree."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from autograd import Tensor, detect_anomaly, no_grad, primitive
from autograd.engine.batch import pull
from autograd.engine.forward import push, push_batch
from autograd.engine.gradients import gradients
from autograd.engine.graph import Node, ancestors
from autograd.engine.modes import mode
from autograd.engine.registry import alias, primitives
from autograd.errors import (
    AnomalyError,
    ArgumentError,
    DTypeError,
    FreedGraphError,
    GraphError,
    InPlaceError,
    NoRuleError,
    ShapeError,
)
from tests.cases import Case, all_cases, is_floating, leaves, several

CASES = all_cases()
SECOND = [case for case in CASES if case.order >= 2]
K = 3


def rows(cases: list[Case]) -> Any:
    return pytest.mark.parametrize("case", cases, ids=[case.name for case in cases])


def recorded(case: Case, rng: np.random.Generator, dtype: Any = np.float64) -> tuple[list[Tensor], list[Tensor]]:
    """(the floating inputs as leaves, the floating results)"""
    arguments = leaves([x.astype(dtype) if is_floating(x) else x for x in case.inputs(rng)])
    return [x for x in arguments if isinstance(x, Tensor)], several(case.function(*arguments))


def normal(tensors: Sequence[Tensor], seed: int, *leading: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [np.asarray(rng.normal(size=(*leading, *x.shape)), x.dtype) for x in tensors]


def dot(found: Sequence[Any], weights: Sequence[Any]) -> float:
    return sum(
        float(np.sum(np.asarray(a, float) * np.asarray(b, float)))
        for a, b in zip(found, weights, strict=True)
        if a is not None
    )


def array(t: Any) -> Any:
    return None if t is None else t.numpy()


def agree(found: Sequence[Any], expected: Sequence[Any], tolerance: float = 1e-9) -> None:
    for a, b in zip(found, expected, strict=True):
        a, b = (np.zeros(()) if t is None else t.numpy() for t in (a, b))
        np.testing.assert_allclose(
            *np.broadcast_arrays(a, b), rtol=tolerance, atol=tolerance * max(1, np.abs(b).max(initial=0))
        )


@rows(CASES)
def test_tangents_are_the_transpose_of_cotangents_and_agree_with_differences(
    case: Case, rng: np.random.Generator
) -> None:
    xs, ys = recorded(case, rng)
    v, w = normal(xs, 1), normal(ys, 2)
    tangents = push(ys, xs, v)
    for t, y in zip(tangents, ys, strict=True):
        assert t is None or (t.shape, t.dtype, t.requires_grad) == (y.shape, y.dtype, False)
    forward = dot(map(array, tangents), w)
    cotangents = gradients(ys, xs, w)
    assert forward == pytest.approx(dot(map(array, cotangents), v), rel=1e-8, abs=1e-9)

    step = 6e-6
    arguments = list(case.inputs(np.random.default_rng(0)))
    at = [i for i, x in enumerate(arguments) if is_floating(x)]
    sides = []
    for sign in (1, -1):
        moved = list(arguments)
        for i, direction in zip(at, v, strict=True):
            moved[i] = arguments[i] + sign * step * direction
        sides.append(several(case.function(*moved)))
    numerical = sum(float(np.sum(c * (a - b))) for a, b, c in zip(*sides, w, strict=True)) / (2 * step)
    size = sum(float(np.sum(np.abs(c * a))) for a, c in zip(sides[0], w, strict=True))
    assert forward == pytest.approx(numerical, rel=100 * case.tolerance, abs=100 * case.tolerance + 1e-9 * size)


@rows(CASES)
def test_a_batch_equals_the_loop_and_the_dtype_is_kept(case: Case) -> None:
    if case.float32:
        xs, ys = recorded(case, np.random.default_rng(0), np.float32)
        for t, y in zip(push(ys, xs, normal(xs, 1)), ys, strict=True):
            assert t is None or t.dtype == y.dtype == np.float32
        for g, x in zip(pull(ys, xs, normal(ys, 2, K)), xs, strict=True):
            assert g is None or (g.dtype, g.shape) == (x.dtype, (K, *x.shape))

    xs, ys = recorded(case, np.random.default_rng(0))
    w, v = normal(ys, 2, K), normal(xs, 1, K)
    pulled, pushed = pull(ys, xs, w), push_batch(ys, xs, v)
    for k in range(K):
        agree([None if g is None else g[k] for g in pulled], gradients(ys, xs, [c[k] for c in w], retain_graph=True))
        agree([None if t is None else t[k] for t in pushed], push(ys, xs, [t[k] for t in v]))


@rows(SECOND)
def test_second_derivatives(case: Case, rng: np.random.Generator) -> None:
    """<w, J'[v, u]> in four ways: reverse over reverse, forward over reverse, and the same over forward."""
    xs, ys = recorded(case, rng)
    v, u, w = normal(xs, 1), normal(xs, 3), normal(ys, 2)
    tolerance = 1e-7

    slopes = gradients(ys, xs, w, create_graph=True)
    pairs = [(g, direction) for g, direction in zip(slopes, u, strict=True) if g is not None and g.requires_grad]
    reverse = (
        gradients([g for g, _ in pairs], xs, [direction for _, direction in pairs], retain_graph=True) if pairs else []
    )
    expected = dot(map(array, reverse), v) if reverse else 0.0
    near = pytest.approx(expected, rel=tolerance, abs=tolerance)
    assert dot(map(array, push(slopes, xs, v)), u) == near

    moving = push(ys, xs, u, create_graph=True)
    weighted = [(t, c) for t, c in zip(moving, w, strict=True) if t is not None and t.requires_grad]
    if weighted:
        assert (
            dot(map(array, gradients([t for t, _ in weighted], xs, [c for _, c in weighted], retain_graph=True)), v)
            == near
        )
    assert dot(map(array, push(moving, xs, v)), w) == near


def names(tensors: Sequence[Tensor]) -> set[str]:
    return {node.name for node in ancestors(*[y.node for y in tensors]) if isinstance(node, Node)}


def test_no_primitive_is_left_out() -> None:
    """Every primitive of the package is in the graph of some row above, or of its gradient."""
    missing = set(primitives)
    for case in CASES:
        xs, ys = recorded(case, np.random.default_rng(0))
        missing -= names(ys)
        if case.name.split()[0] in ("maximum", "power", "sinc", "sort", "getitem", "i0", "matmul"):
            missing -= names(
                [g for g in gradients([np.sum(y * y) for y in ys], xs, create_graph=True) if g is not None]
            )
    assert missing == set()


# What the sweep does, whatever the rules are


def test_tangents_go_to_several_outputs_and_to_none() -> None:
    x, y = Tensor([1.0, 2.0], requires_grad=True), Tensor([3.0, 4.0], requires_grad=True)
    outputs = [x * y, x, y + 1, Tensor(1.0), np.sin(x)]
    found = push(outputs, [x], [np.array([1.0, 10.0])])
    assert [array(t) is None for t in found] == [False, False, True, True, False]
    np.testing.assert_array_equal(found[0].numpy(), [3, 40])
    np.testing.assert_array_equal(found[1].numpy(), [1, 10])
    assert len({id(t.numpy()) for t in found if t is not None}) == 3


def test_an_input_may_be_recorded_and_depend_on_another() -> None:
    x = Tensor(2.0, requires_grad=True)
    y = x * x
    z = y * x
    assert push(z, [y], [1.0])[0].item() == 2
    assert push(z, [x, y], [1.0, 1.0])[0].item() == 12 + 2
    assert push([z, y], [x, x], [1.0, 1.0])[1].item() == 8
    assert pull([z], [x, y], [np.array([1.0, 2.0])])[1].tolist() == [2, 4]


def test_the_graph_stays_and_a_freed_one_is_refused() -> None:
    x = Tensor([1.0, 2.0], requires_grad=True)
    y = np.exp(x)
    z = np.sum(y * y)
    for _ in range(2):
        push(z, [x], [np.ones(2)])
        pull(z, [x], [np.ones(3)])
    assert push(z, [y], [np.ones(2)])[0].item() == pytest.approx(2 * np.exp([1, 2]).sum())
    z.backward()
    for sweep in (lambda: push(z, [x], [np.ones(2)]), lambda: pull(z, [x], [np.ones(3)])):
        with pytest.raises(FreedGraphError, match="retain_graph=True"):
            sweep()


def test_values_written_since_are_refused() -> None:
    x, w = Tensor([1.0, 2.0], requires_grad=True), Tensor([[1.0, 2.0]], requires_grad=True)
    y = np.sum(np.sin(x * w[0]))
    with no_grad():
        w += 1
    for sweep in (
        lambda: push(y, [x], [np.ones(2)]),
        lambda: push_batch(y, [x], [np.ones((3, 2))]),
        lambda: pull(y, [x], [np.ones(3)]),
    ):
        with pytest.raises(InPlaceError, match="changed in place"):
            sweep()


def test_zero_times_infinity_is_zero() -> None:
    x = Tensor([0.0, 4.0], requires_grad=True)
    y = np.sqrt(x)
    assert push(y, [x], [[0.0, 1.0]])[0].tolist() == [0, 0.25]
    assert push_batch(y, [x], [[[0.0, 1.0], [1.0, 0.0]]])[0].tolist() == [[0, 0.25], [np.inf, 0]]
    assert pull(y, [x], [[[0.0, 1.0], [1.0, 0.0]]])[0].tolist() == [[0, 0.25], [np.inf, 0]]
    a = Tensor([[np.inf, 1.0]], requires_grad=True)
    b = Tensor([[2.0], [3.0]], requires_grad=True)
    assert push(a @ b, [b], [[[0.0], [1.0]]])[0].tolist() == [[1]]
    assert push_batch(a @ b, [b], [[[[0.0], [1.0]]]])[0].tolist() == [[[1]]]


def test_what_is_wrong_is_said_and_leaves_no_state() -> None:
    x = Tensor([1.0, 2.0], requires_grad=True)
    y = np.exp(x)
    before = mode.get()
    with pytest.raises(ShapeError, match=r"the tangent must have the tensor's shape \(2,\); got \(3,\)"):
        push(y, [x], [np.ones(3)])
    with pytest.raises(DTypeError, match="real numbers"):
        push(y, [x], [np.array([1j, 1])])
    with pytest.raises(ArgumentError, match="1 inputs and 2 tangents"):
        push(y, [x], [np.ones(2), np.ones(2)])
    with pytest.raises(ShapeError, match=r"has shape \(2, 2\); got \(2,\)"):
        pull(y, [x], [np.ones(2)])
    with pytest.raises(ShapeError, match="one leading axis"):
        pull([y, y], [x], [np.ones((2, 2)), np.ones((3, 2))])
    with pytest.raises(GraphError, match="requires_grad=True"):
        pull(Tensor(np.ones(2)), [x], [np.ones((2, 2))])
    assert mode.get() is before


def test_a_rule_that_fails_leaves_no_state() -> None:
    def fails(*_: Any) -> Any:
        raise RuntimeError("in the rule")

    f = primitive(np.copy, fails, jvp=fails, name="fails")
    x = Tensor([1.0, 2.0], requires_grad=True)
    y, before = f(x), mode.get()
    for sweep in (
        lambda: push(y, [x], [np.ones(2)]), lambda: push(y, [x], [np.ones(2)], create_graph=True),
        lambda: push_batch(y, [x], [np.ones((3, 2))]), lambda: pull(y, [x], [np.ones((3, 2))]),
    ):  # fmt: skip
        with pytest.raises(RuntimeError, match="in the rule"):
            sweep()
        assert mode.get() is before
    assert x.grad is None


def test_no_perturbation_is_taken_for_another() -> None:
    """d/dx (x · d/dy (x + y)) = 1, and a deeper one: d/dx (x · d/dy (x · d/dz (y z))) = d/dx (x · x · 1) = 2x."""

    def d(f: Any, x: Any) -> Any:
        inside = alias(x._array, x) if isinstance(x, Tensor) else Tensor(x, requires_grad=True)
        found = push(f(inside), [inside], [np.ones_like(inside.numpy())], create_graph=True)[0]
        return np.zeros_like(inside.numpy()) if found is None else found

    assert float(d(lambda x: x * d(lambda y: x + y, x), 3.0)) == 1
    assert float(d(lambda x: x * d(lambda y: x * d(lambda z: y * z, y), x), 3.0)) == 6
    assert float(d(lambda x: d(lambda y: d(lambda z: x * y**2 * z**3, x), x), 2.0)) == pytest.approx(24 * 2**3)


def test_a_chain_of_many_operations() -> None:
    x = Tensor(1.0, requires_grad=True)
    y = x
    for _ in range(20_000):
        y = y * 1.0001
    assert push(y, [x], [1.0])[0].item() == pytest.approx(1.0001**20_000)
    assert pull(y, [x], [[1.0, 2.0]])[0].numpy() == pytest.approx(np.array([1, 2]) * 1.0001**20_000)


def test_memory_of_tangents_goes_as_the_sweep_goes_on() -> None:
    alive: list[int] = []
    refs: list[Any] = []

    def jvp(t: Any, out: Any, x: Any) -> Any:
        made = t * 1.0
        refs.append(weakref.ref(made))
        alive.append(sum(ref() is not None for ref in refs))
        return made

    f = primitive(np.copy, lambda g, out, x: g, jvp=jvp, keeps="", name="watched")
    x = Tensor(np.ones(3), requires_grad=True)
    y = x
    for _ in range(20):
        y = f(y)
    push(y, [x], [np.ones(3)])
    assert max(alive) <= 3


# Primitives of the user's own


def test_rules_for_tangents() -> None:
    x = Tensor([1.0, 2.0], requires_grad=True)
    cube = lambda x: x**3  # noqa: E731
    vjp = lambda g, out, x: g * 3 * x**2  # noqa: E731
    derived = primitive(cube, vjp, keeps="x", name="derived")
    diagonal = primitive(cube, vjp, keeps="x", name="diagonal", jvp="elementwise")
    written = primitive(cube, vjp, keeps="x", name="written").defjvp(lambda t, out, x: 3 * x**2 * t)
    for f in (derived, diagonal, written):
        assert push(f(x), [x], [[1.0, 10.0]])[0].tolist() == [3, 120]
        moving = push(f(x), [x], [[1.0, 10.0]], create_graph=True)
        assert push(moving, [x], [[1.0, 1.0]])[0].tolist() == [6, 120]
        assert push_batch(f(x), [x], [np.eye(2)])[0].tolist() == [[3, 0], [0, 12]]
        assert pull(f(x), [x], [np.eye(2)])[0].tolist() == [[3, 0], [0, 12]]


def test_a_rule_that_cannot_be_transposed_is_named() -> None:
    opaque = primitive(lambda x: x**3, lambda g, out, x: np.asarray(g) * 3 * x**2, keeps="x", name="opaque")
    x = Tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(NoRuleError, match=r"opaque: it has no rule for tangents.*jvp="):
        push(opaque(x), [x], [np.ones(2)])
    with pytest.raises(ArgumentError, match="one word of elementwise, linear"):
        primitive(np.copy, lambda g, out, x: g, jvp="diagonal")


def test_anomalies_are_found_in_a_batch_too() -> None:
    x = Tensor([-1.0, 2.0], requires_grad=True)
    with detect_anomaly():
        y = np.cbrt(x - x.numpy())
        with pytest.raises(AnomalyError, match="VJP of cbrt"):
            pull(y, [x], [np.ones((2, 2))])
        with pytest.raises(AnomalyError, match="JVP of cbrt"):
            push(y, [x], [np.ones(2)])


def test_a_rule_that_is_not_linear_is_called_for_each_of_a_batch() -> None:
    clipped = primitive(np.copy, lambda g, out, x: np.clip(g, -1, 1), keeps="", name="clipped")
    x = Tensor(1.0, requires_grad=True)
    assert pull(clipped(x), [x], [[0.5, 2.0]])[0].tolist() == [0.5, 1]


def test_hooks_see_each_cotangent_of_a_batch() -> None:
    x = Tensor([1.0, 2.0], requires_grad=True)
    y = x * 3
    seen = []
    y.register_hook(lambda g: (seen.append(g.tolist()), g * 2)[1])
    assert pull(y * 1.0, [x], [np.eye(2)])[0].tolist() == [[6, 0], [0, 6]]
    assert seen == [[1, 0], [0, 1]]


@pytest.mark.parametrize(
    "index",
    [
        0,
        -1,
        slice(None, None, 2),
        (Ellipsis, 1),
        None,
        (slice(None), None, 0),
        [0, 0, 1],
        ([0, 1], [1, 1]),
        (0, slice(None), [0, 2]),
        ([0, 1], slice(None), [0, 2]),
        np.array([[True, False, True], [False, True, True]]),
        (slice(None), [[0, 1], [2, 2]]),
        True,
    ],
    ids=str,
)
def test_an_index_of_a_stack(index: Any, rng: np.random.Generator) -> None:
    x = Tensor(rng.normal(size=(2, 3, 4)), requires_grad=True)
    y = x[index]
    v, w = rng.normal(size=(K, *x.shape)), rng.normal(size=(K, *y.shape))
    np.testing.assert_array_equal(push_batch(y, [x], [v])[0].numpy(), np.stack([row[index] for row in v]))
    agree(
        [pull(y, [x], [w])[0]], [Tensor(np.stack([gradients(y, [x], row, retain_graph=True)[0].numpy() for row in w]))]
    )
