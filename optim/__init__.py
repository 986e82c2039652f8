"""Optimizers under PyTorch's names."""

from autograd._hips import refuse_hips

refuse_hips()  # also here: HIPS autograd, installed after this one, has overwritten autograd/__init__.py

from optim import lr_scheduler, swa_utils
from optim.adadelta import Adadelta
from optim.adafactor import Adafactor
from optim.adagrad import Adagrad
from optim.adam import Adam, AdamW
from optim.adamax import Adamax
from optim.asgd import ASGD
from optim.averaging import AveragedModel
from optim.early_stopping import EarlyStopping
from optim.lbfgs import LBFGS
from optim.lion import Lion
from optim.muon import Muon
from optim.nadam import NAdam
from optim.optimizer import Optimizer
from optim.radam import RAdam
from optim.rmsprop import RMSprop
from optim.rprop import Rprop
from optim.scipy_minimize import minimize
from optim.sgd import SGD

__all__ = [
    "Optimizer", "SGD", "Adagrad", "RMSprop", "Adadelta", "Adam", "AdamW", "Adamax", "NAdam", "RAdam", "Lion", "LBFGS",
    "ASGD", "Rprop", "Adafactor", "Muon", "minimize", "lr_scheduler", "swa_utils", "EarlyStopping", "AveragedModel",
]  # fmt: skip
