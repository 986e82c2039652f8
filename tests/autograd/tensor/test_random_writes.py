"""Random programs of views, writes and reads, on a Tensor and on an ndarray side by side.

After every step all values are equal; at the end the gradient equals the central difference of the whole program.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
import pytest

pytest.importorskip("hypothesis")
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from autograd import Tensor, enable_grad, no_grad
from autograd.errors import InPlaceError

VIEWS: dict[str, Callable[[Any], Any]] = {
    "first": lambda a: a[:1],
    "rest": lambda a: a[1:] if len(a) > 1 else a[:],
    "reversed": lambda a: a[::-1],
    "row": lambda a: a[-1] if a.ndim > 1 else a[:],
    "column": lambda a: a[..., 0] if a.ndim > 1 else a[...],
    "newaxis": lambda a: a[None] if a.ndim < 4 else a[...],
    "element": lambda a: a[(0,) * a.ndim + (None,)],
    "T": lambda a: a.T,
    "reshape": lambda a: a.reshape(-1),
    "reshape F": lambda a: np.reshape(a, -1, order="F"),
    "ravel": lambda a: a.ravel(),
    "flatten": lambda a: a.flatten(),
    "squeeze": lambda a: np.squeeze(a, 0) if a.ndim > 1 and len(a) == 1 else a[...],
    "swapaxes": lambda a: np.swapaxes(a, 0, -1),
    "moveaxis": lambda a: np.moveaxis(a, 0, -1),
    "flip": lambda a: np.flip(a),
    "rot90": lambda a: np.rot90(a) if a.ndim > 1 else a[...],
    "split": lambda a: np.array_split(a, 2)[0],
    "iteration": lambda a: list(a)[-1] if a.ndim > 1 else a[...],
    "einsum": lambda a: np.einsum("ij->ji", a) if a.ndim == 2 else a[...],
    "diagonal": lambda a: np.diagonal(a) if a.ndim > 1 else a[...],
    "real": lambda a: a.real,
    "copy": lambda a: a.copy(),
    "fancy": lambda a: a[[0, -1]],
    "sin": lambda a: np.sin(a),
    "product": lambda a: a * a * 0.5,
}
INDICES: list[Any] = [0, -1, ..., slice(None), slice(0, 1), slice(None, None, -1), [0, -1], (..., 0), (None, 0)]
UPDATES: dict[str, Callable[[Any, Any], Any]] = {
    "+=": lambda a, v: a.__iadd__(v),
    "-=": lambda a, v: a.__isub__(v),
    "*=": lambda a, v: a.__imul__(v),
    "out=": lambda a, v: np.subtract(v, a, out=a),
    "copyto": lambda a, v: np.copyto(a, v),
    "copyto where": lambda a, v: np.copyto(a, v, where=np.arange(a.size).reshape(a.shape) % 2 == 0),
    "where=": lambda a, v: np.multiply(a, v, out=a, where=np.arange(a.size).reshape(a.shape) % 3 > 0),
    "add.at": lambda a, v: np.add.at(writeable(a), [0, 0], v[:1]),
    "multiply.at": lambda a, v: np.multiply.at(writeable(a), [-1, -1], v[:1]),
    "put": lambda a, v: np.put(a, [0, a.size - 1], np.ravel(v)[:2]),
    "fill": lambda a, v: a.fill(0.375),
    "sort": lambda a, v: a.sort(0),
    "flat": lambda a, v: a.flat.__setitem__(slice(0, 2), np.ravel(v)[:2]),
}


def writeable(a: Any) -> Any:
    """The array, or a copy of one that is read-only: NumPy's ufunc.at writes to those, too."""
    return a if a.flags.writeable else a.copy()


def run(step: tuple[Any, ...], pool: list[Any]) -> None:
    """One step of a program on a pool of arrays, or of Tensors."""
    kind, i, *rest = step
    a = pool[i % len(pool)]
    if kind == "take":
        pool.append(VIEWS[rest[0]](a))
    elif kind == "drop":
        if len(pool) > 1:
            del pool[i % len(pool)]
    elif kind == "unrecorded":
        v = VIEWS[rest[0]](a)
        v += 0.125
    else:
        name, j = rest
        b = pool[j % len(pool)]
        if kind == "update":
            UPDATES[name](a, b * 0.5 if b.shape == a.shape else np.linspace(-0.5, 1.0, a.size).reshape(a.shape))
        elif kind == "assign":
            a[INDICES[name]] = b.ravel()[0] * 0.75 - 0.25
        else:
            a[INDICES[name]] *= 0.75


class Programs(RuleBasedStateMachine):
    """The Tensors, the ndarrays, and the steps so far."""

    SHAPES: ClassVar = [(4,), (2, 3), (3, 2, 2), (1, 4), (3, 3)]

    @initialize(shape=st.sampled_from(SHAPES), seed=st.integers(0, 5))
    def begin(self, shape: tuple[int, ...], seed: int) -> None:
        self.start = np.random.default_rng(seed).normal(size=shape) * 0.5
        self.x = Tensor(self.start, requires_grad=True)
        self.tensors: list[Any] = [self.x * 1.0]
        self.arrays: list[Any] = [self.start * 1.0]
        self.steps: list[tuple[Any, ...]] = []

    def step(self, *step: Any) -> None:
        refused = []
        for pool in (self.arrays, self.tensors):
            try:
                if step[0] == "unrecorded" and pool is self.tensors:
                    with no_grad():
                        run(step, pool)
                else:
                    run(step, pool)
            except (ValueError, InPlaceError) as error:
                refused.append("read-only" in str(error))
        assert refused in ([], [True, True])
        self.steps.append(step)

    PLACE = st.integers(0, 7)

    @rule(i=PLACE, name=st.sampled_from(sorted(VIEWS)))
    def take(self, i: int, name: str) -> None:
        self.step("take", i, name)
        if len(self.arrays) > 8:
            self.step("drop", 1)

    @rule(i=PLACE)
    def drop(self, i: int) -> None:
        self.step("drop", i)

    @rule(i=PLACE, name=st.sampled_from(sorted(UPDATES)), j=PLACE)
    def update(self, i: int, name: str, j: int) -> None:
        self.step("update", i, name, j)

    @rule(i=PLACE, index=st.integers(0, len(INDICES) - 1), j=PLACE, kind=st.sampled_from(["assign", "scale"]))
    def assign(self, i: int, index: int, j: int, kind: str) -> None:
        self.step(kind, i, index, j)

    @rule(i=PLACE, name=st.sampled_from(sorted(set(VIEWS) - {"sin", "product"})))
    def write_under_no_grad(self, i: int, name: str) -> None:
        self.step("unrecorded", i, name)

    @invariant()
    def values_are_equal(self) -> None:
        if hasattr(self, "arrays"):
            for tensor, array in zip(self.tensors, self.arrays, strict=True):
                np.testing.assert_allclose(tensor.numpy(), array, rtol=1e-12, atol=1e-14)

    def value(self, start: Any) -> float:
        """What the program gives, by NumPy alone."""
        pool = [start * 1.0]
        for step in self.steps:
            try:
                run(step, pool)
            except ValueError as error:
                if "read-only" not in str(error):
                    raise
        return float(sum(np.sum(np.sin(a) + a * a) for a in pool))

    def teardown(self) -> None:
        if not hasattr(self, "tensors"):
            return
        total = sum(np.sum(np.sin(a) + a * a) for a in self.tensors)
        if getattr(total, "requires_grad", False):
            try:
                total.backward()
            except InPlaceError:
                assert any(step[0] == "unrecorded" for step in self.steps)
                return
        gradient = np.zeros_like(self.start) if self.x.grad is None else self.x.grad.numpy()
        direction = np.random.default_rng(1).normal(size=self.start.shape)
        h = 1e-6
        difference = (self.value(self.start + h * direction) - self.value(self.start - h * direction)) / (2 * h)
        assert np.sum(gradient * direction) == pytest.approx(difference, rel=1e-5, abs=1e-6)


class Leaves(RuleBasedStateMachine):
    """Views of a parameter, recorded and not, that are written to under no_grad; losses whose sweeps come later."""

    def __init__(self) -> None:
        super().__init__()
        self.array = np.random.default_rng(0).normal(size=(2, 3)).T * 0.5
        self.leaf = Tensor(self.array.copy(order="K"), requires_grad=True)
        self.arrays, self.views = [self.array], [self.leaf]
        self.losses: list[tuple[Any, Any, bool]] = []

    @rule(i=Programs.PLACE, name=st.sampled_from(sorted(set(VIEWS) - {"sin", "product"})), recorded=st.booleans())
    def take(self, i: int, name: str, recorded: bool) -> None:
        i %= len(self.arrays)
        with enable_grad() if recorded else no_grad():
            view = VIEWS[name](self.views[i])
        expected = VIEWS[name](self.arrays[i])
        assert np.shares_memory(view, self.leaf) == np.shares_memory(expected, self.array)
        if np.shares_memory(expected, self.array) and len(self.arrays) < 8:
            self.arrays.append(expected)
            self.views.append(view)

    @rule(i=Programs.PLACE, name=st.sampled_from(sorted(UPDATES)), j=Programs.PLACE)
    def write(self, i: int, name: str, j: int) -> None:
        refused = []
        for pool in (self.arrays, self.views):
            try:
                with no_grad():
                    run(("update", i, name, j), pool)
            except (ValueError, InPlaceError) as error:
                refused.append("read-only" in str(error))
        assert refused in ([], [True, True])

    @rule(i=Programs.PLACE, power=st.booleans())
    def look(self, i: int, power: bool) -> None:
        """A loss, and its gradient by the values that the parameter has now."""
        i %= len(self.arrays)
        view = self.views[i]
        if view.requires_grad:
            factor = 2.0 * self.arrays[i] if power else np.full(view.shape, 3.0)
            number = np.arange(self.array.size).reshape(self.array.shape)
            kept = self.array.copy()
            self.array[...] = number
            places = self.arrays[i].astype(int)
            self.array[...] = kept
            expected = np.zeros(self.array.size)
            np.add.at(expected, places, factor)
            self.losses.append((np.sum(view * view if power else view * 3.0), expected.reshape(number.shape), power))
        elif power:
            assert not (view * view).requires_grad

    @rule()
    def sweep(self) -> None:
        if self.losses:
            loss, expected, power = self.losses.pop(0)
            self.leaf.grad = None
            try:
                loss.backward(retain_graph=True)
            except InPlaceError:
                assert power  # a linear one needs no value
            else:
                np.testing.assert_allclose(self.leaf.grad.numpy(), expected, rtol=1e-12)

    @invariant()
    def values_are_equal(self) -> None:
        for view, array in zip(self.views, self.arrays, strict=True):
            np.testing.assert_allclose(view.numpy(), array, rtol=1e-12, atol=1e-14)


def test_leaves() -> None:
    run_state_machine_as_test(
        Leaves,
        settings=settings(max_examples=40, stateful_step_count=15, derandomize=True, deadline=None, database=None),
    )


def test_programs() -> None:
    run_state_machine_as_test(
        Programs,
        settings=settings(max_examples=40, stateful_step_count=15, derandomize=True, deadline=None, database=None),
    )


@pytest.mark.nightly
@pytest.mark.parametrize("machine", [Programs, Leaves])
def test_ten_thousand_steps(machine: Any) -> None:
    run_state_machine_as_test(
        machine, settings=settings(max_examples=400, stateful_step_count=40, deadline=None, database=None)
    )
