"""dropout: what a mask keeps, scaled; and the drawing of the mask."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine.primitive import Primitive
from autograd.engine.registry import define

_WORDS_OF_64_BITS = (np.random.PCG64, np.random.PCG64DXSM, np.random.Philox, np.random.SFC64)


def keep_mask(shape: tuple[int, ...], keep: float, rng: np.random.Generator) -> Any:
    """A boolean array, each element True with probability `keep`, independently.

    Numerics:  16 random bits an element, four elements from one number of the generator: half the time of rng.random().
               So `keep` is rounded to a multiple of 1/65536; below 1/1024 from 0 or 1 a full float32 is drawn instead.
    """
    if not 1 / 1024 < keep < 1023 / 1024:
        return rng.random(shape, dtype=np.float32) < keep
    size = 1
    for n in shape:
        size *= n
    source = rng.bit_generator
    if isinstance(source, _WORDS_OF_64_BITS):
        bits: Any = np.atleast_1d(source.random_raw((size + 3) // 4)).view(np.uint16)[:size].reshape(shape)
    else:
        bits = rng.integers(0, 65536, shape, dtype=np.uint16)
    return bits < round(keep * 65536)


def _dropout(x: Any, mask: Any, scale: float = 1.0) -> Any:
    out = x * mask
    out *= scale
    return out


dropout: Primitive = define(
    _dropout,
    lambda g, out, x, mask, scale=1.0: dropout(g, mask, scale=scale),  # linear in x: its own transpose
    None,
    keeps="mask",
    name="dropout",
    jvp="elementwise",
    label="g·mask/(1-p)",
)
