"""Operations written as one, for speed or stability.

Most carry their composite, the same in ordinary NumPy: it is the documentation, the oracle of the tests, and what is
differentiated when a graph of the gradient is asked for; the fused VJP may then use buffers and in-place NumPy freely.
Those without one (convolution, pooling, elementwise activations …) have VJPs that record themselves, as elsewhere.
"""

from autograd.ops.fused.attention import attention, attention_weights, packed_attention
from autograd.ops.fused.binary_cross_entropy import binary_cross_entropy, sigmoid_binary_cross_entropy
from autograd.ops.fused.cross_entropy import softmax_cross_entropy
from autograd.ops.fused.cross_entropy_general import (
    softmax_cross_entropy_of_classes,
    softmax_cross_entropy_of_probabilities,
)
from autograd.ops.fused.minimal_effort import minimal_effort, minimal_effort_linear, minimal_effort_relu
from autograd.ops.fused.negative_log_likelihood import negative_log_likelihood
from autograd.ops.fused.normalization import batch_norm, batch_norm_eval, group_norm, layer_norm, rms_norm
from autograd.ops.fused.penalty import sum_of_magnitudes, sum_of_squares
from autograd.ops.fused.recurrent import gru_layer, lstm_layer, rnn_layer
from autograd.ops.fused.recurrent_cells import gru_step, lstm_step, rnn_step
from autograd.ops.fused.regression_loss import huber, squared_error

__all__ = [
    "softmax_cross_entropy", "softmax_cross_entropy_of_classes", "softmax_cross_entropy_of_probabilities",
    "negative_log_likelihood", "binary_cross_entropy", "sigmoid_binary_cross_entropy",
    "squared_error", "huber", "sum_of_squares", "sum_of_magnitudes",
    "batch_norm", "batch_norm_eval", "layer_norm", "rms_norm", "group_norm",
    "rnn_step", "lstm_step", "gru_step", "rnn_layer", "lstm_layer", "gru_layer",
    "attention", "attention_weights", "packed_attention",
    "minimal_effort", "minimal_effort_linear", "minimal_effort_relu",
]  # fmt: skip
