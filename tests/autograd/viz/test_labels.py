"""The labels of the rules are mathematics: each is read, computed with the numbers of the tests' rows, and compared."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from autograd.engine.abstract import Abstract
from autograd.engine.complex_numbers import conjugated
from autograd.engine.graph import Node
from autograd.engine.recording import raw
from autograd.shapes import keep_dims, unbroadcast
from autograd.tensor.tensor import Tensor
from autograd.viz.data import tracing
from autograd.viz.data.complete import completed
from autograd.viz.data.labels import Evaluator, NotMathematicsError, of_shape, parted, symbols
from autograd.viz.step_by_step.formulas import ALSO
from tests.cases import all_cases, leaves, several

MATRICES = {
    "matmul",
    "dot",
    "linear",
    "matvec",
    "vecmat",
    "outer",
    "inner",
    "solve",
    "inv",
    "attention",
    "attention_weights",
}  # "·" is their product
CHANNELS = {"batch_norm", "group_norm", "batch_norm_eval", "convolution", "transposed_convolution"}
REDUCTIONS = {"var", "std", "norm", "logsumexp", "vdot", "vecdot"}


# Labels that are no formula here, and why: the operations
WORDS = {
    "moves or copies elements, which words say shorter": "reshape expand_dims squeeze moveaxis swapaxes flip fliplr "
    "fold unfold sliding_window_view add_windows segment_sums flipud rot90 roll reorder concatenate stack split "
    "unstack pick broadcast_to repeat tile pad unpad sum mean "
    "diagonal on_diagonal tril triu astype cumsum",
    "chooses elements by an index or a place": "getitem setitem take choose select max min nanmax nanmin maxout "
    "max_pool pick_in_windows put_in_windows embedding nan_to_num minimal_effort minimal_effort_relu "
    "minimal_effort_linear fmax.reduce fmin.reduce embedding_bag embedding_bag_dots scale_grad_by_freq",
    "a product that is not one of matrices": "einsum einsum_view tensordot cross trace convolution "
    "transposed_convolution convolution_weight convolve resample prod",
    "the derivation is in the literature": "lstsq pinv svd svdvals eig eigvals eigh eigvalsh qr "
    "cholesky slogdet matrix_power poly roots i0 added_columns angle imag fftn rfftn irfftn",
    "a recurrence": "ctc rnn_layer lstm_layer gru_layer lstm_step gru_step cumprod linear_recurrence",
    "symbols of its own": "glu packed_attention sinc modf frexp interp multi_margin multilabel_margin",
}


class NotKeptError(Exception):
    """A factor that no node of the graph has kept, so that the label has no numbers."""


def of_scipy(node: Node) -> bool:
    """Whether it is an operation of SciPy's, whose labels use its special functions: Γ, ψ, the Bessel functions."""
    rules = [rule for rule in (*node.primitive.vjps, node.primitive.joint, node.primitive.each) if rule is not None]
    return any(rule.__module__.startswith(("autograd.ops.scipy_special", "autograd.scipy")) for rule in rules)


def recorded() -> Iterator[tuple[str, Node, dict[str, Any]]]:
    """(name of the row, an operation, what completing the graph has found) for every operation of every row."""
    for case in all_cases():
        outs = [y for y in several(case.function(*leaves(case.inputs(np.random.default_rng(0))))) if y.node is not None]
        order = tracing._in_order(list(dict.fromkeys(tracing._origin(y) for y in outs)), None)
        known = completed(order, outs, tracing._kept_by_users(order))
        for item in order:
            if type(item) is Node and not of_scipy(item):
                gs, shares = conjugated(known.gradients), conjugated(known.shares)  # as inside, like the labels
                yield case.name, item, {"values": known.values, "gradients": gs, "shares": shares}


def value_of(parent: Any, arg: Any, values: dict[int, Any]) -> Any:
    """An argument as an array; None if the graph has not kept it."""
    if isinstance(arg, Abstract):
        arg = parent._array if isinstance(parent, Tensor) else values.get(id(parent)) if parent is not None else None
    return None if isinstance(arg, Abstract) else raw(arg)


def functions_of(node: Node, shape: tuple[int, ...], names: dict[str, Any]) -> dict[str, Any]:
    """The functions in a label, along the axis of the operation."""
    op, params = node.primitive.name, node.params or {}
    axis: Any = params.get("axis", None if op in ("var", "std", "norm", "logsumexp") else -1)
    if "cross_entropy" in op or op == "negative_log_likelihood":
        axis = 1
    if op == "batch_norm":
        axis = (0, *range(2, len(shape)))
    if op in ("layer_norm", "rms_norm"):
        axis = tuple(range(-params.get("ndim", 1), 0))
    functions = of_shape(shape, axis, params.get("ignore_index"))
    if op == "group_norm":
        functions["mean"] = lambda x: by_groups(x, params.get("groups", 1))
    if op in ("var", "std"):
        axes = tuple(range(len(shape))) if axis is None else axis
        functions["count"] = lambda x: np.prod([np.shape(x)[i] for i in np.atleast_1d(axes)], initial=1)
    return functions


def by_groups(x: Any, groups: int) -> Any:
    rows = x.reshape(x.shape[0], groups, -1)
    return np.broadcast_to(rows.mean(axis=2, keepdims=True), rows.shape).reshape(x.shape)


def names_of(node: Node, at: int, found: dict[str, Any]) -> dict[str, Any] | None:
    """The numbers for the names in the labels; None if one is not known."""
    op, params = node.primitive.name, node.params or {}
    given = [value_of(p, a, found["values"]) for p, a in zip(node.parents, node.args, strict=True)]
    arguments = tracing._argument_names(node.primitive)
    names = {"alpha": 1.0, "scale": 1.0, "input_scale": 1.0, "ddof": 0, "eps": 1e-5, "delta": 1.0, **params}
    names |= {name: a for name, a in zip(arguments, given, strict=False) if a is not None}
    names |= {"g": found["gradients"][id(node)], "out": found["values"].get(id(node))}
    names |= {short: names[name] for short, name in ALSO.items() if name in arguments and name in names}
    names.setdefault("γ", 1.0)
    if op == "attention":
        mask = np.asarray(names.get("attn_mask", 0.0))
        names["attn_mask"] = np.where(mask, 0, -np.inf) if mask.dtype == bool else mask
    if len(given) == 2:
        names["other"] = given[1 - at]
    if op in ("sum_of_squares", "sum_of_magnitudes"):
        names["w"] = given[at]
    return spread(op, {name: a for name, a in names.items() if a is not None}, node, np.shape(given[at]))


def spread(op: str, names: dict[str, Any], node: Node, shape: tuple[int, ...]) -> dict[str, Any]:
    """The names with their axes where the argument has them: g of a reduction, weights of channels, vectors as rows."""
    params = node.params or {}
    if op in ("vdot", "vecdot"):
        names["g"] = np.expand_dims(names["g"], params.get("axis", -1)) if op == "vecdot" else names["g"]
    elif op in REDUCTIONS:
        names |= {
            k: keep_dims(names[k], shape, params.get("axis"), params.get("keepdims", False)) for k in ("g", "out")
        }
    if op in ("batch_norm", "group_norm", "batch_norm_eval"):
        channels = (-1, *[1] * (np.ndim(names["g"]) - 2))
        for name in {"weight", "bias", "γ", "mean", "variance"} & set(names):
            names[name] = np.reshape(names[name], channels) if np.ndim(names[name]) else names[name]
    if "cross_entropy" in op or op == "negative_log_likelihood":
        if np.ndim(names.get("weight")) == 1 and op != "sigmoid_binary_cross_entropy":
            names["weight"] = np.reshape(names["weight"], (-1, *[1] * (len(shape) - 2)))
        if params.get("reduction") == "none" and op != "sigmoid_binary_cross_entropy":
            names["g"] = np.expand_dims(names["g"], 1)
        names["C"] = shape[1] if len(shape) > 1 else 1
    return names | as_matrices(op, names)


def as_matrices(op: str, names: dict[str, Any]) -> dict[str, Any]:
    """Vectors as rows and columns, as the operation takes them, for names in the labels of products of matrices."""
    if op == "linear":
        return {k: np.reshape(names[k], (-1, np.shape(names[k])[-1])) for k in ("x", "g")}
    if op in ("matvec", "vecmat"):
        return {k: names[k][..., None] for k in ("x", "g")}
    if op == "det":
        return {k: names[k][..., None, None] for k in ("g", "out")}
    if op == "outer":
        return {k: np.ravel(names[k]) for k in "ab"}
    if op == "solve" and np.ndim(names["b"]) == 1:
        return {k: names[k][..., None] for k in ("b", "out", "g")}
    if op in ("matmul", "dot", "inner"):
        if not {"a", "b"} <= names.keys():
            raise NotKeptError
        a, b, g = (np.asarray(names[k]) for k in "abg")
        if max(a.ndim, b.ndim) > 2 and op != "matmul":
            raise NotMathematicsError("of more than two axes")
        if a.ndim and b.ndim:
            g = g[..., None] if b.ndim == 1 else g
            b = b[None] if op == "inner" and b.ndim == 1 else b[:, None] if b.ndim == 1 else b
            return {"a": a[None] if a.ndim == 1 else a, "b": b, "g": np.expand_dims(g, -2) if a.ndim == 1 else g}
    return {}


def product(a: Any, b: Any) -> Any:
    return np.matmul(a, b) if np.ndim(a) and np.ndim(b) else a * b


def computed(label: str, node: Node, at: int, found: dict[str, Any]) -> Any:
    """What the label says goes back to argument `at`."""
    if isinstance(node.args[at], tuple):
        raise NotMathematicsError("of several results")
    shape = np.shape(node.args[at]) if not isinstance(node.args[at], Abstract) else node.args[at].shape
    names = names_of(node, at, found)
    functions = functions_of(node, shape, names)
    formula = parted(label)[0]
    of = product if node.primitive.name in MATRICES else np.multiply
    names |= symbols(label, names, functions, of)
    if formula.startswith("Σ"):  # over the axes that the argument lacks
        formula = formula[1:]
    if node.primitive.name == "transpose":  # of all axes, as NumPy's a.T
        return np.transpose(names["g"]) if formula == "gᵀ" else Evaluator(names, functions).value(formula)
    value = np.asarray(Evaluator(names, functions, of).value(formula))
    if node.primitive.guard:  # 0 · ∞ = 0
        value = np.where(names["g"] == 0, 0, value)
    return np.reshape(unbroadcast(value, as_axes(node.primitive.name, shape, at, value)), shape)


def as_axes(op: str, shape: tuple[int, ...], at: int, value: Any) -> tuple[int, ...]:
    """The shape of an argument with the axes that stand for it in a label."""
    if len(shape) == 1 and op in CHANNELS:
        return (*shape, *[1] * (value.ndim - 2))
    if len(shape) == 1 and op in ("matmul", "dot", "inner", "solve", "matvec", "vecmat"):
        return (1, *shape) if (op in ("matmul", "dot") and at == 0) or op == "inner" else (*shape, 1)
    if op in ("matvec", "vecmat") and value.shape[-1:] == (1,):
        return (*shape, 1)
    return value.shape if value.size == np.prod(shape) else shape


def test_every_label_that_is_a_formula_gives_what_its_rule_gives() -> None:
    right: Counter[str] = Counter()
    words: dict[str, str] = {}
    wrong = []
    for row, node, found in recorded():
        if row == "vmap":  # whose rules get a batch, of which no value is asked
            continue
        for use in tracing._arguments_of(node)[0]:
            share = found["shares"].get((id(node), use.place))
            if use.constant or share is None:
                continue
            op = node.primitive.name
            assert not re.search(r"\d[A-Za-z]", use.vjp), use.vjp  # the page would not fill in the name
            key = f"{op} {use.argument or ''}".strip()
            try:
                value = computed(use.vjp, node, use.place, found)
            except NotMathematicsError:
                words[key] = use.vjp
                continue
            except NotKeptError:
                continue
            except Exception as error:
                wrong.append((row, key, use.vjp, repr(error)[:80]))
                continue
            if np.iscomplexobj(value) and not np.iscomplexobj(share):  # of a real argument
                value = np.real(value)
            if np.shape(value) == np.shape(share) and np.allclose(value, share, rtol=1e-4, atol=1e-6, equal_nan=True):
                right[key] += 1
            else:
                wrong.append((row, key, use.vjp, "differs"))
    assert not wrong
    assert len(right) > 160
    assert {key.split()[0] for key in words.keys() - right.keys()} == {
        op for ops in WORDS.values() for op in ops.split()
    }
