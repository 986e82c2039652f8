"""The names of PyTorch's torch.nn.utils.parametrize; the functions are those of nn.parametrizations."""

from nn.parametrizations import ParametrizationList, is_parametrized, register_parametrization, remove_parametrizations

__all__ = ["ParametrizationList", "is_parametrized", "register_parametrization", "remove_parametrizations"]
