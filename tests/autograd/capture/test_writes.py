"""Writes inside a captured step, through views too: ten captured steps are ten eager ones, to the bit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Tensor, no_grad
from autograd.errors import CaptureError, InPlaceError

START = np.random.default_rng(0).normal(size=(3, 4))
DATA = np.random.default_rng(1).normal(size=(10, 3, 4))
EYE = np.eye(3, 4, dtype=bool)
Write = Callable[[Any, Any, Any], Any]  # of a result u, an argument d and a leaf w; what it returns enters the loss


def set_slice(u: Any, d: Any, w: Any) -> None:
    u[1:, ::2] = d[1:, ::2] * w[:-1, 1:3]
    u[0, 0] = 2.5


def set_by_arrays(u: Any, d: Any, w: Any) -> None:
    u[np.array([True, False, True])] = d[0] * 2.0
    u[[0, 0, 2]] = d * w
    u[[0, 1]] = u[[1, 0]]


def set_by_a_computed_mask(u: Any, d: Any, w: Any) -> None:
    u[u > 0] = 0.5


def augmented(u: Any, d: Any, w: Any) -> None:
    u += d
    u *= w
    u -= 1.0
    u /= 2.0 + d * d


def augmented_views(u: Any, d: Any, w: Any) -> None:
    u[1:-1] += w[0] * d[0]
    u.T[1] -= d[:, 0]
    u[::-1][1:] -= d[:2]
    u[1:] *= w[1:]
    u[1:] /= 2.0 + d[1:] ** 2
    u[0] **= 2
    u[2] %= 0.7
    u[:3, :3] @= d[:, :3]


def views_of_views(u: Any, d: Any, w: Any) -> Any:
    v = u.reshape(-1)[2:8]
    part = v[::2]
    part += d[0, :3]
    v[0] = 1.0
    u[..., None][1] = 2.0
    return v


def rows(u: Any, d: Any, w: Any) -> None:
    for i, row in enumerate(u):
        row += i * d[i]


def views_that_are_kept(u: Any, d: Any, w: Any) -> Any:
    a, b = u[0], u.T
    y = a * a
    b[1] = d[:, 1]
    a += 1.0
    return y * b[:, 0].sum() + a


def parts(u: Any, d: Any, w: Any) -> None:
    a, b = np.split(u, 2, axis=1)
    a += b
    b[...] = 0.0
    np.flip(u)[0] = d[0]
    np.rot90(u)[0] *= 2.0
    np.einsum("ii->i", u[:, :3])[...] = d[0, :3]


def out(u: Any, d: Any, w: Any) -> None:
    np.add(u, d, out=u)
    np.multiply(u[0], 2.0, u[0])
    np.divide(1.0, u, out=u, where=EYE)
    np.cumsum(d * w, axis=0, out=u[:, :])


def at(u: Any, d: Any, w: Any) -> None:
    np.add.at(u, [0, 0, 1], d * w)
    np.multiply.at(u, [0, 0, 1], d)
    np.subtract.at(u[1:], [0, 0], d[:2])


def functions(u: Any, d: Any, w: Any) -> None:
    np.copyto(u[1:], d[1:] * w[0])
    np.copyto(u, d, where=EYE)
    np.put(u, [0, 5], d[0, :2])
    u.put([1], 3.0)
    np.put_along_axis(u, np.array([[0], [1], [2]]), d[:, :1], 1)
    np.place(u, EYE, d[0])
    np.putmask(u, EYE, d * w)
    np.nan_to_num(u[0], copy=False)


def methods(u: Any, d: Any, w: Any) -> None:
    u[1].fill(2.0)
    np.fill_diagonal(u, d[0, 0])
    u.flat[2:4] = d[0, :2]
    u.sort(0)
    u[1].sort()
    u.real = u * w


def a_table_made_inside(u: Any, d: Any, w: Any) -> Any:
    m = Tensor(np.zeros((3, 4)))
    v = m[1:]
    for i in range(3):
        m[i] = u[i] * d[i]
    m[:, 1] += w[:, 0]
    v.T[0] -= u[1:, 0]
    return m * v[0]


def tables_of_other_dtypes(u: Any, d: Any, w: Any) -> Any:
    single, whole, flags = (Tensor(np.zeros((3, 4), kind)) for kind in (np.float32, int, bool))
    single[1:] += u[1:]
    single[0] = d[0]
    whole[1] = 2
    whole += 1
    flags[1] = (u > 0)[1]
    u *= whole
    u[...] = np.where(flags, u, d)
    return single


def a_plain_array_made_inside(u: Any, d: Any, w: Any) -> None:
    a = np.zeros((3, 4))
    a[1] = 2.0
    np.add.at(a, [0, 0], 2.0)
    a.T[1] = 7.0
    u *= a


def results_under_no_grad(u: Any, d: Any, w: Any) -> Any:
    m = Tensor(np.zeros((3, 4)))
    with no_grad():
        u[0] = 5.0
        m[0] = u[0]
        m += u
        np.add(u, 1.0, out=m)
        m[1:].fill(2.0)
    z = u.detach()
    z[0] = 1.0
    return m * u + z


def leaves_under_no_grad(u: Any, d: Any, w: Any) -> None:
    with no_grad():
        w[0] *= 0.9
        v = w[0]
        v[1:].fill(0.25)
        w.T[1] = 0.5
        kept = w[1]
        w[1] = d[1]
        copied = kept * 1.0
    u[0] = copied


def a_leaf_made_inside(u: Any, d: Any, w: Any) -> Any:
    p = Tensor(np.ones((3, 4)), requires_grad=True)
    (p * u).sum().backward(retain_graph=True)
    w.grad = None
    with no_grad():
        p -= p.grad
        p[0] = u[0]
    return p * u


def gauss_seidel(u: Any, d: Any, w: Any) -> None:
    for _ in range(2):
        u[1, 1:-1] = 0.25 * (u[0, 1:-1] + u[2, 1:-1] + u[1, 2:] + u[1, :-2])


def heat(u: Any, d: Any, w: Any) -> None:
    for _ in range(3):
        u[1:-1, 1:-1] += 0.1 * (u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - 4 * u[1:-1, 1:-1])


CAPTURED: list[Write] = [
    set_slice, set_by_arrays, set_by_a_computed_mask, augmented, augmented_views, views_of_views, rows,
    views_that_are_kept, parts, out, at, functions, methods, a_table_made_inside, tables_of_other_dtypes,
    a_plain_array_made_inside, results_under_no_grad, leaves_under_no_grad, a_leaf_made_inside, gauss_seidel, heat,
]  # fmt: skip


class Steps:
    """Ten steps of descent, each with one way of writing."""

    def __init__(self, write: Write, captured: bool) -> None:
        self.w = Tensor(START.copy(), requires_grad=True)
        self.write = write
        self.step = autograd.capture(self.one) if captured else self.one

    def one(self, w: Any, d: Any) -> Any:
        u = w * 1.0
        made = self.write(u, d, w)
        loss = np.sum(u * u * 0.5 + np.sin(u))
        loss = loss if made is None else loss + np.sum(made * made)
        loss.backward()
        with no_grad():
            w -= 0.01 * w.grad
        w.grad = None
        return loss, u.detach()

    def run(self) -> list[Any]:
        results = []
        for data in DATA:
            d = Tensor(data.copy())
            loss, u = self.step(self.w, d)
            results.append([x.numpy().tobytes() for x in (loss, u, self.w, d)])
        return results


@pytest.mark.parametrize("write", CAPTURED, ids=lambda write: write.__name__)
def test_ten_captured_steps_are_ten_eager_ones(write: Write) -> None:
    eager, captured = Steps(write, False), Steps(write, True)
    assert eager.run() == captured.run()
    assert captured.step.calls == {"eager": 1, "recorded": 2, "replayed": 7}


def to_an_argument(u: Any, d: Any, w: Any) -> None:
    d[0] += 1.0


def to_an_argument_under_no_grad(u: Any, d: Any, w: Any) -> None:
    with no_grad():
        d[0] += 1.0


def to_a_view_of_an_argument(u: Any, d: Any, w: Any) -> None:
    d.T[1] *= 2.0


def data_of_an_argument(u: Any, d: Any, w: Any) -> None:
    d.data = np.ones((3, 4))


def a_result_to_a_plain_array(u: Any, d: Any, w: Any) -> None:
    a = np.zeros((3, 4))
    a[0] = u.detach()[0]


OUTSIDE = r"came from outside.*Copy it first: x = x\.copy\(\)"
REFUSED: dict[Write, str] = {
    to_an_argument: r"test_writes\.py:\d+: d\[0\] \+= 1\.0.*" + OUTSIDE,
    to_an_argument_under_no_grad: r"test_writes\.py:\d+: d\[0\] \+= 1\.0.*" + OUTSIDE,
    to_a_view_of_an_argument: r"test_writes\.py:\d+: d\.T\[1\] \*= 2\.0.*" + OUTSIDE,
    data_of_an_argument: OUTSIDE,
    a_result_to_a_plain_array: r"test_writes\.py:\d+: a\[0\] = u\.detach\(\)\[0\].*Use NumPy's functions",
}


@pytest.mark.parametrize("write", REFUSED, ids=lambda write: write.__name__)
def test_what_cannot_be_captured_is_refused_by_its_line(write: Write) -> None:
    steps = Steps(write, True)
    steps.step(steps.w, Tensor(DATA[0].copy()))
    before, d = steps.w.numpy().tobytes(), Tensor(DATA[1].copy())
    with pytest.raises(CaptureError, match=REFUSED[write]):
        steps.step(steps.w, d)
    assert steps.w.numpy().tobytes() == before
    np.testing.assert_array_equal(d.numpy(), DATA[1])


def test_a_leaf_is_refused_as_without_capture() -> None:
    def write(u: Any, d: Any, w: Any) -> None:
        w[0] = 1.0

    for captured in (False, True):
        with pytest.raises(InPlaceError, match="leaf that requires grad"):
            Steps(write, captured).run()


@pytest.mark.parametrize("through", ["root", "view", "view under no_grad", "neither"])
def test_tensors_and_views_from_outside(through: str) -> None:
    """Whatever becomes of the recording, the values are those of eager."""

    def finals(captured: bool) -> list[Any]:
        table = Tensor(np.ones((3, 4)))

        def write(u: Any, d: Any, w: Any) -> Any:
            if through == "root":
                table[0] += d[0]
            elif through != "neither":
                with no_grad() if "no_grad" in through else autograd.enable_grad():
                    view[1] += 1.0
            with no_grad():
                w[0] *= 0.5
            return u * table + of_w * unrecorded.sum()

        steps = Steps(write, captured)
        view, of_w = table[1:], steps.w[1]
        with no_grad():
            unrecorded = steps.w[0, 1:]
        results = steps.run()
        return [results, table.numpy().tobytes(), view.numpy().tobytes(), of_w.numpy().tobytes()]

    assert finals(False) == finals(True)
