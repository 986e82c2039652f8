"""Dropout: noise in training that is gone in use."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.random import generator
from nn import functional as F
from nn.functional.dropout import check_p
from nn.inplace import InPlace


class _Dropout(InPlace):
    def __init__(self, p: float = 0.5, inplace: bool = False, *, rng: np.random.Generator | None = None) -> None:
        super().__init__(inplace)
        self.p = check_p(p)
        self.rng = generator(rng) if rng is not None else None

    def _options(self) -> list[str]:
        return [f"p={self.p}"]


class Dropout(_Dropout):
    """In training, set each element to 0 with probability p and divide the others by 1 - p; in use, do nothing.

        y = x · m / (1 - p),  m ~ Bernoulli(1 - p)

    This is "inverted" dropout. The other form, which leaves training unscaled and multiplies by the probability of
    keeping in use, computes the same network: its inputs to the next layer are (1 - p) times these, in both modes.

    Shape:     any -> the same
    Args:      p: the probability of dropping, 0 to 1.
               rng: where the masks come from; None means the package's generator (autograd.seed).
    Source:    Srivastava et al. 2014, "Dropout: a simple way to prevent neural networks from overfitting".
    Example:
        >>> import numpy as np, nn
        >>> layer = nn.Dropout(0.5, rng=np.random.default_rng(3))
        >>> layer(np.ones(6)), layer.eval()(np.ones(6))
        (array([0., 0., 2., 2., 0., 2.]), array([1., 1., 1., 1., 1., 1.]))
    """

    def forward(self, x: Any) -> Any:
        return F.dropout(x, self.p, self.training, rng=self.rng)


class Dropout1d(_Dropout):
    """Dropout of whole channels of sequences: neighbours are so alike that dropping single ones would hide little.

    Shape:     x (N, C, L) or (C, L) -> the same
    Args:      p, rng: see `Dropout`.
    Source:    Tompson et al. 2015, arXiv:1411.4280.
    """

    def forward(self, x: Any) -> Any:
        return F.dropout1d(x, self.p, self.training, rng=self.rng)


class Dropout2d(_Dropout):
    """Dropout of whole channels of images: see `Dropout1d`.

    Shape:     x (N, C, H, W) -> the same; three axes are read as (N, C, L)
    Args:      p, rng: see `Dropout`.
    Source:    Tompson et al. 2015, arXiv:1411.4280.
    """

    def forward(self, x: Any) -> Any:
        return F.dropout2d(x, self.p, self.training, rng=self.rng)


class AlphaDropout(_Dropout):
    """Dropout for SELU networks: what is dropped becomes SELU's value at -∞, and mean 0 and variance 1 are kept.

        y = a · (x · m - λα · (1 - m)) + b,   a = 1/√((1 - p)(1 + p λ²α²)),   b = a p λα

    Shape:     any -> the same
    Args:      p, rng: see `Dropout`.
    Source:    Klambauer et al. 2017, arXiv:1706.02515, section 2.
    Example:
        >>> import numpy as np, nn
        >>> y = nn.AlphaDropout(0.2, rng=np.random.default_rng(0))(np.random.default_rng(1).normal(size=100_000))
        >>> abs(float(y.mean())) < 0.02, abs(float(y.std()) - 1) < 0.02
        (True, True)
    """

    def forward(self, x: Any) -> Any:
        return F.alpha_dropout(x, self.p, self.training, rng=self.rng)
