"""Every method of PyTorch's tensors that a Tensor has not: the error says what to write, and that gives the same."""

from __future__ import annotations

import copy
import json
import pickle
import traceback
import warnings
from typing import Any

import numpy as np
import pytest
import scipy.special

import autograd
import nn
from autograd import Tensor
from autograd.pytorch_functions import INSTEAD as FUNCTIONS
from autograd.pytorch_functions import no_name
from autograd.tensor.pytorch_names import INSTEAD, absent

# What has no remedy, and why.
NO_REMEDY = {
    "what neither NumPy nor SciPy has": "mode renorm map_ map2_ unique_consecutive index_reduce scatter_reduce",
    "values without a derivative, or signals": "histc nextafter istft stft",
    "linear algebra under LAPACK's names": "cholesky_inverse geqrf lu lu_solve orgqr ormqr symeig",
    "indexing in ways that NumPy has not": """
        as_strided as_strided_scatter slice_inverse sum_to_size nonzero_static resize_as new new_empty_strided
    """,
    "sparse, quantised and other layouts": """
        ccol_indices coalesce col_indices crow_indices dense_dim dequantize dim_order indices int_repr is_coalesced
        is_quantized is_sparse_csr q_per_channel_axis q_per_channel_scales q_per_channel_zero_points q_scale
        q_zero_point qscheme resize_as_sparse_ row_indices smm sparse_dim sparse_mask sparse_resize_
        sparse_resize_and_clear_ sspaddmm to_mkldnn to_padded_tensor to_sparse to_sparse_bsc to_sparse_bsr
        to_sparse_coo to_sparse_csc to_sparse_csr values
    """,
    "devices, memory and PyTorch's inside": """
        as_subclass const_data_ptr grad_dtype hash_tensor index ipu is_conj is_distributed is_inference
        is_ipu is_maia is_meta is_mkldnn is_mps is_mtia is_neg is_nested is_set_to
        is_vulkan is_xla is_xpu module_load mtia name output_nr record_stream reinforce retains_grad
        set_ storage storage_offset storage_type untyped_storage volatile xpu
    """,
    "dtypes that NumPy has not": "bfloat16 chalf",
}

RNG = np.random.default_rng(1)
SQUARE = RNG.uniform(0.1, 0.9, (3, 3)) + 2 * np.eye(3)
STACK = RNG.uniform(0.1, 0.9, (4, 2, 3))
ROW = RNG.normal(size=3)
FIRST = {"indices": np.array([1, 0]), "index": np.array([1, 0]), "values": STACK[2]}

# The variables in the expressions, for both libraries
NAMES: dict[str, Any] = {
    "x": STACK[0], "other": STACK[1], "a": STACK[1], "b": STACK[2], "vector": ROW, "mask": STACK[0] > 0.5,
    "condition": STACK[0] > 0.5, "indices": np.array([[0, 2, 1], [1, 1, 0]]), "values": STACK[2],
    "weight": np.array([0.25]), "axis": 1, "dim": 1, "axis1": 0, "axis2": 1, "axes": (1, 0), "shape": (3, 2),
    "source": 0, "destination": 1, "n": 2, "k": 2, "value": 2.0, "data": [1.0, 2.0], "index": 1, "start": 0,
    "length": 1, "low": 0.3, "high": 0.7, "sizes": [1, 2], "end": 1, "upper": False,
}  # fmt: skip

# PyTorch's expressions, beside which the remedies are evaluated
PLAIN = """
    x.unsqueeze(axis); x.permute(axes); x.view(shape); x.t(); x.adjoint(); x.H; x.mH;
    x.movedim(source, destination); x.swapdims(axis1, axis2); x.repeat_interleave(n, axis); x.numel();
    x.nelement(); x.dim(); x.ndimension(); x.element_size(); x.is_contiguous(); x.clone(); x.to(dtype);
    x.type(dtype); x.float(); x.double(); x.half(); x.long(); x.int(); x.short(); x.char(); x.byte(); x.bool();
    x.is_floating_point(); x.is_complex(); x.new_zeros(shape); x.new_ones(shape); x.new_full(shape, value);
    x.new_tensor(data); x.where(condition, other); x.masked_fill(mask, value); x.masked_select(mask);
    x.select(axis, index); x.gather(axis, indices); x.take_along_dim(indices, axis);
    x.scatter_(axis, indices, values); x.scatter(axis, indices, values); x.masked_fill_(mask, value);
    x.narrow(0, start, length); x.unbind(axis); x.chunk(n, axis); x.tensor_split(n, axis); x.split(n, axis);
    x.topk(n, axis)[0]; x.kthvalue(k, axis)[0]; x.msort(); x.mul(other); x.div(other); x.sub(other); x.neg();
    x.mv(vector); x.addcmul(a, b, value=value); x.addcdiv(a, b, value=value); x.lerp(other, weight); x.eq(other);
    x.ne(other); x.lt(other); x.le(other); x.gt(other); x.ge(other); x.clamp(low, high); x.clamp_min(low);
    x.clamp_max(high); x.rsqrt(); x.logit(); x.frac(); x.sgn(); x.norm(); x.dist(other); x.aminmax();
    x.cummax(axis)[0]; x.cummin(axis)[0]; x.logsumexp(axis); x.pinverse(); x.relu(); x.sigmoid(); x.softmax(dim);
    x.log_softmax(dim); x.hardshrink(); x.prelu(weight); x.add_(other); x.sub_(other); x.mul_(other);
    x.div_(other); x.pow_(other); x.zero_(); x.fill_(value); x.copy_(other); x.detach_(); x.exp();
    x.unsqueeze_(axis); x.clamp_(low, high); x.sqrt_(); x.flip(axis); x.roll(n, axis); x.tril(); x.pow(other);
    x.logcumsumexp(axis); x.digamma(); x.erf(); x.erfc(); x.erfinv(); x.lgamma(); x.igamma(other); x.igammac(other);
    x.xlogy(other); x.polygamma(n); x.cfloat(); x.cdouble(); x.conj_physical(); x.is_signed(); x.is_same_size(other);
    x.scatter_add(axis, indices, values); x.diag_embed(); x.unfold(axis, n, 1);
    x.narrow_copy(0, start, length); x.split_with_sizes(sizes, axis); x.unsafe_chunk(n, axis); x.unsafe_split(n, axis);
    x.unsafe_split_with_sizes(sizes, axis); x.masked_scatter(mask, values); x.masked_scatter_(mask, values); x.erf_()
"""

# and the variables in which some differ from NAMES
PYTORCH: list[tuple[str, dict[str, Any]]] = [
    *[(row.strip(), {}) for line in PLAIN.splitlines() for row in line.split(";") if row.strip()],
    ("x.view_as(other)", {"other": STACK[1].T}),
    ("x.reshape_as(other)", {"other": STACK[1].T}),
    ("x.unflatten(0, (1, 2))", {"shape": (1, 2, 3)}),
    ("x.expand(shape)", {"shape": (4, 2, 3)}),
    ("x.expand_as(other)", {"other": STACK}),
    ("x.type_as(other)", {"other": np.array([1, 2])}),
    ("x.index_select(axis, indices)", {"indices": np.array([2, 0])}),
    ("x.index_fill_(0, indices, value)", FIRST),
    ("x.index_copy_(0, indices, values)", FIRST),
    ("x.index_put_((index,), values)", FIRST),
    ("x.put_(indices, values)", {"indices": np.array([[0, 2, 1], [5, 4, 3]])}),
    ("x.fill_diagonal_(value)", {"x": SQUARE}),
    ("x.resize_(shape)", {"shape": (2, 2)}),
    ("x.mm(other)", {"x": SQUARE, "other": SQUARE.T}),
    ("x.bmm(other)", {"x": STACK, "other": STACK.swapaxes(1, 2)}),
    ("x.addmm(a, b)", {"x": SQUARE, "a": SQUARE, "b": SQUARE}),
    ("x.baddbmm(a, b)", {"x": STACK, "a": STACK, "b": STACK[:, :1] * STACK[:, 1:, :1] * np.ones((4, 3, 3))}),
    ("x.addmv(a, vector)", {"x": ROW[:2]}),
    ("x.ger(other)", {"x": ROW, "other": ROW}),
    ("x.logdet()", {"x": SQUARE}),
    ("x.matrix_exp()", {"x": SQUARE}),
    ("x.mvlgamma(n)", {"x": SQUARE + 2}),
    ("x.addbmm(a, b)", {"x": SQUARE, "a": STACK.swapaxes(1, 2), "b": STACK}),
    ("x.addr(vector, other)", {"x": SQUARE, "other": ROW}),
    ("x.cholesky_solve(other)", {"x": SQUARE, "other": np.tril(SQUARE)}),
    ("x.triangular_solve(a, upper)[0]", {"x": SQUARE, "a": np.tril(SQUARE)}),
    ("x.index_fill(0, indices, value)", FIRST),
    ("x.index_add(0, indices, values)", FIRST | {"indices": np.array([1, 1])}),
    ("x.index_copy(0, indices, values)", FIRST),
    ("x.index_put((index,), values)", FIRST),
    ("x.select_scatter(values, 1, index)", {"values": ROW[:2]}),
    ("x.slice_scatter(values, 0, start, end)", {"values": STACK[2][:1]}),
    ("x.diagonal_scatter(values)", {"x": SQUARE, "values": ROW}),
    ("x.is_nonzero()", {"x": STACK[0, 0, :1]}),
    ("x.resize_as_(other)", {"other": STACK[0, :, :2]}),
    ("x.apply_(function)", {"function": lambda v: 2 * v}),
    ("x.inverse()", {"x": SQUARE}),
]  # fmt: skip

RANDOM = {
    "normal_", "uniform_", "bernoulli", "multinomial", "cauchy_", "exponential_", "geometric_", "log_normal_",
    "random_",
}  # fmt: skip
# A number of bytes here and of elements there, of the graph, or random
NOT_COMPARED = {"stride", "grad_fn", "register_post_accumulate_grad_hook", "new_empty", "data_ptr", *RANDOM}


MODULES = {"np": np, "nn": nn, "scipy": scipy, "autograd": autograd}


def name_of(row: str) -> str:
    return row.removeprefix("x.").partition("(")[0].partition("[")[0]


def evaluate(text: str, names: dict[str, Any]) -> Any:
    """The value of an expression, or what a statement leaves in y, if it sets that, and else in x."""
    try:
        value = eval(text, names)
    except SyntaxError:
        exec(text, names)
        value = None
    return names.get("y", names["x"]) if value is None else value


def arrays(value: Any) -> list[Any]:
    """The arrays in a result of either library."""
    if isinstance(value, (list, tuple)):
        return [array for item in value for array in arrays(item)]
    return [np.asarray(value.numpy() if hasattr(value, "numpy") else value)]


@pytest.mark.parametrize(("row", "other"), PYTORCH, ids=[row for row, _ in PYTORCH])
def test_the_remedy_gives_what_pytorch_gives(row: str, other: dict[str, Any]) -> None:
    torch = pytest.importorskip("torch")
    names = NAMES | other
    given = {key: value for key, value in names.items() if isinstance(value, np.ndarray)}
    theirs = names | {key: torch.from_numpy(value.copy()) for key, value in given.items()}
    ours = names | {key: Tensor(value) if value.dtype.kind == "f" else value for key, value in given.items()}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "torch.triangular_solve is deprecated", UserWarning)
        expected = arrays(evaluate(row, theirs | {"dtype": torch.float32}))
    remedy = (
        absent[name_of(row)]
        .partition("write ")[2]
        .removesuffix(".")
        .replace("…", row.partition("(")[2].rpartition(")")[0])
        .replace(", )", ")")
    )
    found = arrays(evaluate(remedy, ours | MODULES | {"dtype": np.float32}))
    for one, two in zip(found, expected, strict=True):
        assert one.shape == two.shape
        assert one.dtype == two.dtype or one.ndim == 0
        assert np.allclose(one, two)


def test_every_remedy_is_evaluated() -> None:
    assert {name_of(row) for row, _ in PYTORCH} | NOT_COMPARED >= set(INSTEAD)


@pytest.mark.parametrize("name", sorted(RANDOM))
def test_the_remedies_that_draw_run(name: str) -> None:
    names = {"x": Tensor(STACK[0]), "rng": np.random.default_rng(0), "np": np, "low": 0, "high": 3, "mean": 0, "std": 1}
    drawn = evaluate(INSTEAD[name], names | {"rate": 1.0, "p": 0.5})
    assert np.isfinite(drawn.numpy() if isinstance(drawn, Tensor) else drawn).all()


def test_every_method_of_pytorch_has_a_remedy_or_a_reason() -> None:
    torch = pytest.importorskip("torch")
    missing = {name for name in dir(torch.Tensor) if not name.startswith("_") and not hasattr(Tensor, name)}
    without = {name for names in NO_REMEDY.values() for name in names.split()}
    assert missing - set(absent) - without - {f"{name}_" for name in without} == set()
    assert not without & set(absent)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "unsqueeze",
            r"'Tensor' object has no attribute 'unsqueeze', whose methods .*: write np\.expand_dims\(x, axis\)\.$",
        ),
        ("sin", r"write np\.sin\(x, …\)\.$"),
        ("sin_", r"write x\[\.\.\.\] = np\.sin\(x, …\)\.$"),
        ("squeeze_", r"write x = x\.squeeze\("),
        ("cuda", r"arrays here are NumPy's, in the computer's memory\. Leave it out\.$"),
        ("foo", r"^'Tensor' object has no attribute 'foo'$"),
        ("_foo_", r"^'Tensor' object has no attribute '_foo_'$"),
    ],
)
def test_the_message(name: str, message: str) -> None:
    x = Tensor([1.0])
    with pytest.raises(AttributeError, match=message) as caught:
        getattr(x, name)
    assert not hasattr(x, name)
    assert not hasattr(Tensor, name)
    assert name not in dir(x)
    assert "Did you mean" not in "".join(traceback.format_exception(caught.value))


def test_a_parameter_says_its_class_and_a_name_spelled_alike_is_still_offered() -> None:
    with pytest.raises(AttributeError, match="'Parameter' object has no attribute 'view'"):
        nn.Parameter([1.0]).view  # type: ignore[attr-defined]
    with pytest.raises(AttributeError) as caught:
        Tensor([1.0]).transposee  # type: ignore[attr-defined]
    assert caught.value.name == "transposee"  # from which Python makes "Did you mean"


def test_copies_and_pickles_do_not_ask_for_what_is_not_there() -> None:
    made = [copy.copy(Tensor([1.0])), copy.deepcopy(nn.Parameter([1.0])), pickle.loads(pickle.dumps(Tensor([1.0])))]
    assert [x.numpy().tolist() for x in made] == [[1.0]] * 3


# The package

WITHOUT: set[str] = set()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_pytorchs_functions_are_answered_by_the_package(name: str) -> None:
    with pytest.raises(AttributeError, match=rf"^module 'autograd' has no attribute '{name}': write (.*)\.$") as caught:
        getattr(autograd, name)
    names = {"array": np.ones(2), "shape": (2, 3), "value": 2.0, "n": 3, "low": 0, "high": 9, "axis": 0, "f": np.sin}
    names |= {
        "x": Tensor(np.ones((2, 2)), requires_grad=True),
        "tensors": [Tensor([1.0]), Tensor([2.0])],
        "condition": True,
    }
    names |= {"data": [1.0, 2.0], "other": np.ones(2), "p": 0.5, "mean": 0, "std": 1, "p_": np.full(3, 1 / 3)}
    expression = str(caught.value).partition(": write ")[2].removesuffix(".")
    if not expression.startswith(("@", "nn.save", "nn.load", "nn.export", "autograd.seed")):
        assert evaluate(expression, names | MODULES | {"Tensor": Tensor}) is not None


def test_no_function_of_pytorchs_that_we_have_is_missing_without_a_word() -> None:
    """Each name of torch that is NumPy's, a method's, or one of nn.functional: the error says where it is."""
    torch = pytest.importorskip("torch")
    ours = {*dir(np), *dir(np.linalg), *dir(Tensor), *INSTEAD, *nn.functional.__all__}
    names = {
        name for name in dir(torch) if name in ours and not name.startswith("_") and callable(getattr(torch, name))
    }
    assert len(names) > 250
    known = {name for name in names if hasattr(autograd, name)}
    assert {name for name in names - known if ": " not in str(no_name(name))} <= WITHOUT


def test_other_names_are_missing_as_usual() -> None:
    with pytest.raises(AttributeError, match=r"^module 'autograd' has no attribute 'foo'$"):
        autograd.foo  # type: ignore[attr-defined]
    assert not hasattr(autograd, "zeros")


@pytest.mark.parametrize(
    ("call", "remedy"),
    [
        (lambda x: x.size(0), r"\(6\).*x\.size\(0\) is x\.shape\[0\]\.$"),
        (lambda x: x.size(dim=-1), r"x\.size\(-1\) is x\.shape\[-1\]\.$"),
        (lambda x: x.size(), r"x\.size\(\) is x\.shape\.$"),
    ],
)
def test_the_number_of_elements_is_an_int_that_explains_itself_when_it_is_called(call: Any, remedy: str) -> None:
    x = Tensor(np.ones((2, 3)))
    with pytest.raises(TypeError, match=remedy):
        call(x)
    assert x.size == 6
    assert isinstance(x.size, int)
    assert type(pickle.loads(pickle.dumps(x.size))) is int
    assert json.dumps([x.size, x.size + 1, f"{x.size}"]) == '[6, 7, "6"]'
