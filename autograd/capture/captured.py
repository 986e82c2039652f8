"""capture: a function whose work is recorded once and replayed."""

from __future__ import annotations

import functools
import math
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from autograd.capture.aids import Differs
from autograd.capture.caught import handles_errors
from autograd.capture.collector import uncollected
from autograd.capture.compare import compared, same_guards
from autograd.capture.draws import check_drawn
from autograd.capture.outer import is_outer, is_variable, leads_outside
from autograd.capture.reach import Holder, Reach
from autograd.capture.recorded import Recorded
from autograd.capture.recording import Recorder
from autograd.capture.replay import Program
from autograd.capture.report import announcing, explained
from autograd.capture.settings import Settings
from autograd.capture.signature import Reader, described, environment, key_of, reader, same_environment
from autograd.capture.steppers import Watch
from autograd.capture.undo import Snapshot, same_bits
from autograd.engine.attempts import batch_among
from autograd.engine.kinds import is_foreign, note
from autograd.engine.modes import mode
from autograd.engine.recording import is_tensor, raw, result
from autograd.errors import CaptureError
from autograd.memory import release_memory
from autograd.pytree import tree_flatten, tree_map, tree_unflatten
from autograd.recorder import current

TRACES = 16  # of one function; the one used longest ago is dropped
PATHS = 4  # of one key, which differ in what their guards found
LOG = 100  # lines about what happened that are kept
TIMED = 8  # replays of a program that are timed, for `explain`
WARM = 64  # kinds of calls of one function that are remembered before they are recorded
IN_GRAPH = (
    "called inside of a derivative: it ran as it is, as a part of that graph; to be fast, capture the derivative, "
    "as in capture(grad(f))"
)
FOREIGN = "given arrays of another library, or a batch of vmap: it ran as it is"
IN_VAIN = 12  # recordings of one key, after which it is given up if there were hardly any replays
MUCH = 128 * 2**20  # bytes of the values of a recording, which are returned when it is confirmed
QUICK = 4  # kinds of calls that are told apart without making their key
MISSED = object()
ASIDE = object()


class Quick(NamedTuple):
    """A kind of call that was replayed before, to be recognised quickly: see `signature.reader`."""

    key: Any
    environment: Any
    read: Reader
    programs: list[Program]


class Captured(Holder):
    """A function that is recorded once and replayed; see `capture`.

    program    the one that ran last
    calls      how many calls ran as they are, were recorded and were replayed
    tell       a function of a text, called when a recording takes more than a second; from another thread
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        functools.update_wrapper(self, function, updated=())
        self.function = function
        self.program: Program | None = None
        self.traces: OrderedDict[Any, list[Program]] = OrderedDict()
        self._quick: list[Quick] = []
        self._warm: OrderedDict[Any, None] = OrderedDict()  # kinds of calls that have been made
        self._given_up: dict[Any, str] = {}
        self._recordings: dict[Any, int] = {}
        self._lock = threading.Lock()
        self.log: deque[str] = deque(maxlen=LOG)
        self.seconds: dict[Any, float] = {}  # of a call that is neither recorded nor replayed
        self.tell: Callable[[str], Any] | None = None
        self.calls = {"eager": 0, "recorded": 0, "replayed": 0}

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self
        name = f"_captured_{id(self)}"
        if name not in instance.__dict__:
            instance.__dict__[name] = Captured(self.function.__get__(instance))
        return instance.__dict__[name]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if current() is not None:  # inside of another recording: part of that
            return self.function(*args, **kwargs)
        if not self._lock.acquire(blocking=False):
            raise CaptureError(
                f"{self.name} is running already, in this or another thread; one captured function runs once at a "
                "time, because its memory is planned. Capture the function once for each thread."
            )
        try:
            return self._called(args, kwargs)
        finally:
            self._lock.release()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "function" not in vars(self):
            raise AttributeError(name)
        return getattr(self.function, name)  # parameters(), eval() of a captured model

    @property
    def name(self) -> str:
        """The function's name."""
        return getattr(self.function, "__qualname__", repr(self.function))

    def _called(self, args: Any, kwargs: Any) -> Any:
        for quick in self._quick:
            if same_environment(quick.environment) and (given := quick.read(args, kwargs)) is not None:
                found = self._replayed(quick.programs, given)
                if found is not MISSED and found is not ASIDE:
                    if len(self.traces) >= TRACES:
                        self.traces.move_to_end(quick.key)
                    return found
                break
        leaves, structure = tree_flatten((args, kwargs))
        if any(map(is_outer, leaves)):
            return self._as_it_is(IN_GRAPH, args, kwargs)
        if batch_among(leaves) is not None or any([is_foreign(note(raw(x))) for x in leaves]):
            return self._as_it_is(FOREIGN, args, kwargs)
        given = [x._array if is_tensor(x) and not x._requires_grad else x for x in leaves]
        key = key_of(structure, leaves)
        if key in self._given_up or mode.get().anomaly:
            return self._eager(key, leaves, args, kwargs)
        if key not in self._warm:
            self._warm[key] = None
            if len(self._warm) > WARM:
                self._warm.popitem(last=False)
            return self._eager(key, leaves, args, kwargs)
        programs = self.traces.setdefault(key, [])
        self.traces.move_to_end(key)
        while len(self.traces) > TRACES:
            dropped, _ = self.traces.popitem(last=False)
            self._warm.pop(dropped, None)
            self._quick = [q for q in self._quick if q.key != dropped]
        found = self._replayed(programs, given)
        if found is ASIDE:
            return self._eager(key, leaves, args, kwargs)
        if found is MISSED:
            with announcing(self.name, self.tell):
                return self._record(key, programs, leaves, structure, given, args, kwargs)
        if (read := reader(args, kwargs)) is not None:
            others = [q for q in self._quick if q.key != key]
            self._quick = [Quick(key, environment(), read, programs), *others[: QUICK - 1]]
        return found

    def _replayed(self, programs: list[Program], given: list[Any]) -> Any:
        """What the first program that fits returns; MISSED if none does, ASIDE if this call runs as it is."""
        for program in programs:
            if program.compiled and program.fits():
                if program.changes and program.shares(given):
                    return ASIDE
                started = time.perf_counter() if program.replays < TIMED else 0.0
                try:
                    found = program.replay(given)
                except Differs:
                    continue
                except Exception:
                    if not handles_errors(self.function):
                        raise
                    return ASIDE  # the state is that before the call
                if started:
                    program.seconds = min(program.seconds, time.perf_counter() - started)
                if program is not programs[0]:
                    programs.remove(program)
                    programs.insert(0, program)
                self.program = program
                program.replays += 1
                self.calls["replayed"] += 1
                return found
        return MISSED

    def _eager(self, key: Any, leaves: list[Any], args: Any, kwargs: Any) -> Any:
        self.calls["eager"] += 1
        started = time.perf_counter()
        out = self.function(*args, **kwargs)
        self.seconds[key] = min(self.seconds.get(key, math.inf), time.perf_counter() - started)
        found, structure = tree_flatten(out)
        if leads_outside(found, leaves):
            self._give_up(key, "its result may be differentiated by an argument; capture that derivative instead")
            return out
        return tree_unflatten(
            structure, [result(x._array, None) if is_tensor(x) and x._requires_grad else x for x in found]
        )

    def _as_it_is(self, why: str, args: Any, kwargs: Any) -> Any:
        """Call the function; its results keep their graph."""
        self.calls["eager"] += 1
        if why not in self.log:
            self.log.append(why)
        return self.function(*args, **kwargs)

    def _record(
        self,
        key: Any,
        programs: list[Program],
        leaves: list[Any],
        structure: Any,
        given: list[Any],
        args: Any,
        kwargs: Any,
    ) -> Any:
        """One real step, recorded; if it was recorded before, its replay is compared with it."""
        started = time.perf_counter()
        why = self._why(programs)
        unconfirmed = [p for p in programs if not p.compiled and p.fits()]
        reach = Reach(self.function, *leaves)
        if any(map(is_variable, reach.tensors)):
            return self._as_it_is(IN_GRAPH, args, kwargs)
        before = Snapshot(reach)
        try:
            program, out, recorder = self._recorded(reach, before, leaves, structure)
        except BaseException:
            before.restore()
            raise
        self.calls["recorded"] += 1
        if program.changes and program.shares(given):
            self.log.append("an argument lies in the memory of a tensor of the step: the call was not kept")
            return out
        if recorder.moved:
            self.log.append("a tensor was given another array during the step: recorded again at the next call")
            if sum("another array" in line for line in self.log) > PATHS:
                self._give_up(key, "a tensor gets another array at every step")
            return out
        twin = next((p for p in unconfirmed if same_guards(p, program)), None)
        if twin is None:
            programs.append(program)
            while len(programs) > PATHS:
                programs.pop()
            self._recordings[key] = self._recordings.get(key, 0) + 1
            if self._recordings[key] > IN_VAIN and self.calls["replayed"] < 2 * self._recordings[key]:
                self._give_up(key, "what it depends on changes at nearly every call")
            self.log.append(f"recorded {len(program)} operations for {described(key)}: {why}")
            return out
        with uncollected():
            problem, computed = compared(twin, program)
            if not problem:
                program.watch(computed=computed)
                program.compile()
        if problem:
            before.restore()
            programs.remove(twin)
            raise CaptureError(problem)
        self._verify(program, reach, before, given, out, key)
        programs.remove(twin)
        programs.insert(0, program)
        self.program = program
        if program.as_it_is[1] > MUCH:
            release_memory()  # which both recordings had, with all their values at one time
        took = time.perf_counter() - started
        self.log.append(f"checked in {took:.3f} s: {len(program)} operations, {program.nbytes} bytes of buffers")
        return out

    def _why(self, programs: list[Program]) -> str:
        """Why no program fits."""
        confirmed = [p for p in programs if p.compiled]
        if not programs:
            return "the first of its kind" if len(self.traces) > 1 or self.program is None else "again"
        if not confirmed:
            return "recorded before, but it was not the same then"
        return next((p.unlike() for p in confirmed if not p.fits()), "a value on which it branches came out otherwise")

    def _recorded(
        self, reach: Reach, before: Snapshot, leaves: list[Any], structure: Any
    ) -> tuple[Program, Any, Recorder]:
        tensors = [t for t in reach.tensors if not any(t is x and not x._requires_grad for x in leaves)]
        recorder = Recorder(tensors, Watch(reach.steppers))
        grads = [(t, t._grad is None) for t in recorder.tensors if t._requires_grad or t._grad is not None]
        settings = Settings(reach)
        inputs = [_input(recorder, i, x) for i, x in enumerate(leaves)]
        constants = [(t, t._array) for t in inputs if is_tensor(t) and not t._requires_grad]
        inner_args, inner_kwargs = tree_unflatten(structure, inputs)
        with recorder.recording():
            out = self.function(*inner_args, **inner_kwargs)
        for tensor, array in constants:
            recorder.check_kept(tensor, array)
        check_drawn(before.generators, recorder.ops)
        settings.settle(recorder.watch.read)
        if recorder.raised:
            raise CaptureError(
                f"{recorder.raised}, and the step goes on; a replay would go the same way with other values. Ask for "
                "the values by an if before, or let the error leave the step."
            )
        program = Program(recorder, out, settings, grads)
        if program.frozen_gradients and any([t.node is not None for t in reach.tensors]):
            raise CaptureError(
                f"{self.name} calls backward() through operations that were recorded before it was called, and a "
                "replay would keep these gradients. Compute the loss within the captured function."
            )
        return program, tree_map(_value, out), recorder

    def _verify(self, program: Program, reach: Reach, before: Snapshot, given: list[Any], out: Any, key: Any) -> None:
        """Replay the step that was just recorded, from the same state; it must leave the same bits."""
        after = Snapshot(reach, compared=True)
        before.restore()
        found: Any = None
        problem = ""
        try:
            try:
                found = program.replay(given)
            except Differs:  # in a question about a sum, which eager does not ask
                if not program.ask_as_eager():
                    raise
                found = program.replay(given)
            problem = after.difference()
            pairs = zip(tree_flatten(out)[0], tree_flatten(found)[0], strict=True)
            if not problem and not all(same_bits(raw(a), raw(b)) for a, b in pairs):
                problem = "a result"
        except Exception as error:
            problem = f"{type(error).__name__}: {error}"
        after.restore()  # the step's own objects, lists and counters
        if problem:
            self._give_up(key, f"the first replay differed from eager ({problem})")
            raise CaptureError(
                f"{self.name}: the first replay did not give what the step itself gave: {problem}. The step has been "
                "done, and from now on the function runs as it is. Does it look at something that changes and "
                "that is neither an argument nor a tensor?"
            )

    def _give_up(self, key: Any, why: str) -> None:
        if key in self._given_up:
            return
        self._given_up[key] = why
        while len(self._given_up) > WARM:
            del self._given_up[next(iter(self._given_up))]
        self.traces.pop(key, None)
        self._quick = [q for q in self._quick if q.key != key]
        self.log.append(f"runs without being captured for {described(key)}: {why}")

    def explain(self) -> str:
        """What was recorded and why, what a replay does, the memory that it takes and the time that it saves."""
        return explained(self)

    def clear(self) -> None:
        """Forget all programs and their memory."""
        self.traces.clear()
        self._quick.clear()
        self._warm.clear()
        self._given_up.clear()
        self._recordings.clear()
        self.seconds.clear()
        self.program = None

    def __repr__(self) -> str:
        return f"<captured {self.name}: {sum(map(len, self.traces.values()))} programs>"


def capture(function: Callable[..., Any]) -> Captured:
    """A function that records what it does to arrays once, and from then on replays that: the same results, faster.

    The first call of a kind runs as it is, the second is recorded, the third is recorded again and its replay compared
    with it to the bit; after that the function itself is no longer called. Another shape, dtype or mode, another
    branch of an `if`, is recorded by itself. What cannot be replayed is refused with the line that caused it.

    Args:      function: of arrays, Tensors, numbers and trees of them; it may train a model that it closes over.
    Returns:   a callable; its results are constants, with memory of their own.
    Raises:    CaptureError at the second or third call, with nothing changed; see docs/capture.md.
    Example:
        >>> import autograd, numpy as np
        >>> fast = autograd.capture(lambda x, v: autograd.hvp(lambda x: (x**4).sum(), x, v))
        >>> for _ in range(4):
        ...     y = fast(np.array([1.0, 2.0]), np.array([1.0, 0.0]))
        >>> y, fast.calls["replayed"]
        (array([12.,  0.]), 1)
    """
    if not callable(function):
        raise CaptureError(f"capture takes a function; got a {type(function).__name__}.")
    return function if isinstance(function, Captured) else Captured(function)


def _input(recorder: Recorder, i: int, x: Any) -> Any:
    if is_tensor(x):
        return x if x._requires_grad else result(recorder.argument(i, x._array), None)
    return recorder.argument(i, x) if isinstance(x, (np.ndarray, np.generic)) else x


def _value(x: Any) -> Any:
    """A result of a recording as a plain one with memory of its own."""
    array = raw(x)
    array = array.value if isinstance(array, Recorded) else array
    array = np.copy(array, "K") if isinstance(array, np.ndarray) else array
    return result(array, None) if is_tensor(x) else array
