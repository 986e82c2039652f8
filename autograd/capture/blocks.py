"""Runs: elementwise operations on large arrays, done together on blocks that fit the cache.

What only the run itself reads never becomes an array: a block of it is scratch. Blocks are cut from rows without gaps,
so that NumPy computes each number as it would in the whole array.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from autograd.capture.calls import ufunc_of
from autograd.capture.checks import Check, checks
from autograd.capture.program import Op, Var, variables
from autograd.capture.signature import error_settings
from autograd.threads import cores, part, together

LARGE = 512 * 1024  # bytes of an array from which on it pays
BLOCK = range(64 * 1024, 256 * 1024)  # bytes
SHARED = 24  # calls on whole blocks from which on several threads pay


class Blocks:
    """The blocks of a run: for each the arguments of its loop, scratch of the thread included.

    Args:  rows: whole arrays, of which a block is a part.
           scratch: arrays of the size of a block, for the first thread.
    """

    def __init__(self, parts: list[slice], rows: list[Any], scratch: list[Any]) -> None:
        self._fixed = [(part, *[row[part] for row in rows]) for part in parts]
        self._last = parts[-1].stop - parts[-1].start
        self._scratch = {0: self._cut(scratch)}

    def _cut(self, scratch: list[Any]) -> tuple[list[Any], list[Any]]:
        """(for whole blocks, for the last one, which may be shorter)."""
        return scratch, [s[: self._last] for s in scratch]

    def of(self, numbers: Iterable[int], thread: int) -> Iterator[Any]:
        """The blocks of these numbers, for a thread."""
        if thread not in self._scratch:
            self._scratch[thread] = self._cut([np.empty_like(s) for s in self._scratch[0][0]])
        whole, last = self._scratch[thread]
        end = len(self._fixed) - 1
        for i in numbers:
            yield (*self._fixed[i], *(last if i == end else whole))


class Run:
    """Elementwise operations, and checks for a nan between them, on arrays of one size."""

    def __init__(self) -> None:
        self.steps: list[Op | Check] = []
        self.made: dict[Var, int] = {}  # variable -> the step that makes it
        self.last: dict[Var, int] = {}  # variable -> the last step that reads or writes it
        self.before: list[Op] = []
        self.after: list[Op] = []
        self.original: list[Op] = []
        self.size = 0

    def add(self, step: Op | Check) -> None:
        number = len(self.steps)
        self.steps.append(step)
        if isinstance(step, Check):
            self.last[step.v] = number
            return
        for v in step.reads():
            self.last[v] = number
        for v in step.out:
            self.made[v] = self.last[v] = number
            self.size = v.value.size

    @property
    def __name__(self) -> str:
        names = [ufunc_of(step).__name__ for step in self.steps if isinstance(step, Op)]
        return f"run[{', '.join(names[:8] + ['…'] * (len(names) > 8))}]"

    @property
    def mixed(self) -> bool:
        """Whether NumPy's error settings change within it."""
        found = [step.errors for step in self.steps if isinstance(step, Op)]
        return any(errors != found[0] for errors in found)

    def inputs(self) -> list[Var]:
        found = [v for step in self.steps if isinstance(step, Op) for v in step.reads()]
        return list(dict.fromkeys(v for v in found if v not in self.made))


def in_runs(ops: list[Op], results: Any) -> list[Op]:
    """The operations with each run as one of kind "run"; what is between its operations comes before or after it."""
    if not any(_large(v) for op in ops for v in op.out):
        return ops
    splitter = _Splitter(ops)
    reads: dict[Var, int] = {}
    found = splitter.found
    for op in found:
        for v in op.uses():
            reads[v.root] = reads.get(v.root, 0) + 1
    for v in variables(results, []):
        reads[v.root] = 1
    for op in found:
        if op.kind == "run":
            op.out = [v for v in op.function.made if v in reads]
    return found


class _Splitter:
    def __init__(self, ops: list[Op]) -> None:
        self.found: list[Op] = []
        self._run: Run | None = None
        firsts = {c.first: c for c in checks(ops)}
        errors = None
        i = 0
        while i < len(ops):
            op = ops[i]
            if op.errors != errors and error_settings is None:
                self._close()
            errors = op.errors
            check = firsts.get(i)
            if check is not None and self._run is not None and check.v in self._run.made:
                self._run.add(check)
                self._run.original += ops[i : i + 3]
                i += 3
                continue
            self._one(op)
            i += 1
        self._close()

    def _one(self, op: Op) -> None:
        if _elementwise(op, self._run):
            if self._run is not None and (self._run.size != _size(op) or self._waits(op, self._run.after)):
                self._close()
            if op.kind == "write" and self._run is None:
                self.found.append(op)
                return
            self._run = self._run or Run()
            self._run.add(op)
            self._run.original.append(op)
        elif self._run is not None and op.pure and op.kind != "load":
            run = self._run
            waits = self._waits(op, run.after) or any(v.root in run.made for v in op.reads())
            (run.after if waits else run.before).append(op)
            run.original.append(op)
        else:
            self._close()
            self.found.append(op)

    def _waits(self, op: Op, after: list[Op]) -> bool:
        """Whether it reads what is computed after the run."""
        late = {v for other in after for v in other.out}
        return any(v in late or v.root in late for v in op.reads())

    def _close(self) -> None:
        run, self._run = self._run, None
        if run is None:
            return
        if sum(isinstance(step, Op) for step in run.steps) < 2:
            self.found += run.original
            return
        op = Op("run", run, tuple(run.inputs()), {}, [], None, [])
        op.errors = next(step.errors for step in run.steps if isinstance(step, Op))
        self.found += [*run.before, op, *run.after]


def _size(op: Op) -> int:
    return int((op.out or op.writes)[0].value.size)


def _large(v: Var) -> bool:
    return isinstance(v.value, np.ndarray) and v.value.nbytes >= LARGE and v.value.flags.c_contiguous


def _elementwise(op: Op, run: Run | None) -> bool:
    """Whether an operation may be part of a run: of this one, if it writes into what that has made."""
    function = ufunc_of(op)
    if not isinstance(function, np.ufunc) or function.signature is not None or op.kind not in ("call", "write"):
        return False
    if op.kind == "write":
        inside = run is not None and len(op.writes) == 1 and op.writes[0] in run.made
        if not inside or op.kwargs != {"out": op.writes[0]}:
            return False
        out = op.writes[0]
    elif op.kwargs or len(op.out) != 1 or op.out[0].root is not op.out[0]:
        return False
    else:
        out = op.out[0]
    return _large(out) and all([_fits(x, out) for x in op.args])


def repeated(x: Any) -> Any:
    """The one number of an array from outside that repeats it everywhere, as a view; None for other arrays."""
    if not isinstance(x, Var) or x.kind != "constant" or not x.value.size or any(x.value.strides):
        return None
    return x.value[(slice(0, 1),) * x.value.ndim].reshape(())


def _fits(x: Any, out: Var) -> bool:
    value = x.value if isinstance(x, Var) else x
    if isinstance(value, np.ndarray) and value.ndim:
        if repeated(x) is not None:
            return True
        return isinstance(x, Var) and value.shape == out.shape and value.flags.c_contiguous
    return isinstance(value, (np.ndarray, np.generic, int, float))


class Loop:
    """The source of a run.

    Args:  emitter: whose names, constants and memory it uses.
    """

    def __init__(self, emitter: Any, op: Op) -> None:
        self.emitter, self.run, self.op = emitter, op.function, op
        itemsize = max(v.dtype.itemsize for v in self.run.made)
        self._block = part(self.run.size * itemsize, BLOCK) // itemsize  # elements of a block
        self.rows: dict[Var, Any] = {}  # a whole array -> its row, or the name of one that only a replay knows
        self.names: dict[Var, str] = {}
        self.lines: list[str] = []

    def source(self) -> list[str]:
        """Its lines."""
        head = self._whole_arrays()
        scratch = self._steps()
        size = self._block
        parts = [slice(start, min(start + size, self.run.size)) for start in range(0, self.run.size, size)]
        fixed = {self.names[v]: row for v, row in self.rows.items() if not isinstance(row, str)}
        moving = {self.names[v]: row for v, row in self.rows.items() if isinstance(row, str)}
        blocks = Blocks(parts, [*fixed.values()], [*scratch.values()])
        names = ", ".join(["part", *fixed, *scratch])
        cuts = [f"{name} = {row}[part]" for name, row in moving.items()]
        inside = ["    " + line for line in (*cuts, *self.lines)]
        settings = [self.emitter.settings(self.op.errors)] if self.run.mixed else []
        of = self.emitter.bind(blocks.of)
        if len(parts) * len(self.lines) < SHARED or cores() == 1:
            return [*head, f"for {names} in {of}(range({len(parts)}), 0):", *inside, *settings]
        loop = [f"    for {names} in {of}(numbers, thread):", *["    " + line for line in inside]]
        return [
            *head,
            "def some(numbers, thread):",
            *loop,
            f"{self.emitter.bind(together)}(some, {len(parts)})",
            *settings,
        ]

    def _whole_arrays(self) -> list[str]:
        """Find or make the arrays that the run reads and leaves."""
        head: list[str] = []
        inputs = [v for v in self.op.args if isinstance(v.value, np.ndarray) and v.value.ndim and repeated(v) is None]
        for i, v in enumerate([*inputs, *self.op.out]):
            array = self.emitter.place(v) if v in self.run.made else self.emitter.known(v)
            self.names[v] = f"w{i}"
            if array is not None:
                self.rows[v] = array.reshape(-1)
                continue
            name = self.rows[v] = f"row{v.number}"
            if v in self.run.made:
                empty = self.emitter.bind(np.empty)
                head.append(f"{v.name} = {empty}({v.shape!r}, {self.emitter.bind(v.dtype)})")
            head.append(f"{name} = {self.emitter.text(v)}.reshape(-1)")
        return head

    def _steps(self) -> dict[str, Any]:
        """Write the lines of the loop; the scratch that they need."""
        scratch: dict[str, Any] = {}
        free: dict[Any, list[str]] = {}
        different = [step.errors for step in self.run.steps if isinstance(step, Op)]
        errors = different[-1]
        for number, step in enumerate(self.run.steps):
            if isinstance(step, Check):
                name = self.names[step.v]
                self.lines += [f"n = {name}.dot({name})", f"if n != n: raise {self.emitter.differs()}"]
                self._release([step.v], number, free, scratch)
                continue
            if step.errors != errors:
                errors = step.errors
                self.lines.append(self.emitter.settings(errors))
            inside = ", ".join([self._text(x) for x in self.emitter.operands(step, step.args)])
            used = [v for v in variables([step.args], []) if v in self.run.made]
            if step.kind == "call":
                self._release(dict.fromkeys(used), number, free, scratch)
                out = step.out[0]
                if out not in self.names:
                    self.names[out] = self._scratch(out.dtype, free, scratch)
            else:
                out = step.writes[0]
            self.lines.append(f"{self.emitter.bind(ufunc_of(step))}({inside}, out={self.names[out]})")
            self._release([out], number, free, scratch)
        return scratch

    def _text(self, x: Any) -> str:
        if isinstance(x, Var) and x in self.names:
            return self.names[x]
        one = repeated(x)
        text: str = self.emitter.text(x) if one is None else self.emitter.bind(one)
        return text

    def _scratch(self, dtype: Any, free: dict[Any, list[str]], scratch: dict[str, Any]) -> str:
        waiting = free.setdefault(dtype, [])
        if waiting:
            return waiting.pop()
        name = f"s{len(scratch)}"
        scratch[name] = self.emitter.scratch(self._block, np.dtype(dtype))
        return name

    def _release(self, found: Any, number: int, free: dict[Any, list[str]], scratch: dict[str, Any]) -> None:
        """Let the scratch of variables that no later step reads be used again."""
        for v in found:
            name = self.names.get(v, "")
            if name in scratch and self.run.last[v] == number and name not in free.get(v.dtype, ()):
                free.setdefault(v.dtype, []).append(name)
