"""What a step may look at without its being recorded: settings of optimizers and of the user's own objects."""

import types

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd import Tensor
from autograd.engine.recording import raw
from autograd.errors import CaptureError

GAIN = 2.0


def training():
    p = nn.Parameter([1.0, -2.0])
    return p, optim.SGD([p], lr=0.1, momentum=0.5)


def stepped(p, optimizer, loss):
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss


def test_a_learning_rate_set_by_hand_is_refused():
    p, optimizer = training()

    def step(x, rate):
        optimizer.param_groups[0]["lr"] = rate
        return stepped(p, optimizer, (p * x).sum() ** 2)

    fast = autograd.capture(step)
    fast(np.ones(2), 0.1)
    before = p.numpy().copy()
    with pytest.raises(CaptureError, match=r"\[\"lr\"\] = rate sets 'lr' of an optimizer(.|\n)*lr_scheduler"):
        fast(np.ones(2), 0.1)
    assert np.array_equal(p.numpy(), before)


def test_a_learning_rate_that_the_step_reads_is_not_frozen():
    losses = []
    for captured in (False, True):
        p, optimizer = training()
        schedule = optim.lr_scheduler.StepLR(optimizer, 5, 0.5)

        def step(x, p=p, optimizer=optimizer):
            return stepped(p, optimizer, (p * x).sum() ** 2) * optimizer.param_groups[0]["lr"]

        run = autograd.capture(step) if captured else step
        losses.append([])
        for i in range(16):
            losses[-1].append(run(np.array([1.0, 0.1 * i])).item())
            schedule.step()
    assert losses[0] == losses[1]
    assert run.calls["replayed"] >= 4


def test_an_optimizer_that_only_clears_gradients_may_step_outside():
    p, optimizer = training()
    schedule = optim.lr_scheduler.ExponentialLR(optimizer, 0.9)

    @autograd.capture
    def gradient(x):
        optimizer.zero_grad()
        loss = (p * x).sum() ** 2
        loss.backward()
        return loss

    for _ in range(8):
        gradient(np.ones(2))
        optimizer.step()
        schedule.step()
    assert gradient.calls["replayed"] == 5


class Scaled(nn.Module):
    """A module of the user's, which looks at a global and at settings of its own."""

    def __init__(self, gain):
        self.gain = gain

    def forward(self, x):
        return x * self.gain * GAIN


class Plain:
    def __init__(self, gain):
        self.gain = gain

    def __call__(self, x):
        return x * self.gain * GAIN


class Slotted:
    __slots__ = ("gain",)

    def __init__(self, gain):
        self.gain = gain

    def __call__(self, x):
        return x * self.gain * GAIN


@pytest.mark.parametrize("kind", [Scaled, Plain, Slotted])
def test_settings_of_objects_and_globals_of_their_methods(kind, monkeypatch):
    model = kind(3.0)
    fast = autograd.capture(lambda x: np.exp(model(x)))
    x = np.array([0.1, 0.2])
    for gain in (3.0, 0.5, 3.0):
        model.gain = gain
        for _ in range(5):
            assert np.array_equal(fast(x), np.exp(model(x)))
    monkeypatch.setitem(globals(), "GAIN", 0.25)
    for _ in range(5):
        assert np.array_equal(fast(x), np.exp(model(x)))
    assert fast.calls["replayed"] > 5


class Worker:
    factor = 2.0

    def __init__(self):
        self.tensor = nn.Parameter([1.0, 2.0])

    @autograd.capture
    def run(self, x):
        return np.sum(self.tensor * x) * self.factor


def test_a_method_and_an_attribute_of_its_class(monkeypatch):
    a, b = Worker(), Worker()
    b.tensor.data = b.tensor.numpy() * 3
    for factor in (2.0, 5.0):
        monkeypatch.setattr(Worker, "factor", factor)
        for i in range(5):
            x = np.array([1.0, i])
            assert a.run(x).item() == (1 + 2 * i) * factor
            assert b.run(x).item() == 3 * (1 + 2 * i) * factor


# What a function names and reaches: each change is seen by the next call

ARRAY, ACTIVATION, WEIGHT, DTYPE = np.ones(3), np.tanh, Tensor([1.0, 2.0, 3.0]), np.dtype(np.float32)
SIZES, TABLE, TAGS = [2.0, 3.0], {"act": np.tanh, "pair": (1.0, 2.0)}, {1.0}
NAMED = types.ModuleType("named")
NAMED.__file__ = "/home/user/named.py"
exec("K = 2.0\nW = 1.0\ndef helper(x): return x * K + W\n", NAMED.__dict__)


def set_global(name, value):
    globals()[name] = value


class Layers(nn.Module):
    def __init__(self):
        rng = np.random.default_rng(0)
        self.layers = [nn.Linear(3, 3, rng=rng, dtype=np.float64) for _ in range(2)]
        self.scale = {"a": np.ones(3)}

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x * self.scale["a"]


def reached():
    """name -> (a function, what changes what it reaches)."""
    number, array, model, holder, index = 1.0, np.ones(3), Layers(), types.SimpleNamespace(), [1, 2]
    holder.inner = types.SimpleNamespace(k=3.0)

    def rebind():
        nonlocal number, array
        number, array = 5.0, np.zeros(3)

    return {
        "a global array": (lambda x: x + ARRAY, lambda: set_global("ARRAY", np.zeros(3))),
        "a global function": (lambda x: ACTIVATION(x), lambda: set_global("ACTIVATION", np.sin)),
        "a global Tensor": (lambda x: WEIGHT * x, lambda: set_global("WEIGHT", Tensor([3.0, 2.0, 3.0]))),
        "a global dtype": (lambda x: x.astype(DTYPE), lambda: set_global("DTYPE", np.dtype(np.float64))),
        "a number in a list": (lambda x: x * SIZES[0], lambda: SIZES.__setitem__(0, 9.0)),
        "a zero's sign": (lambda x: np.copysign(x, SIZES[1]), lambda: SIZES.__setitem__(1, -3.0)),
        "a function in a dict": (lambda x: TABLE["act"](x), lambda: TABLE.__setitem__("act", np.cos)),
        "a tuple in a dict": (lambda x: x * TABLE["pair"][0], lambda: TABLE.__setitem__("pair", (7.0, 2.0))),
        "a set": (lambda x: x * sum(TAGS), lambda: TAGS.add(5.0)),
        "a cell": (lambda x: x * number, rebind),
        "an array in a cell": (lambda x: x * array, rebind),
        "a list as an index": (lambda x: x[index], lambda: index.__setitem__(1, 0)),
        "an attribute of an attribute": (lambda x: x * holder.inner.k, lambda: setattr(holder.inner, "k", 4.0)),
        "an object replaced": (
            lambda x: x * holder.inner.k, lambda: setattr(holder, "inner", types.SimpleNamespace(k=-1.0)),
        ),
        "a layer appended": (model, lambda: model.layers.append(nn.ReLU())),
        "a layer taken away": (model, lambda: model.layers.pop()),
        "a layer replaced": (model, lambda: model.layers.__setitem__(0, nn.Tanh())),
        "a parameter replaced": (model, lambda: setattr(model.layers[0], "weight", nn.Parameter(np.eye(3)))),
        "an array in a model's dict": (model, lambda: model.scale.__setitem__("a", np.full(3, 0.5))),
        "a global of another module's function": (lambda x: NAMED.helper(x), lambda: setattr(NAMED, "K", 3.0)),
        "a name of another module": (lambda x: x * NAMED.W, lambda: setattr(NAMED, "W", 4.0)),
    }  # fmt: skip


@pytest.mark.parametrize("name", reached())
def test_what_a_function_reaches_is_seen_when_it_changes(name):
    f, change = reached()[name]
    fast = autograd.capture(lambda x: f(x))

    def check():
        for i in range(5):
            x = np.array([0.1, -0.2, 0.3]) + i
            found, expected = (raw(g(x)) for g in (fast, f))
            assert np.array_equal(found, expected)
            assert found.dtype == expected.dtype

    with pytest.MonkeyPatch.context() as patch:
        for kept in ("ARRAY", "ACTIVATION", "WEIGHT", "DTYPE"):
            patch.setitem(globals(), kept, globals()[kept])
        check()
        change()
        check()
    assert fast.calls == {"eager": 1, "recorded": 4, "replayed": 5}


def test_a_frozen_parameter_and_one_that_is_thawed():
    weights = []
    for captured in (False, True):
        autograd.seed(0)
        model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
        optimizer = optim.SGD(model.parameters(), lr=0.1)

        def step(x, model=model, optimizer=optimizer):
            return stepped(None, optimizer, np.sum(model(x) ** 2))

        run = autograd.capture(step) if captured else step
        for i in range(18):
            model[0].weight.requires_grad = not 6 <= i < 12
            run(np.full((2, 3), 0.1 * i, np.float32))
        weights.append([p.numpy().tobytes() for p in model.parameters()])
    assert weights[0] == weights[1]
    assert run.calls["replayed"] > 6


def test_what_changes_at_every_call_runs_as_it_is():
    state = {"t": None}
    fast = autograd.capture(lambda x: x if state["t"] is None else x + state["t"])
    for i in range(40):
        state["t"] = np.full(2, float(i))
        assert np.array_equal(fast(np.ones(2)), np.full(2, 1.0 + i))
    assert fast.calls["replayed"] == 0
    assert fast.calls["recorded"] < 20
    assert "runs without being captured" in fast.explain()
