"""Plain arrays that a step closes over: what is computed of them follows when they are changed in place."""

import types

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor
from autograd.capture.closed_over import LARGE
from autograd.errors import CaptureError

TABLE = np.ones(3)


class Owner:
    def __init__(self, array):
        self.array = array
        self.unread = np.ones(LARGE)  # which no code mentions

    def step(self, x):
        return x + np.sin(self.array) * 2


def owner(array):
    held = Owner(array)
    return held.step


def in_a_list(array):
    held = [array, {"key": array}]
    return lambda x: x * np.cos(held[0]) + held[1]["key"].sum()


def as_a_number(array):
    return lambda x: x * float(array[0])


def decided(array):
    return lambda x: x * 2 if array[0] > 0 else x * 3


def in_a_library_object(array):
    space = types.SimpleNamespace(weight=array)
    loss = nn.CrossEntropyLoss()
    return lambda x: loss(x.reshape(1, 3) * 1.0, (space.weight[:1] > 0).astype(int)) + x.sum()


def a_global(array):
    global TABLE
    TABLE = array
    return lambda x: x - np.exp(TABLE)


def as_it_is_and_computed(array):
    return lambda x: x * array + array**2


def a_view(array):
    part = array[1:]
    return lambda x: x[1:] + 2 * part


def strided(array):
    part = np.broadcast_to(array, (4, 3)).T
    return lambda x: x[:, None] + np.ascontiguousarray(part) * 3


def decided_beside(array):
    return lambda x: x * array if array[0] > 0 else x + array


def decided_by_a_method(array):
    return lambda x: x * array if array.any() and array.item(0) > 0 else x + array


def decided_by_a_function(array):
    def positive(values):
        first = values.tolist()[0]
        return first > 0

    return lambda x: x * array if positive(array) else x + array


def decided_with_a_result(array):
    def step(x):
        y = x * array
        return y * 2 if array[0] > 0 and y.sum() > -1e9 else y * 3

    return step


def how_often(array):
    def step(x):
        for _ in range(int(abs(array[0]))):
            x = x + array
        return x

    return step


def which(array):
    functions = [np.sin, np.cos, np.tan]
    return lambda x: functions[int(array[0])](x) * array


FORMS = [
    decided_beside, decided_by_a_method, decided_by_a_function, decided_with_a_result, how_often, which,
    owner, in_a_list, as_a_number, decided, in_a_library_object, a_global, as_it_is_and_computed, a_view,
    strided,
]  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_what_is_computed_of_it_follows(form):
    results = []
    for wrap in (lambda f: f, autograd.capture):
        array = np.ones(3)
        run = wrap(form(array))
        found = []
        for call in range(12):
            array[:] = 1.0 if call < 5 else -2.0
            found.append(np.asarray(getattr(run(np.ones(3)), "_array", run(np.ones(3)))).tobytes())
        results.append(found)
    assert results[0] == results[1]
    assert run.calls["replayed"] > 10


@pytest.mark.parametrize("layer", [nn.Linear(3, 5), nn.MinimalEffortLinear(3, 5, 2)], ids=["dense", "sparse"])
def test_a_graph_from_outside_is_refused(layer):
    x = Tensor(np.ones((2, 3), np.float32), requires_grad=True)
    out, g = layer(x), np.ones((2, 5), np.float32)

    def step():
        x.grad = layer.weight.grad = layer.bias.grad = None
        out.backward(g, retain_graph=True)

    fast = autograd.capture(step)
    fast()
    expected = x.grad.numpy().copy()
    with pytest.raises(CaptureError, match=r"recorded before it was called.*Compute the loss within"):
        fast()
    assert np.array_equal(x.grad.numpy(), expected)  # the state is that before


def test_a_large_array_too():
    array = np.ones(LARGE, np.float32)
    fast = autograd.capture(lambda x: x + np.sum(array))
    for change in (0, 0, 0, 0, 1):
        array[-1] += change
        assert fast(np.zeros(2))[0] == np.sum(array)
    assert "the values of an array from outside changed" in fast.explain()


def test_a_buffer_that_is_read_as_it_is_may_change_at_every_call():
    buffer = np.zeros((4, 3))
    fast = autograd.capture(lambda w: np.tanh(w @ buffer) * w.sum())
    rng = np.random.default_rng(0)
    for _ in range(20):
        buffer[:] = rng.normal(size=buffer.shape)
        w = rng.normal(size=(2, 4))
        assert fast(w).tobytes() == (np.tanh(w @ buffer) * w.sum()).tobytes()
    assert fast.calls["replayed"] == 17


def test_a_decision_by_a_result_or_a_shape_is_none_by_a_buffer():
    buffer = np.zeros((4, 3))

    def step(w):
        y = np.tanh(w @ buffer)
        if y.sum() > -1e9 and len(buffer) == 4:
            y = y * buffer.shape[1]
        return y if buffer is not None else w

    fast = autograd.capture(step)
    rng = np.random.default_rng(0)
    for _ in range(20):
        buffer[:] = rng.normal(size=buffer.shape)
        w = rng.normal(size=(2, 4))
        assert fast(w).tobytes() == step(w).tobytes()
    assert fast.calls["replayed"] == 17


def test_a_buffer_beside_computed_constants_is_slow_and_explain_says_what_to_do():
    inputs, target = np.zeros((4, 3)), np.zeros(4, int)
    w = Tensor(np.ones((2, 3)), requires_grad=True)

    def step():
        w.grad = None
        loss = nn.functional.cross_entropy(nn.functional.linear(inputs, w), target)
        loss.backward()
        return loss

    fast = autograd.capture(step)
    rng = np.random.default_rng(0)
    for _ in range(20):
        inputs[:] = rng.normal(size=inputs.shape)
        found, gradient = fast().numpy().tobytes(), w.grad.numpy().tobytes()
        assert (found, gradient) == (step().numpy().tobytes(), w.grad.numpy().tobytes())
    text = fast.explain()
    assert "the values of an array from outside changed: pass it to the step as an argument" in text
    assert "runs without being captured" in text


def test_what_no_name_leads_to_is_not_compared():
    fast = autograd.capture(owner(np.ones(3)))
    for _ in range(4):
        fast(np.ones(3))
    assert fast.program.settings.closed_over.nbytes == 3 * 8


def test_what_cannot_change_is_not_compared():
    array = np.ones(3)
    array.flags.writeable = False
    fast = autograd.capture(lambda x: x + 2 * array)
    for _ in range(4):
        fast(np.ones(3))
    assert fast.program.settings.closed_over.nbytes == 0
