"""The logistic function, its logarithm and its inverse."""

from __future__ import annotations

import scipy.special as sp

from autograd.ops.scipy_special.rule import rule

# out·(1-out), where 1-out is the function at -x, which does not round to 0
expit = rule(sp.expit, lambda g, out, x: g * (sp.expit(x) * sp.expit(-x)), keeps="x", label="g·out·(1-out)")
log_expit = rule(sp.log_expit, lambda g, out, x: g * sp.expit(-x), keeps="x", label="g·σ(-x)")
logit = rule(sp.logit, lambda g, out, x: g / (x * (1 - x)), keeps="x", label="g/(x·(1-x))")
