"""Averages of weights in PyTorch's place for them; `nn.update_batch_norm` is what its update_bn does, exactly."""

from optim.averaging import AveragedModel, get_ema_avg_fn, get_ema_multi_avg_fn, get_swa_avg_fn, get_swa_multi_avg_fn
from optim.lr_scheduler.swa import SWALR

__all__ = ["AveragedModel", "SWALR", "get_ema_multi_avg_fn", "get_swa_multi_avg_fn", "get_ema_avg_fn", "get_swa_avg_fn"]
