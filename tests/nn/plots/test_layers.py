"""The contents of pictures of a model's layers: norms of gradients, histograms, dead rectifiers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nn
import optim
from autograd.errors import ArgumentError, ShapeError
from nn import plots
from tests.nn.plots.plotting import backward, labels, line, linear, net

pytestmark = pytest.mark.usefixtures("figures")


# gradient norms


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


def test_models_compare_over_their_layers_in_one_picture(rng: np.random.Generator) -> None:
    ax, last = None, []
    for name, activation in (("sigmoid", nn.Sigmoid), ("tanh", nn.Tanh)):
        model = net(linear(rng, 2, 3), activation(), linear(rng, 3, 1))
        norms = plots.GradientNorms(model)
        for size in (1.0, 2.0):  # two rows: the last is drawn
            model.zero_grad()
            model(np.full((4, 2), size, np.float32)).sum().backward()
            norms()
        last.append(norms.array()[-1])
        ax = norms.plot(ax, over="layers", label=name)
    assert ax is not None
    assert labels(ax) == ["sigmoid", "tanh"]
    for drawn, expected in zip(ax.get_lines(), last, strict=True):
        np.testing.assert_array_equal(drawn.get_ydata(), expected)
    first, second = ax.get_lines()
    assert first.get_color() != second.get_color()
    assert first.get_marker() != second.get_marker()
    with pytest.raises(ArgumentError, match=r"plot\(over='layers', label='tanh'\)"):
        norms.plot(label="tanh")


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


def test_activation_histograms_are_of_the_outputs_and_change_nothing(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
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


def test_batch_norm_is_seen_with_its_running_statistics(rng: np.random.Generator) -> None:
    model, x = net(nn.BatchNorm1d(2)), rng.normal(5.0, 3.0, size=(2000, 2)).astype(np.float32)
    assert float(plots.activation_histograms(model, x).texts[0].get_text().split(" ± ")[1]) == pytest.approx(3, abs=0.2)
    nn.update_batch_norm(model, [x])  # as the docstring says
    assert float(plots.activation_histograms(model, x).texts[0].get_text().split(" ± ")[1]) == 1


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
        assert ridge_names(plots.activation_histograms(Twice(), np.ones((2, 2)))) == [
            "first",
            "relu",
            "second",
            "relu #2",
        ]


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
    for given, axis, share in (
        (x, None, 2 / 3),
        (x[:, :, 0], None, 1.0),
        (x[:, :, 3], None, 4 / 5),
        (x[:, :, 3], 1, 2 / 3),
    ):
        with plots.DeadReLUs(model, axis=axis) as dead:
            model(given)
        assert dead.shares() == {"0": share}
    with plots.DeadReLUs(model, axis=4) as dead, pytest.raises(ArgumentError, match="no axis 4"):
        model(x)


def test_dead_rectifiers_through_fit(rng: np.random.Generator) -> None:
    model = half_dead()
    with plots.DeadReLUs(model) as dead:
        x, y = np.ones((8, 1), np.float32), np.ones((8, 4), np.float32)
        nn.fit(
            model,
            nn.MSELoss(),
            optim.SGD(model.parameters(), lr=0.1),
            (x, y),
            epochs=3,
            callbacks=[dead],
            progress=False,
            rng=rng,
        )
    assert dead.history == [{"1": 0.75}] * 3
    with pytest.raises(ArgumentError, match="nothing was counted"):
        plots.DeadReLUs(model).plot()
    with pytest.raises(ArgumentError, match=r"F\.relu leaves no module"):
        plots.DeadReLUs(nn.Tanh())
