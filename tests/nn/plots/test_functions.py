"""The contents of pictures of functions: activations, Jacobians, regions of a plane."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd.errors import ArgumentError, ShapeError
from nn import functional as F
from nn import plots
from tests.nn.plots.plotting import labels, line, linear, net

matplotlib = pytest.importorskip("matplotlib")
pytestmark = pytest.mark.usefixtures("figures")


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
    broken = {
        x.get_label(): int(np.isnan(np.asarray(x.get_ydata(), float)).sum())
        for x in ax.get_lines()
        if "′" not in x.get_label()
    }
    assert broken.pop("step") == 1
    assert broken.pop("hardshrink") == 2
    assert not any(broken.values()), broken
    assert np.isnan(line(ax, "relu′").get_ydata()).sum() == 1
    assert not np.isnan(line(ax, "gelu′").get_ydata()).any()


@pytest.mark.parametrize("beta", [20.0, 300.0])
@pytest.mark.parametrize("points", [41, 801])
def test_a_steep_slope_is_no_jump(beta: float, points: int) -> None:
    ax = plots.activations(
        swish=lambda x: x * F.sigmoid(beta * x), step=lambda x: F.sigmoid(1e5 * (x - 0.123)), points=points
    )
    for label in ("swish", "swish′", "step", "step′"):
        assert not np.isnan(line(ax, label).get_ydata()).any(), label


def test_a_jump_on_a_slope_breaks_the_line_unless_it_is_tiny() -> None:
    """At points so far apart that the slope between them is larger than the jump."""
    ax = plots.activations(
        large=lambda x: 20 * x + F.step(x - 0.03) * 5, small=lambda x: x + 0.01 * F.step(x), points=21
    )
    x = line(ax, "large").get_xdata()
    assert x[np.isnan(line(ax, "large").get_ydata())].tolist() == [x[11]]
    assert not np.isnan(line(ax, "small").get_ydata()).any()
    offset = plots.activations(offset=lambda x: 1000 + F.step(x), points=21)
    assert np.isnan(line(offset, "offset").get_ydata()).sum() == 1


def test_a_function_that_is_not_finite_is_drawn() -> None:
    with np.errstate(all="ignore"):
        ax = plots.activations(log=np.log, pole=lambda x: 1 / (x - 0.001), nothing=lambda x: x * np.nan, points=41)
    assert np.isfinite(line(ax, "log").get_ydata()).sum() == 20  # of 41 points, those above 0
    assert np.isnan(line(ax, "pole").get_ydata()).sum() == 1


def test_every_activation_of_the_package_can_be_drawn() -> None:
    kinds = [
        nn.Step, nn.ReLU, nn.LeakyReLU, nn.PReLU, nn.RReLU, nn.ReLU6, nn.Hardtanh, nn.Hardsigmoid, nn.Hardswish,
        nn.Softshrink, nn.Hardshrink, nn.Sigmoid, nn.LogSigmoid, nn.Tanh, nn.Tanhshrink, nn.Softsign, nn.Softplus,
        nn.ELU, nn.CELU, nn.SELU, nn.GELU, nn.SiLU, nn.Mish,
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


# Jacobians


def test_a_jacobian_is_a_row_a_result_and_a_column_an_argument() -> None:
    J = np.array([[1.0, -2.0, 0.0], [0.5, np.nan, 4.0]])
    ax = plots.jacobian(J)
    np.testing.assert_array_equal(ax.images[0].get_array().filled(np.nan), J)
    assert ax.images[0].get_clim() == (-4.0, 4.0)  # 0 is white
    assert [text.get_text() for text in ax.texts] == ["1", "-2", "0", "0.5", "nan", "4"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("argument", "result")
    assert len(ax.figure.axes) == 2
    assert not plots.jacobian(J, numbers=False).texts
    assert len(plots.jacobian(np.eye(3), colorbar=False).figure.axes) == 1
    large = plots.jacobian(np.zeros((20, 2)))
    assert not large.texts
    assert large.images[0].get_clim() == (-1.0, 1.0)


def test_a_jacobian_of_matrices_is_laid_out_in_blocks(rng: np.random.Generator) -> None:
    B = rng.normal(size=(3, 2))
    J = autograd.jacobian(lambda A: A @ B)(rng.normal(size=(2, 3)))
    ax = plots.jacobian(J)
    np.testing.assert_allclose(ax.images[0].get_array(), np.kron(np.eye(2), B.T))
    assert [text.get_text() for text in ax.get_xticklabels()] == ["0,0", "0,1", "0,2", "1,0", "1,1", "1,2"]
    assert sorted(float(x.get_xdata()[0]) for x in ax.get_lines() if x.get_xdata()[0] == x.get_xdata()[1]) == [2.5]
    assert plots.jacobian(J, inputs=3).images[0].get_array().shape == (2, 12)
    assert plots.jacobian(np.ones((2, 3, 4))).images[0].get_array().shape == (6, 4)
    assert plots.jacobian(np.ones(4)).images[0].get_array().shape == (1, 4)  # of one number: a row


def test_a_jacobian_that_cannot_be_seen_is_refused() -> None:
    with pytest.raises(ShapeError, match=r"at most 400 rows and columns.*has 401 and 1"):
        plots.jacobian(np.ones((401, 1)))
    for nothing in (np.float64(1.0), np.ones((0, 3))):
        with pytest.raises(ShapeError, match="at least one axis and one element"):
            plots.jacobian(nothing)
    for wrong in (3, -1, 1.0, True):
        with pytest.raises(ArgumentError, match="from 0 to 2"):
            plots.jacobian(np.eye(2), inputs=wrong)


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


@pytest.mark.parametrize("classes", [1, 2, 3])
def test_the_border_lies_between_the_places_that_were_computed(classes: int) -> None:
    def model(x: Any) -> Any:
        s = x[:, 0] + 0.3 * x[:, 1] - 0.1
        return np.stack([-s, s, 0 * s - 9][:classes], axis=1) if classes > 1 else s

    ax = plots.decision_regions(model, np.array([[0.0, 0.0]]), [1], window=(-1, 1, -1, 1), points=8, size=77)
    border = np.concatenate([path.vertices for path in ax.collections[0].get_paths()])
    assert len(border) >= 8
    np.testing.assert_allclose(border[:, 0] + 0.3 * border[:, 1], 0.1, atol=1e-12)
    assert max(points.get_sizes().max() for points in ax.collections[-classes:] if len(points.get_sizes())) == 77


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


def test_the_regions_of_random_lines_are_those_of_the_cake(rng: np.random.Generator) -> None:
    """In a window in which all of them cross: no piece is too small to count."""
    for units in (1, 2, 3, 8, 40):
        model = net(linear(rng, 2, units), nn.ReLU(inplace=True), linear(rng, units, 1))
        assert plots.count_regions(model, window=(-1e5, 1e5, -1e5, 1e5)) == 1 + units + units * (units - 1) // 2
        assert model[1].inplace
        assert model[0].weight.dtype == np.float32
    x = rng.normal(size=(9, 2))
    assert plots.linear_regions(model, x, points=31).get_title() == f"{plots.count_regions(model, x)} linear regions"
    assert plots.count_regions(model, window=(50.0, 50.001, 50.0, 50.001)) == 1
    assert plots.linear_regions(model, window=(50.0, 50.001, 50.0, 50.001), points=3).get_title() == "1 linear region"


def test_lines_through_one_point_make_no_pieces_of_rounding_errors(rng: np.random.Generator) -> None:
    for units in (3, 5, 8):
        angle, centre = 0.123 + np.pi / units * np.arange(units), np.array([0.3, 0.2])
        weight = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        model = net(nn.Linear(2, units), nn.ReLU()).double()
        model[0].load_state_dict({"weight": weight, "bias": -weight @ centre})
        assert plots.count_regions(model) == 2 * units


def test_the_regions_of_two_layers_are_the_patterns_that_are_possible(rng: np.random.Generator) -> None:
    """The number of the 2^8 patterns of eight units that occur, found by linear programming."""
    linprog = pytest.importorskip("scipy.optimize").linprog
    model = net(
        nn.Linear(2, 4, rng=rng), nn.ReLU(), nn.Linear(4, 4, rng=rng), nn.ReLU(), nn.Linear(4, 1, rng=rng)
    ).double()
    model.load_state_dict({name: value + rng.normal(0, 0.7, value.shape) for name, value in model.state_dict().items()})
    W1, b1, W2, b2 = (p.numpy() for p in list(model.parameters())[:4])
    possible = 0
    for pattern in np.ndindex(*[2] * 8):
        signs, on = 2 * np.array(pattern) - 1, np.diag(pattern[:4])
        W, b = np.concatenate([W1, W2 @ on @ W1]), np.concatenate([b1, W2 @ on @ b1 + b2])
        # signs · (W x + b) >= t, with t as large as it can be
        found = linprog(
            [0, 0, -1],
            np.column_stack([-signs[:, None] * W, np.ones(8)]),
            signs * b,
            bounds=[(-3, 3), (-3, 3), (None, 1)],
        )
        possible += -found.fun > 1e-9
    assert plots.count_regions(model, window=(-3, 3, -3, 3)) == possible > 11  # more than the four lines make


def test_regions_of_one_input_are_pieces_of_a_line(rng: np.random.Generator) -> None:
    model = net(nn.Linear(1, 5), nn.ReLU())
    model.load_state_dict({"0.weight": np.ones((5, 1)), "0.bias": [0.0, -0.1, -0.2, -0.3, -7.0]})
    assert plots.count_regions(model, window=(-1, 1)) == 5
    assert plots.count_regions(model, window=(-1, 8)) == 6
    assert plots.count_regions(model, [[0.05], [0.25]]) == 3  # two kinks between them, none in the margin
    fold = net(nn.Linear(1, 2), nn.ReLU(), nn.Linear(2, 1))
    fold.load_state_dict(
        {"0.weight": [[1.0], [1.0]], "0.bias": [0.0, -0.5], "2.weight": [[2.0, -4.0]], "2.bias": [0.0]}
    )
    shared = net(fold, fold, fold, fold)  # a module that is called several times
    assert plots.count_regions(shared, window=(0, 1)) == 16


def test_regions_of_other_rectifiers(rng: np.random.Generator) -> None:
    assert plots.count_regions(net(nn.Hardtanh()), window=(-2, 2, -2, 2)) == 9
    assert plots.count_regions(net(nn.ReLU6(), nn.Hardtanh(-1.0, 2.0)), window=(-1, 9)) == 4  # at 0, 2 and 6
    for kind in (nn.LeakyReLU, nn.PReLU, nn.RReLU, lambda: nn.MinimalEffortReLU(1)):
        model = net(linear(rng, 2, 3), nn.BatchNorm1d(3), kind(), nn.Dropout(0.5), linear(rng, 3, 1), nn.Sigmoid())
        assert plots.count_regions(model, window=(-1e3, 1e3, -1e3, 1e3)) == 7
        assert model.training


def test_regions_that_are_not_linear_are_not_counted(rng: np.random.Generator) -> None:
    bends = (nn.Tanh(), nn.Lambda(F.relu), nn.LayerNorm(4), nn.Lambda(lambda x: 1 / (x - x)))
    for bend in bends:
        model = net(linear(rng, 2, 4), bend, linear(rng, 4, 4), nn.ReLU())
        for look in (plots.count_regions, plots.linear_regions):
            with pytest.raises(ArgumentError, match=r"what comes to 3 in Sequential bends"), np.errstate(all="ignore"):
                look(model)
    with pytest.raises(ArgumentError, match="no rectifier inside"):
        plots.count_regions(linear(rng, 2, 2))
    with pytest.raises(ArgumentError, match="got a function"):
        plots.count_regions(F.relu)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match=r"window is \(left, right\) for a model of one input"):
        plots.count_regions(net(nn.ReLU()), window=(1, 1))
    with pytest.raises(ShapeError, match=r"\(N, 2\); got \(5, 3\)"):
        plots.count_regions(net(nn.ReLU()), np.ones((5, 3)))


def test_kinks_of_clipped_units() -> None:
    model = net(nn.ReLU6(), nn.Hardtanh(-1.0, 2.0))
    found = plots.kinks(model, np.array([[1.0, 8.0]]))
    np.testing.assert_allclose(found["0"], [[1, 8, -5, 2]])
    np.testing.assert_allclose(found["1"], [[2, 7, -1, 4]])
    with pytest.raises(ArgumentError, match="no rectifier inside"):
        plots.linear_regions(net(nn.Linear(2, 2), nn.Tanh()))
