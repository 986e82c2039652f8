"""The table of docs/in_place.md: what shares memory, in a Tensor, in NumPy and in PyTorch."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograd import Tensor

PAGE = Path(__file__).parents[3] / "docs" / "in_place.md"
ROW = re.compile(
    r"\| `([^`]*x[^`]*)` \| (yes|no|read-only) \| (yes|no|read-only) \| (yes|no|read-only) \| `([^`]*)` \|"
)
ROWS = ROW.findall(PAGE.read_text(encoding="utf-8"))


def start() -> np.ndarray:
    return np.arange(1.0, 7.0).reshape(2, 3)


def shares(x: Any, expression: str, **names: Any) -> str:
    """What a write to the result of the expression does to x."""
    result = eval(expression, {"x": x, "np": np, **names})
    try:
        result[...] = 0.0
    except (ValueError, RuntimeError) as error:  # InPlaceError, and PyTorch's
        if not re.search(r"read-only|single memory location", str(error)):
            raise
        return "read-only"
    return "yes" if (np.asarray(x) == 0).any() else "no"


def test_the_table_is_read() -> None:
    assert len(ROWS) == PAGE.read_text(encoding="utf-8").split("Plain arrays")[0].count("\n| `")
    assert len(ROWS) > 25


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_row_says_what_tensors_and_arrays_do(row: tuple[str, ...]) -> None:
    expression, ours, numpys, _, _ = row
    assert shares(Tensor(start()), expression) == ours
    assert shares(start(), expression) == numpys


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[4])
def test_a_row_says_what_pytorch_does(row: tuple[str, ...]) -> None:
    torch = pytest.importorskip("torch")
    assert shares(torch.tensor(start()), row[4], torch=torch) == row[3]
