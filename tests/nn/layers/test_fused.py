"""A fused operation equals its composite in value, gradient and second gradient, and is finite at extreme values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograd import Tensor
from autograd.engine.gradients import gradients
from autograd.engine.recording import raw
from autograd.engine.registry import primitives
from autograd.ops.special import logsumexp
from nn.layers.activation.relu import relu_op
from nn.layers.activation.sigmoid_tanh import sigmoid_op
from nn.layers.activation.softmax import log_softmax_op, softmax_op
from nn.layers.kernels.patches import Sliding
from nn.layers.loss.cross_entropy import softmax_cross_entropy_op
from nn.layers.upsampling import interpolation
from tests.cases import cotangents, several
from tests.cases.activation import FUSED as ACTIVATIONS
from tests.cases.attention import FUSED as EMBEDDING
from tests.cases.convolution import FUSED as CONVOLUTIONS
from tests.cases.folding import FUSED as FOLDING
from tests.cases.loss import FUSED as LOSSES
from tests.cases.pooling import FUSED as POOLING
from tests.cases.recurrent import FUSED as RECURRENT

TARGET = np.array([0, 2, 1, 1, 0])
ATTENDED = np.array([[True, False, True], [True, True, True], [False] * 3, [True, True, False], [False, True, False]])
NOISE = np.where(np.arange(30).reshape(2, 5, 3) % 3, 1.5, 0.0)
ROWS: list[tuple[str, list[tuple[int, ...]], tuple[Any, ...], dict[str, Any]]] = [
    ("attention", [(2, 5, 4), (2, 3, 4), (2, 3, 6)], (), {"scale": 0.3}),
    ("attention", [(2, 1, 5, 4), (1, 3, 4), (3, 3, 6), (5, 3)], (), {"scale": 20}),
    ("attention", [(2, 5, 4), (2, 3, 4), (2, 3, 6)], (ATTENDED,), {"scale": 0.3, "noise": NOISE}),
    ("attention_weights", [(2, 5, 4), (2, 3, 4)], (ATTENDED,), {"scale": 0.3}),
    ("packed_attention", [(2, 4, 18)], (), {"heads": 2, "scale": 0.3}),
    ("packed_attention", [(4, 18)], (np.tri(4, k=-1, dtype=bool),), {"heads": 2, "scale": 20}),
    *ACTIVATIONS,
    ("linear", [(5, 4), (3, 4), (3,)], (), {}),
    ("linear", [(2, 5, 4), (3, 4), (3,)], (), {}),
    ("linear", [(5, 4), (3, 4)], (), {}),
    ("minimal_effort_linear", [(5, 4), (7, 4), (7,)], (), {"k": 2}),
    ("minimal_effort_linear", [(2, 5, 4), (7, 4), (7,)], (), {"k": 3, "unified": True}),
    ("minimal_effort_linear", [(5, 4), (7, 4)], (), {"k": 7}),
    *[
        ("batch_norm", shapes, (), {})
        for shapes in ([(5, 3), (3,), (3,)], [(2, 3, 2, 2), (3,), (3,)], [(5, 3)], [(5, 3), (3,)])
    ],
    ("dropout", [(5, 3)], (ATTENDED,), {"scale": 1.25}),
    ("batch_norm_eval", [(5, 3), (3,), (3,)], (np.array([0.5, -1, 2]), np.array([0.5, 1, 4])), {}),
    *[("layer_norm", shapes, (), {}) for shapes in ([(3, 5), (5,), (5,)], [(2, 3, 5), (5,)], [(3, 5)])],
    ("layer_norm", [(2, 2, 2, 3), (2, 3), (2, 3)], (), {"ndim": 2, "eps": 0.1}),
    *[("rms_norm", shapes, (), {}) for shapes in ([(3, 5), (5,)], [(2, 3, 5)])],
    *[
        ("group_norm", shapes, (), {"groups": 2})
        for shapes in ([(2, 4, 3), (4,), (4,)], [(3, 6)], [(2, 4, 2, 2), (4,)])
    ],
    *[
        ("softmax_cross_entropy", [(5, 3)], (TARGET,), {"reduction": reduction})
        for reduction in ("mean", "sum", "none")
    ],
    *LOSSES,
    *RECURRENT,
    *CONVOLUTIONS,
    *POOLING,
    *FOLDING,
    *EMBEDDING,
]


HEADS, SCORES, PAIR = [(2, 5, 4), (2, 3, 4), (2, 3, 6)], [(4, 3)], [(4, 3), (4, 3)]
ONE = np.array([0.0, 1e6, 1.0])  # a weight a class: one that counts nothing, one that outweighs the others
SIGNED = np.array([-2.0, 1e6, 1.0])
EPS = (0.0, 1e-300, 1e6)
SEQUENCE = [(3, 2, 3), (2, 2), (2, 3), (2, 2), (2,), (2,)]
# Extreme parameters of every fused operation that has any
EXTREME: list[tuple[str, list[tuple[int, ...]], tuple[Any, ...], dict[str, Any]]] = [
    *[("attention", HEADS, (), {"scale": scale}) for scale in (0.0, 1e-9, -3.0, 100.0)],
    ("attention", HEADS, (np.zeros((5, 3), bool),), {"scale": 1.0}),
    ("attention", HEADS, (), {"scale": 1.0, "noise": np.zeros((2, 5, 3))}),
    *[("attention_weights", HEADS[:2], (), {"scale": scale}) for scale in (0.0, -3.0, 100.0)],
    *[("packed_attention", [(2, 4, 18)], (), {"heads": heads, "scale": 100.0}) for heads in (1, 6)],
    *[
        ("softplus", [(5, 4)], (), {"beta": beta, "threshold": threshold})
        for beta in (-2.0, 1e-3, 1.0, 2.0, 1e3)
        for threshold in (-np.inf, -100.0, -1.0, 0.0, 1e3, np.inf)
    ],
    *[("maxout", [(3, 4)], (), {"k": k}) for k in (1, 4)],
    *[("minimal_effort_linear", [(5, 4), (7, 4), (7,)], (), {"k": 7, "unified": unified}) for unified in (False, True)],
    *[("batch_norm", shapes, (), {"eps": eps}) for eps in EPS for shapes in ([(5, 3), (3,), (3,)], [(2, 3, 4)])],
    ("batch_norm_eval", [(5, 3), (3,)], (None, np.array([0, 1e8, -1e8]), np.array([0, 1e-12, 1e12])), {"eps": 1e-5}),
    *[("layer_norm", [(3, 5), (5,), (5,)], (), {"eps": eps}) for eps in EPS],
    ("layer_norm", [(2, 3, 2)], (), {"ndim": 3}),
    *[("rms_norm", [(3, 5), (5,)], (), {"eps": eps}) for eps in EPS],
    *[("group_norm", [(2, 4, 3), (4,)], (), {"groups": groups, "eps": eps}) for eps in EPS for groups in (1, 4)],
    *[
        ("sigmoid_binary_cross_entropy", PAIR, (), {"weight": weight, "pos_weight": positive, "reduction": reduction})
        for weight in (None, ONE, -ONE)
        for positive in (ONE, -ONE, np.zeros(3))
        for reduction in ("mean", "none")
    ],
    *[
        ("softmax_cross_entropy_of_classes", SCORES, (TARGET[:4],), {"label_smoothing": e, "weight": w, "reduction": r})
        for e in (0.0, 1e-9, 1.0)
        for w in (None, ONE, SIGNED)
        for r in ("mean", "sum", "none")
    ],
    ("softmax_cross_entropy_of_classes", SCORES, (np.zeros(4, int),), {"ignore_index": 0, "reduction": "sum"}),
    *[
        ("softmax_cross_entropy_of_probabilities", PAIR, (), {"label_smoothing": e, "weight": w})
        for e in (1e-9, 1.0)
        for w in (ONE, SIGNED, np.zeros(3))
    ],
    *[("negative_log_likelihood", SCORES, (TARGET[:4],), {"weight": w}) for w in (ONE, SIGNED, ONE * 1e-9)],
    ("negative_log_likelihood", SCORES, (np.zeros(4, int),), {"ignore_index": 0, "reduction": "sum"}),
    *[
        ("multi_margin", SCORES, (TARGET[:4],), {"p": p, "margin": margin, "weight": w})
        for p in (1, 2)
        for margin in (0.0, -1e9, 1e9)
        for w in (None, ONE, -ONE)
    ],
    ("ctc", [(3, 2, 3)], (np.array([[0, 1], [1, 0]]), np.array([3, 0]), np.array([2, 0])), {"blank": 2}),
    *[("squared_error", PAIR, (), {"factor": factor, "reduction": "mean"}) for factor in (0.0, -1.0, 1e9)],
    ("rnn_layer", SEQUENCE, (), {"nonlinearity": "relu"}),
    *[("elu", [(5, 4)], (), {"alpha": a, "scale": s, "input_scale": b}) for a, s, b in ((0, 1, 1), (3, -2, 1e6))],
    *[("huber", [(5, 4)], (), {"delta": delta}) for delta in (1e-300, 1e9)],
    ("dropout", [(5, 3)], (np.zeros((5, 1), bool),), {"scale": 1e9}),
    ("convolution", [(1, 2, 2), (1, 2, 4)], (), {"sliding": Sliding((4,), (9,), ((1, 1),), (1,))}),
    (
        "transposed_convolution", [(1, 1, 1), (1, 2, 4)], (),
        {"size": (4,), "sliding": Sliding((4,), (9,), ((1, 5),), (1,))},
    ),
    ("convolution_weight", [(0, 2, 4), (0, 2, 2)], (), {"sliding": Sliding((3,), (1,), ((0, 0),), (1,))}),
    ("max_pool", [(1, 1, 300)], (), {"sliding": Sliding((290,), (1,), ((5, 5),), (1,)), "places": (21,)}),
    ("pick_in_windows", [(0, 1, 3)], (np.zeros((0, 1, 2), int),), {"sliding": Sliding((2,), (1,), ((0, 0),), (1,))}),
    (
        "put_in_windows", [(1, 1, 2)], (np.zeros((1, 1, 2), int),),
        {"size": (20,), "sliding": Sliding((2,), (9,), ((0, 0),), (1,))},
    ),
    ("unfold", [(1, 2, 1)], (), {"sliding": Sliding((4,), (9,), ((4, 5),), (1,))}),
    ("fold", [(1, 8, 1)], (), {"size": (1,), "sliding": Sliding((4,), (9,), ((4, 5),), (1,))}),
    ("embedding_bag", [(0,), (5, 3)], (), {"rows": np.zeros(0, int), "starts": np.zeros(3, int)}),
    ("embedding_bag_dots", [(2, 3), (5, 3)], (), {"rows": np.zeros(0, int), "starts": np.zeros(3, int)}),
    ("resample", [(1, 2, 1)], (), {"plans": (interpolation(1, 20, "linear", None, False),)}),
]  # fmt: skip
NO_PARAMETERS = {
    "silu", "mish", "tanhshrink", "logsigmoid", "gelu", "prelu", "softmax", "log_softmax", "glu", "linear",
    "relu", "sigmoid", "step", "hardswish", "sum_of_squares", "sum_of_magnitudes",
    "softmax_cross_entropy", "multilabel_margin", "rnn_step", "lstm_step", "lstm_layer", "gru_step", "gru_layer",
}  # fmt: skip


@pytest.mark.parametrize(("name", "shapes", "rest", "options"), ROWS + EXTREME)
def test_equals_its_composite_to_second_order(
    name: str, shapes: Any, rest: Any, options: Any, rng: np.random.Generator
) -> None:
    primitive = primitives[name]
    assert primitive.composite is not None
    arrays = [rng.normal(size=shape) for shape in shapes]
    found = []
    for function in (primitive, primitive.composite):
        xs = [Tensor(a, requires_grad=True) for a in arrays]
        out = several(function(*xs, *rest, **options))
        seeds = cotangents(out)
        plain = gradients(out, xs, seeds, retain_graph=True)  # the fused rules
        first = gradients(out, xs, seeds, create_graph=True)  # through the composite
        squares = [(g**2).sum() for g in first if g.requires_grad]  # empty if the first derivative is a constant
        second = gradients(squares, xs) if squares else []
        found.append([*out, *plain, *first, *(np.zeros(1) if g is None else g for g in second)])
    for ours, theirs in zip(*found, strict=True):
        largest = np.abs(raw(theirs)).max(initial=1.0)  # extreme parameters bring sums in which large terms cancel
        np.testing.assert_allclose(raw(ours), raw(theirs), rtol=1e-10, atol=1e-12 * largest)


SPECIAL = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 3.0, -3.0, 1.0, -1.0, 0.5, 1e308, -1e308, 5e-324])
OF_NN = {name: p for name, p in primitives.items() if p.composite and p.composite.__module__.startswith("nn.")}
ELEMENTWISE = [name for name, p in OF_NN.items() if p.jvp == "elementwise" and p.arity == 1]


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_equals_its_composite_at_kinks_and_at_infinity(name: str) -> None:
    primitive = primitives[name]
    assert primitive.composite is not None
    found = []
    for function in (primitive, primitive.composite):
        x = Tensor(SPECIAL, requires_grad=True)
        with np.errstate(all="ignore"):
            y = function(x)
        found += [(y.numpy(), gradients([y], [x], [np.ones(x.shape)])[0].numpy())]
    (ours, slopes), (theirs, others) = found
    np.testing.assert_allclose(ours, theirs, rtol=1e-13, atol=1e-300)
    known = ~np.isnan(SPECIAL)
    np.testing.assert_allclose(slopes[known], others[known], rtol=1e-13, atol=1e-300)


def test_every_primitive_with_a_composite_is_compared() -> None:
    assert set(OF_NN) == {row[0] for row in ROWS}
    assert set(OF_NN) == {row[0] for row in EXTREME} | NO_PARAMETERS


def test_extremes_neither_overflow_nor_warn() -> None:
    assert sigmoid_op(np.array([-1e4, 0.0, 1e4])).tolist() == [0, 0.5, 1]
    assert logsumexp(np.array([1e4, 1e4])) == 1e4 + np.log(2)
    assert softmax_op(np.array([[1e4, 0.0], [-1e4, -1e4]])).tolist() == [[1, 0], [0.5, 0.5]]
    assert log_softmax_op(np.array([1e4, 0.0])).tolist() == [0, -1e4]
    x = Tensor([[1e4, 0.0, -1e4]], requires_grad=True)
    softmax_cross_entropy_op(x, np.array([2])).backward()
    assert x.grad.tolist() == [[1, 0, -1]]


def test_masked_logits_get_no_gradient() -> None:
    x = Tensor([[0.0, -np.inf, 0.0]], requires_grad=True)
    log_softmax_op(x)[0, 0].backward()
    assert x.grad.tolist() == [[0.5, 0, -0.5]]


def test_relu_has_slope_zero_at_zero() -> None:
    x = Tensor([-1.0, 0.0, 2.0], requires_grad=True)
    relu_op(x).sum().backward()
    assert x.grad.tolist() == [0, 0, 1]
