"""PyTorch's habits: they work as expected, or are refused with a message that says what to write instead."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
import nn
import nn.functional as F
from autograd import Tensor
from autograd.errors import ArgumentError, DTypeError, ShapeError

# inplace=True


@pytest.mark.parametrize("name", ["ReLU", "ReLU6", "SELU", "SiLU", "Mish", "Hardsigmoid", "Hardswish"])
def test_inplace_is_taken_shown_and_changes_nothing(name: str, rng: np.random.Generator) -> None:
    layer = getattr(nn, name)
    x = rng.normal(size=(3, 4))
    before = x.copy()
    assert layer(True).inplace is True
    assert layer().inplace is False
    assert repr(layer(inplace=True)) == f"{name}(inplace=True)"
    assert repr(layer()) == f"{name}()"
    assert np.array_equal(layer(inplace=True)(x), layer()(x))
    assert np.array_equal(x, before)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: nn.LeakyReLU(0.2, True), "LeakyReLU(negative_slope=0.2, inplace=True)"),
        (lambda: nn.RReLU(0.1, 0.2, True), "RReLU(lower=0.1, upper=0.2, inplace=True)"),
        (lambda: nn.Hardtanh(-2.0, 2.0, True), "Hardtanh(min_val=-2.0, max_val=2.0, inplace=True)"),
        (lambda: nn.Threshold(0.1, 20, True), "Threshold(threshold=0.1, value=20, inplace=True)"),
        (lambda: nn.ELU(1.0, True), "ELU(alpha=1.0, inplace=True)"),
        (lambda: nn.CELU(2.0, inplace=True), "CELU(alpha=2.0, inplace=True)"),
        (lambda: nn.Dropout(0.3, True), "Dropout(p=0.3, inplace=True)"),
        (lambda: nn.Dropout2d(0.3, inplace=True), "Dropout2d(p=0.3, inplace=True)"),
        (lambda: nn.AlphaDropout(0.3, True), "AlphaDropout(p=0.3, inplace=True)"),
    ],
)
def test_inplace_stands_where_pytorch_has_it(make: Callable[[], nn.Module], text: str) -> None:
    assert repr(make()) == text


def test_functions_take_inplace(rng: np.random.Generator) -> None:
    x = rng.normal(size=(2, 6, 3))
    for name in (
        "relu",
        "relu6",
        "hardsigmoid",
        "hardswish",
        "selu",
        "silu",
        "mish",
        "elu",
        "celu",
        "leaky_relu",
        "hardtanh",
        "rrelu",
    ):
        function = getattr(F, name)
        assert np.array_equal(function(x, inplace=True), function(x)), name
    assert np.array_equal(F.threshold(x, 0.1, 5.0, True), F.threshold(x, 0.1, 5.0))
    for name in ("dropout", "dropout1d", "dropout2d", "alpha_dropout"):
        assert np.array_equal(getattr(F, name)(x, 0.5, False, True), x), name


# dtype and device


LAYERS: list[Callable[[Any], nn.Module]] = [
    lambda dtype: nn.Linear(2, 3, dtype=dtype),
    lambda dtype: nn.Bilinear(2, 3, 4, dtype=dtype),
    lambda dtype: nn.Embedding(5, 3, padding_idx=0, dtype=dtype),
    lambda dtype: nn.Conv2d(2, 3, 3, dtype=dtype),
    lambda dtype: nn.BatchNorm1d(3, dtype=dtype),
    lambda dtype: nn.LayerNorm(3, dtype=dtype),
    lambda dtype: nn.PReLU(dtype=dtype),
    lambda dtype: nn.LSTM(2, 3, dtype=dtype),
    lambda dtype: nn.GRUCell(2, 3, dtype=dtype),
    lambda dtype: nn.MultiheadAttention(4, 2, dtype=dtype),
    lambda dtype: nn.PositionalEncoding(4, dtype=dtype),
    lambda dtype: nn.TransformerEncoderLayer(4, 2, 8, dtype=dtype),
    lambda dtype: nn.MinimalEffortLinear(4, 2, 1, dtype=dtype),
]


def floating(layer: nn.Module) -> set[Any]:
    return {t.dtype for t in (*layer.parameters(), *layer.buffers()) if t.dtype.kind == "f"}


@pytest.mark.parametrize("make", LAYERS)
def test_dtype_none_is_float32_and_integers_are_refused(make: Callable[[Any], nn.Module]) -> None:
    assert floating(make(None)) == {np.dtype(np.float32)}
    assert floating(make("float64")) == {np.dtype(np.float64)}
    with pytest.raises(DTypeError, match=r"floating or complex dtype, such as np.float32; got dtype=int64"):
        make(np.int64)


def test_to_takes_a_dtype_and_the_cpu() -> None:
    net = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    assert net.to("cpu") is net
    assert floating(net.to(np.float64)) == {np.dtype(np.float64)}
    assert floating(net.to(device="cpu", dtype="float32")) == {np.dtype(np.float32)}
    with pytest.raises(
        ArgumentError, match=r"floating or complex dtype, or 'cpu'; got 'cuda:0'\. Arrays are NumPy's: leave it out"
    ):
        net.to("cuda:0")
    with pytest.raises(DTypeError, match="floating or complex dtype; got int64"):
        net.to(int)


DRAWN: list[Callable[[Any], nn.Module]] = [
    lambda rng: nn.Linear(3, 2, rng=rng),
    lambda rng: nn.Bilinear(2, 3, 4, rng=rng),
    lambda rng: nn.Embedding(5, 3, padding_idx=1, rng=rng),
    lambda rng: nn.Conv2d(2, 3, 3, rng=rng),
    lambda rng: nn.ConvTranspose1d(2, 3, 3, rng=rng),
    lambda rng: nn.LSTM(2, 3, 2, bidirectional=True, rng=rng),
    lambda rng: nn.GRUCell(2, 3, rng=rng),
    lambda rng: nn.MultiheadAttention(4, 2, add_bias_kv=True, kdim=3, rng=rng),
    lambda rng: nn.BatchNorm1d(3),
    lambda rng: nn.LayerNorm(3),
    lambda rng: nn.RMSNorm(3),
    lambda rng: nn.GroupNorm(1, 3),
    lambda rng: nn.PReLU(2, 0.1),
]


@pytest.mark.parametrize("make", DRAWN)
def test_reset_parameters_starts_anew(make: Callable[[Any], nn.Module]) -> None:
    """As between the folds of a cross-validation, with `if hasattr(m, "reset_parameters")` for every module."""
    first, again = make(np.random.default_rng(7)), make(np.random.default_rng(8))
    with autograd.no_grad():
        for p in again.parameters():
            p += 1
    rng = np.random.default_rng(7)
    reset: Any = again
    try:
        reset.reset_parameters(rng)
    except TypeError:  # nothing to draw
        reset.reset_parameters()
    for name, value in first.state_dict().items():
        assert np.array_equal(again.state_dict()[name], value), name


# Assigning to a parameter or a buffer


@pytest.mark.parametrize("value", [np.zeros((3, 2)), Tensor(np.zeros((3, 2))), [[0.0]]])
def test_a_parameter_is_not_lost_by_assigning_an_array(value: Any) -> None:
    layer = nn.Linear(2, 3)
    with pytest.raises(
        ArgumentError, match=r"weight of this Linear is a Parameter; got a \w+ for it\. Assign nn\.Parameter\(values\)"
    ):
        layer.weight = value
    assert [name for name, _ in layer.named_parameters()] == ["weight", "bias"]
    layer.weight = nn.Parameter(np.ones((3, 2)))
    layer.bias = None
    assert [name for name, _ in layer.named_parameters()] == ["weight"]


def test_a_buffer_stays_one() -> None:
    class Average(nn.Module):
        def __init__(self) -> None:
            self.mean = nn.Buffer(np.zeros(2))
            self.last = nn.Buffer(np.zeros(2), persistent=False)

        def forward(self, x: Any) -> Any:
            self.mean = 0.5 * self.mean + 0.5 * x
            self.last = x
            return x

    layer = Average()
    layer(np.array([2.0, 4.0]))
    assert [name for name, _ in layer.named_buffers()] == ["mean", "last"]
    assert layer.state_dict()["mean"].tolist() == [1, 2]
    assert list(layer.state_dict()) == ["mean"]
    for twin in (copy.deepcopy(layer), pickle.loads(pickle.dumps(nn.BatchNorm1d(2)))):
        assert list(twin.buffers())
    with pytest.raises(ArgumentError, match="mean of this Average is a Buffer"):
        layer.mean = Tensor(np.ones(2), requires_grad=True) * 2  # its gradient would be lost


# Mistakes


X = np.ones((3, 4), np.float32)
MISTAKES: list[tuple[str, Callable[[], Any], type[Exception], str]] = [
    (
        "an LSTM in a Sequential",
        lambda: nn.Sequential(nn.LSTM(4, 5), nn.Linear(5, 1))(np.ones((6, 3, 4), np.float32)),
        ArgumentError,
        r"Sequential\.1: expected an array or a Tensor; got a tuple of 2: \(Tensor, tuple\)\."
        r".*output, state = layer\(x\)",
    ),
    (
        "a list of tensors",
        lambda: F.relu([Tensor([1.0]), Tensor([2.0])]),
        ArgumentError,
        r"list of 2: .*np\.stack joins several",
    ),
    (
        "a factor as predicate",
        lambda: nn.l2_penalty(nn.Linear(2, 2), 1e-3),
        ArgumentError,
        r"got 0\.001\. A factor stands before",
    ),
    (
        "pictures of bytes",
        lambda: nn.Conv2d(1, 2, 3)(np.ones((2, 1, 5, 5), np.uint8)),
        DTypeError,
        r"got uint8\. Convert it: x\.astype",
    ),
    (
        "channels last",
        lambda: nn.Conv2d(3, 4, 3)(np.ones((2, 8, 8, 3), np.float32)),
        ShapeError,
        r"np\.moveaxis\(x, -1, -3\)",
    ),
    (
        "an image unflattened",
        lambda: nn.Sequential(nn.Linear(784, 10))(np.ones((5, 28, 28), np.float32)),
        ShapeError,
        r"Sequential\.0.*784",
    ),
    ("one example for batch norm", lambda: nn.BatchNorm1d(4)(X[:1]), ShapeError, r"larger batch.*eval\(\)"),
    ("columns against a row", lambda: F.mse_loss(X[:, :1], X[:, 0]), ShapeError, r"one shape; got \(3, 1\) and \(3,\)"),
    (
        "target first",
        lambda: F.cross_entropy(np.array([0, 1, 2]), X),
        DTypeError,
        r"integer class numbers.*shape \(3, 4\)",
    ),
    ("floating class numbers", lambda: F.cross_entropy(X, np.array([0.0, 1, 2])), DTypeError, r"target\.astype\(int\)"),
    (
        "a column of class numbers",
        lambda: F.cross_entropy(X, np.array([[0], [1], [2]])),
        ShapeError,
        r"shape \(3,\).*got \(3, 1\)",
    ),
    (
        "logits as probabilities",
        lambda: F.binary_cross_entropy(X * 3, X),
        ArgumentError,
        "binary_cross_entropy_with_logits",
    ),
    ("logits as log-probabilities' target", lambda: F.nll_loss(X, X), DTypeError, "integer class numbers"),
    ("the state alone for an LSTM", lambda: nn.LSTM(4, 5)(X, np.ones((1, 5))), ArgumentError, r"a pair \(h, c\)"),
    ("a ModuleList called", lambda: nn.ModuleList([nn.Linear(4, 4)])(X), NotImplementedError, "loop over its modules"),
    ("words as indices", lambda: nn.Embedding(3, 2)(np.array([0.5])), DTypeError, r"x\.astype\(int\)"),
    ("a word beyond the table", lambda: nn.Embedding(3, 2)(np.array([3])), ArgumentError, r"0 … 2; got 3"),
    (
        "a layer for its weight",
        lambda: nn.init.zeros_(nn.Linear(2, 2)),
        ArgumentError,
        r"such as layer\.weight; got a Linear",
    ),
    ("an axis in quotes", lambda: nn.LogSoftmax("1")(X), ArgumentError, r"the number of an axis; got '1'"),
    ("an unknown reduction", lambda: nn.MSELoss(reduction="avg"), ArgumentError, "'mean', 'sum', 'none'; got 'avg'"),
]


@pytest.mark.parametrize(("call", "error", "message"), [row[1:] for row in MISTAKES], ids=[row[0] for row in MISTAKES])
def test_a_mistake_is_named_with_its_remedy(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
