"""A resumed training equals one that was not stopped, bit for bit; a checkpoint is complete; loading runs no code."""

from __future__ import annotations

import builtins
import json
import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd.errors import ArgumentError
from autograd.random import generator
from nn.data import DataLoader
from nn.training.checkpoint import packed, read_checkpoint, unpacked

pytest.importorskip("safetensors")

schedules = optim.lr_scheduler

X = np.random.default_rng(5).normal(size=(96, 6)).astype(np.float32)
Y = (X[:, 0] * X[:, 1] + X[:, 2] > 0).astype(np.int64)
TRAIN, VALIDATION = (X[:64], Y[:64]), (X[64:], Y[64:])


def network(seed: int = 0) -> nn.Module:
    rng = np.random.default_rng(seed)
    return nn.Sequential(
        nn.Linear(6, 16, rng=rng), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 2, rng=rng)
    )


def fit(model: nn.Module, *data: Any, **options: Any) -> nn.History:
    optimizer = options.pop("optimizer", None) or optim.SGD(model.parameters(), lr=0.1)
    defaults = {"epochs": 3, "progress": False, "rng": np.random.default_rng(1)}
    return nn.fit(model, nn.CrossEntropyLoss(), optimizer, *(data or (TRAIN, VALIDATION)), **{**defaults, **options})


def accuracy(output: np.ndarray, y: np.ndarray) -> Any:
    return np.mean(output.argmax(axis=1) == y)


def same(a: nn.Module, b: nn.Module) -> None:
    ours, theirs = a.state_dict(), b.state_dict()
    for name, array in ours.items():
        assert array.tobytes() == theirs[name].tobytes(), name


def timeless(history: nn.History) -> dict[str, Any]:
    return {name: values for name, values in history.items() if name != "seconds"}


def everything(kind: str, **options: Any) -> tuple[nn.Module, nn.History]:
    """A training with every kind of state: dropout, shuffles, moments, a schedule, early stopping."""
    autograd.seed(3)
    model = network()
    optimizer: Any = optim.Adam(model.parameters(), lr=0.02, amsgrad=True)
    if kind == "cosine":
        rest: dict[str, Any] = {"scheduler": schedules.CosineAnnealingLR(optimizer, T_max=8)}
    elif kind == "plateau":
        scheduler = schedules.ReduceLROnPlateau(optimizer, patience=0, threshold=0.2)
        rest = {"scheduler": scheduler, "early_stopping": optim.EarlyStopping(4, min_delta=0.01)}
    elif kind == "loader":
        model[3] = nn.Dropout(0.3, rng=np.random.default_rng(8))  # a generator of its own
        groups = [{"params": model[0].parameters(), "lr": 0.5}, {"params": model[4].parameters()}]
        optimizer = optim.SGD(groups, lr=0.1, momentum=0.9, nesterov=True)
        loader = DataLoader(*TRAIN, batch_size=8, shuffle=True, balanced=True, rng=np.random.default_rng(9))
        rest = {"train": loader, "clip_norm": 0.5}
    else:
        rest = {"scheduler": schedules.OneCycleLR(optimizer, max_lr=0.1, total_steps=200), "scheduler_every": "batch"}
    data = (rest.pop("train", TRAIN), VALIDATION)
    history = fit(
        model,
        *data,
        optimizer=optimizer,
        batch_size=8,
        metrics={"accuracy": accuracy},
        **{"epochs": 8, **rest, **options},
    )
    return model, history


@pytest.mark.parametrize("kind", ["cosine", "plateau", "loader", "one cycle"])
def test_a_resumed_training_is_the_same_bit_for_bit(kind: str, tmp_path: Path) -> None:
    whole, expected = everything(kind)
    drawn_next = generator().random()

    def killed(model: nn.Module, history: nn.History) -> None:
        if history.epochs == 4:
            raise KeyboardInterrupt  # before the checkpoint of epoch 4

    _, partial = everything(kind, checkpoint=tmp_path, callbacks=[killed])
    assert partial.stopped == "interrupted"
    assert os.listdir(tmp_path) == ["epoch-0003"]
    resumed, history = everything(kind, checkpoint=tmp_path, resume=True)
    assert timeless(history) == timeless(expected)
    assert (history.stopped, history.best_epoch) == (expected.stopped, expected.best_epoch)
    same(resumed, whole)
    assert generator().random() == drawn_next


def test_ctrl_c_after_a_resume_goes_back_to_the_best_of_all(tmp_path: Path) -> None:
    def worse(model: nn.Module, history: nn.History) -> None:
        history["validation_loss"][-1] = 0.0 if history.epochs == 2 else 1.0 + history.epochs

    kept = fit(network(), epochs=3, callbacks=[worse], checkpoint=nn.Checkpoint(tmp_path, keep=None))
    assert kept.best_epoch == 2
    model = network(1)

    def press(model: nn.Module, history: nn.History) -> None:
        raise KeyboardInterrupt

    history = fit(model, epochs=9, callbacks=[press], resume=tmp_path)
    assert (history.epochs, history.stopped) == (4, "interrupted")
    best = read_checkpoint(tmp_path / "epoch-0003")[1]["best_weights"]
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(value, best[name])


def test_what_a_checkpoint_folder_holds(tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "one"
    model, _ = everything("cosine", epochs=5, checkpoint=nn.Checkpoint(folder, every=2, keep=2))
    assert sorted(os.listdir(folder)) == ["epoch-0004", "epoch-0005"]  # every second, and the last
    other = network(9)
    other.load_state_dict(nn.load(folder / "epoch-0005" / "model.safetensors"))
    same(other, model)
    on, history = everything("cosine", epochs=6, resume=folder / "epoch-0004")
    assert history.epochs == 6
    same(on, everything("cosine", epochs=6)[0])
    everything("cosine", epochs=4, checkpoint=nn.Checkpoint(tmp_path / "all", keep=None))
    assert len(os.listdir(tmp_path / "all")) == 4


def test_a_finished_training_is_not_trained_further(tmp_path: Path) -> None:
    first, expected = everything("plateau", epochs=99, checkpoint=tmp_path)
    assert expected.stopped == "early stopping"
    again, history = everything("plateau", epochs=99, checkpoint=tmp_path, resume=True)
    assert timeless(history) == timeless(expected)
    assert (history.stopped, history.best_epoch) == ("early stopping", expected.best_epoch)
    same(again, first)


def test_a_checkpoint_of_another_training_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    everything("cosine", epochs=2, checkpoint=tmp_path)
    with pytest.raises(ArgumentError, match=r"is a checkpoint of another training\. Go on with it by resume=True"):
        everything("cosine", checkpoint=tmp_path)
    with pytest.raises(ArgumentError, match=r"scheduler CosineAnnealingLR.*; this one has .*ReduceLROnPlateau"):
        everything("plateau", checkpoint=tmp_path, resume=True)
    model = network()
    model[3] = nn.Dropout(0.3, rng=np.random.default_rng(8))
    optimizer = optim.Adam(model.parameters(), lr=0.02, amsgrad=True)
    with pytest.raises(ArgumentError, match=r"the generators package, fit, train\.rng.*; this one has .*model\.3\.rng"):
        fit(model, optimizer=optimizer, scheduler=schedules.CosineAnnealingLR(optimizer, T_max=8), resume=tmp_path)
    model = network(7)
    optimizer = optim.Adam(list(model.parameters())[:2])
    before = model.state_dict()
    with pytest.raises(ArgumentError, match="does not fit this Adam; nothing was loaded"):
        fit(model, optimizer=optimizer, scheduler=schedules.CosineAnnealingLR(optimizer, T_max=8), resume=tmp_path)
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(value, before[name])


@pytest.mark.parametrize(
    "broken", ["optimizer", "scheduler", "early_stopping", "train", "generators", "parts", "history"]
)
def test_a_resume_that_fails_anywhere_changes_nothing(
    broken: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def parts() -> tuple[nn.Module, dict[str, Any]]:
        model = network()
        optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        loader = DataLoader(*TRAIN, batch_size=8, shuffle=True, rng=np.random.default_rng(9))
        scheduler = schedules.CosineAnnealingLR(optimizer, T_max=8)
        stopping = optim.EarlyStopping(4)
        return model, {"optimizer": optimizer, "scheduler": scheduler, "early_stopping": stopping, "train": loader}

    def train(model: nn.Module, given: dict[str, Any], **options: Any) -> nn.History:
        rest = {name: part for name, part in given.items() if name != "train"}
        return fit(model, given["train"], VALIDATION, checkpoint=tmp_path, rng=rng, **rest, **options)

    rng = np.random.default_rng(4)
    train(*parts(), epochs=2)
    (folder,) = tmp_path.iterdir()
    saved = read_checkpoint(folder)[1]
    if broken in saved:
        del saved[broken]
    else:
        saved["parts"][broken] = {}
    arrays: dict[str, np.ndarray] = {}
    text = json.dumps(packed(saved, arrays, "training"))
    nn.save(arrays, folder / "training.safetensors", {"format": "1", "training": text})
    model, given = parts()
    given["early_stopping"].step(3.0, model)
    before = repr([part.state_dict() for part in (model, *given.values())] + [rng.bit_generator.state])
    for part in (model, *given.values()):  # nothing is loaded and then set back: all are checked before
        monkeypatch.setattr(type(part), "load_state_dict", lambda *_: pytest.fail("loaded before all was checked"))
    with pytest.raises(ArgumentError):
        train(model, given, epochs=4, resume=True)
    assert repr([part.state_dict() for part in (model, *given.values())] + [rng.bit_generator.state]) == before


def test_where_there_is_nothing_to_resume(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="there is no checkpoint in"):
        fit(network(), resume=tmp_path / "nowhere")
    with pytest.raises(ArgumentError, match="give checkpoint=folder, or resume=folder"):
        fit(network(), resume=True)
    assert fit(network(), checkpoint=tmp_path / "new", resume=True).epochs == 3  # nothing there yet: from the start


def test_a_failed_write_leaves_the_last_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    everything("cosine", epochs=2, checkpoint=tmp_path)
    whole = []

    def full(source: Any, target: Any) -> None:
        """The disk is full at the last moment: so far there is nothing under the final name."""
        if Path(target).name == "epoch-0003":
            whole.append(sorted(path.name for path in Path(source).iterdir()))
            assert not Path(target).exists()
            raise OSError("no space left")
        replace(source, target)

    replace = os.replace
    monkeypatch.setattr("nn.training.checkpoint.os.replace", full)
    with pytest.raises(OSError, match="no space left"):
        everything("cosine", epochs=4, checkpoint=tmp_path, resume=True)
    monkeypatch.undo()
    assert whole == [["model.safetensors", "training.safetensors"]]
    assert os.listdir(tmp_path) == ["epoch-0002"]
    assert everything("cosine", epochs=4, checkpoint=tmp_path, resume=True)[1].epochs == 4


def test_a_state_that_is_no_data_is_named(tmp_path: Path) -> None:
    model = network()
    optimizer = optim.SGD(model.parameters(), lr=0.1)

    class Odd(schedules.ExponentialLR):
        def state_dict(self) -> dict[str, Any]:
            return {"rates": [len]}

    with pytest.raises(ArgumentError, match=r"training\.parts\.scheduler\.rates\.0 is a builtin_function_or_method"):
        fit(model, optimizer=optimizer, scheduler=Odd(optimizer, 0.5), checkpoint=tmp_path)
    assert os.listdir(tmp_path) == []


def equal(a: Any, b: Any) -> None:
    """Assert that two nested values have the same types, orders and bits."""
    assert type(a) is type(b)
    if isinstance(a, dict):
        equal(list(a), list(b))
        equal(list(a.values()), list(b.values()))
    elif isinstance(a, (list, tuple)):
        assert len(a) == len(b)
        for one, other in zip(a, b, strict=True):
            equal(one, other)
    elif isinstance(a, np.ndarray):
        assert (a.dtype, a.shape, a.tobytes()) == (b.dtype, b.shape, b.tobytes())
    else:
        assert repr(a) == repr(b)


def test_a_state_comes_back_as_it_was() -> None:
    state = {
        "numbers": {0: {"step": 3, "exp_avg": np.arange(3, dtype=np.float32)}, "0": np.ones(2)},
        "tuple": (0.9, (np.float32(0.1), None)), "list": [True, "text", [], {}], "big": 2**127 + 1,
        "special": [float("inf"), -0.0, 1e-320],
        "zero-d": np.array(2, np.int8), 1: np.bool_(True), "1": np.bool_(False),
    }  # fmt: skip
    arrays: dict[str, np.ndarray] = {}
    equal(unpacked(packed(state, arrays, "x"), arrays), state)
    mersenne = np.random.Generator(np.random.MT19937(1)).bit_generator.state  # its state holds an array
    equal(unpacked(packed(mersenne, arrays, "y"), arrays), mersenne)


def test_loading_runs_no_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    everything("cosine", epochs=2, checkpoint=tmp_path)

    def refused(*args: Any, **kwargs: Any) -> Any:
        raise AssertionError("code was run")

    for module, name in (
        (pickle, "loads"),
        (pickle, "load"),
        (pickle, "Unpickler"),
        (builtins, "eval"),
        (builtins, "exec"),
    ):
        monkeypatch.setattr(module, name, refused)
    weights, training = read_checkpoint(tmp_path / "epoch-0002")
    monkeypatch.undo()
    assert weights.keys() == network().state_dict().keys()
    assert training["history"]["epoch"] == [1, 2]
