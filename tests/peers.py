"""Libraries that tests compare with."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest


def jax_in_doubles() -> Any:
    """JAX in double precision, or a skip. Its import draws from NumPy's global generator, which is put back."""
    state = np.random.get_state()  # noqa: NPY002
    try:
        jax = pytest.importorskip("jax")
    finally:
        np.random.set_state(state)  # noqa: NPY002
    jax.config.update("jax_enable_x64", True)
    return jax
