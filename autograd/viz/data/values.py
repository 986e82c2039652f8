"""Values in a picture: an array as statistics, with its elements if they are few, and the short text for it."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.engine.kinds import is_foreign

ELEMENTS = 100  # arrays of up to so many elements are kept in full
BLOCK = 1 << 16  # elements converted at a time, so that they stay in the cache
FEW = 7  # up to so many numbers NumPy adds one after the other


class ComparedByFields:
    """Dataclasses that are equal if all their fields are equal, where nan equals nan."""

    __slots__ = ()

    def _fields(self) -> tuple[Any, ...]:
        return tuple([getattr(self, field.name) for field in dataclasses.fields(self) if field.compare])  # type: ignore[arg-type]

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and _same(self._fields(), other._fields())

    def __hash__(self) -> int:
        return hash(tuple([None if field != field else field for field in self._fields()]))


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(map(_same, a, b))
    return bool(a == b or (a != a and b != b))


@dataclass(frozen=True, slots=True, eq=False)
class Values(ComparedByFields):
    """An array in a picture: statistics, and all elements if they are few.

    size     how many elements
    numbers  the elements as nested tuples, for up to ELEMENTS of them; else None
    minimum, mean, maximum, std, norm    of the finite elements, None if there are none; of complex ones the magnitudes
    zeros    the share of elements that are 0
    nans, infs    how many elements are nan, and how many infinite
    """

    size: int
    numbers: Any = None
    minimum: float | None = None
    mean: float | None = None
    maximum: float | None = None
    std: float | None = None
    norm: float | None = None
    zeros: float = 0.0
    nans: int = 0
    infs: int = 0


Content = float | int | complex | Values | None


def values_of(a: Any, elements: int = ELEMENTS) -> Content:
    """An array as Values; a number stays a number; of another library's array, which is not asked, only the size."""
    if is_foreign(a):
        return Values(a.size)
    if isinstance(a, (float, int, complex)):
        return int(a) if isinstance(a, int) else a + 0.0
    a = np.asarray(a)
    if a.ndim == 0:
        value = a.item()
        return int(value) if isinstance(value, (int, bool)) else value + 0.0
    if not a.size:
        return Values(0, numbers=_nested(a.tolist()) if elements >= 0 else None)
    if a.dtype.kind not in "fiubc":
        return Values(a.size)
    numbers = _nested((a + 0.0 if a.dtype.kind in "fc" else a).tolist()) if a.size <= elements else None
    return Values(a.size, numbers, *_statistics(np.ravel(np.abs(a) if a.dtype.kind == "c" else a)))


def _nested(items: Any) -> Any:
    return tuple([_nested(item) for item in items]) if isinstance(items, list) else items


# minimum, mean, maximum, std, norm, share of zeros, nans, infs
_Statistics = tuple[float | None, float | None, float | None, float | None, float | None, float, int, int]


def _statistics(flat: np.ndarray) -> _Statistics:
    if flat.size <= FEW:
        numbers = flat.astype(np.float64).tolist()
        if all(map(math.isfinite, numbers)):
            return _of_few(numbers)
    return _of_many(flat)


def _of_few(numbers: list[float]) -> _Statistics:
    """Those of finite numbers, in an eighth of the time and to the last bit as below."""
    low, high, count = min(numbers), max(numbers), len(numbers)
    total = squares = spread = 0.0
    for x in numbers:  # sum() rounds otherwise in some versions of Python
        total += x
    mean = total / count
    scale = max(abs(low), abs(high)) or 1.0
    for x in numbers:
        a, b = x / scale, (x - mean) / scale
        squares += a * a
        spread += b * b
    std, norm = scale * math.sqrt(spread / count), scale * math.sqrt(squares)
    return low, mean, high, std, norm, numbers.count(0.0) / count, 0, 0


def _of_many(flat: np.ndarray) -> _Statistics:
    low, high, total, zeros, nans, infs, count = math.inf, -math.inf, 0.0, 0, 0, 0, 0
    for block in _blocks(flat):
        finite = np.isfinite(block)
        if not finite.all():
            nans += int(np.isnan(block).sum())
            infs += int(np.isinf(block).sum())
            block = block[finite]
        if block.size:
            low, high = min(low, float(block.min())), max(high, float(block.max()))
            total += float(block.sum())
            zeros += block.size - int(np.count_nonzero(block))
            count += block.size
    if not count:
        return None, None, None, None, None, 0.0, nans, infs
    mean = total / count
    scale = max(abs(low), abs(high)) or 1.0  # scaled to at most 1, so that the squares neither overflow nor underflow
    squares = spread = 0.0
    for block in _blocks(flat):
        block = block[np.isfinite(block)] if nans or infs else block
        squares += float(np.sum(np.square(block / scale)))
        spread += float(np.sum(np.square((block - mean) / scale)))
    return low, mean, high, scale * math.sqrt(spread / count), scale * math.sqrt(squares), zeros / flat.size, nans, infs


def _blocks(flat: np.ndarray) -> Any:
    return (flat[i : i + BLOCK].astype(np.float64) for i in range(0, flat.size, BLOCK))


def norm_of(content: Content) -> float | None:
    """The Euclidean norm of an array, the magnitude of a number; None if the content is unknown."""
    if isinstance(content, Values):
        return math.nan if content.nans else math.inf if content.infs else content.norm
    return None if content is None else abs(content)


# As text

SMALL = 6  # arrays of up to so many elements are written out
TABLE = 12  # tables of up to so many, a row on a line
LONGEST = 48  # characters of one line


def number(x: Any) -> str:
    """A number in at most four digits: 0.3333, 1e-05, nan."""
    if isinstance(x, bool) or not isinstance(x, (float, int, complex, np.number)):
        return one_line(x)
    return f"{x + 0.0:.4g}"  # + 0.0: -0 is 0


def written(content: Content) -> str:
    """A number; a small array in full, one row a line; statistics of a larger array; "" if the content is unknown."""
    if content is None:
        return ""
    if not isinstance(content, Values):
        return number(content)
    if is_small(content):
        rows = content.numbers
        if rows and isinstance(rows[0], tuple) and len(rows) > 1:
            return "\n".join(
                [
                    ("[" if i == 0 else "\N{NO-BREAK SPACE}")
                    + one_line(_listed(row))
                    + ("]" if i == len(rows) - 1 else "")
                    for i, row in enumerate(rows)
                ]
            )
        return one_line(_listed(rows))
    bad = ", ".join([f"{count} {kind}" for count, kind in ((content.nans, "nan"), (content.infs, "inf")) if count])
    if content.mean is None or content.std is None:
        return bad
    if content.minimum == content.maximum and not bad:
        return f"all {number_short(content.mean)}"
    text = f"{number_short(content.mean)} ± {number_short(content.std)}"
    return ", ".join(filter(None, [text, f"{content.zeros:.0%} zero" if content.zeros >= 0.005 else "", bad]))


def is_small(content: Values) -> bool:
    """Whether an array is written out in full."""
    rows = content.numbers
    if rows is None or not isinstance(rows, tuple):
        return False
    if content.size <= SMALL:
        return True
    return content.size <= TABLE and len(rows) <= 4 and isinstance(rows[0], tuple) and not isinstance(rows[0][0], tuple)


def written_gradient(content: Content) -> str:
    """The same for a gradient: a larger array is written as its norm."""
    if isinstance(content, Values) and not is_small(content):
        norm = norm_of(content)
        return f"‖{number_short(norm)}‖" if norm is not None else ""
    return written(content)


def number_short(x: complex) -> str:
    """A statistic in at most three digits."""
    return f"{x + 0.0:.3g}"


def _listed(numbers: Any) -> str:
    return "[" + ", ".join(map(_listed, numbers)) + "]" if isinstance(numbers, tuple) else number_short(numbers)


def one_line(text: Any, longest: int = LONGEST) -> str:
    """One line that fits into a box."""
    words = " ".join(str(text).split())
    return words if len(words) <= longest else words[: longest - 1] + "…"
