"""scipy.special's Python functions, called as SciPy's: Tensors record, everything else is SciPy's own."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import scipy.special

import autograd
from autograd import Tensor
from autograd._scipys_functions import NAMES

X = np.array([[0.3, 1.6, 0.9], [2.0, 0.1, 0.5]])
CALLS = [
    lambda x: scipy.special.logsumexp(x, axis=1),
    lambda x: scipy.special.logsumexp(x, b=X, keepdims=True),
    lambda x: scipy.special.logsumexp(a=x),
    lambda x: scipy.special.softmax(x, axis=0),
    lambda x: scipy.special.log_softmax(x, axis=-1),
    lambda x: scipy.special.polygamma(2, x),
    lambda x: scipy.special.multigammaln(x + 1, 2),
]


@pytest.mark.parametrize("call", CALLS)
def test_a_tensor_is_recorded(call: Any) -> None:
    found = call(Tensor(X, requires_grad=True))
    assert found.requires_grad
    expected = call(X)
    assert isinstance(expected, (np.ndarray, np.float64))
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-12)
    autograd.gradcheck(call, X, order=2)


def test_the_functions_keep_their_names_and_help() -> None:
    for name in NAMES:
        function = getattr(scipy.special, name)
        assert (function.__name__, function.__module__.partition(".")[0]) == (name, "scipy")
        assert "Parameters" in function.__doc__


def test_vmap_and_grad_go_through_them() -> None:
    found = autograd.vmap(autograd.grad(scipy.special.logsumexp))(X)
    np.testing.assert_allclose(found, scipy.special.softmax(X, axis=1))


@pytest.mark.parametrize(
    "imports",
    ["import autograd, scipy.special", "import scipy.special, autograd", "import autograd; from scipy import special"],
)
def test_in_either_order_of_imports(imports: str) -> None:
    code = f"""
{imports}
import scipy.special, sys
print(autograd.grad(scipy.special.logsumexp)(autograd.Tensor([1.0, 1.0])).tolist())
print(any("_scipys_functions" in type(finder).__module__ for finder in sys.meta_path))
print(scipy.special.__spec__.name, scipy.special.logsumexp([0.0]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.splitlines() == ["[0.5, 0.5]", "False", "scipy.special 0.0"], done.stderr
