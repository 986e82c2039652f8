"""Write NumPy, get gradients.

>>> import numpy as np
>>> from autograd import Tensor
>>> x = Tensor([0.0, 1.0, 2.0], requires_grad=True)
>>> np.sum(np.sin(x) ** 2).backward()
>>> bool(np.allclose(x.grad, np.sin(2 * x.numpy())))
True
"""

from typing import TYPE_CHECKING

from autograd._hips import refuse_hips

refuse_hips()

from autograd import _later, _scipys_functions, errors, memory, ops  # noqa: F401  ops registers the rules
from autograd.capture.captured import capture
from autograd.check import gradcheck, gradgradcheck
from autograd.engine.primitive import primitive
from autograd.engine.reverse import backward
from autograd.engine.settings import detect_anomaly, enable_grad, is_grad_enabled, no_grad, set_grad_enabled
from autograd.functional import (
    checkpoint,
    custom_vjp,
    directional_derivative,
    elementwise_grad,
    fixed_point,
    gauss_newton_vp,
    grad,
    gradients,
    hessian,
    hessian_diagonal,
    holomorphic_grad,
    hvp,
    jacfwd,
    jacobian,
    jacrev,
    jvp,
    linearize,
    root,
    stop_gradient,
    taylor,
    value_and_grad,
    vhp,
    vjp,
    vmap,
)
from autograd.pytorch_functions import no_name
from autograd.pytree import tree_flatten, tree_leaves, tree_map, tree_unflatten
from autograd.random import seed
from autograd.scalar.scalar import Scalar
from autograd.tensor.tensor import Tensor
from autograd.tensor.view import View  # noqa: F401  says which class is that of views

__version__ = "0.2.0"

__all__ = [
    "Scalar", "Tensor",
    "backward", "gradients", "detect_anomaly", "enable_grad", "is_grad_enabled", "no_grad", "set_grad_enabled",
    "grad", "value_and_grad", "elementwise_grad", "holomorphic_grad", "vjp", "jvp", "linearize",
    "directional_derivative",
    "jacobian", "hessian", "hvp", "vhp", "gauss_newton_vp", "hessian_diagonal", "taylor",
    "vmap", "jacrev", "jacfwd",
    "capture", "checkpoint", "custom_vjp", "stop_gradient", "fixed_point", "root",
    "tree_flatten", "tree_leaves", "tree_map", "tree_unflatten",
    "gradcheck", "gradgradcheck", "primitive",
    "draw", "trace",
    "errors", "seed",
]  # fmt: skip

if TYPE_CHECKING:
    from autograd.viz import draw, trace
else:  # a type checker knows which names there are

    def __getattr__(name: str) -> object:
        """`draw`, `trace`, `viz`, and the names of HIPS autograd (docs/from_hips_autograd.md)."""
        found = _later.find(name)
        if found is None:
            raise no_name(name)
        return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


memory.from_environment()
_scipys_functions.install()
