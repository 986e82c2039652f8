"""The layers as functions, under PyTorch's names: Tensors give Tensors, and plain arrays give plain arrays.

This file only collects the names. Each function stands beside its primitive and its Module in nn/layers.
"""

from nn.layers.activation.elu import celu, elu, selu
from nn.layers.activation.gelu import gelu
from nn.layers.activation.glu import glu
from nn.layers.activation.hard import hardsigmoid, hardswish, hardtanh, relu6
from nn.layers.activation.maxout import maxout
from nn.layers.activation.relu import leaky_relu, prelu, relu, rrelu
from nn.layers.activation.sigmoid_tanh import sigmoid, softsign, tanh, tanhshrink
from nn.layers.activation.silu_mish import mish, silu
from nn.layers.activation.softmax import log_softmax, softmax, softmin
from nn.layers.activation.softplus import logsigmoid, softplus
from nn.layers.activation.thresholds import hardshrink, softshrink, step, threshold
from nn.layers.attention.multi_head import multi_head_attention_forward
from nn.layers.attention.scaled_dot_product import scaled_dot_product_attention
from nn.layers.bilinear import bilinear
from nn.layers.convolution.conv import conv1d, conv2d, conv3d
from nn.layers.convolution.transposed import conv_transpose1d, conv_transpose2d, conv_transpose3d
from nn.layers.dropout import alpha_dropout, dropout, dropout1d, dropout2d, dropout3d, feature_alpha_dropout
from nn.layers.embedding import embedding, one_hot
from nn.layers.embedding_bag import embedding_bag
from nn.layers.folding import fold, unfold
from nn.layers.inputs import as_values, cast_to
from nn.layers.linear import linear
from nn.layers.loss.binary_cross_entropy import binary_cross_entropy, binary_cross_entropy_with_logits
from nn.layers.loss.cross_entropy import cross_entropy
from nn.layers.loss.ctc import ctc_loss
from nn.layers.loss.distance import cosine_similarity, pairwise_distance
from nn.layers.loss.distributions import gaussian_nll_loss, kl_div, poisson_nll_loss
from nn.layers.loss.margin import (
    cosine_embedding_loss,
    hinge_embedding_loss,
    hinge_loss,
    margin_ranking_loss,
    triplet_margin_loss,
    triplet_margin_with_distance_loss,
)
from nn.layers.loss.multi_margin import multi_margin_loss, multilabel_margin_loss
from nn.layers.loss.nll import nll_loss
from nn.layers.loss.regression import half_mse_loss, huber_loss, l1_loss, mse_loss, smooth_l1_loss
from nn.layers.loss.soft_margin import multilabel_soft_margin_loss, soft_margin_loss
from nn.layers.minimal_effort.effort_linear import minimal_effort_linear
from nn.layers.minimal_effort.effort_relu import minimal_effort_relu
from nn.layers.minimal_effort.top_k import minimal_effort
from nn.layers.normalization.batch_norm import batch_norm
from nn.layers.normalization.group_norm import group_norm
from nn.layers.normalization.instance_norm import instance_norm
from nn.layers.normalization.layer_norm import layer_norm
from nn.layers.normalization.local_response import local_response_norm
from nn.layers.normalization.rms_norm import rms_norm
from nn.layers.normalization.unit_length import normalize
from nn.layers.padding import pad
from nn.layers.pooling.adaptive import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_avg_pool3d,
    adaptive_max_pool1d,
    adaptive_max_pool2d,
    adaptive_max_pool3d,
)
from nn.layers.pooling.average import avg_pool1d, avg_pool2d, avg_pool3d
from nn.layers.pooling.maximum import max_pool1d, max_pool2d, max_pool3d
from nn.layers.pooling.power import lp_pool1d, lp_pool2d, lp_pool3d
from nn.layers.recurrent.gru import gru, gru_cell
from nn.layers.recurrent.lstm import lstm, lstm_cell
from nn.layers.recurrent.rnn import rnn_relu, rnn_relu_cell, rnn_tanh, rnn_tanh_cell
from nn.layers.reduction import REDUCTIONS, reduce
from nn.layers.shuffles import channel_shuffle, pixel_shuffle, pixel_unshuffle
from nn.layers.upsampling import interpolate
from nn.pytorch_names import instead

__all__ = [
    "linear", "bilinear", "embedding", "embedding_bag", "one_hot",
    "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d",
    "max_pool1d", "max_pool2d", "max_pool3d", "avg_pool1d", "avg_pool2d", "avg_pool3d",
    "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d",
    "adaptive_max_pool1d", "adaptive_max_pool2d", "adaptive_max_pool3d", "lp_pool1d", "lp_pool2d", "lp_pool3d",
    "interpolate", "pad", "pixel_shuffle", "pixel_unshuffle", "channel_shuffle", "unfold", "fold",
    "batch_norm", "layer_norm", "instance_norm", "group_norm", "rms_norm", "local_response_norm", "normalize",
    "dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout",
    "rnn_tanh", "rnn_relu", "lstm", "gru", "rnn_tanh_cell", "rnn_relu_cell", "lstm_cell", "gru_cell",
    "scaled_dot_product_attention", "multi_head_attention_forward",
    "minimal_effort", "minimal_effort_linear", "minimal_effort_relu",
    "step", "relu", "leaky_relu", "prelu", "rrelu", "relu6", "hardtanh", "hardsigmoid", "hardswish", "threshold",
    "softshrink", "hardshrink",
    "sigmoid", "logsigmoid", "tanh", "tanhshrink", "softsign", "softplus",
    "elu", "celu", "selu", "gelu", "silu", "mish",
    "softmax", "log_softmax", "softmin", "glu", "maxout",
    "mse_loss", "half_mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss",
    "cross_entropy", "nll_loss", "binary_cross_entropy", "binary_cross_entropy_with_logits", "kl_div",
    "gaussian_nll_loss", "poisson_nll_loss", "ctc_loss",
    "hinge_loss", "hinge_embedding_loss", "margin_ranking_loss", "cosine_embedding_loss", "triplet_margin_loss",
    "triplet_margin_with_distance_loss", "multi_margin_loss", "multilabel_margin_loss", "soft_margin_loss",
    "multilabel_soft_margin_loss", "pairwise_distance", "cosine_similarity",
    "REDUCTIONS", "as_values", "cast_to", "reduce",
]  # fmt: skip

__getattr__ = instead("nn.functional")
