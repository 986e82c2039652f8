"""PyTorch's names for averages of weights. For its update_bn there is `nn.update_batch_norm`, which is exact."""

from typing import NoReturn

from optim.averaging import AveragedModel, get_ema_avg_fn, get_ema_multi_avg_fn, get_swa_avg_fn, get_swa_multi_avg_fn
from optim.lr_scheduler.swa import SWALR

__all__ = ["AveragedModel", "SWALR", "get_ema_multi_avg_fn", "get_swa_multi_avg_fn", "get_ema_avg_fn", "get_swa_avg_fn"]


def __getattr__(name: str) -> NoReturn:
    text = ": write nn.update_batch_norm(averaged, batches), which is exact." if name == "update_bn" else ""
    raise AttributeError(f"module 'optim.swa_utils' has no attribute {name!r}{text}")
