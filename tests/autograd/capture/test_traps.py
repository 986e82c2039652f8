"""What a recording could get wrong in silence: each is right to the bit, or refused with the line and the remedy."""

import threading
import time

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd import Tensor, checkpoint, grad, hessian, hvp, jacobian, jvp, no_grad
from autograd.errors import CaptureError

F = nn.functional


def batches(n=10, rows=8, seed=0):
    rng = np.random.default_rng(seed)
    return [(rng.normal(size=(rows, 6)).astype(np.float32), rng.integers(0, 3, rows)) for _ in range(n)]


class Training:
    """A model, its optimizer and its step; options switch on what a step may hold."""

    def __init__(self, *, clip=False, accumulate=0, scheduler=False, layers=None):
        autograd.seed(1)
        rng = np.random.default_rng(0)
        extra = layers or []
        self.model = nn.Sequential(nn.Linear(6, 8, rng=rng), *extra, nn.Tanh(), nn.Linear(8, 3, rng=rng))
        self.optimizer = optim.AdamW(self.model.parameters(), lr=0.05)
        self.schedule = optim.lr_scheduler.StepLR(self.optimizer, 2, 0.5) if scheduler else None
        self.clip, self.accumulate = clip, accumulate

    def step(self, x, y):
        loss = F.cross_entropy(self.model(x), y)
        if not self.accumulate:
            self.optimizer.zero_grad()
        loss.backward()
        if self.clip:
            nn.clip_grad_norm_(self.model.parameters(), 0.1)
        self.optimizer.step()
        if self.schedule:
            self.schedule.step()
        return loss

    def state(self):
        state = [np.asarray(v).tobytes() for v in self.model.state_dict().values()]
        grads = [p.grad.numpy().tobytes() for p in self.model.parameters()]
        return state, grads, repr(self.optimizer.state_dict()["param_groups"]), {
            key: value["step"] for key, value in self.optimizer.state_dict()["state"].items()
        }  # fmt: skip


@pytest.mark.parametrize("options", [
    {}, {"clip": True}, {"accumulate": True}, {"scheduler": True},
    {"layers": [nn.Dropout(0.4)]}, {"layers": [nn.BatchNorm1d(8), nn.Dropout(0.2)]},
], ids=["plain", "clip", "accumulate", "scheduler", "dropout", "batch norm"])  # fmt: skip
def test_ten_steps(options):
    found = []
    for captured in (False, True):
        layers = [nn.BatchNorm1d(8), nn.Dropout(0.2)] if len(options.get("layers", [])) == 2 else options.get("layers")
        training = Training(**{**options, "layers": layers})
        step = autograd.capture(training.step) if captured else training.step
        losses = [step(*batch).item() for batch in batches()]
        found.append((losses, training.state()))
        if captured:
            assert step.calls == {"eager": 1, "recorded": 2, "replayed": 7}
    assert found[0] == found[1]


def test_a_schedule_outside_of_the_step_and_eval_in_between():
    found = []
    for captured in (False, True):
        training = Training(layers=[nn.Dropout(0.5)])
        schedule = optim.lr_scheduler.ExponentialLR(training.optimizer, 0.8)
        step = autograd.capture(training.step) if captured else training.step
        losses = []
        for i, batch in enumerate(batches(12)):
            training.model.train(i % 6 != 5)
            losses.append(step(*batch).item())
            schedule.step()
        found.append((losses, training.state()))
    assert found[0] == found[1]
    assert step.calls["replayed"] > 5


def test_another_shape_is_another_trace():
    training, step = Training(), None
    step = autograd.capture(training.step)
    for batch in batches(5) + batches(5, rows=3):
        step(*batch)
    assert step.calls == {"eager": 2, "recorded": 4, "replayed": 4}
    assert "recorded" in step.explain()
    step.clear()
    assert step.program is None


def test_control_flow_on_values_takes_the_branch_of_the_day():
    def f(x):
        return np.exp(x) if (x > 0).all() else -x

    fast = autograd.capture(f)
    rng = np.random.default_rng(0)
    for _ in range(30):
        x = rng.normal(size=2) + 0.5
        assert np.array_equal(fast(x), f(x))
    assert fast.calls["replayed"] > 20


@pytest.mark.parametrize("f", [
    lambda x, v: hvp(lambda x: np.sum(np.tanh(x) ** 3), x, v),
    lambda x, v: jacobian(lambda x: np.tanh(x * x[::-1]))(x) @ v,
    lambda x, v: hessian(lambda x: np.sum(np.exp(x) * v))(x),
    lambda x, v: jvp(lambda x: np.sin(x) * x, (x,), (v,)),
    lambda x, v: grad(lambda x: checkpoint(lambda x: np.sum(np.sin(x) * v), x))(x),
    lambda x, v: np.linalg.solve(np.diag(np.exp(x)) + 0.1, v),
], ids=["hvp", "jacobian", "hessian", "jvp", "checkpoint", "numpy"])  # fmt: skip
def test_transforms(f):
    fast = autograd.capture(f)
    rng = np.random.default_rng(0)
    kept = []
    for _ in range(8):
        x, v = rng.normal(size=4), rng.normal(size=4)
        found, expected = fast(x, v), f(x, v)
        kept += zip(autograd.tree_leaves(found), autograd.tree_leaves(expected), strict=True)
    assert all(np.array_equal(a, b) for a, b in kept)  # also those of earlier calls: nothing was written over
    assert fast.calls["replayed"] == 5


def test_writes_by_index_and_in_place():
    def f(x):
        y = np.zeros_like(x)
        y[1:] = x[:-1] * 2
        y += x
        return y

    fast = autograd.capture(f)
    for i in range(6):
        x = np.arange(4.0) + i
        assert np.array_equal(fast(x), f(x))


def test_a_parameter_changed_by_hand():
    w = {captured: nn.Parameter([1.0, 2.0]) for captured in (False, True)}

    def step(p, x):
        p.grad = None
        loss = (p * x).sum() ** 2
        loss.backward()
        with no_grad():
            p -= 0.01 * p.grad
        return loss

    fast = autograd.capture(lambda x: step(w[True], x))
    for i in range(8):
        x = np.array([1.0, 0.5]) * i
        assert fast(x).item() == step(w[False], x).item()
        assert np.array_equal(w[True].numpy(), w[False].numpy())


def test_data_and_state_that_are_replaced():
    training, twin = Training(), Training()
    step = autograd.capture(training.step)
    for i, batch in enumerate(batches(16)):
        if i in (5, 10):
            for t in (training, twin):
                t.model[0].weight.data = np.full((8, 6), 0.1 * i, np.float32)
        assert step(*batch).item() == twin.step(*batch).item()
    assert training.state() == twin.state()


@pytest.mark.parametrize(("look", "message"), [
    (lambda t: t.item(), "Return the value from the step"),
    (lambda t: float(t), "Return the value from the step"),
    (lambda t: np.array(t.detach()), "np.copy"),
    (lambda t: str(t), "return it from the step"),
    (lambda t: t.detach()[t.detach() > 0], "shape"),
    (lambda t: np.unique(t.numpy()), "shape"),
])  # fmt: skip
def test_values_that_are_asked_for(look, message):
    training = Training()

    def step(x, y):
        loss = training.step(x, y)
        look(loss.detach() if loss.ndim else np.reshape(loss, (1,)))
        return loss

    fast = autograd.capture(step)
    data = batches(2)
    try:
        fast(*data[0])
    except Exception:
        pytest.fail("the first call is eager")
    before = training.state()
    with pytest.raises(CaptureError, match=message):
        fast(*data[1])
    assert training.state() == before  # not half a step


def test_the_users_own_random_numbers():
    rng = np.random.default_rng(0)
    fast = autograd.capture(lambda x: x * rng.normal(size=x.shape))
    fast(np.ones(3))
    with pytest.raises(CaptureError, match="draws random numbers from a numpy Generator of its own"):
        fast(np.ones(3))
    assert rng.normal() == np.random.default_rng(0).normal(size=4)[3]  # it stands where it stood before that call


def test_an_array_closed_over_is_read_anew():
    a = np.ones(3)
    fast = autograd.capture(lambda x: x + a)
    for i in range(6):
        a[...] = i
        assert np.array_equal(fast(np.zeros(3)), a)


def test_a_plain_array_may_not_be_written():
    a = np.zeros(3)

    def f(x):
        np.add(x, 1, out=a)
        return x

    fast = autograd.capture(f)
    fast(np.ones(3))
    with pytest.raises(CaptureError, match="a plain array"):
        fast(np.ones(3))


def test_the_settings_of_a_layer():
    drop, x = nn.Dropout(0.5), np.ones(1000, np.float32)
    fast = autograd.capture(lambda x: drop(x))
    for p in (0.5, 0.1, 0.5):
        drop.p = p
        for _ in range(5):
            assert abs((np.asarray(fast(x)) == 0).mean() - p) < 0.1


def test_an_error_within_a_replay_changes_nothing():
    training = Training(layers=[nn.BatchNorm1d(8)])
    step = autograd.capture(training.step)
    for batch in batches(4):
        step(*batch)
    before = training.state()
    x, y = batches(1)[0]
    with pytest.raises(ValueError, match="class"):
        step(x, y + 7)
    assert training.state() == before


def test_one_thread_at_a_time():
    inside, go = threading.Event(), threading.Event()

    def f(x):
        inside.set()
        go.wait(10)
        return x

    fast = autograd.capture(f)
    thread = threading.Thread(target=fast, args=(np.ones(2),))
    thread.start()
    inside.wait(10)
    with pytest.raises(CaptureError, match="once at a"):
        fast(np.ones(2))
    go.set()
    thread.join()


def test_lbfgs_runs_as_it_is():
    p, q = (nn.Parameter(np.array([1.0, -2.0])) for _ in range(2))

    def stepper(p):
        optimizer = optim.LBFGS([p], max_iter=3)

        def closure():
            optimizer.zero_grad()
            loss = (p**4).sum()
            loss.backward()
            return loss

        return lambda: optimizer.step(closure)

    fast, slow = autograd.capture(stepper(p)), stepper(q)
    for _ in range(6):
        assert np.asarray(fast().detach()) == np.asarray(slow().detach())
    assert np.array_equal(p.numpy(), q.numpy())


def test_a_tensor_of_a_program_is_no_leaf():
    fast = autograd.capture(lambda x: Tensor(x) * 2)
    for _ in range(5):
        y = fast(np.ones(2))
    assert isinstance(y, Tensor)
    assert not y.requires_grad
    assert "multiply" in str(fast.program) or "mul" in str(fast.program)


def test_a_gradient_returned_after_the_optimizers_step_is_that_of_this_step():
    def made():
        training = Training()
        first, last = training.model[0].weight, training.model[-1].bias

        def step(x, y):
            training.step(x, y)
            return {"grads": [last.grad, first.grad], "weight": first}

        return step

    eager, fast = made(), autograd.capture(made())
    for x, y in batches():
        expected, got = eager(x, y), fast(x, y)
        for a, b in zip([*expected["grads"], expected["weight"]], [*got["grads"], got["weight"]], strict=True):
            np.testing.assert_array_equal(a.numpy(), b.numpy())
    assert fast.calls["replayed"] == 7


NOW = time.perf_counter_ns
RESULTS = {
    "a counter": lambda x: (x * 2, NOW()),
    "a text": lambda x: (x * 2, f"call {NOW()}"),
    "a number": lambda x: (x * 2, np.random.default_rng(NOW()).random()),
    "an array": lambda x: {"x": x * 2, "noise": np.random.default_rng(NOW()).random(3)},
    "a Tensor": lambda x: [x * 2, Tensor(np.random.default_rng(NOW()).random(3))],
}


@pytest.mark.parametrize("name", RESULTS)
def test_a_result_that_comes_from_elsewhere_and_changes_is_refused(name):
    fast = autograd.capture(RESULTS[name])
    for _ in range(2):
        fast(np.ones(3))
    with pytest.raises(CaptureError, match="in its result; a replay would keep"):
        fast(np.ones(3))
