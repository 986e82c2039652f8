"""Options that are True or False are nothing else, in every public constructor and function."""

from __future__ import annotations

import copy
import inspect
import pickle
from typing import Any

import numpy as np
import pytest

import autograd
import nn
import nn.data
import nn.functional
import nn.utils
import optim
import optim.lr_scheduler
from autograd.errors import ArgumentError

MODULES = [cls for cls in vars(nn).values() if isinstance(cls, type) and issubclass(cls, nn.Module)]


def flags_of(cls: type) -> list[str]:
    return [p.name for p in inspect.signature(cls.__init__).parameters.values() if p.annotation in (bool, "bool")]


ROWS = [(cls, name) for cls in MODULES for name in flags_of(cls)]


@pytest.mark.parametrize(("cls", "name"), ROWS, ids=[f"{cls.__name__} {name}" for cls, name in ROWS])
@pytest.mark.parametrize("bad", ["False", 1, None])
def test_a_flag_of_a_module_is_true_or_false(cls: Any, name: str, bad: Any) -> None:
    with pytest.raises(ArgumentError, match=f"{cls.__name__}: {name} must be True or False; got {bad!r}"):
        cls(**{name: bad})


def test_a_flag_by_position() -> None:
    with pytest.raises(ArgumentError, match="Linear: bias must be True or False; got 4"):
        nn.Linear(2, 3, 4)  # type: ignore[arg-type]


def test_there_are_rows() -> None:
    assert len(ROWS) > 50


OPTIMIZERS = [(cls, name) for cls in vars(optim).values() if isinstance(cls, type) and issubclass(cls, optim.Optimizer)
              for name in flags_of(cls)]  # fmt: skip


@pytest.mark.parametrize(("cls", "name"), OPTIMIZERS, ids=[f"{cls.__name__} {name}" for cls, name in OPTIMIZERS])
def test_a_flag_of_an_optimizer_is_true_or_false(cls: Any, name: str) -> None:
    p = nn.Parameter([[1.0]])
    for make in (lambda: cls([p], **{name: "False"}), lambda: cls([{"params": [p], name: "False"}])):
        with pytest.raises(ArgumentError, match=f"{name} must be True or False; got 'False'"):
            make()
    optimizer = cls([p])
    state = optimizer.state_dict()
    state["param_groups"][0][name] = "False"
    with pytest.raises(ArgumentError, match=f"{name} must be True or False"):
        optimizer.load_state_dict(state)


@pytest.mark.parametrize("name", ["foreach", "fused", "capturable", "differentiable"])
def test_pytorchs_options_of_an_optimizer_are_named(name: str) -> None:
    with pytest.raises(ArgumentError, match=f"Adam has no {name}; got True.* Leave it out"):
        optim.Adam([nn.Parameter([1.0])], **{name: True})  # type: ignore[arg-type]


def test_a_device_is_named_and_a_users_own_is_taken() -> None:
    class Mine(nn.Module):
        def __init__(self, device: Any = None, wide: bool = False) -> None:
            self.device, self.wide = device, wide

    with pytest.raises(ArgumentError, match=r"Linear takes no device; got 'cuda'.* leave it out"):
        nn.Linear(2, 3, device="cuda")  # type: ignore[call-arg]
    assert Mine("cpu", wide=1).wide == 1  # type: ignore[arg-type]
    assert nn.Identity(device="cuda") is not None


def test_modules_are_copied_and_pickled_as_before() -> None:
    model = nn.Sequential(nn.Linear(2, 3, False), nn.BatchNorm1d(3))
    assert repr(copy.deepcopy(model)) == repr(pickle.loads(pickle.dumps(model))) == repr(model)


def test_a_module_without_a_constructor_takes_no_arguments() -> None:
    class Mine(nn.Module):
        pass

    for make in (lambda: Mine(1), lambda: Mine(a=1)):  # type: ignore[call-arg]
        with pytest.raises(TypeError, match=r"Mine\(\) takes no arguments"):
            make()


# Functions, schedulers and other classes

NAMESPACES = (autograd, nn, nn.functional, nn.data, nn.utils, optim, optim.lr_scheduler)


def other_flags() -> list[tuple[str, Any, str]]:
    """(name, function or class, flag) of what is public and neither a Module nor an Optimizer."""
    found = {}
    for space in NAMESPACES:
        for name, thing in vars(space).items():
            plain = inspect.isfunction(thing) or (
                isinstance(thing, type)
                and not issubclass(thing, (nn.Module, optim.Optimizer, Exception, autograd.Tensor, autograd.Scalar))
            )
            if plain and not name.startswith("_"):
                for p in inspect.signature(thing).parameters.values():
                    if p.annotation in ("bool", "bool | None"):
                        found[name, p.name] = (f"{space.__name__}.{name}", thing, p.name)
    return list(found.values())


OTHERS = other_flags()


@pytest.mark.parametrize(("name", "function", "flag"), OTHERS, ids=[f"{name} {flag}" for name, _, flag in OTHERS])
@pytest.mark.parametrize("bad", ["False", 1])
def test_a_flag_of_anything_public_is_true_or_false(name: str, function: Any, flag: str, bad: Any) -> None:
    fitting = {"bool": True, "int": 1}  # and a function elsewhere: the flag is looked at before any array is
    needed = [p for p in inspect.signature(function).parameters.values() if p.default is p.empty]
    given = {p.name: fitting.get(p.annotation, len) for p in needed if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)}

    def call() -> Any:
        made = function(**given | {flag: bad})
        return list(made) if inspect.isgenerator(made) else made

    with pytest.raises(ArgumentError, match=f"{flag} must be True or False; got {bad!r}"):
        call()


def test_a_flag_of_a_tensor() -> None:
    for make in (lambda flag: nn.Buffer([1.0], flag), lambda flag: nn.Parameter([1.0], flag)):
        with pytest.raises(ArgumentError, match="True or False; got 'False'"):
            make("False")
    y = autograd.Tensor([1.0], requires_grad=True) * 2
    for flag in ("retain_graph", "create_graph"):
        with pytest.raises(ArgumentError, match=f"backward: {flag} must be True or False; got 'False'"):
            y.backward(**{flag: "False"})  # type: ignore[arg-type]


def test_numpys_flags_are_taken() -> None:
    assert nn.functional.dropout(np.ones(2), training=np.False_).tolist() == [1, 1]
    assert nn.clip_grad_norm_([], 1.0, foreach=np.True_).item() == 0  # type: ignore[arg-type]


def test_there_are_functions() -> None:
    assert len(OTHERS) > 90
