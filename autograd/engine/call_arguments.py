"""Arguments of a call that are not simply arrays in their places: constants, without a rule, given by name."""

from __future__ import annotations

import inspect
from typing import Any, NoReturn

from autograd.engine.definition import Definition
from autograd.engine.kinds import copied
from autograd.engine.recording import is_tensor
from autograd.errors import NoRuleError


def without_constants(
    definition: Definition, needs: int, args: Any, raw: list[Any], parents: list[Any], recording: bool
) -> int:
    """Take arguments whose VJP is None for constants; one that a step may write to is copied."""
    for i, a in enumerate(args):
        if parents[i] is not None and not definition.has_derivative(i):
            if recording and i >= definition.arity:
                refuse_forgotten(definition, i)
            needs -= 1 << i
            if parents[i] is a:
                raw[i] = copied(raw[i])
            parents[i] = None
    return needs


def refuse_forgotten(definition: Definition, i: int) -> NoReturn:
    """Raise because argument i requires grad and nothing was said of its derivative."""
    raise NoRuleError(
        f"{definition.name}: argument {i + 1} requires grad, but there are VJPs for {definition.arity} arguments, "
        "so its gradient would be lost. Give one VJP an argument, or None where there is no derivative, and what each "
        "reads: "
        "primitive(lambda x, b: x * b, lambda g, out, x, b: g * b, lambda g, out, x, b: g * x, "
        'keeps=("b", "x")). For a constant pass t.detach().'
    )


def refuse_few_cotangents(definition: Definition, found: Any, count: int) -> NoReturn:
    """Raise because a joint rule did not return a cotangent for each of its arguments."""
    raise NoRuleError(
        f"{definition.name}: joint returns a tuple of one cotangent an argument, None where there is none; got "
        + (f"{len(found)} for {count} arguments." if type(found) in (tuple, list) else type(found).__name__)
    )


def positional(definition: Definition, args: tuple[Any, ...], params: dict[str, Any]) -> tuple[Any, ...]:
    """Move arguments given by name to their positions (and out of params), up to the last Tensor."""
    vjp = next((v for v in definition.vjps if v is not None), None)
    names = list(inspect.signature(vjp).parameters)[2 : 2 + definition.arity] if vjp is not None else []
    strangers = [name for name, value in params.items() if is_tensor(value) and name not in names]
    if strangers:
        raise NoRuleError(
            f"{definition.name}: no derivative by the argument {strangers[0]!r}; "
            f"pass an array there ({strangers[0]}.numpy())"
            + (f", or give {', '.join(names)} by position." if names else ", or give it by position.")
        )
    filled = list(args)
    for name in names[len(args) :]:
        if name not in params:
            break
        filled.append(params.pop(name))
    if any(is_tensor(value) for value in params.values()):
        raise NoRuleError(f"{definition.name}: give the arguments {', '.join(names)} by position.")
    return tuple(filled)
