"""What a step changes by itself and also reads: refused, wherever it is kept. What it only changes is not."""

import array
import collections
import dataclasses
import functools
import itertools
import logging
import queue
import random
import time
import types
import weakref

import numpy as np
import pytest

import autograd
import nn
from autograd.capture.reach import Reach
from autograd.errors import CaptureError

TOTAL, LOG = 0, []


class OfTheClass:
    count = 0


@dataclasses.dataclass(slots=True)
class InASlot:
    count: int = 0


def by(container, change, asks):
    """A step that changes a container and goes another way from some call on."""

    def step(x):
        change(container)
        return x * 2 if asks(container) else x * 3

    return step


def a_global():
    def step(x):
        global TOTAL
        TOTAL += 1
        return x * 2 if TOTAL > 6 else x * 3

    return step


def an_attribute_of_a_class():
    def step(x):
        OfTheClass.count += 1
        return x * 2 if OfTheClass.count > 6 else x * 3

    return step


def an_attribute_of_the_function():
    def step(x):
        step.count = getattr(step, "count", 0) + 1
        return x * 2 if step.count > 6 else x * 3

    return step


def a_slot():
    held = InASlot()

    def step(x):
        held.count += 1
        return x * 2 if held.count > 6 else x * 3

    return step


def a_default(x, seen=[]):  # noqa: B006  that is the point
    seen.append(1)
    return x * 2 if len(seen) > 6 else x * 3


def by_way_of_a_variable():
    held = {"at": 0}

    def step(x):
        at = held["at"]
        held["at"] = at + 1
        return x * 2 if at > 6 else x * 3

    return step


def as_an_argument():
    log = []

    def long(values):
        return len(values) > 6

    def step(x):
        log.append(1)
        return x * 2 if long(log) else x * 3

    return step


def an_object_of_a_list():
    chain = None
    for i in range(20):
        chain = types.SimpleNamespace(value=i, next=chain)
    held = [chain]

    def step(x):
        held[0] = held[0].next
        return x * 2 if held[0].value > 6 else x * 3

    return step


def taken(source):
    return lambda x: x * 2 if next(source) > 6 else x * 3


def by_setattr():
    held = types.SimpleNamespace(n=0)

    def step(x):
        setattr(held, "n", getattr(held, "n") + 1)  # noqa: B009, B010
        return x * 2 if getattr(held, "n") > 6 else x * 3  # noqa: B009

    return step


def by_globals():
    def step(x):
        globals()["TOTAL"] += 1
        return x * 2 if globals()["TOTAL"] > 6 else x * 3

    return step


def of_a_partial():
    def step(held, x):
        held["n"] += 1
        return x * 2 if held["n"] > 6 else x * 3

    return functools.partial(step, {"n": 0})


def of_another_library():
    waiting = queue.Queue()
    for i in range(20):
        waiting.put(i)
    return lambda x: x * 2 if waiting.get() > 6 else x * 3


def into_a_layer():
    layer, held = nn.Dropout(0.5), {"n": 0}

    def step(x):
        held["n"] += 1
        layer.p = held["n"] * 0.01
        return layer(x)

    return step


def into_what_is_read():
    held = {"n": 0, "copy": 0}

    def step(x):
        held["n"] += 1
        held["copy"] = held["n"]
        return x * 2 if held["copy"] > 6 else x * 3

    return step


def without_text():
    names = {"n": [0]}
    exec("def step(x):\n    n[0] += 1\n    return x * 2 if n[0] > 6 else x * 3\n", names)
    return names["step"]


COUNTED = {
    "setattr": by_setattr,
    "globals": by_globals,
    "a partial": of_a_partial,
    "a layer's attribute": into_a_layer,
    "what is kept is read": into_what_is_read,
    "another library's object": of_another_library,
    "the length of a list": lambda: by([], lambda c: c.append(1), lambda c: len(c) > 6),
    "the truth of a list": lambda: by([1] * 6, lambda c: c and c.pop(), lambda c: not c),
    "the order of a list": lambda: by([True, False], lambda c: c.reverse(), lambda c: c[0]),
    "the length of a dict": lambda: by({}, lambda c: c.update({len(c): 1}), lambda c: len(c) > 6),
    "an entry by get": lambda: by({}, lambda c: c.update(n=c.get("n", 0) + 1), lambda c: c.get("n") > 6),
    "a Counter": lambda: by(collections.Counter(), lambda c: c.update(["n"]), lambda c: c.total() > 6),
    "a set": lambda: by(set(), lambda c: c.add(len(c)), lambda c: 6 in c),
    "a deque": lambda: by(collections.deque(maxlen=3), lambda c: c.append(len(c)), lambda c: sum(c) > 5),
    "a bytearray": lambda: by(bytearray(1), lambda c: c.append(1), lambda c: len(c) > 6),
    "an array of Python's": lambda: by(array.array("i"), lambda c: c.append(1), lambda c: len(c) > 6),
    "a tuple in an attribute": lambda: by(
        types.SimpleNamespace(t=(0, 1)), lambda c: setattr(c, "t", (c.t[0] + 1, 1)), lambda c: c.t[0] > 6
    ),
    "a count": lambda: taken(itertools.count()),
    "a cycle": lambda: taken(itertools.cycle([0] * 6 + [9])),
    "a list's iterator": lambda: taken(iter(range(20))),
    "a generator": lambda: taken(i for i in range(20)),
    "a global": a_global,
    "a class": an_attribute_of_a_class,
    "a function": an_attribute_of_the_function,
    "a slot": a_slot,
    "a default": lambda: functools.partial(a_default),
    "a variable": by_way_of_a_variable,
    "an argument": as_an_argument,
    "an object": an_object_of_a_list,
}


@pytest.mark.parametrize("name", COUNTED)
def test_what_is_changed_and_read_is_refused_with_the_line(name):
    fast = autograd.capture(COUNTED[name]())
    message = r"the step changes .* and also reads it, at .*test_changed\.py:\d+: .*pass it as an argument"
    with pytest.raises(CaptureError, match=message):
        _ = [fast(np.ones(2)) for _ in range(3)]
    assert fast.calls["replayed"] == 0


def test_where_there_is_no_text_any_mention_is_taken_for_both():
    fast = autograd.capture(without_text())
    fast(np.ones(2))
    with pytest.raises(CaptureError, match="the step changes a list and also reads it, at <string>:1"):
        fast(np.ones(2))


def only(change, *held):
    """A step that changes something and never looks at it."""

    def step(x):
        change(*held)
        return x * 2

    return step


def logged():
    log = {"calls": [], "last": None}

    def step(x):
        log["calls"].append(len(x.shape))
        log["last"] = "here"
        return x * 2

    return step


def passed_on():
    log = []

    def note(log, text):
        log.append(text)

    def step(x):
        note(log, "here")
        return x * 2

    return step


def averaged():
    held = types.SimpleNamespace(mean=0.0)

    def step(x):
        held.mean = held.mean * 0.9 + 0.1
        return x * 2

    return step


def of_another_objects_object():
    seen = types.SimpleNamespace(count=0)
    held = types.SimpleNamespace(config=types.SimpleNamespace(count=2))

    def step(x):
        seen.count += 1
        return x * held.config.count

    return step


def made_anew():
    held = types.SimpleNamespace(sizes=[])

    def step(x):
        held.sizes = []
        for n in x.shape:
            held.sizes.append(n)
        return x * held.sizes[0]

    return step


def of_another_object():
    a, b = types.SimpleNamespace(n=0), types.SimpleNamespace(n=2.0)

    def step(x):
        a.n += 1
        return x * b.n

    return step


def beside_a_proxy():
    log = queue.Queue()
    held = [weakref.proxy(log), log]

    def step(x):
        held[1].put(len(held))
        return x * 2

    return step


def kept_elsewhere():
    held = types.SimpleNamespace(calls=0, log=[], start=0.0, seconds=0.0)
    logger = logging.getLogger("kept_elsewhere")

    def step(x):
        held.start = time.perf_counter()
        held.calls += 1
        held.log.append(held.calls)
        logger.debug("%d calls, %s", held.calls, f"{held.calls:3d}")
        held.seconds += time.perf_counter() - held.start
        return x * 2

    return step


def beside_what_is_read():
    held, numbers = {"calls": 0, "scale": 2.0}, [0, 2]

    def step(x):
        held["calls"] = held.get("calls", 0) + 1
        numbers[0] += 1
        return x * held["scale"] * numbers[1] / held.get("scale")

    return step


CHANGED = {
    "a name that another object's object has": of_another_objects_object,
    "a log of a counter, a text, a time": kept_elsewhere,
    "one entry of a dict of which another is read": beside_what_is_read,
    "what a proxy stands for": beside_a_proxy,
    "a list": lambda: only(lambda log: log.append(1), []),
    "a set": lambda: only(lambda log: log.add(len("here")), set()),
    "logs in a dict": logged,
    "a queue": lambda: only(lambda waiting: waiting.put(1), queue.Queue()),
    "a log that is passed on": passed_on,
    "a running mean": averaged,
    "a list that is made anew": made_anew,
    "a name that another object has": of_another_object,
}


@pytest.mark.parametrize("name", CHANGED)
def test_what_is_only_changed_is_none_of_the_programs_business(name):
    fast = autograd.capture(CHANGED[name]())
    for i in range(6):
        assert np.array_equal(fast(np.full(2, i)), np.full(2, 2 * i))
    assert fast.calls["replayed"] == 3


def test_a_refused_call_leaves_everything_as_it_was():
    seen, order, marks = [], collections.deque([1, 2, 3]), {0}
    calls, rng = 0, random.Random(5)

    def step(x):
        nonlocal calls
        calls += 1
        seen.append(calls)
        order.rotate()
        marks.add(calls)
        OfTheClass.count += 1
        rng.random()
        return x * calls

    fast = autograd.capture(step)
    fast(np.ones(2))
    kept = list(seen), list(order), set(marks), calls, OfTheClass.count, rng.getstate()
    for _ in range(3):
        with pytest.raises(CaptureError):
            fast(np.ones(2))
        assert (list(seen), list(order), set(marks), calls, OfTheClass.count, rng.getstate()) == kept


def test_a_logger_does_not_lead_to_all_others():
    logger, other = logging.getLogger("a step's"), logging.getLogger("another's")
    reach = Reach(lambda x: logger.debug("x"))
    assert any(x is logger for x in reach.objects)
    assert not any(x is other or isinstance(x, logging.Handler) for x in reach.objects)
