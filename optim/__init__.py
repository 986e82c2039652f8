"""Optimizers under PyTorch's names."""

from autograd._hips import refuse_hips

refuse_hips()  # here too: installed after us, HIPS autograd has overwritten our autograd/__init__.py

from optim.optimizer import Optimizer
from optim.sgd import SGD

__all__ = ["Optimizer", "SGD"]
