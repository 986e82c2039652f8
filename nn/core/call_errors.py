"""Errors of a module's call: where in the model one arose, and that a module has no `forward`."""

from __future__ import annotations

import difflib
import traceback
from typing import Any, NoReturn

from autograd.engine.origin import module_path
from autograd.errors import AnomalyError, AutogradError, ShapeError
from nn.core.shape_clash import drawn


def no_forward(self: Any, *args: Any, **kwargs: Any) -> NoReturn:
    """The `forward` of a module that does not define one: it raises an error that says what to do."""
    name = type(self).__name__
    close = difflib.get_close_matches("forward", [word for word in vars(type(self)) if word != "forward"], n=1)
    remedy = f"it has {close[0]!r}: is that it?" if close else "define `def forward(self, x):` in its class."
    raise NotImplementedError(f"{name} was called and has no method 'forward': {remedy}")


def add_location(error: Exception, args: tuple[Any, ...], scope: tuple[Any, ...]) -> None:
    """Add to an error, once, where in the model it arose: "Net.2.fc1: Linear expects …".

    An error of this package gets the path in front of its message; any other gets a note with the path and the shapes
    of the arguments. Where a product or a broadcast failed, a further note draws the shapes.
    """
    if getattr(error, "_chainrule_located", False):
        return
    error._chainrule_located = True  # type: ignore[attr-defined]
    if isinstance(error, RecursionError):
        if len(scope) > 50:
            error.add_note(
                f"in a {type(scope[0]).__name__} with modules nested {len(scope)} deep: each takes some of "
                "Python's stack. Put the layers side by side, Sequential(*layers), or call sys.setrecursionlimit first."
            )
        return
    path = module_path(scope)
    if isinstance(error, AutogradError):
        # an AnomalyError names the module itself
        if len(scope) > 1 and not isinstance(error, AnomalyError) and len(error.args) == 1:
            error.args = (f"{path}: {error.args[0]}",)
        if isinstance(error, ShapeError) and (picture := drawn(error)):
            error.add_note(picture)
    elif not isinstance(error, NotImplementedError):
        kind = f" ({type(scope[-1]).__name__})" if len(scope) > 1 else ""
        shapes = ", ".join(map(_shape_or_type, args)) or "nothing"
        error.add_note(f"in {path}{kind}, called with {shapes}{_habit(error)}")
        if isinstance(error, (ValueError, IndexError)) and (picture := drawn(error)):
            error.add_note(picture)


# Calls of what is an attribute in NumPy, or that NumPy refuses without asking the Tensor: explained only here
_HABITS = (
    ("'int' object is not callable", ".ndim(", "x.ndim is an attribute, as in NumPy: without ()"),
    ("'tuple' object is not callable", ".shape(", "x.shape is an attribute, as in NumPy: without ()"),
    ("'Tensor' object is not callable", ".T(", "x.T is an attribute, as in NumPy: without ()"),
    ("operand is flagged as writeable", "nditer(", "np.nditer takes arrays: np.nditer(x.numpy()); or loop over x.flat"),
)  # fmt: skip


def _habit(error: Exception) -> str:
    """What to write instead, if the line that failed has one of PyTorch's calls in it."""
    line = traceback.extract_tb(error.__traceback__)[-1].line or ""
    remedies = [remedy for message, call, remedy in _HABITS if message in str(error) and call in line]
    return f". {remedies[0]}." if remedies else ""


def _shape_or_type(value: Any) -> str:
    shape = getattr(value, "shape", None)
    return str(shape) if isinstance(shape, tuple) else type(value).__name__
