"""A gradient for each of 64 examples of a network 64-64-10, by vmap of grad."""

from __future__ import annotations

from typing import Any

import numpy as np

TITLE = "gradient of each of 64 examples, 64-64-10 with relu and cross-entropy"
TARGETS = {"ours": 1.2}
N, SIZES = 64, (64, 64, 10)

_rng = np.random.default_rng(0)
_params = {
    "w1": (_rng.normal(size=SIZES[:2]) / 8).astype(np.float32), "b1": np.zeros(SIZES[1], np.float32),
    "w2": (_rng.normal(size=SIZES[1:]) / 8).astype(np.float32), "b2": np.zeros(SIZES[2], np.float32),
}  # fmt: skip
_x = _rng.normal(size=(N, SIZES[0])).astype(np.float32)
_target = _rng.integers(0, SIZES[2], N)


def _size(gradients: dict[str, Any]) -> tuple[float, list[Any]]:
    """(one number that depends on all gradients, in place of a loss; the gradients)."""
    found = [np.asarray(gradients[name]) for name in _params]
    return float(sum([np.vdot(g, g) for g in found])), found


def _loss(p: Any, x: Any, target: Any) -> Any:
    from nn import functional as F

    return F.cross_entropy(F.relu(x @ p["w1"] + p["b1"]) @ p["w2"] + p["b2"], target)


def ours(captured: bool = False) -> Any:
    from autograd import capture, grad, vmap

    each = vmap(grad(_loss), in_axes=(None, 0, 0))
    each = capture(each) if captured else each
    return lambda: _size(each(_params, _x, _target))


def captured() -> Any:
    return ours(captured=True)


def ours_loop() -> Any:
    """One example after the other."""
    from autograd import grad

    one = grad(_loss)

    def step() -> Any:
        found = [one(_params, x, t) for x, t in zip(_x, _target, strict=True)]
        return _size({name: np.stack([g[name] for g in found]) for name in _params})

    return step


def numpy() -> Any:
    """By hand: the gradient of a matrix is a column times a row for each example."""

    def step() -> Any:
        h = np.maximum(_x @ _params["w1"] + _params["b1"], 0)
        p = np.exp(h @ _params["w2"] + _params["b2"])
        p /= p.sum(1, keepdims=True)
        p[np.arange(N), _target] -= 1
        g = p @ _params["w2"].T * (h > 0)
        return _size({"w1": _x[:, :, None] * g[:, None], "b1": g, "w2": h[:, :, None] * p[:, None], "b2": p})

    return step


def torch() -> Any:
    import torch as peer

    params = {name: peer.tensor(p) for name, p in _params.items()}
    x, target = peer.tensor(_x), peer.tensor(_target)

    def loss(p: Any, x: Any, target: Any) -> Any:
        hidden = peer.relu(x @ p["w1"] + p["b1"])
        return peer.nn.functional.cross_entropy(hidden @ p["w2"] + p["b2"], target)

    each = peer.func.vmap(peer.func.grad(loss), in_dims=(None, 0, 0))
    return lambda: _size({name: g.numpy() for name, g in each(params, x, target).items()})


def jax() -> Any:
    import jax as peer

    def loss(p: Any, x: Any, target: Any) -> Any:
        scores = peer.nn.relu(x @ p["w1"] + p["b1"]) @ p["w2"] + p["b2"]
        return -peer.nn.log_softmax(scores)[target]

    each = peer.jit(peer.vmap(peer.grad(loss), in_axes=(None, 0, 0)))
    return lambda: _size(each(_params, _x, _target))


PEERS = {
    "ours": ours, "captured": captured, "ours_loop": ours_loop, "numpy": numpy, "torch": torch, "jax": jax,
}  # fmt: skip
