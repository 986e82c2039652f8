"""x log y and the entropies made of it. Where x is 0 the product is 0, and so are its derivatives if y is 0, too."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special as sp

from autograd.ops.scipy_special.rule import rule


def _log(x: Any, y: Any) -> Any:
    """log y, and 0 where x and y both are 0."""
    return np.log(np.where((x == 0) & (y == 0), 1, y))


def _ratio(x: Any, y: Any) -> Any:
    """x / y, and 0 where x and y both are 0."""
    return x / np.where((x == 0) & (y == 0), 1, y)


def _log_ratio(x: Any, y: Any) -> Any:
    """log(x/y), and 0 where x and y both are 0."""
    nothing = (x == 0) & (y == 0)
    return np.log(np.where(nothing, 1, x) / np.where(nothing, 1, y))


xlogy = rule(sp.xlogy, lambda g, out, x, y: g * _log(x, y), lambda g, out, x, y: g * _ratio(x, y), keeps="in",
             label="g·log y, g·x/y")  # fmt: skip
xlog1py = rule(
    sp.xlog1py,
    lambda g, out, x, y: g * np.where((x == 0) & (y == -1), 0, np.log1p(np.where((x == 0) & (y == -1), 0, y))),
    lambda g, out, x, y: g * _ratio(x, 1 + y),
    keeps="in",
    label="g·log(1+y), g·x/(1+y)",
)
entr = rule(sp.entr, lambda g, out, x: -g * (np.log(x) + 1), keeps="x", label="-g·(log x+1)")
rel_entr = rule(sp.rel_entr, lambda g, out, x, y: g * (_log_ratio(x, y) + 1), lambda g, out, x, y: -g * _ratio(x, y),
                keeps="in", label="g·(log(x/y)+1), -g·x/y")  # fmt: skip
kl_div = rule(sp.kl_div, lambda g, out, x, y: g * _log_ratio(x, y), lambda g, out, x, y: g * (1 - _ratio(x, y)),
              keeps="in", label="g·log(x/y), g·(1-x/y)")  # fmt: skip
huber = rule(
    sp.huber,
    lambda g, out, delta, r: g * np.maximum(np.abs(r) - delta, 0),
    lambda g, out, delta, r: g * np.clip(r, -delta, delta),
    keeps="in",
    label="g·max(|r|-δ, 0), g·clip(r, -δ, δ)",
)
