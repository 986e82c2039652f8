"""PyTorch's functions that are NumPy's here, or have another name: `autograd.zeros` says what to write."""

from __future__ import annotations

INSTEAD = {
    **{name: f"Tensor(np.{name}(shape))" for name in ("zeros", "ones", "empty")},
    **{name: f"np.{name}(x)" for name in ("zeros_like", "ones_like", "empty_like")},
    "full": "Tensor(np.full(shape, value))",
    "eye": "Tensor(np.eye(n))",
    "arange": "Tensor(np.arange(n))",
    "linspace": "Tensor(np.linspace(low, high, n))",
    "rand": "Tensor(np.random.default_rng(n).random(shape))",
    "randn": "Tensor(np.random.default_rng(n).normal(size=shape))",
    "randint": "Tensor(np.random.default_rng(n).integers(low, high, shape))",
    "from_numpy": "Tensor(array)",
    "as_tensor": "Tensor(array)",
    "Variable": "Tensor(array, requires_grad=True)",
    "Parameter": "nn.Parameter(array)",
    "cat": "np.concatenate(tensors, axis)",
    "stack": "np.stack(tensors, axis)",
    "where": "np.where(condition, x, value)",
    "matmul": "x @ x.T",
    "mm": "x @ x.T",
    "manual_seed": "autograd.seed(n)",
    "inference_mode": "autograd.no_grad()",
    "Function": "@autograd.custom_vjp, or @autograd.primitive",
    "save": "nn.save(state_dict, path)",
    "load": "nn.load(path)",
    **{
        name: f"np.{name}(x)"
        for name in ("exp", "log", "sin", "cos", "tanh", "sqrt", "abs", "sum", "mean", "max", "min")
    },
    **{name: f"nn.functional.{name}(x)" for name in ("relu", "sigmoid")},
    "softmax": "nn.functional.softmax(x, axis)",
}


def no_name(name: str) -> AttributeError:
    """The error for a name that the package autograd has not."""
    text = f"module 'autograd' has no attribute {name!r}"
    return AttributeError(f"{text}: write {INSTEAD[name]}." if name in INSTEAD else text)
