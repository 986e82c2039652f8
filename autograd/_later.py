"""What `import autograd` leaves until it is asked for: the pictures, a third of the time that the import would take."""

from __future__ import annotations

import importlib
from typing import Any

from autograd import _hips, display
from autograd.scalar.scalar import Scalar
from autograd.tensor.tensor import Tensor


def pictures() -> Any:
    """The package autograd.viz, which registers what a notebook shows of a Tensor and of a Scalar."""
    return importlib.import_module("autograd.viz")


@display.html.register(Tensor)
def tensor_html(t: Any) -> str:
    """Bring the pictures, among them what takes this function's place, and ask again."""
    pictures()
    return display.html(t)


@display.mimebundle.register(Scalar)
def scalar_bundle(s: Any) -> dict[str, Any]:
    """Likewise."""
    pictures()
    return display.mimebundle(s)


def find(name: str) -> object:
    """A name of `autograd` that is imported when it is first asked for; None for a name that there is not."""
    if name in ("draw", "trace"):
        return getattr(pictures(), name)
    if name == "viz":
        return pictures()
    return None if name.startswith("__") else _hips.find(name)
