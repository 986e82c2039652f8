"""The modes of a model's modules, training or evaluation, for a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from nn.core.module import Module


@contextmanager
def modes_kept(model: Module) -> Iterator[None]:
    """Afterwards every module is in the mode that it was in."""
    before = [(module, module.training) for module in model.modules()]
    try:
        yield
    finally:
        for module, training in before:
            module.training = training


@contextmanager
def evaluating(model: Module) -> Iterator[None]:
    """Inside, the model is in eval mode; afterwards every module is as it was."""
    with modes_kept(model):
        model.eval()
        yield
