"""NetClassifier: a network that classifies, with scikit-learn's interface."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d, validate_data

from autograd.errors import ArgumentError
from nn import functional as F
from nn.estimator.net_estimator import NetEstimator


class NetClassifier(ClassifierMixin, NetEstimator):
    """A network that classifies, as a scikit-learn estimator for Pipeline, GridSearchCV, calibration and the rest.

    The network has one output for each class; `predict_proba` is their softmax.

    Args:      hidden_layer_sizes: the widths of the hidden layers, () for a linear model.
               module: instead of hidden layers: a function (n_features, n_outputs, rng) that returns a nn.Module, or a
               nn.Module, which is copied, weights and dtype included.
               activation: "relu", "tanh", "sigmoid", "gelu", "silu", "elu", "leaky_relu", "softplus", "identity", or a
               class or function that makes a module, such as nn.ReLU.
               optimizer: the name of a class of `optim` in any case ("adam", "sgd"), or a class, which gets lr and
               weight_decay; or a function that gets only the parameters:
               `lambda params: optim.SGD(params, lr=0.1, momentum=0.9)`.
               loss: None for cross-entropy, or a function (outputs, class numbers) -> one value a row (or their mean,
               if no sample_weight is given).
               epochs, batch_size: passes over the data, and rows a step (all of them, if there are fewer).
               clip_norm: the largest norm of the gradients.
               early_stopping: use validation_fraction of the rows for validation, stop when the loss there has not
               improved for `patience` epochs, and keep the best weights.
               warm_start: let fit continue with the present network and optimizer.
               random_state: a number, a RandomState or a Generator; None: the package's generator (autograd.seed).
               verbose: show a bar.
               capture: record the training step once and replay it (`nn.fit`): the same network, in less time.
    State:     model_, optimizer_, history_ (a nn.History of the last call), n_iter_ (epochs in all), classes_,
               n_features_in_.
    Numerics:  computes in the dtype of X, float32 or float64; data of any other dtype become float64.
    Example:
        >>> from sklearn.datasets import load_iris
        >>> from sklearn.model_selection import cross_val_score
        >>> from sklearn.pipeline import make_pipeline
        >>> from sklearn.preprocessing import StandardScaler
        >>> from nn.estimator import NetClassifier
        >>> net = make_pipeline(StandardScaler(), NetClassifier((16,), random_state=0))
        >>> bool(cross_val_score(net, *load_iris(return_X_y=True), cv=3).mean() > 0.94)
        True
    """

    classes_: Any

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """One epoch over these rows; the first call needs `classes`, all that will occur, unless y holds them all."""
        return self._partial_fit(X, y, sample_weight, classes)

    def predict(self, X: Any) -> np.ndarray:
        """The most probable class of each row."""
        chosen = np.argmax(self._forward(X), axis=1)
        return np.asarray(self.classes_[chosen])

    def predict_proba(self, X: Any) -> np.ndarray:
        """The probability of each class, (n_samples, n_classes), in the order of classes_."""
        return np.asarray(F.softmax(self._forward(X), dim=1))

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """The logarithms of the probabilities, exact also where a probability underflows to 0."""
        return np.asarray(F.log_softmax(self._forward(X), dim=1))

    def _validated(self, X: Any, y: Any, fresh: bool, classes: Any) -> tuple[Any, Any]:
        X, y = validate_data(self, X, y, reset=fresh, dtype=(np.float64, np.float32))
        check_classification_targets(y)
        y = column_or_1d(y, warn=True)
        known = np.unique(y if classes is None else classes) if fresh else self.classes_
        if not fresh and classes is not None and not np.array_equal(np.unique(classes), known):
            raise ArgumentError(f"classes must be the same in every call: {known}; got {np.unique(classes)}.")
        strange = np.setdiff1d(y, known)
        if len(strange):
            raise ArgumentError(f"y has classes that are not among those known, {known}: {strange}.")
        self.classes_ = known
        return X, np.searchsorted(known, y)

    def _output_count(self) -> int:
        return len(self.classes_)

    def _losses(self, output: Any, target: Any) -> Any:
        if self.loss is not None:
            if not callable(self.loss):
                raise ArgumentError(
                    f"loss must be None, for the cross-entropy, or a function(output, target); got {self.loss!r}."
                )
            return self.loss(output, target)
        return F.cross_entropy(output, target, reduction="none")

    def _mean_loss(self, output: Any, target: Any) -> Any:
        return F.cross_entropy(output, target) if self.loss is None else super()._mean_loss(output, target)

    def _strata(self, target: Any) -> Any:
        return target
