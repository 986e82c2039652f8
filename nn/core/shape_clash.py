"""Shapes that do not fit, drawn in text: the operands of the operation that failed, the clashing axes marked.

(32, 64) @ (128, 10)
     ^^     ^^^
64 and 128 must be equal: the sum goes over both
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Hashable, Iterator, Sequence
from traceback import walk_tb
from types import FrameType
from typing import Any, NamedTuple

import numpy as np

from autograd.engine.primitive import Primitive

Shape = tuple[int, ...]
Names = tuple[Hashable, ...]  # one an axis: axes of one name must have one size
SYMBOLS = {
    "add": "+", "subtract": "-", "multiply": "*", "divide": "/", "power": "**", "floor_divide": "//", "remainder": "%",
    "matmul": "@", "linear": "@", "less": "<", "greater": ">", "less_equal": "<=", "greater_equal": ">=",
    "equal": "==", "not_equal": "!=",
}  # fmt: skip
SHAPES = re.compile(r"could not be broadcast together with shapes ((?:\([\d, ]*\) ?)+)")
NOT_ALIGNED = re.compile(r"shapes (\([\d,]*\)) and (\([\d,]*\)) not aligned")


class _Operands(NamedTuple):
    """Operands of an operation.

    name        of the operation, as NumPy calls it
    shapes      of its operands
    names       of their axes
    stretches   whether an axis of size 1 fits any other
    """

    name: str
    shapes: tuple[Shape, ...]
    names: tuple[Names, ...]
    stretches: bool = True


def drawn(error: BaseException) -> str:
    """The picture for an error of shape in a product or a broadcast; "" for any other."""
    for operands in filter(_is_known, _operands(error)):
        clashing = _clashing(operands)
        if clashing:
            return _picture(operands, clashing)
    return ""


def _is_known(operands: _Operands) -> bool:
    """Whether every axis has a name and a size; not so where the call is wrong in another way, or Dask counts later."""
    return all(map(_same_length, operands.shapes, operands.names)) and all(
        isinstance(size, int) for shape in operands.shapes for size in shape
    )


def _same_length(shape: Shape, names: Names) -> bool:
    return len(shape) == len(names)


def _clashing(operands: _Operands) -> dict[Hashable, list[int]]:
    """Name of an axis -> its sizes, for those names that have several."""
    sizes: dict[Hashable, list[int]] = {}
    for shape, names in zip(operands.shapes, operands.names, strict=True):
        for size, name in zip(shape, names, strict=True):
            stretched = size == 1 and (operands.stretches or isinstance(name, int))
            if not stretched and size not in sizes.setdefault(name, []):
                sizes[name].append(size)
    return {name: found for name, found in sizes.items() if len(found) > 1}


def _picture(operands: _Operands, clashing: dict[Hashable, list[int]]) -> str:
    symbol = SYMBOLS.get(operands.name, "")
    first, marks = ("", "") if symbol else (f"{operands.name}(", " " * (len(operands.name) + 1))
    for i, (shape, names) in enumerate(zip(operands.shapes, operands.names, strict=True)):
        if i:
            between = f" {symbol} " if symbol else ", "
            first, marks = first + between, marks + " " * len(between)
        text, below = _shape(shape, [name in clashing for name in names])
        first, marks = first + text, marks + below
    first += "" if symbol else ")"
    return "\n".join(
        ["    " + first, "    " + marks.rstrip(), *[f"    {line}" for line in _reasons(operands, clashing)]]
    )


def _shape(shape: Shape, marked: Sequence[bool]) -> tuple[str, str]:
    """("(32, 64)", "     ^^ ")"""
    numbers = [str(size) for size in shape]
    below = ["^" * len(number) if mark else " " * len(number) for number, mark in zip(numbers, marked, strict=True)]
    end = ",)" if len(shape) == 1 else ")"
    return f"({', '.join(numbers)}{end}", f" {'  '.join(below)}{' ' * len(end)}"


def _reasons(operands: _Operands, clashing: dict[Hashable, list[int]]) -> Iterator[str]:
    for name, sizes in clashing.items():
        numbers = " and ".join(map(str, sizes))
        if isinstance(name, int):  # an axis that is broadcast
            elementwise = all(isinstance(axis, int) for names in operands.names for axis in names)
            where = f"axis {name}" if elementwise else "stacks of such arrays"
            yield f"{where}: {numbers} must be equal, or one of them 1"
        elif isinstance(name, str) and operands.name == "einsum":
            yield f"{name} is {numbers}: one letter, one size"
        else:
            yield f"{numbers} must be equal: the sum goes over both"
            if operands.name == "linear":
                yield "the right one is weight.T"
    remedy = _remedy(operands, clashing)
    if remedy:
        yield remedy


def _remedy(operands: _Operands, clashing: dict[Hashable, list[int]]) -> str:
    """What would fit, where that is plain to see."""
    shapes = operands.shapes
    if operands.name == "matmul" and len(shapes) == 2 and all(len(shape) > 1 for shape in shapes):
        a, b = shapes
        if clashing.keys() == {"k"}:
            if a[-1] == b[-1]:
                return f"with the axes of the right one swapped, .mT, it is {(*b[:-2], b[-1], b[-2])} and fits"
            if a[-2] == b[-2]:
                return f"with the axes of the left one swapped, .mT, it is {(*a[:-2], a[-1], a[-2])} and fits"
    elif all(isinstance(name, int) for name in clashing) and len(shapes) == 2:
        small, large = sorted(shapes, key=len)
        rows = (*small, *[1] * (len(large) - len(small)))
        if len(small) < len(large) and all(x in (y, 1) for x, y in zip(rows, large, strict=True)):
            index = ", ".join([":"] * len(small) + ["None"] * (len(large) - len(small)))
            return f"with new axes at its end, x[{index}], the one of shape {small} is {rows} and fits"
    return ""


# What failed: found in the frames of the traceback, or read off NumPy's message


def _operands(error: BaseException) -> Iterator[_Operands]:
    """What may have failed, the innermost first."""
    seen: BaseException | None = error
    while seen is not None:
        for frame, _ in reversed(list(walk_tb(seen.__traceback__))):
            found = _of_frame(frame)
            if found is not None:
                yield found
        match = NOT_ALIGNED.search(str(seen))
        if match:
            yield _named("dot", tuple(map(_parsed, match.groups())), {})  # type: ignore[misc]
        match = SHAPES.search(str(seen))
        if match:
            shapes = tuple(map(_parsed, re.findall(r"\([\d, ]*\)", match[1])))
            yield _Operands("broadcast", shapes, tuple(map(_from_the_end, shapes)))
        seen = seen.__cause__ or (seen.__context__ if seen.__suppress_context__ else None)  # raised for another one


def _of_frame(frame: FrameType) -> _Operands | None:
    """The operands of the operation that was being called in a frame; None if that called no product or broadcast."""
    local = frame.f_locals
    if isinstance(local.get("self"), Primitive) and isinstance(local.get("args"), tuple):
        primitive, args, params = local["self"], local["args"], local.get("params") or {}
    elif isinstance(local.get("primitive"), Primitive) and "a" in local and "b" in local:  # an operator's short path
        primitive, args, params = local["primitive"], (local["a"], local["b"]), {}
    else:
        return None
    options = {"subscripts": next((arg for arg in args if isinstance(arg, str)), None), **params}
    arrays = [arg for arg in args if isinstance(getattr(arg, "shape", None), tuple) or isinstance(arg, (int, float))]
    if primitive.name in ("tensordot", "einsum"):
        arrays = [arg for arg in arrays if hasattr(arg, "shape")]
        options.setdefault("axes", args[2] if len(args) > 2 else 2)
    shapes = tuple([tuple(getattr(arg, "shape", ())) for arg in arrays])
    try:
        return _named(primitive.name, shapes, options) or _of_ufunc(primitive, shapes)
    except (ValueError, IndexError, TypeError):  # a call that is wrong in another way, too
        return None


def _named(name: str, shapes: tuple[Shape, ...], options: dict[str, Any]) -> _Operands | None:
    """The operands of a product, their axes named by what they mean in it."""
    if name == "einsum":
        inputs = str(options["subscripts"]).replace(" ", "").partition("->")[0].split(",")
        return _Operands(name, shapes, tuple(map(_letters, inputs, shapes)))
    if name == "linear":
        x, weight, *_ = shapes
        return _Operands(name, (x, weight[::-1]), ((*_free(0, x[:-1]), "sum"), ("sum", "out")), stretches=False)
    if name == "outer" or len(shapes) != 2:
        return None
    a, b = shapes
    if name == "dot" and a and b:
        left, right = [len(a) - 1], [max(0, len(b) - 2)]
    elif name == "inner" and a and b:
        left, right = [len(a) - 1], [len(b) - 1]
    elif name == "tensordot":
        left, right = _summed(options["axes"], len(a), len(b))
    else:
        return None
    names: tuple[list[Hashable], list[Hashable]] = (list(_free(0, a)), list(_free(1, b)))
    for number, (i, j) in enumerate(zip(left, right, strict=True)):
        names[0][i] = names[1][j] = f"sum {number}" if number else "sum"
    return _Operands(name, shapes, (tuple(names[0]), tuple(names[1])), stretches=False)


def _of_ufunc(primitive: Primitive, shapes: tuple[Shape, ...]) -> _Operands | None:
    """The operands of a ufunc, or of where and clip: named by the signature, the axes before that from the end."""
    ufunc = primitive.forward
    signature = getattr(ufunc, "signature", None)
    if signature is None:
        if not isinstance(ufunc, np.ufunc) and primitive.name not in ("where", "clip"):
            return None
        return _Operands(primitive.name, shapes, tuple(map(_from_the_end, shapes)))
    cores = [tuple(filter(None, core.split(","))) for core in re.findall(r"\(([^)]*)\)", signature.partition("->")[0])]
    names = tuple(map(_core, cores, shapes))
    return _Operands(primitive.name, shapes, names, stretches=False)


def _core(core: tuple[str, ...], shape: Shape) -> Names:
    """The names of the axes of one operand of a generalised ufunc: (n?, k) and what is broadcast before them."""
    if len(shape) < len(core):
        core = tuple([name for name in core if not name.endswith("?")])
    loop = len(shape) - len(core)
    return (*_from_the_end(shape[:loop]), *core)


def _letters(subscripts: str, shape: Shape) -> Names:
    before, dots, after = subscripts.partition("...")
    middle = len(shape) - len(before) - len(after)
    return (*before, *(_from_the_end(shape[:middle]) if dots else ()), *after)


def _from_the_end(shape: Shape) -> tuple[int, ...]:
    return tuple(range(-len(shape), 0))


def _free(operand: int, shape: Shape) -> Iterator[tuple[int, int]]:
    """Names for axes that nothing else must fit."""
    return zip(itertools.repeat(operand), range(len(shape)))


def _summed(axes: Any, a: int, b: int) -> tuple[list[int], list[int]]:
    """The axes over which tensordot sums."""
    if isinstance(axes, (int, np.integer)):
        return list(range(a - int(axes), a)), list(range(int(axes)))
    left, right = ([int(i)] if isinstance(i, (int, np.integer)) else list(i) for i in axes)
    return [i % a for i in left], [i % b for i in right]


def _parsed(text: str) -> Shape:
    return tuple([int(number) for number in re.findall(r"\d+", text)])
