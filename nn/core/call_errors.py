"""What a Module says: its children in a repr, where an error arose, and that it has no forward."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any, NoReturn

from autograd.engine.origin import module_path
from autograd.errors import AnomalyError, AutogradError


def no_forward(self: Any, *args: Any, **kwargs: Any) -> NoReturn:
    """What a module without a `forward` of its own says when it is called."""
    name = type(self).__name__
    close = difflib.get_close_matches("forward", [word for word in vars(type(self)) if word != "forward"], n=1)
    remedy = f"it has {close[0]!r}: is that it?" if close else "define `def forward(self, x):` in its class."
    raise NotImplementedError(f"{name} was called and has no method 'forward': {remedy}")


def folded(children: list[tuple[str, str]]) -> Iterator[str]:
    """Lines of a repr; equal children with successive numbers are one: "(0-3): 4 x Linear(…)"."""
    runs: list[list[tuple[str, str]]] = []
    for name, text in children:
        stem, _, number = name.rpartition(".")
        before = f"{stem}.{int(number) - 1}".lstrip(".") if number.isdecimal() else None
        if runs and runs[-1][-1] == (before, text):
            runs[-1].append((name, text))
        else:
            runs.append([(name, text)])
    for run in runs:
        (first, text), last = run[0], run[-1][0].rpartition(".")[2]
        yield f"({first}): {text}" if len(run) == 1 else f"({first}-{last}): {len(run)} x {text}"


def locate(error: Exception, args: tuple[Any, ...], scope: tuple[Any, ...]) -> None:
    """Let an error say, once, where in the model it arose: "Net.2.fc1: Linear expects …"."""
    if getattr(error, "_chainrule_located", False):
        return
    error._chainrule_located = True  # type: ignore[attr-defined]
    path = module_path(scope)
    if isinstance(error, AutogradError):
        if len(scope) > 1 and not isinstance(error, AnomalyError) and len(error.args) == 1:  # an anomaly says it itself
            error.args = (f"{path}: {error.args[0]}",)
    elif not isinstance(error, NotImplementedError):
        shapes = ", ".join(
            str(a.shape) if isinstance(getattr(a, "shape", None), tuple) else type(a).__name__ for a in args
        )
        error.add_note(
            f"in {path}"
            + (f" ({type(scope[-1]).__name__})" if len(scope) > 1 else "")
            + f", called with {shapes or 'nothing'}"
        )
