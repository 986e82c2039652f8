"""Learning rate schedulers under PyTorch's names: make one for an optimizer, call `step` after every epoch or batch.

LRScheduler                                             the base, for schedules of your own
LambdaLR, MultiplicativeLR                              given by a function
StepLR, MultiStepLR, ExponentialLR, PolynomialLR        decay
ConstantLR, LinearLR                                    warm-up
CosineAnnealingLR, CosineAnnealingWarmRestarts          half a cosine
CyclicLR, OneCycleLR                                    up and down, stepped after every batch
ReduceLROnPlateau                                       decay when a validation metric stops improving
SequentialLR, ChainedScheduler                          combinations
SWALR                                                   to a constant rate, for averaging weights
"""

from optim.lr_scheduler.composite import ChainedScheduler, SequentialLR
from optim.lr_scheduler.cosine import CosineAnnealingLR, CosineAnnealingWarmRestarts
from optim.lr_scheduler.cyclic import CyclicLR
from optim.lr_scheduler.decay import ConstantLR, ExponentialLR, LinearLR, MultiStepLR, PolynomialLR, StepLR
from optim.lr_scheduler.function import LambdaLR, MultiplicativeLR
from optim.lr_scheduler.one_cycle import OneCycleLR
from optim.lr_scheduler.plateau import ReduceLROnPlateau
from optim.lr_scheduler.scheduler import LRScheduler
from optim.lr_scheduler.swa import SWALR

__all__ = [
    "LRScheduler", "LambdaLR", "MultiplicativeLR", "StepLR", "MultiStepLR", "ExponentialLR", "PolynomialLR",
    "ConstantLR", "LinearLR", "CosineAnnealingLR", "CosineAnnealingWarmRestarts", "CyclicLR", "OneCycleLR",
    "ReduceLROnPlateau", "SequentialLR", "ChainedScheduler", "SWALR",
]  # fmt: skip
