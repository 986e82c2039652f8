"""What holds for all plots: Axes, style, that they change nothing; and the documentation page about them."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nn
import optim
from autograd.errors import ArgumentError
from nn import functional as F
from nn import plots
from nn.plots.style import COLOURS
from tests import ROOT
from tests.nn.plots.plotting import backward, bowl, linear, net, schedule

matplotlib = pytest.importorskip("matplotlib")
pytestmark = pytest.mark.usefixtures("figures")


def test_the_page_names_every_function() -> None:
    text = (ROOT / "docs" / "plots.md").read_text(encoding="utf-8")
    assert set(plots.__all__) - set(re.findall(r"\w+", text)) <= {
        "slopes",
        "filter_normalized",
        "LossSurface",
        "kinks",
        "Valley",
        "ravine",
    }


def test_the_pictures_of_the_page_are_there() -> None:
    docs = ROOT / "docs"
    pictures = re.findall(r"\]\((gallery/.*?)\)", (docs / "plots.md").read_text(encoding="utf-8"))
    assert len(pictures) > 12
    assert not [name for name in pictures if not (docs / name).is_file()]


def drawings(rng: np.random.Generator) -> dict[str, Any]:
    model, x, y = net(linear(rng, 2, 4), nn.ReLU(), linear(rng, 4, 2)), rng.normal(size=(20, 2)), np.arange(20) % 2
    backward(model, x)
    norms = plots.GradientNorms(model)
    norms()
    with plots.DeadReLUs(model) as dead:
        model(x)
    found: dict[str, Any] = {
        "activations": lambda **k: plots.activations(F.relu, **k),
        "gradient norms": norms.plot,
        "weights": lambda **k: plots.weight_histograms(model, **k),
        "outputs": lambda **k: plots.activation_histograms(model, x, **k),
        "dead": dead.plot,
        "contour": bowl().contour,
        "decisions": lambda **k: plots.decision_regions(model, x, y, points=21, **k),
        "regions": lambda **k: plots.linear_regions(model, x, points=21, **k),
        "paths": lambda **k: plots.optimizer_paths(
            plots.ravine, {"SGD": lambda p: optim.SGD(p, lr=0.01)}, steps=3, points=11, **k
        ),
        "curves": lambda **k: plots.learning_curves({"train_loss": [1.0, 2.0]}, **k),
        "runs": lambda **k: plots.learning_curves({"a": {"train_loss": [1.0, 2.0]}}, **k),
        "schedules": lambda **k: plots.learning_rates(schedule(step_size=3), **k),
        "jacobian": lambda **k: plots.jacobian(np.eye(3), **k),
        "confusion": lambda **k: plots.confusion_matrix(y, y, **k),
        "roc": lambda **k: plots.roc_curve(y, y.astype(float), **k),
    }
    return found


@pytest.mark.parametrize("style", ["default", "dark_background"])
def test_each_draws_into_the_axes_it_is_given_and_returns_them(
    style: str, rng: np.random.Generator, figures: Any
) -> None:
    pytest.importorskip("sklearn")
    with figures.style.context(style):
        for name, draw in drawings(rng).items():
            figure, ax = figures.subplots()
            assert draw(ax=ax) is ax, name
            assert figures.get_fignums() == [figure.number], name
            assert ax.get_xlabel(), name
            assert ax.get_ylabel() or name in ("weights", "outputs"), name
            figure.canvas.draw()
            figures.close(figure)
            with pytest.raises((ArgumentError, AttributeError)):
                draw(ax=np.empty(2))


def test_without_matplotlib_the_extra_is_named(rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    made = drawings(rng)
    for name in ("matplotlib", "matplotlib.pyplot", "matplotlib.ticker", "matplotlib.colors"):
        monkeypatch.setitem(sys.modules, name, None)
    for name, draw in made.items():
        with pytest.raises(ImportError, match=r"pip install 'chainrule\[train\]'"):
            draw()
        assert name


def test_nobody_here_imports_an_optimizer_or_matplotlib_at_the_top() -> None:
    for path in Path(plots.__file__).parent.glob("*.py"):
        top = [row for row in path.read_text(encoding="utf-8").splitlines() if row.startswith(("import ", "from "))]
        assert not [row for row in top if row.split()[1].split(".")[0] in ("matplotlib", "sklearn", "optim")], path


def test_what_jupyter_switches_on_at_the_first_figure_stays_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its backend becomes interactive when a figure is first made; if that is undone, no figure is shown."""
    from matplotlib import pyplot

    subplots, size = pyplot.subplots, matplotlib.rcParams["font.size"]

    def first(**options: Any) -> Any:
        pyplot.ion()
        assert matplotlib.rcParams["font.size"] == 12.0
        return subplots(**options)

    monkeypatch.setattr(pyplot, "subplots", first)
    try:
        plots.activations(np.tanh)
        assert matplotlib.is_interactive()
        assert matplotlib.rcParams["font.size"] == size == 10.0
    finally:
        pyplot.ioff()


def test_set_style_gives_your_own_figures_our_colours(figures: Any) -> None:
    with matplotlib.rc_context():
        plots.set_style()
        figure, ax = figures.subplots()
        (first,), (second,) = ax.plot([0, 1], label="one"), ax.plot([1, 0], label="two")
        assert (first.get_color(), second.get_color()) == COLOURS[:2]
        assert ax.xaxis.label.get_size() == 12
        figure.canvas.draw()
        figures.close(figure)
