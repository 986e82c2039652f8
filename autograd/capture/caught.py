"""What a step catches, and a replay does not: errors, and warnings that it filters."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable
from typing import Any

from autograd.capture.code_text import text_of
from autograd.capture.reach import Reach
from autograd.engine.origin import user_line
from autograd.errors import CaptureError


def handles_errors(function: Callable[..., Any]) -> bool:
    """Whether the user's code has a handler that might take an error of the step, as far as its text is known."""
    found = Reach(function)
    texts = [text_of(f.__code__) for f in found.functions]
    handlers = any([isinstance(x, ast.Try) and x.handlers for text in texts if text is not None for x in text.parents])
    return handlers or "suppress" in found.names


def under_filters(errors: Any) -> Any:
    """NumPy's error settings under the filters for warnings that the step has set: what it ignores, NumPy ignores."""
    action = next((f[0] for f in warnings.filters if f[1] is None and issubclass(RuntimeWarning, f[2])), "default")
    if action == "error" and "warn" in errors.values():
        raise CaptureError(
            f"{user_line()} is under a filter that makes errors of warnings, and a replay would warn. Use "
            "np.errstate(all='raise'), or set the filter outside of the step."
        )
    return (
        {key: "ignore" if value == "warn" else value for key, value in errors.items()} if action == "ignore" else errors
    )
