"""What the plots hold: the numbers of their lines and images, their labels, and that they leave everything as it was."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nn
import optim
from autograd.errors import ArgumentError, ShapeError
from nn import functional as F
from nn import plots
from nn.plots.style import COLOURS

matplotlib = pytest.importorskip("matplotlib")


@pytest.fixture(autouse=True)
def figures(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    matplotlib.use("Agg")
    from matplotlib import pyplot

    monkeypatch.setattr(pyplot, "show", lambda *_, **__: pytest.fail("a plot was shown"))
    before = dict(matplotlib.rcParams)
    yield pyplot
    for number in pyplot.get_fignums():
        pyplot.figure(number).canvas.draw()  # what cannot be drawn fails here
    pyplot.close("all")
    assert dict(matplotlib.rcParams) == before


def labels(ax: Any) -> list[str]:
    return [text.get_text() for text in ax.get_legend().get_texts()]


def line(ax: Any, label: str) -> Any:
    (found,) = [x for x in ax.get_lines() if x.get_label() == label]
    return found


def net(*layers: nn.Module) -> nn.Sequential:
    return nn.Sequential(*layers)


def linear(rng: np.random.Generator, i: int, o: int) -> nn.Linear:
    return nn.Linear(i, o, rng=rng)


# activations


def test_activations_and_their_slopes() -> None:
    ax = plots.activations(F.sigmoid, nn.ReLU, nn.LeakyReLU(0.2), soft=F.softplus, points=41)
    assert labels(ax) == ["sigmoid", "ReLU", "LeakyReLU", "soft", "derivative"]
    x, y = line(ax, "sigmoid").get_data()
    np.testing.assert_allclose(y, 1 / (1 + np.exp(-x)), rtol=1e-12)
    np.testing.assert_allclose(line(ax, "sigmoid′").get_ydata(), y * (1 - y), rtol=1e-12)
    assert max(line(ax, "sigmoid′").get_ydata()) == 0.25
    slope = line(ax, "LeakyReLU′").get_ydata()
    assert slope[x < 0].tolist() == [0.2] * 20
    assert slope[x > 0][1:].tolist() == [1.0] * 19
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("x", "f(x), dashed f′(x)")
    assert "derivative" not in labels(plots.activations(np.tanh, derivative=False))


@pytest.mark.parametrize("points", [41, 801, 3001])
def test_a_jump_breaks_the_line_and_a_bend_does_not(points: int) -> None:
    ax = plots.activations(F.step, F.relu, F.hardshrink, F.tanh, F.gelu, steep=lambda x: F.tanh(30 * x), points=points)
    broken = {x.get_label(): int(np.isnan(np.asarray(x.get_ydata(), float)).sum()) for x in ax.get_lines() if "′" not in x.get_label()}
    assert broken.pop("step") == 1
    assert broken.pop("hardshrink") == 2
    if points == 41:
        broken.pop("steep")  # that a slope of 30 is none cannot be seen on so few points
    assert not any(broken.values()), broken
    assert np.isnan(line(ax, "relu′").get_ydata()).sum() == 1
    assert not np.isnan(line(ax, "gelu′").get_ydata()).any()


def test_every_activation_of_the_package_can_be_drawn() -> None:
    kinds = [
        nn.Step, nn.ReLU, nn.LeakyReLU, nn.PReLU, nn.RReLU, nn.ReLU6, nn.Hardtanh, nn.Hardsigmoid, nn.Hardswish,
        nn.Softshrink, nn.Hardshrink, nn.Sigmoid, nn.LogSigmoid, nn.Tanh, nn.Tanhshrink, nn.Softsign, nn.Softplus, nn.ELU,
        nn.CELU, nn.SELU, nn.GELU, nn.SiLU, nn.Mish,
    ]  # fmt: skip
    for kind in kinds:
        x, y, slope = plots.slopes(kind, np.linspace(-3, 3, 1001))
        inside = np.abs(np.diff(y)) < 0.1  # off the jumps
        np.testing.assert_allclose((np.diff(y) / np.diff(x))[inside], ((slope[1:] + slope[:-1]) / 2)[inside], atol=0.51)
        assert np.abs((np.diff(y) / np.diff(x))[inside] - ((slope[1:] + slope[:-1]) / 2)[inside]).mean() < 0.003, kind


def test_activations_refuse_what_is_none() -> None:
    with pytest.raises(ArgumentError, match="needs a function"):
        plots.activations()
    with pytest.raises(ArgumentError, match="same name"):
        plots.activations(F.elu, lambda x: x, lambda x: -x)
    with pytest.raises(ArgumentError, match="a number for each"):
        plots.activations(np.sum)
    with pytest.raises(ArgumentError, match="smaller to a larger"):
        plots.activations(F.relu, span=(1.0, -1.0))


def test_drawing_a_layer_does_not_touch_it() -> None:
    layer = nn.PReLU()
    plots.activations(layer)
    assert layer.training
    assert layer.weight.grad is None
    assert layer.weight.dtype == np.float32


# gradient norms


def backward(model: nn.Module, x: Any) -> None:
    model.zero_grad()
    (model(x) ** 2).mean().backward()


def expected_norms(model: nn.Module) -> list[float]:
    return [
        float(np.sqrt(sum((p.grad.numpy().astype(float) ** 2).sum() for p in m.parameters(recurse=False))))
        for m in model.modules() if list(m.parameters(recurse=False))
    ]  # fmt: skip


def test_gradient_norms_are_those_of_the_layers(rng: np.random.Generator) -> None:
    model = net(linear(rng, 3, 4), nn.Tanh(), linear(rng, 4, 5), nn.Tanh(), linear(rng, 5, 1))
    norms, per_element = plots.GradientNorms(model), plots.GradientNorms(model, rms=True)
    rows = []
    for _ in range(3):
        backward(model, rng.normal(size=(6, 3)).astype(np.float32))
        norms()
        per_element()
        rows.append(expected_norms(model))
    assert norms.layers == ["0", "2", "4"]
    np.testing.assert_allclose(norms.array(), rows, rtol=1e-6)
    np.testing.assert_allclose(per_element.array(), np.array(rows) / np.sqrt([16, 25, 6]), rtol=1e-6)
    ax = norms.plot(xlabel="batch")
    assert labels(ax) == ["0", "2", "4"]
    assert (ax.get_yscale(), ax.get_xlabel(), ax.get_ylabel()) == ("log", "batch", "norm of the gradient")
    np.testing.assert_allclose(line(ax, "2").get_ydata(), [row[1] for row in rows], rtol=1e-6)
    ax = norms.plot(over="layers")
    assert [text.get_text() for text in ax.get_xticklabels()] == ["0", "2", "4"]
    np.testing.assert_allclose(line(ax, "3").get_ydata(), rows[2], rtol=1e-6)


def test_gradient_norms_as_a_callback_and_as_a_context_of_fit(rng: np.random.Generator) -> None:
    model = net(linear(rng, 2, 3), nn.Tanh(), linear(rng, 3, 1))
    x, y = rng.normal(size=(20, 2)).astype(np.float32), np.ones((20, 1), np.float32)
    norms = plots.GradientNorms(model)
    options: dict[str, Any] = {"epochs": 2, "batch_size": 5, "progress": False, "rng": rng}
    nn.fit(model, nn.MSELoss(), optim.SGD(model.parameters(), lr=0.1), (x, y), callbacks=[norms], **options)
    assert norms.array().shape == (2, 2)
    np.testing.assert_allclose(norms.array()[-1], expected_norms(model), rtol=1e-6)
    with plots.GradientNorms(model) as every:
        nn.fit(model, nn.MSELoss(), optim.SGD(model.parameters(), lr=0.1), (x, y), **options)
    assert every.array().shape == (8, 2)  # a row a sweep
    np.testing.assert_allclose(every.array()[-1], expected_norms(model), rtol=1e-6)
    backward(model, x)
    assert len(every.rows) == 8  # outside of the block nothing is watched
    assert not any(p.hooks for p in model.parameters())


def test_a_layer_without_gradient_is_a_gap(rng: np.random.Generator) -> None:
    model = net(linear(rng, 2, 2), linear(rng, 2, 1))
    model[0].requires_grad_(False)
    with plots.GradientNorms(model) as norms:
        backward(model, np.ones((3, 2)))
    assert np.isnan(norms.array()[:, 0]).all()
    assert np.isfinite(norms.array()[:, 1]).all()
    model.zero_grad()
    norms()
    assert np.isnan(norms.array()[1]).all()
    norms.plot()


def test_shared_parameters_are_one_layer(rng: np.random.Generator) -> None:
    shared = linear(rng, 2, 2)
    assert plots.GradientNorms(net(shared, nn.Tanh(), shared, linear(rng, 2, 1))).layers == ["0", "3"]


def test_a_hundred_layers_have_a_scale_for_a_legend(rng: np.random.Generator) -> None:
    model = net(*[linear(rng, 2, 2) for _ in range(100)])
    norms = plots.GradientNorms(model)
    for _ in range(2):
        backward(model, np.ones((3, 2)))
        norms()
    ax = norms.plot()
    assert ax.get_legend() is None
    assert len(ax.get_lines()) == 100
    assert ax.figure.axes[1].get_ylabel() == "layer, counted from the input"
    assert len(norms.plot(over="layers").get_lines()) == 2


def test_gradient_norms_say_what_is_missing(rng: np.random.Generator) -> None:
    with pytest.raises(ArgumentError, match="no parameters"):
        plots.GradientNorms(nn.ReLU())
    norms = plots.GradientNorms(linear(rng, 2, 1))
    with pytest.raises(ArgumentError, match="after backward"):
        norms.plot()
    norms()
    with pytest.raises(ArgumentError, match="'time' or 'layers'"):
        norms.plot(over="depth")
    with pytest.raises(ArgumentError, match="got a list"):
        plots.GradientNorms([])  # type: ignore[arg-type]


# histograms


def ridge_names(ax: Any) -> list[str]:
    return [text.get_text() for text in ax.get_yticklabels()]


def test_weight_histograms(rng: np.random.Generator) -> None:
    model = net(linear(rng, 20, 30), nn.BatchNorm1d(30), linear(rng, 30, 5))
    ax = plots.weight_histograms(model, bins=10)
    assert ridge_names(ax) == ["0.weight", "1.weight", "2.weight"]
    assert ax.get_xlabel() == "weight"
    assert ridge_names(plots.weight_histograms(model, kind="")) == [name for name, _ in model.named_parameters()]
    assert [text.get_text() for text in ax.texts][1] == "1 ± 0"
    with pytest.raises(ArgumentError, match="no parameter named 'alpha'"):
        plots.weight_histograms(model, kind="alpha")


def test_the_heights_of_a_row_are_its_counts() -> None:
    values = np.repeat([0.0, 1.0, 2.0], [10, 40, 20])
    ax = plots.ridges({"a": values, "b": [5.0, np.nan, np.inf]}, bins=30)
    heights = np.unique(np.round([y for _, y in ax.collections[0].get_paths()[0].vertices], 9))
    np.testing.assert_allclose(heights, [0, 0.86 / 4, 0.86 / 2, 0.86])
    assert [text.get_text() for text in ax.texts] == ["1.1 ± 0.64, 14% zero", "5 ± 0, 2 not finite"]
    low, high = ax.get_xlim()
    assert low < 0
    assert high > 5


def test_activation_histograms_are_of_the_outputs_and_change_nothing(rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    model = net(linear(rng, 2, 4), nn.BatchNorm1d(4), nn.ReLU(), net(linear(rng, 4, 1)))
    model[1].eval()
    state = model.state_dict()
    x = rng.normal(size=(10, 2)).astype(np.float32)
    seen: dict[str, Any] = {}
    monkeypatch.setattr("nn.plots.layers.ridges", lambda values, **_: seen.update(values))
    plots.activation_histograms(model, x)
    assert list(seen) == ["0", "1", "2", "3.0"]
    np.testing.assert_array_equal(seen["2"], np.maximum(seen["1"], 0))
    model.eval()
    np.testing.assert_array_equal(seen["3.0"], model(x).numpy())
    seen.clear()
    plots.activation_histograms(model, x, kinds=nn.ReLU)
    assert list(seen) == ["2"]
    assert all(np.array_equal(value, state[name]) for name, value in model.state_dict().items())
    assert all(module._module_hooks is None for module in model.modules())


def test_the_mode_is_put_back_also_after_an_error(rng: np.random.Generator) -> None:
    model = net(linear(rng, 2, 4), nn.Dropout(0.5).eval())
    with pytest.raises(ShapeError):
        plots.activation_histograms(model, np.ones((3, 7)))
    assert [m.training for m in model.modules()] == [True, True, False]
    assert all(module._module_hooks is None for module in model.modules())


def test_a_module_that_is_called_twice_has_two_rows(rng: np.random.Generator) -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            self.first, self.second, self.relu = linear(rng, 2, 3), linear(rng, 3, 4), nn.ReLU()

        def forward(self, x: Any) -> Any:
            return self.relu(self.second(self.relu(self.first(x))))

    for _ in range(2):
        assert ridge_names(plots.activation_histograms(Twice(), np.ones((2, 2)))) == ["first", "relu", "second", "relu #2"]


def test_very_many_layers_are_thinned_out(rng: np.random.Generator) -> None:
    names = ridge_names(plots.weight_histograms(net(*[linear(rng, 2, 2) for _ in range(60)])))
    assert len(names) == 24
    assert (names[0], names[-1]) == ("0.weight", "59.weight")


# dead rectifiers


def half_dead() -> nn.Sequential:
    model = net(nn.Linear(1, 4), nn.ReLU())
    model.load_state_dict({"0.weight": np.ones((4, 1)), "0.bias": [0.0, -5.0, -50.0, -500.0]})
    return model


def test_a_unit_is_dead_if_no_row_of_any_batch_wakes_it() -> None:
    model = half_dead()
    with plots.DeadReLUs(model) as dead:
        model(np.array([[1.0], [2.0]]))
        assert dead.shares() == {"1": 0.75}
        model(np.array([[-1.0], [6.0]]))
        model(np.array([[-1.0]]))
        assert dead.masks()["1"].tolist() == [False, False, True, True]
        dead()
        assert dead.shares() == {}
        model(np.array([[100.0]]))
        dead()
    model(np.array([[1000.0]]))
    assert dead.history == [{"1": 0.5}, {"1": 0.25}]
    ax = dead.plot()
    assert line(ax, "1").get_ydata().tolist() == [0.5, 0.25]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("epoch", "dead rectifiers")


def test_without_windows_there_is_a_bar_a_layer() -> None:
    model = half_dead()
    with plots.DeadReLUs(model) as dead:
        model(np.array([[1.0]]))
    ax = dead.plot()
    assert [bar.get_height() for bar in ax.patches] == [0.75]
    assert [text.get_text() for text in ax.texts] == ["75%"]


def test_a_channel_lives_if_it_does_so_anywhere(rng: np.random.Generator) -> None:
    model = net(nn.ReLU())
    x = -np.ones((2, 3, 4, 5))
    x[1, 2, 3, 4] = 1
    for given, axis, share in ((x, None, 2 / 3), (x[:, :, 0], None, 1.0), (x[:, :, 3], None, 4 / 5), (x[:, :, 3], 1, 2 / 3)):
        with plots.DeadReLUs(model, axis=axis) as dead:
            model(given)
        assert dead.shares() == {"0": share}
    with plots.DeadReLUs(model, axis=4) as dead, pytest.raises(ArgumentError, match="no axis 4"):
        model(x)


def test_dead_rectifiers_through_fit(rng: np.random.Generator) -> None:
    model = half_dead()
    with plots.DeadReLUs(model) as dead:
        x, y = np.ones((8, 1), np.float32), np.ones((8, 4), np.float32)
        nn.fit(model, nn.MSELoss(), optim.SGD(model.parameters(), lr=0.1), (x, y), epochs=3, callbacks=[dead], progress=False, rng=rng)
    assert dead.history == [{"1": 0.75}] * 3
    with pytest.raises(ArgumentError, match="nothing was counted"):
        plots.DeadReLUs(model).plot()
    with pytest.raises(ArgumentError, match=r"F\.relu leaves no module"):
        plots.DeadReLUs(nn.Tanh())


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


def bowl(scale: float = 1.0) -> plots.LossSurface:
    a = np.linspace(-1, 1, 21)
    return plots.LossSurface(a, a.copy(), scale * (a[None, :] ** 2 + 4 * a[:, None] ** 2) + 0.01, ({}, {}))


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


# regions


def test_decision_regions_are_the_classes(rng: np.random.Generator) -> None:
    def model(x: Any) -> Any:
        return np.stack([x[:, 0], -x[:, 0], 0 * x[:, 1] - 0.5], axis=1)

    x = np.array([[-1.0, 0.0], [1.0, 1.0], [0.5, -1.0]])
    ax = plots.decision_regions(model, x, [1, 0, 0], window=(-1, 1, -1, 1), points=21)
    image = ax.images[0].get_array()
    assert image.shape == (21, 21, 4)
    colours = [matplotlib.colors.to_rgb(c) for c in ("#0072B2", "#D55E00")]
    np.testing.assert_allclose(image[10, 0, :3], colours[1])
    np.testing.assert_allclose(image[10, 20, :3], colours[0])
    assert image[10, 20, 3] > image[10, 12, 3]  # clearer farther from the border
    assert labels(ax) == ["0", "1", "2"]
    assert ax.collections[-3].get_offsets().tolist() == [[1, 1], [0.5, -1]]
    assert (ax.get_xlim(), ax.get_xlabel()) == ((-1, 1), "x₁")


@pytest.mark.parametrize("shape", [(-1,), (-1, 1)])
def test_one_score_is_compared_with_the_threshold(shape: tuple[int, ...]) -> None:
    for threshold, share in ((0.0, 0.5), (0.5, 0.25)):
        ax = plots.decision_regions(
            lambda x: x[:, 0].reshape(shape), window=(-1, 1, 0, 1), points=100, threshold=threshold, confidence=False
        )
        right = np.isclose(ax.images[0].get_array()[..., 0], matplotlib.colors.to_rgb("#D55E00")[0])
        assert right.mean() == pytest.approx(share, abs=0.01)


def test_regions_of_a_module_and_of_an_estimator(rng: np.random.Generator) -> None:
    model = net(linear(rng, 2, 8), nn.BatchNorm1d(8), nn.Dropout(0.5), linear(rng, 8, 3))
    state = model.state_dict()
    ax = plots.decision_regions(model, window=(-1, 1, -1, 1), points=31)
    assert ax.get_legend() is None
    assert all(np.array_equal(value, state[name]) for name, value in model.state_dict().items())
    assert model.training
    neighbors = pytest.importorskip("sklearn.neighbors")
    tree = neighbors.KNeighborsClassifier(1).fit([[0.0, 0.0], [1.0, 1.0]], ["no", "yes"])
    ax = plots.decision_regions(tree, [[0.0, 0.0], [1.0, 1.0]], ["no", "yes"], points=11)
    assert labels(ax) == ["no", "yes"]


def test_regions_refuse_what_they_cannot_draw() -> None:
    with pytest.raises(ShapeError, match=r"\(N, 2\); got \(3, 4\)"):
        plots.decision_regions(np.sum, np.ones((3, 4)))
    with pytest.raises(ArgumentError, match="the data or a window"):
        plots.decision_regions(np.sum)
    with pytest.raises(ArgumentError, match="growing order"):
        plots.decision_regions(np.sum, window=(1, -1, 0, 1))
    with pytest.raises(ShapeError, match="a score a row"):
        plots.decision_regions(lambda x: np.ones((3, 2)), window=(0, 1, 0, 1))
    with pytest.raises(ShapeError, match="each of the 2 rows"):
        plots.decision_regions(lambda x: x, np.ones((2, 2)), [0])
    with pytest.raises(ArgumentError, match="class 7"):
        plots.decision_regions(lambda x: x, np.ones((2, 2)), [0, 7])
    with pytest.raises(ArgumentError, match="without x"):
        plots.decision_regions(lambda x: x, y=[0], window=(0, 1, 0, 1))


def test_linear_regions_of_lines_in_general_position() -> None:
    """n lines cut the plane into 1 + n + n(n - 1)/2 regions."""
    model = net(nn.Linear(2, 3), nn.ReLU(inplace=True), nn.Linear(3, 1))
    model[0].load_state_dict({"weight": [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], "bias": [0.0, 0.0, -0.5]})
    ax = plots.linear_regions(model, points=101)
    assert ax.get_title() == "7 linear regions"
    assert labels(ax) == ["1"]
    assert model[1].inplace
    assert len(ax.collections) == 3
    heights = plots.kinks(model, np.array([[0.25, -1.0]]))
    np.testing.assert_allclose(heights["1"], [[0.25, -1.0, -1.25]])


def test_kinks_of_clipped_units() -> None:
    model = net(nn.ReLU6(), nn.Hardtanh(-1.0, 2.0))
    found = plots.kinks(model, np.array([[1.0, 8.0]]))
    np.testing.assert_allclose(found["0"], [[1, 8, -5, 2]])
    np.testing.assert_allclose(found["1"], [[2, 7, -1, 4]])
    with pytest.raises(ArgumentError, match="no rectifier inside"):
        plots.linear_regions(net(nn.Linear(2, 2), nn.Tanh()))


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
    np.testing.assert_array_equal(np.stack(way.get_data(), axis=1), plots.descend(plots.ravine, made["SGD"], steps=10)[:5])
    assert ax.get_title() == "step 4"
    page = animation.to_jshtml()
    assert page.count("data:image/png;base64") == 6


def test_optimizer_paths_say_what_they_need() -> None:
    with pytest.raises(ArgumentError, match="a dict, a name"):
        plots.optimizer_paths(plots.ravine, [lambda p: optim.SGD(p, lr=0.1)])  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match=r"give start=\(x, y\)"):
        plots.descend(lambda x, y: x + y, lambda p: optim.SGD(p, lr=0.1))
    with pytest.raises(ArgumentError, match="got a list"):
        plots.descend(plots.ravine, lambda p: p)
    with pytest.raises(ArgumentError, match="start is two numbers"):
        plots.descend(plots.ravine, lambda p: optim.SGD(p, lr=0.1), start=1.0)


# learning curves


def test_learning_curves_of_one_training() -> None:
    columns = {"train_loss": [3.0, 2.0, 1.0], "validation_loss": [3.0, 2.0, 2.5]}
    for history in (columns, nn.History({"epoch": [1, 2, 3], **columns})):
        ax = plots.learning_curves(history)
        assert labels(ax) == ["training", "validation", "best epoch: 2"]
        assert line(ax, "validation").get_ydata().tolist() == [3.0, 2.0, 2.5]
        assert line(ax, "training").get_xdata().tolist() == [1, 2, 3]
    assert plots.learning_curves({"loss": [1.0, 2.0]}, log=True).get_yscale() == "log"


def test_learning_curves_of_several() -> None:
    runs = {name: {"train_loss": [3.0, 2.0, last], "validation_loss": [3.0, 2.0, 2.5]} for name, last in (("small", 1.0), ("large", 0.5))}
    ax = plots.learning_curves(runs)
    assert labels(ax) == ["small", "large", "validation", "training"]
    assert line(ax, "large").get_ydata().tolist() == [3.0, 2.0, 2.5]
    assert [x.get_ydata().tolist() for x in ax.get_lines() if x.get_label() == "_"] == [[3.0, 2.0, 1.0], [3.0, 2.0, 0.5]]
    with pytest.raises(ArgumentError, match="'small' has no 'accuracy'"):
        plots.learning_curves(runs, "accuracy")
    with pytest.raises(ArgumentError, match="one value an epoch; got 2 of train_loss, 1 of lr"):
        plots.learning_curves({"train_loss": [1.0, 2.0], "lr": [0.1]})
    with pytest.raises(ArgumentError, match="takes a History"):
        plots.learning_curves({})


# metrics


def test_the_confusion_matrix_counts() -> None:
    pytest.importorskip("sklearn")
    target, scores = [0, 0, 1, 2], np.array([[2.0, 1, 0], [0, 1, 0], [0, 1, 0], [0, 1, 3]])
    ax = plots.confusion_matrix(target, scores)
    assert ax.images[0].get_array().tolist() == [[1, 1, 0], [0, 1, 0], [0, 0, 1]]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted class", "true class")
    ax = plots.confusion_matrix(target, scores.argmax(axis=1), classes=["cat", "dog", "hen"], normalize="true")
    assert [text.get_text() for text in ax.get_xticklabels()] == ["cat", "dog", "hen"]
    assert ax.texts[0].get_text() == "50%"
    with pytest.raises(ArgumentError, match="needs 3 names"):
        plots.confusion_matrix(target, scores, classes=["cat"])
    with pytest.raises(ArgumentError, match="normalize must be"):
        plots.confusion_matrix(target, scores, normalize="row")
    with pytest.raises(ShapeError, match="each of the 3 targets"):
        plots.confusion_matrix([0, 1, 2], scores)


def test_roc_curves_have_scikit_learns_areas(rng: np.random.Generator) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    y = rng.integers(0, 2, 80)
    score = y + rng.normal(size=80)
    ax = plots.roc_curve(y, score[:, None])
    assert labels(ax) == [f"area {metrics.roc_auc_score(y, score):.3f}", "by chance, area 0.5"]
    x_of, y_of = ax.get_lines()[0].get_data()
    assert np.trapezoid(y_of, x_of) == pytest.approx(metrics.roc_auc_score(y, score))
    y = rng.integers(0, 3, 90)
    logits = 3 * rng.normal(size=(90, 3)) + 2 * np.eye(3)[y]
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    areas = [f"{name}, area {metrics.roc_auc_score(y == i, shares[:, i]):.3f}" for i, name in enumerate("abc")]
    for scores in (logits, shares):
        assert labels(plots.roc_curve(y, scores, classes=list("abc")))[:3] == areas
    assert len(labels(plots.roc_curve(np.where(y == 2, 0, y), shares))) == 3  # no curve for a class without rows
    with pytest.raises(ArgumentError, match="rows of both classes"):
        plots.roc_curve([1, 1], [0.1, 0.2])
    with pytest.raises(ShapeError, match="each of the 90 targets"):
        plots.roc_curve(y, [0.1])


# all of them


def test_the_examples_of_the_page_run(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("sklearn")
    text = (Path(__file__).resolve().parent.parent / "docs" / "plots.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", text, re.M | re.S)
    assert len(blocks) > 6
    names: dict[str, Any] = {}
    for block in blocks:
        exec(compile(block, "docs/plots.md", "exec"), names)
    assert set(plots.__all__) - set(re.findall(r"\w+", text)) <= {"slopes", "filter_normalized", "LossSurface", "kinks", "Valley", "ravine"}


def test_the_pictures_of_the_page_are_there() -> None:
    docs = Path(__file__).resolve().parent.parent / "docs"
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
        "paths": lambda **k: plots.optimizer_paths(plots.ravine, {"SGD": lambda p: optim.SGD(p, lr=0.01)}, steps=3, points=11, **k),
        "curves": lambda **k: plots.learning_curves({"train_loss": [1.0, 2.0]}, **k),
        "runs": lambda **k: plots.learning_curves({"a": {"train_loss": [1.0, 2.0]}}, **k),
        "confusion": lambda **k: plots.confusion_matrix(y, y, **k),
        "roc": lambda **k: plots.roc_curve(y, y.astype(float), **k),
    }
    return found


@pytest.mark.parametrize("style", ["default", "dark_background"])
def test_each_draws_into_the_axes_it_is_given_and_returns_them(style: str, rng: np.random.Generator, figures: Any) -> None:
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


def test_set_style_gives_your_own_figures_our_colours(figures: Any) -> None:
    with matplotlib.rc_context():
        plots.set_style()
        figure, ax = figures.subplots()
        (first,), (second,) = ax.plot([0, 1], label="one"), ax.plot([1, 0], label="two")
        assert (first.get_color(), second.get_color()) == COLOURS[:2]
        assert ax.xaxis.label.get_size() == 12
        figure.canvas.draw()
        figures.close(figure)
