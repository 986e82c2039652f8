"""What a step does with values and a replay could not do again is refused, with the user's line; nothing changes."""

import io
import logging
import math
import pickle
import sys
import time

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd.errors import CaptureError

TABLE = np.eye(2)
STORED = "the step stores a value that it computes"


class Training:
    """A step; `look` gets its parts: a list, the outputs, the loss."""

    def __init__(self, look):
        rng = np.random.default_rng(0)
        self.model = nn.Sequential(nn.Linear(3, 4, rng=rng), nn.Tanh(), nn.Linear(4, 2, rng=rng))
        self.optimizer = optim.Adam(self.model.parameters(), lr=0.1)
        self.seen, self.look = [], look

    def step(self, x, y):
        output = self.model(x)
        loss = nn.functional.cross_entropy(output, y)
        self.optimizer.zero_grad()
        loss.backward()
        if self.look:
            self.look(self.seen, output, loss)
        self.optimizer.step()
        return loss

    def state(self):
        grads = [None if p.grad is None else p.grad.numpy().tobytes() for p in self.model.parameters()]
        return [p.numpy().tobytes() for p in self.model.parameters()], grads, len(self.seen)


def batch(i):
    rng = np.random.default_rng(i)
    return rng.normal(size=(5, 3)).astype(np.float32), rng.integers(0, 2, 5)


REFUSED = {
    "item": (lambda s, o, loss: s.append(loss.item()), r"s\.append\(loss\.item\(\)\).*Return"),
    "float": (lambda s, o, loss: s.append(float(loss)), r"s\.append\(float\(loss\)\).*Return"),
    "math": (lambda s, o, loss: math.sqrt(loss.numpy()), r"math\.sqrt.*Return"),
    "round": (lambda s, o, loss: round(loss.numpy(), 2), r"round\(loss.*np\.round"),
    "print": (lambda s, o, loss: print(loss), r"print\(loss\).*return it from the step"),  # noqa: T201
    "an f-string": (lambda s, o, loss: f"{loss:.3f}", r"test_refused\.py:\d+.*Return"),
    "tolist": (lambda s, o, loss: o.tolist(), r"o\.tolist\(\).*Return"),
    "a conversion": (lambda s, o, loss: np.array(o.detach()), r"np\.array\(o\.detach.*np\.copy"),
    "an index of a table": (lambda s, o, loss: TABLE[np.argmax(o.numpy(), 1)], r"TABLE\[.*Tensor\(table\)\[x\]"),
    "a key": (lambda s, o, loss: {loss.numpy(): 1}, r"\{loss\.numpy\(\): 1\}.*Return"),
    "pickle": (lambda s, o, loss: pickle.dumps(o.numpy()), r"pickle\.dumps.*store it there"),
    "np.save": (lambda s, o, loss: np.save(io.BytesIO(), o.numpy()), r"np\.save.*do that outside"),
    "an index": (lambda s, o, loss: s[: int(np.argmax(o.numpy()[0]))], r"np\.argmax.*Return"),
    "range": (lambda s, o, loss: range(np.argmax(o.numpy()[0])), r"np\.argmax.*shape does not depend on values"),
    "a mask": (lambda s, o, loss: o.detach()[o.detach() > 0], r"o\.detach\(\) > 0.*np\.where"),
    "nonzero": (lambda s, o, loss: np.nonzero(o.detach()), r"np\.nonzero.*np\.where"),
    "unique": (lambda s, o, loss: np.unique(o.numpy()), r"np\.unique.*np\.where"),
    "a Tensor in a list": (lambda s, o, loss: s.append(loss), STORED),
    "a detached one": (lambda s, o, loss: s.append(loss.detach()), STORED),
    "an array": (lambda s, o, loss: s.append(o.numpy()), STORED),
    "in a tuple": (lambda s, o, loss: s.append((1, o.numpy())), STORED),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_the_line_and_the_remedy(name, capsys):
    look, message = REFUSED[name]
    training = Training(look)
    fast = autograd.capture(training.step)
    fast(*batch(0))
    training.look = look
    before = training.state()
    with pytest.raises(CaptureError, match=message):
        fast(*batch(1))
    assert training.state() == before  # not half a step
    training.look = None
    for i in range(4):
        fast(*batch(i))
    assert fast.calls["replayed"] == 2  # and what can be captured still is


HOOKS = {
    "one that prints": (lambda seen, x: print(x), "print"),  # noqa: T201
    "one that stores": (lambda seen, x: seen.append(x), STORED),
    "one that counts": (lambda seen, x: seen.append(1), None),
    "one that computes": (lambda seen, x: x * 2, None),
}


@pytest.mark.parametrize("where", ["a module", "a parameter"])
@pytest.mark.parametrize("name", HOOKS)
def test_hooks_that_compute_are_recorded_and_others_refused(name, where):
    hook, message = HOOKS[name]
    losses = []
    for captured in (False, True):
        training = Training(None)
        step = autograd.capture(training.step) if captured else training.step
        losses.append([step(*batch(i)).item() for i in range(4)])
        seen = training.seen
        if where == "a module":
            training.model[1].register_forward_hook(lambda module, args, output, seen=seen: hook(seen, output))
        else:
            training.model[0].weight.register_hook(lambda g, seen=seen: hook(seen, g))
        if message is not None and captured:
            with pytest.raises(CaptureError, match=message):
                step(*batch(4))
            return
        losses[-1] += [step(*batch(i)).item() for i in range(4, 10)]
    assert losses[0] == losses[1]
    assert step.calls["replayed"] == 5  # the hook, added later, is another recording


def test_a_print_happens_while_the_step_runs_or_is_recorded(capsys):
    training = Training(lambda seen, output, loss: print("here", loss.shape))  # noqa: T201
    fast = autograd.capture(training.step)
    for i in range(6):
        fast(*batch(i))
    assert capsys.readouterr().out == "here ()\n" * 3
    assert "prints" in fast.explain()


def test_a_recording_that_takes_long_says_so(caplog, monkeypatch):
    monkeypatch.setattr(sys.modules["autograd.capture.report"], "SLOW", 0.02)

    def f(x):
        time.sleep(0.05)
        return np.sin(x)

    fast = autograd.capture(f)
    told = []
    fast.tell = told.append
    with caplog.at_level(logging.INFO, "autograd.capture"):
        fast(np.ones(3))
        assert not told
        fast(np.ones(3))
    assert told == ["recording f"] == [record.message[-11:] for record in caplog.records[:1]] or "f" in caplog.text


def test_a_generator_of_the_users_is_drawn_from_at_each_replay():
    rngs = [np.random.default_rng(5) for _ in range(2)]
    fast = autograd.capture(lambda x: x + autograd.random.generator(rngs[0]).normal(0, 0.5, x.shape).astype(x.dtype))
    for _ in range(6):
        x = np.ones(3, np.float32)
        assert np.array_equal(fast(x), x + rngs[1].normal(0, 0.5, 3).astype(np.float32))
    assert fast.calls["replayed"] == 3


class Counting:
    """Steps that count, in every place where a number can be kept."""

    def __init__(self):
        self.calls, self.every = 0, [0, {"n": 0}]
        self.seen = 0

    def attribute(self, x):
        self.calls += 1
        return x * 2 if self.calls % 4 else x * 3

    def element(self, x):
        self.every[0] += 1
        return x * 2 if self.every[0] < 6 else x * 3

    def entry(self, x):
        self.every[1]["n"] += 1
        return x * 2 if self.every[1]["n"] < 6 else x * 3

    def by_another_method(self, x):
        self.count()
        return x * 2 if self.calls < 6 else x * 3

    def count(self):
        self.calls += 1

    def only_counted(self, x):
        self.seen += 1
        return x * 2

    def __repr__(self):
        return f"seen {self.seen} times"


def nonlocal_counter():
    calls = 0

    def step(x):
        nonlocal calls
        calls += 1
        return x * 2 if calls < 6 else x * 3

    return step


@pytest.mark.parametrize("name", ["attribute", "element", "entry", "by_another_method", "nonlocal"])
def test_a_counter_that_decides_is_refused(name):
    step = nonlocal_counter() if name == "nonlocal" else getattr(Counting(), name)
    fast = autograd.capture(step)
    fast(np.ones(2))
    with pytest.raises(
        CaptureError, match=r"the step changes .* and also reads it, at .*test_refused.*pass it as an argument"
    ):
        fast(np.ones(2))


def test_a_counter_that_only_counts_is_none_of_the_programs_business():
    counting = Counting()
    fast = autograd.capture(counting.only_counted)
    for _ in range(6):
        fast(np.ones(2))
    assert (fast.calls["replayed"], counting.seen) == (3, 3)


def test_a_hook_that_stores_on_a_tensor_from_outside_is_refused():
    w, seen = autograd.Tensor(np.ones(3), requires_grad=True), []
    w.register_hook(lambda g: seen.append(g.numpy().sum()))

    def step(x):
        w.grad = None
        (w * x).sum().backward()

    fast = autograd.capture(step)
    fast(np.ones(3))
    with pytest.raises(CaptureError, match=STORED):
        fast(np.ones(3))
    assert len(seen) == 1  # as before the call
