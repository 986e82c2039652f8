"""What a notebook shows of an object.

The classes whose objects are shown come before the code that draws them. So the drawing code registers itself here for
its classes (autograd/viz/reprs.py for Tensor and Scalar; autograd/_later.py imports it when the first is shown), and
the classes call these two functions.
"""

from __future__ import annotations

from functools import singledispatch
from typing import Any


@singledispatch
def html(x: Any) -> str:
    """HTML for a notebook: the plain repr, unless something else is registered for the class of x."""
    import html as escaping  # for notebooks alone

    return f"<pre>{escaping.escape(repr(x))}</pre>"


@singledispatch
def mimebundle(x: Any) -> dict[str, Any]:
    """MIME type -> content for a notebook: the plain repr, unless something else is registered for the class of x."""
    return {"text/plain": repr(x)}
