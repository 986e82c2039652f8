"""fit: the loop around forward, backward and step, with all that one needs around it to train for real."""

from __future__ import annotations

import inspect
import math
import os
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd import no_grad
from autograd.errors import ArgumentError
from autograd.random import generator
from nn.core.module import Module, check_size
from nn.data import DataLoader
from nn.training.checkpoint import Checkpoint
from nn.training.clip import clip_grad_norm_
from nn.training.history import History
from nn.training.nonfinite import explain, finite_gradients
from nn.training.progress import progress_of
from nn.training.resume import TrainingState, to_resume

Metrics = Mapping[str, Callable[[Any, Any], Any]]
EVALUATION_BATCH = 256  # at least so many rows at a time where no graph is kept


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
) -> History:
    """Train a model; returns what was recorded.

    A batch is a tuple: its last item is the target, the others are the model's inputs, and the step is on
    `loss(model(*inputs), target)`, which is to be a mean over the batch. The losses of an epoch are means over its rows.

    Args:      optimizer: over the model's parameters; one whose `step` needs a closure (LBFGS) gets one.
               train: arrays as a tuple, (x, y), which are shuffled into batches of `batch_size` every epoch; or any iterable
               of batches that can be gone through again, such as a `nn.data.DataLoader`.
               validation: the same, not shuffled; the model is then in eval mode, and nothing is recorded.
               epochs: how many at most, those of a resumed training counted.
               scheduler: its `step()` is called after every epoch, or `scheduler_every="batch"`; one whose step takes a
               metric (ReduceLROnPlateau) gets the monitored value.
               early_stopping: an `optim.EarlyStopping`: training ends when the monitored value has not improved for its
               patience; in the end, whatever ended it, the model gets the best weights if it has restore_best. It begins anew.
               monitor: a key of the history; None: the validation loss, or the training loss where there is no validation.
               metrics: name -> function(outputs, targets) of all rows of an epoch, as plain arrays; recorded for the
               training part (while it is trained on, in train mode) and for the validation part.
               clip_norm: the gradients' norm is cut to this (`nn.clip_grad_norm_`).
               callbacks: called after every epoch with (model, history); one that returns True ends the training.
               progress: a bar if tqdm is installed, else a line an epoch; text is its title; False: silence.
               checkpoint: a folder to save to after every epoch, or `nn.Checkpoint(folder, every=10)`.
               resume: True: go on from the checkpoint folder if there is something in it; or a folder to go on from. The
               continued training is the same, bit for bit, as one that was never stopped: weights, optimizer,
               scheduler, early stopping, history, and all generators (of the shuffles, of dropout).
               rng: where the shuffles come from; None means the package's generator (autograd.seed).
    Returns:   a History: a dict of lists, with plot(), frame(), best_epoch, and `stopped`, which says what ended it.
               Ctrl-C ends the training, too: the history of the whole epochs is returned, and the model has the weights of
               the best of them. Train or eval mode is put back as it was.
    Raises:    ArgumentError for an argument of the wrong kind, or an optimizer or scheduler that belongs to another model.
               AnomalyError for a loss or gradient of nan or inf: it names the operation, the module and the line, found by
               the same batch once more; the weights are those before that batch.
    Example:
        >>> import numpy as np, nn, optim
        >>> rng = np.random.default_rng(0)
        >>> x = rng.normal(size=(100, 2)).astype(np.float32)
        >>> y = (x[:, 0] * x[:, 1] > 0).astype(int)
        >>> model = nn.Sequential(nn.Linear(2, 16, rng=rng), nn.ReLU(), nn.Linear(16, 2, rng=rng))
        >>> history = nn.fit(
        ...     model, nn.CrossEntropyLoss(), optim.Adam(model.parameters(), lr=0.02), (x[:80], y[:80]), (x[80:], y[80:]),
        ...     epochs=30, metrics={"accuracy": lambda output, y: np.mean(output.argmax(axis=1) == y)}, progress=False, rng=rng,
        ... )  # fmt: skip
        >>> list(history)
        ['epoch', 'train_loss', 'train_accuracy', 'validation_loss', 'validation_accuracy', 'lr', 'seconds']
        >>> history["train_accuracy"][-1] > 0.9
        True
    """
    return _Training(
        model, loss, optimizer, train, validation, check_size("epochs", epochs), check_size("batch_size", batch_size),
        scheduler, scheduler_every, early_stopping, monitor, _named(metrics), clip_norm, _functions("callbacks", callbacks),
        progress, checkpoint, resume, generator(rng),
    ).run()  # fmt: skip


@dataclass
class _Training:
    """One call of fit: what it was given, and where it stands."""

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

    def __post_init__(self) -> None:
        self._check()
        self.train = _batches("train", self.train, self.batch_size, True, self.rng, self.epochs)
        if self.validation is not None:
            self.validation = _batches(
                "validation", self.validation, max(self.batch_size, EVALUATION_BATCH), False, self.rng, self.epochs
            )
        if self.scheduler_every not in ("epoch", "batch"):
            raise ArgumentError(f"scheduler_every must be 'epoch' or 'batch'; got {self.scheduler_every!r}.")
        self.every_batch = self.scheduler is not None and self.scheduler_every == "batch"
        self.plateau = self.scheduler is not None and _needs_argument(self.scheduler.step)
        if self.plateau and self.every_batch:
            raise ArgumentError(
                f"{type(self.scheduler).__name__} looks at a value of the epoch; it cannot go with scheduler_every='batch'."
            )
        if getattr(self.scheduler, "optimizer", self.optimizer) is not self.optimizer:
            raise ArgumentError(
                f"the scheduler, a {type(self.scheduler).__name__}, was made for another optimizer than the one given."
            )
        self.closure = getattr(self.optimizer, "needs_closure", False) or _needs_argument(self.optimizer.step)
        self.parameters = [p for group in self.optimizer.param_groups for p in group["params"]]
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
        if hasattr(self.early_stopping, "reset"):
            self.early_stopping.reset()
        self._resume()

    def _check(self) -> None:
        """Refuse now what would fail in the middle of an epoch, or train something else."""
        if not isinstance(self.model, Module):
            raise ArgumentError(f"fit takes a Module as model; got a {type(self.model).__name__}.")
        _functions("loss", [self.loss])
        for name, methods in [
            ("optimizer", ("step", "zero_grad", "param_groups")),
            ("scheduler", ("step",)),
            ("early_stopping", ("step",)),
        ]:
            given = getattr(self, name)
            if (given is not None or name == "optimizer") and not all(hasattr(given, method) for method in methods):
                example = {
                    "optimizer": "optim.Adam(model.parameters())",
                    "scheduler": "optim.lr_scheduler.StepLR(optimizer, 10)",
                }
                raise ArgumentError(
                    f"{name} must be an object such as {example.get(name, 'optim.EarlyStopping(patience=10)')}; got {given!r:.60}."
                )
        if self.clip_norm is not None and not (
            isinstance(self.clip_norm, (int, float, np.number)) and self.clip_norm >= 0
        ):
            raise ArgumentError(f"clip_norm must be a number >= 0, or None; got {self.clip_norm!r}.")
        trained = {id(p) for part in (self.model, self.loss) if isinstance(part, Module) for p in part.parameters()}
        if not any(id(p) in trained for group in self.optimizer.param_groups for p in group["params"]):
            raise ArgumentError(
                "the optimizer has none of the model's parameters, so nothing would be learned. Make it of this model: "
                f"{type(self.optimizer).__name__}(model.parameters(), …)."
            )

    def run(self) -> History:
        """Train to the end, whatever ends it."""
        modes = [(module, module.training) for module in self.model.modules()]
        done = self.history.epochs
        batches = len(self.train) if hasattr(self.train, "__len__") else None
        with ExitStack() as after:
            for module, training in modes:
                after.callback(setattr, module, "training", training)
            if self.history.stopped != "early stopping":
                bar = progress_of(self.progress, self.epochs, done, batches)
                after.callback(bar.close)
                try:
                    self._loop(done, bar)
                except KeyboardInterrupt:
                    self._interrupted()
            if getattr(self.early_stopping, "restore_best", False):
                self.early_stopping.restore(self.model)
        return self.history

    def _loop(self, done: int, bar: Any) -> None:
        self.history.stopped = ""
        for epoch in range(done + 1, self.epochs + 1):
            row = self._epoch(epoch, bar)
            self.history.append(row)
            bar.epoch(row)
            self._finish(epoch)
            if self.history.stopped:
                return
        self.history.stopped = "epochs"

    def _epoch(self, epoch: int, bar: Any) -> dict[str, Any]:
        began = time.perf_counter()
        self.model.train()
        kept: list[tuple[Any, Any]] = []
        total, rows = 0.0, 0
        for number, batch in enumerate(self.train, 1):
            inputs, target = _parts(batch)
            value = self._step(inputs, target, kept, f"epoch {epoch}, batch {number}")
            count = _rows(inputs[0])
            total, rows = total + value * count, rows + count
            if self.every_batch:
                self.scheduler.step()
            bar.batch(epoch, value)
        if not rows:
            raise ArgumentError(
                f"train gave no batch in epoch {epoch}. Give arrays with rows, or a DataLoader: a generator is used up once."
            )
        row = {"epoch": epoch, "train_loss": total / rows, **self._measured("train", kept)}
        if self.validation is not None:
            row.update(self._validate())
        row["lr"] = float(self.optimizer.param_groups[0]["lr"]) if "lr" in self.optimizer.param_groups[0] else math.nan
        row["seconds"] = time.perf_counter() - began
        return row

    def _step(self, inputs: Any, target: Any, kept: list[Any], place: str) -> float:
        """One update; the loss before it."""
        states = [(g, g.bit_generator.state) for g in self.state.of_a_step]
        outputs: list[Any] = []

        def forward_and_backward() -> Any:
            self.optimizer.zero_grad()
            output = self.model(*inputs)
            loss = self.loss(output, target)
            if not outputs and self.metrics:
                outputs.append(output)
            value = loss.item()
            if math.isfinite(value) or self.closure:  # a line search may look where the loss is infinite
                loss.backward()
            return loss

        def again() -> None:
            for g, state in states:
                g.bit_generator.state = state
            self.optimizer.zero_grad()
            self.loss(self.model(*inputs), target).backward()

        if self.closure:
            value = float(self.optimizer.step(lambda: self._clipped(forward_and_backward())))
            if not math.isfinite(value):
                raise explain(self.model, inputs, target, again, f"the loss is {value}", place)
        else:
            value = forward_and_backward().item()
            if not math.isfinite(value):
                raise explain(self.model, inputs, target, again, f"the loss is {value}", place)
            if not finite_gradients(self.parameters):
                raise explain(self.model, inputs, target, again, "a gradient is not finite", place)
            self._clipped(None)
            self.optimizer.step()
        if self.metrics:
            kept.append((_plain(outputs[0]), _plain(target)))
        return float(value)

    def _clipped(self, loss: Any) -> Any:
        if self.clip_norm is not None:
            clip_grad_norm_(self.parameters, self.clip_norm)
        return loss

    def _validate(self) -> dict[str, Any]:
        self.model.eval()
        kept: list[tuple[Any, Any]] = []
        total, rows = 0.0, 0
        with no_grad():
            for batch in self.validation:
                inputs, target = _parts(batch)
                output = self.model(*inputs)
                count = _rows(inputs[0])
                total, rows = total + float(self.loss(output, target)) * count, rows + count
                if self.metrics:
                    kept.append((_plain(output), _plain(target)))
        if not rows:
            raise ArgumentError(
                "validation gave no batch. Give arrays with rows, or a DataLoader: a generator is used up once."
            )
        return {"validation_loss": total / rows, **self._measured("validation", kept)}

    def _measured(self, part: str, kept: list[tuple[Any, Any]]) -> dict[str, float]:
        if not self.metrics:
            return {}
        outputs, targets = (np.concatenate(column) for column in zip(*kept, strict=True))
        return {f"{part}_{name}": float(metric(outputs, targets)) for name, metric in self.metrics.items()}

    def _finish(self, epoch: int) -> None:
        """What follows an epoch that is recorded."""
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
        if any(ended) and not self.history.stopped:
            self.history.stopped = "callback"
        if self.checkpoint is not None and (
            epoch % self.checkpoint.every == 0 or epoch == self.epochs or self.history.stopped
        ):
            history = {"history": dict(self.history), "stopped": self.history.stopped, "marked": self.history.marked}
            self.checkpoint.save(
                epoch, self.model, {**self.state.state_dict(), **history, "best_weights": self.best_weights}
            )

    def _interrupted(self) -> None:
        """After Ctrl-C: whole epochs in the history, and the best weights of them in the model."""
        whole = min(map(len, self.history.values()), default=0)
        for values in self.history.values():
            del values[whole:]
        self.history.stopped = "interrupted"
        if self.best_weights is not None:
            self.model.load_state_dict(self.best_weights)

    def _resume(self) -> None:
        folder = to_resume(self.resume, self.checkpoint)
        if folder is not None:
            saved = self.state.load(folder)
            self.history.update(saved["history"])
            self.history.stopped, self.history.marked, self.best_weights = (
                saved["stopped"],
                saved["marked"],
                saved["best_weights"],
            )
        later = [
            path
            for epoch, path in (self.checkpoint.saved() if self.checkpoint is not None else [])
            if epoch > self.history.epochs
        ]
        if later:
            raise ArgumentError(
                f"{str(later[-1])!r} is a checkpoint of another training. Go on with it by resume=True, or save to another folder."
            )


def _functions(name: str, given: Any) -> list[Any]:
    """The functions as a list; anything else is refused."""
    listed = list(given) if isinstance(given, Iterable) else [given]
    if not isinstance(given, Iterable) or not all(map(callable, listed)):
        raise ArgumentError(
            f"{name} must be {'a function' if name == 'loss' else 'a list of functions'}; got {listed!r:.60}."
        )
    return listed


def _named(metrics: Any) -> dict[str, Any]:
    """name -> function of (outputs, targets)."""
    if metrics is None:
        return {}
    if not isinstance(metrics, Mapping) or not all(map(callable, metrics.values())):
        raise ArgumentError(f"metrics must be a dict, name -> function(outputs, targets); got {metrics!r:.60}.")
    return dict(metrics)


def _batches(who: str, data: Any, batch_size: int, shuffle: bool, rng: np.random.Generator, epochs: int) -> Any:
    if isinstance(data, tuple):
        if len(data) < 2:
            raise ArgumentError(
                f"{who} is a tuple of arrays, inputs first and the target last; got {len(data)} of them."
            )
        return DataLoader(*data, batch_size=batch_size, shuffle=shuffle, rng=rng)
    if (
        not hasattr(data, "__iter__")
        or hasattr(data, "dtype")
        or (isinstance(data, list) and data and hasattr(data[0], "dtype"))
    ):
        raise ArgumentError(
            f"{who} must be a tuple of arrays, such as (x, y), or an iterable of batches; got a {type(data).__name__}."
        )
    if hasattr(data, "__next__") and epochs > 1:
        raise ArgumentError(
            f"{who} is an iterator, which can be gone through only once, not {epochs} times. Give a DataLoader, or a list."
        )
    return data


def _parts(batch: Any) -> tuple[tuple[Any, ...], Any]:
    """(inputs, target)"""
    if not isinstance(batch, (tuple, list)) or len(batch) < 2:
        raise ArgumentError(
            f"a batch must be a tuple, the inputs and then the target; got a {type(batch).__name__}. Give (x, y)."
        )
    return tuple(batch[:-1]), batch[-1]


def _rows(x: Any) -> int:
    shape = getattr(x, "shape", None)
    return int(shape[0]) if shape else len(x) if shape is None else 1


def _plain(x: Any) -> Any:
    return np.asarray(getattr(x, "_data", x))


def _needs_argument(step: Callable[..., Any]) -> bool:
    """Whether `step` cannot be called without one: a closure (LBFGS), or a metric (ReduceLROnPlateau)."""
    try:
        parameters = inspect.signature(step).parameters.values()
    except (TypeError, ValueError):
        return False
    return any(p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in parameters)
