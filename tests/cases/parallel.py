"""The primitives of nn.parallel, on one rank; tests/nn/parallel has them on several."""

from __future__ import annotations

from typing import Any

from nn.parallel.communicator import Communicator
from nn.parallel.data_parallel import mark_op
from nn.parallel.sync_batch_norm import all_sum_op
from tests.cases.case import Case, normal

ALONE = Communicator()


def summed(x: Any) -> Any:
    return all_sum_op(x, comm=ALONE, rows=3)


CASES = [
    Case("mark", mark_op, normal((2, 3), ()), lambda torch, x, mark: x + 0 * mark),
    Case("all_sum", summed, normal((4,)), lambda torch, x: x * 1),
]
