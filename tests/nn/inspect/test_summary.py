"""summary: the table, its numbers, and that the model does not change."""

from __future__ import annotations

import copy
import threading
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor, no_grad, random
from autograd.engine.modes import mode
from autograd.errors import ArgumentError, ShapeError


class Net(nn.Module):
    """Nested, with a layer called twice, one with two names, a shared weight, a frozen layer, and one never called."""

    def __init__(self) -> None:
        self.enc = nn.Linear(8, 8)
        self.blocks = [nn.Residual(nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 8))) for _ in range(2)]
        self.dec = nn.Linear(8, 8)
        self.dec.weight = self.enc.weight
        self.again = self.enc
        self.frozen = nn.Linear(8, 2).requires_grad_(False)
        self.unused = nn.ReLU()

    def forward(self, x: Any) -> Any:
        x = self.again(self.enc(x))
        for block in self.blocks:
            x = block(x)
        return self.dec(x), self.frozen(x), x @ np.swapaxes(x, 0, 1)


def test_the_table() -> None:
    assert str(nn.summary(Net(), (4, 8))) == (
        "Layer                     Output shape            Parameters  Multiply-adds\n"
        "---------------------------------------------------------------------------\n"
        "Net                       (4, 8), (4, 2), (4, 4)           -            128\n"
        "  enc: Linear, 2 calls    (4, 8)                          72            512\n"
        "  blocks.0: Residual      (4, 8)                           -              -\n"
        "    block: Sequential     (4, 8)                           -              -\n"
        "      0: Linear           (4, 16)                        144            512\n"
        "      1: ReLU             (4, 16)                          -              -\n"
        "      2: Linear           (4, 8)                         136            512\n"
        "  blocks.1: Residual      (4, 8)                           -              -\n"
        "    block: Sequential     (4, 8)                           -              -\n"
        "      0: Linear           (4, 16)                        144            512\n"
        "      1: ReLU             (4, 16)                          -              -\n"
        "      2: Linear           (4, 8)                         136            512\n"
        "  dec: Linear (shared)    (4, 8)                           8            256\n"
        "  again: Linear (shared)                                   -              -\n"
        "  frozen: Linear          (4, 2)                          18             64\n"
        "  unused: ReLU            not called                       -              -\n"
        "---------------------------------------------------------------------------\n"
        "Parameters: 658 (640 trainable, 18 frozen), 2.6 KiB\n"
        "Multiply-adds: 3,008 for input of shape (4, 8)"
    )


def test_the_data() -> None:
    net = Net()
    found = nn.summary(net, (4, 8))
    assert (found.parameters, found.trainable, found.frozen) == (sum(p.size for p in net.parameters()), 640, 18)
    assert found.multiply_adds == sum(row.multiply_adds for row in found.rows) == 3008
    assert found.nbytes == 4 * 658
    row = next(row for row in found.rows if row.path == "blocks.1.block.2")
    assert (row.name, row.layer, row.depth, row.calls) == ("2", "Linear", 3, 1)
    assert (row.input_shapes, row.output_shape, row.parameters) == (((4, 16),), (4, 8), 136)
    twice = found.rows[1]
    assert (twice.calls, twice.multiply_adds, twice.shared) == (2, 2 * 4 * 8 * 8, False)


def test_a_depth_adds_up_what_it_hides() -> None:
    whole, short = nn.summary(Net(), (4, 8)), nn.summary(Net(), (4, 8), depth=1)
    assert [row.name for row in short.rows] == ["", "enc", "blocks.0", "blocks.1", "dec", "again", "frozen", "unused"]
    assert short.rows[2].parameters == 280
    assert short.rows[2].multiply_adds == 1024
    assert (whole.parameters, whole.trainable, whole.multiply_adds) == (
        short.parameters,
        short.trainable,
        short.multiply_adds,
    )
    assert len(nn.summary(Net(), (4, 8), depth=0).rows) == 1


class Product(nn.Module):
    """Multiply-adds of one expression of a (2, 3, 4) and a (4, 5) array."""

    def __init__(self, function: Any) -> None:
        self.function = function
        self.w = nn.Parameter(np.ones((4, 5)))

    def forward(self, x: Any) -> Any:
        return self.function(x, self.w)


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda x, w: x @ w, 2 * 3 * 4 * 5),
        (lambda x, w: np.dot(x, w), 2 * 3 * 4 * 5),
        (lambda x, w: np.tensordot(x, w, 1), 2 * 3 * 4 * 5),
        (lambda x, w: np.einsum("abc,cd->abd", x, w), 2 * 3 * 4 * 5),
        (lambda x, w: np.einsum("...c,cd->...d", x, w), 2 * 3 * 4 * 5),
        (lambda x, w: np.inner(x, w.T), 2 * 3 * 4 * 5),
        (lambda x, w: x @ w[:, 0], 2 * 3 * 4),
        (lambda x, w: np.outer(x, w), 24 * 20),
        (lambda x, w: np.vdot(x, x), 24),
        (lambda x, w: x @ np.swapaxes(x, 1, 2), 2 * 3 * 3 * 4),
        (lambda x, w: x[0, 0] @ x[0, 1], 4),
        (lambda x, w: np.convolve(x[0, 0], w[0, :2]), 5 * 2),
        (lambda x, w: np.tanh(x) * 3 + np.sum(w), 0),
        (lambda x, w: 3.0, 0),
        (lambda x, w: {"a": x @ w, "b": [x @ w, None]}, 2 * 2 * 3 * 4 * 5),
    ],
)
def test_multiply_adds_of_products(function: Any, expected: int) -> None:
    assert nn.summary(Product(function), (2, 3, 4)).multiply_adds == expected


def test_multiply_adds_of_layers() -> None:
    for layer, shape, expected in [
        (nn.Conv2d(4, 6, 3, groups=2, padding=1), (2, 4, 5, 5), 2 * 6 * 5 * 5 * (2 * 3 * 3)),
        (nn.Conv1d(3, 4, 2, stride=2), (2, 3, 8), 2 * 4 * 4 * (3 * 2)),
        (nn.ConvTranspose2d(3, 4, 2), (2, 3, 5, 5), 2 * 3 * 5 * 5 * (4 * 2 * 2)),
        (nn.LSTM(8, 16, 2), (5, 3, 8), 5 * 3 * 4 * 16 * ((8 + 16) + (16 + 16))),
        (nn.GRU(8, 16), (5, 3, 8), 5 * 3 * 3 * 16 * (8 + 16)),
        (nn.LSTMCell(8, 16), (3, 8), 3 * 4 * 16 * (8 + 16)),
        (nn.Bilinear(3, 4, 5), [(2, 3), (2, 4)], None),
    ]:
        found = nn.summary(layer, shape).multiply_adds
        assert found == expected or expected is None and found > 0, layer
    attention = nn.MultiheadAttention(16, 4, batch_first=True)
    found = nn.summary(attention, (2, 5, 16), (2, 5, 16), (2, 5, 16)).multiply_adds
    assert found == 4 * (2 * 5) * 16 * 16 + 2 * (2 * 5 * 5 * 16)  # four projections, two products of all pairs


def test_inputs() -> None:
    class Two(nn.Module):
        def __init__(self) -> None:
            self.table = nn.Embedding(7, 4)
            self.fc = nn.Linear(4, 2)

        def forward(self, index: Any, x: Any, scale: Any = None) -> Any:
            y = self.fc(self.table(index) + x)
            return y if scale is None else y * scale

    net, ints = Two(), np.zeros((3,), int)
    for found in (
        nn.summary(net, (3,), (3, 4), dtype=[int, np.float32]),
        nn.summary(net, [(3,), (3, 4)], dtype=[int, np.float32]),
        nn.summary(net, ints, np.ones((3, 4), np.float32)),
        nn.summary(net, Tensor(ints), Tensor(np.ones((3, 4), np.float32)), scale=(2,)),
        nn.summary(net, (ints, (3, 4))),
    ):
        assert found.rows[0].output_shape == (3, 2)
        assert found.input_shapes[:2] == ((3,), (3, 4))
        assert found.multiply_adds == 3 * 4 * 2
    assert nn.summary(nn.Embedding(5, 2), (3,), dtype=int).rows[0].output_shape == (3, 2)
    assert nn.summary(nn.Linear(2, 2, dtype=np.float64), (3, 2)).nbytes == 8 * 6
    for call, message in [
        (lambda: nn.summary(net), "needs an input shape"),
        (lambda: nn.summary(net, (3,), (3, 4), dtype=[int]), "1 dtypes for 2 inputs"),
        (lambda: nn.summary(nn.ReLU(), (-1, 4)), r"the batch axis included; got \(-1, 4\)"),
        (lambda: nn.summary(np.tanh, (1,)), "takes a module; got ufunc"),
    ]:
        with pytest.raises(ArgumentError, match=message):
            call()


class Busy(nn.Module):
    """A module that changes whenever it is called."""

    def __init__(self, fail: bool = False) -> None:
        self.rng = np.random.default_rng(3)
        self.norm = nn.BatchNorm1d(4)
        self.drop = nn.Dropout(0.5)
        self.fc = nn.Linear(4, 4)
        self.calls, self.log, self.fail = 0, [], fail
        self.total = nn.Buffer(np.zeros(4))

    def forward(self, x: Any) -> Any:
        assert not self.training
        self.calls += 1
        with no_grad():
            self.total += 1
        self.noise = self.rng.normal(size=4) + random.generator().normal()
        self.log.append(self.fc(self.drop(self.norm(x))))
        return self.log[-1] if not self.fail else self.fc(np.ones(3))


@pytest.mark.parametrize("fail", [False, True])
def test_nothing_changes(fail: bool) -> None:
    net = Busy(fail)
    net.norm.eval()
    net.fc.bias.requires_grad = False
    net.fc.register_forward_hook(lambda module, args, output: output * 2)
    net.log.append(nn.Linear(2, 2)(np.ones(2)))  # a recorded result, which cannot be copied
    kept = dict(vars(net)) | {"log": list(net.log)}
    state, generators = net.state_dict(), [net.rng.bit_generator.state, random.generator().bit_generator.state]
    flags = [(m.training, vars(m).get("training")) for m in net.modules()]
    asks = [(p.requires_grad, p.grad, p.written) for p in net.parameters()]
    if fail:
        with pytest.raises(ShapeError, match=r"^Busy\.fc: Linear expects"):
            nn.summary(net, (5, 4))
    else:
        assert nn.summary(net, (5, 4)).rows[0].output_shape == (5, 4)
    assert vars(net) == kept
    assert all((value == state[name]).all() for name, value in net.state_dict().items())
    assert [net.rng.bit_generator.state, random.generator().bit_generator.state] == generators
    assert [(m.training, vars(m).get("training")) for m in net.modules()] == flags
    assert [(p.requires_grad, p.grad, p.written) for p in net.parameters()] == asks
    assert mode.get().scope == ()


def test_a_graph_from_before_and_the_surrounding_mode_do_no_harm() -> None:
    net = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 1))
    loss = net(np.ones((2, 4))).sum()
    with no_grad(), autograd.detect_anomaly():
        assert nn.summary(net, (2, 4)).multiply_adds == 2 * (16 + 4)
    loss.backward()
    assert all(p.grad is not None for p in net.parameters())
    assert nn.summary(net.requires_grad_(False), (2, 4)).trainable == 0
    assert nn.summary(net, (2, 4)).multiply_adds == 2 * (16 + 4)


def test_in_a_thread() -> None:
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(nn.summary(Net(), (4, 8)).multiply_adds))
    thread.start()
    thread.join()
    assert found == [3008]


def test_zeros_that_are_divided_by_give_no_warning() -> None:
    assert nn.summary(nn.Lambda(lambda x: np.log(x) / x), (3,)).rows[0].output_shape == (3,)


def test_a_summary_can_be_copied() -> None:
    found = nn.summary(nn.Linear(2, 2), (1, 2))
    assert copy.deepcopy(found) == found
