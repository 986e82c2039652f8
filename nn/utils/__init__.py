"""PyTorch's torch.nn.utils: the same functions are in nn itself."""

from nn.clip import clip_grad_norm_, clip_grad_value_, get_total_norm
from nn.utils import parametrizations, parametrize
from nn.vector import parameters_to_vector, vector_to_parameters

__all__ = [
    "clip_grad_norm_", "clip_grad_value_", "get_total_norm",
    "parameters_to_vector", "vector_to_parameters",
    "parametrizations", "parametrize",
]  # fmt: skip
