"""One pre-norm encoder layer: B=8, T=64, D=128, 4 heads, feed-forward 256, ReLU, no dropout; forward and backward."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.workloads.jax_steps import value_and_gradients

TITLE = "attention: one pre-norm encoder layer, B=8, T=64, D=128, 4 heads, FFN 256, forward and backward"
TARGETS = {"ours": 1.05, "captured": 0.78}
B, T, D, HEADS, FFN = 8, 64, 128, 4, 256
EPS = 1e-5

_rng = np.random.default_rng(0)


def _uniform(*shape: int) -> Any:
    return _rng.uniform(-1, 1, shape).astype(np.float32) / np.float32(shape[-1] ** 0.5)


# PyTorch's names, in the order of its parameters()
STATE = {
    "self_attn.in_proj_weight": _uniform(3 * D, D), "self_attn.in_proj_bias": _uniform(3 * D),
    "self_attn.out_proj.weight": _uniform(D, D), "self_attn.out_proj.bias": _uniform(D),
    "linear1.weight": _uniform(FFN, D), "linear1.bias": _uniform(FFN),
    "linear2.weight": _uniform(D, FFN), "linear2.bias": _uniform(D),
    "norm1.weight": 1 + _uniform(D), "norm1.bias": _uniform(D),
    "norm2.weight": 1 + _uniform(D), "norm2.bias": _uniform(D),
}  # fmt: skip
X = _rng.normal(size=(B, T, D)).astype(np.float32)
C = _rng.normal(size=(B, T, D)).astype(np.float32)  # the loss is the mean of C · y


def _ours(captured: bool = False) -> Any:
    import nn
    from autograd import Tensor, capture

    layer = nn.TransformerEncoderLayer(D, HEADS, FFN, dropout=0.0, batch_first=True, norm_first=True)
    layer.load_state_dict(STATE)
    x, parameters = Tensor(X, requires_grad=True), list(layer.parameters())

    def work() -> Any:
        x.grad = None
        for p in parameters:
            p.grad = None
        loss = (layer(x) * C).mean()
        loss.backward()
        return loss

    run = capture(work) if captured else work

    def step() -> Any:
        return run().item(), [x.grad.numpy(), *(p.grad.numpy() for p in parameters)]

    return step


def _captured() -> Any:
    return _ours(captured=True)


def _normalized(x: Any, weight: Any, bias: Any) -> tuple[Any, Any, Any]:
    centred = x - x.mean(axis=-1, keepdims=True)
    inverse = 1 / np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + np.float32(EPS))
    normal = centred * inverse
    return normal * weight + bias, normal, inverse


def _normalized_back(g: Any, weight: Any, normal: Any, inverse: Any) -> tuple[Any, Any, Any]:
    d = g * weight
    dx = inverse * (d - d.mean(axis=-1, keepdims=True) - normal * (d * normal).mean(axis=-1, keepdims=True))
    return dx, (g * normal).sum(axis=0), g.sum(axis=0)


def _numpy() -> Any:
    """By hand: rows (B·T, D), heads (B, H, T, D/H)."""
    wi, bi, wo, bo, w1, b1, w2, b2, s1, t1, s2, t2 = (a.copy() for a in STATE.values())
    x, c = X.reshape(-1, D), C.reshape(-1, D)
    scale = np.float32((D // HEADS) ** -0.5)

    def heads(a: Any) -> Any:
        return a.reshape(B, T, HEADS, D // HEADS).transpose(0, 2, 1, 3)

    def rows(a: Any) -> Any:
        return a.transpose(0, 2, 1, 3).reshape(B * T, D)

    def step() -> Any:
        n1, normal1, inverse1 = _normalized(x, s1, t1)
        q, k, v = (heads(part) for part in np.split(n1 @ wi.T + bi, 3, axis=-1))
        scores = q @ k.swapaxes(-1, -2) * scale
        p = np.exp(scores - scores.max(axis=-1, keepdims=True))
        p /= p.sum(axis=-1, keepdims=True)
        y = rows(p @ v)
        z = x + (y @ wo.T + bo)
        n2, normal2, inverse2 = _normalized(z, s2, t2)
        h = np.maximum(n2 @ w1.T + b1, 0)
        out = z + (h @ w2.T + b2)
        loss = (out * c).mean()

        g = c / np.float32(c.size)
        dw2, db2 = g.T @ h, g.sum(axis=0)
        dh = (g @ w2) * (h > 0)
        dw1, db1 = dh.T @ n2, dh.sum(axis=0)
        dz, ds2, dt2 = _normalized_back(dh @ w1, s2, normal2, inverse2)
        dz += g
        dwo, dbo = dz.T @ y, dz.sum(axis=0)
        dy = heads(dz @ wo)
        dv = p.swapaxes(-1, -2) @ dy
        dp = dy @ v.swapaxes(-1, -2)
        ds = p * (dp - (dp * p).sum(axis=-1, keepdims=True)) * scale
        packed = np.concatenate([rows(ds @ k), rows(ds.swapaxes(-1, -2) @ q), rows(dv)], axis=-1)
        dwi, dbi = packed.T @ n1, packed.sum(axis=0)
        dx, ds1, dt1 = _normalized_back(packed @ wi, s1, normal1, inverse1)
        dx += dz
        return float(loss), [dx.reshape(B, T, D), dwi, dbi, dwo, dbo, dw1, db1, dw2, db2, ds1, dt1, ds2, dt2]

    return step


def _numpy_kept() -> Any:
    from autograd.memory import keep_freed_memory

    keep_freed_memory()
    return _numpy()


def _torch() -> Any:
    import torch

    layer = torch.nn.TransformerEncoderLayer(
        D, HEADS, FFN, dropout=0.0, batch_first=True, norm_first=True
    )  # in training mode
    layer.load_state_dict({name: torch.tensor(value) for name, value in STATE.items()})
    x, c, parameters = torch.tensor(X, requires_grad=True), torch.tensor(C), list(layer.parameters())

    def step() -> Any:
        x.grad = None
        for p in parameters:
            p.grad = None
        loss = (layer(x) * c).mean()
        loss.backward()
        return loss.item(), [x.grad.numpy(), *(p.grad.numpy() for p in parameters)]

    return step


def _jax() -> Any:
    from jax import nn
    from jax import numpy as jnp

    def normalized(x: Any, weight: Any, bias: Any) -> Any:
        centred = x - x.mean(axis=-1, keepdims=True)
        return centred / jnp.sqrt((centred**2).mean(axis=-1, keepdims=True) + EPS) * weight + bias

    def loss_of(parameters: Any) -> Any:
        x, wi, bi, wo, bo, w1, b1, w2, b2, s1, t1, s2, t2 = parameters
        parts = jnp.split(normalized(x, s1, t1) @ wi.T + bi, 3, axis=-1)
        q, k, v = (part.reshape(B, T, HEADS, -1).transpose(0, 2, 1, 3) for part in parts)
        weights = nn.softmax(q @ k.swapaxes(-1, -2) * (D // HEADS) ** -0.5)
        x = x + (weights @ v).transpose(0, 2, 1, 3).reshape(B, T, D) @ wo.T + bo
        return ((x + nn.relu(normalized(x, s2, t2) @ w1.T + b1) @ w2.T + b2) * C).mean()

    return value_and_gradients(loss_of, [X, *STATE.values()])


PEERS = {
    "ours": _ours,
    "captured": _captured,
    "ours_unkept": _ours,
    "numpy": _numpy,
    "numpy_kept": _numpy_kept,
    "torch": _torch,
    "jax": _jax,
}
