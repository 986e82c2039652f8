"""Data of other libraries and arrays without numbers: the same in the constructor, operators, functions and writes."""

from __future__ import annotations

import operator
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd import Tensor, no_grad
from autograd.errors import AutogradError, DTypeError

pd = pytest.importorskip("pandas")
VALUES = np.array([3.0, 1.0, 2.0])


class Convertible:
    """A tensor of another library, which has only `__array__`."""

    shape, ndim, dtype = (3,), 1, "float32"

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return np.array(VALUES, dtype)


CONVERTED: dict[str, Any] = {
    "a Series": pd.Series(VALUES, index=[2, 1, 0]),
    "a DataFrame": pd.DataFrame([VALUES], columns=list("abc")),
    "an Index": pd.Index(VALUES),
    "an ExtensionArray": pd.array(VALUES, dtype="Float64"),
    "another library's tensor": Convertible(),
}
REFUSED: dict[str, tuple[Any, str]] = {
    "a masked array": (np.ma.array(VALUES, mask=[0, 1, 0]), r"mask.*fill it first, a\.filled\(0\)"),
    "objects": (VALUES.astype(object), r"dtype object.*astype\(float\)"),
    "a list with None": ([1.0, None, 2.0], r"dtype object.*None"),
    "a Series of objects": (pd.Series([1.0, "a", 2.0]), r"dtype object"),
    "durations": (np.array([1, 2, 3], "m8[s]"), r"dtype timedelta64.*Divide by a unit"),
    "one duration": (np.timedelta64(1, "s"), r"dtype timedelta64.*Divide by a unit"),
    "dates": (np.array([1, 2, 3], "M8[s]"), r"dtype datetime64.*Subtract a date"),
    "texts": (np.array(["a", "b", "c"]), r"dtype <U1.*astype\(float\)"),
    "records": (np.zeros(3, [("field", float)]), r"dtype \[\('field'.*Take one field"),
}
Call = Callable[[Any, Any], Any]


def iadd(x: Any, other: Any) -> Any:
    y = x * 1
    y += other
    return y


def assign(x: Any, other: Any) -> Any:
    y = x * 1
    y[...] = other
    return y


OPERATORS: dict[str, Call] = {
    word: getattr(operator, word) for word in ("add", "sub", "mul", "truediv", "pow", "floordiv", "mod")
}
CALLS: dict[str, Call] = {
    **{f"x {word} other": f for word, f in OPERATORS.items()},
    **{f"other {word} x": lambda x, other, f=f: f(other, x) for word, f in OPERATORS.items()},
    **{f"np.{f.__name__}(x, other)": f for f in (np.multiply, np.maximum, np.arctan2)},
    "np.multiply(other, x)": lambda x, other: np.multiply(other, x),
    "np.where": lambda x, other: np.where([True, False, True], x, other),
    "x += other": iadd,
}
VECTORS: dict[str, Call] = {
    "x @ other": operator.matmul,
    "np.dot": np.dot,
    "np.concatenate": lambda x, other: np.concatenate([x, other]),
    "x[...] = other": assign,
}


def gradient(y: Any, x: Tensor, weights: Any) -> Any:
    x.grad = None
    if y.requires_grad:
        (y * weights).sum().backward()
    return 0 if x.grad is None else x.grad.numpy()


@pytest.mark.parametrize("how", [*CALLS, *VECTORS])
@pytest.mark.parametrize("what", CONVERTED)
def test_labelled_data_becomes_its_values(what: str, how: str) -> None:
    other = CONVERTED[what]
    values = np.asarray(other)
    call = {**CALLS, **VECTORS}[how]
    if (values.ndim == 2 and (how in VECTORS or "=" in how)) or (what, how) == ("an Index", "np.multiply(other, x)"):
        return  # the shapes do not fit; an Index wants to wrap the result, which is refused
    x = Tensor([1.5, 2.5, 3.5], requires_grad=True)
    found, expected = call(x, other), call(x, values)
    assert type(found._array) in (np.ndarray, np.float64)
    np.testing.assert_array_equal(found.numpy(), expected.numpy())
    weights = np.arange(1.0, 1 + found.size).reshape(found.shape)
    np.testing.assert_array_equal(gradient(found, x, weights), gradient(expected, x, weights))


@pytest.mark.parametrize("what", REFUSED)
@pytest.mark.parametrize("requires_grad", [True, False])
def test_what_holds_no_numbers_is_refused(what: str, requires_grad: bool) -> None:
    other, message = REFUSED[what]
    for how, call in {**CALLS, **VECTORS}.items():
        if np.ndim(other) == 0 and how in VECTORS and how != "x[...] = other":
            continue
        x = Tensor([1.5, 2.5, 3.5], requires_grad=requires_grad)
        with pytest.raises(DTypeError, match=message):
            call(x, other)
        assert x.tolist() == [1.5, 2.5, 3.5], how


@pytest.mark.parametrize("what", CONVERTED)
def test_the_constructor_takes_the_same(what: str) -> None:
    t = Tensor(CONVERTED[what])
    assert type(t._array) is np.ndarray
    np.testing.assert_array_equal(t, np.asarray(CONVERTED[what]))


@pytest.mark.parametrize("what", REFUSED)
def test_the_constructor_refuses_the_same(what: str) -> None:
    with pytest.raises(DTypeError, match=REFUSED[what][1]):
        Tensor(REFUSED[what][0])


@pytest.mark.parametrize("compare", [operator.eq, operator.ne, operator.lt, operator.ge, np.less, np.equal])
def test_comparisons_ignore_labels_and_refuse_masks(compare: Call) -> None:
    x, series = Tensor([1.5, 2.5, 3.5]), CONVERTED["a Series"]
    assert type(compare(x, series)) is np.ndarray
    np.testing.assert_array_equal(compare(x, series), compare(x.numpy(), VALUES))
    np.testing.assert_array_equal(compare(series, x), compare(VALUES, x.numpy()))
    for pair in ((x, REFUSED["a masked array"][0]), (REFUSED["a masked array"][0], x)):
        with pytest.raises(DTypeError, match="mask"):
            compare(*pair)


@pytest.mark.parametrize("how", ["add", "sub", "mul", "truediv", "pow"])
def test_text_is_named(how: str) -> None:
    x = Tensor([1.0], requires_grad=True)
    for pair in ((x, "a"), ("a", x)):
        with pytest.raises(DTypeError, match=r"computes with numbers; got the text 'a'"):
            getattr(operator, how)(*pair)


def test_a_labelled_product_has_the_gradient_of_its_values() -> None:
    """The next operation used to align the Series by its labels: [60 80 60] in place of [20 80 180]."""
    w = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    s = pd.Series([10.0, 20.0, 30.0], index=[2, 1, 0])
    ((w * s) * (w * np.array([1.0, 1, 1]))).sum().backward()
    assert w.grad is not None
    assert w.grad.tolist() == [20, 80, 180]


@pytest.mark.oracle
def test_pytorchs_tensors_are_values_unless_they_require_grad() -> None:
    import torch

    x = Tensor([1.0, 2.0], requires_grad=True)
    for y in (x * torch.ones(2), torch.ones(2) * x, np.multiply(x, torch.ones(2))):
        assert y.tolist() == [1, 2]
        assert y.requires_grad
    for call in (Tensor, lambda t: x * t, lambda t: np.multiply(x, t)):
        with pytest.raises(AutogradError, match=r"torch\.Tensor does not convert.*x\.detach\(\)\.numpy\(\)"):
            call(torch.ones(2, requires_grad=True))


def test_a_subclass_of_ndarray_is_used_as_it_is() -> None:
    class Counting(np.ndarray):
        calls: list[str] = []  # noqa: RUF012

        def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
            self.calls.append(ufunc.__name__)
            plain = [np.asarray(x) if isinstance(x, Counting) else x for x in inputs]
            return getattr(ufunc, method)(*plain, **kwargs)

    x = Tensor([1.0, 2.0], requires_grad=True)
    np.multiply(x, np.array([3.0, 4.0]).view(Counting)).sum().backward()
    assert "multiply" in Counting.calls
    assert x.grad is not None
    assert x.grad.tolist() == [3, 4]


# Every operator names what it cannot take

ARITHMETIC = ("add", "sub", "mul", "truediv", "pow", "matmul", "floordiv", "mod")
ORDER = ("lt", "le", "gt", "ge")
STRANGERS: dict[str, Any] = {"None": None, "object": object(), "dict": {"a": 1}, "set": {1.0}, "function": len}
TEXTS: dict[str, Any] = {"str": "a", "bytes": b"a", "numpy.str_": np.str_("a")}


def operands(requires_grad: bool) -> Any:
    return Tensor(np.arange(4.0).reshape(2, 2), requires_grad=requires_grad) * 1


@pytest.mark.parametrize("requires_grad", [True, False])
@pytest.mark.parametrize("name", [*ARITHMETIC, *ORDER, *[f"i{name}" for name in ARITHMETIC]])
def test_pythons_error_names_the_type_of_what_is_no_number(name: str, requires_grad: bool) -> None:
    for value in STRANGERS.values():
        kind, x = type(value).__name__, operands(requires_grad)
        with pytest.raises(TypeError, match=f"'Tensor' and '{kind}'"):
            getattr(operator, name)(x, value)
        if not name.startswith("i"):
            with pytest.raises(TypeError, match=f"'{kind}' and 'Tensor'|'Tensor' and '{kind}'"):
                getattr(operator, name)(value, x)
        assert x.numpy().tolist() == [[0, 1], [2, 3]]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("name", [*ARITHMETIC, *ORDER, *[f"i{name}" for name in ARITHMETIC]])
def test_every_operator_names_text(name: str, text: str) -> None:
    for requires_grad in (True, False):
        check_that_text_is_named(name, TEXTS[text], operands(requires_grad))


def check_that_text_is_named(name: str, value: Any, x: Any) -> None:
    with pytest.raises(DTypeError, match=r"computes with numbers; got (the text|dtype)"):
        getattr(operator, name)(x, value)
    if not (name.startswith("i") or name == "mod"):  # text % x is text
        with pytest.raises(TypeError, match=r"computes with numbers; got (the text|dtype)|'numpy\.str_'|StrDType"):
            getattr(operator, name)(value, x)
    assert x.numpy().tolist() == [[0, 1], [2, 3]]


def test_in_place_under_no_grad_names_it_too() -> None:
    x = operands(True)
    with no_grad():
        for name in (f"i{name}" for name in ARITHMETIC):
            with pytest.raises(DTypeError, match="got the text 'a'"):
                getattr(operator, name)(x, "a")
            with pytest.raises(TypeError, match="'Tensor' and 'NoneType'"):
                getattr(operator, name)(x, None)
    assert x.numpy().tolist() == [[0, 1], [2, 3]]


def test_anything_is_equal_or_not() -> None:
    x = operands(True)
    for value in (*STRANGERS.values(), *TEXTS.values()):
        assert not np.any(x == value)
        assert np.all(x != value)


@pytest.mark.parametrize("name", [*ORDER, "eq", "ne"])
def test_pytorchs_tensors_are_compared_by_their_values(name: str) -> None:
    torch = pytest.importorskip("torch")
    x, other = operands(True), np.ones((2, 2))
    expected = getattr(operator, name)(x.numpy(), other)
    assert np.array_equal(getattr(operator, name)(x, torch.from_numpy(other)), expected)
    assert np.array_equal(
        getattr(operator, name)(torch.from_numpy(other), x), getattr(operator, name)(other, x.numpy())
    )


def test_masked_arrays_are_looked_for_without_importing_their_module() -> None:
    code = (
        "import sys, numpy as np, autograd; step = autograd.capture(autograd.grad(lambda x: (x @ x.T).sum()));"
        "[step(np.ones((3, 3))) for _ in range(4)]; sys.exit('numpy.ma' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
