"""Layers, losses and initialisers under PyTorch's names, on autograd's Tensor."""

from autograd._hips import refuse_hips

refuse_hips()  # here, too: HIPS autograd, if installed later, has overwritten our autograd/__init__.py

from nn import data, export, functional, init, parallel, parametrizations, plots, utils
from nn.core.containers import ModuleDict, ModuleList, Sequential
from nn.core.functional_call import functional_call
from nn.core.module import Module
from nn.core.parameter import Buffer, Parameter
from nn.core.parameter_containers import ParameterDict, ParameterList
from nn.core.vector import parameters_to_vector, vector_to_parameters
from nn.fusion import fuse
from nn.inspect.summary import summary
from nn.layers.activation.elu import CELU, ELU, SELU
from nn.layers.activation.gelu import GELU
from nn.layers.activation.glu import GLU
from nn.layers.activation.hard import Hardsigmoid, Hardswish, Hardtanh, ReLU6
from nn.layers.activation.maxout import Maxout
from nn.layers.activation.relu import LeakyReLU, PReLU, ReLU, RReLU
from nn.layers.activation.sigmoid_tanh import Sigmoid, Softsign, Tanh, Tanhshrink
from nn.layers.activation.silu_mish import Mish, SiLU
from nn.layers.activation.softmax import LogSoftmax, Softmax, Softmax2d, Softmin
from nn.layers.activation.softplus import LogSigmoid, Softplus
from nn.layers.activation.thresholds import Hardshrink, Softshrink, Step, Threshold
from nn.layers.attention.multi_head import MultiheadAttention
from nn.layers.attention.positional import PositionalEncoding
from nn.layers.attention.transformer import Transformer
from nn.layers.attention.transformer_decoder import TransformerDecoder, TransformerDecoderLayer
from nn.layers.attention.transformer_encoder import TransformerEncoder, TransformerEncoderLayer
from nn.layers.bilinear import Bilinear
from nn.layers.convolution.conv import Conv1d, Conv2d, Conv3d
from nn.layers.convolution.transposed import ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from nn.layers.dropout import AlphaDropout, Dropout, Dropout1d, Dropout2d, Dropout3d, FeatureAlphaDropout
from nn.layers.embedding import Embedding
from nn.layers.embedding_bag import EmbeddingBag
from nn.layers.flatten import Flatten, Unflatten
from nn.layers.folding import Fold, Unfold
from nn.layers.identity import Identity, Lambda
from nn.layers.linear import Linear
from nn.layers.loss.binary_cross_entropy import BCELoss, BCEWithLogitsLoss
from nn.layers.loss.cross_entropy import CrossEntropyLoss
from nn.layers.loss.ctc import CTCLoss
from nn.layers.loss.distance import CosineSimilarity, PairwiseDistance
from nn.layers.loss.distributions import GaussianNLLLoss, KLDivLoss, PoissonNLLLoss
from nn.layers.loss.margin import (
    CosineEmbeddingLoss,
    HingeEmbeddingLoss,
    HingeLoss,
    MarginRankingLoss,
    TripletMarginLoss,
    TripletMarginWithDistanceLoss,
)
from nn.layers.loss.multi_margin import MultiLabelMarginLoss, MultiMarginLoss
from nn.layers.loss.nll import NLLLoss
from nn.layers.loss.penalty import l1_penalty, l2_penalty
from nn.layers.loss.regression import HalfMSELoss, HuberLoss, L1Loss, MSELoss, SmoothL1Loss
from nn.layers.loss.soft_margin import MultiLabelSoftMarginLoss, SoftMarginLoss
from nn.layers.minimal_effort.effort_linear import MinimalEffortLinear
from nn.layers.minimal_effort.effort_relu import MinimalEffortReLU
from nn.layers.normalization.batch_norm import BatchNorm1d, BatchNorm2d, BatchNorm3d
from nn.layers.normalization.group_norm import GroupNorm
from nn.layers.normalization.instance_norm import InstanceNorm1d, InstanceNorm2d, InstanceNorm3d
from nn.layers.normalization.layer_norm import LayerNorm
from nn.layers.normalization.local_response import LocalResponseNorm
from nn.layers.normalization.rms_norm import RMSNorm
from nn.layers.normalization.update_batch_norm import update_batch_norm
from nn.layers.padding import (
    CircularPad1d,
    CircularPad2d,
    CircularPad3d,
    ConstantPad1d,
    ConstantPad2d,
    ConstantPad3d,
    ReflectionPad1d,
    ReflectionPad2d,
    ReflectionPad3d,
    ReplicationPad1d,
    ReplicationPad2d,
    ReplicationPad3d,
    ZeroPad1d,
    ZeroPad2d,
    ZeroPad3d,
)
from nn.layers.pooling.adaptive import (
    AdaptiveAvgPool1d,
    AdaptiveAvgPool2d,
    AdaptiveAvgPool3d,
    AdaptiveMaxPool1d,
    AdaptiveMaxPool2d,
    AdaptiveMaxPool3d,
)
from nn.layers.pooling.average import AvgPool1d, AvgPool2d, AvgPool3d
from nn.layers.pooling.maximum import MaxPool1d, MaxPool2d, MaxPool3d
from nn.layers.pooling.power import LPPool1d, LPPool2d, LPPool3d
from nn.layers.recurrent.gru import GRU, GRUCell
from nn.layers.recurrent.lstm import LSTM, LSTMCell
from nn.layers.recurrent.rnn import RNN, RNNCell
from nn.layers.residual import BasicBlock, Bottleneck, PreActBlock, Residual, ResidualBlock
from nn.layers.shuffles import ChannelShuffle, PixelShuffle, PixelUnshuffle
from nn.layers.upsampling import Upsample
from nn.parallel.sync_batch_norm import SyncBatchNorm
from nn.parametrizations import spectral_norm, weight_norm
from nn.pytorch_names import instead
from nn.serialization import load, load_metadata, save
from nn.simplification import simplify
from nn.training.checkpoint import Checkpoint
from nn.training.clip import NonFiniteGradientWarning, clip_grad_norm_, clip_grad_value_, get_total_norm
from nn.training.history import History
from nn.training.loop import fit

__all__ = [
    # modules, their containers, and functions on modules
    "Module", "Parameter", "Buffer",
    "Sequential", "ModuleList", "ModuleDict", "ParameterList", "ParameterDict",
    "Identity", "Lambda", "Flatten", "Unflatten",
    "summary", "save", "load", "load_metadata", "functional_call", "fuse", "fit", "History", "Checkpoint",
    "functional", "init", "data", "export", "parallel", "utils", "plots",
    # layers
    "Linear", "Bilinear", "Embedding", "EmbeddingBag",
    "Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d",
    "MaxPool1d", "MaxPool2d", "MaxPool3d", "AvgPool1d", "AvgPool2d", "AvgPool3d",
    "AdaptiveAvgPool1d", "AdaptiveAvgPool2d", "AdaptiveAvgPool3d",
    "AdaptiveMaxPool1d", "AdaptiveMaxPool2d", "AdaptiveMaxPool3d", "LPPool1d", "LPPool2d", "LPPool3d", "Upsample",
    "ReflectionPad1d", "ReflectionPad2d", "ReflectionPad3d", "ReplicationPad1d", "ReplicationPad2d", "ReplicationPad3d",
    "CircularPad1d", "CircularPad2d", "CircularPad3d", "ConstantPad1d", "ConstantPad2d", "ConstantPad3d",
    "ZeroPad1d", "ZeroPad2d", "ZeroPad3d",
    "PixelShuffle", "PixelUnshuffle", "ChannelShuffle", "Unfold", "Fold",
    "BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "SyncBatchNorm", "update_batch_norm",
    "InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d", "LayerNorm", "GroupNorm", "RMSNorm", "LocalResponseNorm",
    "Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout", "FeatureAlphaDropout",
    "RNN", "LSTM", "GRU", "RNNCell", "LSTMCell", "GRUCell",
    "MultiheadAttention", "TransformerEncoderLayer", "TransformerEncoder", "TransformerDecoderLayer",
    "TransformerDecoder", "Transformer", "PositionalEncoding",
    "Residual", "ResidualBlock", "BasicBlock", "Bottleneck", "PreActBlock",
    "MinimalEffortLinear", "MinimalEffortReLU", "simplify",
    # activations: piecewise, smooth, and over an axis
    "Step", "ReLU", "LeakyReLU", "PReLU", "RReLU", "ReLU6", "Hardtanh", "Hardsigmoid", "Hardswish", "Threshold",
    "Softshrink", "Hardshrink",
    "Sigmoid", "LogSigmoid", "Tanh", "Tanhshrink", "Softsign", "Softplus",
    "ELU", "CELU", "SELU", "GELU", "SiLU", "Mish",
    "Softmax", "LogSoftmax", "Softmin", "Softmax2d", "GLU", "Maxout",
    # losses and penalties
    "MSELoss", "HalfMSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss",
    "CrossEntropyLoss", "NLLLoss", "BCELoss", "BCEWithLogitsLoss", "KLDivLoss", "GaussianNLLLoss", "PoissonNLLLoss",
    "CTCLoss",
    "HingeLoss", "HingeEmbeddingLoss", "MarginRankingLoss", "CosineEmbeddingLoss", "TripletMarginLoss",
    "TripletMarginWithDistanceLoss", "MultiMarginLoss", "MultiLabelMarginLoss", "SoftMarginLoss",
    "MultiLabelSoftMarginLoss", "PairwiseDistance", "CosineSimilarity",
    "l1_penalty", "l2_penalty",
    # gradients and parameters
    "clip_grad_norm_", "clip_grad_value_", "get_total_norm", "NonFiniteGradientWarning",
    "parameters_to_vector", "vector_to_parameters", "weight_norm", "spectral_norm", "parametrizations",
]  # fmt: skip

__getattr__ = instead("nn")
