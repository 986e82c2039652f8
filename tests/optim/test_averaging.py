"""AveragedModel: averages by hand and against PyTorch's, buffers, states, and its use as a model."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import nn
import optim
from autograd.errors import ArgumentError, InPlaceError
from optim import swa_utils

AVERAGES: dict[str, Any] = {
    "equal": lambda u: {},
    "ema": lambda u: {"multi_avg_fn": u.get_ema_multi_avg_fn(0.9)},
    "quick ema": lambda u: {"multi_avg_fn": u.get_ema_multi_avg_fn(0.3)},
    "default ema": lambda u: {"multi_avg_fn": u.get_ema_multi_avg_fn()},
    "swa": lambda u: {"multi_avg_fn": u.get_swa_multi_avg_fn()},
    "ema, one by one": lambda u: {"avg_fn": u.get_ema_avg_fn(0.9)},
    "swa, one by one": lambda u: {"avg_fn": u.get_swa_avg_fn()},
    "own": lambda u: {"avg_fn": lambda averaged, current, n: averaged * 0.25 + current * 0.75 / n},
}


def network() -> nn.Module:
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2)).double()


def fill(model: Any, rng: np.random.Generator) -> None:
    """Give all parameters and buffers new values, as training would."""
    model.load_state_dict(
        {name: rng.normal(size=np.shape(a)).astype(a.dtype) + 2 for name, a in model.state_dict().items()}
    )


@pytest.mark.parametrize("name", ["equal", "swa", "swa, one by one"])
def test_the_equal_average_is_the_mean(name: str, rng: np.random.Generator) -> None:
    model = network()
    averaged = optim.AveragedModel(model, **AVERAGES[name](swa_utils))
    seen = []
    for n in range(6):
        assert averaged.n_averaged == n
        fill(model, rng)
        averaged.update_parameters(model)
        seen.append(model.state_dict())
    for key, p in averaged.module.named_parameters():
        assert np.allclose(p.numpy(), np.mean([state[key] for state in seen], axis=0), rtol=1e-14)
    for key, b in averaged.module.named_buffers():
        assert np.array_equal(b.numpy(), seen[-1][key])


@pytest.mark.parametrize("name", ["ema", "ema, one by one"])
def test_the_exponential_average_by_hand(name: str) -> None:
    model = nn.Linear(1, 1)
    averaged = optim.AveragedModel(model, **AVERAGES[name](swa_utils))
    for value in [1.0, 3.0, 0.0]:
        model.bias.data = np.array([value], np.float32)
        averaged.update_parameters(model)
    assert averaged.module.bias.item() == pytest.approx(0.9 * (0.9 * 1 + 0.1 * 3) + 0.1 * 0)
    assert averaged.module.bias.dtype == np.float32
    assert averaged.n_averaged == 3


def test_the_averages_at_their_ends() -> None:
    for decay, expected in [(0.0, np.float32(0.1)), (1.0, 1e8)]:
        model = nn.Linear(1, 1)
        averaged = optim.AveragedModel(model, multi_avg_fn=swa_utils.get_ema_multi_avg_fn(decay))
        for value in (1e8, 0.1):  # 1e8 + (0.1 - 1e8) is 0
            model.bias.data = np.array([value], np.float32)
            averaged.update_parameters(model)
        assert averaged.module.bias.item() == expected


@pytest.mark.oracle
@pytest.mark.parametrize(
    "name", [name for name in AVERAGES if name != "swa"]
)  # PyTorch's 1/(n+1) is a float32, and fails for integers
@pytest.mark.parametrize("use_buffers", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_numbers_are_pytorchs(name: str, use_buffers: bool, dtype: Any, rng: np.random.Generator) -> None:
    torch = pytest.importorskip("torch")
    model = network().astype(dtype)
    theirs = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.Linear(4, 2)).to(
        {np.float32: torch.float32, np.float64: torch.float64}[dtype]
    )
    averaged = optim.AveragedModel(model, use_buffers=use_buffers, **AVERAGES[name](swa_utils))
    other = torch.optim.swa_utils.AveragedModel(
        theirs, use_buffers=use_buffers, **AVERAGES[name](torch.optim.swa_utils)
    )
    for _ in range(5):
        fill(model, rng)
        theirs.load_state_dict({key: torch.tensor(value) for key, value in model.state_dict().items()})
        averaged.update_parameters(model)
        other.update_parameters(theirs)
        mine, expected = averaged.state_dict(), other.state_dict()
        assert list(mine) == list(expected)
        for key in mine:
            if use_buffers and key.endswith("num_batches_tracked"):  # PyTorch truncates the average of a counter
                assert mine[key] == model.state_dict()[key.removeprefix("module.")]
            else:
                assert np.allclose(
                    mine[key], expected[key].numpy(), rtol=4 * np.finfo(dtype).eps, atol=4 * np.finfo(dtype).eps
                )
    fresh = optim.AveragedModel(network().astype(dtype))
    fresh.load_state_dict(other.state_dict())
    assert fresh.n_averaged == 5
    assert np.array_equal(fresh.module[0].weight.numpy(), other.module[0].weight.detach().numpy())


def test_large_and_strided_parameters(rng: np.random.Generator) -> None:
    model = nn.Linear(150, 301).double()
    averaged = optim.AveragedModel(model)
    averaged.module.weight.data = np.asfortranarray(averaged.module.weight.numpy())
    small = optim.AveragedModel(model)
    seen = []
    for _ in range(3):
        model.weight.data = rng.normal(size=(301, 150))
        seen.append(model.weight.numpy().copy())
        averaged.update_parameters(model)
        small.update_parameters(model)
    assert np.allclose(small.module.weight.numpy(), np.mean(seen, axis=0), rtol=1e-13, atol=1e-15)
    assert np.array_equal(averaged.module.weight.numpy(), small.module.weight.numpy())


def test_it_is_a_copy(rng: np.random.Generator) -> None:
    model = network()
    (model(rng.normal(size=(5, 3))) ** 2).sum().backward()
    averaged = optim.AveragedModel(model)
    assert all(p.grad is None for p in averaged.parameters())
    assert all(p.grad is not None for p in model.parameters())
    before = averaged.state_dict()
    fill(model, rng)
    for key, value in averaged.state_dict().items():
        assert np.array_equal(value, before[key])
    averaged.update_parameters(model)
    kept = model.state_dict()
    fill(averaged.module, rng)
    for key, value in model.state_dict().items():
        assert np.array_equal(value, kept[key])


def test_follows_a_model_in_training(rng: np.random.Generator) -> None:
    model = nn.Linear(3, 1).double()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    averaged = optim.AveragedModel(model, multi_avg_fn=swa_utils.get_ema_multi_avg_fn(0.9))
    x = rng.normal(size=(64, 3))
    y = x @ np.array([[1.0], [-2.0], [0.5]])

    def wobble(weights: Any) -> float:
        return float(np.abs(weights.numpy() - [1.0, -2.0, 0.5]).mean())

    of_model, of_average = [], []
    for step in range(300):
        optimizer.zero_grad()
        batch = rng.integers(64, size=4)
        ((model(x[batch]) - y[batch] - rng.normal(size=(4, 1))) ** 2).mean().backward()
        optimizer.step()
        averaged.update_parameters(model)
        if step >= 100:
            of_model.append(wobble(model.weight))
            of_average.append(wobble(averaged.module.weight))
    assert np.mean(of_average) < 0.6 * np.mean(of_model)
    assert np.allclose(averaged(x).numpy(), averaged.module(x).numpy())


def test_use_like_a_model(rng: np.random.Generator) -> None:
    model = network()
    averaged = optim.AveragedModel(model)
    fill(model, rng)
    averaged.update_parameters(model)
    batches = [rng.normal(size=(7, 3)), rng.normal(size=(4, 3))]
    nn.update_batch_norm(averaged, batches)
    x = np.concatenate(batches) @ averaged.module[0].weight.numpy().T + averaged.module[0].bias.numpy()
    assert np.allclose(averaged.module[1].running_mean.numpy(), x.mean(axis=0))
    assert averaged.training
    assert averaged.eval() is averaged
    assert not averaged.training
    assert not averaged.module[1].training
    assert averaged.train().training
    assert [name for name, _ in averaged.named_parameters()][:2] == ["module.0.weight", "module.0.bias"]
    assert len(list(averaged.buffers())) == 3
    stopper = optim.EarlyStopping(patience=1)
    stopper.step(1.0, averaged)
    kept = averaged.state_dict()
    fill(model, rng)
    averaged.update_parameters(model)
    assert stopper.step(2.0, averaged)
    assert averaged.n_averaged == 1
    assert np.array_equal(averaged.state_dict()["module.0.weight"], kept["module.0.weight"])
    assert repr(averaged).startswith("AveragedModel(\n  (module): Sequential(")
    assert pickle.loads(pickle.dumps(averaged)).n_averaged == copy.deepcopy(averaged).n_averaged == 1


def test_continues_from_its_state(rng: np.random.Generator) -> None:
    model = network()
    averaged = optim.AveragedModel(model)
    for _ in range(3):
        fill(model, rng)
        averaged.update_parameters(model)
    twin = optim.AveragedModel(network())
    twin.load_state_dict(averaged.state_dict())
    fill(model, rng)
    for each in (averaged, twin):
        each.update_parameters(model)
    for key, value in averaged.state_dict().items():
        assert np.array_equal(twin.state_dict()[key], value)


def test_an_update_between_forward_and_backward_is_refused(rng: np.random.Generator) -> None:
    model = nn.Linear(2, 1)
    averaged = optim.AveragedModel(model)
    y = averaged(rng.normal(size=(3, 2)).astype(np.float32))
    loss = (y * averaged.module.weight).sum()
    averaged.update_parameters(model)
    with pytest.raises(InPlaceError, match=r"weight|bias"):
        loss.backward()


def test_wrong_arguments_are_refused() -> None:
    model = nn.Linear(2, 1)
    for make, message in [
        (lambda: optim.AveragedModel(3), r"takes a Module; got a int, which has no parameters\(\)"),
        (lambda: optim.AveragedModel(model, avg_fn=abs, multi_avg_fn=max), "avg_fn or multi_avg_fn, not both"),
        (lambda: swa_utils.get_ema_multi_avg_fn(1.1), "decay must be a finite number >= 0 and <= 1; got 1.1"),
        (lambda: swa_utils.get_ema_avg_fn(-0.1), "got -0.1"),
    ]:
        with pytest.raises(ArgumentError, match=message):
            make()
    averaged = optim.AveragedModel(model)
    before = averaged.state_dict()
    for other, message in [
        (nn.Linear(3, 1), r"the same parameters; these differ:\n  weight: \(1, 2\) in the copy, \(1, 3\) in the model"),
        (nn.Linear(2, 1, bias=False), r"bias: \(1,\) in the copy, none in the model"),
    ]:
        with pytest.raises(ArgumentError, match=message):
            averaged.update_parameters(other)
    for state, message in [
        (model.state_dict(), "has 'n_averaged'"),
        ({"n_averaged": 3, "module.weight": np.ones((1, 2))}, "bias is missing"),
    ]:
        with pytest.raises(ArgumentError, match=message):
            averaged.load_state_dict(state)
    assert averaged.n_averaged == 0
    for key, value in averaged.state_dict().items():
        assert np.array_equal(value, before[key])


def test_parameters_are_paired_by_name() -> None:
    model = nn.Linear(2, 2)
    averaged = optim.AveragedModel(model)
    turned = nn.Linear(2, 2)
    turned.bias, turned.weight = (lambda b, w: (b, w))(turned.__dict__.pop("bias"), turned.__dict__.pop("weight"))
    assert [name for name, _ in turned.named_parameters()] == ["bias", "weight"]
    averaged.update_parameters(turned)
    assert np.array_equal(averaged.module.weight.numpy(), turned.weight.numpy())
    assert np.array_equal(averaged.module.bias.numpy(), turned.bias.numpy())
