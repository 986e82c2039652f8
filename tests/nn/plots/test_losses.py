"""The contents of pictures of a loss: its surface, and the paths of optimizers on it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nn
import optim
from autograd.errors import ArgumentError, ShapeError
from nn import plots
from tests.nn.plots.plotting import bowl, labels, linear, net

pytestmark = pytest.mark.usefixtures("figures")


# the loss surface


def test_the_directions_have_the_filters_sizes(rng: np.random.Generator) -> None:
    model = net(nn.Conv2d(2, 3, 3, rng=rng), nn.BatchNorm2d(3), nn.Flatten(), linear(rng, 3, 2))
    own = {path: p.numpy() for path, p in model.named_parameters()}
    d = plots.filter_normalized(own, rng)
    assert list(d) == list(own)
    for path, theta in own.items():
        norms = np.sqrt((d[path].reshape(len(theta), -1) ** 2).sum(axis=1))
        wanted = np.sqrt((theta.reshape(len(theta), -1) ** 2).sum(axis=1)) if theta.ndim > 1 else np.zeros(len(theta))
        np.testing.assert_allclose(norms, wanted, rtol=1e-6)
    assert not np.allclose(d["3.weight"], plots.filter_normalized(own, rng)["3.weight"])


def test_the_surface_is_the_loss_at_the_moved_weights(rng: np.random.Generator) -> None:
    model = net(linear(rng, 3, 4), nn.Tanh(), nn.Dropout(0.5), linear(rng, 4, 1))
    x, y = rng.normal(size=(6, 3)).astype(np.float32), rng.normal(size=(6, 1)).astype(np.float32)
    state = model.state_dict()
    found = plots.loss_surface(model, nn.MSELoss(), (x, y), span=0.5, points=5, rng=np.random.default_rng(1))
    assert model.training
    assert all(np.array_equal(value, state[name]) for name, value in model.state_dict().items())
    same = plots.loss_surface(model, nn.MSELoss(), (x, y), span=0.5, points=5, rng=np.random.default_rng(1))
    np.testing.assert_array_equal(found.values, same.values)
    delta, eta = found.directions
    model.eval()
    for i, j in ((2, 2), (0, 3), (4, 1)):
        moved = {name: value + found.a[j] * delta[name] + found.b[i] * eta[name] for name, value in state.items()}
        model.load_state_dict(moved)
        np.testing.assert_allclose(found.values[i, j], nn.MSELoss()(model(x), y).item(), rtol=1e-5)


def test_the_contour_and_the_landscape_are_of_the_values() -> None:
    ax = bowl().contour(levels=9)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("along direction δ", "along direction η")
    levels = ax.collections[0].levels
    np.testing.assert_allclose(levels[1:] / levels[:-1], (5.01 / 0.01) ** (1 / 8))  # a large range: in the logarithm
    assert ax.figure.axes[1].get_ylabel() == "loss"
    levels = bowl().contour(levels=9, log=False).collections[0].levels
    np.testing.assert_allclose(np.diff(levels), 5 / 8)
    np.testing.assert_allclose(np.diff(bowl(scale=0.01).contour(levels=9).collections[0].levels), 0.05 / 8)
    ax = bowl().surface(log=False, ceiling=2.0)
    assert ax.name == "3d"
    assert ax.get_zlim()[1] == pytest.approx(2.0)
    assert ax.get_zlabel() == "loss"
    bowl().surface()


def test_losses_that_are_not_finite_or_all_the_same_can_be_drawn() -> None:
    a = np.linspace(-1, 1, 3)
    plots.LossSurface(a, a, np.array([[1.0, np.inf, 2.0], [np.nan, 1.0, 3.0], [1.0, 1.0, 1.0]]), ({}, {})).contour()
    flat = plots.LossSurface(a, a, np.ones((3, 3)), ({}, {}))
    flat.contour()
    flat.surface()
    with pytest.raises(ArgumentError, match="no loss on the grid is finite"):
        plots.LossSurface(a, a, np.full((3, 3), np.nan), ({}, {})).contour()
    with pytest.raises(ArgumentError, match="losses above 0"):
        plots.LossSurface(a, a, -np.ones((3, 3)), ({}, {})).surface(log=True)


def test_a_surface_in_given_directions(rng: np.random.Generator, figures: Any) -> None:
    model = nn.Linear(1, 1)
    model.load_state_dict({"weight": [[2.0]], "bias": [1.0]})
    data = (np.zeros((1, 1)), np.zeros((1, 1)))
    found = plots.loss_surface(model, nn.MSELoss(), data, points=3, directions=({"weight": [[1.0]]}, {"bias": [1.0]}))
    np.testing.assert_allclose(found.values, [[0, 0, 0], [1, 1, 1], [4, 4, 4]], atol=1e-12)
    with pytest.raises(ArgumentError, match="names 'wait'"):
        plots.loss_surface(model, nn.MSELoss(), data, directions=({"wait": 1}, {}))
    with pytest.raises(ShapeError, match=r"needs its shape \(1, 1\)"):
        plots.loss_surface(model, nn.MSELoss(), data, directions=({"weight": [1.0, 2.0]}, {}))
    for wrong in ({"points": 1}, {"span": 0}, {"span": "1"}):
        with pytest.raises(ArgumentError, match=r"points|span"):
            plots.loss_surface(model, nn.MSELoss(), data, **wrong)
    with pytest.raises(ArgumentError, match="data must be a tuple"):
        plots.loss_surface(model, nn.MSELoss(), data[0])
    with pytest.raises(ArgumentError, match="three dimensions"):
        bowl().surface(figures.subplots()[1])


# optimizers


@pytest.mark.parametrize("valley", [plots.rosenbrock, plots.beale, plots.ravine], ids=lambda v: v.name)
def test_the_valleys_are_lowest_where_they_say(valley: plots.Valley, rng: np.random.Generator) -> None:
    assert valley(*valley.minimum) == pytest.approx(0, abs=1e-12)
    left, right, bottom, top = valley.window
    assert (valley(rng.uniform(left, right, 2000), rng.uniform(bottom, top, 2000)) > 0).all()
    for x, y in (valley.minimum, valley.start):
        assert left < x < right
        assert bottom < y < top
    path = plots.descend(valley, lambda p: optim.LBFGS(p, line_search_fn="strong_wolfe"), steps=5)
    np.testing.assert_allclose(path[-1], valley.minimum, atol=1e-3)


def test_descend_takes_the_optimizers_steps() -> None:
    path = plots.descend(plots.ravine, lambda p: optim.SGD(p, lr=0.05), start=(1.0, 1.0), steps=3)
    np.testing.assert_allclose(path, [[0.95**t, 0.0 if t else 1.0] for t in range(4)], atol=1e-15)


def test_a_way_that_leaves_all_bounds_ends() -> None:
    path = plots.descend(plots.rosenbrock, lambda p: optim.SGD(p, lr=1.0), steps=50)
    assert len(path) < 10
    assert np.isfinite(path).all()
    plots.optimizer_paths(plots.rosenbrock, {"wild": path})


def test_optimizer_paths_are_lines() -> None:
    made = {"SGD": lambda p: optim.SGD(p, lr=0.05), "Adam": lambda p: optim.Adam(p, lr=0.1)}
    ax = plots.optimizer_paths(plots.ravine, made, steps=20, points=31)
    assert [text.split(":")[0] for text in labels(ax)] == ["SGD", "Adam"]
    assert "after 20" in labels(ax)[0]
    expected = plots.descend(plots.ravine, made["Adam"], steps=20)
    (adam,) = [x for x in ax.get_lines() if x.get_label().startswith("Adam")]
    np.testing.assert_array_equal(np.stack(adam.get_data(), axis=1), expected)
    assert ax.get_legend().get_title().get_text() == "ravine"
    ax = plots.optimizer_paths(lambda x, y: x * x + y * y, {"mine": [[1.0, 1.0], [0.5, 0.5]]}, points=11)
    left, right = ax.get_xlim()
    assert left < 0.5 < 1 < right


def test_the_animation_shows_the_way_so_far() -> None:
    made = {"SGD": lambda p: optim.SGD(p, lr=0.05)}
    animation = plots.animate_paths(plots.ravine, made, steps=10, frames=6, points=11)
    ax = animation._fig.axes[0]
    (way,) = [x for x in ax.get_lines() if x.get_label() == "SGD"]
    animation._func(4)
    np.testing.assert_array_equal(
        np.stack(way.get_data(), axis=1), plots.descend(plots.ravine, made["SGD"], steps=10)[:5]
    )
    assert ax.get_title() == "step 4"
    page = animation.to_jshtml()
    assert page.count("data:image/png;base64") == 6
    assert "https://" not in page  # a font of signs, in matplotlib's own
    assert "fa-" not in page
    assert "▶</button>" in page


def test_optimizer_paths_say_what_they_need() -> None:
    with pytest.raises(ArgumentError, match="a dict, a name"):
        plots.optimizer_paths(plots.ravine, [lambda p: optim.SGD(p, lr=0.1)])  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match=r"give start=\(x, y\)"):
        plots.descend(lambda x, y: x + y, lambda p: optim.SGD(p, lr=0.1))
    with pytest.raises(ArgumentError, match="got a list"):
        plots.descend(plots.ravine, lambda p: p)
    with pytest.raises(ArgumentError, match="start is two numbers"):
        plots.descend(plots.ravine, lambda p: optim.SGD(p, lr=0.1), start=1.0)


def test_the_map_of_an_animation_is_one_image() -> None:
    animation = plots.animate_paths(
        plots.ravine, {"SGD": lambda p: optim.SGD(p, lr=0.05)}, steps=3, frames=2, points=21
    )
    ax = animation._fig.axes[0]
    (image,) = ax.get_images()
    bands = image.get_array()
    assert not ax.collections
    assert bands.shape == (21, 21)
    assert (bands.min(), bands.max()) == (0, 22)
    assert bands[10, 14] == 0  # the minimum: x = 0 is two thirds of the way, y = 0 half of it
    assert tuple(image.get_extent()) == plots.ravine.window == (*ax.get_xlim(), *ax.get_ylim())
    animation.to_jshtml()
