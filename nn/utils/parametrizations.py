"""PyTorch's torch.nn.utils.parametrizations: see nn.parametrizations."""

from nn.parametrizations import spectral_norm, weight_norm

__all__ = ["spectral_norm", "weight_norm"]
