"""Arguments are called as in PyTorch, and stand where PyTorch has them, in every function and module that both have."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest

import nn
import nn.functional as F

torch: Any = pytest.importorskip("torch")

# What PyTorch takes and we do not: deprecated names for `reduction`, places that are private, devices, constant keys.
LEFT_OUT = {"size_average", "reduce", "_stacklevel", "device", "static_k", "static_v"}

# Functions whose `def` hides its arguments from `inspect.signature`: (*args, **kwargs), as documented.
HIDDEN = {
    "adaptive_max_pool": ["input", "output_size", "return_indices"],
    "max_pool": ["input", "kernel_size", "stride", "padding", "dilation", "ceil_mode", "return_indices"],
}

# Where a forward is not PyTorch's, and why.
OTHER_FORWARDS = {
    "Module": "no forward: called, it says so whatever the arguments are",
    "ModuleList": "no forward, likewise",
    "ModuleDict": "no forward, likewise",
}
OWN_FORWARDS = {
    "Lambda": "the arguments of the function it holds",
    "HalfMSELoss": "input and target, as every loss",
    "HingeLoss": "input and target, as every loss",
}

FUNCTIONS = [name for name in F.__all__ if hasattr(torch.nn.functional, name)]
CLASSES = {name: cls for name, cls in vars(nn).items() if isinstance(cls, type) and issubclass(cls, nn.Module)}
BOTH = [name for name in CLASSES if hasattr(torch.nn, name)]


def arguments_of(function: Callable[..., Any]) -> list[tuple[str, bool]]:
    """The names of a function's arguments, in their order, each with whether it may be given by position."""
    parameters = inspect.signature(function).parameters.values()
    return [
        (p.name, p.kind is p.POSITIONAL_OR_KEYWORD)
        for p in parameters
        if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD) and p.name != "self"
    ]


def pytorch_names(name: str) -> list[str]:
    """The arguments of a function of torch.nn.functional, those written in C from the first line of its docstring."""
    function = getattr(torch.nn.functional, name)
    if name[:-2] in HIDDEN:
        return HIDDEN[name[:-2]]
    try:
        return [argument for argument, _ in arguments_of(function)]
    except ValueError:
        inside = " ".join(function.__doc__.split()).partition("(")[2].partition(") ->")[0]
        return [part.partition("=")[0].strip() for part in inside.split(",")]


def check_names(ours: list[tuple[str, bool]], theirs: list[str]) -> None:
    theirs = [name for name in theirs if name not in LEFT_OUT]
    by_position = [name for name, positional in ours if positional]
    assert by_position == theirs[: len(by_position)]


MORE = dict.fromkeys(("RNN", "LSTM", "GRU"), ("lengths",))  # by keyword only, where PyTorch has a PackedSequence


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_has_pytorchs_arguments(name: str) -> None:
    check_names(arguments_of(getattr(F, name)), pytorch_names(name))


@pytest.mark.parametrize("name", [name for name in BOTH if name not in OTHER_FORWARDS])
def test_a_forward_has_pytorchs_arguments(name: str) -> None:
    ours, theirs = (arguments_of(cls.forward) for cls in (CLASSES[name], getattr(torch.nn, name)))
    assert [argument for argument in ours if argument[0] not in MORE.get(name, ())] == theirs


@pytest.mark.parametrize("name", [name for name in CLASSES if name not in BOTH and name not in OWN_FORWARDS])
def test_a_module_that_pytorch_has_not_is_called_alike(name: str) -> None:
    assert arguments_of(CLASSES[name].forward) == [("input", True)]


HIDDEN_CONSTRUCTORS = {"RNN": "rnn", "LSTM": "lstm", "GRU": "gru"}  # (*args, **kwargs) in PyTorch


@pytest.mark.parametrize("name", [name for name in BOTH if name not in HIDDEN_CONSTRUCTORS and name != "Sequential"])
def test_a_constructor_has_pytorchs_arguments(name: str) -> None:
    check_names(*(arguments_of(CLASSES[name].__init__), [n for n, _ in arguments_of(getattr(torch.nn, name).__init__)]))


def test_the_tables_are_of_something() -> None:
    assert len(FUNCTIONS) > 60
    assert len(BOTH) > 80
