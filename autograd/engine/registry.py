"""Which primitive is meant by a function of NumPy's, and by a name."""

from __future__ import annotations

import copyreg
import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.engine.abstract import abstract
from autograd.engine.definition import Function
from autograd.engine.outputs import takes_out
from autograd.engine.primitive import Primitive, pick
from autograd.engine.recording import recorded
from autograd.engine.views import ViewPrimitive

rules: dict[Any, Function] = {}  # NumPy's function -> what it means for Tensors
primitives: dict[str, Primitive] = {pick.name: pick}  # every primitive of the package, by name
results_of: dict[str, tuple[str, ...]] = {}  # a primitive with several results -> what a picture calls these

stepwise: set[str] = set()  # primitives that a picture can draw step by step


def define(
    forward: Function,
    *vjps: Function | None,
    implements: Any = None,
    results: str = "",
    steps: bool = False,
    view: bool = False,
    **options: Any,
) -> Primitive:
    """A primitive of the package: listed under its name, and the rule for NumPy's function of that meaning.

    Args:  results: what a picture calls its results, where there are several: "h c".
           steps: a picture can draw it step by step, as its composite computes it.
           view: NumPy's result shares the memory of the first argument, where it can.
    """
    made = (ViewPrimitive if view else Primitive)(forward, *vjps, **options)
    assert made.name not in primitives, f"two primitives are named {made.name}"
    primitives[made.name] = made
    if results:
        results_of[made.name] = tuple(results.split())
    if steps:
        stepwise.add(made.name)
    numpys = implements if implements is not None else forward
    if isinstance(numpys, np.ufunc) or (getattr(numpys, "__module__", None) or "").startswith("numpy"):
        rules[numpys] = made
    return made


def implements(*functions: Any) -> Callable[[Function], Function]:
    """Say that a function of ours is what NumPy's functions of that name mean for Tensors."""

    def register(function: Function) -> Function:
        made = function
        for numpys in functions:
            rules[numpys] = made = takes_out(function, numpys)
        return made

    return register


def alias(data: Any, parent: Any) -> Any:
    """A parent's value under a node of its own, so that what is computed from it can be told apart."""
    shape = abstract(data)
    return recorded(data, primitives["positive"], (parent,), (shape,), shape, None, ())


def primitive_named(name: str, file: str = "") -> Primitive:
    """The primitive that has this name. `file` is the module that defines it, to be imported if it is not yet."""
    if name not in primitives and file:
        importlib.import_module(file)
    return primitives[name]


def _reduced(primitive: Primitive) -> Any:
    """How a primitive is pickled: by its name, if it is registered, and the module to import for it."""
    if primitives.get(primitive.name) is primitive:
        module = vars(primitive).get("__module__") or getattr(primitive.forward, "__module__", None) or ""
        return primitive_named, (primitive.name, module)
    return object.__reduce_ex__(primitive, 4)


copyreg.pickle(Primitive, _reduced)
