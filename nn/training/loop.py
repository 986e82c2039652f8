"""fit: the training loop, with validation, schedule, early stopping, checkpoints and what else belongs to it."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd import no_grad
from autograd.engine.recording import raw
from autograd.errors import ArgumentError
from autograd.options import check_flag
from autograd.random import generator
from nn.core.checks import check_size
from nn.core.modes import modes_kept
from nn.core.module import Module
from nn.parallel.randomness import draw_by_rank
from nn.training import together
from nn.training.blas_threads import one_thread, products_are_small
from nn.training.checkpoint import Checkpoint
from nn.training.fit_arguments import (
    batches_of,
    check_clip_norm,
    check_last_batch,
    check_trainers,
    count_rows,
    function_list,
    inputs_and_target,
    metric_dict,
    needs_argument,
)
from nn.training.history import History
from nn.training.progress import progress_of
from nn.training.resume import TrainingState, checkpoint_to_resume
from nn.training.steps import EvaluationStep, NotFiniteError, TrainingStep

Metrics = Mapping[str, Callable[[Any, Any], Any]]
EVALUATION_BATCH = 256  # the smallest batch of the validation part, where no graph is kept


def fit(
    model: Module,
    loss: Callable[[Any, Any], Any],
    optimizer: Any,
    train: tuple[Any, ...] | Iterable[Any],
    validation: tuple[Any, ...] | Iterable[Any] | None = None,
    *,
    epochs: int,
    batch_size: int = 32,
    scheduler: Any = None,
    scheduler_every: str = "epoch",
    early_stopping: Any = None,
    monitor: str | None = None,
    metrics: Metrics | None = None,
    clip_norm: float | None = None,
    callbacks: Iterable[Callable[[Module, History], Any]] = (),
    progress: bool | str = True,
    checkpoint: str | os.PathLike[str] | Checkpoint | None = None,
    resume: bool | str | os.PathLike[str] = False,
    rng: np.random.Generator | None = None,
    comm: Any = None,
    capture: bool = False,
) -> History:
    """Train a model; returns the history of the training.

    A batch is a tuple: its last item is the target, the others are the model's inputs. Each step lowers
    `loss(model(*inputs), target)`, which should be a mean over the batch. The losses of an epoch are means over its
    rows.

    Args:      optimizer: over the model's parameters; one whose `step` needs a closure (LBFGS) gets one.
               train: arrays as a tuple, (x, y), which are shuffled into batches of `batch_size` every epoch; or any
               iterable of batches that can be iterated over again, such as a `nn.data.DataLoader`.
               validation: the same, not shuffled; the model is evaluated on it in eval mode, without recording.
               epochs: how many at most, including those of a training that is resumed.
               scheduler: its `step()` is called after every epoch, or after every batch with `scheduler_every="batch"`;
               one whose step takes a metric (ReduceLROnPlateau) gets the monitored value.
               early_stopping: an `optim.EarlyStopping`: training ends when the monitored value has not improved for its
               patience. With restore_best the model has the best weights afterwards, whatever ended the training. It is
               reset first.
               monitor: a key of the history; None: the validation loss, or the training loss if there is no validation.
               metrics: name -> function(outputs, targets) of all rows of an epoch, as plain arrays; recorded for the
               training part (of the outputs during training, in train mode) and for the validation part.
               clip_norm: the largest norm of the gradients (`nn.clip_grad_norm_`).
               callbacks: called after every epoch with (model, history); one that returns True ends the training.
               progress: a bar in a terminal or notebook, if tqdm is installed; else, as in the log of a job, a line an
               epoch; text is its title; False: nothing.
               checkpoint: a folder to save to after every epoch, or `nn.Checkpoint(folder, every=10)`.
               resume: True: continue from the checkpoint folder if it has a checkpoint; or a folder to continue from.
               The continued training equals, bit for bit, one that was never stopped: weights, optimizer, scheduler,
               early stopping, history, and all generators (of the shuffles, of dropout).
               rng: the generator of the shuffles; None means the package's generator (autograd.seed).
               comm: the ranks of a parallel program, `nn.parallel.world()`; all call fit with the same arguments.
               `batch_size` is that of the whole batch, of which each rank computes a part: docs/parallel.md.
               capture: record the step and the evaluation of a batch once and replay them: the same history and
               weights to the bit, in less time where Python takes most of it: docs/capture.md.
    Returns:   a History: a dict of lists, with plot(), frame(), best_epoch, and `stopped`, which says what ended it.
               Ctrl-C also ends the training: the history of the complete epochs is returned, and the model has the
               weights of the best of them. Every module is set back to the mode, train or eval, that it was in.
    Raises:    ArgumentError for an argument of the wrong kind, or an optimizer or scheduler that belongs to another
               model. AnomalyError for a loss or gradient of nan or inf: the batch is computed once more, to name the
               operation, the module and the line; the weights are those before that batch.
    Example:
        >>> import numpy as np, nn, optim
        >>> rng = np.random.default_rng(0)
        >>> x = rng.normal(size=(100, 2)).astype(np.float32)
        >>> y = (x[:, 0] * x[:, 1] > 0).astype(int)
        >>> model = nn.Sequential(nn.Linear(2, 16, rng=rng), nn.ReLU(), nn.Linear(16, 2, rng=rng))
        >>> history = nn.fit(
        ...     model, nn.CrossEntropyLoss(), optim.Adam(model.parameters(), lr=0.02), (x[:80], y[:80]),
        ...     (x[80:], y[80:]), epochs=30, progress=False, rng=rng,
        ...     metrics={"accuracy": lambda output, y: np.mean(output.argmax(axis=1) == y)},
        ... )  # fmt: skip
        >>> list(history)
        ['epoch', 'train_loss', 'train_accuracy', 'validation_loss', 'validation_accuracy', 'lr', 'seconds']
        >>> history["train_accuracy"][-1] > 0.9
        True
    """
    capture = check_flag("capture", capture)
    return _Training(
        model, loss, optimizer, train, validation, check_size("epochs", epochs), check_size("batch_size", batch_size),
        scheduler, scheduler_every, early_stopping, monitor, metric_dict(metrics), clip_norm,
        function_list("callbacks", callbacks), progress, checkpoint, resume, generator(rng), comm,
        capture,
    ).run()  # fmt: skip


@dataclass
class _Training:
    """One call of fit: its arguments and its state."""

    model: Module
    loss: Any
    optimizer: Any
    train: Any
    validation: Any
    epochs: int
    batch_size: int
    scheduler: Any
    scheduler_every: str
    early_stopping: Any
    monitor: str | None
    metrics: dict[str, Any]
    clip_norm: float | None
    callbacks: list[Any]
    progress: bool | str
    checkpoint: Any
    resume: Any
    rng: np.random.Generator
    comm: Any
    capture: bool

    def __post_init__(self) -> None:
        check_trainers(self.model, self.loss, self.optimizer, self.scheduler, self.early_stopping)
        check_clip_norm(self.clip_norm)
        self.parameters = [p for group in self.optimizer.param_groups for p in group["params"]]
        self.called: Any  # what a step calls: the model, or a DataParallel around it
        self.called, self.ranks = together.parallel_model(self.model, self.comm, self.parameters)
        self.train = batches_of("train", self.train, self.batch_size, True, self.rng, self.epochs, self.ranks)
        if self.validation is not None:
            self.validation = batches_of(
                "validation", self.validation, max(self.batch_size, EVALUATION_BATCH), False, self.rng, self.epochs,
                self.ranks,
            )  # fmt: skip
        if self.scheduler_every not in ("epoch", "batch"):
            raise ArgumentError(f"scheduler_every must be 'epoch' or 'batch'; got {self.scheduler_every!r}.")
        self.every_batch = self.scheduler is not None and self.scheduler_every == "batch"
        self.plateau = self.scheduler is not None and needs_argument(self.scheduler.step)
        if self.plateau and self.every_batch:
            raise ArgumentError(
                f"{type(self.scheduler).__name__} looks at a value of the epoch; "
                "it cannot go with scheduler_every='batch'."
            )
        if getattr(self.scheduler, "optimizer", self.optimizer) is not self.optimizer:
            raise ArgumentError(
                f"the scheduler, a {type(self.scheduler).__name__}, was made for another optimizer than the one given."
            )
        self.step = TrainingStep(
            self.called, self.loss, self.optimizer, self.parameters, self.clip_norm, self.ranks,
            closure=getattr(self.optimizer, "needs_closure", False) or needs_argument(self.optimizer.step),
            outputs=bool(self.metrics), captured=self.capture,
        )  # fmt: skip
        self.evaluate = EvaluationStep(
            self.model, self.loss, self.ranks, outputs=bool(self.metrics), captured=self.capture
        )
        parts = ("train",) if self.validation is None else ("train", "validation")
        recorded = [f"{part}_{name}" for part in parts for name in ("loss", *self.metrics)]
        if self.monitor is not None and self.monitor not in recorded:
            raise ArgumentError(f"monitor must be one of {', '.join(recorded)}; got {self.monitor!r}.")
        self.history = History(monitor=self.monitor, mode=getattr(self.early_stopping, "mode", "min"))
        self.best_weights: dict[str, np.ndarray] | None = None  # for Ctrl-C; early stopping keeps its own
        if self.checkpoint is not None and not isinstance(self.checkpoint, Checkpoint):
            self.checkpoint = Checkpoint(self.checkpoint)
        others = {
            name: getattr(self, name)
            for name in ("optimizer", "scheduler", "early_stopping", "loss", "train", "validation")
        }
        self.state = TrainingState(self.model, others, self.rng)
        check_last_batch(self.model, self.train, self.state.forward_generators, self.ranks)
        self._resume()

    def run(self) -> History:
        """Train until all epochs are done or something ends it before."""
        done = self.history.epochs
        batches = len(self.train) if hasattr(self.train, "__len__") else None
        with ExitStack() as after:
            self.after, self.threads_are_set = after, False
            after.enter_context(modes_kept(self.model))
            if self.history.stopped != "early stopping":
                bar = progress_of(self.progress if self.ranks.is_main else False, self.epochs, done, batches)
                after.callback(bar.close)
                for captured in (self.step.captured, self.evaluate.captured):
                    if captured is not None:
                        captured.tell = bar.note
                after.enter_context(together.stopping_together(self.called, self.ranks))
                try:
                    self._train_epochs(done, bar)
                except KeyboardInterrupt:
                    self._end_interrupted()
            if getattr(self.early_stopping, "restore_best", False):
                self.early_stopping.restore(self.model)
        return self.history

    def _train_epochs(self, done: int, bar: Any) -> None:
        """All epochs after those that are done."""
        self.history.stopped = ""
        for epoch in range(done + 1, self.epochs + 1):
            row = self._epoch(epoch, bar)
            self.history.append(row)
            bar.epoch(row)
            self._after_epoch(epoch)
            if self.history.stopped:
                return
            if self.ranks.together and self.ranks.any(self.called.stop, "the end of an epoch"):
                raise KeyboardInterrupt
        self.history.stopped = "epochs"

    def _epoch(self, epoch: int, bar: Any) -> dict[str, Any]:
        """One pass over the training part; returns the epoch's row of the history."""
        began = time.perf_counter()
        self.model.train()
        draw_by_rank(self.state.forward_generators, self.ranks)
        kept: list[tuple[Any, Any]] = []
        total, rows = 0.0, 0
        for number, batch in enumerate(self.train, 1):
            inputs, target = inputs_and_target(batch)
            if not self.threads_are_set:
                self._set_threads(inputs)
            value = self._step(inputs, target, kept, f"epoch {epoch}, batch {number}")
            count = self.called.whole_rows if self.ranks.together else count_rows(inputs[0])
            total, rows = total + value * count, rows + count
            if self.every_batch:
                self.scheduler.step()
            bar.batch(epoch, value)
            if self.ranks.together and self.called.stopped:
                raise KeyboardInterrupt
        if not rows:
            raise ArgumentError(
                f"train gave no batch in epoch {epoch}. Give arrays with rows, or a DataLoader: "
                "a generator is used up once."
            )
        if self.ranks.together:
            self.called.broadcast_buffers()
        row = {"epoch": epoch, "train_loss": total / rows, **self._metric_values("train", kept)}
        if self.validation is not None:
            row.update(self._validate())
        row["lr"] = float(self.optimizer.param_groups[0]["lr"]) if "lr" in self.optimizer.param_groups[0] else math.nan
        row["seconds"] = time.perf_counter() - began
        return self.ranks.broadcast(row, f"the end of epoch {epoch}")

    def _set_threads(self, inputs: tuple[Any, ...]) -> None:
        """Limit BLAS to one thread until the end of the training, if all products are small: its threads would spin."""
        self.threads_are_set = True
        if products_are_small(self.model, inputs):
            self.after.enter_context(one_thread())

    def _step(self, inputs: Any, target: Any, kept: list[Any], place: str) -> float:
        """One update of the weights; returns the loss before it.

        Args:  kept: gets (output, target), if there are metrics.
               place: the epoch and batch, for an error.
        """
        states = [(g, g.bit_generator.state) for g in self.state.forward_generators]

        def again() -> None:
            for g, state in states:
                g.bit_generator.state = state
            self.optimizer.zero_grad()
            self.loss(self.model(*inputs), target).backward()

        try:
            value, output = self.step(inputs, target)
        except NotFiniteError as problem:
            head = f"{problem} in {place}. The weights are those before this batch.\n"
            together.raise_nonfinite(self.model, (inputs, target), again, head, self.ranks)
        if self.metrics:
            kept.append((np.asarray(raw(output)), np.asarray(raw(target))))
        return value

    def _validate(self) -> dict[str, Any]:
        """The loss and the metrics on the validation part."""
        self.model.eval()
        kept: list[tuple[Any, Any]] = []
        total, rows = 0.0, 0
        with no_grad():
            for batch in self.validation:
                inputs, target = inputs_and_target(batch)
                count = count_rows(inputs[0])
                loss, output = self.evaluate(inputs, target)
                total, rows = total + loss * count, rows + count
                if self.metrics:
                    kept.append((np.asarray(raw(output)), np.asarray(raw(target))))
        total, rows = together.mean_over_ranks(total, rows, self.ranks)
        if not rows:
            raise ArgumentError(
                "validation gave no batch. Give arrays with rows, or a DataLoader: a generator is used up once."
            )
        return {"validation_loss": total / rows, **self._metric_values("validation", kept)}

    def _metric_values(self, part: str, kept: list[tuple[Any, Any]]) -> dict[str, float]:
        """The metrics of a part, of the outputs and targets of all its batches."""
        if not self.metrics:
            return {}
        columns = together.joined(kept, self.ranks)  # of all ranks, on rank 0, which computes for all

        def values() -> dict[str, float]:
            assert columns is not None
            return {f"{part}_{name}": float(metric(*columns)) for name, metric in self.metrics.items()}

        return self.ranks.on_main(values, "the metrics")

    def _after_epoch(self, epoch: int) -> None:
        """Early stopping, the scheduler, the callbacks and the checkpoint, once an epoch is in the history."""
        value = self.history[self.history.monitor][-1]
        if self.early_stopping is None:
            if self.history.best_epoch == epoch:
                self.best_weights = self.model.state_dict()
        else:
            before = getattr(self.early_stopping, "best_epoch", None)
            if self.early_stopping.step(value, self.model):
                self.history.stopped = "early stopping"
            if getattr(self.early_stopping, "best_epoch", None) != before:
                self.history.marked = epoch
        if self.scheduler is not None and not self.every_batch:
            self.scheduler.step(*([value] if self.plateau else []))
        ended = [callback(self.model, self.history) is True for callback in self.callbacks]
        if self.ranks.any(any(ended), "the callbacks") and not self.history.stopped:
            self.history.stopped = "callback"
        if self.checkpoint is not None and (
            epoch % self.checkpoint.every == 0 or epoch == self.epochs or self.history.stopped
        ):
            self.ranks.on_main(lambda: self._save(epoch), "a checkpoint")

    def _save(self, epoch: int) -> None:
        history = {"history": dict(self.history), "stopped": self.history.stopped, "marked": self.history.marked}
        self.checkpoint.save(
            epoch, self.model, {**self.state.state_dict(), **history, "best_weights": self.best_weights}
        )

    def _end_interrupted(self) -> None:
        """After Ctrl-C: keep only complete epochs in the history, and load the weights of the best of them."""
        complete = min(map(len, self.history.values()), default=0)
        for values in self.history.values():
            del values[complete:]
        self.history.stopped = "interrupted"
        if self.best_weights is not None:
            self.model.load_state_dict(self.best_weights)

    def _resume(self) -> None:
        """Continue from a checkpoint, if that is asked for; refuse to save over the checkpoints of another training."""
        weights, saved = self.ranks.on_main(self._read, "the checkpoint to resume")
        if saved:
            self.state.load(weights, saved)
            self.history.update(saved["history"])
            self.history.stopped, self.history.marked = saved["stopped"], saved["marked"]
            self.best_weights = saved["best_weights"]
        if hasattr(self.early_stopping, "reset") and "early_stopping" not in saved.get("parts", ()):
            self.early_stopping.reset()

    def _read(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """(weights, everything else) of the checkpoint to continue from; empty if there is none."""
        folder = checkpoint_to_resume(self.resume, self.checkpoint)
        weights, saved = ({}, {}) if folder is None else self.state.read(folder)
        done = len(saved["history"]["epoch"]) if saved else 0
        present = self.checkpoint.saved() if self.checkpoint is not None else []
        later = [path for epoch, path in present if epoch > done]
        if later:
            raise ArgumentError(
                f"{str(later[-1])!r} is a checkpoint of another training. "
                "Go on with it by resume=True, or save to another folder."
            )
        return weights, saved
