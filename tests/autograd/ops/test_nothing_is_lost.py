"""NumPy's public functions, called with leaves in many ways: none loses a gradient or writes to a leaf unsaid."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd import Tensor
from autograd.errors import InPlaceError

T = np.array([0.5, 0.3, 0.2])
M = np.array([[2.0, 0.5], [0.5, 1.0]])

PATTERNS: list[Callable[..., Any]] = [
    lambda f, t, m, s: f(t),
    lambda f, t, m, s: f(m),
    lambda f, t, m, s: f(s),
    lambda f, t, m, s: f(t, t),
    lambda f, t, m, s: f(m, m),
    lambda f, t, m, s: f(s, s),
    lambda f, t, m, s: f(t, t, t),
    lambda f, t, m, s: f(s, s, s),
    lambda f, t, m, s: f([t, t]),
    lambda f, t, m, s: f([s, s]),
    lambda f, t, m, s: f([s, s], [s, s]),
    lambda f, t, m, s: f(m, t[:2]),
    lambda f, t, m, s: f(t, 2),
]

# Results that are constant: between their jumps, as shapes, and where Python asks for one number, as float(t) does
CONSTANT = """
    floor ceil trunc rint round around fix sign floor_divide divmod heaviside angle imag spacing linalg.slogdet
    zeros_like ones_like empty_like full_like tri
    float64 double longdouble float32 single float16 half complex64 csingle complex128 cdouble clongdouble fromiter
"""

PLACES = {"": np, "linalg.": np.linalg, "fft.": np.fft, "emath.": np.emath, "lib.stride_tricks.": np.lib.stride_tricks}
OTHERS = "test info show_config show_runtime save savez savez_compressed savetxt setbufsize seterr set_printoptions"
NAMES = [
    prefix + name
    for prefix, module in PLACES.items()
    for name in dir(module)
    if not name.startswith("_") and callable(getattr(module, name)) and name not in OTHERS.split()
]


def numpys(name: str) -> Any:
    found: Any = np
    for part in name.split("."):
        found = getattr(found, part)
    return found


def lost(result: Any) -> bool:
    """Whether there are floating numbers without a gradient."""
    if isinstance(result, Tensor):
        return result.dtype.kind == "f" and result.size > 0 and not result.requires_grad
    if isinstance(result, (tuple, list)):
        return any(map(lost, result))
    return getattr(np.asarray(result).dtype, "kind", "") in "fc" and np.size(result) > 0


@pytest.mark.parametrize("name", NAMES)
def test_a_result_requires_grad_or_the_call_is_refused(name: str) -> None:
    for i, pattern in enumerate(PATTERNS):
        values = T.copy(), M.copy(), np.array(0.7)
        arguments = [Tensor(x.copy(), requires_grad=True) for x in values]
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            try:
                result = pattern(numpys(name), *arguments)
            except Exception:
                continue  # refused, or not how the function is called
            finally:
                for x, before in zip(arguments, values, strict=True):
                    assert name == "array_repr" or np.array_equal(x.numpy(), before), f"pattern {i} writes to a leaf"
        if callable(result) or not isinstance(result, (Tensor, tuple, list, np.ndarray, np.generic, float)):
            continue
        assert not lost(result) or name in CONSTANT.split(), f"np.{name}, pattern {i}: {result!r}"


WRITING = [np.any, np.all, np.isposinf, np.isneginf, np.argmax, np.argmin, np.nanargmax, np.nanargmin]


@pytest.mark.parametrize("function", WRITING, ids=lambda f: f.__name__)
def test_out_is_an_array_or_a_tensor(function: Any) -> None:
    x = Tensor([1.0, np.inf], requires_grad=True)
    plain = function(x)
    out = np.empty_like(plain)
    assert function(x, out=out) is out
    np.testing.assert_array_equal(out, plain)
    t = Tensor(np.zeros_like(out))
    assert function(x, out=t) is t
    np.testing.assert_array_equal(t.numpy(), plain)
    if function in (np.isposinf, np.isneginf):
        with pytest.raises(InPlaceError, match="out="):
            function(x, x)
