"""Every module of tests/cases/modules on the strict array: results and gradients equal ndarrays', and stay strict."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
import nn
import nn.functional as F
from autograd import Tensor, backward
from autograd.engine import kinds
from autograd.errors import DTypeError
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


def cast(x: Any, dtype: Any) -> Any:
    return x.astype(dtype) if x.dtype.kind == "f" else x


def results(
    case: ModuleCase, kind: Callable[[Any], Any], parameters: Callable[[Any], Any], dtype: Any
) -> dict[str, list[Any]]:
    autograd.seed(5)
    module = moved(case.make(np.random.default_rng(1)).astype(dtype), parameters)
    inputs = [kind(cast(x, dtype)) for x in case.inputs(np.random.default_rng(2))]
    inputs = [Tensor(x, requires_grad=True) if x.dtype.kind == "f" else x for x in inputs]
    outs = arrays_in(module(*inputs))
    tracked = [out for out in outs if isinstance(out, Tensor) and out.requires_grad]
    rng = np.random.default_rng(3)
    if tracked:
        backward(tracked, [parameters(np.asarray(rng.normal(size=out.shape), dtype)) for out in tracked])
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


@pytest.mark.parametrize("case", MODULES, ids=[case.name for case in MODULES])
def test_and_has_its_dtypes(case: ModuleCase) -> None:
    """In float16 where the module computes in it, because composites must not overflow there either."""
    dtype, tolerance = (np.float16, 3e-2) if case.half else (np.float32, 2e-4)
    compare(case, floats_and_masks if case.cls.__name__ in BOOKKEEPING else everything, dtype, tolerance)


OF_INDICES = [case for case in MODULES if case.cls.__name__ in INDICES]


@pytest.mark.parametrize("case", OF_INDICES, ids=[case.name for case in OF_INDICES])
def test_indices_may_be_ndarrays(case: ModuleCase) -> None:
    compare(case, floats_and_masks)


def compare(case: ModuleCase, kind: Callable[[Any], Any], dtype: Any = np.float64, tolerance: float = 1e-9) -> None:
    with constants_as(lambda x: everything(cast(x, dtype))):
        ours = results(case, kind, everything, dtype)
    theirs = results(case, as_it_is, as_it_is, dtype)
    for what, arrays in ours.items():
        for found, expected in zip(arrays, theirs[what], strict=True):
            assert (found is None) == (expected is None), what
            if found is not None:
                values = outside(found)
                assert values.dtype == expected.dtype, what
                np.testing.assert_allclose(values, expected, rtol=tolerance, atol=tolerance, err_msg=what)


def test_each_module_whose_indices_are_ndarrays_is_a_module() -> None:
    assert {case.cls.__name__ for case in MODULES} >= set(BOOKKEEPING) | INDICES


X = np.random.default_rng(0).normal(size=(4, 6))
TARGET = np.array([0, 5, 2, 2])
MADE_BY_FUNCTIONS: dict[str, Callable[[Any], Any]] = {  # masks, noise and numbers that a function makes by itself
    "dropout": lambda x: F.dropout(x, 0.5),
    "dropout of all": lambda x: F.dropout(x, 1.0),
    "dropout1d": lambda x: F.dropout1d(x, 0.5),
    "alpha_dropout": lambda x: F.alpha_dropout(x, 0.5, training=True),
    "alpha_dropout of all": lambda x: F.alpha_dropout(x, 1.0, training=True),
    "feature_alpha_dropout": lambda x: F.feature_alpha_dropout(x, 0.5, training=True),
    "rrelu": lambda x: F.rrelu(x, training=True),
    "causal attention": lambda x: F.scaled_dot_product_attention(x, x, x, is_causal=True, dropout_p=0.5),
    "attention with a list as mask": lambda x: F.scaled_dot_product_attention(x, x, x, [[0.0, 1.0, -np.inf, 2.0]] * 4),
    "a list as target": lambda x: F.mse_loss(x, np.zeros_like(x)) + F.soft_margin_loss(x, [[1] * 6] * 4),
    "a number as variance": lambda x: F.gaussian_nll_loss(x, np.zeros_like(x), 2.0),
    "a list as weight": lambda x: F.cross_entropy(x, TARGET, weight=[1, 0, 2, 3, 0.5, 1]),
    "batch_norm of nothing": lambda x: F.batch_norm(x[:0], training=True),
    "pad": lambda x: F.pad(x, (1, 2), value=3.0),
    "max_pool1d with indices": lambda x: F.max_pool1d(x, 3, 2, 1, return_indices=True)[1],
    "adaptive_max_pool1d with indices": lambda x: F.adaptive_max_pool1d(x, 4, return_indices=True)[1],
    "one_hot": lambda x: F.one_hot(np.asarray(TARGET, like=x), 6),
    "lstm without a state": lambda x: nn.functional.lstm(x, None, [x, x[:, :1], x[:, 0], x[:, 1]], True)[0],
}


@pytest.mark.parametrize("name", MADE_BY_FUNCTIONS)
def test_what_a_function_makes_is_of_its_inputs_kind(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Called on plain arrays, and as the first call at all that meets another library's array."""
    found = []
    for kind in (everything, as_it_is):
        monkeypatch.setattr(kinds, "met", False)
        monkeypatch.setattr(kinds, "_stays", False)
        autograd.seed(5)
        found.append(MADE_BY_FUNCTIONS[name](kind(X)))
    np.testing.assert_allclose(outside(found[0]), found[1], rtol=1e-12)


S = Tensor(strict(X))
TWO_KINDS: dict[str, Callable[[], Any]] = {
    "Linear": lambda: nn.Linear(6, 2, dtype=np.float64)(S),
    "Linear of float32": lambda: nn.Linear(6, 2)(S),
    "moved Linear": lambda: nn.Linear(6, 2, dtype=np.float64).map(strict)(X),
    "mse_loss": lambda: F.mse_loss(S, X),
    "mse_loss of two Tensors": lambda: F.mse_loss(S, Tensor(X)),
    "soft_margin_loss": lambda: F.soft_margin_loss(Tensor(X), strict(np.sign(X))),
    "cross_entropy": lambda: F.cross_entropy(S, TARGET, weight=np.ones(6)),
    "attention": lambda: F.scaled_dot_product_attention(S, S, X),
    "mask": lambda: F.scaled_dot_product_attention(S, S, S, np.ones((4, 4), bool)),
    "state": lambda: nn.RNNCell(6, 4, dtype=np.float64).map(strict)(S, X[:, :4]),
    "statistics": lambda: F.batch_norm(S, np.zeros(6), np.ones(6)),
    "dropped": lambda: F.cosine_similarity(S, X),
}


@pytest.mark.parametrize("name", TWO_KINDS)
def test_two_kinds_of_arrays_are_refused_by_name(name: str) -> None:
    with pytest.raises(
        DTypeError, match=r"StrictArray and ndarray do not compute together|must be a StrictArray .* got ndarray"
    ):
        TWO_KINDS[name]()


def test_statistics_of_a_data_set() -> None:
    found = []
    for kind in (everything, as_it_is):
        net = moved(nn.Sequential(nn.BatchNorm1d(6, dtype=np.float64), nn.ReLU(), nn.BatchNorm1d(6)), kind)
        nn.update_batch_norm(net.astype(np.float64), [kind(X), kind(X[:3])])
        found.append([b.numpy() for b in net.buffers()])
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(outside(ours), theirs, rtol=1e-12)


def test_counters_of_minimal_effort() -> None:
    shares = []
    for kind in (everything, as_it_is):
        layer = moved(nn.MinimalEffortLinear(6, 4, 2, dtype=np.float64, rng=np.random.default_rng(0)), kind)
        layer(kind(X)).sum().backward()
        shares.append(layer.activity_share())
        layer.reset_activity()
        assert not (outside(layer.activity.numpy()) if kind is everything else layer.activity.numpy()).any()
    np.testing.assert_allclose(outside(shares[0]), shares[1])
