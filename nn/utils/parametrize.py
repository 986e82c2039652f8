"""PyTorch's torch.nn.utils.parametrize: see nn.parametrizations."""

from nn.parametrizations import ParametrizationList, is_parametrized, register_parametrization, remove_parametrizations

__all__ = ["ParametrizationList", "is_parametrized", "register_parametrization", "remove_parametrizations"]
