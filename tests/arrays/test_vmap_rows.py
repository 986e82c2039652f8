"""Every row of the tables inside vmap equals a loop: values, gradients and tangents of each example, and through it."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest

from autograd import Tensor, vmap
from autograd.engine.forward import push
from autograd.engine.gradients import gradients
from tests.cases import all_cases, cotangents, is_floating, leaves, several
from tests.cases.case import Case

CASES = all_cases()
BY_LOOP = (  # the rows, by what their names begin with, in which something runs example by example
    "linalg.expm", "linalg.logm", "linalg.sqrtm", "linalg.lu", "linalg.polar", "roots", "poly of a matrix", "polydiv",
    "trim_zeros", "unwrap axis=0 by the period",
)  # fmt: skip


def results(case: Case, *inputs: Any) -> list[Any]:
    """Values, gradients and tangents of one call, in a list, as raw arrays."""
    arguments = leaves(inputs)
    outputs = several(case.function(*arguments))
    wanted = [x for x in arguments if isinstance(x, Tensor)]
    recorded = [y for y in outputs if isinstance(y, Tensor) and y.requires_grad]
    slopes = gradients(recorded, wanted, cotangents(recorded), retain_graph=True)
    tangents = push(recorded, wanted, cotangents(wanted, seed=3))
    found = zip([*outputs, *slopes, *tangents], [*outputs, *wanted, *recorded], strict=True)
    return [np.zeros_like(raw(like)) if t is None else raw(t) for t, like in found]


def raw(t: Any) -> Any:
    return t.numpy() if isinstance(t, Tensor) else t


class Examples:
    """Four examples of a row's inputs, and the loop's result for each choice of one example an argument."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.grid = [case.inputs(np.random.default_rng(seed)) for seed in (1, 2, 3, 4)]
        self.known: dict[tuple[int, ...], list[Any]] = {}
        self.arrays = [isinstance(x, (np.ndarray, np.generic)) for x in self.grid[0]]

    def loop(self, chosen: Sequence[int]) -> list[Any]:
        """The results where argument j is that of example chosen[j]."""
        key = tuple(chosen)
        if key not in self.known:
            self.known[key] = results(self.case, *[self.grid[i][j] for j, i in enumerate(key)])
        return self.known[key]

    def argument(self, j: int, rows: Sequence[int], axis: int | None) -> Any:
        return self.grid[0][j] if axis is None else np.stack([self.grid[i][j] for i in rows], axis)

    def check_axes(self, in_axes: Sequence[int | None]) -> None:
        """One vmap over examples 0 and 1 equals the loop."""
        in_axes = [axis if array else None for axis, array in zip(in_axes, self.arrays, strict=True)]
        arguments = [self.argument(j, (0, 1), axis) for j, axis in enumerate(in_axes)]
        mapped = vmap(lambda *xs: results(self.case, *xs), tuple(in_axes), randomness="same")
        choices = [[0 if axis is None else i for axis in in_axes] for i in (0, 1)]
        self.check(mapped(*arguments), choices)

    def check_nested(self, outer: Sequence[int | None], inner: Sequence[int | None]) -> None:
        """A vmap of a vmap equals four calls; argument j of (o, i) is of example 2·o + i, as far as it is batched."""
        outer, inner = ([axis if array else None for axis, array in zip(axes, self.arrays, strict=True)]
                        for axes in (outer, inner))  # fmt: skip
        if all(axis is None for axis in outer) or all(axis is None for axis in inner):
            return
        arguments = []
        for j, (o, i) in enumerate(zip(outer, inner, strict=True)):
            rows = [self.argument(j, (2 * k, 2 * k + 1) if o == 0 else (0, 1), i) if i == 0 else self.grid[2 * k][j]
                    for k in (0, 1)]  # fmt: skip
            arguments.append(np.stack(rows) if o == 0 else rows[0])
        one = vmap(lambda *xs: results(self.case, *xs), tuple(inner), randomness="same")
        found = [np.reshape(y, (4, *y.shape[2:])) for y in vmap(one, tuple(outer), randomness="same")(*arguments)]
        places = list(zip(outer, inner, strict=True))
        self.check(found, [[(2 * k if o == 0 else 0) + (n if i == 0 else 0) for o, i in places]
                           for k in (0, 1) for n in (0, 1)])  # fmt: skip

    def check(self, found: Sequence[Any], choices: Sequence[Sequence[int]]) -> None:
        expected = [self.loop(choice) for choice in choices]
        assert len(found) == len(expected[0])
        for n, ours in enumerate(found):
            peer = np.stack([one[n] for one in expected])
            assert ours.shape == peer.shape
            np.testing.assert_allclose(ours, peer, rtol=1e-8, atol=1e-10)


def gradients_through_it(case: Case, inputs: Sequence[Any], axes: Sequence[int | None]) -> list[Any]:
    """The gradients of results of the vmapped function, whose arguments are Tensors outside."""
    arguments = leaves(inputs)
    outputs = vmap(lambda *xs: several(case.function(*xs)), tuple(axes), randomness="same")(*arguments)
    recorded = [y for y in outputs if isinstance(y, Tensor) and y.requires_grad]
    seeds = [np.stack([c] * 2) for c in cotangents([y[0] for y in recorded])]
    wanted = [x for x in arguments if isinstance(x, Tensor)]
    found = gradients(recorded, wanted, seeds)
    return [np.zeros(x.shape) if g is None else g.numpy() for g, x in zip(found, wanted, strict=True)]


def axes_of_arguments(count: int) -> Iterator[list[int | None]]:
    """All batched in front, all at the end, and each of them alone."""
    yield [0] * count
    yield [-1] * count
    if count > 1:
        yield from ([0 if i == j else None for i in range(count)] for j in range(count))


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_row_inside_vmap_equals_a_loop(case: Case, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "autograd.vmap")
    examples = Examples(case)
    count = len(examples.grid[0])
    for axes in axes_of_arguments(count):
        if any(axis is not None and array for axis, array in zip(axes, examples.arrays, strict=True)):
            examples.check_axes(axes)
    examples.check_nested([0] * count, [0] * count)
    even: list[int | None] = [0 if j % 2 == 0 else None for j in range(count)]
    odd: list[int | None] = [None if axis == 0 else 0 for axis in even]
    examples.check_nested(even, odd)

    batched = [0 if array else None for array in examples.arrays]
    inputs = [examples.argument(j, (0, 1), axis) for j, axis in enumerate(batched)]
    places = [j for j, x in enumerate(inputs) if is_floating(x)]
    loop = [examples.loop([i] * count) for i in (0, 1)]
    outputs = len(several(case.function(*examples.grid[0])))
    for n, (ours, _) in enumerate(zip(gradients_through_it(case, inputs, batched), places, strict=True)):
        np.testing.assert_allclose(ours, np.stack([one[outputs + n] for one in loop]), rtol=1e-8, atol=1e-10)
    said = {record.getMessage().split(" has no form")[0] for record in caplog.records}
    assert bool(said) == case.name.startswith(BY_LOOP), said


def test_at_most_five_rows_in_a_hundred_run_by_a_loop() -> None:
    assert sum(case.name.startswith(BY_LOOP) for case in CASES) <= 0.05 * len(CASES)
