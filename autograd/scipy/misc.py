"""The module in which earlier versions of SciPy, and of HIPS autograd, had logsumexp."""

from autograd.scipy.special import logsumexp

__all__ = ["logsumexp"]
