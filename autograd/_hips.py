"""The PyPI package `autograd` (HIPS) has our import name: refuse to run beside it; find its users' names."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterable

MODULES = (
    "builtins",
    "core",
    "differential_operators",
    "extend",
    "misc",
    "numpy",
    "scipy",
    "test_util",
    "tracer",
    "util",
    "wrap_util",
)
OPERATORS = (
    "deriv", "grad_and_aux", "grad_named", "hessian_tensor_product", "hessian_vector_product",
    "make_ggnvp", "make_hvp", "make_jvp", "make_jvp_reversemode", "make_vjp", "multigrad_dict",
    "tensor_jacobian_product", "vector_jacobian_product",
)  # fmt: skip


def find(name: str) -> object:
    """A name of HIPS autograd's that `import autograd` does not import; None for any other name."""
    if name in MODULES:
        return importlib.import_module(f"autograd.{name}")
    if name in OPERATORS:
        return getattr(importlib.import_module("autograd.differential_operators"), name)
    if name in ("dict", "isinstance", "list", "tuple", "type"):
        return getattr(importlib.import_module("autograd.builtins"), name)
    return None


def refuse_hips(folders: Iterable[str] | None = None) -> None:
    """Raise ImportError if the metadata of a distribution named `autograd` lies in a folder of sys.path.

    This runs at every start, so it lists the folders. Importing importlib.metadata for it would take 35 ms, 30 times as
    long, and a third of what importing NumPy takes.
    """
    for folder in sys.path if folders is None else folders:
        try:
            names = os.listdir(folder or ".")
        except OSError:  # a zip archive, or a folder that does not exist
            continue
        for name in names:
            if name.startswith("autograd-") and name.endswith((".dist-info", ".egg-info")):
                hips = f"{name.rpartition('.')[0]} (HIPS), found in {os.path.abspath(folder)}"
                raise ImportError(
                    f"two packages share the import name autograd: chainrule and {hips}. "
                    "Whichever was installed last overwrites the other. Remove it with `pip uninstall autograd`, then "
                    "`pip install --force-reinstall --no-deps chainrule`; or keep each in a virtual environment of its "
                    "own."
                )
