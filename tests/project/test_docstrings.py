"""Every example in a docstring of the packages runs and gives what it shows."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
from collections.abc import Iterator

import pytest

import autograd
import nn
import optim

OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def examples() -> Iterator[doctest.DocTest]:
    finder = doctest.DocTestFinder(exclude_empty=True)
    for package in (autograd, nn, optim):
        names = [
            package.__name__,
            *(found.name for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")),
        ]
        for name in names:
            yield from (test for test in finder.find(importlib.import_module(name), name) if test.examples)


TESTS = list(examples())


@pytest.mark.parametrize("example", TESTS, ids=[test.name for test in TESTS])
def test_example(example: doctest.DocTest) -> None:
    lines: list[str] = []
    result = doctest.DocTestRunner(optionflags=OPTIONS, verbose=False).run(example, out=lines.append)
    assert not result.failed, "".join(lines)


def test_the_public_functions_have_a_docstring() -> None:
    public = [
        (package.__name__, name, getattr(package, name))
        for package in (autograd, nn, optim)
        for name in package.__all__
    ]
    assert [f"{package}.{name}" for package, name, value in public if not (value.__doc__ or "").strip()] == []
