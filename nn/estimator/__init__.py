"""Networks as scikit-learn estimators: `from nn.estimator import NetClassifier, NetRegressor`.

A module that is imported by itself: `import nn` does not load scikit-learn.
"""

try:
    import sklearn  # noqa: F401  to say what to do where it is missing
except ImportError:
    raise ImportError("nn.estimator needs scikit-learn: pip install 'chainrule[train]'.") from None

from nn.estimator.classifier import NetClassifier
from nn.estimator.regressor import NetRegressor

__all__ = ["NetClassifier", "NetRegressor"]
