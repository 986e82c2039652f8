"""The package's own random generator, which is used wherever `rng` is None. NumPy's global state is never touched."""

from __future__ import annotations

import numpy as np

from autograd.errors import ArgumentError

_generator = np.random.default_rng()


def seed(n: int | None = None) -> np.random.Generator:
    """Restart the package's generator from a seed, for reproducible results; None: from the system's entropy.

    Returns:   the generator, from which initial weights, shuffles and dropout masks are drawn where no `rng` is given.
    Example:
        >>> import autograd, nn
        >>> _ = autograd.seed(0)
        >>> a = nn.Linear(3, 2)
        >>> _ = autograd.seed(0)
        >>> b = nn.Linear(3, 2)
        >>> bool((a.weight == b.weight).all())
        True
    """
    global _generator
    if n is not None and (isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 0):
        raise ArgumentError(f"seed must be an integer of 0 or more, or None; got {n!r}.")
    _generator = np.random.default_rng(n)
    return _generator


def generator(rng: np.random.Generator | None = None) -> np.random.Generator:
    """The generator `rng`, or the package's own if it is None."""
    if rng is None:
        return _generator
    if not isinstance(rng, np.random.Generator):
        raise ArgumentError(f"rng must be a np.random.Generator or None; got {rng!r}. Use np.random.default_rng(seed).")
    return rng
