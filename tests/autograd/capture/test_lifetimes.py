"""Memory is used again only when nothing shows it any more: neither an array nor an object that a function has made."""

import platform
import subprocess
import sys

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd.recorder import whole


class Box:
    def __init__(self, *held):
        self.held = held


@whole
def boxed(x):
    return Box(x[::2])


@whole
def boxed_twice(box):
    return Box(box)


@whole
def opened(box):
    return box.held[0] * 1.0


@whole
def opened_twice(box):
    return box.held[0].held[0] * 1.0


@whole
def backwards(x):
    return x[::-1]


def work(x):
    """Operations that want memory of the same size."""
    b = np.multiply(x, 3.0)
    c = np.multiply(np.add(b, 1.0), 4.0)
    return np.add(np.sin(c), b)


def an_object(x):
    box = boxed(np.multiply(x, 2.0))
    return work(x), opened(box)


def an_object_in_an_object(x):
    box = boxed_twice(boxed(np.multiply(x, 2.0)))
    return work(x), opened_twice(box)


def a_view(x):
    v = backwards(np.multiply(x, 2.0))
    return work(x), v


def a_view_of_a_view(x):
    v = backwards(np.multiply(x, 2.0)[1:])
    return work(x), v[1:] * 1.0


@pytest.mark.parametrize("f", [an_object, an_object_in_an_object, a_view, a_view_of_a_view])
def test_what_is_still_shown_is_not_written_over(f):
    fast = autograd.capture(f)
    for i in range(6):
        x = np.arange(6.0) + i
        for found, expected in zip(fast(x), f(x), strict=True):
            assert np.array_equal(found, expected)
    assert fast.calls["replayed"] == 3


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries have no malloc_trim")
@pytest.mark.parametrize("depth", [2, 6])
def test_a_program_takes_at_most_half_of_what_the_step_allocates_beside_its_gradients(depth):
    model = nn.Sequential(*[layer for _ in range(depth) for layer in (nn.Linear(300, 300), nn.Tanh())])
    optimizer = optim.Adam(model.parameters())

    def step(x):
        optimizer.zero_grad()
        loss = np.sum(model(x) ** 2)
        loss.backward()
        optimizer.step()
        return loss

    fast = autograd.capture(step)
    for _ in range(4):
        fast(np.ones((100, 300), np.float32))
    program = fast.program
    gradients = sum(p.grad.numpy().nbytes for p in model.parameters())
    assert program.of_gradients >= gradients
    assert program.nbytes - program.of_gradients <= 0.5 * (program.as_it_is.in_all - gradients)


def test_the_memory_of_a_large_recording_is_returned():
    code = """
import numpy as np, autograd

def resting():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmRSS")) / 1024

start = autograd.Tensor(np.ones((160, 160)), requires_grad=True)

def f():
    start.grad = None
    u = start * 1.0
    for _ in range(120):
        u[1:-1] += 0.1 * (u[2:] + u[:-2] - 2 * u[1:-1])
    (u * u).sum().backward()

fast = autograd.capture(f)
before = resting()
for _ in range(4):
    fast()
assert fast.calls["replayed"] == 1
print(resting() - before)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 40  # megabytes
