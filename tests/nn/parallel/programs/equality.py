"""Every rank trains 20 steps in each way; rank 0 also alone on the whole batches, and compares. argv[1]: how to sum."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

import nn
import optim

STEPS = 20
Case = tuple[int, Callable[[list[Any]], Any], int, dict[str, Any]]


def net(normalised: bool, comm: Any) -> nn.Module:
    rng = np.random.default_rng(3)
    layers = [nn.Linear(5, 7, dtype=np.float64, rng=rng), nn.Tanh(), nn.Linear(7, 3, dtype=np.float64, rng=rng)]
    if normalised:
        layers[1:1] = [nn.BatchNorm1d(7, dtype=np.float64)]
    return nn.SyncBatchNorm.convert_sync_batchnorm(nn.Sequential(*layers), comm)


# name -> (rows of a batch, the optimizer, whether there is a SyncBatchNorm, options)
CASES: dict[str, Any] = {
    "sgd": (24, lambda p: optim.SGD(p, lr=0.1, momentum=0.9), False, {}),
    "adam": (24, lambda p: optim.Adam(p, lr=0.01), False, {}),
    "uneven": (7, lambda p: optim.SGD(p, lr=0.1), False, {}),
    "empty ranks": (2, lambda p: optim.Adam(p, lr=0.01), False, {}),
    "clipped and scheduled": (10, lambda p: optim.AdamW(p, lr=0.02), False, {"clip": 0.3, "schedule": True}),
    "sync batch norm": (11, lambda p: optim.SGD(p, lr=0.1), True, {}),
    "sync batch norm, empty ranks": (2, lambda p: optim.SGD(p, lr=0.1), True, {}),
    "accumulated": (11, lambda p: optim.SGD(p, lr=0.1), False, {"parts": 2}),
    "lbfgs": (
        26,
        lambda p: optim.LBFGS(p, max_iter=5, line_search_fn="strong_wolfe"),
        False,
        {"closure": True, "decay": 0.1},  # without it the minimum lies at infinity
    ),
}


def train(comm: Any, x: Any, y: Any, case: Any) -> tuple[nn.Module, list[float], dict[str, Any]]:
    """The model, the losses, and the weights after the first step."""
    rows, make, normalised, options = case
    model = nn.parallel.DataParallel(net(normalised, comm), comm)
    optimizer = make(list(model.parameters()))
    scheduler = optim.lr_scheduler.StepLR(optimizer, 5) if options.get("schedule") else None
    loader = nn.data.DataLoader(x, y, batch_size=rows, shuffle=True, rng=np.random.default_rng(5), comm=comm)
    parts = options.get("parts", 1)
    losses: list[float] = []
    first: dict[str, Any] = {}

    def backward(part: Any) -> float:
        x, y = part
        with np.errstate(all="ignore"):  # the mean over no rows
            loss = nn.functional.cross_entropy(model(x), y)
            if "decay" in options:
                loss = loss + options["decay"] * nn.l2_penalty(model)
            (loss / parts).backward()
        return model.whole_loss * parts if model.comm.together else loss.item()

    def step() -> float:
        optimizer.zero_grad()
        batches = [next(stream) for _ in range(parts)]
        if options.get("closure"):

            def closure() -> float:
                optimizer.zero_grad()
                return backward(batches[0])

            return float(optimizer.step(closure))
        with model.no_sync():
            value = sum(backward(batch) for batch in batches[:-1])
        value += backward(batches[-1])
        if "clip" in options:
            nn.clip_grad_norm_(model.parameters(), options["clip"])
        optimizer.step()
        return value

    stream = (batch for _ in range(STEPS * parts) for batch in loader)
    for number in range(STEPS):
        losses.append(step())
        if scheduler is not None:
            scheduler.step()
        if number == 0:
            first = model.state_dict()
    return model, losses, first


def difference(a: dict[str, Any], b: dict[str, Any]) -> float:
    return max(float(np.max(np.abs(a[key] - b[key]))) for key in a)


def main() -> None:
    world = nn.parallel.world()
    if "by MPI" in sys.argv:  # as on several machines, which share no memory
        world.on_one_machine = False
    rng = np.random.default_rng(7)
    x, y = rng.normal(size=(26, 5)), rng.integers(0, 3, 26)
    for name, case in CASES.items():
        model, losses, first = train(world, x, y, case)
        weights = model.state_dict()
        alike = [theirs == pickled(weights) for theirs in world.gather(pickled(weights))]
        assert all(alike), f"{name}: the ranks differ"
        if world.is_main:
            alone, losses_alone, first_alone = train(nn.parallel.Communicator(), x, y, case)
            found = difference(weights, alone.state_dict()), difference(first, first_alone)
            off = float(np.max(np.abs(np.subtract(losses, losses_alone))))
            bound = 1e-9 if name == "lbfgs" else 1e-12
            assert found[0] <= bound, f"{name}: {found}"
            assert found[1] <= 1e-12, f"{name}: {found}"
            assert off <= bound, f"{name}: losses differ by {off}"
            sys.stdout.write(f"{name}: {found[0]:.1e} after {STEPS} steps, {found[1]:.1e} after one\n")


def pickled(weights: dict[str, Any]) -> list[bytes]:
    return [array.tobytes() for array in weights.values()]


if __name__ == "__main__":
    main()
