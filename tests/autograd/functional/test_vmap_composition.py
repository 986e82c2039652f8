"""vmap with what else there is: rules of the user, checkpoint, random numbers, backward(), capture."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor, capture, checkpoint, custom_vjp, grad, hessian, jvp, primitive, vmap
from autograd.errors import BatchError

RNG = np.random.default_rng(0)
X = RNG.normal(size=(4, 3))
W = RNG.normal(size=(3, 2))


def loop(f: Callable[..., Any], *arrays: Any) -> Any:
    return np.stack([f(*row) for row in zip(*arrays, strict=True)])


# Rules of the user

by_arrays = primitive(
    lambda x: float(x.sum()) * np.asarray(x),
    lambda g, out, x: g * float(np.sum(x)) + float(np.sum(g * x)),
    jvp=lambda t, out, x: t * float(x.sum()) + float(t.sum()) * np.asarray(x),
    name="by_arrays",
)
by_branch = primitive(
    lambda x: x if x.sum() > 0 else -x, lambda g, out, x: g if x.sum() > 0 else -g, jvp="linear", name="by_branch"
)
saving = primitive(
    lambda x: (np.exp(np.asarray(x)), {"slope": np.exp(np.asarray(x))}),
    lambda g, out, x: g * out.values["slope"],
    saves=True,
    composite=lambda x: np.exp(x),
    name="saving",
)


@custom_vjp
def by_numbers(x: Any) -> Any:
    return float(x.sum()) * np.asarray(x)


by_numbers.defvjp(
    lambda x: (by_numbers(x), {"x": np.asarray(x)}), lambda kept, g: g * kept["x"].sum() + float(np.sum(g * kept["x"]))
)


@custom_vjp
def log1pexp(x: Any) -> Any:
    return np.log1p(np.exp(x))


log1pexp.defvjp(lambda x: (log1pexp(x), x), lambda x, g: g * (1 - 1 / (1 + np.exp(x))))

OURS: dict[str, Any] = {
    "by_arrays": by_arrays, "by_branch": by_branch, "saving": saving, "by_numbers": by_numbers, "log1pexp": log1pexp,
}  # fmt: skip
IN_ONE_CALL = {"saving", "log1pexp"}  # the first by its composite
TANGENTS = set(OURS) - {"by_numbers"}  # whose backward cannot be differentiated, here and outside


@pytest.mark.parametrize("name", OURS)
def test_a_rule_of_the_users_runs_as_a_batch_or_by_examples(name: str) -> None:
    f = OURS[name]

    def number(x: Any) -> Any:
        return np.sum(np.sin(f(x)))

    slopes = loop(grad(number), X)
    np.testing.assert_allclose(vmap(f)(X), loop(f, X))
    np.testing.assert_allclose(vmap(grad(number))(X), slopes)
    np.testing.assert_allclose(grad(lambda X: np.sum(vmap(number)(X)))(X), slopes)
    np.testing.assert_allclose(vmap(vmap(grad(number)))(np.stack([X, -X])), np.stack([slopes, loop(grad(number), -X)]))
    if name in TANGENTS:
        np.testing.assert_allclose(
            vmap(lambda x, t: jvp(number, x, t)[1])(X, X + 1), loop(lambda x, t: jvp(number, x, t)[1], X, X + 1)
        )
    assert (vmap.explain(grad(number))(X) == {}) == (name in IN_ONE_CALL)


def test_the_second_derivative_of_a_rule_that_runs_by_examples() -> None:
    def number(x: Any) -> Any:
        return np.sum(np.sin(by_branch(x)))

    np.testing.assert_allclose(vmap(hessian(number))(X), loop(hessian(number), X))


def test_what_all_examples_share_gets_a_gradient_for_each_of_them() -> None:
    product = primitive(
        lambda x, w: np.asarray(x) * np.asarray(w), lambda g, out, x, w: g * np.asarray(w),
        lambda g, out, x, w: g * np.asarray(x), name="product",
    )  # fmt: skip

    def loss(w: Any, x: Any) -> Any:
        return np.sum(product(x, w) ** 2)

    w = np.array([1.0, 2.0, 3.0])
    np.testing.assert_allclose(vmap(grad(loss), (None, 0))(w, X), loop(lambda x: grad(loss)(w, x), X))
    together = grad(lambda w: np.sum(vmap(lambda x: loss(w, x))(X)))(w)
    np.testing.assert_allclose(together, loop(lambda x: grad(loss)(w, x), X).sum(0))


def test_batch_says_how_a_function_of_arrays_takes_all_examples_at_once() -> None:
    shapes = []

    def sorted_array(x: Any) -> Any:
        shapes.append(np.shape(x))
        return np.sort(np.asarray(x), axis=-1)

    def in_order(g: Any, out: Any, x: Any) -> Any:
        return np.take_along_axis(np.asarray(g), np.argsort(np.argsort(np.asarray(x))), -1)

    f = primitive(sorted_array, in_order, batch="free", name="sorted_array")

    def number(x: Any) -> Any:
        return np.sum(np.sin(f(x)) * np.arange(3))

    np.testing.assert_allclose(vmap(grad(number))(X), loop(grad(number), X))
    assert shapes[:2] == [(3,), (4, 3)]  # first as the batch itself, which np.asarray refuses
    assert vmap.explain(grad(number))(X) == {}


def test_batch_words_change_the_parameters() -> None:
    shifted = primitive(
        lambda x, axis: np.roll(np.asarray(x), 1, axis), lambda g, out, x, axis: np.roll(np.asarray(g), -1, axis),
        batch="axis", name="shifted",
    )  # fmt: skip
    np.testing.assert_allclose(vmap(lambda x: shifted(x, axis=0))(X), np.roll(X, 1, 1))
    assert vmap.explain(lambda x: shifted(x, axis=0))(X) == {}


def test_a_batched_value_of_a_closure_is_refused() -> None:
    def outer(x: Any) -> Any:
        return primitive(lambda y: float(y[0]) * x, lambda g, out, y: g, name="closing")(x)

    with pytest.raises(BatchError, match="none of its arguments"):
        vmap(outer)(X)


# checkpoint


def test_checkpoint_inside() -> None:
    def loss(w: Any, x: Any) -> Any:
        return np.sum(checkpoint(lambda w, x: np.tanh(x @ w) ** 2, w, x))

    def closing(w: Any, x: Any) -> Any:
        return np.sum(checkpoint(lambda x: np.tanh(x @ w) ** 2, x))

    each = loop(lambda x: grad(loss)(W, x), X)
    for f in (loss, closing):
        np.testing.assert_allclose(vmap(grad(f), (None, 0))(W, X), each)
        together = grad(lambda w, f=f: np.sum(vmap(lambda x: f(w, x))(X)))(W)
        np.testing.assert_allclose(together, each.sum(0))


def test_checkpoint_draws_the_same_numbers_again_after_the_vmap() -> None:
    def total(X: Any) -> Any:
        dropped = vmap(lambda x: checkpoint(lambda x: nn.functional.dropout(x, 0.5) ** 2, x), randomness="different")
        return np.sum(dropped(X))

    ones = np.ones((4, 20))
    autograd.seed(0)
    found = grad(total)(ones)
    autograd.seed(0)
    kept = vmap(lambda x: nn.functional.dropout(x, 0.5), randomness="different")(ones)
    np.testing.assert_allclose(found, 2 * kept**2)


# Random numbers


def dropped(x: Any) -> Any:
    return nn.functional.dropout(x, 0.5)


def test_different_numbers() -> None:
    autograd.seed(1)
    kept = vmap(dropped, randomness="different")(np.ones((4, 200)))
    assert len({row.tobytes() for row in kept}) == 4
    assert 0.4 < (kept > 0).mean() < 0.6
    rows = vmap(lambda x: autograd.random.generator().permutation(5), randomness="different")(np.ones(6))
    np.testing.assert_array_equal(np.sort(rows), np.tile(np.arange(5), (6, 1)))
    assert len({row.tobytes() for row in rows}) > 1
    means = np.arange(4.0) * 1000
    drawn = vmap(lambda m: autograd.random.generator().normal(m, size=3), randomness="different")(means)
    np.testing.assert_allclose(drawn, np.tile(means[:, None], 3), atol=10)


@pytest.mark.parametrize("chunk_size", [None, 3])
def test_the_same_numbers_in_all_chunks(chunk_size: int | None) -> None:
    kept = vmap(dropped, randomness="same", chunk_size=chunk_size)(np.ones((7, 50)))
    assert (kept == kept[0]).all()
    assert 0 < (kept[0] > 0).sum() < 50


def test_two_levels_each_by_its_own_word() -> None:
    X = np.ones((3, 4, 50))
    inner = vmap(vmap(dropped, randomness="different"), randomness="same")(X)
    outer = vmap(vmap(dropped, randomness="same"), randomness="different")(X)
    assert (inner == inner[:1]).all()
    assert not (inner == inner[:, :1]).all()
    assert (outer == outer[:, :1]).all()
    assert not (outer == outer[:1]).all()


DRAWS: dict[str, Callable[[Any], Any]] = {
    "dropout": dropped,
    "rrelu": lambda x: nn.functional.rrelu(x - 2, training=True),
    "attention": lambda x: nn.functional.scaled_dot_product_attention(
        x[:, None], x[:, None], x[:, None], dropout_p=0.5
    ),
    "a generator of its own": lambda x: nn.functional.dropout(x, 0.5, rng=np.random.default_rng(0)),
}


@pytest.mark.parametrize("name", DRAWS)
def test_a_draw_is_refused_unless_it_is_said_what_it_means(name: str) -> None:
    with pytest.raises(BatchError, match="randomness='different'"):
        vmap(DRAWS[name])(np.ones((3, 30)))
    different = vmap(DRAWS[name], randomness="different")(np.ones((3, 30)))
    same = vmap(DRAWS[name], randomness="same")(np.ones((3, 30)))
    assert not (different == different[0]).all()
    assert (same == same[0]).all()


def test_the_same_numbers_with_parameters_of_their_own_are_refused() -> None:
    with pytest.raises(BatchError, match=r"mean \+ std"):
        vmap(lambda m: autograd.random.generator().normal(m), randomness="same")(np.arange(3.0))


# backward()


def test_backward_inside_is_refused_and_changes_nothing() -> None:
    p = Tensor(np.ones(3), requires_grad=True)
    with pytest.raises(BatchError, match=r"vmap\(grad\(loss\)"):
        vmap(lambda x: np.sum(p * x).backward())(X)
    with pytest.raises(BatchError, match="backward"):
        vmap(lambda x: autograd.backward(np.sum(p * 2)) or x)(X)
    assert p.grad is None
    np.sum(vmap(lambda x: np.sum(p * x))(X)).backward()
    np.testing.assert_allclose(p.grad.numpy(), X.sum(0))


# capture


def loss(w: Any, x: Any) -> Any:
    return np.sum(np.tanh(x @ w) ** 2)


def test_a_captured_function_may_use_vmap() -> None:
    step = capture(lambda w, X: vmap(grad(loss), (None, 0))(w, X))
    pairs = capture(lambda X: vmap(lambda x: vmap(lambda y: np.sin(x @ y))(X))(X))
    for i in range(5):
        np.testing.assert_allclose(step(W + i, X), loop(lambda x, i=i: grad(loss)(W + i, x), X))
        np.testing.assert_allclose(pairs(X + i), np.sin((X + i) @ (X + i).T))
    noisy = capture(lambda X: vmap(dropped, randomness="different")(X))
    masks = [noisy(np.ones((2, 50))) for _ in range(5)]
    assert len({row.tobytes() for mask in masks for row in mask}) == 10


def test_a_captured_function_inside_vmap() -> None:
    step = capture(grad(loss))
    for i in range(4):
        np.testing.assert_allclose(vmap(step, (None, 0))(W, X + i), loop(lambda x: grad(loss)(W, x), X + i))
        np.testing.assert_allclose(step(W, X[0]), grad(loss)(W, X[0]))
