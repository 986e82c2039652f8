"""What a step may look at besides arrays and its own objects: the environment, classes, random generators, the time."""

import collections
import contextvars
import datetime
import math
import os
import random
import sys
import time
import weakref

import numpy as np
import pytest

import autograd
from autograd.errors import CaptureError


class Options:
    scale, others = 2.0, [2.0]

    @classmethod
    def of_the_class(cls):
        return cls.scale


class Named(type):
    @property
    def doubled(cls):
        return cls.scale * 2


class ByItsType(metaclass=Named):
    scale = 2.0


SCALE = contextvars.ContextVar("SCALE", default=2.0)
OPTIONS = Options()
KEPT = Options()
KEPT.scale = 2.0
TO_KEPT = weakref.ref(KEPT)
OBJECTS, ENVIRONMENT = np.array([2.0, "text"], object), os.environ


def imported(x):
    import os as system

    return x * float(system.environ["CHAINRULE_SCALE"])


def set_environ(value):
    os.environ["CHAINRULE_SCALE"] = str(value)


SEEN = {
    "os.environ": (lambda x: x * float(os.environ["CHAINRULE_SCALE"]), set_environ),
    "os.environ by a name": (lambda x: x * float(ENVIRONMENT["CHAINRULE_SCALE"]), set_environ),
    "os.getenv": (lambda x: x * float(os.getenv("CHAINRULE_SCALE", "2.0")), set_environ),
    "an import in the step": (imported, set_environ),
    "a name of Python's": (lambda x: x * math.e, lambda value: setattr(math, "e", value)),
    "sys.argv": (lambda x: x * float(sys.argv[-1]), lambda value: sys.argv.append(str(value))),
    "a class": (lambda x: x * Options.scale, lambda value: setattr(Options, "scale", value)),
    "a class method": (lambda x: x * Options.of_the_class(), lambda value: setattr(Options, "scale", value)),
    "a list of a class": (lambda x: x * Options.others[0], lambda value: Options.others.__setitem__(0, value)),
    "an instance": (lambda x: x * OPTIONS.scale, lambda value: setattr(Options, "scale", value)),
    "a metaclass": (lambda x: x * ByItsType.doubled, lambda value: setattr(ByItsType, "scale", value)),
    "a context variable": (lambda x: x * SCALE.get(), SCALE.set),
    "a weak reference": (
        lambda x: x * TO_KEPT().scale,
        lambda value: setattr(KEPT, "scale", value),
    ),
    "an array of objects": (lambda x: x * OBJECTS[0], lambda value: OBJECTS.__setitem__(0, value)),
}


@pytest.mark.parametrize("name", SEEN)
def test_it_is_seen_when_it_changes(name, monkeypatch):
    f, change = SEEN[name]
    monkeypatch.setattr(sys, "argv", ["test"])
    monkeypatch.setenv("CHAINRULE_SCALE", "2.0")
    monkeypatch.setattr(math, "e", math.e)
    fast = autograd.capture(f)
    found = []
    for value in (2.0, 3.0):
        change(value)
        for i in range(5):
            x = np.array([0.5, i])
            found.append(fast(x)[0])
            assert np.array_equal(fast.function(x), fast(x))
    change(2.0)
    assert found[0] != found[-1]
    assert fast.calls["replayed"] >= 10


TWISTER, LEGACY, GENERATORS = random.Random(3), np.random.RandomState(3), {"rng": np.random.default_rng(3)}
DRAWN = {
    "random": (lambda: random.random(), "Python's module random"),
    "a function of random": (lambda: random.choice([0.1, 0.9]), "Python's module random"),
    "a Random": (lambda: TWISTER.gauss(0, 1), "a random Random of its own"),
    "np.random": (lambda: np.random.rand(), r"np\.random, whose generator is everybody's"),  # noqa: NPY002
    "a RandomState": (lambda: LEGACY.rand(), "a numpy RandomState of its own"),
    "a Generator in a dict": (lambda: GENERATORS["rng"].random(), "a numpy Generator of its own"),
}


@pytest.mark.parametrize("way", ["a branch", "a number"])
@pytest.mark.parametrize("name", DRAWN)
def test_what_is_drawn_outside_of_the_program_is_refused(name, way):
    draw, named = DRAWN[name]

    def branch(x):
        return x * 2 if draw() < -1e9 else x * 3

    fast, kept = autograd.capture(branch if way == "a branch" else lambda x: x * draw()), np.random.get_state()  # noqa: NPY002
    fast(np.ones(2))
    for _ in range(2):
        with pytest.raises(CaptureError, match=f"draws random numbers from {named}.*pass them as arguments"):
            fast(np.ones(2))
    np.random.set_state(kept)  # noqa: NPY002


START = time.monotonic()


def elapsed():
    return time.monotonic() - START


def late(start):
    return time.perf_counter() > start + 1e9


def by_a_variable(x):
    now = datetime.datetime.now()
    hour = now.hour
    return x * 2 if hour > 25 else x * 3


TIMED = {
    "fresh random numbers": lambda x: x * 2 if np.random.default_rng().random() < 2 else x * 3,
    "a comparison": lambda x: x * 2 if time.time() > 1e12 else x * 3,
    "a function": lambda x: x * 2 if elapsed() > 1e9 else x * 3,
    "an argument": lambda x: x * 2 if late(START) else x * 3,
    "a variable": by_a_variable,
}


@pytest.mark.parametrize("name", TIMED)
def test_a_decision_by_the_time_is_refused(name):
    fast = autograd.capture(TIMED[name])
    fast(np.ones(2))
    with pytest.raises(CaptureError, match=r"test_hidden\.py:\d+: .* decides by the time or by chance.*outside"):
        fast(np.ones(2))


@pytest.mark.parametrize("own", [True, False], ids=["the user's", "the package's"])
def test_a_branch_on_what_the_program_draws_is_taken_as_eager_takes_it(own):
    found = []
    for wrap in (lambda f: f, autograd.capture):
        autograd.seed(2)
        rng = np.random.default_rng(2) if own else None

        def step(x, rng=rng):
            draws = autograd.random.generator(rng)
            return x * draws.random(1) if draws.random(1)[0] < 0.3 else x + draws.normal(size=x.shape)

        run = wrap(step)
        found.append([run(np.ones(2)).tobytes() for _ in range(30)])
    assert found[0] == found[1]
    assert run.calls["replayed"] > 15


def test_one_number_that_is_drawn_is_refused():
    rng = np.random.default_rng(0)
    fast = autograd.capture(lambda x: x * 2 if autograd.random.generator(rng).random() < 1 else x)
    fast(np.ones(2))
    with pytest.raises(CaptureError, match=r": .* draws one number.*Draw an array, random\(…, size=1\)"):
        fast(np.ones(2))


def test_a_time_that_is_only_noted_is_not():
    times = collections.deque(maxlen=5)

    def step(x):
        start = time.perf_counter()
        y = np.exp(x)
        times.append(time.perf_counter() - start)
        return y

    fast = autograd.capture(step)
    for _ in range(6):
        fast(np.ones(2))
    assert fast.calls["replayed"] == 3
