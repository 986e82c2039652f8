"""Recurrent cells and layers: relations between them, conventions, dropout, errors, and what they can learn.

Their values are compared in tests/cases/modules/recurrent.py.
"""

from __future__ import annotations

import copy
import gc
import pickle
import weakref
from typing import Any

import numpy as np
import pytest

import nn
from autograd import Tensor, no_grad
from autograd.engine.registry import primitives
from autograd.errors import ArgumentError, DTypeError, ShapeError
from nn import functional as F
from optim import SGD

LAYERS = [nn.RNN, nn.LSTM, nn.GRU]
CELLS = [nn.RNNCell, nn.LSTMCell, nn.GRUCell]
layers = pytest.mark.parametrize("cls", LAYERS)
cells = pytest.mark.parametrize("cls", CELLS)


def states(cls: Any, *shape: int, rng: np.random.Generator) -> Any:
    """A state for the class: an array, or a pair of them."""
    h, c = rng.normal(size=shape), rng.normal(size=shape)
    return (h, c) if "LSTM" in cls.__name__ else h


def hidden(state: Any) -> Any:
    return state[0] if isinstance(state, tuple) else state


# Relations between layers, cells and functions


@pytest.mark.parametrize(("layer", "cell"), list(zip(LAYERS, CELLS, strict=True)))
def test_a_layer_is_its_cell_step_by_step(layer: Any, cell: Any, rng: np.random.Generator) -> None:
    one = cell(3, 4, dtype=np.float64, rng=rng)
    whole = layer(3, 4, dtype=np.float64)
    whole.load_state_dict({f"{name}_l0": value for name, value in one.state_dict().items()})
    x, state = rng.normal(size=(5, 2, 3)), None
    output, last = whole(x)
    for t in range(5):
        state = one(x[t], state)
        np.testing.assert_allclose(output[t].numpy(), hidden(state).numpy(), rtol=1e-12)
    np.testing.assert_allclose(hidden(last)[0].numpy(), output[-1].numpy(), rtol=0)


@layers
def test_a_sequence_in_two_pieces_is_the_whole(cls: Any, rng: np.random.Generator) -> None:
    layer, x = cls(3, 4, num_layers=2, dtype=np.float64, rng=rng), rng.normal(size=(6, 2, 3))
    output, last = layer(x)
    first, state = layer(x[:4])
    second, state = layer(x[4:], state)
    np.testing.assert_allclose(np.concatenate([first, second]).numpy(), output.numpy(), rtol=1e-12)
    np.testing.assert_allclose(hidden(state).numpy(), hidden(last).numpy(), rtol=1e-12)


@layers
def test_backwards_is_forwards_on_the_turned_sequence(cls: Any, rng: np.random.Generator) -> None:
    both, one = cls(3, 4, bidirectional=True, dtype=np.float64, rng=rng), cls(3, 4, dtype=np.float64)
    one.load_state_dict({k.removesuffix("_reverse"): v for k, v in both.state_dict().items() if k.endswith("_reverse")})
    x = rng.normal(size=(5, 2, 3))
    np.testing.assert_allclose(both(x)[0][..., 4:].numpy(), one(x[::-1])[0][::-1].numpy(), rtol=1e-12)


@layers
def test_one_sequence_without_a_batch_is_a_batch_of_one(cls: Any, rng: np.random.Generator) -> None:
    layer, x = cls(3, 4, num_layers=2, batch_first=True, dtype=np.float64, rng=rng), rng.normal(size=(5, 3))
    output, last = layer(x)
    batched, last_of_batch = layer(x[None])
    assert output.shape == (5, 4)
    assert hidden(last).shape == (2, 4)
    np.testing.assert_allclose(output.numpy(), batched[0].numpy(), rtol=1e-12)
    np.testing.assert_allclose(hidden(last).numpy(), hidden(last_of_batch)[:, 0].numpy(), rtol=1e-12)


@layers
def test_an_empty_batch_and_a_single_step(cls: Any, rng: np.random.Generator) -> None:
    layer = cls(3, 4, rng=rng)
    output, last = layer(np.ones((5, 0, 3), np.float32))
    (output.sum() + hidden(last).sum()).backward()
    assert output.shape == (5, 0, 4)
    assert not layer.weight_ih_l0.grad.numpy().any()
    assert layer(np.ones((1, 2, 3), np.float32))[0].shape == (1, 2, 4)


@layers
def test_plain_arrays_through_the_functions_give_plain_arrays(cls: Any, rng: np.random.Generator) -> None:
    layer, x = cls(3, 4, rng=rng), rng.normal(size=(5, 2, 3)).astype(np.float32)
    params = [p.numpy() for p in layer.parameters()]
    function = {"RNN": F.rnn_tanh, "LSTM": F.lstm, "GRU": F.gru}[cls.__name__]
    output, *last = function(x, None, params)
    assert all(type(a) is np.ndarray for a in (output, *last))
    np.testing.assert_array_equal(output, layer(x)[0].numpy())


def test_plain_arrays_through_the_cells_give_plain_arrays(rng: np.random.Generator) -> None:
    x = rng.normal(size=(2, 3))
    for function, gates in ((F.rnn_tanh_cell, 1), (F.rnn_relu_cell, 1), (F.lstm_cell, 4), (F.gru_cell, 3)):
        out = function(x, None, rng.normal(size=(gates * 4, 3)), rng.normal(size=(gates * 4, 4)))
        assert all(type(a) is np.ndarray and a.shape == (2, 4) for a in (out if isinstance(out, tuple) else (out,)))


# Conventions


def test_the_first_values_are_uniform_in_one_over_root_hidden_size() -> None:
    lstm = nn.LSTM(50, 100, num_layers=2, rng=np.random.default_rng(0))
    for p in lstm.parameters():
        values = p.numpy()
        assert np.abs(values).max() <= 0.1
        assert abs(values.std() - 0.1 / 3**0.5) < 0.01


@layers
def test_names_shapes_and_repr(cls: Any) -> None:
    layer = cls(3, 4, num_layers=2, bidirectional=True, batch_first=True)
    gates = {"RNN": 1, "LSTM": 4, "GRU": 3}[cls.__name__]
    shapes = {name: p.shape for name, p in layer.named_parameters()}
    assert list(shapes)[:5] == ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0", "weight_ih_l0_reverse"]
    assert shapes["weight_ih_l1_reverse"] == (4 * gates, 8)
    assert shapes["bias_hh_l1"] == (4 * gates,)
    assert len(shapes) == 16
    assert repr(layer) == f"{cls.__name__}(3, 4, num_layers=2, batch_first=True, bidirectional=True)"
    assert not [name for name, _ in cls(3, 4, bias=False).named_parameters() if name.startswith("bias")]
    layer.flatten_parameters()


@pytest.mark.parametrize(
    ("module", "text"),
    [
        (nn.RNN(3, 4, nonlinearity="relu"), "RNN(3, 4, nonlinearity=relu)"),
        (nn.LSTM(3, 4, bias=False, proj_size=2), "LSTM(3, 4, proj_size=2, bias=False)"),
        (nn.LSTMCell(3, 4), "LSTMCell(3, 4)"),
        (nn.RNNCell(3, 4, bias=False, nonlinearity="relu"), "RNNCell(3, 4, bias=False, nonlinearity=relu)"),
    ],
)
def test_repr(module: nn.Module, text: str) -> None:
    assert repr(module) == text


def test_saturated_gates_neither_overflow_nor_warn(rng: np.random.Generator) -> None:
    for cls in LAYERS:
        for dtype in (np.float16, np.float32, np.float64):
            layer = cls(2, 3, dtype=dtype, rng=rng)
            x = Tensor(np.array([[[1e4, -1e4]], [[-1e4, 1e4]]], dtype), requires_grad=True)
            output, _ = layer(x)
            output.sum().backward()
            assert np.isfinite(output.numpy()).all()
            assert np.isfinite(x.grad.numpy()).all()
    for cell in CELLS:
        assert np.isfinite(hidden(cell(2, 3, rng=rng)(np.array([[1e4, -1e4]]))).numpy()).all()


def test_a_closed_input_gate_and_an_open_forget_gate_keep_the_cell(rng: np.random.Generator) -> None:
    b = np.repeat([-50.0, 50.0, 0.0, 50.0], 2)  # i, f, g, o
    zero = np.zeros((8, 2))
    c = np.array([[0.5, -2.0]])
    output, _, c_n = F.lstm(rng.normal(size=(7, 1, 2)), (np.zeros((1, 1, 2)), c[None]), [zero, zero, b, np.zeros(8)])
    np.testing.assert_allclose(c_n[0], c, rtol=1e-12)
    np.testing.assert_allclose(output, np.broadcast_to(np.tanh(c), (7, 1, 2)), rtol=1e-12)


def test_an_open_update_gate_of_a_gru_keeps_the_state(rng: np.random.Generator) -> None:
    b = np.repeat([0.0, 50.0, 0.0], 2)  # r, z, n: z is the share of the old state
    h = np.array([[[0.5, -2.0]]])
    _, h_n = F.gru(rng.normal(size=(7, 1, 2)), h, [np.zeros((6, 2)), np.zeros((6, 2)), b, np.zeros(6)])
    np.testing.assert_allclose(h_n, h, rtol=1e-12)


@layers
def test_only_what_reaches_the_loss_moves(cls: Any, rng: np.random.Generator) -> None:
    x = Tensor(rng.normal(size=(5, 2, 3)), requires_grad=True)
    cls(3, 4, dtype=np.float64, rng=rng)(x)[0][2].sum().backward()
    assert x.grad.numpy()[:3].all()
    assert not x.grad.numpy()[3:].any()  # later steps do not reach step 2


@layers
def test_frozen_weights_get_no_gradient_and_the_others_the_same(cls: Any, rng: np.random.Generator) -> None:
    layer, x = cls(3, 4, dtype=np.float64, rng=rng), rng.normal(size=(5, 2, 3))
    layer(x)[0].sum().backward()
    full = layer.bias_ih_l0.grad.numpy()
    layer.zero_grad()
    layer.weight_hh_l0.requires_grad = False
    layer(x)[0].sum().backward()
    assert layer.weight_hh_l0.grad is None
    np.testing.assert_array_equal(layer.bias_ih_l0.grad.numpy(), full)


@layers
def test_a_retained_graph_gives_the_same_gradients_twice(cls: Any, rng: np.random.Generator) -> None:
    layer = cls(3, 4, dtype=np.float64, rng=rng)
    loss = (layer(rng.normal(size=(5, 2, 3)))[0] ** 2).sum()
    loss.backward(retain_graph=True)
    once = [p.grad.numpy().copy() for p in layer.parameters()]
    loss.backward()
    for p, g in zip(layer.parameters(), once, strict=True):
        np.testing.assert_allclose(p.grad.numpy(), 2 * g, rtol=1e-12)


@layers
def test_inputs_and_results_are_not_written_to(cls: Any, rng: np.random.Generator) -> None:
    layer = cls(3, 1, dtype=np.float64, rng=rng)  # with one unit and one sequence a transpose shares memory
    x = rng.normal(size=(5, 1, 3))
    before = x.copy()
    output, last = layer(x, states(cls, 1, 1, 1, rng=rng))
    value, final = output.numpy().copy(), hidden(last).numpy().copy()
    output.sum().backward()
    np.testing.assert_array_equal(x, before)
    np.testing.assert_array_equal(output.numpy(), value)
    np.testing.assert_array_equal(hidden(last).numpy(), final)
    assert not np.shares_memory(output.numpy(), hidden(last).numpy())


def test_a_state_that_outlives_the_sweep_holds_nothing_of_it(rng: np.random.Generator) -> None:
    lstm = nn.LSTM(3, 4, rng=rng)
    gc.disable()
    try:
        output, (h_n, c_n) = lstm(np.ones((5, 2, 3), np.float32))
        layer = output.node.parents[0]
        kept = weakref.ref(layer.out.values.kept[0].base)  # the gates of all steps
        output.sum().backward()
        del output, layer
        assert kept() is None
        assert h_n.shape == c_n.shape == (1, 2, 4)
    finally:
        gc.enable()


# Dropout


@layers
def test_dropout_acts_between_layers_while_training(cls: Any, rng: np.random.Generator) -> None:
    x = rng.normal(size=(5, 2, 3)).astype(np.float32)
    layer = cls(3, 4, num_layers=2, dropout=0.5, rng=np.random.default_rng(1))
    plain = cls(3, 4, num_layers=2)
    plain.load_state_dict(layer.state_dict())
    first, second = layer(x)[0].numpy(), layer(x)[0].numpy()
    assert not np.array_equal(first, second)
    again = cls(3, 4, num_layers=2, dropout=0.5, rng=np.random.default_rng(1))
    np.testing.assert_array_equal(again(x)[0].numpy(), first)
    np.testing.assert_array_equal(layer.eval()(x)[0].numpy(), plain(x)[0].numpy())


def test_dropping_everything_leaves_the_second_layer_without_input(rng: np.random.Generator) -> None:
    layer = nn.GRU(3, 4, num_layers=2, dropout=1.0, rng=rng)
    layer(rng.normal(size=(5, 2, 3)))[0].sum().backward()
    assert not layer.weight_ih_l1.grad.numpy().any()
    assert layer.weight_hh_l1.grad.numpy().any()


def test_dropout_of_one_layer_warns() -> None:
    with pytest.warns(UserWarning, match="acts between layers: with num_layers=1 it does nothing"):
        nn.LSTM(3, 4, dropout=0.5)


def test_copies_and_pickles_keep_the_options(rng: np.random.Generator) -> None:
    layer = nn.LSTM(3, 4, num_layers=2, bidirectional=True, batch_first=True, rng=rng)
    x = rng.normal(size=(2, 5, 3)).astype(np.float32)
    for twin in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        np.testing.assert_array_equal(twin(x)[0].numpy(), layer(x)[0].numpy())
        assert repr(twin) == repr(layer)


# Errors


@layers
def test_wrong_inputs_of_a_layer(cls: Any, rng: np.random.Generator) -> None:
    name = cls.__name__
    layer = cls(3, 4, num_layers=2)
    with pytest.raises(
        ShapeError, match=rf"{name} expects input of shape \(T, B, 3\), or \(T, 3\) without a batch; got \(5, 2, 4\)"
    ):
        layer(np.ones((5, 2, 4)))
    with pytest.raises(ShapeError, match=r"got \(3,\)"):
        layer(np.ones(3))
    with pytest.raises(ShapeError, match=r"\(B, T, 3\).*got \(5, 2, 2\)"):
        cls(3, 4, batch_first=True)(np.ones((5, 2, 2)))
    with pytest.raises(ShapeError, match=r"at least one step; got input of shape \(0, 2, 3\)"):
        layer(np.ones((0, 2, 3)))
    with pytest.raises(
        ShapeError, match=r"h_0 of shape \(2, 7, 4\), layers · directions, batch, size; got \(2, 6, 4\)"
    ):
        layer(np.ones((5, 7, 3)), states(cls, 2, 6, 4, rng=rng))
    with pytest.raises(ShapeError, match=r"h_0 of shape \(2, 4\), layers · directions, size; got \(2, 1, 4\)"):
        layer(np.ones((5, 3)), states(cls, 2, 1, 4, rng=rng))
    with pytest.raises(DTypeError, match="takes floating input; got int"):
        layer(np.ones((5, 2, 3), int))


@cells
def test_wrong_inputs_of_a_cell(cls: Any, rng: np.random.Generator) -> None:
    cell = cls(3, 4)
    with pytest.raises(
        ShapeError, match=rf"{cls.__name__} expects input of shape \(B, 3\), or \(3,\) without a batch; got \(2, 4\)"
    ):
        cell(np.ones((2, 4)))
    with pytest.raises(ShapeError, match=r"expects h of shape \(2, 4\).*got \(1, 4\)"):
        cell(np.ones((2, 3)), states(cls, 1, 4, rng=rng))


def test_the_state_of_an_lstm_is_a_pair(rng: np.random.Generator) -> None:
    h = rng.normal(size=(1, 2, 4))
    with pytest.raises(ArgumentError, match=r"a pair \(h, c\) of hidden state and cell; got one ndarray"):
        nn.LSTM(3, 4)(np.ones((5, 2, 3)), h)
    with pytest.raises(ArgumentError, match="got 3 of them"):
        nn.LSTMCell(3, 4)(np.ones((2, 3)), (h, h, h))
    with pytest.raises(ShapeError, match=r"c_0 of shape \(1, 2, 4\).*got \(1, 2, 5\)"):
        nn.LSTM(3, 4)(np.ones((5, 2, 3)), (h, rng.normal(size=(1, 2, 5))))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: nn.LSTM(0, 4), "input_size must be a positive integer; got 0"),
        (lambda: nn.GRU(3, 4.0), r"hidden_size must be a positive integer; got 4\.0"),
        (lambda: nn.RNN(3, 4, num_layers=0), "num_layers must be a positive integer; got 0"),
        (lambda: nn.RNN(3, 4, nonlinearity="sigmoid"), "nonlinearity must be 'tanh' or 'relu'; got 'sigmoid'"),
        (lambda: nn.RNNCell(3, 4, nonlinearity="elu"), "nonlinearity must be 'tanh' or 'relu'; got 'elu'"),
        (lambda: nn.LSTM(3, 4, num_layers=2, dropout=1.5), r"from 0 to 1; got 1\.5"),
        (lambda: nn.LSTM(3, 4, proj_size=4), "proj_size must be smaller than hidden_size=4; got 4"),
        (lambda: nn.LSTM(3, 4, proj_size=-1), "proj_size must be a positive integer; got -1"),
        (
            lambda: F.lstm(np.ones((5, 2, 3)), None, [np.ones((4, 3))]),
            "expects 4 parameters for each of 1 layers in 1 direction, 4 in all; got 1",
        ),
        (lambda: F.gru(np.ones((5, 2, 3)), None, [np.ones((3, 3))] * 5), "4 in all; got 5"),
    ],
)
def test_wrong_options_are_refused(make: Any, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        make()


# Training


def test_an_lstm_learns_the_parity_of_a_sequence_of_bits() -> None:
    """A task that needs memory: the answer depends on every bit, and on no simpler statistic of the inputs."""
    rng = np.random.default_rng(0)
    lstm, readout, loss_of = nn.LSTM(1, 16, rng=rng), nn.Linear(16, 2, rng=rng), nn.CrossEntropyLoss()
    parameters = [*lstm.parameters(), *readout.parameters()]
    moments = [(np.zeros(p.shape, np.float32), np.zeros(p.shape, np.float32)) for p in parameters]

    def batch() -> tuple[Any, Any]:
        bits = rng.integers(0, 2, (6, 128))
        return (2.0 * bits[..., None] - 1).astype(np.float32), np.cumsum(bits, axis=0) % 2

    def loss() -> Any:
        x, parity = batch()
        return loss_of(readout(lstm(x)[0]).reshape(-1, 2), parity.ravel())

    first = loss().item()
    for t in range(1, 251):
        total = loss()
        total.backward()
        for p, (m, v) in zip(parameters, moments, strict=True):  # Adam
            g = p.grad.numpy()
            m += 0.1 * (g - m)
            v += 0.01 * (g * g - v)
            with no_grad():
                p -= 0.02 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.99**t)) + 1e-8)
            p.grad = None
    assert first > 0.68  # guessing gives log 2
    assert loss().item() < 0.05


def test_a_step_of_the_optimizer_makes_a_stale_graph_refused(rng: np.random.Generator) -> None:
    lstm = nn.LSTM(3, 4, rng=rng)
    optimizer = SGD(lstm.parameters(), lr=0.1)
    output, _ = lstm(np.ones((5, 2, 3), np.float32))
    output.sum().backward(retain_graph=True)
    optimizer.step()
    with pytest.raises(RuntimeError, match="changed in place"):
        output.sum().backward()


def test_a_written_state_does_not_reach_the_next_layer() -> None:
    with no_grad():
        output, h_n = nn.GRU(3, 4)(np.ones((5, 2, 3), np.float32))
    h_n[...] = 0
    assert output.numpy()[-1].all()


@pytest.mark.parametrize("name", ["rnn_layer", "lstm_layer", "gru_layer"])
def test_the_operations_are_seen_as_one(name: str, rng: np.random.Generator) -> None:
    layer = {"rnn_layer": nn.RNN, "lstm_layer": nn.LSTM, "gru_layer": nn.GRU}[name](3, 4, rng=rng)
    output, _ = layer(np.ones((5, 2, 3), np.float32))
    assert output.node.parents[0].primitive is primitives[name]
