"""Layers, losses and initialisers under PyTorch's names, on autograd's Tensor."""

from autograd._hips import refuse_hips

refuse_hips()  # here too: installed after us, HIPS autograd has overwritten our autograd/__init__.py

from nn import data, functional, init
from nn.activation import ReLU, Sigmoid, Tanh
from nn.containers import Sequential
from nn.flatten import Flatten
from nn.linear import Linear
from nn.loss import CrossEntropyLoss, MSELoss
from nn.module import Module
from nn.parameter import Buffer, Parameter
from nn.residual import Residual

__all__ = [
    "Module", "Parameter", "Buffer",
    "Sequential", "Residual",
    "Linear", "Flatten",
    "ReLU", "Sigmoid", "Tanh",
    "CrossEntropyLoss", "MSELoss",
    "data", "functional", "init",
]  # fmt: skip
