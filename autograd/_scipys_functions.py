"""scipy.special's Python functions record when they are called as SciPy's, as its ufuncs do.

A ufunc asks its arguments what it means for them; these functions convert them to arrays. So once scipy.special is
imported, by whomever, each of them hands an array that speaks NumPy's protocols to its twin in autograd.scipy.special,
and anything else to SciPy's own. A function that was taken from scipy.special before autograd was imported stays
SciPy's: it refuses Tensors.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import sys
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from typing import Any

import numpy as np

NAMES = ("logsumexp", "softmax", "log_softmax", "polygamma", "multigammaln")


def install() -> None:
    """Now if scipy.special is imported, else when it is."""
    module = sys.modules.get("scipy.special")
    if module is None:
        sys.meta_path.insert(0, _WhenImported())
    elif hasattr(module, NAMES[0]):  # or somebody is importing it this moment
        _replace(module)


class _WhenImported:
    """A finder of modules that waits for scipy.special, lets the others find it, and is gone then."""

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: Any = None) -> ModuleSpec | None:
        if name != "scipy.special":
            return None
        sys.meta_path[:] = [finder for finder in sys.meta_path if finder is not self]
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            executed = spec.loader.exec_module

            def exec_module(module: Any) -> None:
                executed(module)
                _replace(module)

            spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


def _replace(module: Any) -> None:
    for name in NAMES:
        setattr(module, name, _asking(getattr(module, name), name))


def _asking(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """SciPy's function, which first looks for arrays that NumPy's protocols would ask."""

    @functools.wraps(function)
    def asking(*args: Any, **kwargs: Any) -> Any:
        for x in (*args, *kwargs.values()):
            if hasattr(type(x), "__array_function__") and not isinstance(x, (np.ndarray, np.generic)):
                return getattr(importlib.import_module("autograd.scipy.special"), name)(*args, **kwargs)
        return function(*args, **kwargs)

    return asking
