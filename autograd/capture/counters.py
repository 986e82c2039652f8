"""What a step changes by itself, such as a counter or a log: a replay does not. Where the step also reads it, as in
`self.step += 1; if self.step % 4 == 0`, a replay would take the same way for ever: that is refused."""

from __future__ import annotations

import functools
import types
from collections.abc import Iterator
from operator import is_
from typing import Any

from autograd.capture.alike import alike
from autograd.capture.bindings import bindings
from autograd.capture.decisions import by_time_or_chance, by_values
from autograd.capture.reach import Reach
from autograd.capture.users_code import is_others_class, is_others_function, others_names
from autograd.capture.uses import Known, Passed, Source, Use, uses
from autograd.errors import CaptureError


class Counters:
    """What the names, attributes and elements that a step's functions can reach are, before it and after it."""

    def __init__(self, reach: Reach) -> None:
        self._functions = [f for f in reach.functions if not is_others_function(f)]
        self._bindings = [(b, b.now()) for b in bindings(reach)]
        self._kinds: set[Any] = {type(x) for x in reach.objects}
        inside = {id(getattr(x, "__dict__", None)) for x in reach.objects}
        containers = [*reach.lists, *reach.sets, *[d for d in reach.dicts if id(d) not in inside], *reach.iterators]
        self._contents = [(x, _content(x)) for x in containers]
        self._left: dict[Any, Any] = {}  # what the step has changed -> what it left there

    def check(self) -> None:
        """After the step.

        Raises:    CaptureError for what was made of what it was before, and is read elsewhere in the code.
        """
        if line := by_time_or_chance(self._functions):
            raise CaptureError(
                f"{line} decides by the time or by chance, and a replay would go the way of the recording. Do that "
                "outside of the step, and pass what is decided as an argument."
            )
        for what, sources, key, now in self._changed():
            found = self._uses(sources)
            self._left[key] = what, found, now
            made_of_it = any([use.changes for use in found]) or isinstance(now, _Position)
            if made_of_it and (problem := _problem(what, found)):
                raise CaptureError(problem)

    def differ(self, other: Counters) -> str:
        """After the second recording of a step: what is read and was not left alike by the first, as an error.

        Args:      other: those of the first.
        """
        problems = [
            _problem(what, found)
            for key, (what, found, now) in self._left.items()
            if key not in other._left or not _same_content(now, other._left[key][2])
        ]
        other.forget()
        return next(filter(None, problems), "")

    def forget(self) -> None:
        """Let go of what was there before and after the step."""
        self._bindings, self._contents, self._left = [], [], {}

    def decided_by(self, array: Any, guards: list[str]) -> bool:
        """Whether plain Python decides by the values of an array from outside.

        Args:  guards: the lines that ask for recorded values.
        """
        found = by_values(self._functions, self._sources(array))
        return any([d.plain or not any([g.startswith(tuple(d.lines)) for g in guards]) for d in found])

    def _uses(self, sources: list[Source]) -> list[Use]:
        found: list[Use] = []
        waiting, seen = list(sources), set(map(repr, sources))
        while waiting:
            source = waiting.pop()
            for use in [use for f in self._functions for use in uses(f, source, self._known)]:
                inner = self._inner(use.passed, source) if use.passed else None
                if inner is None:
                    found.append(use)
                else:
                    waiting += [x for x in inner if repr(x) not in seen]
                    seen |= set(map(repr, inner))
        return found

    def _inner(self, passed: Passed, source: Source) -> list[Source] | None:
        """Where the functions of a name find the argument that they are given; None if they are not known."""
        named = [before[passed.name] for _, before in self._bindings if passed.name in before]
        methods = [types.MethodType(f, f) for f in self._functions if passed.attribute and f.__name__ == passed.name]
        found = []
        for f in (*named, *methods):
            function = getattr(f, "__func__", f)
            position = passed.position + (f is not function)
            if function in self._functions and position < function.__code__.co_argcount:
                name = function.__code__.co_varnames[position]
                found.append(source._replace(name=name, owner=None, functions=(function,)))
            elif f is not None:  # which is not called
                return None
        return found if named or methods else None

    @functools.cached_property
    def _known(self) -> Known:
        values: dict[str, list[Any]] = {}
        for binding, before in self._bindings:
            for name, value in before.items() if binding.owner is not None else ():
                values.setdefault(name, []).append(value)
        return Known({"requires_grad", "data", "grad"}.union(*map(others_names, self._kinds)), values)

    def _changed(self) -> Iterator[tuple[str, list[Source], Any, Any]]:
        """(what has changed, where code finds it, a key for it, what it is now)."""
        for binding, before in self._bindings:
            for name, value in binding.now().items():
                if before.get(name) is not value and not alike(before.get(name), value):
                    key = id(binding.owner), binding.functions and id(binding.functions[0]), name
                    yield repr(name), [binding.source(name), *self._of_owner(binding.owner)], key, value
        for x, before in self._contents:
            content = _content(x)
            if not _same_content(before, content):
                keys = _changed_keys(x, before, content)
                sources = [s if s.depth or s.inside else s._replace(keys=keys) for s in self._sources(x)]
                yield f"a {type(x).__name__}", sources, id(x), content

    def _of_owner(self, owner: Any, outer: tuple[Any, ...] = ()) -> list[Source]:
        """Where code finds an object of another library, whose methods look at its attributes."""
        kind: Any = type(owner)
        known = any([x is owner for x in outer]) or not is_others_class(kind)
        return [] if known else [s._replace(inside=True) for s in self._sources(owner, 0, (*outer, owner))]

    def _sources(self, x: Any, depth: int = 0, outer: tuple[Any, ...] = ()) -> list[Source]:
        """Where code finds an object: by which names, as an element of what, and as the state of what."""
        found = []
        for binding, _ in self._bindings:
            names = [name for name, value in binding.now().items() if value is x]
            found += [binding.source(name, depth) for name in names]
            found += self._of_owner(binding.owner, outer) if names else []
        if depth < 4:
            holding = [y for y, content in self._contents if any([z is x for z in content])]
            found += [source for y in holding for source in self._sources(y, depth + 1, outer)]
        return found


def _problem(what: str, found: list[Use]) -> str:
    line = next((use.line for use in found if use.reads), None)
    return (
        ""
        if line is None
        else (
            f"the step changes {what} and also reads it, at {line}; a replay would do neither, and go on as at the "
            "recording. Keep it outside of the step, and pass it as an argument."
        )
    )


class _Position(tuple[Any, ...]):
    """Where an iterator stands."""


def _content(x: Any) -> Any:
    """What is in a container."""
    if isinstance(x, dict):
        return (*x.keys(), *x.values())
    if hasattr(x, "__next__"):
        hint = getattr(x, "__length_hint__", None)
        return _Position([repr(x) if hint is None else hint()] if hint or type(x).__name__ == "count" else [object()])
    return tuple(x)


def _changed_keys(x: Any, before: Any, now: Any) -> Any:
    """The keys of a dict, or numbers of a list, whose elements are others now; None if its length is another."""
    if len(before) != len(now) or not isinstance(x, (dict, list)):
        return None
    keys = [*x] if isinstance(x, dict) else range(len(x))
    values = zip(before[-len(keys) :], now[-len(keys) :], strict=True)
    return frozenset([key for key, (a, b) in zip(keys, values, strict=True) if not alike(a, b)])


def _same_content(a: Any, b: Any) -> bool:
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and (all(map(is_, a, b)) or all(map(alike, a, b)))
    return alike(a, b)
