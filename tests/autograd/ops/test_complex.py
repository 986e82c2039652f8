"""Complex numbers through every row of the table: right, or refused by name; never a part lost in silence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograd import Tensor, gradcheck, gradients, jvp, vjp
from autograd.engine.batch import pull
from autograd.errors import DTypeError, GradcheckError, NoRuleError
from tests.cases import Case, all_cases
from tests.cases.complex_numbers import COMPLEX_ROWS, NO_FUNCTION, OTHER_ORDER, OUTSIDE, with_imaginary_parts
from tests.peers import jax_in_doubles

CASES = [case for case in all_cases() if case.name not in NO_FUNCTION | OUTSIDE | OTHER_ORDER]
BOTH = ("reverse", "forward")


def rows(cases: list[Case]) -> Any:
    return pytest.mark.parametrize("case", cases, ids=[case.name for case in cases])


def numpys_error(case: Case, inputs: list[Any]) -> Exception | None:
    """What NumPy raises for complex arrays; a part that it would lose is an error, too."""
    try:
        with np.errstate(all="ignore"):
            case.function(*inputs)
    except Exception as error:
        return error
    return None


@rows(CASES)
def test_every_row_is_right_or_refused(case: Case, rng: np.random.Generator) -> None:
    """A ComplexWarning would be an error here, as every warning in these tests."""
    inputs = with_imaginary_parts(case.inputs(rng))
    error = numpys_error(case, inputs)
    tolerance = max(case.tolerance, 1e-5)
    try:
        with np.errstate(all="ignore"):
            assert gradcheck(case.function, *inputs, modes=BOTH, rtol=tolerance, atol=tolerance)
    except (DTypeError, NoRuleError) as refusal:
        named = "complex" in str(refusal) or "imaginary" in str(refusal)
        if not named and error is None:
            raise
    except (GradcheckError, np.exceptions.ComplexWarning):
        raise
    except Exception:
        if error is None:
            raise


def test_most_rows_take_complex_numbers() -> None:
    """So that a rule that begins to refuse them is seen."""
    taken = 0
    for case in CASES:
        inputs = with_imaginary_parts(case.inputs(np.random.default_rng(0)))
        try:
            with np.errstate(all="ignore"):
                case.function(*[Tensor(x, True) if np.iscomplexobj(x) else x for x in inputs])
            taken += 1
        except Exception:
            continue
    assert taken > 950


@rows(COMPLEX_ROWS)
def test_derivatives_to_second_order(case: Case, rng: np.random.Generator) -> None:
    assert gradcheck(case.function, *case.inputs(rng), order=2, modes=BOTH, rtol=case.tolerance, atol=case.tolerance)


@rows(COMPLEX_ROWS)
def test_a_batch_is_many_sweeps(case: Case, rng: np.random.Generator) -> None:
    xs = [Tensor(x, requires_grad=True) for x in case.inputs(rng)]
    y = case.function(*xs)
    y = y[0] if isinstance(y, tuple) else y
    seeds = rng.normal(size=(3, *y.shape)) + (1j * rng.normal(size=(3, *y.shape)) if y.dtype.kind == "c" else 0)
    together = pull(y, xs, seeds)
    for k, seed in enumerate(seeds):
        for one, many in zip(gradients(y, xs, seed, retain_graph=True), together, strict=True):
            np.testing.assert_allclose(one.numpy(), many.numpy()[k], rtol=1e-9, atol=1e-12)


@pytest.mark.oracle
@rows([case for case in COMPLEX_ROWS if case.torch is not None])
def test_pytorchs_gradients(case: Case, rng: np.random.Generator) -> None:
    """`.backward(c)` and `.grad` are PyTorch's, number by number."""
    torch = pytest.importorskip("torch")
    inputs = case.inputs(rng)
    ours = [Tensor(x, requires_grad=True) for x in inputs]
    theirs = [torch.tensor(x, requires_grad=True) for x in inputs]
    found, expected = case.function(*ours), case.torch(torch, *theirs)  # type: ignore[misc]
    for i, (y, peer) in enumerate(zip(*[r if isinstance(r, tuple) else (r,) for r in (found, expected)], strict=True)):
        np.testing.assert_allclose(y.numpy(), peer.detach().resolve_conj().numpy(), rtol=1e-9, atol=1e-12)
        c = np.random.default_rng(i).normal(size=y.shape) * (1 + 0.5j if y.dtype.kind == "c" else 1)
        y.backward(c, retain_graph=True)
        peer.backward(torch.tensor(c), retain_graph=True)
    for x, peer in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(x.grad.numpy(), peer.grad.resolve_conj().numpy(), rtol=1e-6, atol=1e-8)


JAXS: dict[str, tuple[Any, tuple[tuple[int, ...], ...]]] = {
    **{
        name: (lambda T, z, name=name: getattr(T, name)(z), ((4,),))
        for name in ("abs", "angle", "conjugate", "real", "imag", "exp", "log", "sqrt", "tanh", "arcsinh",
                     "sinc", "square", "cumprod", "var", "prod", "reciprocal", "log1p", "expm1", "sin", "arctan")
    },
    **{
        name: (lambda T, z, name=name: getattr(T.fft, name)(z, norm="ortho"), ((3, 4),))
        for name in ("fft", "ifft", "irfft", "hfft", "fft2", "ifftn", "irfft2", "irfftn")
    },
    "rfft": (lambda T, z: T.fft.rfft(T.real(z), 5), ((2, 6),)),
    "ihfft": (lambda T, z: T.fft.ihfft(T.real(z)), ((2, 5),)),
    "vdot": (lambda T, a, b: T.vdot(a, b), ((4,), (4,))),
    "matmul": (lambda T, a, b: a @ b, ((2, 3), (3, 4))),
    "einsum": (lambda T, a, b: T.einsum("ij,kj->ik", a, T.conj(b)), ((2, 3), (4, 3))),
    "det": (lambda T, a: T.linalg.det(a), ((3, 3),)),
    "inv": (lambda T, a: T.linalg.inv(a), ((3, 3),)),
    "solve": (lambda T, a, b: T.linalg.solve(a, b), ((3, 3), (3, 2))),
    "slogdet": (lambda T, a: T.linalg.slogdet(a)[1], ((3, 3),)),
    "eigvals": (lambda T, a: T.sum(T.linalg.eigvals(a) ** 2), ((3, 3),)),
    "eigh": (lambda T, a: T.linalg.eigh(a @ T.conj(a).T)[0], ((3, 3),)),
    "cholesky": (lambda T, a: T.linalg.cholesky(a @ T.conj(a).T + T.eye(3)), ((3, 3),)),
    "svd": (lambda T, a: T.linalg.svd(a, full_matrices=False)[1], ((4, 3),)),
    "norm": (lambda T, z: T.linalg.norm(z), ((5,),)),
    "convolve": (lambda T, a, b: T.convolve(a, b), ((4,), (3,))),
}  # fmt: skip


@pytest.mark.oracle
@pytest.mark.parametrize("name", JAXS)
def test_jaxs_pullbacks_and_tangents(name: str, rng: np.random.Generator) -> None:
    """`vjp` and `jvp` are JAX's, number by number, but for sign, which has no gradient there."""
    jax = jax_in_doubles()
    function, shapes = JAXS[name]
    inputs = [rng.normal(size=shape) + 1j * rng.normal(size=shape) for shape in shapes]
    tangents = [rng.normal(size=shape) + 1j * rng.normal(size=shape) for shape in shapes]
    y, pullback = vjp(lambda *xs: function(np, *xs), *inputs)
    expected, peer = jax.vjp(lambda *xs: function(jax.numpy, *xs), *inputs)
    np.testing.assert_allclose(y, expected, rtol=1e-9, atol=1e-12)
    c = rng.normal(size=np.shape(y)) * (1 + 0.5j if np.iscomplexobj(y) else 1)
    for one, theirs in zip(pullback(c), peer(c), strict=True):
        np.testing.assert_allclose(one, theirs, rtol=1e-8, atol=1e-10)
    if name != "eigvals":  # JAX has no derivative rule for it in forward mode on this processor
        _, t = jvp(lambda *xs: function(np, *xs), tuple(inputs), tuple(tangents))
        _, theirs = jax.jvp(lambda *xs: function(jax.numpy, *xs), tuple(inputs), tuple(tangents))
        np.testing.assert_allclose(t, theirs, rtol=1e-8, atol=1e-10)
