"""numpy.fft under the name that HIPS autograd has for it."""

from __future__ import annotations

from typing import Any

from numpy import fft as _numpys

globals().update({name: value for name, value in vars(_numpys).items() if not name.startswith("_")})


def __getattr__(name: str) -> Any:
    return getattr(_numpys, name)
