"""Activations: kinks, extremes, precision, errors, randomness. Their values and derivatives: tests/cases."""

from __future__ import annotations

import math
import pickle
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
import nn
import nn.functional as F
from autograd import Tensor
from autograd.engine.gradients import gradients
from autograd.errors import ArgumentError, DTypeError, ShapeError
from nn.layers.activation.relu import relu_op
from tests import ROOT

inf = math.inf
EXTREMES = [-inf, -1e4, 0.0, 1e4, inf]
ELEMENTWISE = [
    "step", "relu", "leaky_relu", "relu6", "hardtanh", "hardsigmoid", "hardswish", "softshrink", "hardshrink", "rrelu",
    "sigmoid", "logsigmoid", "tanh", "tanhshrink", "softsign", "softplus", "elu", "celu", "selu", "gelu", "silu",
    "mish",
]  # fmt: skip


def slopes(
    function: Callable[..., Any], points: Any, order: int = 1, dtype: Any = np.float64, recorded: bool = False
) -> Any:
    x = Tensor(np.array(points, dtype), requires_grad=True)
    y = function(x)
    for left in reversed(range(order)):  # the last sweep is a plain one: by the fused rules
        if not y.requires_grad:
            return [0.0] * x.size
        (y,) = gradients(y, [x], np.ones(y.shape, dtype), create_graph=recorded or left > 0)
    assert y.dtype == dtype
    return y.tolist()


# Kinks


KINKS: list[tuple[str, Callable[..., Any], list[float], list[float]]] = [
    ("step", F.step, [0.0], [0]),
    ("relu", F.relu, [0.0], [0]),
    ("leaky_relu", F.leaky_relu, [0.0], [0.01]),
    ("leaky_relu of slope 2", lambda x: F.leaky_relu(x, 2), [0.0], [2]),
    ("prelu", lambda x: F.prelu(x, np.array([0.25])), [0.0], [0.25]),
    ("rrelu", F.rrelu, [0.0], [(1 / 8 + 1 / 3) / 2]),
    ("relu6", F.relu6, [0.0, 6.0], [0, 0]),
    ("hardtanh", F.hardtanh, [-1.0, 1.0], [0, 0]),
    ("hardsigmoid", F.hardsigmoid, [-3.0, 3.0], [0, 0]),
    ("hardswish", F.hardswish, [-3.0, 3.0], [0, 1]),
    ("threshold", lambda x: F.threshold(x, 0.5, 2.0), [0.5], [0]),
    ("softshrink", F.softshrink, [-0.5, 0.5], [0, 0]),
    ("hardshrink", F.hardshrink, [-0.5, 0.5], [0, 0]),
    ("elu", lambda x: F.elu(x, 2.0), [0.0], [2]),
    ("celu", lambda x: F.celu(x, 2.0), [0.0], [1]),
    ("selu", F.selu, [0.0], [1.7580993408473766]),
    ("softsign", F.softsign, [0.0], [1]),
    ("softplus beyond its threshold", lambda x: F.softplus(x, 2, 3), [1.6, 30.0], [1, 1]),
    ("softplus beyond a threshold below 0", lambda x: F.softplus(x, 2, -3), [-1.4, -0.0, 1.0], [1, 1, 1]),
]


@pytest.mark.parametrize(("name", "function", "points", "expected"), KINKS, ids=[row[0] for row in KINKS])
def test_the_slope_at_a_kink(name: str, function: Any, points: list[float], expected: list[float]) -> None:
    for recorded in (False, True):
        np.testing.assert_allclose(slopes(function, points, recorded=recorded), expected, rtol=1e-12)


@pytest.mark.oracle
@pytest.mark.parametrize(
    "name",
    sorted(
        {row[0] for row in KINKS}
        - {"step", "leaky_relu of slope 2", "prelu", "threshold", "elu", "celu"}
        - {"softplus beyond its threshold", "softplus beyond a threshold below 0"}
    ),
)
def test_kinks_are_pytorchs(name: str) -> None:
    torch = pytest.importorskip("torch")
    points = next(row[2] for row in KINKS if row[0] == name)
    x = torch.tensor(points, dtype=torch.float64, requires_grad=True)
    getattr(torch.nn.functional, name)(x).sum().backward()
    np.testing.assert_allclose(slopes(getattr(F, name), points), x.grad.numpy(), rtol=1e-7)


def test_a_step_is_1_at_0_and_softplus_is_the_line_beyond_its_threshold() -> None:
    assert F.step([-0.0, 0.0, -1e-300]).tolist() == [1, 1, 0]
    assert F.softplus([1.6], 2, 3).tolist() == [1.6]
    assert F.softplus([-2.0, 1e308], 2, -100).tolist() == [-2.0, 1e308]  # 2e308 overflows


def test_a_tie_in_maxout_is_shared() -> None:
    assert slopes(lambda x: F.maxout(x, 3), [[1.0, 1.0, 0.0, 2.0, 5.0, 3.0]]) == [[0.5, 0.5, 0, 0, 1, 0]]
    assert slopes(lambda x: F.maxout(x, 200), [np.zeros(200)]) == [[1 / 200] * 200]


def test_a_step_shows_zero_gradients_below_it() -> None:
    layer = nn.Linear(3, 2)
    nn.Sequential(layer, nn.Step())(np.ones((4, 3))).sum().backward()
    assert layer.weight.grad.tolist() == np.zeros((2, 3)).tolist()


# Extremes


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_extremes_give_no_nan_and_no_warning(name: str, dtype: Any) -> None:
    x = np.array(EXTREMES, dtype)
    function = getattr(F, name)
    plain = function(x)
    assert plain.dtype == dtype
    assert not np.isnan(plain).any()
    first = slopes(function, x, dtype=dtype)
    assert np.isfinite(first).all()
    np.testing.assert_allclose(slopes(function, x, dtype=dtype, recorded=True), first, rtol=1e-3)
    np.testing.assert_array_equal(np.isnan(function(np.array([np.nan, 1.0], dtype))), [True, False])
    assert np.isfinite(slopes(function, x, 2, dtype)).all()


@pytest.mark.parametrize("approximate", ["none", "tanh"])
def test_gates_close_and_open(approximate: str) -> None:
    for function in (lambda x: F.gelu(x, approximate), F.silu, F.mish):
        assert function(np.array(EXTREMES)).tolist() == [0, 0, 0, 1e4, inf]
        assert slopes(function, EXTREMES)[:2] == [0, 0]
        assert slopes(function, EXTREMES)[3:] == [1, 1]


def test_values_at_the_extremes() -> None:
    x = np.array(EXTREMES)
    assert F.softsign(x)[[0, 4]].tolist() == [-1, 1]
    assert F.logsigmoid(x).tolist() == [-inf, -1e4, -math.log(2), 0, 0]
    assert F.softplus(x).tolist() == [0, 0, math.log(2), 1e4, inf]
    assert F.hardswish(x).tolist() == [0, 0, 0, 1e4, inf]
    assert F.elu(x).tolist() == [-1, -1, 0, 1e4, inf]
    assert F.threshold(x, 0.0, 2.0).tolist() == [2, 2, 2, 1e4, inf]
    assert F.leaky_relu(x, 0.0).tolist() == [0, 0, 0, 1e4, inf]


def test_softmax_of_infinities() -> None:
    x = np.array([[inf, 0.0, inf], [-inf, 0.0, -inf], [-inf, -inf, -inf], [1e4, -1e4, 1e4]])
    p = [[0.5, 0, 0.5], [0, 1, 0], [0, 0, 0], [0.5, 0, 0.5]]
    assert F.softmax(x).tolist() == p
    with np.errstate(divide="ignore"):
        np.testing.assert_array_equal(F.log_softmax(x)[:3], np.log(p)[:3])
    assert F.softmin(-x).tolist() == p
    assert np.isfinite(slopes(F.softmax, x)).all()
    assert np.isfinite(slopes(F.log_softmax, x)).all()
    assert np.isnan(F.softmax([np.nan, 1.0])).all()


# Precision


@pytest.mark.parametrize("name", ["softplus", "logsigmoid", "elu", "selu", "gelu", "silu", "mish"])
def test_single_precision_keeps_its_digits(name: str) -> None:
    """Beside the same in double: also in the tails, where 1 + e is 1 and exp(x) - 1 is nothing."""
    x = np.concatenate([np.linspace(-12, 12, 2001), [-1e-6, 1e-6, -1e-3]]).astype(np.float32)
    function = getattr(F, name)
    np.testing.assert_allclose(
        function(x), function(x.astype(np.float64)), rtol=1e-5 if name == "gelu" else 2e-6, atol=1e-30
    )
    np.testing.assert_allclose(
        slopes(function, x, dtype=np.float32), slopes(function, x.astype(np.float64)), rtol=2e-5, atol=3e-7
    )


def test_gelu_in_single_precision_has_scipys_distribution() -> None:
    from scipy.special import ndtr

    x = np.linspace(-9, 9, 20001).astype(np.float32)
    np.testing.assert_allclose(F.gelu(x), x * ndtr(x.astype(np.float64)), rtol=1e-5, atol=2e-7)
    assert np.abs(F.gelu(x) - x * ndtr(x.astype(np.float64)))[np.abs(x) < 1].max() < 1e-7


@pytest.mark.parametrize("name", [*ELEMENTWISE, "softmax", "log_softmax", "softmin"])
def test_lists_and_integers_are_taken(name: str) -> None:
    out = getattr(F, name)([-2, 0, 3])
    np.testing.assert_allclose(out, getattr(F, name)(np.array([-2.0, 0.0, 3.0])), rtol=1e-6)
    assert getattr(F, name)(Tensor([-2, 0, 3])).tolist() == out.tolist()


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_inputs_stay_as_they_are(name: str, rng: np.random.Generator) -> None:
    x = rng.normal(size=(100, 100))  # beyond the size at which the loops change
    before = x.copy()
    t = Tensor(x, requires_grad=True)
    g = np.ones_like(x)
    getattr(F, name)(t).backward(g)
    assert (x == before).all()
    assert (g == 1).all()
    np.testing.assert_allclose(getattr(F, name)(x)[0, :5], getattr(F, name)(x[0, :5]), rtol=1e-12)


# Randomness


def test_rrelu_draws_a_slope_for_each_element(rng: np.random.Generator) -> None:
    x = Tensor(-np.ones(20000), requires_grad=True)
    layer = nn.RReLU(0.1, 0.4, rng=rng)
    y = layer(x)
    drawn = -y.numpy()
    assert drawn.min() >= 0.1
    assert drawn.max() <= 0.4
    assert abs(drawn.mean() - 0.25) < 5 * 0.3 / math.sqrt(12 * 20000)
    assert abs(drawn.std() - 0.3 / math.sqrt(12)) < 0.002
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), drawn)  # the gradient has the same slopes
    assert (layer(x).numpy() != y.numpy()).any()
    layer.eval()
    np.testing.assert_allclose(layer(x).numpy(), -0.25, rtol=1e-12)


def test_rrelu_follows_the_generator() -> None:
    x = -np.ones(5)
    assert (
        F.rrelu(x, training=True, rng=np.random.default_rng(1))
        == F.rrelu(x, training=True, rng=np.random.default_rng(1))
    ).all()
    autograd.seed(5)
    first = F.rrelu(x, training=True)
    autograd.seed(5)
    assert (F.rrelu(x, training=True) == first).all()
    autograd.seed(None)


# Layers


def test_prelu_starts_at_a_quarter_and_learns() -> None:
    layer = nn.PReLU(2)
    assert layer.state_dict().keys() == {"weight"}
    assert layer.weight.tolist() == [0.25, 0.25]
    layer(np.array([[-1.0, 2.0], [-3.0, -5.0]])).sum().backward()
    assert layer.weight.grad.tolist() == [-4, -5]


def test_softmax_without_dim_is_that_of_rows_and_asks_beyond() -> None:
    x = np.array([[0.0, 1.0], [3.0, 3.0]])
    assert (nn.Softmax()(x) == F.softmax(x, -1)).all()
    with pytest.raises(ArgumentError, match=r"\(1, 2, 2\) needs the axis: dim=-1"):
        nn.Softmax()(x[None])


def test_softmax_converts_first() -> None:
    out = F.softmax(np.array([1.0, 2.0], np.float16), dtype=np.float64)
    np.testing.assert_allclose(out, F.softmax(np.array([1.0, 2.0])), rtol=1e-15)


def test_maxout_is_a_learned_convex_function(rng: np.random.Generator) -> None:
    """|x| is the larger of x and -x."""
    layer = nn.Linear(1, 2, bias=False)
    layer.load_state_dict({"weight": np.array([[1.0], [-1.0]])})
    net = nn.Sequential(layer, nn.Maxout(2))
    x = rng.normal(size=(10, 1)).astype(np.float32)
    np.testing.assert_array_equal(net(x).numpy(), np.abs(x))


REPRS = [
    (nn.LeakyReLU(), "LeakyReLU(negative_slope=0.01)"),
    (nn.Hardtanh(), "Hardtanh(min_val=-1.0, max_val=1.0)"),
    (nn.ReLU6(), "ReLU6()"),
    (nn.Threshold(1, 2), "Threshold(threshold=1, value=2)"),
    (nn.Softshrink(), "Softshrink(0.5)"),
    (nn.PReLU(), "PReLU(num_parameters=1)"),
    (nn.Softplus(), "Softplus(beta=1.0, threshold=20.0)"),
    (nn.GELU("tanh"), "GELU(approximate='tanh')"),
    (nn.Softmax(), "Softmax(dim=None)"),
    (nn.GLU(), "GLU(dim=-1)"),
    (nn.Maxout(3), "Maxout(k=3, dim=-1)"),
]


@pytest.mark.parametrize(("layer", "text"), REPRS)
def test_repr(layer: nn.Module, text: str) -> None:
    assert repr(layer) == text


# Errors


def test_wrong_options_are_refused_with_their_value() -> None:
    for make, message in [
        (lambda: nn.RReLU(0.5, 0.1), "lower <= upper; got lower=0.5, upper=0.1"),
        (lambda: F.rrelu([1.0], 0.5, 0.1), "lower <= upper"),
        (lambda: nn.Hardtanh(1, 1), "min_val < max_val; got min_val=1, max_val=1"),
        (lambda: F.hardtanh([1.0], 2, 1), "min_val <= max_val; got min_val=2"),
        (lambda: nn.Softshrink(-1), "Softshrink expects lambd >= 0; got -1"),
        (lambda: F.hardshrink([1.0], -1), "hardshrink expects lambd >= 0; got -1"),
        (lambda: nn.Softplus(0), "beta"),
        (lambda: F.softplus([1.0], 0), "beta"),
        (lambda: nn.ELU(inf), "alpha to be a finite number; got inf"),
        (lambda: F.elu([1.0], inf), "alpha to be a finite number; got inf"),
        (lambda: nn.CELU(0), "CELU divides by alpha, which must not be 0"),
        (lambda: F.celu([1.0], 0), "celu divides by alpha"),
        (lambda: nn.GELU("erf"), "'none' or 'tanh'; got 'erf'"),
        (lambda: F.gelu([1.0], "erf"), "'none' or 'tanh'; got 'erf'"),
        (lambda: F.threshold([1.0], inf, 0), "finite"),
        (lambda: nn.PReLU(0), "num_parameters must be a positive integer; got 0"),
        (lambda: nn.Maxout(0), "k must be a positive integer; got 0"),
        (lambda: F.maxout([1.0], 0), "k >= 1"),
    ]:
        with pytest.raises(ArgumentError, match=message):
            make()


def test_wrong_shapes_are_refused() -> None:
    x = np.ones((2, 3))
    with pytest.raises(ShapeError, match=r"prelu with 4 weights expects input of shape \(N, 4, \*\); got \(2, 3\)"):
        nn.PReLU(4)(x)
    with pytest.raises(ShapeError, match=r"weight of shape \(C,\)"):
        F.prelu(x, np.ones((3, 1)))
    with pytest.raises(ShapeError, match="even; got an input of shape"):
        nn.GLU()(x)
    with pytest.raises(ShapeError, match="a multiple of k=2; got an input of shape"):
        nn.Maxout(2)(x)
    with pytest.raises(ShapeError, match=r"dim=2 needs an input with that axis; got shape \(2, 3\)"):
        nn.Softmax(2)(x)
    with pytest.raises(ShapeError, match=r"Softmax2d expects input of shape"):
        nn.Softmax2d()(x)
    with pytest.raises(DTypeError, match="floating"):
        nn.PReLU()(np.array([1, 2]))


def test_a_layers_primitive_is_unpickled_where_only_autograd_is_imported() -> None:
    code = "import pickle, sys, autograd; print(pickle.load(sys.stdin.buffer))"
    run = subprocess.run([sys.executable, "-c", code], input=pickle.dumps(relu_op), capture_output=True, cwd=ROOT)
    assert run.stdout.decode().strip() == "<primitive relu>", run.stderr.decode()
