"""Complex numbers through every row of the table: right, or refused by name; never a part lost in silence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograd import Tensor, gradcheck, gradients
from autograd.engine.batch import pull
from autograd.errors import DTypeError, GradcheckError, NoRuleError
from tests.cases import Case, all_cases
from tests.cases.complex_numbers import COMPLEX_ROWS, NO_FUNCTION, OTHER_ORDER, OUTSIDE, with_imaginary_parts

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
    assert taken > 850


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
