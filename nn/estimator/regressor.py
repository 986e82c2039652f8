"""NetRegressor: a network that predicts numbers, with scikit-learn's interface."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils.validation import validate_data

from autograd.errors import ArgumentError, ShapeError
from nn import functional as F
from nn.estimator.net_estimator import NetEstimator

LOSSES = {"squared_error": F.mse_loss, "absolute_error": F.l1_loss, "huber": F.huber_loss}


class NetRegressor(RegressorMixin, NetEstimator):
    """A network that predicts one or several numbers, as a scikit-learn estimator.

    It learns best from data with mean 0 and variance 1: scale X by StandardScaler, and y by TransformedTargetRegressor.

    Args:      loss: None or "squared_error", "absolute_error", "huber"; or a function (outputs, targets), both
               (rows, numbers), -> values of that shape or one a row (or their mean, if no sample_weight is given).
               hidden_layer_sizes, module, activation, optimizer, lr, epochs, batch_size, weight_decay, clip_norm,
               early_stopping, validation_fraction, patience, warm_start, random_state, verbose, capture: see
               `NetClassifier`.
    State:     model_, optimizer_, history_, n_iter_, n_features_in_, n_outputs_.
    Example:
        >>> from sklearn.compose import TransformedTargetRegressor
        >>> from sklearn.datasets import load_diabetes
        >>> from sklearn.pipeline import make_pipeline
        >>> from sklearn.preprocessing import StandardScaler
        >>> from nn.estimator import NetRegressor
        >>> x, y = load_diabetes(return_X_y=True)
        >>> scaled = make_pipeline(StandardScaler(), NetRegressor((), random_state=0))
        >>> net = TransformedTargetRegressor(scaled, transformer=StandardScaler())
        >>> round(net.fit(x, y).score(x, y), 2)
        0.51
    """

    n_outputs_: int

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """One epoch over these rows."""
        return self._partial_fit(X, y, sample_weight, None)

    def predict(self, X: Any) -> np.ndarray:
        """The numbers of each row: (n_samples,), or (n_samples, n_outputs) if y had two axes."""
        output = self._forward(X)
        return output[:, 0] if self._flat else output

    def _validated(self, X: Any, y: Any, fresh: bool, classes: Any) -> tuple[Any, Any]:
        X, y = validate_data(self, X, y, reset=fresh, dtype=(np.float64, np.float32), multi_output=True, y_numeric=True)
        target = y.reshape(len(y), -1).astype(X.dtype, copy=False)
        if fresh:
            self._flat, self.n_outputs_ = y.ndim == 1, target.shape[1]
        elif target.shape[1] != self.n_outputs_:
            raise ShapeError(f"y must have {self.n_outputs_} numbers a row, as before; got {target.shape[1]}.")
        return X, target

    def _output_count(self) -> int:
        return self.n_outputs_

    def _losses(self, output: Any, target: Any) -> Any:
        if callable(self.loss):
            return self.loss(output, target)
        return self._named_loss()(output, target, reduction="none")

    def _mean_loss(self, output: Any, target: Any) -> Any:
        return super()._mean_loss(output, target) if callable(self.loss) else self._named_loss()(output, target)

    def _named_loss(self) -> Any:
        name = "squared_error" if self.loss is None else self.loss
        if name not in LOSSES:
            raise ArgumentError(f"loss must be one of {', '.join(LOSSES)}, or a function; got {self.loss!r}.")
        return LOSSES[name]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
