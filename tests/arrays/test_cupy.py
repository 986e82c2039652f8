"""Every row of the tables on CuPy arrays, where a GPU is found: values, gradients and tangents equal ndarrays'."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.arrays.test_rows import RUNNING, results
from tests.cases.case import Case, constants_as


def cupy_with_a_gpu() -> Any:
    """The module cupy; without it, or without a GPU, the tests are skipped."""
    try:
        import cupy

        cupy.cuda.runtime.getDeviceCount()
    except Exception as error:
        pytest.skip(f"no GPU: {type(error).__name__}", allow_module_level=True)
    return cupy


cupy = cupy_with_a_gpu()


def convert(x: Any) -> Any:
    """Floating arrays and masks move to the GPU; integers are indices, which may stay."""
    return cupy.asarray(x) if isinstance(x, np.ndarray) and x.dtype.kind in "fb" else x


@pytest.mark.parametrize("case", RUNNING, ids=[case.name for case in RUNNING])
def test_a_row_on_cupy_equals_that_of_ndarrays(case: Case) -> None:
    with constants_as(lambda x: cupy.asarray(x) if isinstance(x, np.ndarray) else x):
        foreign = list(results(case, convert))
    for (what, found), (_, expected) in zip(foreign, results(case, lambda x: x), strict=True):
        for ours, peer in zip(found, expected, strict=True):
            assert (ours is None) == (peer is None), what
            if ours is not None:
                assert isinstance(ours, cupy.ndarray), what
                np.testing.assert_allclose(cupy.asnumpy(ours), peer, rtol=1e-7, atol=1e-9, err_msg=what)
