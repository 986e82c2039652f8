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

from autograd import Tensor, no_grad
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


def test_programs() -> None:
    run_state_machine_as_test(
        Programs,
        settings=settings(max_examples=40, stateful_step_count=15, derandomize=True, deadline=None, database=None),
    )


@pytest.mark.nightly
def test_ten_thousand_steps() -> None:
    run_state_machine_as_test(
        Programs, settings=settings(max_examples=400, stateful_step_count=40, deadline=None, database=None)
    )
