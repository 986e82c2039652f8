"""Products, convolutions, pooling and normalisation as ONNX's own operations."""

from __future__ import annotations

from typing import Any

import numpy as np

from nn.export.handlers import is_traced, name_of, operation, reshaped, transposed, values_of
from nn.export.recording import Recording
from nn.layers.convolution.primitives import convolution_op, transposed_convolution_op
from nn.layers.embedding_bag import bag_op
from nn.layers.folding import fold_op
from nn.layers.kernels.patches import Sliding
from nn.layers.kernels.resampling import Plan, resample_op
from nn.layers.linear import linear_op
from nn.layers.normalization.batch_norm import batch_norm_eval_op
from nn.layers.normalization.group_norm import group_norm_op
from nn.layers.normalization.layer_norm import layer_norm_op
from nn.layers.normalization.rms_norm import rms_norm_op
from nn.layers.pooling.maximum import max_pool_op


def _or(g: Recording, x: Any, default: float, shape: Any, dtype: Any) -> str:
    """The name of a parameter, or of a constant in its place if there is none."""
    return g.constant(np.full(shape, default, dtype)) if x is None else name_of(g, x, dtype)


@operation(linear_op)
def _linear(g: Recording, values: Any, x: Any, weight: Any, bias: Any = None) -> str:
    names = [name_of(g, x), name_of(g, weight), *([] if bias is None else [name_of(g, bias)])]
    if x.ndim == 2:
        return g.add("Gemm", *names, transB=1)
    name = g.add("MatMul", names[0], g.add("Transpose", names[1], perm=[1, 0]))
    return name if bias is None else g.add("Add", name, names[2])


def _windows(sliding: Sliding) -> dict[str, Any]:
    """The attributes of sliding windows."""
    before, after = zip(*sliding.padding, strict=True)
    return {
        "kernel_shape": list(sliding.kernel),
        "strides": list(sliding.stride),
        "pads": [*before, *after],
        "dilations": list(sliding.dilation),
    }


@operation(convolution_op)
def _convolution(
    g: Recording, values: Any, x: Any, weight: Any, bias: Any = None, *, sliding: Sliding, groups: int = 1
) -> str:
    names = [name_of(g, x), name_of(g, weight), *([] if bias is None else [name_of(g, bias)])]
    return g.add("Conv", *names, group=groups, **_windows(sliding))


@operation(transposed_convolution_op)
def _transposed_convolution(
    g: Recording, values: Any, x: Any, weight: Any, bias: Any = None, *, size: Any, sliding: Sliding, groups: int = 1
) -> str:
    names = [name_of(g, x), name_of(g, weight), *([] if bias is None else [name_of(g, bias)])]
    each = zip(x.shape[2:], sliding.kernel, sliding.stride, sliding.padding, sliding.dilation, strict=True)
    least = [(p - 1) * step - sum(border) + d * (k - 1) + 1 for p, k, step, border, d in each]
    more = [int(s - n) for s, n in zip(size, least, strict=True)]
    return g.add("ConvTranspose", *names, group=groups, output_padding=more, **_windows(sliding))


@operation(max_pool_op)
def _max_pool(g: Recording, values: Any, x: Any, *, sliding: Sliding, places: tuple[int, ...]) -> Any:
    """The maxima; where they are is computed by the definition, if it is asked for."""
    if x.dtype.kind != "f":
        return NotImplemented
    attributes = _windows(sliding)
    each = zip(places, sliding.kernel, sliding.stride, sliding.padding, sliding.dilation, x.shape[2:], strict=True)
    after = [max((n - 1) * step + d * (k - 1) + 1 - s - border[0], 0) for n, k, step, border, d, s in each]
    attributes["pads"] = [*[before for before, _ in sliding.padding], *after]
    composite = max_pool_op.composite
    assert composite is not None

    def index() -> str:
        return name_of(g, composite(x, sliding=sliding, places=places)[1])

    return g.add("MaxPool", name_of(g, x), **attributes), index


def meaning_of(plan: Plan) -> tuple[Any, ...]:
    """What a plan is in the words of others; ("",) for any other weighted sum."""
    return plan.meaning or ("",)


@operation(resample_op)
def _resample(g: Recording, values: Any, x: Any, plans: tuple[Plan, ...]) -> str:
    """Average pooling and resizing by their names, and any other weighted sums as products with constant matrices."""
    name = name_of(g, x)
    if all(plan.size_out == 1 and plan.meaning == ("adaptive",) for plan in plans):
        return g.add("GlobalAveragePool", name)
    meanings = [meaning_of(plan) for plan in plans]
    if all(meaning[0] == "mean" and meaning[-1] is None for meaning in meanings) and all(map(_covered, plans)):
        return _average(g, name, plans)
    if len({(kind, *rest[:1]) for kind, *rest in meanings}) == 1 and _resizes(plans):
        return _resized(g, name, plans)
    for axis, plan in enumerate(plans, 2):
        if not _leaves(plan):
            order = [i for i in range(x.ndim) if i != axis] + [axis]
            matrix = g.constant(plan.matrix().T, x.dtype)
            name = g.add("MatMul", transposed(g, name, order), matrix)
            name = transposed(g, name, [*range(axis), x.ndim - 1, *range(axis, x.ndim - 1)])
    return name


def _leaves(plan: Plan) -> bool:
    """Whether a plan leaves its axis as it is."""
    return plan.size_in == plan.size_out and bool(np.array_equal(plan.matrix(), np.eye(plan.size_in)))


def _border_after(plan: Plan) -> int:
    """The border behind the axis at which AveragePool has as many windows as the plan."""
    kernel, stride, before = (int(n) for n in meaning_of(plan)[1:4])
    windows = (plan.size_in + 2 * before - kernel) // stride + 1
    return before if windows <= plan.size_out else (plan.size_out - 1) * stride + kernel - plan.size_in - before


def _covered(plan: Plan) -> bool:
    """Whether AveragePool can have the plan's windows: those at the end have no negative border."""
    return _border_after(plan) >= 0


def _average(g: Recording, name: str, plans: tuple[Plan, ...]) -> str:
    _, kernel, stride, before, count_border, _ = zip(*[meaning_of(plan) for plan in plans], strict=True)
    after = [_border_after(plan) for plan in plans]
    each = zip(plans, kernel, stride, before, after, strict=True)
    ceil = any((plan.size_in + p + q - k) // step + 1 < plan.size_out for plan, k, step, p, q in each)
    return g.add(
        "AveragePool", name, kernel_shape=list(kernel), strides=list(stride), pads=[*before, *after],
        ceil_mode=int(ceil), count_include_pad=int(count_border[0]),
    )  # fmt: skip


def _resizes(plans: tuple[Plan, ...]) -> bool:
    """Whether Resize computes the same: with sizes that are a whole multiple where it takes the nearest pixel."""
    kind = meaning_of(plans[0])[0]
    if kind not in ("nearest", "linear", "cubic"):
        return False
    whole = all(meaning_of(plan)[2] in (None, plan.size_out / plan.size_in) for plan in plans)
    if kind == "nearest":
        return whole and all(plan.size_out % plan.size_in == 0 for plan in plans)
    return whole and len(plans) == 2


def _resized(g: Recording, name: str, plans: tuple[Plan, ...]) -> str:
    kind, align_corners, _ = meaning_of(plans[0])
    sizes, axes = g.ints([plan.size_out for plan in plans]), list(range(2, 2 + len(plans)))
    if kind == "nearest":
        how = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    else:
        how = {"coordinate_transformation_mode": "align_corners" if align_corners else "half_pixel"}
    more = {"cubic_coeff_a": -0.75} if kind == "cubic" else {}
    return g.add("Resize", name, "", "", sizes, mode=kind, axes=axes, **how, **more)


@operation(batch_norm_eval_op)
def _batch_norm(
    g: Recording, values: Any, x: Any, weight: Any = None, bias: Any = None, mean: Any = None, variance: Any = None,
    eps: float = 1e-5,
) -> str:  # fmt: skip
    parts = [(weight, 1), (bias, 0), (mean, 0), (variance, 1)]
    return g.add(
        "BatchNormalization", name_of(g, x), *[_or(g, p, default, x.shape[1], x.dtype) for p, default in parts],
        epsilon=float(eps),
    )  # fmt: skip


@operation(layer_norm_op)
def _layer_norm(
    g: Recording, values: Any, x: Any, weight: Any = None, bias: Any = None, ndim: int = 1, eps: float = 1e-5
) -> str:
    shift = [] if bias is None else [name_of(g, bias, x.dtype)]
    scale = _or(g, weight, 1, x.shape[-ndim:], x.dtype)
    return g.add("LayerNormalization", name_of(g, x), scale, *shift, axis=-ndim, epsilon=float(eps))


@operation(rms_norm_op)
def _rms_norm(g: Recording, values: Any, x: Any, weight: Any = None, ndim: int = 1, eps: float = 1e-5) -> str:
    scale = _or(g, weight, 1, x.shape[-ndim:], x.dtype)
    return g.add("RMSNormalization", name_of(g, x), scale, axis=-ndim, epsilon=float(eps))


@operation(group_norm_op)
def _group_norm(
    g: Recording, values: Any, x: Any, weight: Any = None, bias: Any = None, groups: int = 1, eps: float = 1e-5,
    observe: Any = None,
) -> Any:  # fmt: skip
    if x.ndim < 3 or observe is not None or np.ndim(values_of(eps)):
        return NotImplemented
    scale, shift = _or(g, weight, 1, x.shape[1], x.dtype), _or(g, bias, 0, x.shape[1], x.dtype)
    if groups == x.shape[1]:
        return g.add("InstanceNormalization", name_of(g, x), scale, shift, epsilon=float(eps))
    return g.add("GroupNormalization", name_of(g, x), scale, shift, num_groups=groups, epsilon=float(eps))


@operation(fold_op)
def _fold(g: Recording, values: Any, x: Any, *, size: tuple[int, ...], sliding: Sliding) -> Any:
    if len(size) != 2:
        return NotImplemented
    attributes = _windows(sliding)
    block = g.ints(attributes.pop("kernel_shape"))
    return g.add("Col2Im", name_of(g, x), g.ints(size), block, **attributes)


@operation(bag_op)
def _bag(g: Recording, values: Any, weights: Any, table: Any, *, rows: Any, starts: Any) -> Any:
    """The weighted sums of bags that all have one length."""
    if is_traced(starts) or len(starts) < 2 or len(set(np.diff(starts).tolist())) > 1:
        return NotImplemented
    length = int(starts[1] - starts[0])
    found = reshaped(
        g, g.add("Gather", name_of(g, table), name_of(g, rows), axis=0), [len(starts) - 1, length, table.shape[1]]
    )
    shares = reshaped(g, name_of(g, weights, table.dtype), [len(starts) - 1, length, 1])
    return g.add("ReduceSum", g.add("Mul", found, shares), g.ints([1]), keepdims=0)
