"""The rows of the tables in docs/conventions.md: questions about derivatives at kinks, and the reasons for the answers.

`python -m docs.generate` evaluates the questions and writes the answers beside them, so this file contains no answers.
A row has: where; the questions, as Python that may use NAMES; what the answers mean; in the second table, the tests.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

import nn
import nn.functional as F
from autograd import Tensor
from autograd.engine.gradients import gradients
from autograd.ops.special import logsumexp

inf, nan = np.inf, np.nan


def d(f: Callable[..., Any], *args: Any, by: int = 0, order: int = 1, **options: Any) -> Any:
    """The gradient of sum(f(*args)) by one argument; with order=2 the gradient of the sum of that, and so on."""
    xs = [np.asarray(arg, float) if isinstance(arg, float | list) else arg for arg in args]
    xs[by] = x = Tensor(xs[by], requires_grad=True)
    y = f(*xs, **options)
    for left in reversed(range(order)):
        if not (isinstance(y, Tensor) and y.requires_grad):  # a constant
            return np.zeros(x.shape)
        (y,) = gradients(np.sum(y), [x], create_graph=left > 0)
    return y.numpy()


def assigned(v: Any) -> Any:
    """An array to whose first element both values are written, one after the other."""
    y = Tensor(np.zeros(2))
    y[[0, 0]] = v
    return y


def clipped(*grads: float) -> list[float]:
    """The gradients after clip_grad_norm_."""
    parameter = nn.Parameter(np.zeros(len(grads)))
    parameter.grad = Tensor(np.array(grads))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", nn.NonFiniteGradientWarning)
        nn.clip_grad_norm_(parameter, 1.0)
    return parameter.grad.tolist()


NAMES = {"np": np, "nn": nn, "F": F, "d": d, "inf": inf, "nan": nan, "assigned": assigned, "clipped": clipped,
         "logsumexp": logsumexp}  # fmt: skip

ENGINE: list[tuple[str, list[str], str]] = [
    (
        "relu at 0",
        ["d(F.relu, 0.0)"],
        "the common choice, and the one with the least variance in training (Bertoin et al. 2021, arXiv:2106.12915); "
        "PyTorch's",
    ),
    ("abs, fabs at 0", ["d(np.abs, 0.0)", "d(np.fabs, 0.0)"], "the mean of the slopes on both sides; PyTorch's"),
    (
        "max, min over axes, at ties",
        ["d(np.max, [3.0, 1.0, 3.0])", "d(np.min, [1.0, 1.0, 1.0, 1.0])", "d(np.fmax.reduce, [3.0, nan, 3.0])"],
        "shared equally: the only choice that does not depend on the order of the elements",
    ),
    (
        "maximum, minimum, fmax, fmin of two, at ties",
        ["d(np.maximum, 1.0, 1.0)", "d(np.maximum, 1.0, 1.0, by=1)", "d(np.fmin, 1.0, 1.0)"],
        "shared equally too",
    ),
    (
        "`maximum.accumulate` at ties",
        ["d(np.maximum.accumulate, [1.0, 3.0, 3.0, 2.0])"],
        "the last of the equal elements, as in PyTorch's cummax",
    ),
    (
        "max of an array with nan",
        ["d(np.max, [1.0, nan, 3.0])", "d(np.nanmax, [1.0, nan, 3.0])"],
        "the element that is selected",
    ),
    (
        "clip at a bound",
        ["d(np.clip, 1.0, -1, 1)", "d(np.clip, 1.1, -1, 1)"],
        "an element at the bound counts as inside",
    ),
    (
        "sqrt, cbrt at 0",
        ["d(np.sqrt, 0.0)", "d(np.cbrt, 0.0)", "d(lambda x: 0 * np.sqrt(x), 0.0)"],
        "the limit, ∞; but 0 if the cotangent is 0",
    ),
    (
        "norm at 0; std of a constant; hypot(0, 0)",
        ["d(np.linalg.norm, [0.0, 0.0])", "d(np.std, [2.0, 2.0])", "d(np.hypot, 0.0, 0.0)"],
        "the subgradient of smallest norm; the second derivative is found where it exists, as of |x|² "
        "and |x|³; else it is nan, with a warning that names the operation",
    ),
    ("arctan2(0, 0)", ["d(np.arctan2, 0.0, 0.0)"], "there is no limit, whatever the direction"),
    (
        "prod, cumprod with zeros",
        ["d(np.prod, [2.0, 0.0, 4.0])", "d(np.prod, [0.0, 0.0, 4.0])"],
        "exact: the product of the other factors, without a division",
    ),
    (
        "`x**p` at x = 0",
        [
            "d(np.power, 0.0, 0.5)",
            "d(np.power, 0.0, 2.0)",
            "d(lambda x: x**2, 0.0, order=2)",
            "d(lambda x: x**3, 0.0, order=3)",
            "d(np.power, 0.0, 2.0, by=1)",
        ],
        "by x the limit, to every order; by p 0. Mixed derivatives are limits, too, so that the Hessian is symmetric",
    ),
    ("`x**p` by p for x < 0", ["d(np.power, -2.0, 2.0, by=1)"], "it is not a function of a real p there"),
    (
        "where, masks, 0·∞",
        ["d(lambda x: np.where(x > 0, np.sqrt(x), 0), [-1.0, 0.0, 4.0])"],
        "the branch that is not taken contributes 0, even through inf and nan: a zero cotangent means that the value "
        "did not matter",
    ),
    (
        "sign, floor, ceil, trunc, rint, round, fix, floor_divide",
        ["d(np.sign, 0.0)", "d(np.floor, 2.0)", "d(np.floor_divide, 7.0, 3.0)"],
        "the result is a constant: the derivative is zero wherever it exists",
    ),
    (
        "heaviside",
        ["d(np.heaviside, 0.0, 0.5)", "d(np.heaviside, 0.0, 0.5, by=1)"],
        "a constant too; by the value at 0, the cotangent where x = 0",
    ),
    (
        "roots, beside a double one",
        ["d(lambda p: np.roots(p)[0], [1.0, -1.0, 0.0, 0.0])"],
        "a simple zero has a derivative, a multiple one none: ∞ or nan; complex ones are refused",
    ),
    (
        "remainder, fmod",
        ["d(np.remainder, -7.0, 3.0)", "d(np.remainder, -7.0, 3.0, by=1)", "d(np.fmod, -7.0, 3.0, by=1)"],
        "1 by the first argument, −⌊a/b⌋ (for fmod: truncated) by the second: the jumps are ignored",
    ),
    (
        "sort, partition, median, quantile, percentile",
        [
            "d(lambda x: np.sort(x)[0], [2.0, 2.0])",
            "d(np.median, [1.0, 2.0, 3.0, 4.0])",
            "d(lambda x: np.quantile(x, 0.3), [1.0, 2.0])",
        ],
        "the selected elements, in stable order; an interpolated value is shared according to the weights",
    ),
    (
        "eigh, svd with equal eigenvalues or singular values",
        [
            "d(lambda A: np.linalg.eigh(A)[1][0, 1], np.eye(2))",
            "d(lambda A: np.sum(np.linalg.eigh(A)[0] ** 2), np.eye(2))",
        ],
        "exact for functions of the values (symmetric ones to second order) and of the whole eigenspaces; V h(λ) Vᵀ of "
        "both would need h′, which a cotangent does not hold: nan, with a warning. What depends on the choice of the "
        "vectors, as here, gets 0 from an equal pair",
    ),
    (
        "cholesky, eigh, eigvalsh",
        ["d(lambda A: np.linalg.cholesky(A)[1, 0], 4 * np.eye(2))"],
        "the gradient is symmetric: they read one triangle, which represents a symmetric matrix; PyTorch's",
    ),
    (
        "logsumexp with +inf",
        ["d(logsumexp, [inf, 0.0, inf])", "d(logsumexp, [-inf, -inf])"],
        "shared by the infinite elements; 0 for a row of only −inf",
    ),
    (
        "nuclear norm, svd at a singular value 0",
        ['d(lambda A: np.linalg.norm(A, "nuc"), np.zeros((2, 2)))'],
        "as for |x| at 0",
    ),
    (
        "assignment that names an element twice, `y[[0, 0]] = v`",
        ["d(assigned, [5.0, 6.0])"],
        "the last value gets the gradient, because it is the one that remains",
    ),
]

SLOPE = "nn/layers/test_activation.py::test_the_slope_at_a_kink"
LAYERS: list[tuple[str, list[str], str, list[str]]] = [
    (
        "step",
        ["F.step(0.0)", "d(F.step, [-1.0, 0.0, 1.0])"],
        "derivative 0 everywhere, also at the jump: layers before it do not learn by gradient descent",
        ["nn/layers/test_activation.py::test_a_step_is_1_at_0_and_softplus_is_the_line_beyond_its_threshold", SLOPE],
    ),
    (
        "relu, relu6 at 0; relu6 at 6; hardtanh at its bounds",
        ["d(F.relu, 0.0)", "d(F.relu6, [0.0, 6.0])", "d(F.hardtanh, [-1.0, 1.0])"],
        "the slope of the flat piece; `np.clip`, in contrast, counts a bound as inside",
        [SLOPE],
    ),
    (
        "leaky_relu, prelu, rrelu at 0",
        ["d(F.leaky_relu, 0.0)", "d(F.prelu, 0.0, np.array([0.25]))", "d(F.rrelu, 0.0)"],
        "the slope for x < 0",
        [SLOPE],
    ),
    ("hardsigmoid at ±3", ["d(F.hardsigmoid, [-3.0, 3.0])"], "the slope of the flat piece", [SLOPE]),
    ("hardswish at ±3", ["d(F.hardswish, [-3.0, 3.0])"], "the slopes of the outer pieces", [SLOPE]),
    (
        "threshold, softshrink, hardshrink at the threshold",
        ["d(F.threshold, 0.5, 0.5, 2.0)", "d(F.softshrink, [-0.5, 0.5])", "d(F.hardshrink, [-0.5, 0.5])"],
        "a value at the threshold is cut",
        [SLOPE],
    ),
    (
        "elu, celu, selu at 0",
        ["d(F.elu, 0.0, alpha=2.0)", "d(F.celu, 0.0, alpha=2.0)", "d(F.selu, 0.0)"],
        "the slope for x < 0: α, 1, scale·α",
        [SLOPE],
    ),
    (
        "softplus beyond its threshold",
        ["F.softplus(30.0)", "d(F.softplus, 30.0)"],
        "the line x, above the threshold but not at it",
        [SLOPE],
    ),
    (
        "gelu, silu, mish at ±inf",
        ["F.silu(np.array([-inf, inf]))", "d(F.silu, [-inf, inf])", "d(F.gelu, [-inf, inf])", "d(F.mish, [-inf, inf])"],
        "the limits; PyTorch: nan, from 0·∞",
        ["nn/layers/test_activation.py::test_gates_close_and_open"],
    ),
    (
        "softsign at ±inf",
        ["F.softsign(np.array([-inf, inf]))", "d(F.softsign, [-inf, inf])"],
        "the limits; PyTorch: nan",
        [
            "nn/layers/test_activation.py::test_values_at_the_extremes",
            "nn/layers/test_activation.py::test_extremes_give_no_nan_and_no_warning",
        ],
    ),
    (
        "maxout at ties",
        ["d(F.maxout, [[2.0, 2.0]], 2)"],
        "shared equally, as for max over an axis",
        ["nn/layers/test_activation.py::test_a_tie_in_maxout_is_shared"],
    ),
    (
        "softmax with +inf",
        ["F.softmax(np.array([inf, 0.0, inf]), dim=0)"],
        "the limit: the infinite elements share 1 equally; PyTorch: nan",
        ["nn/layers/test_activation.py::test_softmax_of_infinities"],
    ),
    (
        "softmax, log_softmax of nothing but −inf",
        ["F.softmax(np.array([-inf, -inf]), dim=0)", "F.log_softmax(np.array([-inf, -inf]), dim=0)"],
        "no element is possible; PyTorch: nan",
        ["nn/layers/test_activation.py::test_softmax_of_infinities"],
    ),
    (
        "attention where a query may look nowhere",
        [
            "d(lambda q: F.scaled_dot_product_attention(q, np.ones((1, 1)), np.ones((1, 1)), "
            "attn_mask=np.array([[False]])), [[1.0]])"
        ],
        "0, and no gradient: a mean of no values adds nothing; PyTorch's 0/0 = nan would spread to every parameter",
        ["nn/layers/test_attention.py::test_a_query_that_may_look_nowhere_gives_0_and_no_gradient"],
    ),
    (
        "max pooling at ties",
        ["d(F.max_pool1d, [[2.0, 2.0]], 2)"],
        "the first in the window, unlike max over an axis, because one index is returned",
        ["nn/layers/test_pooling.py::test_of_equal_elements_the_first_gets_the_gradient"],
    ),
    (
        "max pooling with nan",
        ["F.max_pool1d(np.array([[1.0, nan]]), 2)", "d(F.max_pool1d, [[1.0, nan]], 2)"],
        "nan counts as larger than all numbers",
        ["nn/layers/test_pooling.py::test_nan_is_the_maximum_and_gets_the_gradient"],
    ),
    (
        "lp_pool where the sum of powers is 0",
        ["d(F.lp_pool1d, [[0.0, 0.0]], 2, 2)"],
        "0, as in PyTorch, where the root has slope infinity",
        ["nn/layers/test_pooling.py::test_the_p_norm_of_zeros_has_gradient_0"],
    ),
    (
        "interpolate beside an infinite pixel",
        ['F.interpolate(np.array([[[inf, 1.0]]]), scale_factor=2, mode="linear")'],
        "a neighbour of weight zero is left out, so that an infinite one makes no nan",
        ["nn/layers/test_pooling.py::test_infinite_pixels_stay_where_they_are"],
    ),
    (
        "l1, smooth_l1 with beta 0 at 0; l1_penalty at 0",
        ["d(F.l1_loss, 0.0, np.array(0.0))", "d(F.smooth_l1_loss, 0.0, np.array(0.0), beta=0.0)"],
        "the subgradient of least magnitude, 0",
        ["nn/layers/test_loss.py::test_kinks", "nn/layers/test_penalty.py::test_the_magnitude_has_slope_zero_at_zero"],
    ),
    (
        "huber at ±delta; smooth_l1 at ±beta",
        ["d(F.huber_loss, -2.0, np.array(0.0), delta=2.0)", "d(F.smooth_l1_loss, 2.0, np.array(0.0), beta=2.0)"],
        "both pieces agree: ±delta, ±1",
        ["nn/layers/test_loss.py::test_kinks"],
    ),
    (
        "hinge, hinge_embedding, margin_ranking, triplet_margin, multi_margin, multilabel_margin at the margin",
        [
            "d(F.hinge_loss, [1.0], np.array([1]))",
            "d(F.hinge_embedding_loss, [1.0], np.array([-1]))",
            "d(F.margin_ranking_loss, [0.0], np.array([0.0]), np.array([1]))",
            "d(F.multi_margin_loss, [1.0, 0.0], np.array(0))",
        ],
        "as for relu at 0",
        [
            "nn/layers/test_loss.py::test_kinks",
            "nn/layers/test_margins_and_distances.py::test_at_the_margin_the_slope_is_zero",
        ],
    ),
    (
        "kl_div where the target is 0",
        [
            "d(F.kl_div, [-1.0, -2.0], np.array([0.0, 1.0]), reduction='sum')",
            "d(F.kl_div, [-1.0, -2.0], [0.0, 1.0], by=1, reduction='sum')",
        ],
        "0, the limit of y log y, and no gradient for that target",
        ["nn/layers/test_loss.py::test_kinks"],
    ),
    (
        "binary_cross_entropy at 0 and 1",
        [
            "F.binary_cross_entropy(np.array([0.0]), np.array([1.0]))",
            "d(F.binary_cross_entropy, [0.0], np.array([1.0]))",
        ],
        "logarithms are at least −100, h (1 − h) is at least 1e-12: finite, where the exact values are infinite",
        ["nn/layers/test_loss.py::test_bce_clamps_its_logarithms_at_minus_100"],
    ),
    (
        "cosine_embedding of a vector of zeros",
        ["F.cosine_embedding_loss(np.zeros((1, 3)), np.ones((1, 3)), np.array([1]))"],
        "cosine 0: 1e-12 is added to the squared lengths",
        ["nn/layers/test_loss.py::test_cosine_of_a_vector_of_zeros_is_zero"],
    ),
    (
        "cosine_similarity of a vector shorter than eps",
        [
            "F.cosine_similarity(np.zeros((1, 2)), np.array([[3.0, 4.0]]))",
            "d(F.cosine_similarity, [[0.0, 0.0]], np.array([[3.0, 4.0]]), eps=0.1)",
        ],
        "its length counts as eps, in the gradient, too; PyTorch's goes on through the length of a short vector",
        ["nn/layers/test_margins_and_distances.py::test_cosine_of_vectors_of_zeros_and_of_short_ones"],
    ),
    (
        "gaussian_nll: var below eps",
        ["d(F.gaussian_nll_loss, np.zeros(1), np.zeros(1), [0.0], by=2, eps=0.1)"],
        "the value and the gradient are those of var = eps, so that a small variance can grow again",
        ["nn/layers/test_loss.py::test_the_gaussian_variance_gets_its_gradient_below_eps_too"],
    ),
    (
        "cross_entropy, nll: ignored positions",
        ["F.cross_entropy(np.zeros((1, 2)), np.array([-100]))", "d(F.cross_entropy, [[0.0, 0.0]], np.array([-100]))"],
        "ignored positions get no gradient; if all are ignored the mean is nan",
        ["nn/layers/test_loss.py::test_where_all_is_ignored_the_mean_is_nan_and_the_gradient_zero"],
    ),
    (
        "ctc_loss of a target that is too long for the input",
        [
            "F.ctc_loss(np.zeros((2, 1, 2)), [[1, 1]], [2], [2])",
            "d(F.ctc_loss, [[[0.0, 0.0]], [[0.0, 0.0]]], np.array([[1, 1]]), np.array([2]), np.array([2]))",
        ],
        "∞ whatever the input, so without a gradient; PyTorch: nan",
        ["nn/layers/test_loss_limits.py::test_limits"],
    ),
    (
        "dropout with p = 1",
        ["F.dropout(np.ones(2), 1.0)", "d(lambda x: F.dropout(x, 1.0), [1.0, 1.0])"],
        "all elements are dropped; there is no division by 1 - p = 0",
        ["nn/layers/test_dropout.py::test_p_1_gives_zeros_and_no_gradient"],
    ),
    (
        "clip_grad_norm_ of a norm that is inf or nan",
        ["clipped(3.0, 4.0)", "clipped(3.0, inf)"],
        "a warning, and the gradients stay as they are; PyTorch makes them nan or 0",
        ["nn/training/test_clip.py::test_a_norm_that_is_not_finite_is_reported_and_changes_nothing"],
    ),
    (
        "top-k gradients (meProp) at equal magnitudes",
        ["d(F.minimal_effort, [[1.0, 1.0, 1.0]], 2)"],
        "exactly k are chosen; the choice is a constant, and this is "
        "[not the derivative of the forward](minimal_effort.md)",
        [
            "nn/layers/test_minimal_effort.py::test_of_equals_exactly_k_are_chosen",
            "nn/layers/test_minimal_effort.py::test_a_graph_of_the_gradient_holds_the_choice_fixed",
        ],
    ),
]


def answer(question: str) -> str:
    """The value of a question, as text."""
    with np.errstate(all="ignore"):
        value = eval(question, dict(NAMES))
    return shown(np.asarray(value.numpy() if isinstance(value, Tensor) else value).tolist())


def shown(value: Any) -> str:
    """Four digits, without -0 and trailing zeros; lists in brackets, on one line."""
    if isinstance(value, list):
        return "[" + ",\u00a0".join(map(shown, value)) + "]"
    return f"{value + 0.0:.4g}".replace("inf", "∞")
