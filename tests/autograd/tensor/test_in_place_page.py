"""The tables of docs/in_place.md: what shares memory, in a Tensor, in NumPy and in PyTorch."""

from __future__ import annotations

import contextlib
import copy
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograd import Tensor, no_grad

PAGE = (Path(__file__).parents[3] / "docs" / "in_place.md").read_text(encoding="utf-8")
ROW = re.compile(
    r"\| `([^`]*x[^`]*)` \| (yes|no|read-only) \| (yes|no|read-only) \| (yes|no|read-only) \| `([^`]*)` \|"
)
ROWS = ROW.findall(PAGE)
# What is made of x by a copy or a conversion: it depends on what x is
MADE = re.compile(r"\| `([^`]*)` \| ([a-z, ]+) \| ([a-z ]+) \| ([a-z]+) \| ([a-z]+) \| `([^`]*)` \| `([^`]*)` \|")
MADE_ROWS = MADE.findall(PAGE)
KINDS: dict[str, Callable[[np.ndarray], Any]] = {
    "array": lambda a: a,
    "constant": lambda a: Tensor(a),
    "result": lambda a: Tensor(a, requires_grad=True) * 1.0,
    "leaf": lambda a: Tensor(a, requires_grad=True),
}
# word -> a write to the result is seen in x, a write to x is seen in the result, they share memory before
WORDS = {
    "yes": (True, True, True),
    "no": (False, False, False),
    "until x is written": (True, False, True),
    "until the result is written": (False, True, True),
    "until one is written": (False, False, True),
}


def start() -> np.ndarray:
    return np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


def memory(x: Any) -> np.ndarray:
    """The memory of an array or tensor as it is now."""
    return x if isinstance(x, np.ndarray) else x.numpy() if isinstance(x, Tensor) else x.detach().numpy()


def behaviour(make: Callable[[], Any], expression: str, unrecorded: Any, **names: Any) -> tuple[bool, ...]:
    """What a write to the result of the expression does to x, and the other way round; whether they share memory."""
    found = []
    for to_result in (True, False):
        x = make()
        result = eval(expression, {"x": x, "np": np, **names})
        shared = np.shares_memory(memory(x), memory(result))
        written, other = (result, x) if to_result else (x, result)
        with unrecorded():
            written[...] = 0.0
        found.append(bool((memory(other) == 0).any()))
    return (*found, shared)


def shares(make: Callable[[], Any], expression: str, unrecorded: Any = contextlib.nullcontext, **names: Any) -> str:
    """The word for it, or read-only."""
    try:
        return {how: word for word, how in WORDS.items()}[behaviour(make, expression, unrecorded, **names)]
    except (ValueError, RuntimeError) as error:  # InPlaceError, and PyTorch's
        if not re.search(r"read-only|single memory location", str(error)):
            raise
        x = make()
        result = eval(expression, {"x": x, "np": np, **names})
        with unrecorded():
            x[...] = 0.0
        assert (memory(result) == 0).all()
        return "read-only"


def test_the_tables_are_read() -> None:
    first, second = PAGE.split("## What shares memory")[1].split("A simulation")[0].split("Plain arrays")
    assert len(ROWS) == first.count("\n| `") > 25
    assert len(MADE_ROWS) == second.count("\n| `") > 10


@pytest.mark.parametrize("kind", ["constant", "result", "leaf"])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_row_says_what_tensors_and_arrays_do(row: tuple[str, ...], kind: str) -> None:
    expression, ours, numpys, _, _ = row
    assert shares(lambda: KINDS[kind](start()), expression, no_grad) == ours
    if kind != "leaf":
        assert shares(lambda: KINDS[kind](start()), expression) == ours
    assert shares(start, expression) == numpys


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[4])
def test_a_row_says_what_pytorch_does(row: tuple[str, ...]) -> None:
    torch = pytest.importorskip("torch")
    assert shares(lambda: torch.tensor(start()), row[4], torch=torch) == row[3]


@pytest.mark.parametrize("row", MADE_ROWS, ids=lambda row: f"{row[0]} of {row[1]}")
def test_a_row_says_what_copies_and_conversions_do(row: tuple[str, ...]) -> None:
    expression, kinds, ours, numpys, _, in_numpy, _ = row
    for kind in kinds.split(", "):
        assert shares(lambda kind=kind: KINDS[kind](start()), expression, no_grad, copy=copy, Tensor=Tensor) == ours
        if kind != "leaf":
            assert shares(lambda kind=kind: KINDS[kind](start()), expression, copy=copy, Tensor=Tensor) == ours
    assert shares(start, in_numpy, copy=copy) == numpys


@pytest.mark.parametrize("row", MADE_ROWS, ids=lambda row: f"{row[6]} of {row[1]}")
def test_a_row_says_what_copies_and_conversions_pytorch_makes(row: tuple[str, ...]) -> None:
    torch = pytest.importorskip("torch")
    kinds: dict[str, Callable[[], Any]] = {
        "array": start,
        "constant": lambda: torch.tensor(start()),
        "result": lambda: torch.tensor(start(), requires_grad=True) * 1.0,
        "leaf": lambda: torch.tensor(start(), requires_grad=True),
    }
    for kind in row[1].split(", "):
        assert shares(kinds[kind], row[6], torch.no_grad, copy=copy, torch=torch) == row[4]
