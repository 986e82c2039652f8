"""The learning rates that a scheduler will set, drawn before training."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from autograd.errors import ArgumentError
from nn.plots.style import canvas, check_points, colour, dash, grid, legend, needs, plain_name


def learning_rates(schedulers: Any, *, steps: int = 100, group: int = 0, ax: Any = None) -> Any:
    """Draw the learning rates that schedulers will set, step by step; the schedulers do not change.

    Args:      schedulers: a scheduler, or a dict of name -> scheduler. Each is copied with its optimizer, and the copy
               takes the steps from its present state. That is impossible for one that needs a metric
               (ReduceLROnPlateau); `learning_curves(history, "lr")` draws what it did.
               steps: how many times `step` is called: epochs, or batches for a scheduler that steps after each batch.
               group: the number of the optimizer's parameter group whose rate is drawn.
    Returns:   the Axes: a line for each scheduler, with steps + 1 points.
    Example:
        >>> import nn, optim
        >>> optimizer = optim.SGD([nn.Parameter([1.0])], lr=0.5)
        >>> halved = optim.lr_scheduler.StepLR(optimizer, step_size=30, gamma=0.5)
        >>> ax = nn.plots.learning_rates(halved, steps=90)
        >>> ax.get_lines()[0].get_ydata()[[0, 29, 30, 60, 90]].tolist()
        [0.5, 0.5, 0.25, 0.125, 0.0625]
    """
    steps = check_points("steps", steps, 1)
    named = schedulers if isinstance(schedulers, Mapping) else {plain_name(schedulers): schedulers}
    if not named:
        raise ArgumentError(
            "learning_rates takes a scheduler, or a dict of them: {'cosine': CosineAnnealingLR(optimizer, T_max=100)}."
        )
    rates = {name: _future_rates(name, scheduler, steps, group) for name, scheduler in named.items()}
    with canvas(ax) as ax:
        for i, (name, values) in enumerate(rates.items()):
            ax.plot(range(steps + 1), values, color=colour(i), linestyle=dash(i), label=name, drawstyle="steps-post")
        ax.set(xlabel="step of the schedule", ylabel="learning rate")
        ax.xaxis.set_major_locator(needs("matplotlib.ticker").MaxNLocator(integer=True))
        grid(ax)
        legend(ax)
    return ax


def _future_rates(name: str, scheduler: Any, steps: int, group: int) -> list[float]:
    """The present rate and those after each step, taken by a copy."""
    if not hasattr(scheduler, "get_last_lr") or not hasattr(scheduler, "optimizer"):
        raise ArgumentError(f"learning_rates draws learning rate schedulers; {name!r} is a {type(scheduler).__name__}.")
    if hasattr(scheduler, "num_bad_epochs"):
        raise ArgumentError(
            f"{name!r} is a {type(scheduler).__name__}, which waits for a metric: "
            "what it will do is not known before the training. Draw what it did: learning_curves(history, 'lr')."
        )
    twin = copy.deepcopy(scheduler)
    groups = twin.optimizer.param_groups
    if isinstance(group, bool) or not isinstance(group, int) or not 0 <= group < len(groups):
        raise ArgumentError(
            f"group must be the number of one of the optimizer's {len(groups)} groups, from 0; got {group!r}."
        )
    for each in groups:
        for p in each["params"]:
            p.grad = None  # without gradients the copy's optimizer steps change no weight
    rates = [float(groups[group]["lr"])]
    for _ in range(steps):
        twin.optimizer.step()
        twin.step()
        rates.append(float(groups[group]["lr"]))
    return rates
