"""Every primitive, Module, Optimizer and scheduler has a test case, and every promised function has a rule."""

from __future__ import annotations

import inspect
from collections import Counter
from functools import partial
from typing import Any

import numpy as np
import pytest

import nn
import optim
from autograd import Tensor
from autograd.engine.gradients import gradients
from autograd.engine.graph import Node, ancestors
from autograd.engine.registry import primitives, rules
from tests.cases import all_cases, cotangents, leaves, several
from tests.cases.modules import MODULES
from tests.cases.optimizers import OPTIMIZERS
from tests.cases.schedulers import PLATEAUS, SCHEDULERS

UFUNCS = """
    add subtract multiply divide negative positive power float_power square sqrt cbrt reciprocal absolute fabs
    exp exp2 expm1 log log2 log10 log1p logaddexp logaddexp2 sin cos tan arcsin arccos arctan arctan2 sinh cosh tanh
    arcsinh arccosh arctanh hypot maximum minimum fmax fmin remainder fmod deg2rad rad2deg copysign
    sign floor ceil rint trunc heaviside floor_divide matmul isnan isfinite
"""

METHODS = """
    add subtract multiply divide power float_power logaddexp logaddexp2 arctan2 hypot maximum minimum fmax fmin
    remainder fmod copysign floor_divide
"""

FUNCTIONS = """
    sinc clip where nan_to_num
    sum mean prod max min ptp var std average median quantile percentile
    nansum nanmean nanmax nanmin nanvar nanstd cumsum cumprod diff trapezoid
    dot inner outer vdot tensordot einsum kron cross trace
    linalg.norm linalg.inv linalg.det linalg.slogdet linalg.solve linalg.cholesky linalg.qr linalg.eigh linalg.eigvalsh
    linalg.svd linalg.pinv linalg.lstsq linalg.matrix_power linalg.multi_dot
    reshape ravel transpose swapaxes moveaxis expand_dims squeeze broadcast_to broadcast_arrays flip fliplr flipud
    roll rot90 tile repeat pad atleast_1d atleast_2d atleast_3d
    concatenate stack vstack hstack dstack column_stack split array_split hsplit vsplit append insert delete block
    diag diagonal diagflat tril triu meshgrid
    take take_along_axis choose select compress extract sort partition interp convolve correlate
    zeros_like ones_like full_like empty_like shape ndim size result_type iscomplexobj allclose array_equal isclose
    argmax argmin argsort any all nonzero count_nonzero searchsorted copy
"""


def numpys(name: str) -> Any:
    found: Any = np
    for part in name.split("."):
        found = getattr(found, part)
    return found


@pytest.mark.parametrize("name", [*UFUNCS.split(), *FUNCTIONS.split(), *filter(partial(hasattr, np), ["vecdot"])])
def test_numpys_function_has_a_rule(name: str) -> None:
    assert numpys(name) in rules, f"np.{name} of a Tensor is refused"


@pytest.mark.parametrize("ufunc", METHODS.split())
@pytest.mark.parametrize("method", ["reduce", "accumulate", "outer", "reduceat"])
def test_ufunc_method_has_a_rule(ufunc: str, method: str) -> None:
    assert (getattr(np, ufunc), method) in rules, f"np.{ufunc}.{method} of a Tensor is refused"


def test_every_row_has_a_name_of_its_own() -> None:
    names = Counter(case.name for case in all_cases())
    assert not [name for name, count in names.items() if count > 1]


def test_every_primitive_has_a_row() -> None:
    seen: set[str] = set()

    def note(tensors: list[Any]) -> None:
        roots = [y.node for y in tensors if isinstance(y, Tensor) and y.node is not None]
        seen.update(item.primitive.name for item in ancestors(*roots) if isinstance(item, Node))

    for case in all_cases():
        arguments = leaves(case.inputs(np.random.default_rng(0)))
        outputs = several(case.function(*arguments))
        note(outputs)
        if case.order >= 2:
            wanted = [x for x in arguments if isinstance(x, Tensor)]
            note(gradients(outputs, wanted, cotangents(outputs), create_graph=True))
    missing = sorted(primitives.keys() - seen)
    assert not missing, f"no row of tests/cases uses these primitives: {', '.join(missing)}"


def exported(package: Any, base: type) -> set[str]:
    found = {name: getattr(package, name) for name in package.__all__}
    return {
        name
        for name, thing in found.items()
        if inspect.isclass(thing) and issubclass(thing, base) and thing is not base
    }


def test_every_module_and_optimizer_has_a_row() -> None:
    tested = {case.cls.__name__ for case in [*MODULES, *OPTIMIZERS]}
    missing = (exported(nn, nn.Module) | exported(optim, optim.Optimizer)) - tested
    assert not missing, f"no row of tests/cases/modules or tests/cases/optimizers.py tests {', '.join(sorted(missing))}"


def test_every_scheduler_has_a_row() -> None:
    tested = {case.cls.__name__ for case in SCHEDULERS} | ({"ReduceLROnPlateau"} if PLATEAUS else set())
    missing = exported(optim.lr_scheduler, optim.lr_scheduler.LRScheduler) - tested
    assert not missing, f"no row of tests/cases/schedulers.py tests {', '.join(sorted(missing))}"
