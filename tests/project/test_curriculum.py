"""One short test for each row of the course's table that names a layer, an activation, a loss or an initialisation.

The numbers are those of the rows. What another file tests in detail is listed in ELSEWHERE and not repeated here.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import autograd
import nn
import nn.functional as F
import optim
from autograd import Tensor
from tests import ROOT

ELSEWHERE = {
    8: [
        "nn/layers/test_recurrent.py::test_an_lstm_learns_the_parity_of_a_sequence_of_bits",
        "nn/layers/test_recurrent.py::test_an_open_update_gate_of_a_gru_keeps_the_state",
        "nn/layers/test_attention.py::test_formula",
        "nn/layers/test_attention.py::test_an_encoder_learns",
    ],
    9: [
        "autograd/ops/test_special_values.py::test_ties_of_many_share_equally",
        "nn/layers/test_activation.py::test_the_slope_at_a_kink",
    ],
    18: [
        "nn/layers/test_penalty.py::test_ridge_regression_reaches_its_closed_form",
        "nn/layers/test_penalty.py::test_the_lasso_makes_a_useless_weight_nearly_zero",
    ],
    19: ["nn/layers/test_dropout.py::test_the_slides_form_has_the_same_expectation"],
    20: [
        "nn/layers/test_minimal_effort.py::test_gradients_are_those_of_the_masked_cotangent",
        "nn/layers/test_minimal_effort.py::test_simplify_cuts_rows_and_columns_and_leaves_the_original",
    ],
    24: [
        "nn/training/test_clip.py::test_the_norm_is_that_of_one_long_vector",
        "nn/training/test_clip.py::test_values_are_clipped",
    ],
    25: ["nn/layers/test_normalization.py::test_update_batch_norm_is_exact_whatever_the_batches"],
    29: [
        "nn/parallel/test_data_parallel.py::test_ranks_equal_one_process",
        "nn/parallel/test_examples.py::test_the_digits_on_two_ranks",
    ],
    26: ["nn/layers/test_residual.py::test_a_hundred_layers_train_with_the_sum_and_not_without_it"],
}


@pytest.mark.parametrize("row", ELSEWHERE)
def test_what_is_tested_elsewhere_is_there(row: int) -> None:
    for place in ELSEWHERE[row]:
        file, test = place.split("::")
        assert f"def {test}(" in (ROOT / "tests" / file).read_text(encoding="utf-8"), place


def gradient(function: Any, x: Any) -> np.ndarray:
    leaf = Tensor(x, requires_grad=True)
    function(leaf).sum().backward()
    return leaf.grad.numpy()


def train(net: nn.Module, loss: Any, x: np.ndarray, y: np.ndarray, steps: int, **options: Any) -> None:
    sgd = optim.SGD(net.parameters(), **options)
    for _ in range(steps):
        net.zero_grad()
        loss(net(x), y).backward()
        sgd.step()


def test_2_the_delta_rule_layer_by_layer(rng: np.random.Generator) -> None:
    """dJ/dW = δ xᵀ with δ = Wᵀδ' ∘ g'(s), from the last layer back."""
    layers = [nn.Linear(n, m, dtype=np.float64, rng=rng) for n, m in ((3, 5), (5, 4), (4, 2))]
    x, y = rng.normal(size=3), rng.normal(size=2)
    values = [x]
    for layer in layers:
        values.append(np.tanh(layer.weight.numpy() @ values[-1] + layer.bias.numpy()))
    h: Any = x
    for layer in layers:
        h = np.tanh(layer(h))
    F.half_mse_loss(h, y, reduction="sum").backward()
    delta = (values[-1] - y) * (1 - values[-1] ** 2)
    for layer, before in zip(reversed(layers), reversed(values[:-1]), strict=True):
        np.testing.assert_allclose(layer.weight.grad.numpy(), np.outer(delta, before), rtol=1e-12)
        np.testing.assert_allclose(layer.bias.grad.numpy(), delta, rtol=1e-12)
        delta = layer.weight.numpy().T @ delta * (1 - before**2)


def test_3_the_output_layers_gradients(rng: np.random.Generator) -> None:
    s, y = rng.normal(size=5), rng.normal(size=5)
    h = np.tanh(s)
    np.testing.assert_allclose(
        gradient(lambda s: F.half_mse_loss(np.tanh(s), y, reduction="sum"), s), (1 - h**2) * (h - y), rtol=1e-12
    )
    bits = np.array([0, 1, 1, 0, 1])
    assert np.array_equal(
        gradient(lambda s: F.binary_cross_entropy_with_logits(s, bits, reduction="sum"), s), F.sigmoid(s) - bits
    )
    p = F.softmax(s)
    np.testing.assert_allclose(
        gradient(lambda s: F.cross_entropy(s[None], np.array([2])), s), p - np.eye(5)[2], rtol=1e-12, atol=1e-16
    )
    np.testing.assert_allclose(autograd.jacobian(F.softmax)(s), np.diag(p) - np.outer(p, p), atol=1e-15)
    for size in (1e4, -1e4):  # without overflow
        assert gradient(lambda s: F.cross_entropy(s[None], np.array([1])), np.array([size, 0.0])).tolist() == [
            size > 0,
            -(size > 0),
        ]


def test_4_the_2_5_2_network_is_its_four_matrix_equations(rng: np.random.Generator) -> None:
    net = nn.Sequential(nn.Linear(2, 5, rng=rng), nn.Tanh(), nn.Linear(5, 2, rng=rng)).astype(np.float64)
    w1, b1, w2, b2 = (p.numpy() for p in net.parameters())
    x, y = rng.normal(size=(6, 2)), np.array([0, 1, 1, 0, 1, 0])
    assert (w1.shape, w2.shape) == ((5, 2), (2, 5))
    z = np.tanh(x @ w1.T + b1)
    h = F.softmax(z @ w2.T + b2)
    assert np.array_equal(F.softmax(net(x).numpy()), h)
    F.cross_entropy(net(x), y).backward()
    d2 = (h - np.eye(2)[y]) / len(x)
    d1 = d2 @ w2 * (1 - z**2)
    for p, expected in zip(net.parameters(), (d1.T @ x, d1.sum(0), d2.T @ z, d2.sum(0)), strict=True):
        np.testing.assert_allclose(p.grad.numpy(), expected, rtol=1e-12, atol=1e-16)


CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)


@pytest.mark.parametrize(("name", "table"), [("and", [0, 0, 0, 1]), ("or", [0, 1, 1, 1])])
def test_5_one_unit_learns_and_and_or(name: str, table: list[int]) -> None:
    unit = nn.Linear(2, 1, rng=np.random.default_rng(0))
    train(unit, nn.BCEWithLogitsLoss(), CORNERS, np.array(table)[:, None], 300, lr=2.0)
    assert F.step(unit(CORNERS).numpy()).ravel().tolist() == table


def test_5_xor_needs_two_layers() -> None:
    xor = [0, 1, 1, 0]
    perceptrons = nn.Sequential(nn.Linear(2, 2), nn.Step(), nn.Linear(2, 1), nn.Step())  # or, and; or without and
    perceptrons.load_state_dict(
        {"0.weight": [[1, 1], [1, 1]], "0.bias": [-0.5, -1.5], "2.weight": [[1, -1]], "2.bias": [-0.5]}
    )
    assert perceptrons(CORNERS).numpy().ravel().tolist() == xor
    target = np.array(xor)[:, None]
    learned = nn.Sequential(
        nn.Linear(2, 4, rng=np.random.default_rng(1)), nn.Tanh(), nn.Linear(4, 1, rng=np.random.default_rng(2))
    )
    train(learned, nn.BCEWithLogitsLoss(), CORNERS, target, 400, lr=1.0)
    assert F.step(learned(CORNERS).numpy()).ravel().tolist() == xor
    line = nn.Linear(2, 1, rng=np.random.default_rng(0))
    train(line, nn.BCEWithLogitsLoss(), CORNERS, target, 400, lr=1.0)
    assert F.step(line(CORNERS).numpy()).ravel().tolist() != xor


def test_6_the_jacobian_of_a_network_is_the_product_of_its_layers(rng: np.random.Generator) -> None:
    layers = [
        nn.Linear(3, 4, dtype=np.float64, rng=rng),
        nn.Sigmoid(),
        nn.Linear(4, 2, dtype=np.float64, rng=rng),
        nn.Softmax(-1),
    ]
    x = rng.normal(size=3)
    whole = autograd.jacobian(nn.Sequential(*layers).requires_grad_(False))(x)
    product = np.eye(3)
    for layer in layers:
        product = autograd.jacobian(layer)(x) @ product
        x = layer(Tensor(x)).numpy()
    assert whole.shape == (2, 3)
    np.testing.assert_allclose(whole, product, rtol=1e-12)


def test_7_a_shared_layer_and_a_skip_connection_add_their_gradients(rng: np.random.Generator) -> None:
    layer, x = nn.Linear(3, 3, dtype=np.float64, rng=rng), rng.normal(size=(4, 3))
    layer(layer(x)).sum().backward()
    first, second = copy_of(layer), copy_of(layer)
    second(first(x)).sum().backward()
    for shared, a, b in zip(layer.parameters(), first.parameters(), second.parameters(), strict=True):
        np.testing.assert_allclose(shared.grad.numpy(), a.grad.numpy() + b.grad.numpy(), rtol=1e-12)
    np.testing.assert_allclose(gradient(nn.Residual(layer), x), gradient(layer, x) + 1, rtol=1e-12)


def copy_of(layer: nn.Linear) -> nn.Linear:
    twin = nn.Linear(layer.in_features, layer.out_features, dtype=np.float64)
    twin.load_state_dict(layer.state_dict())
    return twin


def test_8_gates_multiply() -> None:
    """In c_t = f c_{t-1} + i g each factor has the other as its derivative: with f near 1 no gradient vanishes."""
    cell = nn.LSTMCell(2, 3, dtype=np.float64, rng=np.random.default_rng(0))
    h, c = np.zeros((1, 3)), Tensor(np.ones((1, 3)), requires_grad=True)
    x = np.ones((1, 2))
    cell(x, (h, c))[1].sum().backward()
    gates = x @ cell.weight_ih.numpy().T + cell.bias_ih.numpy() + cell.bias_hh.numpy()
    np.testing.assert_allclose(c.grad.numpy(), F.sigmoid(gates[:, 3:6]), rtol=1e-12)


def test_9_a_subgradient_lies_between_the_slopes() -> None:
    for function in (np.abs, lambda x: np.maximum(x, -x), lambda x: F.maxout(np.stack([x, -x], axis=-1), 2)):
        assert gradient(function, np.array([-2.0, 0.0, 3.0])).ravel().tolist() == [-1, 0, 1]


ACTIVATIONS = {
    "step": nn.Step, "sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "relu": nn.ReLU, "leaky_relu": nn.LeakyReLU,
    "relu6": nn.ReLU6, "elu": nn.ELU,
}  # fmt: skip


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_10_an_activation_is_a_function_and_a_module(name: str) -> None:
    x = np.linspace(-8, 8, 161)
    assert np.array_equal(getattr(F, name)(x), ACTIVATIONS[name]()(x))
    np.testing.assert_array_equal(gradient(ACTIVATIONS[name](), x), gradient(getattr(F, name), x))


def test_10_parametric_randomized_and_maxout(rng: np.random.Generator) -> None:
    x = rng.normal(size=(4, 6))
    assert nn.LeakyReLU().negative_slope == 0.01
    assert np.array_equal(nn.PReLU(init=0.01, dtype=np.float64)(x).numpy(), F.leaky_relu(x, 0.01))
    slopes = nn.RReLU(rng=rng)(-np.ones(1000))
    assert -1 / 3 < slopes.min() < -0.3 < -0.15 < slopes.max() <= -1 / 8
    assert nn.Maxout(3)(x).shape == (4, 2)


def test_10_the_share_of_dead_units_is_measured(rng: np.random.Generator) -> None:
    """A unit is dead if it is 0 for every example: its weights get no gradient."""
    net = nn.Sequential(nn.Linear(4, 10, rng=rng), nn.ReLU())
    bias = net[0].bias
    with autograd.no_grad():
        bias[:3] = -100
    seen: list[np.ndarray] = []
    with net[1].register_forward_hook(lambda module, args, output: seen.append(output.numpy())):
        net(rng.normal(size=(200, 4))).sum().backward()
    dead = (seen[0] == 0).all(axis=0)
    assert dead[:3].all()
    assert not net[0].weight.grad.numpy()[dead].any()
    assert dead.mean() == 0.3


def gradient_norms(activation: type[nn.Module], scale: float) -> list[float]:
    """The norms of the gradients of the inputs of 12 layers with orthogonal weights, from the last to the first."""
    norms: list[float] = []
    rng = np.random.default_rng(0)
    layers: list[nn.Module] = []
    for _ in range(12):
        layers += [nn.Linear(16, 16, bias=False, rng=rng, dtype=np.float64), activation()]
        nn.init.orthogonal_(layers[-2].weight, scale, rng=rng)
        layers[-2].register_full_backward_hook(
            lambda module, into, out: norms.append(float(np.linalg.norm(into[0].numpy())))
        )
    nn.Sequential(*layers)(Tensor(rng.normal(size=(1, 16)), requires_grad=True)).sum().backward()
    return norms


def test_11_gradients_vanish_by_a_quarter_a_layer_and_explode_by_the_weights() -> None:
    sigmoid = gradient_norms(nn.Sigmoid, 1.0)
    assert len(sigmoid) == 12
    assert all(b <= a / 4 * (1 + 1e-12) for a, b in itertools.pairwise(sigmoid))
    linear = gradient_norms(nn.Identity, 2.0)
    np.testing.assert_allclose(linear, 4 * 2.0 ** np.arange(1, 13), rtol=1e-9)


def test_12_positive_inputs_move_all_weights_of_a_unit_the_same_way(rng: np.random.Generator) -> None:
    layer = nn.Linear(5, 3, rng=rng)
    F.half_mse_loss(layer(F.sigmoid(rng.normal(size=(1, 5)))), np.ones((1, 3))).backward()
    signs = np.sign(layer.weight.grad.numpy())
    assert (signs == signs[:, :1]).all()


def test_13_equal_weights_stay_equal(rng: np.random.Generator) -> None:
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
    for p in net.parameters():
        nn.init.constant_(p, 0.3)
    train(net, nn.MSELoss(), rng.normal(size=(20, 3)).astype(np.float32), rng.normal(size=(20, 1)), 30, lr=0.2)
    w1, b1, w2, _ = (p.numpy() for p in net.parameters())
    assert np.ptp(w1, axis=0).max() < 1e-5 < np.ptp(w1)  # the rows are equal, and they have changed
    assert np.ptp(b1) < 1e-5
    assert np.ptp(w2) < 1e-5


def test_13_small_normal_weights_and_zero_biases_break_the_symmetry() -> None:
    layer = nn.Linear(300, 200)
    nn.init.normal_(layer.weight, std=1e-2, rng=np.random.default_rng(0))
    nn.init.zeros_(layer.bias)
    assert abs(layer.weight.numpy().std() - 1e-2) < 1e-4
    assert not layer.bias.numpy().any()


@pytest.mark.parametrize(
    ("init", "activation"),
    [
        ("xavier_uniform_", nn.Identity), ("xavier_normal_", nn.Identity), ("lecun_normal_", nn.Identity),
        ("lecun_uniform_", nn.Identity),
        ("kaiming_normal_", nn.ReLU), ("kaiming_uniform_", nn.ReLU),
    ],
)  # fmt: skip
def test_13_the_variance_stays_over_twenty_layers(init: str, activation: type[nn.Module]) -> None:
    assert 0.4 < mean_square_after_twenty_layers(init, activation) < 2.5


def test_13_glorots_variance_is_half_of_what_rectifiers_need() -> None:
    assert mean_square_after_twenty_layers("xavier_normal_", nn.ReLU) < 5 / 2**20


def mean_square_after_twenty_layers(init: str, activation: type[nn.Module]) -> float:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(64, 256))
    for _ in range(20):
        layer = nn.Linear(256, 256, bias=False, rng=rng, dtype=np.float64)
        getattr(nn.init, init)(layer.weight, rng=rng)
        x = activation()(layer(x).numpy())
    return float(np.mean(x**2))


def test_13_a_hidden_layer_of_m_units_has_m_factorial_times_2_to_the_m_twins(rng: np.random.Generator) -> None:
    net = nn.Sequential(nn.Linear(2, 3, rng=rng), nn.Tanh(), nn.Linear(3, 2, rng=rng)).astype(np.float64)
    x, state = rng.normal(size=(5, 2)), net.state_dict()
    expected = net(x).numpy()
    twins = set()
    for order in itertools.permutations(range(3)):
        for signs in itertools.product((1, -1), repeat=3):
            s = np.array(signs)
            w1, b1 = (state[key][list(order)] for key in ("0.weight", "0.bias"))
            w2 = state["2.weight"][:, list(order)] * s
            net.load_state_dict(
                {"0.weight": w1 * s[:, None], "0.bias": b1 * s, "2.weight": w2, "2.bias": state["2.bias"]}
            )
            np.testing.assert_allclose(net(x).numpy(), expected, rtol=1e-12)
            twins.add(w2.tobytes())
    assert len(twins) == 6 * 8


def test_19_dropout_keeps_the_expectation() -> None:
    layer, x = nn.Dropout(0.5, rng=np.random.default_rng(0)), np.full((20_000, 3), 2.0)
    assert set(np.unique(layer(x))) == {0.0, 4.0}
    np.testing.assert_allclose(layer(x).mean(axis=0), 2.0, atol=0.05)
    assert np.array_equal(layer.eval()(x), x)


def test_25_normalisations_have_mean_0_and_variance_1_over_their_axes(rng: np.random.Generator) -> None:
    x = rng.normal(3, 5, (8, 4, 6, 6))
    for layer, axes in (
        (nn.BatchNorm2d(4), (0, 2, 3)),
        (nn.InstanceNorm2d(4), (2, 3)),
        (nn.LayerNorm((4, 6, 6)), (1, 2, 3)),
    ):
        y = np.asarray(
            layer.astype(np.float64)(x) if isinstance(layer, nn.InstanceNorm2d) else layer.astype(np.float64)(x).numpy()
        )
        np.testing.assert_allclose(y.mean(axis=axes), 0, atol=1e-12)
        np.testing.assert_allclose(y.var(axis=axes), 1, atol=1e-4)
    assert [name for name, _ in nn.BatchNorm2d(4).named_parameters()] == ["weight", "bias"]  # γ and β


def test_28_a_network_of_relus_is_piecewise_linear(rng: np.random.Generator) -> None:
    """Along a line each of H hidden units bends the function at most once, which gives at most H + 1 pieces."""
    net = nn.Sequential(nn.Linear(2, 8, rng=rng), nn.ReLU(), nn.Linear(8, 1, rng=rng)).astype(np.float64)
    t = np.linspace(-20, 20, 4001)[:, None]
    bends = np.abs(np.diff(net(t * [0.6, 0.8] + [0.1, -0.2]).numpy().ravel(), 2)) > 1e-9
    pieces = 1 + np.count_nonzero(
        np.diff(np.flatnonzero(bends), prepend=-9) > 1
    )  # a bend between two points shows at both
    assert 2 <= pieces <= 9
