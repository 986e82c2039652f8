"""SciPy's own exponentials, logarithms and roots, which NumPy has under the same names."""

from __future__ import annotations

import math

import numpy as np
import scipy.special as sp

from autograd.engine.registry import rules
from autograd.ops.scipy_special.rule import rule

for _name in ("exp2", "expm1", "log1p", "cbrt"):
    rules[getattr(sp, _name)] = rules[getattr(np, _name)]

exp10 = rule(sp.exp10, lambda g, out, x: g * out * math.log(10), keeps="out", label="g·out·ln 10")
cosm1 = rule(sp.cosm1, lambda g, out, x: -g * np.sin(x), keeps="x", label="-g·sin x")
