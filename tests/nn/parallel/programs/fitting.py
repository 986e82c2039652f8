"""nn.fit on all ranks, and on rank 0 alone with the whole batches, compared; argv[1]: a folder for checkpoints."""

from __future__ import annotations

import copy
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd.errors import AnomalyError, ArgumentError

COMM = nn.parallel.world()
FOLDER = Path(sys.argv[1])
RNG = np.random.default_rng(0)
X = RNG.normal(size=(53, 4))
Y = (X[:, 0] * X[:, 1] > 0).astype(int)
METRICS = {"accuracy": lambda output, y: np.mean(output.argmax(axis=1) == y), "rows": lambda output, y: len(y)}


def net(comm: Any, dropout: float = 0.0) -> nn.Module:
    rng = np.random.default_rng(1)
    hidden = nn.Linear(4, 8, bias=False, dtype=np.float64, rng=rng)  # Adam would follow the rounding of a zero gradient
    norm = nn.SyncBatchNorm(8, dtype=np.float64, comm=comm or nn.parallel.Communicator())
    return nn.Sequential(hidden, norm, nn.Tanh(), nn.Dropout(dropout), nn.Linear(8, 2, dtype=np.float64, rng=rng))


def fitted(comm: Any, kind: str = "adam", epochs: int = 4, dropout: float = 0.0, **options: Any) -> Any:
    model = net(comm, dropout)
    loss = nn.CrossEntropyLoss()
    if kind == "lbfgs":
        optimizer: Any = optim.LBFGS(model.parameters(), max_iter=3, line_search_fn="strong_wolfe")
        options = {"batch_size": 40, **options}
    else:
        optimizer = optim.Adam(model.parameters(), lr=0.02)
        options = {
            "batch_size": 7,
            "clip_norm": 0.5,
            "scheduler": optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=0, factor=0.5),
            "early_stopping": optim.EarlyStopping(patience=2, restore_best=True),
            **options,
        }
    history = nn.fit(
        model, loss, optimizer, (X[:40], Y[:40]), (X[40:], Y[40:]), epochs=epochs, metrics=METRICS, comm=comm,
        rng=np.random.default_rng(2), progress=False, **options,
    )  # fmt: skip
    return model, history


def compare(ours: Any, alone: Any, bound: float) -> None:
    (model, history), (other, expected) = ours, alone
    assert list(history) == list(expected)
    assert history.stopped == expected.stopped
    for name in history.keys() - {"seconds"}:
        np.testing.assert_allclose(history[name], expected[name], atol=bound, rtol=0, err_msg=name)
    for name, values in model.state_dict().items():
        np.testing.assert_allclose(values, other.state_dict()[name], atol=bound, rtol=0, err_msg=name)


def ranks_are_alike(ours: Any) -> None:
    model, history = ours
    state = {name: values.tobytes() for name, values in model.state_dict().items()}
    assert all(theirs == (state, dict(history)) for theirs in COMM.gather((state, dict(history))))


def equals_one_process() -> None:
    for kind, epochs, bound in (("adam", 8, 1e-12), ("lbfgs", 2, 1e-9)):
        ours = fitted(COMM, kind, epochs)
        ranks_are_alike(ours)
        if COMM.is_main:
            compare(ours, fitted(None, kind, epochs), bound)
            assert ours[1]["train_rows"][0] == 40
            assert ours[1]["validation_rows"][0] == 13


def resumed_equals_uninterrupted() -> None:
    """To the bit with the same number of ranks, dropout included; only rank 0 writes."""
    ranks = {"dropout": 0.3, "early_stopping": None}
    autograd.seed(4)
    whole = fitted(COMM, epochs=4, **ranks)
    autograd.seed(4)
    folder = FOLDER / f"same-{COMM.size}"
    fitted(COMM, epochs=2, checkpoint=folder, **ranks)
    autograd.seed(5)
    resumed = fitted(COMM, epochs=4, checkpoint=folder, resume=True, **ranks)
    ranks_are_alike(resumed)
    assert [path.name for path in folder.iterdir()] == ["epoch-0004"]
    compare(resumed, whole, 0.0)


def another_number_of_ranks_resumes() -> None:
    folder = FOLDER / f"other-{COMM.size}"
    if COMM.is_main:
        fitted(None, epochs=2, checkpoint=folder)
    COMM.gather(None)
    resumed = fitted(COMM, epochs=4, checkpoint=folder, resume=True)
    if COMM.is_main:
        compare(resumed, fitted(None, epochs=4), 1e-12)
        compare(fitted(None, epochs=4, resume=folder), resumed, 0.0)  # and one rank goes on with what several wrote


def callbacks_of_one_rank_end_all() -> None:
    callbacks = [lambda model, history: history.epochs == 2] if COMM.is_main else []
    _, history = fitted(COMM, epochs=4, callbacks=callbacks)
    assert (history.epochs, history.stopped) == (2, "callback")


def local_batch_norm_becomes_rank_0_s() -> None:
    model = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Linear(3, 2))
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    history = nn.fit(
        model, nn.CrossEntropyLoss(), optimizer, (X[:40], Y[:40]), epochs=2, batch_size=20, comm=COMM, progress=False
    )
    ranks_are_alike((model, history))


def a_loss_with_parameters_is_averaged() -> None:
    class Scaled(nn.Module):
        def __init__(self) -> None:
            self.scale = nn.Parameter(np.array(1.0 + COMM.rank))

        def forward(self, output: Any, y: Any) -> Any:
            return nn.functional.cross_entropy(output * self.scale, y)

    model, loss = nn.Linear(4, 2), Scaled()
    optimizer = optim.SGD([*model.parameters(), *loss.parameters()], lr=0.1)
    nn.fit(model, loss, optimizer, (X, Y), epochs=1, batch_size=9, comm=COMM, progress=False)
    assert len(set(COMM.gather(loss.scale.item()))) == 1


def nan_on_one_rank_is_an_error_on_all() -> None:
    x = X[:40].copy()
    x[-1, 2] = np.nan  # the last row of the last batch belongs to the last rank
    model = net(COMM)
    before = model.state_dict()
    with pytest.raises(AnomalyError, match=rf"On rank {COMM.size - 1}: The data hold it: input 0 of the batch is nan"):
        nn.fit(
            model, nn.CrossEntropyLoss(), optim.SGD(model.parameters(), lr=0.1),
            nn.data.DataLoader(x, Y[:40], batch_size=40, comm=COMM), epochs=1, comm=COMM, progress=False,
        )  # fmt: skip
    assert all(np.array_equal(model.state_dict()[name], before[name]) for name in ("0.weight", "4.weight"))


def wrong_calls() -> None:
    model = nn.Linear(4, 2)
    arguments = (nn.CrossEntropyLoss(), optim.SGD(model.parameters(), lr=0.1))
    everything = nn.data.DataLoader(X, Y, batch_size=8)
    norm = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3))
    for train, chosen, options, said in (
        (everything, model, {}, "every rank would take all rows of train"),
        ((X[:33], Y[:33]), norm, {"batch_size": 32 - COMM.size}, "last batch of train has one row"),
        ((X, Y), model, {"resume": FOLDER / "nowhere"}, "there is no checkpoint in"),
    ):
        optimizer = arguments[1] if chosen is model else optim.SGD(chosen.parameters(), lr=0.1)
        with pytest.raises((ArgumentError, FileNotFoundError), match=said):
            nn.fit(chosen, arguments[0], optimizer, train, epochs=1, comm=COMM, progress=False, **options)


def a_data_parallel_model_brings_its_ranks() -> None:
    model = nn.parallel.DataParallel(copy.deepcopy(net(COMM)))
    history = nn.fit(
        model, nn.CrossEntropyLoss(), optim.SGD(model.parameters(), lr=0.1), (X, Y), epochs=1, progress=COMM.rank == 1
    )
    ranks_are_alike((model, history))


if __name__ == "__main__":
    several = COMM.size > 1
    equals_one_process()
    resumed_equals_uninterrupted()
    another_number_of_ranks_resumes()
    if several:
        callbacks_of_one_rank_end_all()
        local_batch_norm_becomes_rank_0_s()
        a_loss_with_parameters_is_averaged()
        nan_on_one_rank_is_an_error_on_all()
        wrong_calls()
        a_data_parallel_model_brings_its_ranks()
    if COMM.is_main:
        sys.stdout.write("done")
