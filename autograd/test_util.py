"""HIPS autograd's checks of derivatives: `gradcheck` in their form."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.check import gradcheck
from autograd.extend import vspace
from autograd.pytree import tree_flatten, tree_leaves, tree_unflatten
from autograd.wrap_util import unary_to_nary

__all__ = ["check_equivalent", "check_grads", "check_jvp", "check_vjp", "combo_check", "scalar_close"]

MODES = {"fwd": "forward", "rev": "reverse"}


@unary_to_nary
def check_grads(f: Callable[..., Any], x: Any, modes: Sequence[str] = ("fwd", "rev"), order: int = 2) -> None:
    """check_grads(f, argnum=0, modes=("fwd", "rev"), order=2)(*args) raises AssertionError if one is wrong."""
    leaves, form = tree_flatten(x)

    def of_leaves(*values: Any) -> Any:
        return tuple(tree_leaves(f(tree_unflatten(form, values))))

    of_leaves.__name__ = getattr(f, "__name__", type(f).__name__)
    gradcheck(of_leaves, *[np.asarray(leaf) for leaf in leaves], order=order, modes=tuple(MODES[m] for m in modes))


def check_vjp(f: Callable[..., Any], x: Any) -> None:
    """The first derivative in reverse mode."""
    check_grads(f, modes=("rev",), order=1)(x)


def check_jvp(f: Callable[..., Any], x: Any) -> None:
    """The first derivative in forward mode."""
    check_grads(f, modes=("fwd",), order=1)(x)


def combo_check(fun: Callable[..., Any], *args: Any, **kwargs: Any) -> Callable[..., None]:
    """check_grads for all combinations: the arguments of the returned function are lists of values to try."""

    def check(*choices: Any, **named: Any) -> None:
        for values in itertools.product(*choices):
            for options in itertools.product(*named.values()):
                check_grads(fun, *args, **kwargs)(*values, **dict(zip(named, options, strict=True)))

    return check


def scalar_close(a: Any, b: Any) -> bool:
    """Whether two numbers agree to six digits."""
    return bool(abs(a - b) < 1e-6 or abs(a - b) < 1e-6 * abs(a + b))


def check_equivalent(x: Any, y: Any) -> None:
    """Raise an AssertionError unless x and y are of one space, and agree."""
    assert vspace(x) == vspace(y), f"the values are of different spaces: {vspace(x)} and {vspace(y)}"
    for a, b in zip(vspace(x).leaves, vspace(y).leaves, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-6)
