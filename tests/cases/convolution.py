"""Convolution, its transpose and its derivative by the weight, as primitives.

The functions and layers are in tests/cases/modules/convolution.py.
"""

from __future__ import annotations

from typing import Any

from nn.layers.convolution.primitives import convolution_op, convolution_weight_op, transposed_convolution_op
from nn.layers.kernels.patches import Sliding
from tests.cases.case import Case, normal

PLAIN = Sliding((2, 3), (1, 1), ((0, 0), (0, 0)), (1, 1))
ROWS: list[tuple[str, Sliding, int, Any, Any, Any]] = [  # (label, how, groups, x, weight, g)
    ("plain", PLAIN, 1, (2, 2, 3, 5), (3, 2, 2, 3), (2, 3, 2, 3)),
    ("strided", Sliding((3, 2), (2, 3), ((1, 1), (0, 0)), (1, 2)), 1, (2, 1, 4, 6), (2, 1, 3, 2), (2, 2, 2, 2)),
    ("in groups", Sliding((2, 2), (1, 1), ((1, 1), (1, 1)), (1, 1)), 2, (1, 4, 2, 2), (2, 2, 2, 2), (1, 2, 3, 3)),
    ("pointwise", Sliding((1, 1), (1, 1), ((0, 0), (0, 0)), (1, 1)), 1, (2, 3, 2, 2), (2, 3, 1, 1), (2, 2, 2, 2)),
    ("of one axis", Sliding((3,), (2,), ((1, 1),), (1,)), 1, (2, 2, 5), (3, 2, 3), (2, 3, 3)),
]


def options(how: Sliding, groups: int) -> dict[str, Any]:
    """The options of PyTorch's function."""
    return {
        "stride": how.stride,
        "padding": tuple(before for before, _ in how.padding),
        "dilation": how.dilation,
        "groups": groups,
    }


def torchs(torch: Any, name: str, axes: int) -> Any:
    return getattr(torch.nn.functional, f"{name}{axes}d")


def row(label: str, how: Sliding, groups: int, x: Any, weight: Any, g: Any) -> list[Case]:
    axes, size = len(how.kernel), x[2:]

    def transposed(torch: Any, g: Any, w: Any, b: Any) -> Any:
        least = [(p - 1) * s - 2 * b[0] + d * (k - 1) + 1 for p, k, s, b, d in zip(g.shape[2:], *how, strict=True)]
        more = tuple(s - m for s, m in zip(size, least, strict=True))
        return torchs(torch, "conv_transpose", axes)(g, w, b, output_padding=more, **options(how, groups))

    def by_weight(torch: Any, x: Any, g: Any) -> Any:
        w = torch.zeros(weight, dtype=x.dtype, requires_grad=True)
        y = torchs(torch, "conv", axes)(x, w, **options(how, groups))
        return torch.autograd.grad(y, w, g, create_graph=True)[0]

    return [
        Case(
            f"convolution {label}", lambda x, w, b: convolution_op(x, w, b, sliding=how, groups=groups),
            normal(x, weight, weight[:1]),
            lambda torch, x, w, b: torchs(torch, "conv", axes)(x, w, b, **options(how, groups)),
        ),
        Case(
            f"transposed_convolution {label}",
            lambda g, w, b: transposed_convolution_op(g, w, b, size=size, sliding=how, groups=groups),
            normal(g, weight, (weight[1] * groups,)), transposed,
        ),
        Case(
            f"convolution_weight {label}", lambda x, g: convolution_weight_op(x, g, sliding=how, groups=groups),
            normal(x, g), by_weight,
        ),
    ]  # fmt: skip


CASES = [case for arguments in ROWS for case in row(*arguments)]

FUSED: list[tuple[str, list[tuple[int, ...]], tuple[Any, ...], dict[str, Any]]] = [
    row
    for _, how, groups, x, weight, g in ROWS
    for row in (
        ("convolution", [x, weight, weight[:1]], (), {"sliding": how, "groups": groups}),
        ("convolution", [x, weight], (), {"sliding": how, "groups": groups}),
        (
            "transposed_convolution", [g, weight, (weight[1] * groups,)], (),
            {"size": x[2:], "sliding": how, "groups": groups},
        ),
        ("convolution_weight", [x, g], (), {"sliding": how, "groups": groups}),
    )
]  # fmt: skip
