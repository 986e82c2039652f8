"""Names of PyTorch's, JAX's and micrograd's that the package autograd has not: `autograd.zeros` says what to write."""

from __future__ import annotations

import numpy as np

from autograd.tensor.pytorch_names import NOTHING, remedies
from autograd.tensor.tensor import Tensor

INSTEAD = {
    **{name: f"Tensor(np.{name}(shape))" for name in ("zeros", "ones", "empty")},
    **{name: f"np.{name}(x)" for name in ("zeros_like", "ones_like", "empty_like")},
    "full": "Tensor(np.full(shape, value))",
    "full_like": "np.full_like(x, value)",
    "eye": "Tensor(np.eye(n))",
    "arange": "Tensor(np.arange(n))",
    "range": "Tensor(np.arange(low, high + 1))",
    "linspace": "Tensor(np.linspace(low, high, n))",
    "rand": "Tensor(np.random.default_rng(n).random(shape))",
    "randn": "Tensor(np.random.default_rng(n).normal(size=shape))",
    "rand_like": "np.random.default_rng(n).random(x.shape)",
    "randn_like": "np.random.default_rng(n).normal(size=x.shape)",
    "randint": "Tensor(np.random.default_rng(n).integers(low, high, shape))",
    "randperm": "np.random.default_rng(n).permutation(n)",
    "normal": "np.random.default_rng(n).normal(mean, std, shape)",
    "bernoulli": "np.random.default_rng(n).random(shape) < p",
    "Generator": "np.random.default_rng(n)",
    "manual_seed": "autograd.seed(n)",
    "from_numpy": "Tensor(array)",
    "as_tensor": "Tensor(array)",
    "asarray": "Tensor(array)",
    "is_tensor": "isinstance(x, Tensor)",
    "FloatTensor": "Tensor(data, dtype=np.float32)",
    "DoubleTensor": "Tensor(data, dtype=np.float64)",
    "LongTensor": "np.array(data, np.int64)",
    "BoolTensor": "np.array(data, bool)",
    "float": "np.float32",
    "double": "np.float64",
    "half": "np.float16",
    "long": "np.int64",
    "int": "np.int32",
    "bool": "np.bool_",
    **{name: f"np.{name}" for name in ("float16", "float32", "float64", "int32", "int64", "complex64", "complex128")},
    **{name: f"np.{name}" for name in ("inf", "nan", "pi", "linalg", "fft")},
    "special": "scipy.special",
    "Variable": "Tensor(array, requires_grad=True)",
    "Parameter": "nn.Parameter(array)",
    "cat": "np.concatenate(tensors, axis)",
    "concat": "np.concatenate(tensors, axis)",
    "stack": "np.stack(tensors, axis)",
    "where": "np.where(condition, x, value)",
    "matmul": "x @ x.T",
    "mm": "x @ x.T",
    "equal": "np.array_equal(x, other)",
    "std": "x.std(ddof=1)",
    "var": "x.var(ddof=1)",
    "inference_mode": "autograd.no_grad()",
    "jit": "autograd.capture(f)",
    "compile": "autograd.capture(f)",
    "func": "autograd.vmap(autograd.grad(f))",
    "autograd": "autograd.gradients(x.sum(), x)",
    "Function": "@autograd.custom_vjp, or @autograd.primitive",
    "make_jaxpr": "autograd.trace(x)",
    "tree_util": "autograd.tree_map(f, x)",
    "tree": "autograd.tree_map(f, x)",
    "Value": "autograd.Scalar(value)",
    "nn": "import nn",
    "optim": "import optim",
    "utils": "nn.data.DataLoader(data), nn.utils",
    "distributed": "nn.parallel",
    "onnx": "nn.export.to_onnx(model, example, path)",
    "save": "nn.save(state_dict, path)",
    "load": "nn.load(path)",
    **{
        name: f"np.{name}(x)"
        for name in ("exp", "log", "sin", "cos", "tanh", "sqrt", "abs", "sum", "mean", "max", "min")
    },
    "softmax": "nn.functional.softmax(x, axis)",
}

# what nn.functional has, as torch has it beside torch.nn.functional
FUNCTIONAL = frozenset({
    "adaptive_avg_pool1d", "adaptive_max_pool1d", "alpha_dropout", "avg_pool1d", "batch_norm", "bilinear",
    "binary_cross_entropy_with_logits", "celu", "channel_shuffle", "conv1d", "conv2d", "conv3d", "conv_transpose1d",
    "conv_transpose2d", "conv_transpose3d", "cosine_embedding_loss", "cosine_similarity", "ctc_loss", "dropout",
    "embedding", "embedding_bag", "feature_alpha_dropout", "group_norm", "gru", "gru_cell", "hardshrink",
    "hinge_embedding_loss", "instance_norm", "kl_div", "layer_norm", "log_softmax", "lstm", "lstm_cell",
    "margin_ranking_loss", "max_pool1d", "max_pool2d", "max_pool3d", "pairwise_distance", "pixel_shuffle",
    "pixel_unshuffle", "poisson_nll_loss", "prelu", "relu", "rms_norm", "rnn_relu", "rnn_relu_cell", "rnn_tanh",
    "rnn_tanh_cell", "rrelu", "selu", "sigmoid", "softmax", "threshold", "triplet_margin_loss",
})  # fmt: skip

DEVICES = NOTHING | {"mps", "xpu", "device_put", "set_default_device", "get_default_device"}


def no_name(name: str) -> AttributeError:
    """The error for a name that the package autograd has not."""
    text = f"module 'autograd' has no attribute {name!r}"
    if name in DEVICES:
        return AttributeError(f"{text}: arrays here are NumPy's, in the computer's memory. Leave it out.")
    remedy = INSTEAD.get(name) or _elsewhere(name)
    return AttributeError(f"{text}: write {remedy}." if remedy else text)


def _elsewhere(name: str) -> str:
    """Where a function of that name is, for the error: in NumPy, in nn.functional, or another name of a Tensor's."""
    if name in FUNCTIONAL:
        return f"nn.functional.{name}(…)"
    if name in remedies:
        return remedies[name]
    for prefix, module in (("np", np), ("np.linalg", np.linalg)):
        if callable(vars(module).get(name)):
            return f"{prefix}.{name}(…)"
    return f"x.{name}(…)" if not name.startswith("_") and callable(getattr(Tensor, name, None)) else ""
