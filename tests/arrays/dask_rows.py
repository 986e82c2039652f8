"""What runs on Dask: every row of the tables, lazily, and for a row that does not run the reason in one line.

    python -m tests.arrays.dask_rows            # writes the list in docs/arrays.md, in a few minutes
    python -m tests.arrays.dask_rows linalg     # only rows with this in the name; others stay

Nothing may compute while a row runs: the scheduler raises, and Dask's FutureWarning, by which it says that it converts
to an ndarray what it has no function for, is an error. Each row is tried in blocks (half of the rows in each), and
where Dask refuses that, in one block.
"""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import Pool
from pathlib import Path
from typing import Any, NoReturn

import dask
import dask.array as da
import numpy as np

from tests.arrays.test_rows import results
from tests.cases import all_cases
from tests.cases.case import Case, constants_as

PAGE = Path(__file__).resolve().parents[2] / "docs" / "arrays.md"
BEGIN, END = "<!-- generated: dask -->", "<!-- end: dask -->"
IN_BLOCKS, IN_ONE_BLOCK, OTHER_SIGNS = "in blocks", "in one block", "with signs of Dask's"
FREE_SIGNS = ("linalg.qr", "linalg.svd")


class ComputedError(Exception):
    """Something asked for values."""


class WrongError(Exception):
    """A row runs, and its results are others."""


@contextmanager
def lazily() -> Iterator[None]:
    """Inside, whatever would compute raises."""

    def refuse(*args: Any, **kwargs: Any) -> NoReturn:
        raise ComputedError

    with warnings.catch_warnings(), dask.config.set(scheduler=refuse):
        warnings.simplefilter("error", FutureWarning)
        yield


def in_blocks(x: Any) -> Any:
    """A Dask array of two blocks, the first half of the rows and the others."""
    return da.from_array(x, chunks=tuple([-1 if i else max(1, (n + 1) // 2) for i, n in enumerate(x.shape)]))


def in_one_block(x: Any) -> Any:
    return da.from_array(x, chunks=-1)


def lazy_results(case: Case, convert: Callable[[Any], Any]) -> list[tuple[str, list[Any]]]:
    """`results` on Dask arrays, nothing computed. Raises what Dask raises."""

    def kind(x: Any) -> Any:
        return convert(x) if isinstance(x, np.ndarray) and x.dtype.kind in "fb" else x

    with lazily(), constants_as(lambda x: convert(x) if isinstance(x, np.ndarray) else x):
        return list(results(case, kind))


def check(lazy: list[tuple[str, list[Any]]], case: Case) -> str:
    """Assert that they are Dask arrays, that they are what they say they are, and that they equal ndarrays' results.

    Vectors whose sign is free may have Dask's sign: then only their magnitude is compared, and OTHER_SIGNS returned.
    """
    flat = [x for _, found in lazy for x in found if x is not None]
    for x in flat:
        assert isinstance(x, da.Array), f"a {type(x).__name__} came out"
    computed = iter(dask.compute(*flat, scheduler="sync", optimize_graph=False))
    for (what, found), (_, expected) in zip(lazy, results(case, lambda x: x), strict=True):
        for ours, peer in zip(found, expected, strict=True):
            assert (ours is None) == (peer is None), what
            if ours is not None:
                values = next(computed)
                assert (ours.shape, ours.dtype) == (values.shape, values.dtype), what
                if case.name.startswith(FREE_SIGNS) and not np.allclose(values, peer):
                    np.testing.assert_allclose(np.abs(values), np.abs(peer), rtol=1e-9, atol=1e-11, err_msg=what)
                    return OTHER_SIGNS
                np.testing.assert_allclose(values, peer, rtol=1e-9, atol=1e-11, err_msg=what)
    return ""


def outcome(case: Case) -> str:
    """How the row runs, or why it does not. Raises: WrongError, if it runs and is wrong."""
    if case.strict:  # no other library's arrays run it
        return case.strict
    why = ""
    for convert, how in ((in_blocks, IN_BLOCKS), (in_one_block, IN_ONE_BLOCK)):
        try:
            lazy = lazy_results(case, convert)
        except Exception as error:
            why = why or reason(error)
            continue
        try:
            return check(lazy, case) or how
        except AssertionError as error:
            raise WrongError(f"{case.name}: {error}") from None
        except Exception as error:  # a graph that Dask made, and cannot compute
            why = why or reason(error)
    return why


def reason(error: Exception) -> str:
    """One line that says what Dask does not offer."""
    text = " ".join(str(error).replace("`", "").replace("|", "/").split())
    unknown = re.match(r"The numpy\.(\S+) function is not implemented", text)
    if unknown:
        return f"Dask has no np.{unknown[1]}"
    if text.startswith("Missing dependency"):
        return "Dask makes a graph that it cannot compute"
    if isinstance(error, ComputedError):
        return "the values decide how it goes on"
    method = re.search(r"returned NotImplemented from __array_ufunc__\(<ufunc '(\w+)'>, '(\w+)'", text)
    if method:
        return f"Dask has no np.{method[1]}.{method[2]}"
    option = re.search(r"(\w+)(\(\) got an unexpected| does not take the following) keyword arguments? \W*(\w+)", text)
    if option:
        return f"Dask's {option[1]} has no option {option[3]}"
    return re.split(r"(?<=[a-z])[.:;] | got chunks| Got | For example", text)[0][:110]


def _attempt(number: int) -> tuple[str, str]:
    case = all_cases()[number]
    return case.name, outcome(case)


def outcomes(part: str = "") -> dict[str, str]:
    """What becomes of every row, by name. Rows without this part in the name are taken from the list as it is."""
    names = [case.name for case in all_cases()]
    known = listed()[1] if part else {}
    with Pool() as pool:
        found = dict(pool.map(_attempt, [i for i, name in enumerate(names) if part in name], chunksize=4))
    return {name: found.get(name, known.get(name, IN_BLOCKS)) for name in names}


def listed() -> tuple[str, dict[str, str]]:
    """(Dask's version, {row: how it runs or why it does not}) of the rows that docs/arrays.md lists."""
    text = PAGE.read_text(encoding="utf-8")
    part = text[text.index(BEGIN) : text.index(END)]
    rows = re.findall(r"^\| (.+?) \| (.+) \|$", part, re.MULTILINE)
    version = re.search(r"Dask (\d[\w.]*)", part)
    assert version is not None
    return version[1], {name: why for why, names in rows for name in re.findall(r"`([^`]+)`", names)}


def table(found: dict[str, str]) -> str:
    """The list: how many rows run, and the others by what becomes of them."""
    groups: dict[str, list[str]] = {}
    for name, how in found.items():
        if how != IN_BLOCKS:
            groups.setdefault(how, []).append(name)
    count = {how: sum(each == how for each in found.values()) for how in (IN_BLOCKS, IN_ONE_BLOCK, OTHER_SIGNS)}
    lines = [
        f"Of the {len(found)} rows of tests/cases {count[IN_BLOCKS]} run on arrays of Dask {dask.__version__} in "
        f"several blocks, {count[IN_ONE_BLOCK]} more in one block, and {count[OTHER_SIGNS]} more with signs other "
        f"than LAPACK's. The remaining {len(found) - sum(count.values())} raise what Dask says:",
        "",
        "| what becomes of them | rows |",
        "|---|---|",
    ]
    for how, names in sorted(groups.items(), key=lambda group: (-len(group[1]), group[0])):
        lines.append(f"| {how} | {', '.join(f'`{name}`' for name in names)} |")
    return "\n".join(lines)


def main() -> None:
    found = outcomes(*sys.argv[1:2])
    text = PAGE.read_text(encoding="utf-8")
    before, after = text[: text.index(BEGIN) + len(BEGIN)], text[text.index(END) :]
    PAGE.write_text(f"{before}\n\n{table(found)}\n\n{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
