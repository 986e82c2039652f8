"""Operations written as one for speed or stability. Each carries its composite: the same in ordinary NumPy.

The composite is the documentation, the oracle of the tests, and what is differentiated when a graph of the
gradient is asked for; the fused VJP may therefore use buffers and in-place NumPy freely.
"""

from autograd.ops.fused.activation import relu, sigmoid
from autograd.ops.fused.cross_entropy import softmax_cross_entropy
from autograd.ops.fused.linear import linear
from autograd.ops.fused.softmax import log_softmax, logsumexp, softmax

__all__ = ["linear", "log_softmax", "logsumexp", "relu", "sigmoid", "softmax", "softmax_cross_entropy"]
