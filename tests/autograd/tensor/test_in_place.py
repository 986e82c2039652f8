"""Writing in place: a new value while recording, a write to memory under no_grad, never a silently wrong gradient."""

from __future__ import annotations

import copy
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Tensor, no_grad
from autograd.check import gradcheck, gradgradcheck
from autograd.engine.gradients import gradients
from autograd.engine.graph import Node, ancestors
from autograd.errors import DTypeError, InPlaceError, NoRuleError, ShapeError
from autograd.tensor.view import View

OPERATORS = {
    "+=": (operator.iadd, operator.add),
    "-=": (operator.isub, operator.sub),
    "*=": (operator.imul, operator.mul),
    "/=": (operator.itruediv, operator.truediv),
    "**=": (operator.ipow, operator.pow),
    "%=": (operator.imod, operator.mod),
    "@=": (operator.imatmul, operator.matmul),
}
OPERANDS = {"number": 1.3, "array": np.array([[1.5, 2.5], [0.5, 3.5]])}
CASES = [(symbol, name) for symbol in OPERATORS for name in OPERANDS if (symbol, name) != ("@=", "number")]


def leaf(*values: float) -> Tensor:
    return Tensor(np.array(values), requires_grad=True)


def grad_of(x: Tensor) -> Any:
    assert x.grad is not None
    return x.grad.numpy()


# While recording


@pytest.mark.parametrize(("symbol", "operand"), CASES)
def test_a_write_while_recording_is_a_new_value_with_the_gradient_of_the_plain_operator(
    symbol: str, operand: str
) -> None:
    inplace, plain = OPERATORS[symbol]
    other = OPERANDS[operand]

    def f(x: Any, write: Callable[..., Any]) -> Any:
        y = x * 2.0
        before = y.data if isinstance(y, Tensor) else y
        snapshot = before.copy()
        kept = y * y
        y = write(y, other)
        np.testing.assert_array_equal(before, snapshot)  # the array that multiply() keeps is untouched
        return y * 3.0 + kept

    x = np.array([[0.9, 1.1], [2.3, 1.7]])
    assert gradcheck(lambda x: f(x, inplace), x)
    a, b = Tensor(x, requires_grad=True), Tensor(x, requires_grad=True)
    f(a, inplace).backward(np.ones((2, 2)))
    f(b, plain).backward(np.ones((2, 2)))
    np.testing.assert_array_equal(a.grad.numpy(), b.grad.numpy())


def test_the_name_stays_the_same_object_with_a_new_node() -> None:
    x = leaf(1.0, 2.0)
    y = x * 2
    same, node = y, y.node
    y += 1
    assert y is same
    assert y.node is not node
    assert same.tolist() == [3, 5]


def test_floor_division_in_place_has_no_gradient() -> None:
    y = leaf(5.0, 7.0) * 1.0
    y //= 2.0
    assert y.tolist() == [2, 3]
    assert not y.requires_grad or y.node is not None


def test_a_constant_becomes_recorded_by_what_is_added() -> None:
    x = leaf(1.0, 2.0)
    total = Tensor(np.zeros(2))
    for _ in range(3):
        total += x * x
    assert total.requires_grad
    total.backward(np.ones(2))
    np.testing.assert_array_equal(x.grad.numpy(), [6, 12])


def test_a_constants_old_array_is_not_written_while_recording() -> None:
    array = np.zeros(2)
    total = Tensor(array)
    total += leaf(1.0, 2.0)
    assert array.tolist() == [0, 0]


def test_assignment_while_recording() -> None:
    def f(x: Any, v: Any) -> Any:
        y = x * 1.0
        y[0] = v[1] * 3.0
        y[1:, ::2] = v[0]
        y[np.array([0, 0]), np.array([1, 2])] = 5.0
        return y * y

    rng = np.random.default_rng(0)
    assert gradcheck(f, rng.normal(size=(3, 4)), rng.normal(size=2))
    assert gradgradcheck(f, rng.normal(size=(3, 4)), rng.normal(size=2))


def test_assignment_of_and_by_masks() -> None:
    def f(x: Any) -> Any:
        y = x * 1.0
        y[y.data > 0] = 0.0
        return y * x

    assert gradcheck(f, np.array([1.0, -2.0, 3.0, -4.0]))


def test_assignment_into_a_constant_records() -> None:
    x = leaf(1.0, 2.0)
    buffer = Tensor(np.zeros((3, 2)))
    for i in range(3):
        buffer[i] = x * float(i)
    buffer.backward(np.ones((3, 2)))
    assert x.grad.tolist() == [3, 3]


def test_augmented_assignment_of_an_element() -> None:
    x = leaf(1.0, 2.0)
    y = x * 1.0
    y[0] += 10.0
    y[1] *= x[0]
    assert y.tolist() == [11, 2]
    y.backward(np.ones(2))
    assert x.grad.tolist() == [1 + 2, 1]


def test_a_view_taken_before_a_write_sees_it() -> None:
    x = leaf(1.0, 2.0, 3.0)
    y = x * 1.0
    head, flat = y[:2], y.reshape(3, 1)
    y[0] = 100.0
    y += 1.0
    assert head.tolist() == [101, 3]
    assert flat.tolist() == [[101], [3], [4]]
    head *= 2.0
    assert y.tolist() == [202, 6, 4]
    (head.sum() + y.sum()).backward()
    assert x.grad.tolist() == [0, 4, 1]


def test_leaves_that_require_grad_refuse_every_write_with_the_remedy() -> None:
    x = leaf(1.0, 2.0)
    writes: list[Callable[[], Any]] = [lambda: x.__setitem__(0, 5.0)]
    writes += [lambda inplace=inplace: inplace(x, 2.0) for symbol, (inplace, _) in OPERATORS.items() if symbol != "@="]
    for write in writes:
        with pytest.raises(InPlaceError, match=r"leaf that requires grad.*no_grad"):
            write()
    assert x.tolist() == [1, 2]
    assert x.is_leaf


def test_a_write_may_not_change_shape_or_kind() -> None:
    y = leaf(1.0, 2.0) * 1.0
    with pytest.raises(ShapeError, match=r"shape \(2,\) to \(3, 2\)"):
        y += np.ones((3, 2))
    with pytest.raises((DTypeError, TypeError), match="complex"):
        y += np.ones(2, complex)
    counts = Tensor(np.array([1, 2]))
    with pytest.raises(DTypeError, match="int64 into float64"):
        counts += 0.5
    assert y.tolist() == [1, 2]
    assert counts.tolist() == [1, 2]


def test_a_write_keeps_the_dtype() -> None:
    x = Tensor(np.array([1.0, 2.0], np.float32), requires_grad=True)
    y = x * 1.0
    y += np.array([0.5, 0.5])
    assert y.dtype == np.float32
    y.backward(np.ones(2))
    assert x.grad.dtype == np.float32


# Under no_grad


@pytest.mark.parametrize("symbol", [symbol for symbol in OPERATORS if symbol != "@="])
def test_under_no_grad_a_write_goes_to_the_array(symbol: str) -> None:
    inplace, plain = OPERATORS[symbol]
    array = np.array([1.5, 2.5])
    expected = plain(array, 2.0)
    x = Tensor(array, requires_grad=True)
    with no_grad():
        same = inplace(x, 2.0)
    assert same is x
    assert x.data is array
    np.testing.assert_array_equal(array, expected)
    assert x.requires_grad
    assert x.is_leaf


def test_assignment_under_no_grad_goes_to_the_array() -> None:
    x = leaf(1.0, 2.0, 3.0)
    array = x.data
    with no_grad():
        x[:2] = Tensor([7.0, 8.0])
        x[2] = 9
    assert x.data is array
    assert x.tolist() == [7, 8, 9]


def test_a_number_of_shape_0_under_no_grad() -> None:
    x = Tensor(1.0, requires_grad=True)
    with no_grad():
        x -= 0.25
        x *= 2.0
    assert x.item() == 1.5
    assert x.requires_grad
    assert x.is_leaf
    (x * x).backward()
    assert x.grad.item() == 3.0


def test_sgd_by_hand() -> None:
    rng = np.random.default_rng(0)
    a = rng.normal(size=(20, 3))
    target = a @ np.array([1.0, -2.0, 0.5])
    w = Tensor(np.zeros(3), requires_grad=True)
    for _ in range(200):
        ((a @ w - target) ** 2).mean().backward()
        with no_grad():
            w -= 0.1 * w.grad
        w.zero_grad()
    np.testing.assert_allclose(w.numpy(), [1, -2, 0.5], atol=1e-6)


# Changes between forward and backward


def change_by_operator(w: Tensor) -> None:
    with no_grad():
        w -= 1.0


def change_by_assignment(w: Tensor) -> None:
    with no_grad():
        w[0, 0] = 5.0


def change_by_data(w: Tensor) -> None:
    w.data = w.data + 1


def change_by_data_assignment_in_place(w: Tensor) -> None:
    w.data = np.negative(w.data, out=w.data)


def keeps_views(y: Tensor) -> bool:
    """Whether w reached the rules only through views of it."""
    nodes = [item for item in ancestors(y.node) if isinstance(item, Node)]
    return any(isinstance(a, np.ndarray) and a.base is not None for node in nodes for a in node.args or ())


CHANGES = [change_by_operator, change_by_assignment, change_by_data, change_by_data_assignment_in_place]
USES: dict[str, Callable[[Tensor, Tensor], Any]] = {
    "w * x": lambda w, x: w * x,
    "x * w": lambda w, x: x * w,
    "x / w": lambda w, x: x / w,
    "x @ w": lambda w, x: x @ w,
    "x @ w.T": lambda w, x: x @ w.T,
    "x * w[0]": lambda w, x: x * w[0],
    "x * w[::-1].T": lambda w, x: x * w[::-1].T,
    "x.ravel() * w.reshape(-1)": lambda w, x: x.reshape(-1) * w.reshape(-1),
    "x * np.swapaxes(w[None], 1, 2)": lambda w, x: x * np.swapaxes(w[None], 1, 2),
    "exp of w squared": lambda w, x: np.exp(x * w),
}


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
@pytest.mark.parametrize("use", USES)
def test_a_leaf_changed_between_forward_and_backward_is_refused(use: str, change: Callable[[Tensor], None]) -> None:
    rng = np.random.default_rng(0)
    w, x = Tensor(rng.normal(size=(2, 2)), requires_grad=True), Tensor(rng.normal(size=(2, 2)), requires_grad=True)
    USES[use](w, x).sum().backward()
    right = x.grad.numpy()
    x.zero_grad()
    w.zero_grad()
    y = USES[use](w, x).sum()
    change(w)
    if change is change_by_data and keeps_views(y):
        y.backward()  # w has another array now, and the views that the rules keep belong to the old one
        np.testing.assert_allclose(x.grad.numpy(), right)
        return
    with pytest.raises(InPlaceError, match=r"changed in place.*Call backward\(\) before"):
        y.backward()
    assert x.grad is None
    assert w.grad is None


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_the_error_names_the_tensor_and_the_operation(change: Callable[[Tensor], None]) -> None:
    w = Tensor(np.ones((2, 2)), requires_grad=True)
    y = 2.0 * (w * w)
    change(w)
    with pytest.raises(InPlaceError, match=r"tensor of shape \(2, 2\).*multiply\(\)"):
        y.sum().backward()


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_change_of_a_value_that_no_rule_reads_is_fine(change: Callable[[Tensor], None]) -> None:
    w = Tensor(np.ones((2, 2)), requires_grad=True)
    y = (w + 3.0 * w).sum() + w.reshape(4).sum()
    change(w)
    y.backward()
    assert (w.grad.numpy() == 5).all()


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_the_next_forward_pass_is_fine(change: Callable[[Tensor], None]) -> None:
    w = Tensor(np.ones((2, 2)), requires_grad=True)
    for _ in range(3):
        (w * w).sum().backward()
        change(w)
        w.zero_grad()
    (w * w).sum().backward()
    np.testing.assert_array_equal(w.grad.numpy(), 2 * w.numpy())


def test_a_change_before_a_second_order_sweep_is_refused() -> None:
    w = Tensor([1.0, 2.0], requires_grad=True)
    (g,) = gradients((w**3).sum(), [w], create_graph=True)
    with no_grad():
        w += 1.0
    with pytest.raises(InPlaceError):
        g.sum().backward()


def test_a_result_changed_under_no_grad_is_refused() -> None:
    x = leaf(1.0, 2.0)
    y = x * 2
    z = y * y
    with no_grad():
        y += 1.0
    with pytest.raises(InPlaceError, match=r"result of multiply\(\)"):
        z.sum().backward()


def test_a_result_that_its_own_rule_keeps_may_be_corrected_under_no_grad() -> None:
    x = leaf(1.0, 2.0)
    y = np.exp(x)
    kept = y.data
    with no_grad():
        y *= 2.0
        y[0] = 7.0
    assert y.tolist() == [7, 2 * np.exp(2)]
    assert kept.tolist() == [np.exp(1), np.exp(2)]
    y.sum().backward()  # the gradient ignores what was done under no_grad
    np.testing.assert_allclose(x.grad.numpy(), np.exp([1, 2]))


def test_a_number_corrected_under_no_grad_keeps_its_history_as_an_array_does() -> None:
    for x in (Tensor(2.0, requires_grad=True), leaf(2.0)):
        y = x * 3.0
        with no_grad():
            y += 1.0
        assert y.item() == 7.0
        assert y.requires_grad
        y.backward()
        assert x.grad.item() == 3.0


def test_a_constant_written_under_no_grad_does_not_reach_what_was_recorded() -> None:
    x, c, d = leaf(1.0, 2.0), Tensor(np.array([3.0, 4.0])), Tensor(np.array([5.0, 6.0]))
    y = x * c + x * d
    view = c[:1]
    with no_grad():
        c += 1.0
        d[0] = 100.0
    assert c.tolist() == [4, 5]
    assert view.tolist() == [4]
    y.sum().backward()
    assert x.grad.tolist() == [8, 10]


def test_a_constant_that_no_one_else_holds_is_written_in_place() -> None:
    c = Tensor(np.zeros(1000))
    where = c.data.ctypes.data
    with no_grad():
        for i in range(10):
            c[i] = 1.0
            c += 1.0
    assert c.data.ctypes.data == where
    assert c.data[9] == 2.0


def test_a_constant_that_a_rule_keeps_changed_is_refused_or_kept_apart() -> None:
    """A constant Tensor written in place must not change what was recorded with its old value."""
    x, c = leaf(1.0, 2.0), Tensor(np.array([3.0, 4.0]))
    y = x * c
    c += 1.0  # while recording: a new value
    y.sum().backward()
    assert x.grad.tolist() == [3, 4]


def test_a_view_written_under_no_grad_never_makes_a_wrong_gradient() -> None:
    """v = w[0] under no_grad: a write to v changes only v, or is noticed."""
    w, x = Tensor(np.ones((2, 2)), requires_grad=True), Tensor(np.full((2, 2), 3.0), requires_grad=True)
    y = w * x
    with no_grad():
        v = w[0]
        v += 5.0
    try:
        y.sum().backward()
    except InPlaceError:
        return
    assert (x.grad.numpy() == 1).all()


@pytest.mark.parametrize("view", [lambda w: w[0], lambda w: w.reshape(4), lambda w: w.T, lambda w: w[:, None]])
def test_a_recorded_view_written_under_no_grad_writes_to_the_leaf(view: Any) -> None:
    w, x = Tensor(np.ones((2, 2)), requires_grad=True), Tensor(np.full((2, 2), 3.0), requires_grad=True)
    y = w * x
    v = view(w)
    with no_grad():
        v += 5.0
        v[0] = 7.0
    assert (view(w.numpy()) == v.numpy()).all()
    assert set(v.numpy().ravel()) <= {6, 7}
    assert v.requires_grad
    with pytest.raises(InPlaceError):  # x's gradient is the old w
        y.sum().backward()
    v.sum().backward()
    assert w.grad.numpy().sum() == v.size


def test_a_view_of_a_result_changed_under_no_grad_is_refused() -> None:
    x = leaf(1.0, 2.0)
    y = x * 2
    z = y[:1] * x
    with no_grad():
        y += 1.0
    with pytest.raises(InPlaceError):
        z.sum().backward()


def test_data_of_a_wrong_dtype_is_refused_and_changes_nothing() -> None:
    w = leaf(1.0, 2.0)
    with pytest.raises(DTypeError, match="floating"):
        w.data = np.array([1, 2])
    assert w.tolist() == [1, 2]


def test_a_detached_leaf_keeps_the_values_it_had() -> None:
    w, x = leaf(1.0, 2.0), leaf(3.0, 4.0)
    y = (x * w.detach()).sum()
    with no_grad():
        w -= 5.0
    y.backward()
    assert x.grad is not None
    assert x.grad.tolist() == [1.0, 2.0]


def test_a_change_beside_the_wanted_path_is_seen() -> None:
    x, w = Tensor([2.0, 3.0], requires_grad=True), Tensor([4.0, 5.0], requires_grad=True)
    y = (x * w).sum()
    with no_grad():
        w += 1
    with pytest.raises(InPlaceError, match="changed in place"):
        gradients(y, [x])


# Once silently wrong


def test_asking_again_for_requires_grad_forgets_neither_the_write_nor_the_hooks() -> None:
    w = leaf(1.0, 2.0)
    seen: list[Any] = []
    w.register_hook(seen.append)
    y = (w * w).sum()
    with no_grad():
        w += 10
    w.requires_grad_(True)
    with pytest.raises(InPlaceError):
        y.backward()
    (w * w).sum().backward()
    assert len(seen) == 1


def test_an_argument_without_a_derivative_keeps_the_value_it_had() -> None:
    w, x = leaf(1.0, 2.0), leaf(1.0, 1.0)
    y = np.copysign(x, w).sum()
    with no_grad():
        w *= -1
    y.backward()
    assert grad_of(x).tolist() == [1, 1]


@pytest.mark.parametrize("view", [lambda w: w.reshape(2).detach(), lambda w: w.T.detach(), lambda w: w[:].detach()])
def test_a_detached_view_keeps_the_values_it_had(view: Callable[[Tensor], Tensor]) -> None:
    w, x = leaf(1.0, 2.0), leaf(1.0, 1.0)
    y = (view(w) * x).sum()
    with no_grad():
        w += 10
    y.backward()
    assert grad_of(x).tolist() == [1, 2]


@pytest.mark.parametrize("view", [lambda w: w.reshape(2), lambda w: w[:], np.ravel, lambda w: np.split(w, 1)[0]])
def test_a_view_taken_under_no_grad_keeps_the_values_it_had(view: Callable[[Tensor], Tensor]) -> None:
    w, x = leaf(1.0, 2.0), leaf(1.0, 1.0)
    with no_grad():
        c = view(w)
    y = (c * x).sum()
    with no_grad():
        w += 10
    y.backward()
    assert grad_of(x).tolist() == [1, 2]


def test_a_shallow_copy_of_a_leaf_is_written_on_its_own() -> None:
    w = leaf(1.0, 2.0)
    b = copy.copy(w)
    y = (b * b).sum()
    with no_grad():
        w += 10
    y.backward()
    assert grad_of(b).tolist() == [2, 4]


def test_a_leaf_made_of_a_number_is_checked_too() -> None:
    t = Tensor([1.0, 2.0]).sum()
    t.requires_grad = True
    y = t * t * t
    with no_grad():
        t += 10
    with pytest.raises(InPlaceError):
        y.backward(create_graph=True)


def test_masks_may_be_reused() -> None:
    x = leaf(1.0, 2.0)
    mask = np.array([True, False])
    y = np.where(mask, x, 0).sum() + np.select([mask], [x], 0).sum()
    mask[:] = False
    y.backward()
    assert grad_of(x).tolist() == [2, 0]


def test_an_array_may_take_a_constant_tensor_in_place() -> None:
    p = leaf(1.0, 2.0)
    (p * p).sum().backward()
    assert p.grad is not None
    p.data -= 0.5 * p.grad  # as PyTorch's users write it
    assert p.numpy().tolist() == [0, 0]
    total = np.zeros(2)
    with pytest.raises(NoRuleError, match=r"out=.*Write y = np\.add"):
        total += p
    with no_grad():
        total += p + 1
    assert total.tolist() == [1, 1]


def passed_on(f: Any, **options: Any) -> Any:
    return autograd.primitive(f, lambda g, out, x, n=1: g, keeps="", name="f", **options)


def first_of(x: Any) -> Any:
    return autograd.primitive(lambda x: (x, 2 * x), joint=lambda g, out, x: (g[0] + 2 * g[1],), keeps="", name="f")(x)[
        0
    ]


def second_of_two(x: Any) -> Any:
    return autograd.primitive(lambda a, x: x, lambda g, out, a, x: 0 * g, lambda g, out, a, x: g, keeps="", name="f")(
        x * 1.0, x
    )


RETURN_THEIR_ARGUMENT: dict[str, Any] = {
    "a user's": passed_on(lambda x: x),
    "twice": lambda x: passed_on(lambda x: x)(passed_on(lambda x: x)(x)),
    "with parameters": lambda x: passed_on(lambda x, n=1: x)(x, n=2),
    "as a view": passed_on(lambda x: x[:]),
    "asarray": passed_on(np.asarray),
    "saves": passed_on(lambda x: (x, None), saves=True, composite=lambda x: x * 1.0),
    "one of several": first_of,
    "the second of two": second_of_two,
    "squeeze": np.squeeze,
    "squeeze no axis": lambda x: np.squeeze(x, axis=()),
    "reshape": lambda x: np.reshape(x, x.shape),
    "ravel": np.ravel,
    "transpose": np.transpose,
    "swapaxes": lambda x: np.swapaxes(x, 0, 0),
    "moveaxis": lambda x: np.moveaxis(x, 0, 0),
    "broadcast_to": lambda x: np.broadcast_to(x, x.shape),
    "atleast_1d": np.atleast_1d,
    "getitem": lambda x: x[...],
    "astype": lambda x: x.astype(x.dtype, copy=False),
    "real": lambda x: np.real(x),
    "split": lambda x: np.split(x, 1)[0],
    "pad": lambda x: np.pad(x, 0),
    "tile": lambda x: np.tile(x, 1),
    "repeat": lambda x: np.repeat(x, 1),
    "roll": lambda x: np.roll(x, 0),
    "concatenate": lambda x: np.concatenate([x]),
    "expand and squeeze": lambda x: np.squeeze(np.expand_dims(x, 0), 0),
}


@pytest.mark.parametrize("f", RETURN_THEIR_ARGUMENT.values(), ids=RETURN_THEIR_ARGUMENT.keys())
@pytest.mark.parametrize("base", [lambda: np.array([1.0, 2.0]), lambda: np.array([1.0, 9.0, 2.0])[::2]])
def test_a_write_to_a_leaf_that_a_forward_returned_is_noticed(f: Any, base: Any) -> None:
    """Refused, or the gradient of the old values: never a gradient of one with the values of the other."""
    w = Tensor(base(), requires_grad=True)
    y = f(w)
    z = (y * y).sum()
    with autograd.no_grad():
        w *= 10.0
    try:
        z.backward()
    except InPlaceError:
        return
    np.testing.assert_array_equal(w.grad.numpy(), [2.0, 4.0])


@pytest.mark.parametrize("f", RETURN_THEIR_ARGUMENT.values(), ids=RETURN_THEIR_ARGUMENT.keys())
def test_what_a_forward_returned_under_no_grad_changes_with_the_leaf_if_it_is_a_view(f: Any) -> None:
    w = Tensor([1.0, 2.0], requires_grad=True)
    with autograd.no_grad():
        y = f(w)
        if y is not w:
            w *= 10.0
            view = np.shares_memory(y.numpy(), w.numpy())
            assert isinstance(y, View) == view
            np.testing.assert_array_equal(y.numpy(), [10.0, 20.0] if view else [1.0, 2.0])
