"""What makes a replay fast must not be seen: memory that is used again, calls that are recognised, work left out."""

import types

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd import Tensor, grad, no_grad


def pair(make):
    """Two of it, one of them captured, from the same random state."""
    found = []
    for wrap in (lambda f: f, autograd.capture):
        made, step = make()
        found.append((made, wrap(step)))
    return found


def network(optimizer=optim.Adam, change=lambda model: None):
    def make():
        rng = np.random.default_rng(0)
        model = nn.Sequential(nn.Linear(4, 5, rng=rng), nn.Tanh(), nn.Linear(5, 3, rng=rng))
        updates = optimizer(model.parameters(), lr=0.1)

        def step(x, y):
            updates.zero_grad()
            loss = nn.functional.cross_entropy(model(x), y)
            loss.backward()
            change(model)
            updates.step()
            return loss

        return model, step

    return make


def batches(n):
    rng = np.random.default_rng(1)
    return [(rng.normal(size=(6, 4)).astype(np.float32), rng.integers(0, 3, 6)) for _ in range(n)]


def bits(xs):
    return [np.asarray(getattr(x, "_array", x)).tobytes() for x in xs]


@pytest.mark.parametrize("keep", [
    lambda p: p.grad, lambda p: p.grad.numpy(), lambda p: p.grad.numpy()[:1], lambda p: p.grad.numpy().T
], ids=["tensor", "array", "part", "transposed"])  # fmt: skip
def test_gradients_that_are_kept_are_not_written_over(keep):
    kept = []
    for model, step in pair(network()):
        mine = []
        for batch in batches(14):
            step(*batch)
            mine += [keep(p) for p in model.parameters()]
        kept.append(bits(mine))
    assert kept[0] == kept[1]
    assert step.calls["replayed"] == 11


def test_gradients_go_to_the_optimizer_in_one_row_and_may_be_replaced():
    states = []
    for model, step in pair(network()):
        for i, batch in enumerate(batches(12)):
            step(*batch)
            if i % 3 == 2:  # an eager step with gradients of the user's, or half of them the program's
                first, *_ = model.parameters()
                first.grad = np.full(first.shape, 0.5, np.float32)
        states.append(bits(model.parameters()))
    assert states[0] == states[1]


@pytest.mark.parametrize("change", [
    lambda model: [p.grad.__imul__(0.5) for p in model.parameters()],
    lambda model: setattr(model[0].weight, "grad", model[0].weight.grad * 2),
    lambda model: setattr(model[0].bias, "grad", None),
], ids=["in place", "replaced", "removed"])  # fmt: skip
def test_gradients_changed_within_the_step(change):
    states = []
    for model, step in pair(network(optim.SGD, change)):
        for batch in batches(8):
            step(*batch)
        states.append(bits([*model.parameters(), *[p.grad for p in model.parameters() if p.grad is not None]]))
    assert states[0] == states[1]
    assert step.calls["replayed"] == 5


def test_one_gradient_of_two_tensors():
    p, q = (Tensor(np.ones(3), requires_grad=True) for _ in range(2))

    def f(x):
        p.grad = q.grad = None
        ((p + q) * x).sum().backward()

    fast = autograd.capture(f)
    for i in range(6):
        fast(np.full(3, float(i)))
        assert np.array_equal(p.grad, np.full(3, float(i)))
        p.grad *= 2
        assert np.array_equal(q.grad, np.full(3, float(i)))


def test_copies_that_are_written_are_copies():
    def f(x):
        a = x * 2
        b, c = a.copy(), a.copy()
        b += 1
        d = b.copy()
        b *= 3
        return a, b, c, d, (x * 2) + (x * 2)

    fast = autograd.capture(f)
    for i in range(6):
        x = np.arange(4.0) + i
        assert bits(fast(x)) == bits(f(x))


def test_the_state_is_copied_before_it_changes():
    p = Tensor(np.arange(3.0), requires_grad=True)

    def f(x):
        before = p.detach().copy()
        with no_grad():
            p.__isub__(x)
        return before

    fast = autograd.capture(f)
    for i in range(6):
        assert np.array_equal(fast(np.ones(3)), np.arange(3.0) - i)


def test_numbers_of_different_sign_and_kind():
    fast = autograd.capture(lambda x, s: np.copysign(x, s))
    for s in [0.0, -0.0, 1, True, 0.0, -0.0] * 4:
        assert np.array_equal(fast(np.ones(2), s), np.copysign(np.ones(2), s))


def test_arguments_in_containers():
    def f(batch, *, scale=1.0):
        return {"sum": batch["x"] + batch["y"][0] * scale}

    fast = autograd.capture(f)
    rng = np.random.default_rng(0)
    for shape in [(2,), (3,)] * 8:
        batch = {"x": Tensor(rng.normal(size=shape)), "y": [rng.normal(size=shape), None]}
        assert np.array_equal(fast(batch, scale=2.0)["sum"], f(batch, scale=2.0)["sum"])
        strided = {"x": Tensor(rng.normal(size=(*shape, 2))[..., 0]), "y": [np.float32(3), None]}
        assert np.array_equal(fast(strided)["sum"], f(strided)["sum"])
    assert fast.calls["replayed"] > 15


def test_a_setting_in_a_module():
    config = types.ModuleType("config")
    config.scale = 2.0
    fast = autograd.capture(lambda x: x * config.scale)
    for scale in (2.0, 5.0):
        config.scale = scale
        for _ in range(5):
            assert fast(np.ones(1)).item() == scale


def test_error_settings_of_numpy():
    fast = autograd.capture(lambda x: np.exp(x) * 2)
    for _ in range(5):
        with np.errstate(over="ignore"):
            fast(np.array([1000.0]))
    for _ in range(5):
        with pytest.raises(FloatingPointError), np.errstate(over="raise"):
            fast(np.array([1000.0]))


def test_results_are_the_callers():
    fast = autograd.capture(lambda x: (x + 1, x, np.sin(x) @ np.ones((3, 3)), x[1:]))
    kept = []
    for i in range(8):
        x = np.arange(3.0) + i
        kept.append((fast(x), (x + 1, x.copy(), np.sin(x) @ np.ones((3, 3)), x[1:].copy())))
        kept[-1][0][1][...] = 0.0 if i > 20 else kept[-1][0][1]
    assert all(bits(a) == bits(b) for a, b in kept)


def fourier(x):
    return grad(lambda x: (np.tanh(np.fft.irfft2(np.fft.rfft2(x) * np.fft.rfft2(x[0]))) ** 2).mean())(x)


def chosen(x):
    """The gradient of where, maximum and clip, whose cotangents are -0.0 at many places."""
    return grad(lambda x: (np.where(x > 0, x, 2 * x) * np.maximum(x, 0) * np.clip(x, -1, 1) * -0.0).sum())(x)


def attention(x):
    return grad(lambda x: (nn.functional.softmax(x, -1) ** 2).sum() + nn.functional.softmax(x, 0).max())(x)


@pytest.mark.parametrize("f", [fourier, chosen, attention], ids=lambda f: f.__name__)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_large_arrays_take_the_way_that_eager_takes(f, dtype):
    """For large arrays eager has quicker code, with other roundings and other zeros: a recording is of that."""
    fast = autograd.capture(f)
    rng = np.random.default_rng(0)
    for _ in range(5):
        x = rng.normal(size=(5, 80, 64)).astype(dtype)
        assert fast(x).tobytes() == f(x).tobytes()
    assert fast.calls["replayed"] == 2
    assert "numpy.fft" not in fast.program.source
