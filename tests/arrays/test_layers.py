"""Every module of tests/cases/modules on the strict array: results and gradients equal ndarrays', and stay strict."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor, backward
from tests.arrays.strict import outside, strict
from tests.cases.case import constants_as
from tests.cases.modules import MODULES, ModuleCase

# Whose integers are looked at while the graph is built; they are ndarrays, whatever the kind of the rest.
BOOKKEEPING = {
    "EmbeddingBag": "bags differ in size, so their indices and offsets decide the shapes",
    "CTCLoss": "labels and lengths decide the states of the recursion",
    "MultiLabelMarginLoss": "a list ends at its first -1, and the longest decides the shapes",
}
INDICES = {"Embedding", "CrossEntropyLoss", "NLLLoss", "MultiMarginLoss"}


def floats_and_masks(x: Any) -> Any:
    return strict(x) if isinstance(x, np.ndarray) and x.dtype.kind in "fb" else x


def everything(x: Any) -> Any:
    return strict(x) if isinstance(x, np.ndarray) else x


def as_it_is(x: Any) -> Any:
    return x


def moved(module: nn.Module, kind: Callable[[Any], Any]) -> nn.Module:
    """The module, with arrays of this kind in its parameters and buffers."""
    for tensor in (*module.parameters(), *module.buffers()):
        tensor._array = kind(tensor._array)
    return module


def arrays_in(out: Any) -> list[Any]:
    """The arrays in what a module returned: a tensor, an array, or tuples, lists and dicts of them."""
    if isinstance(out, dict):
        out = list(out.values())
    if isinstance(out, (tuple, list)):
        return [array for item in out for array in arrays_in(item)]
    return [] if out is None else [out]


def results(case: ModuleCase, kind: Callable[[Any], Any], parameters: Callable[[Any], Any]) -> dict[str, list[Any]]:
    autograd.seed(5)
    module = moved(case.make(np.random.default_rng(1)), parameters)
    inputs = [kind(x) for x in case.inputs(np.random.default_rng(2))]
    inputs = [Tensor(x, requires_grad=True) if x.dtype.kind == "f" else x for x in inputs]
    outs = arrays_in(module(*inputs))
    tracked = [out for out in outs if isinstance(out, Tensor) and out.requires_grad]
    rng = np.random.default_rng(3)
    if tracked:
        backward(tracked, [parameters(np.asarray(rng.normal(size=out.shape))) for out in tracked])
    leaves = [*[x for x in inputs if isinstance(x, Tensor)], *module.parameters()]
    return {
        "results": [out.numpy() if isinstance(out, Tensor) else out for out in outs],
        "gradients": [None if leaf.grad is None else leaf.grad.numpy() for leaf in leaves],
        "buffers": [buffer.numpy() for buffer in module.buffers()],
        "parameters": [p.numpy() for p in module.parameters()],  # max_norm writes to them
    }


@pytest.mark.parametrize("case", MODULES, ids=[case.name for case in MODULES])
def test_a_module_on_the_strict_array_equals_that_of_ndarrays(case: ModuleCase) -> None:
    compare(case, floats_and_masks if case.cls.__name__ in BOOKKEEPING else everything)


OF_INDICES = [case for case in MODULES if case.cls.__name__ in INDICES]


@pytest.mark.parametrize("case", OF_INDICES, ids=[case.name for case in OF_INDICES])
def test_indices_may_be_ndarrays(case: ModuleCase) -> None:
    compare(case, floats_and_masks)


def compare(case: ModuleCase, kind: Callable[[Any], Any]) -> None:
    with constants_as(everything):
        ours = results(case, kind, everything)
    theirs = results(case, as_it_is, as_it_is)
    for what, arrays in ours.items():
        for found, expected in zip(arrays, theirs[what], strict=True):
            assert (found is None) == (expected is None), what
            if found is not None:
                np.testing.assert_allclose(outside(found), expected, rtol=1e-9, atol=1e-11, err_msg=what)


def test_each_module_whose_indices_are_ndarrays_is_a_module() -> None:
    assert {case.cls.__name__ for case in MODULES} >= set(BOOKKEEPING) | INDICES
