"""NetEstimator, the base of the two estimators: it builds the network, trains it with `nn.fit`, and calls it."""

from __future__ import annotations

import copy
import inspect
import itertools
from collections.abc import Callable, Iterator
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.model_selection import train_test_split
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

import optim
from autograd import no_grad
from autograd.errors import ArgumentError
from autograd.random import generator
from nn.core.checks import check_size
from nn.core.containers import Sequential
from nn.core.module import Module
from nn.data import DataLoader
from nn.layers.activation.elu import ELU
from nn.layers.activation.gelu import GELU
from nn.layers.activation.relu import LeakyReLU, ReLU
from nn.layers.activation.sigmoid_tanh import Sigmoid, Tanh
from nn.layers.activation.silu_mish import SiLU
from nn.layers.activation.softplus import Softplus
from nn.layers.identity import Identity
from nn.layers.linear import Linear
from nn.training.loop import EVALUATION_BATCH, fit

ACTIVATIONS: dict[str, Callable[[], Module]] = {
    "relu": ReLU, "tanh": Tanh, "sigmoid": Sigmoid, "logistic": Sigmoid, "gelu": GELU, "silu": SiLU, "elu": ELU,
    "leaky_relu": LeakyReLU, "softplus": Softplus, "identity": Identity,
}  # fmt: skip
PREDICTION_BATCH = 4096


class NetEstimator(BaseEstimator):
    """The base of NetClassifier and NetRegressor, whose docstrings describe the parameters."""

    def __init__(
        self,
        hidden_layer_sizes: Any = (64,),
        *,
        module: Any = None,
        activation: Any = "relu",
        optimizer: Any = "adam",
        lr: float = 0.01,
        loss: Any = None,
        epochs: int = 100,
        batch_size: int = 200,
        weight_decay: float = 0.0,
        clip_norm: float | None = None,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        patience: int = 10,
        warm_start: bool = False,
        random_state: Any = None,
        verbose: bool = False,
        capture: bool = False,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.module = module
        self.activation = activation
        self.optimizer = optimizer
        self.lr = lr
        self.loss = loss
        self.epochs = epochs
        self.batch_size = batch_size
        self.weight_decay = weight_decay
        self.clip_norm = clip_norm
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose
        self.capture = capture

    n_iter_: int

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train on rows X (n_samples, n_features) and targets y; a new network, unless warm_start is set.

        Args:  sample_weight: how much each row counts, (n_samples,), >= 0; a row of weight 2 counts as two, one of
               weight 0 not at all.
        """
        fresh = not (self.warm_start and hasattr(self, "model_"))
        X, target = self._validated(X, y, fresh, None)
        return self._train(X, target, sample_weight, fresh, check_size("epochs", self.epochs), self.early_stopping)

    def _partial_fit(self, X: Any, y: Any, sample_weight: Any, classes: Any) -> Self:
        """One epoch over these rows, with the present network and optimizer if there are any."""
        fresh = not hasattr(self, "model_")
        X, target = self._validated(X, y, fresh, classes)
        return self._train(X, target, sample_weight, fresh, 1, False)

    def _train(self, X: Any, target: Any, sample_weight: Any, fresh: bool, epochs: int, early_stopping: bool) -> Self:
        weight = None
        if sample_weight is not None:
            weight = _check_sample_weight(sample_weight, X, dtype=X.dtype, ensure_non_negative=True)
            counts = weight > 0
            if not counts.any():
                raise ArgumentError("sample_weight is 0 for every row; at least one must count.")
            X, target, weight = X[counts], target[counts], weight[counts]
            weight = weight / weight.mean()  # of mean 1, so that weights do not change the effect of lr
        if fresh:
            self._rng = _as_generator(self.random_state)
            self.model_ = self._network(X.shape[1], X.dtype)
            self.optimizer_ = self._new_optimizer(self.model_.parameters())
            self.n_iter_ = 0
        dtype = next(self.model_.parameters()).dtype
        parts = [X.astype(dtype, copy=False), target, weight if weight is None else weight.astype(dtype, copy=False)]
        train, validation, stopping = parts, None, None
        if early_stopping:
            train, validation = self._split(parts)
            stopping = optim.EarlyStopping(patience=self.patience, restore_best=True)
        size = min(check_size("batch_size", self.batch_size), len(train[0]))
        self.history_ = fit(
            self.model_,
            self._mean_loss if weight is None else self._weighted_loss,
            self.optimizer_,
            _Batches(train, size, True, self._rng),
            None if validation is None else _Batches(validation, max(size, EVALUATION_BATCH), False, self._rng),
            epochs=epochs,
            early_stopping=stopping,
            clip_norm=self.clip_norm,
            progress=type(self).__name__ if self.verbose else False,
            rng=self._rng,
            capture=self.capture,
        )
        self.model_.eval()
        self.n_iter_ += self.history_.epochs
        return self

    def _split(self, parts: list[Any]) -> tuple[list[Any], list[Any]]:
        if not 0 < self.validation_fraction < 1:
            raise ArgumentError(f"validation_fraction must be between 0 and 1; got {self.validation_fraction!r}.")
        rows = np.arange(len(parts[0]))
        kept, held_out = train_test_split(
            rows,
            test_size=self.validation_fraction,
            stratify=self._strata(parts[1]),
            random_state=int(self._rng.integers(2**31)),
        )
        return [p if p is None else p[kept] for p in parts], [p if p is None else p[held_out] for p in parts]

    def _network(self, inputs: int, dtype: Any) -> Module:
        """The network that the estimator's parameters describe, in the data's dtype."""
        outputs = self._output_count()
        if isinstance(self.module, Module):
            return copy.deepcopy(self.module)  # scikit-learn: fit does not change a parameter of the estimator
        if self.module is not None:
            if not callable(self.module):
                raise ArgumentError(
                    "module must be a nn.Module, or a function (n_features, n_outputs, rng) -> one; "
                    f"got {self.module!r}."
                )
            made = self.module(inputs, outputs, self._rng)
            if not isinstance(made, Module):
                raise ArgumentError(
                    f"module(n_features, n_outputs, rng) must return a nn.Module; got a {type(made).__name__}."
                )
            return made.astype(dtype)
        activation = ACTIVATIONS.get(self.activation) if isinstance(self.activation, str) else self.activation
        if activation is None:
            raise ArgumentError(
                f"activation must be one of {', '.join(ACTIVATIONS)}, or make a module; got {self.activation!r}."
            )
        sizes = self.hidden_layer_sizes
        widths = [inputs, *([sizes] if isinstance(sizes, (int, np.integer)) else sizes)]
        layers: list[Module] = []
        for a, b in itertools.pairwise(widths):
            layers += [Linear(a, check_size("a size in hidden_layer_sizes", b), rng=self._rng), activation()]
        return Sequential(*layers, Linear(widths[-1], outputs, rng=self._rng)).astype(dtype)

    def _new_optimizer(self, parameters: Any) -> Any:
        made = self.optimizer
        if isinstance(made, str):
            named = {name.lower(): getattr(optim, name) for name in optim.__all__}
            kinds = {
                name: kind
                for name, kind in named.items()
                if isinstance(kind, type) and issubclass(kind, optim.Optimizer)
            }
            kinds.pop("optimizer")
            if made.lower() not in kinds:
                raise ArgumentError(
                    f"optimizer must be one of {', '.join(kinds)}, or a class or function; got {made!r}."
                )
            made = kinds[made.lower()]
        if not isinstance(made, type):
            return made(parameters)
        options = {"lr": self.lr, "weight_decay": self.weight_decay}
        known = inspect.signature(made).parameters
        if self.weight_decay and "weight_decay" not in known:
            raise ArgumentError(f"{made.__name__} has no weight_decay; set it to 0.")
        return made(parameters, **{name: value for name, value in options.items() if name in known})

    # Losses

    def _mean_loss(self, output: Any, target: Any) -> Any:
        return np.mean(self._losses(output, target))

    def _weighted_loss(self, output: Any, target: Any) -> Any:
        target, weight = target
        losses = self._losses(output, target)
        if losses.ndim == 0:
            raise ArgumentError(
                "sample_weight needs a loss that returns one value a row: give loss one with reduction='none'."
            )
        return np.mean(losses.reshape(len(weight), -1) * weight[:, None])

    # Prediction

    def _forward(self, X: Any) -> np.ndarray:
        check_is_fitted(self, "model_")
        X = validate_data(self, X, reset=False, dtype=(np.float64, np.float32))
        X = X.astype(next(self.model_.parameters()).dtype, copy=False)
        self.model_.eval()
        with no_grad():
            parts = [self.model_(X[i : i + PREDICTION_BATCH]).numpy() for i in range(0, len(X), PREDICTION_BATCH)]
        return np.concatenate(parts)

    # What a subclass defines

    def _validated(self, X: Any, y: Any, fresh: bool, classes: Any) -> tuple[Any, Any]:
        """X, and the targets in the form that the loss takes; sets the attributes that describe y."""
        raise AssertionError("a subclass validates its targets")

    def _output_count(self) -> int:
        """How many outputs the network needs."""
        raise AssertionError("a subclass knows how many outputs it needs")

    def _losses(self, output: Any, target: Any) -> Any:
        """The loss of each row."""
        raise AssertionError("a subclass has its loss")

    def _strata(self, target: Any) -> Any:
        """What the split into training and validation rows is stratified by, or None."""
        return None


class _Batches:
    """Batches (x, y), or (x, (y, weight)) if there are weights, from a DataLoader over the parts."""

    def __init__(self, parts: list[Any], batch_size: int, shuffle: bool, rng: np.random.Generator) -> None:
        self.weighted = parts[2] is not None
        columns = parts if self.weighted else parts[:2]
        self.loader = DataLoader(
            *columns, batch_size=batch_size, shuffle=shuffle and batch_size < len(parts[0]), rng=rng
        )

    def __len__(self) -> int:
        return len(self.loader)

    def __iter__(self) -> Iterator[Any]:
        return ((x, (y, w)) for x, y, w in self.loader) if self.weighted else iter(self.loader)


def _as_generator(random_state: Any) -> np.random.Generator:
    """scikit-learn's random_state as a Generator; None means the package's (autograd.seed), not NumPy's global one."""
    if random_state is None or isinstance(random_state, np.random.Generator):
        return generator(random_state)
    if isinstance(random_state, np.random.RandomState):
        return np.random.default_rng(random_state.randint(2**31, size=4))
    return np.random.default_rng(random_state)
