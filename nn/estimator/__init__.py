"""Networks as scikit-learn estimators: `from nn.estimator import NetClassifier, NetRegressor`.

It is imported on its own: `import nn` loads neither this package nor scikit-learn. It builds on nn and on optim.
"""

try:
    import sklearn  # noqa: F401  to raise an error with a remedy where it is missing
except ImportError:
    raise ImportError("nn.estimator needs scikit-learn: pip install 'chainrule[train]'.") from None

from nn.estimator.classifier import NetClassifier
from nn.estimator.regressor import NetRegressor

__all__ = ["NetClassifier", "NetRegressor"]
