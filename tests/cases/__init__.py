"""The shared tables: a row for each differentiable function, a module for each family, and functions that use a row."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd import Tensor
from autograd.engine.gradients import gradients
from tests.cases.case import Case


def all_cases() -> list[Case]:
    """The rows of every module in this folder that has a table CASES."""
    modules = [importlib.import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__)]
    return [case for module in modules for case in getattr(module, "CASES", []) if isinstance(case, Case)]


def leaves(inputs: Sequence[Any]) -> list[Any]:
    """The floating inputs as tensors that require grad, the others as they are."""
    return [Tensor(x, requires_grad=True) if is_floating(x) else x for x in inputs]


def is_floating(x: Any) -> bool:
    return getattr(x, "dtype", np.dtype(int)).kind == "f"


def several(outputs: Any) -> list[Any]:
    """The floating results of a function that returns one or a tuple of them."""
    outputs = outputs if isinstance(outputs, (tuple, list)) else (outputs,)
    return [y for y in outputs if is_floating(y)]


def cotangents(outputs: Sequence[Any], seed: int = 7) -> list[Any]:
    """Random cotangents, the same ones for outputs of the same shapes."""
    rng = np.random.default_rng(seed)
    return [np.asarray(rng.normal(size=y.shape), y.dtype) for y in outputs]


def values_and_gradients(case: Case, inputs: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    """(the floating results, the gradient by every floating input) as raw arrays."""
    arguments = leaves(inputs)
    outputs = several(case.function(*arguments))
    wanted = [x for x in arguments if isinstance(x, Tensor)]
    found = gradients(outputs, wanted, cotangents(outputs))
    return [y.numpy() for y in outputs], [None if g is None else g.numpy() for g in found]
