"""Activations made of straight pieces, as layers: the step, the rectifiers, the hard versions of smooth ones.

Each is the function of the same name in nn.functional, where kinks, extremes and dtypes are settled once.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.errors import ArgumentError
from nn import functional as F
from nn import init as initial
from nn.core.module import Module, check_size
from nn.core.parameter import blank
from nn.inplace import InPlace


class Step(Module):
    """The perceptron's activation.

        y = 1 if x >= 0 else 0

    Shape:     any
    Gradient:  0 everywhere, at the jump too: what stands below it does not learn by gradient descent.
    Source:    Rosenblatt 1958, "The perceptron".
    Example:
        >>> import numpy as np, nn
        >>> nn.Step()(np.array([-0.5, 0.0, 2.0]))
        array([0., 1., 1.])
    """

    def forward(self, input: Any) -> Any:
        return F.step(input)


class ReLU(InPlace):
    """The rectifier.

        y = max(x, 0)

    Shape:     any
    Gradient:  0 at 0 (Bertoin et al. 2021, arXiv:2106.12915; PyTorch's).
    Source:    Nair & Hinton 2010, "Rectified linear units improve restricted Boltzmann machines".
    """

    def forward(self, input: Any) -> Any:
        return F.relu(input)


class LeakyReLU(InPlace):
    """A rectifier that lets a little through below 0, so that no unit dies.

        y = x if x > 0 else negative_slope · x

    Shape:     any
    Gradient:  the negative slope at 0.
    Source:    Maas et al. 2013, "Rectifier nonlinearities improve neural network acoustic models".
    """

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.negative_slope = negative_slope

    def forward(self, input: Any) -> Any:
        return F.leaky_relu(input, self.negative_slope)

    def _options(self) -> list[str]:
        return [f"negative_slope={self.negative_slope}"]


class PReLU(Module):
    """A leaky rectifier that learns its slope below 0.

        y = x if x > 0 else weight · x

    Shape:     input (N, num_parameters, *), or any for num_parameters=1; weight (num_parameters,)
    Args:      num_parameters: one slope a channel (axis 1), or 1 for all.
               init: the first slope.
    Gradient:  the weight at 0. Do not decay it: that pulls it towards ReLU.
    Source:    He et al. 2015, arXiv:1502.01852, section 2.1.
    Example:
        >>> import numpy as np, nn
        >>> nn.PReLU()(np.array([-4.0, 4.0], np.float32)).numpy()
        array([-1.,  4.], dtype=float32)
    """

    def __init__(self, num_parameters: int = 1, init: float = 0.25, *, dtype: Any = np.float32) -> None:
        self.num_parameters = check_size("num_parameters", num_parameters)
        self.init = init
        self.weight = blank(num_parameters, dtype, "weight")
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the slopes back to `init`."""
        initial.constant_(self.weight, self.init)

    def forward(self, input: Any) -> Any:
        return F.prelu(input, self.weight)

    def extra_repr(self) -> str:
        return f"num_parameters={self.num_parameters}"


class RReLU(InPlace):
    """A leaky rectifier with random slopes in training, and their mean in use.

        y = x if x > 0 else r · x,    r ~ U[lower, upper) for each element, (lower + upper)/2 in eval mode

    Shape:     any
    Args:      rng: where r comes from; None is the package's generator.
    Gradient:  r at 0.
    Source:    Xu et al. 2015, arXiv:1505.00853, section 2.4; r itself is uniform, not 1/r, as in PyTorch.
    """

    def __init__(
        self,
        lower: float = 1 / 8,
        upper: float = 1 / 3,
        inplace: bool = False,
        *,
        rng: np.random.Generator | None = None,
    ) -> None:
        super().__init__(inplace)
        if not lower <= upper:
            raise ArgumentError(f"RReLU expects lower <= upper; got lower={lower}, upper={upper}.")
        self.lower = lower
        self.upper = upper
        self.rng = rng

    def forward(self, input: Any) -> Any:
        return F.rrelu(input, self.lower, self.upper, self.training, rng=self.rng)

    def _options(self) -> list[str]:
        return [f"lower={self.lower}, upper={self.upper}"]


class Hardtanh(InPlace):
    """The identity between two bounds.

        y = min(max(x, min_val), max_val)

    Shape:     any
    Gradient:  0 at both bounds.
    Source:    Collobert 2004, "Large scale machine learning".
    """

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> None:
        super().__init__(inplace)
        if not min_val < max_val:
            raise ArgumentError(f"Hardtanh expects min_val < max_val; got min_val={min_val}, max_val={max_val}.")
        self.min_val = min_val
        self.max_val = max_val

    def forward(self, input: Any) -> Any:
        return F.hardtanh(input, self.min_val, self.max_val)

    def _options(self) -> list[str]:
        return [f"min_val={self.min_val}, max_val={self.max_val}"]


class ReLU6(Hardtanh):
    """The rectifier with a ceiling.

        y = min(max(x, 0), 6)

    Shape:     any
    Gradient:  0 at 0 and at 6.
    Source:    Krizhevsky 2010, "Convolutional deep belief networks on CIFAR-10".
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(0.0, 6.0, inplace)

    def _options(self) -> list[str]:
        return []


class Hardsigmoid(InPlace):
    """A sigmoid of three straight pieces.

        y = min(max(x/6 + 1/2, 0), 1)

    Shape:     any
    Gradient:  0 at ±3.
    Source:    Howard et al. 2019, arXiv:1905.02244, section 5.2.
    """

    def forward(self, input: Any) -> Any:
        return F.hardsigmoid(input)


class Hardswish(InPlace):
    """SiLU with the straight sigmoid.

        y = x · min(max(x/6 + 1/2, 0), 1)

    Shape:     any
    Gradient:  0 at -3, 1 at 3.
    Source:    Howard et al. 2019, arXiv:1905.02244, section 5.2.
    """

    def forward(self, input: Any) -> Any:
        return F.hardswish(input)


class Threshold(InPlace):
    """What exceeds a threshold, and a value for what does not.

        y = x if x > threshold else value

    Shape:     any
    Gradient:  0 at the threshold.
    """

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.threshold = threshold
        self.value = value

    def forward(self, input: Any) -> Any:
        return F.threshold(input, self.threshold, self.value)

    def _options(self) -> list[str]:
        return [f"threshold={self.threshold}, value={self.value}"]


class _Shrink(Module):
    def __init__(self, lambd: float = 0.5) -> None:
        if not lambd >= 0:
            raise ArgumentError(f"{type(self).__name__} expects lambd >= 0; got {lambd}.")
        self.lambd = lambd

    def extra_repr(self) -> str:
        return f"{self.lambd}"


class Softshrink(_Shrink):
    """Soft thresholding: the proximal step of lambd·|x|.

        y = sign(x) · max(|x| - lambd, 0)

    Shape:     any
    Gradient:  0 at ±lambd.
    Source:    Donoho 1995, "De-noising by soft-thresholding".
    """

    def forward(self, input: Any) -> Any:
        return F.softshrink(input, self.lambd)


class Hardshrink(_Shrink):
    """Hard thresholding.

        y = x if |x| > lambd else 0

    Shape:     any
    Gradient:  0 at ±lambd.
    Source:    Donoho & Johnstone 1994, "Ideal spatial adaptation by wavelet shrinkage".
    """

    def forward(self, input: Any) -> Any:
        return F.hardshrink(input, self.lambd)
