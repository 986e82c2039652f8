"""A function of two 3-vectors, written for one pair and run on 100 000 of them by vmap."""

from __future__ import annotations

from typing import Any

import numpy as np

TITLE = "a function of two 3-vectors on 100 000 pairs, by vmap"
REFERENCE = "numpy"  # vectorised by hand
TARGETS = {"ours": 1.5}

_rng = np.random.default_rng(0)
_a, _b = (_rng.normal(size=(100_000, 3)) for _ in range(2))


def _one(a: Any, b: Any) -> Any:
    return np.sum(np.sin(a) * b) / np.sqrt(1 + np.dot(a, a))


def ours(captured: bool = False) -> Any:
    from autograd import capture, vmap

    many = capture(vmap(_one)) if captured else vmap(_one)

    def step() -> Any:
        y = many(_a, _b)
        return float(np.sum(y)), [y]

    return step


def captured() -> Any:
    return ours(captured=True)


def numpy() -> Any:
    def step() -> Any:
        y = np.sum(np.sin(_a) * _b, axis=1) / np.sqrt(1 + np.einsum("ij,ij->i", _a, _a))
        return float(np.sum(y)), [y]

    return step


def torch() -> Any:
    import torch as peer

    many = peer.func.vmap(lambda a, b: peer.sum(peer.sin(a) * b) / peer.sqrt(1 + peer.dot(a, a)))
    a, b = peer.tensor(_a), peer.tensor(_b)

    def step() -> Any:
        y = many(a, b).numpy()
        return float(np.sum(y)), [y]

    return step


def jax() -> Any:
    import jax as peer
    from jax import numpy as jnp

    peer.config.update("jax_enable_x64", True)
    many = peer.jit(peer.vmap(lambda a, b: jnp.sum(jnp.sin(a) * b) / jnp.sqrt(1 + jnp.dot(a, a))))

    def step() -> Any:
        y = np.asarray(many(_a, _b))
        return float(np.sum(y)), [y]

    return step


PEERS = {"ours": ours, "captured": captured, "numpy": numpy, "torch": torch, "jax": jax}
