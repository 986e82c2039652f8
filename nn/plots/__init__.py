"""Plots of a model and its training, in matplotlib: `pip install 'chainrule[train]'`.

Every function draws in the Axes it is given (`ax=`) or in those of a new figure, and returns them. None shows or saves
the figure: `ax.figure.savefig("plot.png")` does. matplotlib is imported by the first plot, not by `import nn`.
"""

from nn.plots.curves import learning_curves
from nn.plots.functions import activations, slopes
from nn.plots.gradient_norms import GradientNorms
from nn.plots.jacobians import jacobian
from nn.plots.layers import DeadReLUs, activation_histograms, ridges, weight_histograms
from nn.plots.metrics import confusion_matrix, roc_curve
from nn.plots.paths import Valley, animate_paths, beale, descend, optimizer_paths, ravine, rosenbrock
from nn.plots.regions import count_regions, decision_regions, kinks, linear_regions
from nn.plots.schedules import learning_rates
from nn.plots.style import set_style
from nn.plots.surface import LossSurface, filter_normalized, loss_surface

__all__ = [
    "activations", "slopes",
    "jacobian",
    "GradientNorms", "weight_histograms", "activation_histograms", "ridges", "DeadReLUs",
    "LossSurface", "loss_surface", "filter_normalized",
    "decision_regions", "linear_regions", "count_regions", "kinks",
    "Valley", "rosenbrock", "beale", "ravine", "descend", "optimizer_paths", "animate_paths",
    "learning_curves", "learning_rates", "confusion_matrix", "roc_curve",
    "set_style",
]  # fmt: skip
