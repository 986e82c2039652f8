"""Linear algebra where a derivative is a choice, or where a rule could divide by zero."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd import Tensor, grad, hessian
from autograd.check import gradcheck, gradgradcheck
from autograd.engine.gradients import gradients
from autograd.engine.registry import primitives
from autograd.errors import ArgumentError, NoRuleError, ShapeError

inf, nan = np.inf, np.nan


def leaf(x: Any) -> Tensor:
    return Tensor(np.array(x, dtype=float), requires_grad=True)


def gradient(f: Callable[..., Any], *arrays: Any) -> Any:
    """The gradients of the sum of f by each argument, which must be the same when the sweep is recorded."""
    xs = [leaf(x) for x in arrays]
    found = [g.numpy() for g in gradients(np.sum(f(*xs)), xs)]
    recorded = [g.numpy() for g in gradients(np.sum(f(*xs)), xs, create_graph=True)]
    for a, b in zip(found, recorded, strict=True):
        np.testing.assert_array_equal(a, b)
    return found[0] if len(found) == 1 else found


def second(f: Callable[..., Any], x: Any) -> Any:
    """The gradient of the sum of the gradient."""
    x = leaf(x)
    (g,) = gradients(np.sum(f(x)), [x], create_graph=True)
    return gradients(np.sum(g), [x])[0].numpy() if g.requires_grad else np.zeros(x.shape)


# 0 · inf = 0


@pytest.mark.parametrize("bad", [inf, -inf, nan])
@pytest.mark.parametrize(
    "product",
    [
        lambda x, w: x @ w,
        np.dot,
        lambda x, w: np.einsum("ij,jk->ik", x, w),
        lambda x, w: np.tensordot(x, w, 1),
        lambda x, w: np.inner(x, w.T),
    ],
    ids=["matmul", "dot", "einsum", "tensordot", "inner"],
)
def test_a_masked_row_leaves_the_weights_gradient_finite(product: Any, bad: float) -> None:
    x, w = np.ones((3, 2)), np.ones((2, 4))
    x[1, 0] = bad
    mask = np.array([[True], [False], [True]])
    with np.errstate(invalid="ignore"):
        gx, gw = gradient(lambda x, w: np.where(mask, product(x, w), 0), x, w)
    np.testing.assert_array_equal(gw, np.full((2, 4), 2.0))
    np.testing.assert_array_equal(gx, 4.0 * mask * np.ones((3, 2)))


def test_an_inf_that_matters_is_kept() -> None:
    x = np.array([[1.0, inf], [2.0, 3.0]])
    only_first = np.array([[1.0, 0.0], [1.0, 0.0]])
    with np.errstate(invalid="ignore"):  # whether BLAS warns of an inf depends on the processor
        gw = gradient(lambda w: x @ w, np.ones((2, 2)))
        np.testing.assert_array_equal(gw, [[3, 3], [inf, inf]])
        gw = gradient(lambda w: only_first * (x @ w), np.ones((2, 2)))
    np.testing.assert_array_equal(gw, [[3, 0], [inf, 0]])


@pytest.mark.parametrize("mask", [0.0, 1.0])
def test_zero_times_inf_in_products_of_vectors(mask: float) -> None:
    a, b = np.array([1.0, inf]), np.array([2.0, 3.0])
    for product in (np.dot, np.inner, np.vdot, np.vecdot, np.matmul):
        with np.errstate(invalid="ignore"):
            gb = gradient(lambda b, product=product: np.where(mask == 1, product(a, b), 0), b)
        np.testing.assert_array_equal(gb, a if mask else [0, 0])


# Norms at zero

VECTOR_NORMS = [None, 0, 1, 2, 3, 1.5, 0.5, -1, -2, inf, -inf]
MATRIX_NORMS = ["fro", "nuc", 1, 2, -1, -2, inf, -inf]


@pytest.mark.parametrize("ord", VECTOR_NORMS)
def test_vector_norm_at_zero(ord: Any) -> None:
    with np.errstate(divide="ignore"):  # NumPy computes 0 ** -1 itself
        for x in (np.zeros(3), np.zeros((3, 3))):
            np.testing.assert_array_equal(gradient(lambda x: np.linalg.norm(x, ord, axis=-1), x), 0 * x)


@pytest.mark.parametrize("ord", MATRIX_NORMS)
def test_matrix_norm_at_zero(ord: Any) -> None:
    np.testing.assert_array_equal(gradient(lambda x: np.linalg.norm(x, ord), np.zeros((3, 2))), np.zeros((3, 2)))


@pytest.mark.parametrize("ord", [None, 1, 2, 3, 1.5, 0.5, inf])
def test_norm_of_a_vector_with_a_zero(ord: Any) -> None:
    g = gradient(lambda x: np.linalg.norm(x, ord), [3.0, 0.0, -1.0])
    assert np.isfinite(g).all()
    assert g[1] == 0


def test_cond_of_a_singular_matrix() -> None:
    for x in (np.ones((2, 2)), np.zeros((2, 2)), np.stack([np.ones((2, 2)), np.eye(2)])):
        for p in (None, 2, -2, 1, "fro"):
            ours = np.linalg.cond(leaf(x), p)
            np.testing.assert_allclose(getattr(ours, "data", ours), np.linalg.cond(x, p), rtol=1e-12)
    with pytest.raises(np.linalg.LinAlgError):
        np.linalg.cond(leaf(np.zeros((0, 0))))


def test_tied_maxima_share() -> None:
    np.testing.assert_array_equal(gradient(lambda x: np.linalg.norm(x, inf), [2.0, -2.0, 1.0]), [0.5, -0.5, 0])


@pytest.mark.parametrize("ord", VECTOR_NORMS)
@pytest.mark.parametrize("keepdims", [False, True])
def test_values_of_vector_norms(ord: Any, keepdims: bool) -> None:
    x = np.random.default_rng(0).normal(size=(3, 4))
    for axis in (0, 1, -1):
        ours = np.linalg.norm(leaf(x), ord, axis, keepdims)
        np.testing.assert_array_equal(ours.numpy(), np.linalg.norm(x, ord, axis, keepdims))


@pytest.mark.parametrize("ord", [None, *MATRIX_NORMS])
@pytest.mark.parametrize("keepdims", [False, True])
def test_values_of_matrix_norms(ord: Any, keepdims: bool) -> None:
    x = np.random.default_rng(0).normal(size=(3, 4, 2))
    for axis in ((0, 1), (2, 0), (-1, -2)):
        ours = np.linalg.norm(leaf(x), ord, axis, keepdims)
        np.testing.assert_allclose(ours.numpy(), np.linalg.norm(x, ord, axis, keepdims), rtol=1e-13)


def test_numpys_errors_of_norm() -> None:
    x = leaf(np.ones((2, 3, 4)))
    for ord, axis in ((3, (0, 1)), ("fro", 0), (2, None), ("other", (0, 1))):
        with pytest.raises(ValueError):
            np.linalg.norm(x, ord, axis)


# Repeated and vanishing eigenvalues


def repeated(n: int = 4) -> np.ndarray:
    """Symmetric, with the eigenvalues 1 (n - 1 times) and 3."""
    q, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(n, n)))
    return (q * np.array([1.0] * (n - 1) + [3.0])) @ q.T


def expm(a: np.ndarray) -> np.ndarray:
    w, v = np.linalg.eigh(a)
    return (v * np.exp(w)) @ v.T


@pytest.mark.parametrize("a", [np.eye(3), np.zeros((3, 3)), repeated()], ids=["one", "zero", "repeated"])
def test_functions_of_repeated_eigenvalues(a: np.ndarray) -> None:
    np.testing.assert_allclose(gradient(lambda a: np.exp(np.linalg.eigvalsh(a)), a), expm(a), atol=1e-12)
    np.testing.assert_allclose(gradient(lambda a: np.exp(np.linalg.eigh(a)[0]), a), expm(a), atol=1e-12)
    assert np.isfinite(second(lambda a: np.exp(np.linalg.eigvalsh(a)), a)).all()


def test_projection_on_a_space_of_repeated_eigenvalues() -> None:
    weights = np.random.default_rng(1).normal(size=(4, 4))

    def projection(a: Any) -> Any:
        v = np.linalg.eigh(a + np.swapaxes(a, -1, -2))[1][:, :3]
        return np.sum(weights * (v @ np.swapaxes(v, -1, -2)))

    assert gradcheck(projection, repeated() / 2, rtol=1e-5)


def test_singular_values_of_one_and_zero() -> None:
    np.testing.assert_allclose(gradient(np.linalg.svdvals, np.eye(3)), np.eye(3), atol=1e-14)
    np.testing.assert_array_equal(gradient(np.linalg.svdvals, np.zeros((3, 2))), np.zeros((3, 2)))
    assert np.isfinite(second(lambda a: np.linalg.svdvals(a) ** 2, np.eye(3))).all()
    assert np.isfinite(gradient(lambda a: np.linalg.svd(a)[0] ** 2, np.ones((3, 3)))).all()


def test_the_gradient_of_a_symmetric_matrix_is_symmetric() -> None:
    rng = np.random.default_rng(0)
    a = rng.normal(size=(3, 3))
    a, weights = a @ a.T + np.eye(3), rng.normal(size=(3, 3))
    for f in (
        np.linalg.cholesky,
        lambda a: np.linalg.cholesky(a, upper=True),
        lambda a: np.linalg.eigh(a)[1],
        np.linalg.eigvalsh,
    ):
        g = gradient(lambda a, f=f: weights[0] * f(a), a)
        np.testing.assert_allclose(g, g.T, atol=1e-12)


# Determinants of singular matrices


@pytest.mark.parametrize(
    "a", [np.zeros((2, 2)), np.ones((3, 3)), np.diag([1.0, 2.0, 0.0]), np.diag([1.0, 0.0, 0.0]), np.zeros((1, 1))]
)
def test_det_of_a_singular_matrix(a: np.ndarray) -> None:
    assert gradcheck(np.linalg.det, a)
    assert gradgradcheck(np.linalg.det, a)
    assert gradgradcheck(np.linalg.det, np.stack([a, a + np.eye(len(a))]))


def test_det_of_a_large_singular_matrix() -> None:
    rng = np.random.default_rng(0)
    assert gradcheck(np.linalg.det, rng.normal(size=(12, 11)) @ rng.normal(size=(11, 12)) / 4, rtol=1e-5)
    assert gradcheck(np.linalg.det, np.diag([0.0] + [1.0] * 11))
    assert gradcheck(np.linalg.det, np.diag([0.0] * 2 + [1.0] * 10))


def test_slogdet() -> None:
    result = np.linalg.slogdet(leaf(-np.eye(3)))
    assert (float(result.sign), float(result.logabsdet)) == (-1.0, 0.0)
    assert not result.sign.requires_grad
    stack = np.stack([np.eye(2), np.ones((2, 2))])
    g = gradient(lambda a: np.linalg.slogdet(a)[1], stack)
    assert np.isnan(g[1]).all()
    g = gradient(lambda a: np.where([True, False], np.linalg.slogdet(a)[1], 0), stack)
    np.testing.assert_array_equal(g, [np.eye(2), np.zeros((2, 2))])


# NumPy's results and refusals


def test_named_results() -> None:
    a = leaf([[2.0, 1.0], [1.0, 3.0]])
    for result, names in (
        (np.linalg.eigh(a), "eigenvalues eigenvectors"),
        (np.linalg.svd(a), "U S Vh"),
        (np.linalg.qr(a), "Q R"),
        (np.linalg.slogdet(a), "sign logabsdet"),
    ):
        assert type(result).__module__.startswith("numpy")
        for name in names.split():
            assert isinstance(getattr(result, name), Tensor)
    assert isinstance(np.linalg.svd(Tensor(np.ones((2, 3)))).Vh, Tensor)


@pytest.mark.parametrize("shape", [(5, 2), (2, 5), (40, 3), (3, 40), (2, 4, 3), (0, 3), (3, 0)])
def test_full_decompositions_are_numpys(shape: tuple[int, ...]) -> None:
    a = np.random.default_rng(0).normal(size=shape)
    for got, right in zip(np.linalg.svd(leaf(a)), np.linalg.svd(a), strict=True):
        np.testing.assert_allclose(got.numpy(), right, atol=1e-12, strict=True)
    for got, right in zip(np.linalg.qr(leaf(a), "complete"), np.linalg.qr(a, "complete"), strict=True):
        np.testing.assert_allclose(got.numpy(), right, atol=1e-12, strict=True)


def test_a_null_space_from_the_added_vectors() -> None:
    """|P b|² of the projector P on the null space of a, by svd and by solving: first and second derivatives."""
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(2, 5)), rng.normal(size=5)

    def by_svd(a: Any) -> Any:
        return np.sum((np.linalg.svd(a)[2][2:] @ b) ** 2)

    def by_solving(a: Any) -> Any:
        return np.sum((b - a.mT @ np.linalg.solve(a @ a.mT, a @ b)) ** 2)

    for f in (grad, hessian):
        np.testing.assert_allclose(f(by_svd)(a), f(by_solving)(a), rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda a: np.linalg.qr(a, "raw"), "'reduced'"),
        (lambda a: np.dot(a, a, out=np.empty((2, 2))), "out="),
        (lambda a: np.outer(a, a, out=np.empty((4, 4))), "out="),
        (lambda a: np.trace(a, out=np.empty(())), "out="),
        (lambda a: np.einsum("ij->", a, out=np.empty(())), "out="),
        (lambda a: np.einsum("ij->", a, dtype=np.float32), "astype"),
        (lambda a: np.linalg.multi_dot([a, a], out=np.empty((2, 2))), "out="),
        (lambda a: np.matmul(a, a, out=np.empty((2, 2))), "out="),
        (lambda a: np.matmul(a, a, axes=[(0, 1), (0, 1), (0, 1)]), "axes"),
        (lambda a: np.interp(a, [0.0, 1.0], [0.0, 1.0], period=a[0, 0]), "period"),
    ],
)
def test_refused(call: Any, message: str) -> None:
    with pytest.raises(NoRuleError, match=message):
        call(leaf([[2.0, 1.0], [1.0, 3.0]]))


def test_wrong_shapes_are_named() -> None:
    a = leaf(np.ones((2, 4)))
    for call in (np.cross, np.linalg.cross, np.linalg.outer):
        with pytest.raises(ShapeError, match=r"\(2, 4\)"):
            call(a, a)
    with pytest.raises(ShapeError, match="at least two"):
        np.linalg.multi_dot([a])
    with pytest.raises(ArgumentError, match="'full', 'same' or 'valid'"):
        np.convolve(a[0], a[0], "other")
    with pytest.raises(np.linalg.LinAlgError):
        np.linalg.inv(leaf(np.zeros((2, 2))))


def test_float16_is_numpys_own_error() -> None:
    a = Tensor(np.eye(2, dtype=np.float16), requires_grad=True)
    for f in (np.linalg.inv, np.linalg.det, np.linalg.eigh, np.linalg.svd, np.linalg.cholesky, np.linalg.qr):
        with pytest.raises(TypeError, match="float16"):
            f(a)


def test_plain_results() -> None:
    a = leaf([[1.0, 2.0], [2.0, 4.0]])
    assert np.linalg.matrix_rank(a) == 1
    assert np.einsum_path("ij,jk->ik", a, a)[0] == ["einsum_path", (0, 1)]
    _, _, rank, _ = np.linalg.lstsq(a, np.ones(2))
    assert rank == 1


def test_arguments_by_name_and_as_lists() -> None:
    a, b = leaf([[2.0, 1.0], [1.0, 3.0]]), leaf([1.0, 2.0])
    expected = np.linalg.solve(a.numpy(), b.numpy())
    np.testing.assert_array_equal(np.linalg.solve(a=a, b=b).numpy(), expected)
    np.testing.assert_array_equal(np.linalg.solve([[2.0, 1.0], [1.0, 3.0]], b).numpy(), expected)
    np.testing.assert_array_equal(np.linalg.solve(((2.0, 1.0), (1.0, 3.0)), b).numpy(), expected)
    np.testing.assert_array_equal(np.dot(a=a, b=b).numpy(), a.numpy() @ b.numpy())
    np.testing.assert_array_equal(np.dot((1.0, 2.0), a).numpy(), [4, 7])
    np.testing.assert_array_equal(np.kron(a=a, b=b).numpy(), np.kron(a.numpy(), b.numpy()))
    np.testing.assert_array_equal(np.vecdot(a, b, keepdims=True).numpy(), [[4], [7]])
    np.testing.assert_array_equal((a @ [1.0, 2.0]).numpy(), [4, 7])
    np.testing.assert_array_equal(([1.0, 2.0] @ a).numpy(), [4, 7])


def test_cross_of_vectors_in_the_plane() -> None:
    a, b = np.array([1.0, 2.0]), np.array([3.0, 5.0])
    assert float(np.cross(leaf(a), leaf(b))) == -1
    assert gradgradcheck(lambda a, b: np.cross(a, b), a, b)
    np.testing.assert_array_equal(np.cross(leaf(a), leaf([1.0, 2.0, 3.0])).numpy(), [6, -3, 0])


def test_identity_as_a_power() -> None:
    a = leaf([[1.0, 2.0], [3.0, 4.0]])
    power = np.linalg.matrix_power(a, 0)
    np.testing.assert_array_equal(power.numpy(), np.eye(2))
    power.backward(np.ones((2, 2)))
    assert a.grad is not None
    np.testing.assert_array_equal(a.grad.numpy(), np.zeros((2, 2)))


# Empty arrays


@pytest.mark.parametrize(
    "f",
    [
        np.linalg.inv, np.linalg.det, lambda a: np.linalg.slogdet(a)[1], np.linalg.cholesky,
        lambda a: np.linalg.eigh(a)[0], np.linalg.eigvalsh, lambda a: np.linalg.svd(a)[1], np.linalg.svdvals,
        np.linalg.pinv, np.linalg.norm, lambda a: np.linalg.qr(a)[1], np.trace,
        lambda a: np.linalg.matrix_power(a, 2), lambda a: a @ a, lambda a: np.dot(a, a),
        lambda a: np.einsum("ij,jk", a, a), lambda a: np.linalg.solve(a, a), lambda a: np.tensordot(a, a),
        lambda a: np.kron(a, a), lambda a: np.outer(a, a),
    ],
)  # fmt: skip
def test_empty_matrices(f: Any) -> None:
    assert gradient(f, np.zeros((0, 0))).shape == (0, 0)


def test_empty_stacks_and_sums_over_nothing() -> None:
    for f in (np.linalg.inv, np.linalg.det, np.linalg.eigvalsh, np.linalg.svdvals, np.linalg.cholesky, np.linalg.pinv):
        assert gradient(f, np.zeros((0, 3, 3))).shape == (0, 3, 3)
    ga, gb = gradient(np.matmul, np.zeros((2, 0)), np.zeros((0, 3)))
    assert (ga.shape, gb.shape) == ((2, 0), (0, 3))
    for shape, other in (((0, 4), (4, 2)), ((3, 4), (4, 0)), ((5, 0, 4), (4, 2)), ((2, 3, 0), (0, 4))):
        ga, gb = gradient(np.matmul, np.zeros(shape), np.zeros(other))
        assert (ga.shape, gb.shape) == (shape, other)


# Interpolation: at the knots and outside


def test_interp_at_the_knots_and_outside() -> None:
    xp, fp = [0.0, 1.0, 3.0], [0.0, 2.0, 3.0]
    gx = gradient(lambda x: np.interp(x, xp, fp), [-1.0, 0.0, 1.0, 2.0, 3.0, 4.0])
    np.testing.assert_array_equal(gx, [0, 2, 0.5, 0.5, 0.5, 0])
    np.testing.assert_array_equal(gradient(lambda f: np.interp([-1.0, 0.5, 9.0], xp, f), fp), [1.5, 0.5, 1])
    np.testing.assert_array_equal(
        gradient(lambda f: np.interp([-1.0, 0.5, 9.0], xp, f, left=7, right=7), fp), [0.5, 0.5, 0]
    )


@pytest.mark.parametrize("options", [{}, {"left": 3.0}, {"right": -1.0}])
def test_interp_is_its_composite(options: dict[str, float]) -> None:
    rng = np.random.default_rng(0)
    x, xp, fp = rng.uniform(-1, 6, size=(4, 5)), np.sort(rng.uniform(0, 5, size=6)), rng.normal(size=6)
    fused, composite = primitives["interp"], primitives["interp"].composite
    assert composite is not None
    np.testing.assert_allclose(
        np.interp(leaf(x), xp, fp, **options).numpy(), composite(leaf(x), xp, fp, **options).numpy(), rtol=1e-13
    )
    xs = [leaf(v) for v in (x, xp, fp)]
    for create in (False, True):
        ours, theirs = (gradients(np.sum(f(*xs, **options) ** 2), xs, create_graph=create) for f in (fused, composite))
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    "f", [np.matmul, np.dot, np.inner, np.vdot, np.outer, np.kron, lambda a, b: np.einsum("ij,jk", a, b), np.tensordot]
)
def test_products_in_float16(f: Any) -> None:
    a = Tensor(np.full((4, 4), 200, np.float16), requires_grad=True)
    with np.errstate(over="ignore"):
        y = f(a, a.detach())
    y.backward(np.zeros(y.shape, np.float16))
    assert a.grad is not None
    assert (y.dtype, a.grad.dtype) == (np.float16, np.float16)
    np.testing.assert_array_equal(a.grad.numpy(), np.zeros((4, 4)))
