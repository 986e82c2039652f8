"""From operators on a function of one argument to operators on one, or several, of a function's arguments."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from autograd.functional.argument_checks import check_argnum, check_callable

__all__ = ["unary_to_nary"]

Function = Callable[..., Any]


def unary_to_nary(operator: Function) -> Function:
    """operator(f, x, …) as operator(f, argnum=0, …)(*args): x is the argument at argnum, or a tuple of several."""

    @functools.wraps(operator)
    def nary(fun: Function, argnum: int | Sequence[int] = 0, *options: Any, **named: Any) -> Function:
        check_callable(operator.__name__, fun)
        check_argnum(operator.__name__, argnum)
        several = isinstance(argnum, Sequence)
        places = tuple(argnum) if isinstance(argnum, Sequence) else (argnum,)

        def call(*args: Any, **kwargs: Any) -> Any:
            def unary(x: Any) -> Any:
                filled = list(args)
                for i, value in zip(places, x if several else (x,), strict=True):
                    filled[i] = value
                return fun(*filled, **kwargs)

            functools.update_wrapper(unary, fun, assigned=("__name__", "__doc__"), updated=())
            x = tuple(args[i] for i in places) if several else args[places[0]]
            return operator(unary, x, *options, **named)

        return call

    return nary
