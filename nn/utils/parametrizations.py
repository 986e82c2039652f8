"""The names of PyTorch's torch.nn.utils.parametrizations; the functions are those of nn.parametrizations."""

from nn.parametrizations import spectral_norm, weight_norm

__all__ = ["spectral_norm", "weight_norm"]
