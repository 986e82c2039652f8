"""SciPy's functions that do not ask a Tensor what they mean, under SciPy's names: special, linalg, stats, signal, …

`scipy.special.erf(t)` and all its ufuncs need nothing from here. Not imported by `import autograd`.
"""

from __future__ import annotations

import importlib
from typing import Any

__all__ = ["fft", "integrate", "linalg", "optimize", "signal", "special", "stats"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(__all__)}.")
