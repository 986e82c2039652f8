"""The steps of `fit`: an update of the weights, and the evaluation of a batch, as they are or captured."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.capture.captured import Captured, capture
from autograd.engine.recording import raw
from autograd.recorder import current, effect, is_effect
from nn.parallel.communicator import Communicator
from nn.training import together
from nn.training.clip import clip_grad_norm_
from nn.training.fit_arguments import count_rows
from nn.training.nonfinite import gradients_are_finite


class NotFiniteError(Exception):
    """The loss or a gradient is nan or inf; the weights have not been changed."""


class TrainingStep:
    """One update of the weights.

    Args:  called: the model, or a DataParallel around it.
           closure: whether the optimizer's step computes the loss itself, more than once (LBFGS).
           outputs: whether the model's outputs are wanted, for metrics.
           captured: record the step once and replay it. With a closure, what the closure computes is recorded.
    """

    def __init__(
        self, called: Any, loss: Any, optimizer: Any, parameters: list[Any], clip_norm: float | None,
        ranks: Communicator, *, closure: bool, outputs: bool, captured: bool,
    ) -> None:  # fmt: skip
        self.called, self.loss, self.parameters = called, loss, parameters
        self.optimizer = optimizer if is_effect(type(optimizer).step) else OwnOptimizer(optimizer)
        self.clip_norm, self.ranks, self.closure, self.outputs = clip_norm, ranks, closure, outputs
        self._gradient: Callable[..., Any] = self._forward_and_backward
        self._whole: Callable[..., Any] = self._update
        self.captured: Captured | None = None
        if captured and closure:
            self._gradient = self.captured = capture(self._gradient)
        elif captured:
            self._whole = self.captured = capture(self._whole)

    def __call__(self, inputs: Any, target: Any) -> tuple[float, Any]:
        """(the loss before the update, the model's outputs or None).

        Raises:  NotFiniteError, before the weights are changed.
        """
        if not self.closure:
            loss, output = self._whole(inputs, target)
            return float(loss), output
        outputs: list[Any] = []

        def closure() -> Any:
            loss, output = self._gradient(inputs, target)
            outputs.append(output)
            self._clip()
            return loss

        value = float(self.optimizer.step(closure))
        if not math.isfinite(value):
            raise NotFiniteError(f"the loss is {value}")
        return value, outputs[0]

    def _forward_and_backward(self, inputs: Any, target: Any) -> tuple[Any, Any]:
        self.optimizer.zero_grad()
        output = self.called(*inputs)
        several = self.ranks.together
        empty = several and not count_rows(inputs[0])
        loss = together.loss_of_no_rows(output) if empty else self.loss(output, target)
        # a line search may try points where the loss is infinite; ranks decide about one together, afterwards; and
        # what is recorded may not depend on a value
        if self.closure or several or current() is not None or math.isfinite(loss.item()):
            loss.backward()
        if several:
            loss = np.asarray(self.called.whole_loss, loss.dtype)
        return loss, output if self.outputs else None

    def _update(self, inputs: Any, target: Any) -> tuple[Any, Any]:
        loss, output = self._forward_and_backward(inputs, target)
        check_finite(self.parameters, raw(loss))
        self._clip()
        self.optimizer.step()
        return loss, output

    def _clip(self) -> None:
        if self.clip_norm is not None:
            clip_grad_norm_(self.parameters, self.clip_norm)


@effect
def check_finite(parameters: list[Any], loss: Any) -> None:
    """Raise NotFiniteError if the loss or a gradient is nan or inf."""
    value = float(loss)
    if not math.isfinite(value):
        raise NotFiniteError(f"the loss is {value}")
    if not gradients_are_finite(parameters):
        raise NotFiniteError("a gradient is not finite")


class OwnOptimizer:
    """An optimizer that is not the library's: a replay calls its step, whatever that does."""

    def __init__(self, optimizer: Any) -> None:
        self.optimizer = optimizer

    @effect
    def step(self, *closure: Any) -> Any:
        return self.optimizer.step(*closure)

    def zero_grad(self) -> None:
        self.optimizer.zero_grad()


class EvaluationStep:
    """The loss of a batch, without a graph.

    Args:  outputs, captured: as for TrainingStep.
    """

    def __init__(self, model: Any, loss: Any, ranks: Communicator, *, outputs: bool, captured: bool) -> None:
        self.model, self.loss, self.ranks, self.outputs = model, loss, ranks, outputs
        self.captured: Captured | None = capture(self._evaluate) if captured else None

    def __call__(self, inputs: Any, target: Any) -> tuple[float, Any]:
        """(the loss, the model's outputs or None)."""
        loss, output = (self.captured or self._evaluate)(inputs, target)
        return float(loss), output

    def _evaluate(self, inputs: Any, target: Any) -> tuple[Any, Any]:
        output = self.model(*inputs)
        no_rows = self.ranks.together and not count_rows(inputs[0])  # a rank may have no part of a batch
        return 0.0 if no_rows else self.loss(output, target), output if self.outputs else None
