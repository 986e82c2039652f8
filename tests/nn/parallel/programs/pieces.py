"""What several ranks do: each function is run on all of them."""

from __future__ import annotations

import copy
import sys
from typing import Any

import numpy as np

import autograd
import nn
import optim
from autograd.errors import ArgumentError, GraphError, ShapeError

COMM = nn.parallel.world()
RANK, SIZE = COMM.rank, COMM.size


def error_of(kind: type[Exception], function: Any) -> str:
    try:
        function()
    except kind as error:
        return str(error)
    raise AssertionError(f"no {kind.__name__}")


def unused_parameters() -> None:
    """A parameter that one rank uses gets its gradient on all ranks; one that none uses stays None."""
    layers = [nn.Linear(2, 1, dtype=np.float64) for _ in range(2)]

    class Net(nn.Module):
        def __init__(self) -> None:
            self.layers = layers
            self.unused = nn.Linear(2, 1)

        def forward(self, x: Any) -> Any:
            return self.layers[min(RANK, 1)](x)

    model = nn.parallel.DataParallel(Net())
    np.mean(model(np.full((2, 2), 1.0 + RANK))).backward()
    assert model.module.unused.weight.grad is None
    np.testing.assert_allclose(layers[0].weight.grad.numpy(), np.full((1, 2), 1 / SIZE))
    np.testing.assert_allclose(layers[1].weight.grad.numpy(), np.full((1, 2), sum(range(2, SIZE + 1)) / SIZE))


def gradients_accumulate_over_backwards() -> None:
    model = nn.parallel.DataParallel(nn.Linear(2, 1, dtype=np.float64))
    x = np.full((2, 2), 1.0 + RANK)
    np.mean(model(x)).backward()
    once = model.module.weight.grad.numpy().copy()
    np.mean(model(x)).backward()
    np.testing.assert_allclose(model.module.weight.grad.numpy(), 2 * once)
    with model.no_sync():
        np.mean(model(x)).backward()
        assert not np.allclose(model.module.weight.grad.numpy(), 3 * once)
    np.mean(model(x)).backward()
    np.testing.assert_allclose(model.module.weight.grad.numpy(), 4 * once)
    model.zero_grad()
    (np.mean(model(x)) + np.mean(model(x))).backward()  # two forward passes, one average
    np.testing.assert_allclose(model.module.weight.grad.numpy(), 2 * once)
    assert model.passes == 5


def two_dtypes_are_two_messages() -> None:
    net = nn.Sequential(nn.Linear(3, 4, dtype=np.float32), nn.Linear(4, 2, dtype=np.float64))
    model = nn.parallel.DataParallel(net)
    before = COMM.bytes
    np.mean(model(np.ones((1 + RANK, 3), np.float32)) ** 2).backward()
    assert COMM.bytes - before == 4 * (16 + 2 + 3) + 8 * (10 + 2), COMM.bytes - before
    assert net[0].weight.grad.dtype == np.float32


def half_precision() -> None:
    model = nn.parallel.DataParallel(nn.Linear(2, 1).half())
    np.mean(model(np.ones((200, 2), np.float16) * 300)).backward()  # the sum over the rows would overflow
    np.testing.assert_array_equal(model.module.weight.grad.numpy(), np.full((1, 2), 300, np.float16))


def frozen_parameters_do_not_travel() -> None:
    net = nn.Sequential(nn.Linear(50, 50), nn.Linear(50, 1))
    model = nn.parallel.DataParallel(net)
    net[0].requires_grad_(False)
    before = COMM.bytes
    np.mean(model(np.ones((2, 50), np.float32))).backward()
    assert COMM.bytes - before == 4 * (51 + 2 + 3)
    assert net[0].weight.grad is None


def models_become_rank_0_s() -> None:
    net = nn.Sequential(nn.Linear(2, 2, rng=np.random.default_rng(RANK)), nn.BatchNorm1d(2))
    net[1].running_mean.numpy()[...] = RANK
    nn.parallel.DataParallel(net)
    weights = COMM.gather(net.state_dict())
    assert all(np.array_equal(w[key], weights[0][key]) for w in weights for key in w)
    assert not weights[0]["1.running_mean"].any()


def different_models_are_refused() -> None:
    said = error_of(ArgumentError, lambda: nn.parallel.DataParallel(nn.Linear(2, 3 if RANK == 1 else 2)))
    assert "rank 0 has weight of shape (2, 2) and float32, rank 1 has weight of shape (3, 2) and float32" in said, said
    said = error_of(ArgumentError, lambda: nn.parallel.DataParallel(nn.Linear(2, 2, bias=RANK == 1)))
    assert "rank 0 has nothing more, rank 1 has bias of shape (2,)" in said, said


def different_data_are_refused() -> None:
    model = nn.parallel.DataParallel(nn.Linear(2, 1))
    said = error_of(ShapeError, lambda: model(np.ones((3, 2 + RANK))))
    assert "rank 0: (2,) of float64" in said, said
    assert "rank 1: (3,) of float64" in said, said
    said = error_of(ShapeError, lambda: nn.data.DataLoader(np.ones(5 + RANK), comm=COMM))
    assert "rank 1: [((6,), 'float64')], batch_size=1" in said, said


def a_graph_of_the_gradient_is_refused() -> None:
    model = nn.parallel.DataParallel(nn.Linear(2, 1))
    loss = np.mean(model(np.ones((2, 2))) ** 2)
    assert "create_graph" in error_of(GraphError, lambda: loss.backward(create_graph=True))
    assert model.module.weight.grad is None


def no_rows_at_all_are_refused() -> None:
    model = nn.parallel.DataParallel(nn.Linear(2, 1))
    y = model(np.ones((0, 2), np.float32))
    assert "no rank has a row" in error_of(ArgumentError, lambda: y.sum().backward())


def evaluation_needs_no_other_rank() -> None:
    model = nn.parallel.DataParallel(nn.Linear(2, 1))
    if RANK == 0:
        with autograd.no_grad():
            model(np.ones((2, 2)))
    COMM.gather(None)


def dropout_differs_by_rank() -> None:
    draws = []
    for _ in range(2):
        autograd.seed(RANK)  # even where a program seeds the ranks differently, rank 0's seed decides
        model = nn.parallel.DataParallel(nn.Sequential(nn.Linear(40, 40), nn.Dropout(0.5)))
        draws.append(COMM.gather(model(np.ones((1, 40), np.float32)).numpy() != 0))
    np.testing.assert_array_equal(draws[0], draws[1])
    assert not np.array_equal(draws[0][0], draws[0][1])


def loaders_cut_the_batches_of_one_process() -> None:
    x = np.arange(23.0)
    labels = np.arange(23) % 3
    for options in ({}, {"shuffle": True}, {"shuffle": True, "balanced": True}, {"drop_last": True, "shuffle": True}):
        whole = nn.data.DataLoader(x, labels, batch_size=5, rng=np.random.default_rng(1), **options)
        mine = nn.data.DataLoader(x, labels, batch_size=5, rng=np.random.default_rng(1 + RANK), comm=COMM, **options)
        assert len(whole) == len(mine)
        for _ in range(2):
            parts = COMM.gather([a for a, _ in mine])
            for number, (expected, _) in enumerate(whole):
                found = [part[number] for part in parts]
                np.testing.assert_array_equal(np.concatenate(found), expected)
                assert max(map(len, found)) - min(map(len, found)) <= 1


def loaders_of_a_dataset_may_give_no_rows() -> None:
    class Rows:
        def __len__(self) -> int:
            return 1

        def __getitem__(self, i: int) -> Any:
            return np.full(3, i), i

    (batch,) = nn.data.DataLoader(Rows(), batch_size=4, comm=COMM)
    shapes = COMM.gather([part.shape for part in batch])
    assert sorted(shapes) == [[(0, 3), (0,)]] * (SIZE - 1) + [[(1, 3), (1,)]], shapes


def statistics_of_the_whole_batch() -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(3, 2, (7, 3, 2))
    layer = nn.SyncBatchNorm(3, momentum=None, dtype=np.float64)
    alone = nn.BatchNorm1d(3, momentum=None, dtype=np.float64)
    mine = x[7 * RANK // SIZE : 7 * (RANK + 1) // SIZE]
    out = np.concatenate(COMM.gather(layer(mine).numpy()))
    np.testing.assert_allclose(out, alone(x).numpy(), atol=1e-14)
    for name, buffer in alone.named_buffers():
        np.testing.assert_allclose(layer.get_buffer(name).numpy(), buffer.numpy(), rtol=1e-14)
    with COMM.alone():
        np.testing.assert_array_equal(copy.deepcopy(layer)(x).numpy(), alone(x).numpy())
    assert "more than one value" in error_of(ShapeError, lambda: layer(x[: RANK == 0, :, :1]))


def every_optimizer_stays_alike() -> None:
    for make in (optim.SGD, optim.Adam, optim.RMSprop, optim.Adagrad):
        model = nn.parallel.DataParallel(nn.Linear(3, 1, rng=np.random.default_rng(0)))
        optimizer = make(model.parameters(), lr=0.01)
        for _ in range(3):
            optimizer.zero_grad()
            np.mean(model(np.full((1 + RANK, 3), 1.0 + RANK, np.float32)) ** 2).backward()
            optimizer.step()
        weights = COMM.gather(model.module.weight.numpy().tobytes())
        assert len(set(weights)) == 1


if __name__ == "__main__":
    pieces = [f for f in globals().values() if getattr(f, "__module__", "") == "__main__" and f is not error_of]
    for piece in pieces:
        autograd.seed(0)
        piece()
    if COMM.is_main:
        sys.stdout.write(f"{len(pieces)} pieces")
