"""The names of PyTorch's torch.nn.utils; the functions are those of nn itself."""

from nn.core.vector import parameters_to_vector, vector_to_parameters
from nn.pytorch_names import instead
from nn.training.clip import clip_grad_norm_, clip_grad_value_, get_total_norm
from nn.utils import parametrizations, parametrize, rnn

__all__ = [
    "clip_grad_norm_", "clip_grad_value_", "get_total_norm",
    "parameters_to_vector", "vector_to_parameters",
    "parametrizations", "parametrize", "rnn",
]  # fmt: skip

__getattr__ = instead("nn.utils")
