"""Arguments that PyTorch's users type: NumPy's meaning, or a refusal with the remedy; errors that name the cause."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd import Tensor
from autograd.errors import ArgumentError, AutogradError, DTypeError, InPlaceError, NoRuleError, ShapeError

REDUCTIONS = ("sum", "prod", "mean", "max", "min", "var", "std")


def x(shape: tuple[int, ...] = (2, 3), requires_grad: bool = True) -> Any:
    return Tensor(np.arange(1.0, 1 + np.prod(shape)).reshape(shape), requires_grad=requires_grad)


@pytest.mark.parametrize("name", REDUCTIONS)
def test_keepdims_is_not_the_second_argument(name: str) -> None:
    for flag in (True, False):
        with pytest.raises(ArgumentError, match=rf"got {flag}\. Write {name}\(axis, keepdims={flag}\)"):
            getattr(x(), name)(1, flag)
    assert getattr(x(), name)(1, keepdims=True).shape == (2, 1)


@pytest.mark.parametrize("name", [*REDUCTIONS, "cumsum", "cumprod"])
def test_dim_is_called_axis(name: str) -> None:
    for option, numpys in (("dim", "axis"), ("keepdim", "keepdims")):
        with pytest.raises(ArgumentError, match=f"got {option}=. Write {numpys}= for it"):
            getattr(x(), name)(**{option: 1})
    with pytest.raises(TypeError, match=rf"{name}\(\) got an unexpected keyword argument 'nonsense'"):
        getattr(x(), name)(nonsense=1)


def test_transpose_takes_the_order_of_all_axes() -> None:
    with pytest.warns(UserWarning, match=r"transpose\(0, 1\) changes nothing.*x\.swapaxes\(0, 1\), or x\.T"):
        assert x().transpose(0, 1).shape == (2, 3)
    with pytest.raises(ShapeError, match=r"all 3 axes.*got \(0, 1\).*x\.swapaxes\(i, j\)"):
        x((2, 3, 4)).transpose(0, 1)
    assert x().transpose(1, 0).shape == x().transpose((1, 0)).shape == x().transpose(-1, -2).shape == (3, 2)


MISTAKES: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "flatten(1)": (lambda: x().flatten(1), ArgumentError, r"no axis.*got 1\. .*x\.reshape.*nn\.Flatten"),
    "repeat(2, 1, 1)": (lambda: x().repeat(2, 1, 1), ArgumentError, r"got 3 numbers.*np\.tile\(x, \(2, 1, 1\)\)"),
    "Tensor(3., 4.)": (lambda: Tensor(3.0, 4.0), ArgumentError, r"True or False; got 4\.0\..*Tensor\(\[3\.0, 4\.0\]\)"),  # type: ignore[arg-type]
    "Tensor(3., 0.)": (lambda: Tensor(3.0, 0.0), ArgumentError, r"True or False; got 0\.0"),  # type: ignore[arg-type]
    "requires_grad_('no')": (lambda: x().requires_grad_("no"), ArgumentError, r"True or False; got 'no'"),
    "matmul(axes=)": (lambda: np.matmul(x(), x(), axes=[0, 1]), NoRuleError, r"np\.matmul .*axes=\. .*np\.moveaxis"),
    "maximum.reduce(where=)": (lambda: np.maximum.reduce(x(), where=[True, False, True]), ArgumentError, "initial="),
    "multiply.at": (lambda: np.multiply.at(x(), 0, 1), InPlaceError, r"np\.multiply\.at\(.*leaf that requires grad"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_named_with_its_remedy(name: str) -> None:
    call, error, message = MISTAKES[name]
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("name", ["airy", "ellipk", "kelvin"])
def test_scipys_functions_are_named_as_scipys(name: str) -> None:
    special = pytest.importorskip("scipy.special")
    function = getattr(special, name)
    with pytest.raises(NoRuleError, match=rf"^scipy\.special\.{name} has no derivative rule"):
        function(*[x()] * function.nin)
    with pytest.raises(NoRuleError, match=r"^np\.nextafter has no derivative rule"):
        np.nextafter(x(), 9.0)


IN_PLACE: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.iadd, "-": operator.isub, "*": operator.imul, "/": operator.itruediv, "**": operator.ipow,
    "//": operator.ifloordiv, "%": operator.imod,
}  # fmt: skip


@pytest.mark.parametrize("symbol", IN_PLACE)
def test_a_refused_write_names_its_operator(symbol: str) -> None:
    write = IN_PLACE[symbol]
    for t, other, error in (
        (x(), 2.0, InPlaceError),
        (x() * 1, np.ones((4, 2, 3)), ShapeError),
        (Tensor([1, 2]), 0.5, DTypeError),
    ):
        with pytest.raises(error) as caught:
            write(t, other)
        if isinstance(caught.value, AutogradError):
            assert f"x = x {symbol} " in str(caught.value)
            assert "∘" not in str(caught.value)
