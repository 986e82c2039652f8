"""The rules of scipy.special's ufuncs, a family a file.

Importing this package registers them, and imports scipy.special. `import autograd` does neither: a Tensor looks here
when it meets a ufunc of SciPy's that has no rule yet (tensor/protocols.py), so that what SciPy costs is paid by those
who use it.
"""

from autograd.ops.scipy_special import (
    bessel,
    entropy,
    error_functions,
    exponentials,
    gamma,
    integrals,
    logistic,
    normal,
)

__all__ = ["bessel", "entropy", "error_functions", "exponentials", "gamma", "integrals", "logistic", "normal"]
