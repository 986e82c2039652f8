"""A training in which something goes wrong: argv[1] says what, argv[2] is a folder for checkpoints."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

import nn
import optim

COMM = nn.parallel.world()
RANK = COMM.rank
KIND, FOLDER = sys.argv[1], Path(sys.argv[2])
X = np.random.default_rng(0).normal(size=(64, 4))
Y = (X[:, :1] > 0).astype(float)


def say(text: str) -> None:
    sys.stdout.write(f"rank {RANK} {text}\n")
    sys.stdout.flush()


def fit(callback: Any, epochs: int = 1000, **options: Any) -> Any:
    model = nn.Linear(4, 1, dtype=np.float64, rng=np.random.default_rng(1))
    optimizer = optim.Adam(model.parameters())
    history = nn.fit(
        model, nn.BCEWithLogitsLoss(), optimizer, (X, Y), epochs=epochs, batch_size=8, comm=COMM,
        rng=np.random.default_rng(2), progress=False, callbacks=[callback], **options,
    )  # fmt: skip
    return model, history


def loop(at_step_3: Any) -> None:
    model = nn.parallel.DataParallel(nn.Linear(4, 1))
    for step in range(1, 6):
        if step == 3 and RANK == 1 and at_step_3() == "skip":
            continue
        np.mean(model(X[RANK :: COMM.size]) ** 2).backward()
    say("has done all steps")
    COMM.gather(None, "the end")


def fail() -> None:
    say("fails now")
    raise ValueError("boom")


def on_rank_1(what: Any) -> Any:
    return lambda model, history: what() if RANK == 1 and history.epochs == 3 else None


def hang() -> None:
    time.sleep(60)


def killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def interrupted(model: Any, history: Any) -> None:
    if history.epochs == 3:
        say("is ready")
    time.sleep(0.02)


if KIND == "raise in a loop":
    loop(fail)
elif KIND == "raise in fit":
    fit(on_rank_1(fail))
elif KIND == "exit in a loop":
    loop(lambda: sys.exit(5))
elif KIND == "exit in fit":
    fit(on_rank_1(lambda: sys.exit(5)))
elif KIND == "kill":
    fit(on_rank_1(killed), checkpoint=FOLDER)
elif KIND == "skip":
    loop(lambda: "skip")
elif KIND == "hang":
    COMM.deadline = 1.0
    loop(hang)
elif KIND == "models":
    nn.parallel.DataParallel(nn.Linear(4, 1 + RANK))
elif KIND == "data":
    nn.parallel.DataParallel(nn.Linear(4, 1))(X[:, : 4 - RANK])
elif KIND == "interrupt":
    model, history = fit(interrupted, checkpoint=FOLDER)
    say(f"{history.stopped} after {history.epochs} epochs {model.weight.numpy().tobytes().hex()}")
elif KIND == "interrupt twice":
    fit(lambda model, history: (say("is ready"), hang()))
elif KIND == "resume":
    model, history = fit(lambda model, history: None, epochs=int(sys.argv[3]), checkpoint=FOLDER, resume=True)
    say(f"{history.stopped} after {history.epochs} epochs")
