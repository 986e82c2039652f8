"""Every row of tests/cases: derivatives, dtypes, memory layouts and shapes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograd import Tensor
from autograd.check import gradcheck, gradgradcheck
from tests.cases import Case, all_cases, is_floating, several, values_and_gradients

CASES = all_cases()
SECOND = [case for case in CASES if case.order >= 2]
SINGLE = [case for case in CASES if case.float32]
ELEMENTWISE = [case for case in CASES if case.elementwise]


def rows(cases: list[Case]) -> Any:
    return pytest.mark.parametrize("case", cases, ids=[case.name for case in cases])


def floats(inputs: tuple[Any, ...], change: Any) -> list[Any]:
    return [change(x) if is_floating(x) else x for x in inputs]


@rows(CASES)
def test_gradient(case: Case, rng: np.random.Generator) -> None:
    assert gradcheck(case.function, *case.inputs(rng), rtol=case.tolerance, atol=case.tolerance)


@rows(SECOND)
def test_second_derivative(case: Case, rng: np.random.Generator) -> None:
    assert gradgradcheck(case.function, *case.inputs(rng), rtol=5 * case.tolerance, atol=5 * case.tolerance)


@rows(CASES)
def test_arrays_give_arrays_and_tensors_tensors_of_the_same_value(case: Case, rng: np.random.Generator) -> None:
    inputs = case.inputs(rng)
    plain = several(case.function(*inputs))
    recorded = several(case.function(*floats(inputs, lambda x: Tensor(x, requires_grad=True))))
    constants = several(case.function(*floats(inputs, Tensor)))
    for x, y, constant in zip(plain, recorded, constants, strict=True):
        assert not isinstance(x, Tensor)
        assert isinstance(y, Tensor)
        assert y.requires_grad
        assert (y.shape, y.dtype) == (x.shape, x.dtype)
        np.testing.assert_allclose(y.numpy(), x, rtol=1e-12, atol=1e-14)
        assert not getattr(constant, "requires_grad", False)
        np.testing.assert_allclose(getattr(constant, "data", constant), x, rtol=1e-12, atol=1e-14)


def check_dtype(case: Case, inputs: tuple[Any, ...], dtype: Any, tolerance: float) -> None:
    """Results have NumPy's dtype, gradients that of their input, and both agree with the computation in float64."""
    low = floats(inputs, lambda x: x.astype(dtype))
    numpys = several(case.function(*low))
    values, grads = values_and_gradients(case, low)
    double_values, double_grads = values_and_gradients(case, floats(tuple(low), lambda x: x.astype(np.float64)))
    assert [y.dtype for y in values] == [y.dtype for y in numpys]
    assert all(y.dtype == dtype for y in values)
    for g, x in zip(grads, [x for x in low if is_floating(x)], strict=True):
        assert g is None or (g.dtype == dtype and g.shape == x.shape)
    for a, b in zip(values + grads, double_values + double_grads, strict=True):
        if a is not None:
            size = float(np.abs(b).max(initial=1))
            np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance * size)


@rows(SINGLE)
def test_float32(case: Case, rng: np.random.Generator) -> None:
    check_dtype(case, case.inputs(rng), np.float32, 2e-3)


@rows([case for case in ELEMENTWISE if case.float32 and case.float16])
def test_float16(case: Case, rng: np.random.Generator) -> None:
    check_dtype(case, case.inputs(rng), np.float16, 5e-2)


def strided(x: np.ndarray) -> np.ndarray:
    """The same values, every second element of a larger array, backwards along the last axis."""
    if x.ndim == 0:
        return np.repeat(x, 3)[1:2].reshape(())
    wide = np.full((*x.shape[:-1], 2 * x.shape[-1]), np.nan)
    view = wide[..., ::-2]
    view[...] = x
    return view


def read_only(x: np.ndarray) -> np.ndarray:
    x = x.copy()
    x.flags.writeable = False
    return x


LAYOUTS = {"Fortran's order": lambda x: np.asarray(x, order="F"), "strided": strided, "read-only": read_only}


@rows(CASES)
def test_layout(case: Case, rng: np.random.Generator) -> None:
    inputs = case.inputs(rng)
    values, grads = values_and_gradients(case, inputs)
    for name, layout in LAYOUTS.items():
        arranged = [layout(np.asarray(x)) if is_floating(x) else x for x in inputs]
        other_values, other_grads = values_and_gradients(case, arranged)
        for a, b in zip(other_values + other_grads, values + grads, strict=True):
            if b is not None:
                np.testing.assert_allclose(a, b, rtol=1e-7, atol=1e-9, err_msg=name)


def numbers(case: Case, rng: np.random.Generator) -> list[Any]:
    """The inputs of a row with a number in the place of every array."""
    return floats(case.inputs(rng), lambda x: np.asarray(np.ravel(x)[0]) if x.size else x)


def takes_numbers(case: Case) -> bool:
    """Whether a row is for numbers, too. The named ones are for arrays, though their forward alone would not mind."""
    if case.name.startswith(("layer_norm", "rms_norm", "minimal_effort", "linalg.multi_dot")):
        return False
    if case.name == "nanstd":  # a number beside the row's nan is a constant, where there is no second derivative
        return False
    try:
        with np.errstate(all="ignore"):
            case.function(*numbers(case, np.random.default_rng(0)))
    except Exception:
        return False
    return True


@rows([case for case in CASES if case.elementwise or takes_numbers(case)])
def test_0d(case: Case, rng: np.random.Generator) -> None:
    """In both modes, and every order of them; what works element by element stays 0-d."""
    if case.elementwise:
        values, _ = values_and_gradients(case, numbers(case, rng))
        assert all(y.shape == () for y in values)
    limits = {"rtol": 5 * case.tolerance, "atol": 5 * case.tolerance}
    assert gradcheck(case.function, *numbers(case, rng), order=case.order, modes=("reverse", "forward"), **limits)


@rows(ELEMENTWISE)
def test_empty(case: Case, rng: np.random.Generator) -> None:
    inputs = floats(case.inputs(rng), lambda x: np.empty((0, 3), x.dtype))
    values, grads = values_and_gradients(case, inputs)
    assert all(y.shape == (0, 3) for y in values + grads)


@rows([case for case in ELEMENTWISE if case.inputs(np.random.default_rng(0))[1:]])
def test_broadcasting(case: Case, rng: np.random.Generator) -> None:
    """(2, 1), (3,) and (1, 2, 3) against each other, in every order of the inputs."""
    inputs = case.inputs(rng)
    shapes = [(2, 1), (3,), (1, 2, 3)]
    for turn in range(3):
        stretched = [np.resize(x, shapes[(i + turn) % 3]) if is_floating(x) else x for i, x in enumerate(inputs)]
        assert gradcheck(case.function, *stretched, rtol=case.tolerance, atol=case.tolerance)
