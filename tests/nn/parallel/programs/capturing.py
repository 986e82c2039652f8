"""A captured step on several ranks is refused by name, on all of them, and changes nothing; on one it is captured."""

import sys

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd.errors import ArgumentError, CaptureError

comm = nn.parallel.world()
model = nn.parallel.DataParallel(nn.Linear(3, 1, rng=np.random.default_rng(0)))
optimizer = optim.SGD(model.parameters(), lr=0.1)
x, y = np.ones((4, 3), np.float32), np.ones((4, 1), np.float32)


@autograd.capture
def step(x, y):
    loss = np.mean((model(x) - y) ** 2)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss


step(x, y)
before = [p.numpy().copy() for p in model.parameters()]
if comm.together:
    with pytest.raises(CaptureError, match=f"DataParallel on {comm.size} ranks"):
        step(x, y)
    assert all(np.array_equal(p.numpy(), q) for p, q in zip(model.parameters(), before, strict=True))
    with pytest.raises(ArgumentError, match="capture=True is for one rank"):
        nn.fit(model.module, nn.MSELoss(), optimizer, (x, y), epochs=1, progress=False, comm=comm, capture=True)
else:
    for _ in range(4):
        step(x, y)
    assert step.calls == {"eager": 1, "recorded": 2, "replayed": 2}

if comm.is_main:
    sys.stdout.write("done")
