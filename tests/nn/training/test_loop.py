"""nn.fit: what it computes and records, what ends it, and the state that it leaves. Checkpoints: test_checkpoint.py."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd.errors import AnomalyError, ArgumentError
from nn.data import DataLoader

schedules = optim.lr_scheduler


def problem(n: int = 96) -> tuple[np.ndarray, np.ndarray]:
    x = np.random.default_rng(5).normal(size=(n, 6)).astype(np.float32)
    return x, (x[:, 0] * x[:, 1] + x[:, 2] > 0).astype(np.int64)


X, Y = problem()
TRAIN, VALIDATION = (X[:64], Y[:64]), (X[64:], Y[64:])


def network(seed: int = 0) -> nn.Module:
    rng = np.random.default_rng(seed)
    return nn.Sequential(
        nn.Linear(6, 16, rng=rng), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 2, rng=rng)
    )


def plain(seed: int = 0) -> nn.Module:
    rng = np.random.default_rng(seed)
    return nn.Sequential(nn.Linear(6, 8, rng=rng), nn.Tanh(), nn.Linear(8, 2, rng=rng))


def accuracy(output: np.ndarray, y: np.ndarray) -> Any:
    return np.mean(output.argmax(axis=1) == y)


def fit(model: nn.Module, *data: Any, **options: Any) -> nn.History:
    optimizer = options.pop("optimizer", None) or optim.SGD(model.parameters(), lr=0.1)
    defaults = {"epochs": 3, "progress": False, "rng": np.random.default_rng(1)}
    return nn.fit(model, nn.CrossEntropyLoss(), optimizer, *(data or (TRAIN, VALIDATION)), **{**defaults, **options})


def same(a: nn.Module, b: nn.Module) -> None:
    ours, theirs = a.state_dict(), b.state_dict()
    for name, array in ours.items():
        assert array.tobytes() == theirs[name].tobytes(), name


# The loop


def test_it_is_the_loop_that_one_would_write() -> None:
    ours, by_hand = network(), network()
    autograd.seed(3)
    history = fit(
        ours, epochs=2, optimizer=optim.Adam(ours.parameters()), metrics={"accuracy": accuracy}, batch_size=10
    )
    autograd.seed(3)
    optimizer, rng, loss_of = optim.Adam(by_hand.parameters()), np.random.default_rng(1), nn.CrossEntropyLoss()
    for epoch in range(2):
        losses, right = [], []
        by_hand.train()
        for x, y in nn.data.minibatches(*TRAIN, batch_size=10, rng=rng):
            output = by_hand(x)
            loss = loss_of(output, y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses += [loss.item()] * len(y)
            right += (np.argmax(output, axis=1) == y).tolist()
        by_hand.eval()
        with autograd.no_grad():
            output = by_hand(VALIDATION[0])
        assert history["train_loss"][epoch] == pytest.approx(np.mean(losses), rel=1e-12)
        assert history["train_accuracy"][epoch] == pytest.approx(np.mean(right))
        assert history["validation_loss"][epoch] == pytest.approx(float(loss_of(output, VALIDATION[1])), rel=1e-6)
        assert history["validation_accuracy"][epoch] == pytest.approx(accuracy(output.numpy(), VALIDATION[1]))
    same(ours, by_hand)
    assert history["epoch"] == [1, 2]
    assert history["lr"] == [1e-3, 1e-3]
    assert (history.stopped, history.epochs) == ("epochs", 2)


def test_modes_are_put_back_and_validation_records_nothing() -> None:
    model = network().eval()
    model[3].train()
    seen = []
    model.register_forward_hook(lambda module, args, output: seen.append((module.training, autograd.is_grad_enabled())))
    fit(model, epochs=1, batch_size=64)
    assert seen == [(True, True), (False, False)]
    assert [module.training for module in model.modules()] == [False, False, False, False, True, False]


def test_any_iterable_of_batches_and_several_inputs() -> None:
    class Two(nn.Module):
        def __init__(self) -> None:
            self.inner = plain()

        def forward(self, a: Any, b: Any) -> Any:
            return self.inner(np.concatenate([a, b], axis=1))

    split = (X[:64, :2], X[:64, 2:], Y[:64])
    one, two, three = Two(), Two(), Two()
    history = fit(one, split, batch_size=16)
    assert list(history) == ["epoch", "train_loss", "lr", "seconds"]
    fit(two, DataLoader(*split, batch_size=16, shuffle=True, rng=np.random.default_rng(1)))
    same(one, two)
    fit(three, [[*split]], [(X[64:, :2], X[64:, 2:], Y[64:])], epochs=1)  # one batch, as a list
    assert np.isfinite(three.inner[0].weight.numpy()).all()


def test_a_rare_class_is_learnt_from_balanced_batches() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 6)).astype(np.float32)
    y = (rng.random(400) < 0.05).astype(int)
    x[y == 1, 0] += 2.0
    recalls = []
    for balanced in (False, True):
        model = plain()
        loader = DataLoader(x, y, batch_size=20, shuffle=True, balanced=balanced, rng=np.random.default_rng(2))
        fit(model, loader, epochs=5)
        recalls.append(accuracy(model(x[y == 1]).numpy(), 1))
    assert recalls[1] > recalls[0] + 0.2


def test_the_gradient_is_clipped() -> None:
    model = plain()
    before = model.state_dict()
    fit(model, optimizer=optim.SGD(model.parameters(), lr=1.0), epochs=1, batch_size=64, clip_norm=1e-3)
    moved = np.sqrt(sum(np.sum((value - before[name]) ** 2) for name, value in model.state_dict().items()))
    assert moved == pytest.approx(1e-3, rel=1e-2)


def test_callbacks_see_each_epoch_and_may_end_it() -> None:
    seen = []
    history = fit(
        plain(),
        epochs=9,
        callbacks=[
            lambda model, history: seen.append(history["epoch"][-1]),
            lambda model, history: history.epochs == 4,
        ],
    )
    assert seen == [1, 2, 3, 4]
    assert history.stopped == "callback"


class NeedsClosure(optim.SGD):
    """An optimizer whose step takes a closure, as that of LBFGS."""

    def step(self, closure: Any) -> Any:  # type: ignore[override]
        first = closure()
        super().step()
        closure()
        super().step()
        return first


def test_an_optimizer_that_needs_a_closure_gets_one() -> None:
    twice, by_hand = plain(), plain()
    fit(
        twice,
        [TRAIN],
        VALIDATION,
        epochs=1,
        optimizer=NeedsClosure(twice.parameters(), lr=0.1),
        metrics={"accuracy": accuracy},
    )
    fit(by_hand, [TRAIN], epochs=2)
    same(twice, by_hand)


def test_lbfgs_fits() -> None:
    model = plain()
    history = fit(model, [TRAIN], epochs=3, optimizer=optim.LBFGS(model.parameters(), line_search_fn="strong_wolfe"))
    assert history["train_loss"][-1] < 0.3 * history["train_loss"][0]


# Schedules and early stopping


def test_a_schedule_goes_by_epochs_or_by_batches() -> None:
    model = plain()
    optimizer = optim.SGD(model.parameters(), lr=1.0)
    history = fit(model, optimizer=optimizer, scheduler=schedules.ExponentialLR(optimizer, 0.5))
    assert history["lr"] == [1.0, 0.5, 0.25]
    optimizer = optim.SGD(model.parameters(), lr=1.0)
    history = fit(
        model, optimizer=optimizer, scheduler=schedules.ExponentialLR(optimizer, 0.5), scheduler_every="batch"
    )
    assert history["lr"] == [2.0**-2, 2.0**-4, 2.0**-6]  # two batches an epoch
    with pytest.raises(ArgumentError, match="must be 'epoch' or 'batch'; got 'step'"):
        fit(model, scheduler_every="step")


def test_plateau_sees_the_monitored_value() -> None:
    model = plain()
    optimizer = optim.SGD(model.parameters(), lr=0.0)  # nothing gets better
    history = fit(model, optimizer=optimizer, scheduler=schedules.ReduceLROnPlateau(optimizer, patience=0), epochs=3)
    assert optimizer.param_groups[0]["lr"] == 0
    optimizer = optim.SGD(model.parameters(), lr=1e-7)
    scheduler = schedules.ReduceLROnPlateau(optimizer, mode="max", patience=0, eps=0)
    history = fit(
        model,
        optimizer=optimizer,
        scheduler=scheduler,
        epochs=3,
        monitor="validation_accuracy",
        metrics={"accuracy": accuracy},
    )
    assert scheduler.best == history["validation_accuracy"][0]
    np.testing.assert_allclose(history["lr"], [1e-7, 1e-7, 1e-8])
    with pytest.raises(ArgumentError, match="ReduceLROnPlateau looks at a value of the epoch"):
        fit(model, scheduler=scheduler, scheduler_every="batch")


@pytest.mark.parametrize("ends", ["early stopping", "epochs"])
def test_the_best_weights_are_restored_whatever_ends_it(ends: str) -> None:
    model, kept = network(), []
    stopping = optim.EarlyStopping(5 if ends == "early stopping" else 99)
    history = fit(
        model, epochs=40, optimizer=optim.SGD(model.parameters(), lr=1.0), early_stopping=stopping,
        callbacks=[lambda model, history: kept.append(model.state_dict()) and False], batch_size=8,
    )  # fmt: skip
    assert history.stopped == ends
    best = int(np.argmin(history["validation_loss"]))
    assert best < history.epochs - 1
    assert history.best_epoch == best + 1
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(value, kept[best][name])


def test_early_stopping_by_a_metric_and_its_min_delta() -> None:
    stopping = optim.EarlyStopping(2, min_delta=10.0, mode="max")
    model = plain()
    for _ in range(2):  # it begins anew in each training
        history = fit(
            model, epochs=9, early_stopping=stopping, monitor="validation_accuracy", metrics={"accuracy": accuracy}
        )
        assert (history.epochs, history.best_epoch, history.mode) == (3, 1, "max")  # no later one is better by 10
    with pytest.raises(
        ArgumentError, match="monitor must be one of train_loss, validation_loss; got 'validation_accuracy'"
    ):
        fit(model, monitor="validation_accuracy")


# Ctrl-C and nan


@pytest.fixture
def keyboard() -> Iterator[None]:
    """Ctrl-C as at a terminal; a program in the background of a shell ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("keyboard")
@pytest.mark.parametrize("stopping", [None, 50])
def test_ctrl_c_keeps_the_best_weights_and_returns_the_history(stopping: int | None) -> None:
    weights = []

    def press(model: nn.Module, history: nn.History) -> None:
        weights.append(model.state_dict())

    class Pressed:
        count = 0

        def __iter__(self) -> Any:
            for batch in DataLoader(*TRAIN, batch_size=8, shuffle=True, rng=np.random.default_rng(1)):
                self.count += 1
                if self.count == 6 * 8 + 3:
                    os.kill(os.getpid(), signal.SIGINT)
                yield batch

    model = network()
    history = fit(
        model, Pressed(), VALIDATION, epochs=99, optimizer=optim.SGD(model.parameters(), lr=1.0), callbacks=[press],
        early_stopping=None if stopping is None else optim.EarlyStopping(stopping),
    )  # fmt: skip
    assert history.stopped == "interrupted"
    assert [len(values) for values in history.values()] == [6] * len(history)
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(value, weights[history.best_epoch - 1][name])
    assert model.training


def test_ctrl_c_in_the_first_epoch() -> None:
    def interrupted(model: nn.Module, history: nn.History) -> None:
        raise KeyboardInterrupt

    class Never:
        def __iter__(self) -> Any:
            raise KeyboardInterrupt

    history = fit(plain(), Never(), early_stopping=optim.EarlyStopping(2))
    assert (history, history.stopped, history.best_epoch) == ({}, "interrupted", None)
    assert fit(plain(), callbacks=[interrupted]).epochs == 1


def test_ctrl_c_while_an_epoch_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    record = nn.History.append

    def half(self: nn.History, row: dict[str, Any]) -> None:
        if row["epoch"] == 3:
            self["epoch"].append(3)
            raise KeyboardInterrupt
        record(self, row)

    monkeypatch.setattr(nn.History, "append", half)
    history = fit(plain(), epochs=5)
    assert {len(values) for values in history.values()} == {2}


class Root(nn.Module):
    def forward(self, x: Any) -> Any:
        return np.sqrt(x)


def test_a_nan_is_traced_to_its_operation_module_and_line() -> None:
    model = nn.Sequential(plain(), Root())
    before = model.state_dict()
    with np.errstate(all="ignore"), pytest.raises(AnomalyError) as caught:
        fit(model)
    message = str(caught.value)
    assert message.startswith(
        "the loss is nan in epoch 1, batch 1. The weights are those before this batch.\nsqrt() gave the first nan"
    )
    assert "in module Sequential.1" in message
    assert "return np.sqrt(x)" in message
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(value, before[name])
    assert model.training


def test_a_gradient_of_nan_spoils_no_weight() -> None:
    model = nn.Sequential(
        plain(), nn.ReLU(), Root(), nn.Linear(2, 2)
    )  # the slope of the root at 0 is infinite; the loss is fine
    before = model.state_dict()
    with (
        np.errstate(all="ignore"),
        pytest.raises(AnomalyError, match=r"a gradient is not finite in epoch 1, batch 1(.|\n)*VJP of sqrt"),
    ):
        fit(model)
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(value, before[name])


def test_the_same_dropout_mask_is_drawn_when_a_batch_is_computed_again() -> None:
    class Inverse(nn.Module):
        def forward(self, x: Any) -> Any:
            return 1 / (x * (self.drawn.random() > 0.02))  # now and then 0

        def __init__(self) -> None:
            self.drawn = np.random.default_rng(0)

    model = nn.Sequential(plain(), Inverse())
    with (
        np.errstate(all="ignore"),
        pytest.raises(
            AnomalyError, match=r"epoch \d+, batch \d(.|\n)*divide\(\) gave the first inf.*Sequential\.1"
        ) as caught,
    ):
        fit(model, optimizer=optim.SGD(model.parameters(), lr=0.0), epochs=200)
    assert "epoch 1, batch 1." not in str(caught.value)


def test_nan_in_the_data_or_the_weights_is_named() -> None:
    x = X.copy()
    x[3, 2] = np.nan
    with pytest.raises(AnomalyError, match=r"The data hold it: input 0 of the batch is nan at \(3, 2\)"):
        fit(plain(), [(x, Y)])
    model = plain()
    model[0].bias.data = np.full(8, np.inf, np.float32)
    with (
        np.errstate(all="ignore"),
        pytest.raises(AnomalyError, match=r"weights held it before: 2\.weight|weights held it before: 0\.bias"),
    ):
        fit(nn.Sequential(model[0], model[2]))


# What it shows, and what it refuses


def test_a_bar_shows_losses_and_metrics(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("tqdm")
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    history = fit(plain(), progress="seed 4", metrics={"accuracy": accuracy})
    out, shown = capsys.readouterr()
    assert out == ""
    assert "seed 4 epoch 3/3: 100%" in shown
    assert "6/6" in shown
    assert f"train={history['train_loss'][-1]:.4g}, train_accuracy=" in shown
    assert "validation=" in shown


def test_lines_where_there_is_no_tqdm_and_silence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    fit(plain())
    assert capsys.readouterr() == ("", "")
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    history = fit(plain(), progress=True)
    lines = capsys.readouterr().err.splitlines()
    assert (
        lines[2] == f"epoch 3/3: train {history['train_loss'][-1]:.4g}, validation {history['validation_loss'][-1]:.4g}"
    )


def test_a_log_in_a_file_has_one_line_an_epoch(capsys: pytest.CaptureFixture[str]) -> None:
    """Even with tqdm: a bar that is drawn over again would fill a file with carriage returns."""
    fit(plain(), progress="seed 4", metrics={"accuracy": accuracy})
    shown = capsys.readouterr().err
    assert "\r" not in shown
    assert [line.partition(",")[0].rpartition(" ")[0] for line in shown.splitlines()] == [
        f"seed 4: epoch {epoch}/3: train" for epoch in (1, 2, 3)
    ]


def test_a_notebook_has_its_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    from nn.training.progress import shows_a_bar

    stream = pytest.importorskip("ipykernel.iostream").OutStream
    monkeypatch.setattr("sys.stderr", object.__new__(type("OutStream", (), {"isatty": lambda self: False})))
    assert not shows_a_bar()
    kernels = type("OutStream", (), {"__module__": stream.__module__, "isatty": lambda self: False})
    monkeypatch.setattr("sys.stderr", kernels())
    assert shows_a_bar()


def test_data_that_will_not_do_is_refused() -> None:
    with pytest.raises(ArgumentError, match=r"an iterable of batches; got a ndarray"):
        fit(plain(), X)
    with pytest.raises(ArgumentError, match=r"such as \(x, y\).*got a list"):
        fit(plain(), [X, Y])
    with pytest.raises(ArgumentError, match="inputs first and the target last; got 1"):
        fit(plain(), (X,))
    with pytest.raises(ArgumentError, match="can be gone through only once, not 3 times"):
        fit(plain(), nn.data.minibatches(X, Y, batch_size=8))
    with pytest.raises(ArgumentError, match="a batch must be a tuple"):
        fit(plain(), [[X]])
    with pytest.raises(ArgumentError, match="train gave no batch in epoch 1"):
        fit(plain(), (X[:0], Y[:0]))
    with pytest.raises(ArgumentError, match="validation gave no batch"):
        fit(plain(), TRAIN, [])
    with pytest.raises(ArgumentError, match="epochs must be a positive integer; got 0"):
        fit(plain(), epochs=0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"optimizer": "adam"}, r"optimizer must be an object such as optim.Adam\(model.parameters\(\)\); got 'adam'"),
        ({"scheduler": 3}, "scheduler must be an object such as .*StepLR.*; got 3"),
        ({"early_stopping": 3}, "early_stopping must be an object such as .*EarlyStopping.*; got 3"),
        ({"callbacks": print}, "callbacks must be a list of functions"),
        ({"callbacks": [3]}, r"callbacks must be a list of functions; got \[3\]"),
        ({"metrics": "accuracy"}, "metrics must be a dict, name -> function.*; got 'accuracy'"),
        ({"metrics": {"accuracy": 3}}, "metrics must be a dict"),
        ({"clip_norm": "1"}, "clip_norm must be a number >= 0, or None; got '1'"),
        ({"clip_norm": -1}, "clip_norm must be a number >= 0, or None; got -1"),
        ({"optimizer": optim.SGD(plain().parameters())}, "has none of the model's parameters.*: SGD"),
        ({"scheduler": schedules.StepLR(optim.SGD(plain().parameters()), 1)}, "StepLR, was made for another optimizer"),
    ],
    ids=str,
)
def test_what_cannot_train_this_model_is_refused_at_once(options: dict[str, Any], message: str) -> None:
    model = plain()
    before = model.state_dict()
    with pytest.raises(ArgumentError, match=message):
        fit(model, **options)
    assert all(np.array_equal(before[name], array) for name, array in model.state_dict().items())


def test_model_and_loss_of_the_wrong_kind_are_refused() -> None:
    model = plain()
    optimizer = optim.SGD(model.parameters())
    with pytest.raises(ArgumentError, match="a Module as model; got a function"):
        nn.fit(lambda x: model(x), nn.CrossEntropyLoss(), optimizer, TRAIN, epochs=1)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="loss must be a function; got"):
        nn.fit(model, "mse", optimizer, TRAIN, epochs=1)  # type: ignore[arg-type]


def test_an_optimizer_may_train_the_loss_alone() -> None:
    class Scaled(nn.Module):
        def __init__(self) -> None:
            self.scale = nn.Parameter(np.ones(2, np.float32))

        def forward(self, output: Any, y: Any) -> Any:
            return nn.functional.cross_entropy(output * self.scale, y)

    loss = Scaled()
    history = nn.fit(plain(), loss, optim.SGD(loss.parameters(), lr=1.0), TRAIN, epochs=2, progress=False)
    assert history["train_loss"][1] < history["train_loss"][0]


# Ridge regression


def diabetes() -> tuple[np.ndarray, np.ndarray]:
    datasets = pytest.importorskip("sklearn.datasets")
    x, y = datasets.load_diabetes(return_X_y=True)
    return x / x.std(axis=0), (y - y.mean())[:, None] / y.std()


@pytest.mark.parametrize("decay", [0.02, 1.0])
@pytest.mark.parametrize("by", ["weight_decay", "l2_penalty"])
def test_ridge_regression_equals_its_closed_form(by: str, decay: float) -> None:
    """Least squares with λ/2·|w|², given in either way: w = (2/n XᵀX + λI)⁻¹ 2/n Xᵀy; the bias is not penalised."""
    x, y = diabetes()
    n = len(x)
    layer = nn.Linear(10, 1, rng=np.random.default_rng(0)).double()
    groups = [
        {"params": [layer.weight], "weight_decay": decay if by == "weight_decay" else 0.0},
        {"params": [layer.bias]},
    ]
    squares = nn.MSELoss()

    def penalised(output: Any, target: Any) -> Any:
        return squares(output, target) + decay / 2 * nn.l2_penalty(layer)

    optimizer = optim.SGD(groups, lr=0.1, momentum=0.9)
    nn.fit(
        layer,
        squares if by == "weight_decay" else penalised,
        optimizer,
        (x, y + 3.0),
        epochs=500,
        batch_size=n,
        progress=False,
    )
    closed = np.linalg.solve(2 / n * x.T @ x + decay * np.eye(10), 2 / n * x.T @ y)
    np.testing.assert_allclose(layer.weight.numpy(), closed.T, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(layer.bias.numpy(), [3.0], atol=1e-8)
    ridge = pytest.importorskip("sklearn.linear_model").Ridge(alpha=n * decay / 2, tol=1e-10).fit(x, y + 3.0)
    np.testing.assert_allclose(layer.weight.numpy().ravel(), ridge.coef_.ravel(), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("by", ["arrays", "loader", "dataset"])
def test_a_last_batch_of_one_row_for_batch_norm_is_refused_before_the_first_step(by: str) -> None:
    class Rows:
        def __len__(self) -> int:
            return 17

        def __getitem__(self, i: int) -> Any:
            return X[i], Y[i]

    X, Y = problem(17)
    data: Any = {
        "arrays": (X, Y),
        "loader": DataLoader(X, Y, batch_size=8, shuffle=True),
        "dataset": DataLoader(Rows(), batch_size=8),
    }[by]
    dropout = nn.Dropout(0.5, rng=np.random.default_rng(0))
    model = nn.Sequential(nn.Linear(X.shape[1], 4), dropout, nn.BatchNorm1d(4), nn.Linear(4, 3)).eval()
    before, drawn = model.state_dict(), dropout.rng.bit_generator.state
    with pytest.raises(ArgumentError, match=r"last batch of train has one row, .* drop_last=True"):
        fit(model, data, batch_size=8)
    assert dropout.rng.bit_generator.state == drawn
    assert not model.training
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(value, before[name])
    assert fit(model, DataLoader(X, Y, batch_size=8, drop_last=True)).epochs


def test_a_last_batch_of_one_row_will_do_for_images(rng: np.random.Generator) -> None:
    x, y = rng.normal(size=(9, 1, 3, 3)).astype(np.float32), rng.integers(0, 2, 9)
    model = nn.Sequential(nn.BatchNorm2d(1), nn.Flatten(), nn.Linear(9, 2))
    assert fit(model, (x, y), batch_size=4).epochs == 3
