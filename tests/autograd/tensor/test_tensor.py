"""A Tensor as a Python object and with NumPy: its protocols, and what it refuses."""

from __future__ import annotations

import copy
import io
import pickle
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Tensor
from autograd.errors import DTypeError, GraphError, InPlaceError, NoRuleError, ShapeError


def leaf(*values: float, dtype: Any = float) -> Tensor:
    return Tensor(np.array(values, dtype), requires_grad=True)


# Making one


def test_an_array_is_held_and_not_copied() -> None:
    array = np.arange(3.0)
    assert Tensor(array).data is array
    assert Tensor(array).numpy() is array


def test_what_it_can_be_made_of() -> None:
    assert Tensor([1, 2]).dtype == np.int64
    assert Tensor([[1.0, 2.0]]).shape == (1, 2)
    assert Tensor(3.0).shape == ()
    assert Tensor(True).dtype == bool
    assert Tensor(np.float32(1.5)).dtype == np.float32
    assert Tensor((1.0, 2.0), dtype=np.float16).dtype == np.float16
    assert Tensor([]).shape == (0,)
    assert Tensor(range(3)).tolist() == [0, 1, 2]
    assert Tensor(Tensor([1.0])).tolist() == [1.0]


def test_a_recorded_tensor_is_not_wrapped_again() -> None:
    for t in (leaf(1.0), leaf(1.0) * 2):
        with pytest.raises(GraphError, match=r"t\.copy\(\) or t\.detach\(\)"):
            Tensor(t)


@pytest.mark.parametrize("data", [[1, 2], True, np.array([1, 2], np.uint8), [False, True]])
def test_integers_and_booleans_cannot_require_grad(data: Any) -> None:
    with pytest.raises(DTypeError, match=r"floating dtype; got .*dtype=float"):
        Tensor(data, requires_grad=True)
    assert Tensor(data, requires_grad=True, dtype=float).requires_grad
    t = Tensor(data)
    with pytest.raises(TypeError, match="floating"):
        t.requires_grad = True
    assert not t.requires_grad


def test_complex_numbers_can_require_grad() -> None:
    z = Tensor([1 + 2j], requires_grad=True)
    (np.abs(z) ** 2).sum().backward()
    assert z.grad.tolist() == [2 + 4j]


@pytest.mark.parametrize(
    "data", [np.array([object()]), ["a"], np.array(["2020-01-01"], "M8"), None, {"a": 1}, np.zeros(2, [("x", float)])]
)
def test_what_is_no_number_is_refused(data: Any) -> None:
    with pytest.raises(DTypeError, match="holds numbers"):
        Tensor(data)


def test_fractions_are_refused_like_all_objects() -> None:
    with pytest.raises(DTypeError, match="object"):
        Tensor([Fraction(1, 2)])


def test_ragged_lists_are_refused() -> None:
    with pytest.raises(ShapeError, match="does not form an array"):
        Tensor([[1.0], [1.0, 2.0]])


def test_masked_arrays_are_refused() -> None:
    with pytest.raises(DTypeError, match="filled"):
        Tensor(np.ma.masked_array([1.0, 2.0], [True, False]))


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
def test_subclasses_of_ndarray_become_plain_arrays() -> None:
    for array in (np.matrix([[1.0, 2.0], [3.0, 4.0]]), np.ones((2, 2)).view(np.recarray)):
        t = Tensor(array, requires_grad=True)
        assert type(t.data) is np.ndarray
        (t * t).sum().backward()  # elementwise: a matrix would multiply
        np.testing.assert_array_equal(t.grad.numpy(), 2 * np.asarray(array))


def test_memory_mapped_files(tmp_path: Any) -> None:
    path = tmp_path / "a.npy"
    np.save(path, np.arange(3.0))
    mapped = np.load(path, mmap_mode="r")
    t = Tensor(mapped, requires_grad=True)
    (t * mapped).sum().backward()
    np.testing.assert_array_equal(t.grad.numpy(), [0, 1, 2])
    assert np.shares_memory(t.data, mapped)


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
def test_subclasses_as_operands() -> None:
    t = Tensor(np.ones((2, 2)), requires_grad=True)
    for other in (np.matrix([[1.0, 2.0], [3.0, 4.0]]), np.ones((2, 2)).view(np.recarray)):
        for y in (t * other, other * t, np.multiply(t, other)):
            assert isinstance(y, Tensor)
            np.testing.assert_array_equal(y.numpy(), np.asarray(other))


# Its fields


def test_fields() -> None:
    t = Tensor(np.zeros((2, 3), np.float32))
    assert (t.shape, t.ndim, t.size, t.dtype, t.itemsize, t.nbytes) == ((2, 3), 2, 6, np.dtype("f4"), 4, 24)
    assert (t.is_leaf, t.requires_grad, t.grad, t.node) == (True, False, None, None)
    y = leaf(1.0) * 2
    assert (y.is_leaf, y.requires_grad) == (False, True)
    assert y.node is not None
    assert y.node.name == "multiply"


def test_transposes() -> None:
    t = Tensor(np.arange(6.0).reshape(1, 2, 3), requires_grad=True)
    assert t.T.shape == (3, 2, 1)
    assert t.mT.shape == (1, 3, 2)
    (t.mT * 2).sum().backward()
    assert (t.grad.numpy() == 2).all()
    with pytest.raises(ShapeError, match="at least two"):
        _ = leaf(1.0).mT


def test_requires_grad_is_switched_on_leaves_only() -> None:
    t = Tensor([1.0])
    assert t.requires_grad_() is t
    assert t.requires_grad
    y = t * 2
    t.requires_grad = False
    assert not (t * 2).requires_grad
    with pytest.raises(GraphError, match="detach"):
        y.requires_grad = False
    y.requires_grad = True


def test_grad_may_be_assigned_and_is_checked() -> None:
    t = leaf(1.0, 2.0)
    t.grad = np.array([3.0, 4.0])
    assert isinstance(t.grad, Tensor)
    with pytest.raises(ShapeError, match=r"shape \(2,\); got \(3,\)"):
        t.grad = np.ones(3)
    assert t.grad.tolist() == [3, 4]
    t.grad = None
    assert t.grad is None


def test_detach_has_no_history_and_shares_memory_only_with_what_no_step_writes_to() -> None:
    x = leaf(1.0, 2.0)
    doubled = x * 2
    y = doubled.detach()
    assert y.tolist() == [2, 4]
    assert not y.requires_grad
    assert np.shares_memory(y.data, doubled.data)
    d = x.detach()
    assert d.tolist() == [1, 2]
    assert not np.shares_memory(d.data, x.data)
    with pytest.raises(GraphError):
        d.backward(np.ones(2))


def test_no_new_attributes() -> None:
    with pytest.raises(AttributeError):
        Tensor(1.0).gard = 1  # type: ignore[attr-defined]


# Conversion


def test_numbers_of_one_element() -> None:
    for t in (Tensor(2.5), Tensor([2.5]), Tensor([[2.5]]), leaf(1.25) * 2):
        assert (t.item(), float(t), int(t), bool(t), complex(t)) == (2.5, 2.5, 2, True, 2.5 + 0j)
        assert type(t.item()) is float
    assert not Tensor(0.0)
    with pytest.raises(ShapeError, match=r"one element .*this one has shape \(2,\)"):
        float(leaf(1.0, 2.0))
    with pytest.raises(ValueError, match="one element"):
        leaf(1.0, 2.0).item()
    with pytest.raises(ValueError, match="ambiguous"):
        bool(leaf(1.0, 2.0))


def test_index() -> None:
    assert [10, 20, 30][Tensor(1)] == 20
    assert list(range(Tensor(3))) == [0, 1, 2]
    with pytest.raises(TypeError):
        [10, 20][Tensor(1.0)]  # type: ignore[call-overload]


def test_round_trip_through_lists() -> None:
    assert leaf(1.0, 2.0).tolist() == [1.0, 2.0]
    assert Tensor(2.0).tolist() == 2.0


def test_asarray_of_a_constant_shares_memory() -> None:
    array = np.arange(3.0)
    assert np.shares_memory(np.asarray(Tensor(array)), array)
    assert np.asarray(Tensor(array), dtype=np.float32).dtype == np.float32
    assert not np.shares_memory(np.array(Tensor(array)), array)


def test_asarray_that_would_lose_the_gradient_is_refused() -> None:
    x = leaf(1.0, 2.0)
    for convert in (np.asarray, np.array, lambda t: np.array([t, t]), lambda t: np.asarray(t * 2)):
        with pytest.raises(TypeError, match=r"lose its gradient.*t\.numpy\(\)"):
            convert(x)


# len, iteration, containment, hash


def test_len_and_iteration() -> None:
    t = Tensor(np.arange(6.0).reshape(3, 2), requires_grad=True)
    assert len(t) == 3
    rows = list(t)
    assert [row.tolist() for row in rows] == [[0, 1], [2, 3], [4, 5]]
    a, b, c = t
    (a * 1 + b * 2 + c * 3).sum().backward()
    assert t.grad.tolist() == [[1, 1], [2, 2], [3, 3]]
    for act in (len, list, iter):
        with pytest.raises(TypeError, match="0-d"):
            act(Tensor(1.0))


def test_containment() -> None:
    t = leaf(1.0, 2.0)
    assert 2.0 in t
    assert 3.0 not in t
    assert Tensor(1.0) in t


def test_hash_is_by_identity() -> None:
    a, b = leaf(1.0), leaf(1.0)
    assert {a: 1, b: 2}[a] == 1
    assert len({a, b, a}) == 2
    hash(a * 2)


# repr and format


def test_repr() -> None:
    assert repr(Tensor([1.0, 2.5])) == "Tensor([1. , 2.5])"
    assert repr(Tensor(2.0)) == "Tensor(2.)"
    assert repr(leaf(1.0)) == "Tensor([1.], requires_grad=True)"
    assert repr(leaf(1.0) * 2) == "Tensor([2.], node=multiply)"
    assert repr(Tensor(np.float32([1]))) == "Tensor([1.], dtype=float32)"
    assert repr(Tensor([1, 2])) == "Tensor([1, 2])"
    assert repr(Tensor(np.zeros((2, 2)))) == "Tensor([[0., 0.],\n        [0., 0.]])"
    assert "..." in repr(Tensor(np.zeros(5000)))
    assert repr(Tensor(np.zeros((0, 3)))).startswith("Tensor([]")


def test_format() -> None:
    assert f"{Tensor(2.0):.3f}" == "2.000"
    assert f"{leaf(2.0) * 1:8.2e}" == "2.00e+00"
    assert f"{Tensor([1.0, 2.0])}" == "Tensor([1., 2.])"
    assert str(Tensor(1.0)) == repr(Tensor(1.0))
    assert f"{Tensor([1, 2, 3])!s:>20}".endswith("[1, 2, 3])")


# copy, pickle


def test_copy_is_recorded() -> None:
    x = leaf(1.0, 2.0)
    y = x.copy()
    assert not np.shares_memory(y.data, x.data)
    (y * y).sum().backward()
    assert x.grad.tolist() == [2, 4]


def test_copy_and_deepcopy_of_a_leaf() -> None:
    x = leaf(1.0, 2.0)
    (x * x).sum().backward()
    deep = copy.deepcopy(x)
    assert deep.requires_grad
    assert deep.is_leaf
    assert not np.shares_memory(deep.data, x.data)
    assert deep.grad.tolist() == [2, 4]
    assert not np.shares_memory(deep.grad.data, x.grad.data)
    (deep * 3).sum().backward()
    assert deep.grad.tolist() == [5, 7]
    assert x.grad.tolist() == [2, 4]
    shallow = copy.copy(x)
    assert shallow is not x
    assert shallow.requires_grad
    assert not np.shares_memory(shallow.data, x.data)  # a write in place changes only one of them
    assert shallow.requires_grad


def test_deepcopy_of_a_structure_keeps_sharing() -> None:
    x = leaf(1.0)
    a, b = copy.deepcopy([x, x])
    assert a is b
    assert a is not x


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_pickle(protocol: int) -> None:
    x = leaf(1.0, 2.0, dtype=np.float32)
    x.grad = np.array([1.0, 1.0], np.float32)
    y = pickle.loads(pickle.dumps(x, protocol))
    assert y.tolist() == [1, 2]
    assert y.dtype == np.float32
    assert y.requires_grad
    assert y.grad.tolist() == [1, 1]
    (y * y).sum().backward()
    assert y.grad.tolist() == [3, 5]
    assert not pickle.loads(pickle.dumps(Tensor(1.0), protocol)).requires_grad


def test_a_recorded_result_is_not_pickled_or_deepcopied() -> None:
    y = leaf(1.0) * 2
    for act in (copy.deepcopy, pickle.dumps):
        with pytest.raises(GraphError, match="detach"):
            act(y)
    assert pickle.loads(pickle.dumps(y.detach())).tolist() == [2]


def test_np_save_of_values() -> None:
    file = io.BytesIO()
    np.save(file, leaf(1.0, 2.0).numpy())
    file.seek(0)
    assert np.load(file).tolist() == [1, 2]


# Operands of every kind, on either side


OTHERS = {
    "float": 2.0, "int": 2, "bool": True, "list": [2.0, 3.0], "tuple": (2.0, 3.0),
    "np.float64": np.float64(2), "np.float32": np.float32(2), "np.int64": np.int64(2),
    "0-d array": np.array(2.0), "array": np.array([2.0, 3.0]), "int array": np.array([2, 3]),
    "column": np.array([[2.0], [3.0]]), "Tensor": Tensor([2.0, 3.0]),
}  # fmt: skip
BINARY: dict[str, Any] = {
    "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b,
    "/": lambda a, b: a / b, "**": lambda a, b: a**b,
    "%": lambda a, b: a % b, "//": lambda a, b: a // b,
}  # fmt: skip


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("symbol", BINARY)
@pytest.mark.parametrize("swap", [False, True], ids=["t ∘ other", "other ∘ t"])
def test_operators_take_every_operand_on_either_side(name: str, symbol: str, swap: bool) -> None:
    values, other, f = np.array([1.5, 2.5]), OTHERS[name], BINARY[symbol]
    t = Tensor(values, requires_grad=True)
    plain = np.asarray(other.data if isinstance(other, Tensor) else other)
    expected = f(plain, values) if swap else f(values, plain)
    result = f(other, t) if swap else f(t, other)
    np.testing.assert_allclose(getattr(result, "data", result), expected)
    if symbol != "//":
        assert isinstance(result, Tensor)
        assert result.requires_grad
        result.sum().backward()
        assert t.grad.shape == (2,)


@pytest.mark.parametrize("other", [None, "a", object(), {"a": 1}], ids=lambda x: type(x).__name__)
@pytest.mark.parametrize("symbol", list(BINARY))
def test_other_operands_are_a_type_error(symbol: str, other: Any) -> None:
    for swap in (False, True):
        if swap and symbol == "%" and isinstance(other, str):
            continue  # string formatting
        with pytest.raises(TypeError):
            BINARY[symbol](other, leaf(1.0)) if swap else BINARY[symbol](leaf(1.0), other)


def test_matrix_product_on_either_side() -> None:
    a = np.arange(6.0).reshape(2, 3)
    x = Tensor(np.ones(3), requires_grad=True)
    for y in (a @ x, x @ a.T, a.tolist() @ x):
        assert isinstance(y, Tensor)
        assert y.tolist() == [3, 12]
    w = Tensor(a, requires_grad=True)
    (np.ones(2) @ w).sum().backward()
    assert (w.grad.numpy() == 1).all()


def test_numpy_functions_record_wherever_the_tensor_stands() -> None:
    t = leaf(1.0, 2.0)
    for y in (
        np.multiply(2.0, t),
        np.multiply([1, 2], t),
        np.concatenate([np.ones(2), t]),
        np.where([True, False], 0.0, t),
        np.add(t, t),
    ):
        assert isinstance(y, Tensor)
        assert y.requires_grad


def test_unary_operators_and_divmod() -> None:
    t = leaf(-3.5, 2.0)
    assert (-t).tolist() == [3.5, -2]
    assert (+t).tolist() == [-3.5, 2]
    assert abs(t).tolist() == [3.5, 2]
    for (q, r), (a, b) in [(divmod(t, 2.0), (t.numpy(), 2.0)), (divmod(7.0, t), (7.0, t.numpy()))]:
        np.testing.assert_allclose(getattr(q, "data", q), np.floor_divide(a, b))
        np.testing.assert_allclose(getattr(r, "data", r), np.remainder(a, b))


def test_comparisons_are_plain_arrays_of_booleans() -> None:
    t = leaf(1.0, 2.0, 3.0)
    for result, expected in [
        (t == 2.0, [False, True, False]), (t != 2.0, [True, False, True]), (t < 2, [True, False, False]),
        (t <= 2, [True, True, False]),
        (t > Tensor(2.0), [False, False, True]), (t >= np.full(3, 2.0), [False, True, True]),
        (np.greater(t, 1.5), [False, True, True]),
        (np.array([1.0, 0.0, 0.0]) == t, [True, False, False]), (np.float64(2) >= t, [True, True, False]),
    ]:  # fmt: skip
        assert type(result) is np.ndarray
        assert result.dtype == bool
        assert result.tolist() == expected


def test_comparison_with_what_is_no_number() -> None:
    t = leaf(1.0)
    assert not np.any(t == None)  # noqa: E711  what np.array([1.0]) == None gives
    with pytest.raises(TypeError):
        _ = t < "a"


# NumPy's protocols


def test_a_function_without_a_rule_names_itself_and_both_remedies() -> None:
    x = leaf(1.0, 2.0)
    for call in (lambda: np.sort_complex(x), lambda: np.nextafter(x, 2.0), lambda: np.ldexp.reduce(x)):
        with pytest.raises(NoRuleError, match=r"no derivative rule.*x\.numpy\(\).*@autograd\.primitive") as error:
            call()
        assert isinstance(error.value, TypeError)
        assert "np." in str(error.value) or "numpy." in str(error.value)


def test_out_where_and_at_are_refused_with_the_remedy() -> None:
    x, buffer = leaf(1.0, 2.0), np.zeros(2)
    with pytest.raises(NoRuleError, match=r"out=.*y = np\.add"):
        np.add(x, 1.0, out=buffer)
    with pytest.raises(InPlaceError, match=r"np\.add\(…, out=x\).*leaf"):
        np.add(buffer, 1.0, out=x)  # type: ignore[call-overload]
    with pytest.raises(NoRuleError, match="out="):
        buffer += x
    with pytest.raises(NoRuleError, match=r"where=.*np\.where"):
        np.exp(x, where=np.array([True, False]))
    with pytest.raises(InPlaceError, match=r"np\.add\.at.*leaf"):
        np.add.at(x, [0], 1.0)
    with pytest.raises(NoRuleError, match="casting"):
        np.add(x, 1.0, casting="unsafe")
    assert buffer.tolist() == [0, 0]


def test_dtype_of_a_ufunc() -> None:
    x = leaf(1.0, 2.0)
    y = np.add(x, 1.0, dtype=np.float32)
    assert y.dtype == np.float32
    y.sum().backward()
    assert x.grad.dtype == np.float64


def test_assigning_a_tensor_that_requires_grad_into_an_array_is_refused() -> None:
    buffer = np.zeros(2)
    with pytest.raises((TypeError, ValueError)):
        buffer[:] = leaf(1.0, 2.0)
    buffer[:] = Tensor([1.0, 2.0])
    assert buffer.tolist() == [1, 2]


def test_indexing_by_tensors() -> None:
    x = leaf(10.0, 20.0, 30.0)
    y = x[Tensor([2, 0, 0])]
    assert y.tolist() == [30, 10, 10]
    y.sum().backward()
    assert x.grad.tolist() == [2, 0, 1]
    assert x[Tensor([True, False, True])].tolist() == [10, 30]


def test_bad_index_is_numpys_error() -> None:
    with pytest.raises(IndexError):
        leaf(1.0)[3]
    with pytest.raises(IndexError):
        leaf(1.0)["a"]


def test_the_public_names() -> None:
    for name in [
        "Tensor",
        "backward",
        "no_grad",
        "enable_grad",
        "detect_anomaly",
        "primitive",
        "gradcheck",
        "gradgradcheck",
    ]:
        assert callable(getattr(autograd, name)), name


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x * 1j,
        lambda x: x * np.array([1j]),
        lambda x: 1j * x,
        lambda x: x * Tensor(np.array([1j])),
        lambda x: np.exp(x + 0j) * 1j,
    ],
)
def test_a_complex_result_of_a_real_tensor(f: Callable[[Tensor], Any]) -> None:
    x = leaf(0.0)
    np.imag(f(x)).sum().backward()
    assert x.grad.tolist() == [1.0] or x.grad.tolist() == 1.0
    assert x.grad.dtype == float
