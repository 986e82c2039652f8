"""PyTorch's names for what NumPy's methods and functions do: `x.unsqueeze(0)` says that NumPy has np.expand_dims.

The expressions of INSTEAD run: the tests evaluate each beside PyTorch's method.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine.registry import rules
from autograd.tensor.methods import ArrayMethods

# PyTorch's name of a method or attribute -> what to write instead, for a Tensor x
INSTEAD = {
    # shape
    "unsqueeze": "np.expand_dims(x, axis)",
    "permute": "x.transpose(axes)",
    "view": "x.reshape(shape)",
    "view_as": "x.reshape(other.shape)",
    "reshape_as": "x.reshape(other.shape)",
    "unflatten": "x.reshape(shape)",
    "expand": "np.broadcast_to(x, shape)",
    "expand_as": "np.broadcast_to(x, other.shape)",
    "t": "x.T",
    "adjoint": "x.conj().mT",
    "H": "x.conj().T",
    "mH": "x.conj().mT",
    "movedim": "np.moveaxis(x, source, destination)",
    "swapdims": "x.swapaxes(axis1, axis2)",
    "repeat_interleave": "np.repeat(x, n, axis)",
    "numel": "x.size",
    "nelement": "x.size",
    "dim": "x.ndim",
    "ndimension": "x.ndim",
    "element_size": "x.itemsize",
    "data_ptr": "x.numpy().ctypes.data",
    "is_contiguous": "x.flags.c_contiguous",
    "stride": "x.strides",
    # dtype and place
    "clone": "x.copy()",
    "to": "x.astype(dtype)",
    "type": "x.astype(dtype)",
    "type_as": "x.astype(other.dtype)",
    "float": "x.astype(np.float32)",
    "double": "x.astype(np.float64)",
    "half": "x.astype(np.float16)",
    "long": "x.astype(np.int64)",
    "int": "x.astype(np.int32)",
    "short": "x.astype(np.int16)",
    "char": "x.astype(np.int8)",
    "byte": "x.astype(np.uint8)",
    "bool": "x.astype(bool)",
    "cfloat": "x.astype(np.complex64)",
    "cdouble": "x.astype(np.complex128)",
    "conj_physical": "x.conj()",
    "is_signed": "x.dtype.kind != 'u'",
    "is_same_size": "x.shape == other.shape",
    "is_nonzero": "bool(x)",
    "is_floating_point": "x.dtype.kind == 'f'",
    "is_complex": "x.dtype.kind == 'c'",
    "new_zeros": "np.zeros(shape, x.dtype)",
    "new_empty": "np.empty(shape, x.dtype)",
    "new_ones": "np.ones(shape, x.dtype)",
    "new_full": "np.full(shape, value, x.dtype)",
    "new_tensor": "np.array(data, x.dtype)",
    # elements
    "where": "np.where(condition, x, other)",
    "masked_fill": "np.where(mask, value, x)",
    "masked_select": "x[mask]",
    "index_select": "np.take(x, indices, axis)",
    "select": "np.take(x, index, axis)",
    "gather": "np.take_along_axis(x, indices, axis)",
    "take_along_dim": "np.take_along_axis(x, indices, axis)",
    "scatter_": "x[np.arange(len(x))[:, None], indices] = values",
    "index_fill_": "x[indices] = value",
    "masked_fill_": "x[mask] = value",
    "masked_scatter_": "x[mask] = values.ravel()[: mask.sum()]",
    "index_copy_": "x[indices] = values",
    "index_put_": "x[index] = values",
    "scatter": "y = x.copy(); y[np.arange(len(x))[:, None], indices] = values",
    "scatter_add": "x + np.sum(nn.functional.one_hot(indices, x.shape[1]) * values[..., None], 1)",
    "index_add": "x + nn.functional.one_hot(indices, len(x)).T @ values",
    "index_copy": "y = x.copy(); y[indices] = values",
    "index_fill": "y = x.copy(); y[indices] = value",
    "index_put": "y = x.copy(); y[index] = values",
    "masked_scatter": "y = x.copy(); y[mask] = values.ravel()[: mask.sum()]",
    "select_scatter": "y = x.copy(); y[:, index] = values",
    "slice_scatter": "y = x.copy(); y[start:end] = values",
    "diagonal_scatter": "y = x.copy(); y[np.diag_indices(len(x))] = values",
    "diag_embed": "x[..., None] * np.eye(x.shape[-1])",
    "unfold": "np.lib.stride_tricks.sliding_window_view(x, n, axis)",
    "narrow": "x[start : start + length]",
    "narrow_copy": "x[start : start + length]",
    "unbind": "np.unstack(x, axis=axis)",
    "chunk": "np.array_split(x, n, axis)",
    "tensor_split": "np.array_split(x, n, axis)",
    "split": "np.split(x, range(n, x.shape[axis], n), axis)",
    "split_with_sizes": "np.split(x, np.cumsum(sizes)[:-1], axis)",
    "unsafe_chunk": "np.array_split(x, n, axis)",
    "unsafe_split": "np.split(x, range(n, x.shape[axis], n), axis)",
    "unsafe_split_with_sizes": "np.split(x, np.cumsum(sizes)[:-1], axis)",
    "topk": "np.flip(np.sort(x, axis), axis)[..., :n]",
    "kthvalue": "np.take(np.sort(x, axis), k - 1, axis)",
    "msort": "np.sort(x, 0)",
    # arithmetic and comparisons
    "mul": "x * other",
    "div": "x / other",
    "sub": "x - other",
    "neg": "-x",
    "mm": "x @ other",
    "bmm": "x @ other",
    "mv": "x @ vector",
    "addmm": "x + a @ b",
    "addmv": "x + a @ vector",
    "baddbmm": "x + a @ b",
    "addcmul": "x + value * a * b",
    "addcdiv": "x + value * a / b",
    "lerp": "x + weight * (other - x)",
    "ger": "np.outer(x, other)",
    "eq": "x == other",
    "ne": "x != other",
    "lt": "x < other",
    "le": "x <= other",
    "gt": "x > other",
    "ge": "x >= other",
    "clamp": "x.clip(low, high)",
    "clamp_min": "np.maximum(x, low)",
    "clamp_max": "np.minimum(x, high)",
    "rsqrt": "1 / np.sqrt(x)",
    "logit": "np.log(x / (1 - x))",
    "frac": "x - np.trunc(x)",
    "sgn": "np.sign(x)",
    # reductions and linear algebra
    "norm": "np.linalg.norm(x)",
    "dist": "np.linalg.norm(x - other)",
    "aminmax": "(x.min(), x.max())",
    "cummax": "np.maximum.accumulate(x, axis)",
    "cummin": "np.minimum.accumulate(x, axis)",
    "logsumexp": "np.logaddexp.reduce(x, axis)",
    "logcumsumexp": "np.logaddexp.accumulate(x, axis)",
    "logdet": "np.linalg.slogdet(x)[1]",
    "inverse": "np.linalg.inv(x)",
    "pinverse": "np.linalg.pinv(x)",
    "addbmm": "x + np.sum(a @ b, 0)",
    "addr": "x + np.outer(vector, other)",
    "matrix_exp": "autograd.scipy.linalg.expm(x)",
    "cholesky_solve": "autograd.scipy.linalg.cho_solve((other, not upper), x)",
    "triangular_solve": "autograd.scipy.linalg.solve_triangular(a, x, lower=not upper)",
    # SciPy's functions
    "digamma": "scipy.special.psi(x)",
    "erf": "scipy.special.erf(x)",
    "erfc": "scipy.special.erfc(x)",
    "erfinv": "scipy.special.erfinv(x)",
    "lgamma": "scipy.special.gammaln(x)",
    "igamma": "scipy.special.gammainc(x, other)",
    "igammac": "scipy.special.gammaincc(x, other)",
    "xlogy": "scipy.special.xlogy(x, other)",
    "mvlgamma": "autograd.scipy.special.multigammaln(x, n)",
    "polygamma": "autograd.scipy.special.polygamma(n, x)",
    # networks
    "relu": "nn.functional.relu(x)",
    "sigmoid": "nn.functional.sigmoid(x)",
    "softmax": "nn.functional.softmax(x, dim)",
    "log_softmax": "nn.functional.log_softmax(x, dim)",
    "hardshrink": "nn.functional.hardshrink(x)",
    "prelu": "nn.functional.prelu(x, weight)",
    # graph
    "grad_fn": "x.node",
    "detach_": "x = x.detach()",
    "register_post_accumulate_grad_hook": "x.register_hook(function)",
    # in place
    "add_": "x += other",
    "sub_": "x -= other",
    "mul_": "x *= other",
    "div_": "x /= other",
    "pow_": "x **= other",
    "zero_": "x[...] = 0",
    "fill_": "x.fill(value)",
    "copy_": "x[...] = other",
    "put_": "x.put(indices, values)",
    "resize_": "x = np.resize(x, shape)",
    "resize_as_": "x = np.resize(x, other.shape)",
    "apply_": "x[...] = np.vectorize(function)(x)",
    "fill_diagonal_": "x[np.diag_indices(len(x))] = value",
    "normal_": "x[...] = rng.normal(mean, std, x.shape)",
    "bernoulli": "rng.random(x.shape) < x",
    "multinomial": "np.argmax(np.log(x) + rng.gumbel(size=x.shape), axis=-1)",
    "cauchy_": "x[...] = rng.standard_cauchy(x.shape)",
    "exponential_": "x[...] = rng.exponential(1 / rate, x.shape)",
    "geometric_": "x[...] = rng.geometric(p, x.shape)",
    "log_normal_": "x[...] = rng.lognormal(mean, std, x.shape)",
    "random_": "x[...] = rng.integers(low, high, x.shape)",
    "uniform_": "x[...] = rng.uniform(low, high, x.shape)",
}  # fmt: skip

NOTHING = frozenset({
    "cpu", "cuda", "device", "is_cuda", "is_cpu", "get_device", "contiguous", "pin_memory", "is_pinned",
    "share_memory_", "is_shared", "layout", "is_sparse", "to_dense", "resolve_conj", "resolve_neg",
})  # fmt: skip

_OF_ANOTHER_SHAPE = ("t_", "transpose_", "squeeze_", "unsqueeze_", "swapaxes_", "swapdims_")

# Besides NumPy's ufuncs: what PyTorch has also with a _, to write in place
_WRITING = (
    "clip", "clamp", "clamp_min", "clamp_max", "round", "cumsum", "cumprod", "nan_to_num", "fix", "tril", "triu", "neg",
    "rsqrt", "frac", "sgn", "logit", "lerp", "addmm", "addmv", "addcmul", "addcdiv", "baddbmm", "relu", "sigmoid",
    "sinc", "i0", "eq", "ne", "lt", "le", "gt", "ge", "addbmm", "addr", "digamma", "erf", "erfc", "erfinv", "lgamma",
    "igamma", "igammac", "xlogy", "mvlgamma", "polygamma", "bernoulli", "scatter_add", "index_add", "conj_physical",
)  # fmt: skip


def _table() -> dict[str, str]:
    """What to write, by name: INSTEAD, NumPy's functions that are no methods, and the names that write in place."""
    functions = {
        name: f"{prefix}.{name}(x, …)"
        for prefix, module in (("np.linalg", np.linalg), ("np", np))
        for name, function in vars(module).items()
        if callable(function) and function in rules
    }
    methods = {name: f"x.{name}(…)" for name in vars(ArrayMethods) if not name.startswith("_")}
    known = functions | methods | INSTEAD
    ufuncs = [name for name in functions if isinstance(vars(np).get(name), np.ufunc)]
    in_place = {f"{name}_": f"x[...] = {known[name]}" for name in (*ufuncs, *_WRITING)}
    of_another_shape = {name: f"x = {known[name[:-1]]}" for name in _OF_ANOTHER_SHAPE}
    table = functions | in_place | of_another_shape | INSTEAD
    return {name: text for name, text in table.items() if name not in methods}


class _Absent:
    """A name that a Tensor has not: hasattr is False, and who asks for it is told what to write.

    A __getattr__ would make every access to every attribute slower, in Python 3.11 by a factor of 3.
    """

    __slots__ = ("name", "text")

    def __init__(self, name: str, text: str) -> None:
        self.name, self.text = name, text

    def __get__(self, owner: Any, cls: type) -> Any:
        # obj=None: no "Did you mean" with a name that is spelled alike
        raise AttributeError(
            f"{cls.__name__!r} object has no attribute {self.name!r}{self.text}", name=self.name, obj=None
        )


class PyTorchNames:
    """The attributes of PyTorch's tensors that a Tensor has not."""

    __slots__ = ()

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if name not in absent]


remedies = _table()
absent = {name: f", whose methods are NumPy's: write {text}." for name, text in remedies.items()}
absent |= dict.fromkeys(NOTHING, ": arrays here are NumPy's, in the computer's memory. Leave it out.")

for _name, _text in absent.items():
    setattr(PyTorchNames, _name, _Absent(_name, _text))
