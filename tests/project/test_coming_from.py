"""docs/from_pytorch.md, from_jax.md, from_micrograd.md: every right-hand side gives what the left one gives."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import warnings
from typing import Any

import numpy as np
import pytest

from docs.coming_from import Page, Row

PAGES: dict[str, Page] = {
    name: importlib.import_module(f"docs.coming_from.{name}").PAGE for name in ("pytorch", "jax", "micrograd")
}
ROWS = [pytest.param(page, row, id=f"{name}: {row.there}") for name, page in PAGES.items() for row in page.rows()]


def value_of(source: str, setup: str) -> Any:
    """The value of the last expression, or of what is assigned last."""
    names: dict[str, Any] = {}
    exec(compile(setup, "setup", "exec"), names)
    *before, last = ast.parse(source).body
    exec(compile(ast.Module(before, []), source, "exec"), names)
    if isinstance(last, ast.Expr):
        return eval(compile(ast.Expression(last.value), source, "eval"), names)
    exec(compile(ast.Module([last], []), source, "exec"), names)
    body = last.body[-1] if isinstance(last, ast.With) else last
    if not isinstance(body, (ast.Assign, ast.AugAssign)):
        return None
    target = body.target if isinstance(body, ast.AugAssign) else body.targets[0]
    return names[ast.unparse(target).partition("[")[0]]


def numbers(value: Any) -> list[np.ndarray[Any, Any]]:
    """The arrays in a value of either library."""
    if isinstance(value, dict):
        return [array for key in sorted(value) for array in numbers(value[key])]
    if isinstance(value, (list, tuple)):
        return [array for item in value for array in numbers(item)]
    value = value.detach() if hasattr(value, "detach") else value
    return [np.asarray(value.numpy() if hasattr(value, "numpy") else getattr(value, "data", value))]


@pytest.mark.parametrize(("page", "row"), ROWS)
def test_both_sides_give_the_same(page: Page, row: Row) -> None:
    here = value_of(row.here, page.setup_here)
    if not (row.same and importlib.util.find_spec(page.library)):
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the other library's
        there = value_of(row.there, page.setup_there)
    if page.library == "jax":
        assert isinstance(here, tuple) == isinstance(there, tuple)
    ours, theirs = numbers(here), numbers(there)
    assert len(ours) == len(theirs)
    for one, two in zip(ours, theirs, strict=True):
        if one.dtype.kind in "US":
            assert one.tolist() == two.tolist()
            continue
        assert one.shape == two.shape
        np.testing.assert_allclose(one, two, rtol=2e-5, atol=1e-6)


def test_a_row_that_differs_is_found() -> None:
    """The comparison itself: a wrong right-hand side fails."""
    page = PAGES["pytorch"]
    pytest.importorskip(page.library)
    with pytest.raises(AssertionError):
        test_both_sides_give_the_same(page, Row("x.std()", "x.std()"))
