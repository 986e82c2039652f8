"""Smooth activations, as layers. Made of straight pieces: piecewise_linear.py. Over an axis: softmax.py.

Each is the function of the same name in nn.functional, where extremes and dtypes are settled once.
"""

from __future__ import annotations

from typing import Any

from autograd.errors import ArgumentError
from nn import functional as F
from nn.core.module import Module
from nn.inplace import InPlace


class Sigmoid(Module):
    """The logistic function.

        y = 1 / (1 + exp(-x))

    Shape:     any
    Source:    Rumelhart, Hinton & Williams 1986, "Learning representations by back-propagating errors".
    """

    def forward(self, input: Any) -> Any:
        return F.sigmoid(input)


class LogSigmoid(Module):
    """The logarithm of the logistic function, exact where that underflows.

        y = log σ(x) = min(x, 0) - log(1 + exp(-|x|))

    Shape:     any
    Source:    see `Sigmoid`.
    """

    def forward(self, input: Any) -> Any:
        return F.logsigmoid(input)


class Tanh(Module):
    """The hyperbolic tangent.

        y = tanh(x)

    Shape:     any
    Source:    LeCun et al. 1998, "Efficient BackProp", section 4.4.
    """

    def forward(self, input: Any) -> Any:
        return F.tanh(input)


class Tanhshrink(Module):
    """What the hyperbolic tangent leaves.

        y = x - tanh(x)

    Shape:     any
    """

    def forward(self, input: Any) -> Any:
        return F.tanhshrink(input)


class Softsign(Module):
    """A sigmoid that saturates slowly.

        y = x / (1 + |x|)

    Shape:     any
    Numerics:  ±1 at ±inf, where PyTorch gives nan.
    Source:    Glorot & Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks".
    """

    def forward(self, input: Any) -> Any:
        return F.softsign(input)


class Softplus(Module):
    """A smooth rectifier, whose derivative is the sigmoid.

        y = log(1 + exp(beta·x)) / beta,    x itself where beta·x > threshold

    Shape:     any
    Source:    Dugas et al. 2000, "Incorporating second-order functional knowledge for better option pricing".
    """

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        if beta == 0:
            raise ArgumentError("Softplus divides by beta, which must not be 0.")
        self.beta = beta
        self.threshold = threshold

    def forward(self, input: Any) -> Any:
        return F.softplus(input, self.beta, self.threshold)

    def extra_repr(self) -> str:
        return f"beta={self.beta}, threshold={self.threshold}"


class ELU(InPlace):
    """A rectifier that saturates below, with a mean nearer to 0.

        y = x if x > 0 else alpha · (exp(x) - 1)

    Shape:     any
    Args:      alpha: >= 0, the depth it saturates at (PyTorch also takes negative ones).
    Gradient:  alpha at 0.
    Source:    Clevert et al. 2015, arXiv:1511.07289, eq. 15.
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__(inplace)
        if not alpha >= 0:
            raise ArgumentError(f"ELU expects alpha >= 0; got {alpha}.")
        self.alpha = alpha

    def forward(self, input: Any) -> Any:
        return F.elu(input, self.alpha)

    def _options(self) -> list[str]:
        return [f"alpha={self.alpha}"]


class CELU(InPlace):
    """An ELU with a continuous slope for every alpha.

        y = x if x > 0 else alpha · (exp(x/alpha) - 1)

    Shape:     any
    Args:      alpha: > 0 (PyTorch also takes negative ones).
    Source:    Barron 2017, arXiv:1704.07483.
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__(inplace)
        if not alpha > 0:
            raise ArgumentError(f"CELU expects alpha > 0; got {alpha}.")
        self.alpha = alpha

    def forward(self, input: Any) -> Any:
        return F.celu(input, self.alpha)

    def _options(self) -> list[str]:
        return [f"alpha={self.alpha}"]


class SELU(InPlace):
    """The ELU under which activations keep mean 0 and variance 1, given weights of variance 1/fan_in (`init.lecun_normal_`).

        y = scale · (x if x > 0 else alpha · (exp(x) - 1)),    alpha ≈ 1.6733, scale ≈ 1.0507

    Shape:     any
    Gradient:  scale·alpha at 0.
    Source:    Klambauer et al. 2017, arXiv:1706.02515, eq. 2 and 14.
    """

    def forward(self, input: Any) -> Any:
        return F.selu(input)


class GELU(Module):
    """x, let through with the probability that a normal variable is smaller.

        y = x · Φ(x);    approximate="tanh":  y = x · ½ (1 + tanh(√(2/π) (x + 0.044715 x³)))

    Shape:     any
    Numerics:  in float32 Φ is within 2e-7 of SciPy's, and its tail keeps six digits; 0 at -inf, where PyTorch gives nan.
    Source:    Hendrycks & Gimpel 2016, arXiv:1606.08415.
    Example:
        >>> import numpy as np, nn
        >>> nn.GELU()(np.array([-1.0, 0.0, 1.0])).round(4)
        array([-0.1587,  0.    ,  0.8413])
    """

    def __init__(self, approximate: str = "none") -> None:
        if approximate not in ("none", "tanh"):
            raise ArgumentError(f"approximate must be 'none' or 'tanh'; got {approximate!r}.")
        self.approximate = approximate

    def forward(self, input: Any) -> Any:
        return F.gelu(input, approximate=self.approximate)

    def extra_repr(self) -> str:
        return f"approximate={self.approximate!r}"


class SiLU(InPlace):
    """x times its sigmoid, also called swish.

        y = x · σ(x)

    Shape:     any
    Numerics:  0 at -inf, where PyTorch gives nan.
    Source:    Elfwing et al. 2017, arXiv:1702.03118; Ramachandran et al. 2017, arXiv:1710.05941.
    """

    def forward(self, input: Any) -> Any:
        return F.silu(input)


class Mish(InPlace):
    """x times the tanh of its softplus.

        y = x · tanh(log(1 + exp(x)))

    Shape:     any
    Numerics:  0 at -inf, where PyTorch gives nan.
    Source:    Misra 2019, arXiv:1908.08681.
    """

    def forward(self, input: Any) -> Any:
        return F.mish(input)
