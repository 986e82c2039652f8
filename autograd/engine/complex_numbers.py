"""Complex numbers in a sweep: where a conjugate or a real part is taken (docs/design/complex.md).

Inside, cotangents and tangents are paired without conjugation: a change dz of z = x + iy changes the real result L by
Re(g·dz), so g = ∂L/∂x - i ∂L/∂y, and the rule of a holomorphic function is the one of real numbers. Whatever the user
sees of `backward()`, `.grad` and hooks included, is the conjugate ∂L/∂x + i ∂L/∂y, as in PyTorch.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine import kinds
from autograd.engine.settings import enable_grad
from autograd.errors import DTypeError


def conjugated(g: Any) -> Any:
    """The conjugate of a complex cotangent, recorded if it is a Tensor; a real one, or none, as it is.

    Of a list of seeds, and of a dict of the leaves' cotangents, the conjugate of each.
    """
    if not kinds.met:  # nothing is complex
        return g
    if type(g) is dict:
        return {leaf: conjugated(gi) for leaf, gi in g.items()}
    if type(g) in (list, tuple):
        return type(g)([conjugated(gi) for gi in g])
    if not np.iscomplexobj(g):
        return g
    with enable_grad():
        return np.conjugate(g)


def refuse_loss(dtype: Any, to: Any) -> None:
    """Raise if numbers of a dtype would lose an imaginary part in another one."""
    if np.dtype(dtype).kind == "c" and np.dtype(to).kind not in "cb":
        raise DTypeError(
            f"the cast of {np.dtype(dtype)} to {np.dtype(to)} would lose the imaginary part: "
            "take np.real(z), np.imag(z) or np.abs(z)."
        )


def in_dtype(g: Any, dtype: Any) -> Any:
    """A cotangent or tangent in this dtype: for a real number its real part counts, since Re(g·dx) = Re(g)·dx."""
    if g.dtype.kind == "c" and dtype.kind != "c":
        g = np.real(g)
    return g if g.dtype == dtype else g.astype(dtype)


def size_of_root(root: Any) -> int:
    """How many elements a sweep would start at without a direction, which complex ones have not."""
    if root.dtype.kind == "c":
        raise DTypeError(
            f"backward() of a complex tensor ({root.dtype}) needs a gradient: it has no steepest ascent. Reduce it to "
            "a real number first, as np.abs(z)**2, or pass the direction: z.backward(1.0) is that of np.real(z)."
        )
    return root._array.size  # type: ignore[no-any-return]
