"""Views: what shares memory, what a write through one reaches, and the gradients of all that."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor, no_grad
from autograd.check import gradcheck, gradgradcheck
from autograd.errors import InPlaceError, NoRuleError
from autograd.tensor.view import View

VIEWS: dict[str, Callable[[Any], Any]] = {
    "x[0]": lambda x: x[0],
    "x[1:, ::2]": lambda x: x[1:, ::2],
    "x[..., None]": lambda x: x[..., None],
    "x[::-1]": lambda x: x[::-1],
    "x[1][1]": lambda x: x[1][1],
    "reshape": lambda x: x.reshape(-1),
    "reshape of a transpose": lambda x: x.T.reshape(4, -1),  # copies
    "reshape order F": lambda x: np.reshape(x, (6, 4), order="F"),  # copies
    "ravel": lambda x: x.ravel(),
    "ravel of a transpose": lambda x: np.ravel(x.T),  # copies
    "ravel of every other": lambda x: x[:, 0, 0].ravel(),  # copies
    "reshape of every other": lambda x: x[:, 0, 0].reshape(2, 1),
    "flatten": lambda x: x.flatten(),  # copies
    "T": lambda x: x.T,
    "mT": lambda x: x.mT,
    "transpose": lambda x: np.transpose(x, (1, 0, 2)),
    "swapaxes": lambda x: np.swapaxes(x, 0, 1),
    "moveaxis": lambda x: np.moveaxis(x, 0, -1),
    "rollaxis": lambda x: np.rollaxis(x, 2),
    "expand_dims": lambda x: np.expand_dims(x, 1),
    "squeeze": lambda x: np.squeeze(x),
    "diagonal": lambda x: np.diagonal(x),
    "diag": lambda x: np.diag(x[0]),
    "split": lambda x: np.split(x, 2)[1],
    "split at": lambda x: np.split(x, [1], axis=1)[1],
    "array_split": lambda x: np.array_split(x, 2, axis=2)[0],
    "hsplit": lambda x: np.hsplit(x, 3)[1],
    "iteration": lambda x: list(x)[1],
    "flip": lambda x: np.flip(x, 0),
    "fliplr": lambda x: np.fliplr(x),
    "flipud": lambda x: np.flipud(x),
    "rot90": lambda x: np.rot90(x),
    "broadcast_to": lambda x: np.broadcast_to(x, (2, *x.shape)),
    "windows": lambda x: np.lib.stride_tricks.sliding_window_view(x, 2, -1),
    "atleast_3d": lambda x: np.atleast_3d(x[0]),
    "real": lambda x: x.real,
    "np.real": lambda x: np.real(x),
    "einsum": lambda x: np.einsum("ijk->kij", x),
    "einsum of a diagonal": lambda x: np.einsum("iij->ji", x[:, :2]),
    "copy": lambda x: x.copy(),
    "x[[0, 1]]": lambda x: x[[0, 1]],
    "x[mask]": lambda x: x[np.array([True, False])],
    "take": lambda x: np.take(x, [0], 0),
    "roll": lambda x: np.roll(x, 1, 0),
    "repeat": lambda x: np.repeat(x, 1, 0),
    "astype": lambda x: x.astype(np.float64),
    "x + 0": lambda x: x + 0,
}
if hasattr(np, "unstack"):  # NumPy 2.1
    VIEWS["unstack"] = lambda x: np.unstack(x, axis=1)[0]
CASES = pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
START = np.random.default_rng(0).normal(size=(2, 3, 4))


@CASES
@pytest.mark.parametrize("kind", ["constant", "result", "leaf", "leaf under no_grad"])
def test_shares_memory_where_numpy_does(view: Any, kind: str) -> None:
    array = START.copy()
    x = Tensor(array, requires_grad="leaf" in kind)
    x = Tensor(array, requires_grad=True) * 1.0 if kind == "result" else x
    y = view(array)
    with no_grad() if "no_grad" in kind else autograd.enable_grad():
        v = view(x)
        if kind == "leaf" and isinstance(v, View):
            assert v.node is not None
    for one, other in ((v.numpy(), x.numpy()), (v, x), (v, x.numpy())):
        assert np.shares_memory(one, other) == np.shares_memory(y, array)
        assert np.may_share_memory(one, other) == np.may_share_memory(y, array)
    np.testing.assert_array_equal(v.numpy(), y)


@CASES
def test_a_view_of_one_taken_under_no_grad_shares_its_memory(view: Any) -> None:
    """Memory in Fortran's order: of its copy in C's order other things would be views."""
    array = START.T.copy()
    w = Tensor(array.copy(), requires_grad=True)
    with no_grad():
        transposed = w.T
    v, expected = view(transposed), view(array.T)
    assert np.shares_memory(v, w) == np.shares_memory(expected, array)
    array *= 2.0
    with no_grad():
        w *= 2.0
    np.testing.assert_array_equal(v.numpy(), expected)


@CASES
@pytest.mark.parametrize("recording", [True, False])
def test_a_write_through_it_is_numpys(view: Any, recording: bool) -> None:
    """The value of the base, of the view and of another view taken before; or both refuse."""
    array = START.copy()
    x = Tensor(array.copy()) if recording else Tensor(array.copy(), requires_grad=True)
    refused: list[bool] = []
    with autograd.enable_grad() if recording else no_grad():
        for a in (array, x):
            v, other = view(a), a.T
            try:
                v *= 2.0
                v[0] = 5.0
                v[...] -= 1.0
            except (ValueError, InPlaceError) as error:
                refused.append("read-only" in str(error))
            results = [np.array(t) if a is array else t.numpy() for t in (a, v, other)]
            if a is array:
                expected = results
        for found, value in zip(results, expected, strict=True):
            np.testing.assert_array_equal(found, value)
    assert refused in ([], [True, True])


def writes_through(view: Any) -> Callable[..., Any]:
    def f(x: Any, w: Any) -> Any:
        y = x * 1.0
        v = view(y)
        first = v * v
        v *= np.mean(w)
        v[0] = v[0] * w[0] + 1.0
        v += 0.5
        return np.sum(y * y) + np.sum(first) + np.sum(np.sin(v) * w[1])

    return f


WRITEABLE = [name for name in VIEWS if name not in ("diagonal", "diag", "broadcast_to", "windows")]


@pytest.mark.parametrize("name", WRITEABLE)
def test_gradients_of_writes_through_it(name: str) -> None:
    f = writes_through(VIEWS[name])
    w = np.array([0.7, -1.2])
    assert gradcheck(f, START * 0.5, w)
    if name in ("x[1:, ::2]", "reshape", "T", "split", "rot90", "einsum of a diagonal", "x[1][1]"):
        assert gradgradcheck(f, START[:, :2, :2] * 0.5, w) if "iij" not in name else True


def test_the_parts_of_complex_numbers_are_views() -> None:
    def f(x: Any, w: Any) -> Any:
        z = x + 1j * x * x
        z.real[0] = w[0]
        np.imag(z)[:, 1] *= w[1]
        z.imag += w[0]
        return np.sum(np.abs(z) ** 2 * np.arange(1.0, 5.0).reshape(2, 2)) + np.sum(z.real * z.imag)

    x, w = np.array([[0.3, -0.5], [0.7, 1.1]]), np.array([0.4, -0.9])
    expected = f(x, w)
    assert f(Tensor(x), Tensor(w)).item() == pytest.approx(expected)
    assert gradcheck(f, x, w)


def test_writes_in_loops_over_rows() -> None:
    w = Tensor([1.0, 2.0], requires_grad=True)
    m = Tensor(np.zeros((3, 2)))
    for i, row in enumerate(m):
        row += w * float(i)
    assert m.tolist() == [[0, 0], [1, 2], [2, 4]]
    m.sum().backward()
    assert w.grad.tolist() == [3, 3]
    m = Tensor(np.zeros((2, 2)))
    m[0][1] = 3.0
    m.ravel()[2] = 5.0
    m.T[0] -= 1.0
    assert m.tolist() == [[-1, 3], [4, 0]]


def test_leaves_are_written_through_views_under_no_grad() -> None:
    w = nn.Parameter(np.ones((3, 2)))
    with no_grad():
        w[0][1] = 3.0
        w[1].fill(0.0)
        w.reshape(-1)[4:] = 7.0
        w.T[0][0] += 1.0
    assert w.tolist() == [[2, 3], [0, 0], [7, 7]]
    lstm = nn.LSTM(3, 2)
    nn.init.constant_(lstm.bias_ih_l0[2:4], 1.0)
    assert lstm.bias_ih_l0.numpy()[2:4].tolist() == [1, 1]


def test_a_graph_recorded_before_sees_such_a_write_and_refuses() -> None:
    w = nn.Parameter(np.ones((3, 2)))
    loss = np.sum(w * w)
    with no_grad():
        w[0][1] = 3.0
    with pytest.raises(InPlaceError):
        loss.backward()
    assert w.grad is None


@pytest.mark.parametrize(
    "write",
    [
        lambda v: v.__setitem__(0, 1.0),
        lambda v: v.__iadd__(1.0),
        lambda v: v.fill(0.0),
        lambda v: v.sort(),
        lambda v: v.put([0], [1.0]),
    ],
)
@pytest.mark.parametrize("name", ["x[0]", "reshape", "T", "x[1][1]", "split"])
def test_leaves_refuse_writes_through_views_while_recording(write: Any, name: str) -> None:
    w = Tensor(START.copy(), requires_grad=True)
    view = VIEWS[name](w)
    with no_grad():
        unrecorded = VIEWS[name](w)
    for v in (view, unrecorded):
        with pytest.raises(InPlaceError, match="no_grad"):
            write(v)
    np.testing.assert_array_equal(w.numpy(), START)
    np.testing.assert_array_equal(view.numpy(), VIEWS[name](START))


def test_a_view_taken_under_no_grad_is_a_constant_that_operations_copy() -> None:
    w, x = nn.Parameter(np.ones((2, 2))), Tensor(np.full(2, 3.0), requires_grad=True)
    with no_grad():
        row = w[0]
    y = np.sum(row * x)
    with no_grad():
        w += 1.0
    y.backward()
    assert x.grad.tolist() == [1, 1]
    assert row.tolist() == [2, 2]
    assert not row.requires_grad


def test_a_view_of_a_constant_that_becomes_a_leaf_has_its_own_memory() -> None:
    c = Tensor(np.zeros(3))
    leaf = c[1:]
    leaf.requires_grad = True
    c += 1.0
    assert leaf.tolist() == [0, 0]
    assert leaf.is_leaf
    assert not isinstance(leaf, View)
    np.sum(leaf * 2.0).backward()
    assert leaf.grad.tolist() == [2, 2]


def test_other_owners_of_the_memory_keep_the_old_values() -> None:
    x = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    array = np.zeros(3)
    c = Tensor(array)
    c[0] = x[0]
    assert array.tolist() == [0, 0, 0]
    y = x * 1.0
    before, twin, part = y.detach(), copy.copy(y), y[1:].detach()
    y[1:][0] = 100.0
    assert before.tolist() == twin.tolist() == [1, 2, 3]
    assert part.tolist() == [2, 3]
    kept = y * y
    y[:1] *= 5.0
    kept.sum().backward()
    assert x.grad.tolist() == [2, 0, 6]


def test_neither_keeps_the_other_alive_in_a_cycle() -> None:
    gc.collect()
    gc.disable()
    try:
        x = Tensor(np.zeros((3, 3)))
        v = x[0]
        v += 1.0
        rows = list(x)
        dead = [weakref.ref(t) for t in (x, v, *rows)]
        del x, v, rows
        assert all(r() is None for r in dead)
    finally:
        gc.enable()


def test_memory_is_written_where_nothing_else_uses_it() -> None:
    w = Tensor(2.0, requires_grad=True)
    u = Tensor(np.zeros(1000))
    u[0] = w
    where = u.data.ctypes.data
    for i in range(1, 1000):
        u[i : i + 1] += u[i - 1 : i] * 0.5 + 1.0
    assert u.data.ctypes.data == where
    u.sum().backward()
    assert w.grad.item() == pytest.approx(2.0)


def test_views_are_values_when_copied_and_pickled() -> None:
    c = Tensor(np.arange(6.0).reshape(2, 3))
    for twin in (copy.deepcopy(c[1]), pickle.loads(pickle.dumps(c[1])), copy.copy(c[1])):
        assert type(twin) is Tensor
        twin += 1.0
    assert c.tolist() == [[0, 1, 2], [3, 4, 5]]


def test_retained_gradients_are_those_of_the_new_value() -> None:
    x = Tensor([1.0, 2.0], requires_grad=True)
    y = x * 1.0
    v = y[:1]
    v.retain_grad()
    y *= 3.0
    np.sum(v * v).backward()
    assert v.grad.tolist() == [6]
    assert x.grad.tolist() == [18, 0]


def test_inside_transforms() -> None:
    def f(x: Any) -> Any:
        y = x * 2.0
        y[0][1] = np.sum(x)
        y.T[1][0] *= 3.0
        np.reshape(x * 1.0, -1)
        for row in y:
            row *= row
        return np.sum(y * x)

    stack = np.random.default_rng(1).normal(size=(3, 2, 2))
    one_by_one = [autograd.grad(f)(x) for x in stack]
    np.testing.assert_allclose(autograd.vmap(autograd.grad(f))(stack), one_by_one)
    v = np.ones((2, 2))
    _, tangent = autograd.jvp(f, (stack[0],), (v,))
    assert float(tangent) == pytest.approx(float(np.sum(one_by_one[0])))
    np.testing.assert_allclose(autograd.vmap(f)(stack), [f(x) for x in stack])
    assert autograd.hessian(f)(stack[0]).shape == (2, 2, 2, 2)
    assert gradgradcheck(f, stack[0])


def test_a_reshape_inside_vmap_is_a_view_where_it_is_one_of_a_single_example() -> None:
    def alone(x: Any) -> Any:
        y = (x * 2.0).reshape(-1)
        y[1:] = x[0, 0]
        y *= 2.0
        return y

    def seen(x: Any) -> Any:
        y = x * 2.0
        y.reshape(-1)[1:] *= 3.0
        return y

    def copied(x: Any) -> Any:
        y = x * 2.0
        y.T.reshape(-1)[1:] *= 3.0
        return y

    stack = Tensor(np.arange(8.0).reshape(2, 2, 2))
    for f in (alone, seen, copied):
        np.testing.assert_array_equal(autograd.vmap(f)(stack).numpy(), [f(x) for x in stack.numpy()])


def test_a_reshape_of_another_librarys_array_is_written_to_where_no_one_else_sees_it() -> None:
    array = pytest.importorskip("dask.array")
    y = Tensor(array.from_array(np.arange(4.0))) * 2.0
    alone = (y * 1.0).reshape(2, 2)
    alone[0] = 1.0
    np.testing.assert_array_equal(alone.numpy().compute(), [[1, 1], [4, 6]])
    with pytest.raises(InPlaceError, match="not known"):
        y.reshape(2, 2)[0] = 1.0


def test_scipys_functions_that_write_into_arrays_are_differentiable() -> None:
    logsumexp = pytest.importorskip("scipy.special").logsumexp
    assert gradcheck(lambda x: logsumexp(x, axis=1), START[0])


def test_the_shape_is_changed_by_reshape() -> None:
    x = Tensor(np.zeros((2, 3)))
    with pytest.raises(NoRuleError, match="reshape"):
        x.shape = (3, 2)


PROGRAMS: dict[str, Callable[[Any, Any], Any]] = {  # what NumPy and PyTorch write alike
    "rows": lambda y, w: [y[i].__iadd__(w) for i in range(3)],
    "a column of the transpose": lambda y, w: y.T[1:].__setitem__(0, w[0] * 2.0),
    "a view of a view": lambda y, w: y[1:][:, 1:].__imul__(w[1:]),
    "reshape": lambda y, w: y.reshape(-1).__setitem__(slice(2, 5), w),
    "both sides": lambda y, w: y[:1].__iadd__(y[1:2] * 2.0),
    "swap": lambda y, w: y.swapaxes(0, 1)[0].__isub__(w),
    "twice": lambda y, w: [v.__imul__(w) for v in (y[0], y[..., 0], y[:, 0])],
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_pytorch_gives_the_same(name: str) -> None:
    torch = pytest.importorskip("torch")

    def f(x: Any, w: Any, sin: Any) -> Any:
        y = x * 1.0
        before = y[1]
        PROGRAMS[name](y, w)
        before += w
        return (sin(y) * w).sum() + (before * y[0]).sum()

    x, w = np.random.default_rng(0).normal(size=(3, 3)), np.array([0.3, -0.7, 1.1])
    ours = [Tensor(a.copy(), requires_grad=True) for a in (x, w)]
    theirs = [torch.tensor(a.copy(), requires_grad=True) for a in (x, w)]
    value, expected = f(*ours, np.sin), f(*theirs, torch.sin)
    value.backward()
    expected.backward()
    assert value.item() == pytest.approx(expected.item())
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a.grad.numpy(), b.grad.numpy())
