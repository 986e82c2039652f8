"""Derivatives of functions, of any order: transforms of functions instead of Tensor and backward()."""

from autograd.functional.checkpointing import checkpoint
from autograd.functional.custom import custom_vjp, stop_gradient
from autograd.functional.implicit import fixed_point, root
from autograd.functional.matrices import gauss_newton_vp, hessian, hessian_diagonal, hvp, jacobian, taylor, vhp
from autograd.functional.of_tensors import gradients
from autograd.functional.transforms import (
    directional_derivative,
    elementwise_grad,
    grad,
    holomorphic_grad,
    jvp,
    linearize,
    value_and_grad,
    vjp,
)
from autograd.functional.vectorized import jacfwd, jacrev, vmap

__all__ = [
    "checkpoint", "custom_vjp", "directional_derivative", "elementwise_grad", "fixed_point", "gauss_newton_vp", "grad",
    "gradients", "hessian", "hessian_diagonal", "holomorphic_grad", "hvp", "jacfwd", "jacobian", "jacrev", "jvp",
    "linearize", "root", "stop_gradient", "taylor", "value_and_grad", "vhp", "vjp", "vmap",
]  # fmt: skip
