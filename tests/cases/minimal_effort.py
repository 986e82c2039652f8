"""Minimal effort backpropagation with k = features, where the gradient is the derivative.

Smaller k: see tests/nn/layers/test_minimal_effort.py.
"""

from __future__ import annotations

from nn.layers.minimal_effort.effort_linear import minimal_effort_linear_op
from nn.layers.minimal_effort.effort_relu import minimal_effort_relu_op
from nn.layers.minimal_effort.top_k import minimal_effort_op
from tests.cases.case import Case, normal
from tests.cases.fused import away_from_zero

CASES = [
    Case("minimal_effort of all", lambda x: minimal_effort_op(x, k=3), normal((4, 3)), lambda torch, x: x * 1),
    Case(
        "minimal_effort of all, unified",
        lambda x: minimal_effort_op(x, k=3, unified=True),
        normal((2, 4, 3)),
        lambda torch, x: x * 1,
    ),
    Case(
        "minimal_effort_relu of all",
        lambda x: minimal_effort_relu_op(x, k=3),
        away_from_zero,
        lambda torch, x: torch.relu(x),
    ),
    *[
        Case(
            f"minimal_effort_linear of all{', unified' if unified else ''} {len(shapes)} {shapes[0]}",
            lambda *args, unified=unified: minimal_effort_linear_op(*args, k=3, unified=unified),
            normal(*shapes),
            lambda torch, *args: torch.nn.functional.linear(*args),
        )
        for unified in (False, True)
        for shapes in ([(5, 4), (3, 4), (3,)], [(5, 4), (3, 4)], [(2, 5, 4), (3, 4), (3,)], [(4,), (3, 4), (3,)])
    ],
]
