"""vmap against a loop: values, gradients per example, gradients through it, tangents, nesting, axes, errors."""

from __future__ import annotations

import copy
import inspect
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nn
from autograd import (
    Tensor,
    fixed_point,
    grad,
    gradcheck,
    hessian,
    jacfwd,
    jacobian,
    jacrev,
    jvp,
    root,
    tree_leaves,
    vjp,
    vmap,
)
from autograd.engine import cotangents, kinds
from autograd.errors import ArgumentError, BatchError, ShapeError

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(5, 3)), RNG.normal(size=(5, 3))
W = RNG.normal(size=(3, 4))
A = RNG.normal(size=(5, 3, 3))

FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "ufuncs": lambda x: np.sin(x) * 2 + x / (1 + x**2),
    "sum": lambda x: x.sum(),
    "matmul": lambda x: np.tanh(x @ W),
    "norm": np.linalg.norm,
    "index": lambda x: x[1] * x[::-1],
    "index array": lambda x: x[np.array([0, 0, 2])],
    "index of its own": lambda x: x[np.argsort(x)],
    "sort": np.sort,
    "where": lambda x: np.where(x > 0, x, x**2),
    "einsum": lambda x: np.einsum("i,ij->j", x, W),
    "cumsum": np.cumsum,
    "max": np.max,
    "var": np.var,
    "outer": lambda x: np.outer(x, x),
    "median": np.median,
    "concatenate": lambda x: np.concatenate([x, np.ones(2), x]),
    "stack": lambda x: np.stack([x, x * 2], 1),
    "quantile": lambda x: np.quantile(x, 0.3),
    "convolve": lambda x: np.convolve(x, [1.0, 2.0]),
    "cross": lambda x: np.cross(x, np.array([1.0, 2.0, 3.0])),
    "diff": np.diff,
    "interp": lambda x: np.interp(x, np.array([-1.0, 0, 1]), np.array([0.0, 1, 4])),
    "softmax": lambda x: nn.functional.softmax(x, -1),
    "layer_norm": lambda x: nn.functional.layer_norm(x, (3,)),
    "tile": lambda x: np.tile(x, 2),
    "take": lambda x: np.take(x, [0, 2]),
    "prod": np.prod,
    "kron": lambda x: np.kron(x, x),
}


def number(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda x: np.sum(np.sin(f(x)))


FORMS: dict[str, Callable[[Any], tuple[Any, Any]]] = {
    "value": lambda f: (vmap(f)(X), [f(x) for x in X]),
    "vmap of grad": lambda f: (vmap(grad(number(f)))(X), [grad(number(f))(x) for x in X]),
    "grad of vmap": lambda f: (grad(lambda X: np.sum(np.sin(vmap(f)(X))))(X), [grad(number(f))(x) for x in X]),
    "vmap of jvp": lambda f: (
        vmap(lambda x, v: jvp(f, x, v)[1])(X, Y),
        [jvp(f, *pair)[1] for pair in zip(X, Y, strict=True)],
    ),
    "jvp of vmap": lambda f: (jvp(vmap(f), X, Y)[1], [jvp(f, *pair)[1] for pair in zip(X, Y, strict=True)]),
    "vmap of hessian": lambda f: (vmap(hessian(number(f)))(X), [hessian(number(f))(x) for x in X]),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_it_equals_a_loop(name: str, form: str) -> None:
    ours, loop = FORMS[form](FUNCTIONS[name])
    np.testing.assert_allclose(ours, np.stack(loop), rtol=1e-9, atol=1e-11)


def test_gradcheck_through_a_batch() -> None:
    assert gradcheck(lambda X, w: vmap(lambda x: np.tanh(x @ w))(X), X, W, order=2, modes=("reverse", "forward"))


def test_what_all_examples_share_gets_the_sum_and_each_example_its_own() -> None:
    def loss(w: Any, x: Any) -> Any:
        return np.sum(np.tanh(x @ w))

    together = grad(lambda w: np.sum(vmap(lambda x: loss(w, x))(X)))(W)
    each = vmap(grad(loss), in_axes=(None, 0))(W, X)
    np.testing.assert_allclose(each, np.stack([grad(loss)(W, x) for x in X]))
    np.testing.assert_allclose(together, each.sum(0))


def test_a_gradient_through_a_gradient_inside() -> None:
    def slope(w: Any, x: Any) -> Any:
        return grad(lambda v: np.sum(np.sin(v * (x @ w))))(1.0)

    ours = grad(lambda w: np.sum(vmap(lambda x: slope(w, x))(X)))(W)
    np.testing.assert_allclose(ours, sum(grad(slope)(W, x) for x in X))


def test_nested() -> None:
    products = vmap(lambda x: vmap(lambda y: np.sin(x @ y))(Y))
    np.testing.assert_allclose(products(X), np.sin(X @ Y.T))
    np.testing.assert_allclose(grad(lambda X: np.sum(products(X)))(X), grad(lambda X: np.sum(np.sin(X @ Y.T)))(X))


def test_several_batched_arguments() -> None:
    np.testing.assert_allclose(vmap(np.linalg.solve)(A, X), [np.linalg.solve(a, x) for a, x in zip(A, X, strict=True)])
    rows = np.array([0, 1, 2, 0, 1])
    np.testing.assert_allclose(vmap(lambda x, i: x[i])(X, rows), X[np.arange(5), rows])
    slopes = vmap(grad(lambda x, i: np.sin(x[i])))(X, rows)
    np.testing.assert_allclose(slopes, np.where(np.arange(3) == rows[:, None], np.cos(X), 0))


INDICES: list[Any] = [
    (0, slice(None), [1, 2]),
    (slice(None), [0, 2], [1, 2]),
    ([0, 1], slice(None), [1, 0]),
    (Ellipsis, None, 1),
    (slice(None), None, [0, 1], 2),
]


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_indices_and_assignment_apart(index: Any) -> None:
    T = RNG.normal(size=(4, 3, 3, 3))
    np.testing.assert_array_equal(vmap(lambda x: x[index])(T), np.stack([x[index] for x in T]))
    places = np.array([0, 2, 1, 1])
    own = vmap(lambda x, i: x[:, i, np.array([0, 1])])(T, places)
    np.testing.assert_array_equal(own, np.stack([x[:, i, np.array([0, 1])] for x, i in zip(T, places, strict=True)]))

    def put(x: Any, v: Any) -> Any:
        y = np.zeros_like(x)
        y[index] = v
        return y

    values = RNG.normal(size=4)
    np.testing.assert_array_equal(vmap(put)(T, values), np.stack([put(x, v) for x, v in zip(T, values, strict=True)]))


def test_axes_trees_keywords_chunks() -> None:
    outer = vmap(lambda x: np.outer(x, x), 1, 2)(X.T)
    np.testing.assert_allclose(outer, np.moveaxis(np.stack([np.outer(x, x) for x in X]), 0, 2))
    ours = vmap(lambda p, c: {"y": p["w"] * p["x"] + c}, in_axes=({"w": None, "x": -2}, None))({"w": 2.0, "x": X}, 1.0)
    np.testing.assert_allclose(ours["y"], 2 * X + 1)
    np.testing.assert_allclose(vmap(lambda x, *, k: x * k)(X, k=np.arange(5.0)), X * np.arange(5.0)[:, None])
    np.testing.assert_allclose(vmap(lambda x: x @ W, chunk_size=2)(X), X @ W)
    assert vmap(lambda: np.ones(2), axis_size=3)().shape == (3, 2)


def test_tensors_in_tensors_out() -> None:
    x = Tensor(X, requires_grad=True)
    y = vmap(lambda row: np.sum(row**2))(x)
    y.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), 2 * X)


MODELS: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "mlp": (lambda: nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 4)), (3,)),
    "cnn": (lambda: nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()), (1, 1, 8, 8)),
    "lstm": (lambda: nn.LSTM(3, 4), (6, 2, 3)),
    "attention": (lambda: nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0), (6, 2, 4)),
}


@pytest.mark.parametrize("name", MODELS)
def test_gradients_of_single_examples_by_functional_call(name: str) -> None:
    made, shape = MODELS[name]
    model = made().double()
    params = {key: p.numpy().copy() for key, p in model.named_parameters()}
    xs = RNG.normal(size=(4, *shape))

    def loss(params: Any, x: Any) -> Any:
        return np.sum(np.sin(tree_leaves(nn.functional_call(model, params, x))[0]))

    each = vmap(grad(loss), in_axes=(None, 0))(params, xs)
    for i, x in enumerate(xs):
        for key, g in grad(loss)(params, x).items():
            np.testing.assert_allclose(each[key][i], g, rtol=1e-9, atol=1e-11)


def test_jacrev_and_jacfwd() -> None:
    for made in (jacrev, jacfwd):
        np.testing.assert_allclose(made(lambda x: np.tanh(x @ W))(X[0]), jacobian(lambda x: np.tanh(x @ W))(X[0]))


def test_explain_counts_what_ran_by_a_loop() -> None:
    assert vmap.explain(lambda x: np.cumsum(np.sin(x)) @ W)(X) == {}
    assert vmap.explain(lambda x: np.lexsort((x,)))(X) == {"np.lexsort": 1}
    assert vmap.explain(lambda x: np.lexsort((x,)), 1, 1, chunk_size=2)(X) == {"np.lexsort": 2}


def test_explain_takes_the_arguments_of_vmap() -> None:
    assert [*inspect.signature(vmap.explain).parameters.values()] == [*inspect.signature(vmap).parameters.values()]
    with pytest.raises(TypeError, match="chunks"):
        vmap.explain(np.sin, chunks=2)
    with pytest.raises(ArgumentError, match=r"vmap\.explain: chunk_size must be a positive integer or None; got 0"):
        vmap.explain(np.sin, chunk_size=0)


ERRORS: dict[str, tuple[Callable[[], Any], type, str]] = {
    "bool": (lambda: vmap(lambda x: x if x[0] > 0 else -x)(X), BatchError, "np.where"),
    "float": (lambda: vmap(lambda x: float(x[0]))(X), BatchError, "5 examples"),
    "mask": (lambda: vmap(lambda x: x[x > 0])(X), BatchError, "differ from example to example"),
    "shape": (lambda: vmap(lambda x: np.nonzero(x > 0))(X), BatchError, "depends on the values"),
    "write": (lambda: vmap(lambda x: np.add(x, x, out=np.zeros(3)))(X), BatchError, "zeros_like"),
    "sizes": (lambda: vmap(np.add)(X, X[:4]), ShapeError, "one size"),
    "sizes by name": (lambda: vmap(lambda p, *, y: y)({"w": X}, y=X[:4]), ShapeError, r"0\['w'\] has 5 .*, y has 4"),
    "axis": (lambda: vmap(np.sin, 2)(X), ArgumentError, "out of bounds for argument 0, of 2 dim.*use -2 to 1"),
    "number": (lambda: vmap(np.add)(X, 1.0), ArgumentError, "argument 1, of 0 dimensions; .*None in in_axes"),
    "list": (lambda: vmap(np.sum)([[1.0, 2.0]]), ArgumentError, r"np.array\(list\)"),
    "count": (lambda: vmap(np.add, (0,))(X, X), ArgumentError, "1 entries for 2 arguments"),
    "out of bounds": (lambda: vmap(np.sin, 0, 5)(X), ArgumentError, "out_axes 5"),
    "text": (lambda: vmap(lambda x: f"{x:.3f}")(X), ArgumentError, "returned a str"),
    "and": (lambda: vmap(lambda x: (x > 0) and x)(X), BatchError, "&"),
    "size": (lambda: vmap(np.arange)(np.arange(3)), BatchError, "A size must be the same"),
    "list of batched": (lambda: vmap(lambda x: np.array([x[0], x[1]]))(X), BatchError, r"np.stack\(\[x, y\]\)"),
    "index": (lambda: vmap(lambda i: X[i])(np.arange(3)), BatchError, r"Tensor\(array\)\[x\]"),
    "copyto": (lambda: vmap(lambda x: np.copyto(np.zeros(3), x))(X), BatchError, "zeros_like"),
    "no batch": (lambda: vmap(np.sin, None)(X), ArgumentError, "axis_size"),
    "tree": (lambda: vmap(np.sin, ((0, 0),))(X), ArgumentError, "do not fit"),
    "out": (lambda: vmap(np.sin, out_axes=None)(X), ArgumentError, "differs"),
    "element": (lambda: vmap(lambda x: np.zeros(3).__setitem__(0, x[0]))(X), BatchError, "must be batched, too"),
    "filled": (lambda: vmap(lambda x: np.zeros(3).fill(x[0]))(X), BatchError, "must be batched, too"),
    "flat": (lambda: vmap(lambda x: x.flat)(X), AttributeError, r"np.ravel\(x\)"),
    "no axis": (lambda: vmap(lambda x: np.sum(x[0], axis=1))(X), ShapeError, "a number has no axis"),
    "full": (lambda: vmap(lambda x: np.full(3, x[0]))(X), BatchError, r"np.full_like\(x, x, shape=shape\)"),
    "pickle": (lambda: vmap(pickle.dumps)(X), BatchError, "Return the value"),
    "fixed_point": (
        lambda: vmap(lambda b: fixed_point(lambda x, b: np.cos(x) / 2 + b, 0.0, b))(X[:, 0]),
        BatchError,
        r"fixed_point\(vmap\(f\), X0",
    ),
    "root": (lambda: vmap(grad(lambda b: root(lambda x: x**3 - b, 0.5)))(X[:, 0]), BatchError, r"root\(vmap\(f\), X0"),
    "batch norm": (lambda: vmap(nn.BatchNorm1d(3))(np.ones((2, 4, 3), np.float32)), BatchError, "track_running_stats"),
    "random": (lambda: vmap(lambda x: nn.functional.dropout(x, 0.5))(X), BatchError, "randomness="),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors_name_the_remedy(name: str) -> None:
    call, kind, message = ERRORS[name]
    with pytest.raises(kind, match=message):
        call()


def test_an_error_of_numpys_tells_the_shapes_of_an_example() -> None:
    with pytest.raises(ValueError, match="broadcast") as caught:
        vmap(lambda x: x + np.ones(4))(X)
    assert caught.value.__notes__ == ["This is inside vmap, of 5 examples; one of them has the shapes (3,), (4,)."]


OF_NUMPY: dict[str, Callable[[Any], Any]] = {
    "reshape": lambda x: x.reshape(2),
    "index": lambda x: x[5],
    "too many indices": lambda x: x[0, 0],
    "assignment": lambda x: (x * 1).__setitem__(slice(1), np.ones(2)),
    "axes": lambda x: np.swapaxes(x, 0, 1),
    "take": lambda x: np.take(x, 7),
    "concatenate": lambda x: np.concatenate([x, np.ones((2, 2))]),
    "dot": lambda x: np.dot(x, np.ones(2)),
    "where": lambda x: np.where(x > 0, x, np.ones(2)),
    "outer's": lambda x: np.reshape(np.outer(x, x), (2, -1)),
}


@pytest.mark.parametrize("name", OF_NUMPY)
def test_an_error_of_numpys_is_that_of_one_example(name: str) -> None:
    """Shapes and axes without the hidden one, also where two are hidden."""
    f = OF_NUMPY[name]
    with pytest.raises((ValueError, IndexError)) as one:
        f(X[0])
    for mapped, arguments in ((vmap(f), X), (vmap(vmap(f)), X[None])):
        with pytest.raises(type(one.value)) as all_:
            mapped(arguments)
        assert str(all_.value) == str(one.value)


def test_an_error_leaves_what_would_have_been_written_as_it_was() -> None:
    kept = X.copy()
    with pytest.raises(ValueError, match=r"shape \(2,\) into shape \(1,\)"):
        vmap(lambda x: x.__setitem__(slice(1), np.ones(2)))(kept)
    np.testing.assert_array_equal(kept, X)


def test_the_remedies_work() -> None:
    b = np.array([0.1, 0.5, 0.9])
    alone = [fixed_point(lambda x, b: np.cos(x) / 2 + b, 0.0, v) for v in b]
    together = fixed_point(vmap(lambda x, b: np.cos(x) / 2 + b), np.zeros(3), b)
    np.testing.assert_allclose(together, alone, rtol=1e-9)
    np.testing.assert_allclose(root(vmap(lambda x, b: x**3 - b), np.ones(3), b), np.cbrt(b))
    np.testing.assert_array_equal(vmap(lambda x: np.full_like(x, x[0], shape=(2, 1)))(X)[:, 0, 0], X[:, 0])
    batches = np.random.default_rng(0).normal(size=(2, 4, 3)).astype(np.float32)
    for layer in (nn.BatchNorm1d(3, track_running_stats=False), nn.BatchNorm1d(3).eval()):
        np.testing.assert_allclose(vmap(layer)(batches).numpy(), [layer(x).numpy() for x in batches], atol=1e-6)


def test_a_refused_batch_norm_has_changed_nothing() -> None:
    layer = nn.BatchNorm1d(3)
    before = {name: np.copy(value) for name, value in layer.state_dict().items()}
    with pytest.raises(BatchError):
        vmap(layer)(np.random.default_rng(0).normal(size=(2, 4, 3)).astype(np.float32))
    for name, value in layer.state_dict().items():
        np.testing.assert_array_equal(value, before[name])


def test_copies_and_rounding_by_python() -> None:
    for copied in (copy.copy, copy.deepcopy):
        kept = X.copy()
        found = vmap(lambda x, copied=copied: (lambda y: (y.__setitem__(0, 7.0), y + x)[1])(copied(x)))(kept)
        np.testing.assert_array_equal(kept, X)
        np.testing.assert_array_equal(found[:, 0], 7 + X[:, 0])
    np.testing.assert_array_equal(vmap(lambda x: round(x[0], 2))(X), [round(x[0], 2) for x in X])
    whole = vmap(lambda x: round(x[0]))(X)
    assert whole.dtype.kind == "i"
    np.testing.assert_array_equal(whole, [round(x[0]) for x in X])


def test_digitize() -> None:
    bins = np.array([-0.5, 0.0, 0.5])
    np.testing.assert_array_equal(vmap(lambda x: np.digitize(x, bins, right=True))(X), np.digitize(X, bins, right=True))
    assert vmap.explain(lambda x: np.digitize(x, bins))(X) == {}
    own = vmap(lambda x: np.digitize(0.1, np.sort(x)))(X)
    np.testing.assert_array_equal(own, [np.digitize(0.1, np.sort(x)) for x in X])


def test_a_batched_value_that_has_escaped() -> None:
    held: list[Any] = []
    vmap(lambda x: held.append(x) or x)(X)
    with pytest.raises(BatchError, match="has ended"):
        vmap(lambda y: y + held[0])(X)


def test_writing_inside() -> None:
    def filled(x: Any) -> Any:
        y = np.zeros_like(x, shape=(2, 3))
        np.copyto(y, x, where=x > 0)
        np.fill_diagonal(y, 7.0)
        np.put_along_axis(y, np.array([[2], [2]]), 5.0, 1)
        return y

    np.testing.assert_array_equal(vmap(filled)(X), np.stack([filled(x) for x in X]))


@pytest.mark.parametrize("method", ["sort", "partition", "put"])
def test_methods_that_write(method: str) -> None:
    def written(x: Any) -> Any:
        y = np.array([[3.0, 1.0, 2.0], [0.0, -1.0, 4.0]]) * x
        getattr(y, method)(*{"sort": (0,), "partition": (1,), "put": ([1, 4], [8.0, 9.0])}[method])
        return y

    np.testing.assert_array_equal(vmap(written)(X), np.stack([written(x) for x in X]))


def test_einsum_of_lists_of_axes_and_compress() -> None:
    def both(x: Any) -> Any:
        return np.einsum(x, [0], W, [0, 1], [1]), x.compress([True, False, True])

    for got, expected in zip(vmap(both)(X), zip(*[both(x) for x in X], strict=True), strict=True):
        np.testing.assert_allclose(got, np.stack(expected))


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_an_index_of_the_inner_batch_into_an_array_of_the_outer_one(index: Any) -> None:
    A = np.arange(48.0).reshape(2, 2, 3, 4)
    shift = np.array([0, 1, 0])

    def picked(a: Any, j: Any) -> Any:
        return a[:, j], np.take(a, j, 1), a[index]

    got = vmap(lambda a: vmap(lambda j: picked(a, j))(shift))(A)
    for k, part in enumerate(got):
        expected = [[np.asarray(picked(a, j)[k]) for j in shift] for a in A]
        np.testing.assert_array_equal(part, expected)


def test_the_same_random_numbers_for_all() -> None:
    kept = vmap(lambda x: nn.functional.dropout(x, 0.5), randomness="same")(np.ones((4, 20)))
    assert (kept == kept[0]).all()
    assert 0 < (kept[0] > 0).sum() < 20


@pytest.mark.parametrize("name", ["layer_norm", "softmax", "gelu"])
def test_a_batch_of_cotangents_of_a_fused_operation_that_ran_on_ndarrays(name: str) -> None:
    option: Any = {"layer_norm": [(3,)], "softmax": [-1], "gelu": []}[name]
    _, pullback = vjp(lambda x: getattr(nn.functional, name)(x, *option), X)
    cotangents = RNG.normal(size=(4, *X.shape))
    np.testing.assert_allclose(vmap(pullback)(cotangents)[0], np.stack([pullback(c)[0] for c in cotangents]))


def test_gradients_of_each_example_are_not_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the sweep made of a leaf is handed over; a name too many for it would make a copy of all examples."""
    copies = []
    monkeypatch.setattr(cotangents, "copied", lambda x: copies.append(x) or kinds.copied(x))
    rng = np.random.default_rng(0)
    found = vmap(grad(lambda w, x: np.sum(np.tanh(w @ x))), in_axes=(None, 0))(
        rng.normal(size=(3, 4)), rng.normal(size=(5, 4))
    )
    assert found.shape == (5, 3, 4)
    assert not copies
