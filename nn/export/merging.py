"""Two recordings of one model, of batches of two sizes, as one graph for batches of any size.

The operations must be the same. A constant that differs is a function of the batch size: numbers in a shape become
a + c · batch, zeros of another size are expanded, positions are a range. What differs in any other way is refused, for
it would be wrong in the file: a random number, or something that depends on values.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.errors import ArgumentError
from nn.export.recording import Operation, Recording
from nn.export.tracing import Trace


class Merger:
    """Merges two traces of `sizes` rows; the batch size is that of `axis` of the graph's input `source`."""

    def __init__(self, first: Trace, second: Trace, sizes: tuple[int, int], source: str, axis: int) -> None:
        self.first, self.second, self.sizes = first.recording, second.recording, sizes
        self.source, self.axis = source, axis
        self.before = Recording({}, "/batch")  # the operations that compute what depends on the batch size
        self.batch: str | None = None

    def merged(self) -> Recording:
        """The recording for batches of any size. Raises: ArgumentError for what differs and must not."""
        self._check_operations()
        for name, one in list(self.first.constants.items()):
            two = self.second.constants[name]
            if (
                one.shape == two.shape
                and one.dtype == two.dtype
                and np.array_equal(one, two, equal_nan=one.dtype.kind == "f")
            ):
                continue
            if self._is_shape_with_one_unknown(name, one, two):
                self.first.constants[name] = np.where(one == two, one, -1)
                continue
            made = self._of_batch(name, one, two)
            del self.first.constants[name]
            self.before.operations.append(Operation("Identity", [made], [name], {}, "/batch", f"{name}/Identity"))
        self.first.operations[:0] = self.before.operations
        self.first.constants.update(self.before.constants)
        return self.first

    def _check_operations(self) -> None:
        one, two = self.first.operations, self.second.operations
        for a, b in zip(one, two, strict=False):
            if a != b:
                raise _differs(a.scope, f"it computes {a.kind} for one batch size and {b.kind} for another")
        if len(one) != len(two) or self.first.constants.keys() != self.second.constants.keys():
            raise _differs("", "the number of its operations depends on the batch size")

    def _is_shape_with_one_unknown(self, name: str, one: Any, two: Any) -> bool:
        """Whether all that use it are Reshapes, and one number differs, which may then be -1."""
        uses = [op for op in self.first.operations if name in op.inputs]
        plain = all(op.kind == "Reshape" and op.inputs[1] == name and "allowzero" not in op.attributes for op in uses)
        return bool(uses) and plain and one.shape == two.shape and int((one != two).sum()) == 1

    def _of_batch(self, name: str, one: Any, two: Any) -> str:
        """The name of what computes a constant from the batch size."""
        n, m = self.sizes
        if one.shape == two.shape and (one.dtype.kind in "iu" or n != m and _whole(one) and _whole(two)):
            return self._affine(name, one, two)
        if n != m and one.shape == two.shape and one.dtype.kind == "f" and np.allclose(one * n, two * m, rtol=1e-6):
            batch = self.before.add("Cast", self._batch(), to=one.dtype)  # a mean over the batch
            batch = batch if one.ndim else self.before.add("Squeeze", batch, self.before.ints([0]))
            return self.before.add("Div", self.before.constant(one * n, one.dtype), batch)
        if one.ndim == two.ndim and one.dtype == two.dtype:
            start, step = _range(one)
            if step and (start, step) == _range(two):
                positions = self._positions(name, start, step, (one.size, two.size))
                shape = self._affine(name, np.array(one.shape), np.array(two.shape))
                return positions if one.ndim == 1 else self.before.add("Reshape", positions, shape)
            small = one[
                tuple(slice(0, 1) if n != m else slice(None) for n, m in zip(one.shape, two.shape, strict=True))
            ]
            if all(
                np.array_equal(np.broadcast_to(small, x.shape), x, equal_nan=x.dtype.kind == "f") for x in (one, two)
            ):
                shape = self._affine(name, np.array(one.shape), np.array(two.shape))
                return self.before.add("Expand", self.before.constant(small), shape)
        raise _differs(
            self.first.scopes.get(name, ""),
            f"an array of shape {one.shape} in it differs between two calls: random numbers, or values that depend on "
            "the batch size",
        )

    def _affine(self, name: str, one: Any, two: Any) -> str:
        """a + c · batch for whole numbers."""
        n, m = self.sizes
        if n == m:
            raise _differs(self.first.scopes.get(name, ""), "integers in it differ between two calls")
        factor, rest = np.divmod(two.astype(np.int64) - one.astype(np.int64), m - n)
        if rest.any():
            raise _differs(self.first.scopes.get(name, ""), "a size in it is no multiple of the batch size")
        g = self.before
        scaled = g.add("Mul", g.constant(factor), self._batch())
        total = g.add("Add", g.constant(one.astype(np.int64) - factor * n), scaled)
        if not one.ndim:
            total = g.add("Squeeze", total, g.ints([0]))
        return total if one.dtype == np.int64 else g.add("Cast", total, to=one.dtype)

    def _positions(self, name: str, start: int, step: int, lengths: tuple[int, int]) -> str:
        """start, start + step, … as many as the batch size tells."""
        length = self._affine(name, np.array(lengths[0]), np.array(lengths[1]))
        g = self.before
        by = g.constant(step, np.int64)
        stop = g.add("Add", g.constant(start, np.int64), g.add("Mul", length, by))
        return g.add("Range", g.constant(start, np.int64), stop, by)

    def _batch(self) -> str:
        """The name of the batch size, a vector of one number."""
        if self.batch is None:
            g = self.before
            self.batch = g.add("Gather", g.add("Shape", self.source), g.ints([self.axis]), axis=0)
        return self.batch


def _range(x: Any) -> tuple[int, int]:
    """(start, step) of evenly spaced integers along one axis, with step 0 for what is not."""
    if x.size < 2 or max(x.shape) != x.size or x.dtype != np.int64:
        return 0, 0
    x = x.ravel()
    steps = np.diff(x)
    return (int(x[0]), int(steps[0])) if (steps == steps[0]).all() and steps[0] else (0, 0)


def _whole(x: Any) -> bool:
    """Whether floating numbers are whole ones, as the float of a count is."""
    return x.dtype.kind == "f" and bool((np.isfinite(x) & (np.abs(x) < 2**24) & (x == np.rint(x))).all())


def _differs(scope: str, what: str) -> ArgumentError:
    place = f" in {scope[1:].replace('/', '.')}" if scope else ""
    return ArgumentError(
        f"to_onnx cannot export this model for any batch size: {what}{place}. For batches of the example's size alone, "
        "give dynamic_batch=False; a random number has to become an input. No file was written."
    )
