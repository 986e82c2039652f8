"""Every row of the table of modules, made complex: right, and PyTorch's, or refused by name; never a part lost."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nn
import nn.functional as F
import optim
from autograd import Tensor, gradcheck
from autograd.errors import ArgumentError, DTypeError
from nn import init
from tests.cases.modules import MODULES, ModuleCase
from tests.nn.layers.test_cases import as_function

PADS = [f"{kind}Pad{n}d" for kind in ("Circular", "Constant", "Reflection", "Replication", "Zero") for n in (1, 2, 3)]
CONVOLUTIONS = [f"{kind}{n}d" for kind in ("Conv", "ConvTranspose") for n in (1, 2, 3)]
TAKEN = {
    "Linear", "Bilinear", "Embedding", *CONVOLUTIONS, *PADS, "Fold", "Unfold", "PixelShuffle", "PixelUnshuffle",
    "ChannelShuffle", "Flatten", "Unflatten", "Identity", "Lambda", "Sequential", "ModuleList", "ModuleDict",
    "ParametrizedLinear", "Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "Tanh", "Sigmoid", "SiLU", "Softsign",
    "Tanhshrink", "RNN", "RNNCell", "LSTM", "LSTMCell", "GRU", "GRUCell", "MSELoss", "HalfMSELoss", "L1Loss",
    "PairwiseDistance", "TripletMarginLoss", "TripletMarginWithDistanceLoss",
}  # fmt: skip
# in eval mode the identity; a Linear with k=None; a block of Linears; rows whose own forward calls a real function
BOTH = {"AlphaDropout", "FeatureAlphaDropout", "Residual", "ParameterList", "ParameterDict"}
# PyTorch refuses these, or takes them on a GPU or for a forward pass alone
NOT_PYTORCHS = {"Bilinear", "Embedding", "SiLU", "MSELoss", "weight_norm"}

taken = [case for case in MODULES if case.cls.__name__ in TAKEN and "relu" not in case.name]
others = [case for case in MODULES if case.cls.__name__ not in TAKEN | BOTH]


def rows(cases: list[ModuleCase]) -> Any:
    return pytest.mark.parametrize("case", cases, ids=[case.name for case in cases])


def made_complex(case: ModuleCase, rng: np.random.Generator) -> tuple[Any, list[Any]]:
    """(the module, its inputs), both with imaginary parts."""
    module, inputs = case.make(rng).astype(np.complex128), case.inputs(rng)
    for p in module.parameters():
        p.data = p.numpy() + 0.2j * rng.normal(size=p.shape)
    return module, [x + 0.2j * rng.normal(size=x.shape) if x.dtype.kind == "f" else x for x in inputs]


def test_every_module_is_named_once() -> None:
    known = {case.cls.__name__ for case in MODULES}
    assert known >= TAKEN | BOTH
    assert not TAKEN & BOTH
    page = (Path(__file__).parents[2] / "docs" / "complex.md").read_text(encoding="utf-8")
    own = {"Lambda", "ParametrizedLinear"}
    assert not [name for name in TAKEN - own if name.rstrip("123d") not in page], "docs/complex.md lists those taken"


@rows(taken)
def test_derivatives(case: ModuleCase, rng: np.random.Generator) -> None:
    module, inputs = made_complex(case, rng)
    values = [p.numpy().copy() for p in module.parameters()]
    if case.order:
        assert gradcheck(as_function(module, len(inputs)), *inputs, *values, modes=("reverse", "forward"))
    else:
        module(*inputs)


@rows([case for case in taken if case.order and case.torch and not any(name in case.name for name in NOT_PYTORCHS)])
@pytest.mark.oracle
def test_values_and_gradients_are_pytorchs(case: ModuleCase, rng: np.random.Generator) -> None:
    torch = pytest.importorskip("torch")
    module, inputs = made_complex(case, rng)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that complex modules are a new feature
        peer = case.torch(torch).to(torch.complex128)  # type: ignore[misc]
    peer.train(module.training)
    peer.load_state_dict({name: torch.tensor(value) for name, value in module.state_dict().items()})
    ours = [Tensor(x, requires_grad=x.dtype.kind == "c") for x in inputs]
    theirs = [torch.tensor(x, requires_grad=x.dtype.kind == "c") for x in inputs]
    found, expected = module(*ours), peer(*theirs)
    found, expected = (out[0] if isinstance(out, tuple) else out for out in (found, expected))
    np.testing.assert_allclose(found.numpy(), expected.detach().resolve_conj().numpy(), rtol=1e-8, atol=1e-10)
    c = rng.normal(size=found.shape) * (1 + 0.5j if found.dtype.kind == "c" else 1)
    found.backward(c)
    expected.backward(torch.tensor(c))
    peers = dict(peer.named_parameters())
    pairs = [*zip(ours, theirs, strict=True), *((p, peers[name]) for name, p in module.named_parameters())]
    for x, theirs_of_x in pairs:
        if x.grad is not None:
            expected = theirs_of_x.grad.resolve_conj().numpy()
            np.testing.assert_allclose(x.grad.numpy(), expected, rtol=1e-6, atol=1e-8)


@rows(others)
@pytest.mark.parametrize("kind", [np.array, lambda x: Tensor(x, requires_grad=True)], ids=["array", "Tensor"])
def test_others_refuse_complex_numbers_by_name(case: ModuleCase, kind: Any, rng: np.random.Generator) -> None:
    """Each warning is an error in these tests, so that a ComplexWarning would be one here."""
    module, inputs = case.make(rng), case.inputs(rng)
    if not any(x.dtype.kind == "f" for x in inputs):
        with pytest.raises(DTypeError, match="is defined for real numbers"):
            module.astype(np.complex128)
        return
    inputs = [kind(x + 0.2j) if x.dtype.kind == "f" else x for x in inputs]
    with pytest.raises(DTypeError, match=r"real numbers|complex128"):
        module(*inputs)


def test_complex_parameters_are_refused_by_who_is_defined_for_real_numbers() -> None:
    for make in (
        lambda: nn.BatchNorm1d(3, dtype=np.complex64), lambda: nn.LayerNorm(3, dtype=np.complex64),
        lambda: nn.MultiheadAttention(4, 2, dtype=np.complex64), lambda: nn.PReLU(dtype=complex),
    ):  # fmt: skip
        with pytest.raises(DTypeError, match=r"\w+ is defined for real numbers; got dtype=complex"):
            make()
    net = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    with pytest.raises(DTypeError, match=r"1 \(BatchNorm1d\) is defined for real numbers: convert the parts"):
        net.to(np.complex64)
    assert net[0].weight.dtype == np.float32, "nothing was changed"
    with pytest.raises(DTypeError, match="relu is defined for real numbers; got complex64"):
        F.relu(np.ones(2, np.complex64))


def test_conversions() -> None:
    layer = nn.Linear(2, 3).to(np.complex64)
    assert layer.double().weight.dtype == np.complex64, "as in PyTorch"
    assert layer.astype(np.complex128).weight.dtype == np.complex128
    with pytest.raises(DTypeError, match="would lose its imaginary part"):
        layer.to(np.float32)
    assert layer(np.ones((4, 2))).dtype == np.complex128, "real input becomes complex"
    with pytest.raises(DTypeError, match=r"has parameters of float32; got complex128\. Make them complex"):
        nn.Linear(2, 3)(np.ones((4, 2), complex))
    with pytest.raises(ArgumentError, match="complex128, which does not convert to float32"):
        nn.Linear(2, 3).load_state_dict(layer.state_dict())
    vector = nn.parameters_to_vector(layer)
    nn.vector_to_parameters(np.asarray(vector.numpy()) * 1j, layer.parameters())
    np.testing.assert_array_equal(nn.parameters_to_vector(layer).numpy(), vector.numpy() * 1j)
    with pytest.raises(DTypeError, match="would lose the imaginary part"):
        nn.vector_to_parameters(np.zeros(9, complex), nn.Linear(2, 3).parameters())
    with pytest.raises(DTypeError, match="grad of a tensor of float32 must be real"):
        nn.Linear(2, 3).bias.grad = np.ones(3) * 1j  # type: ignore[union-attr]


@pytest.mark.oracle
@pytest.mark.parametrize("name", ["uniform_", "normal_", "xavier_uniform_", "xavier_normal_", "kaiming_uniform_",
                                  "kaiming_normal_", "sparse_"])  # fmt: skip
def test_initial_values_are_distributed_as_pytorchs(name: str) -> None:
    torch = pytest.importorskip("torch")
    options = {"sparse_": {"sparsity": 0.25}, "normal_": {"mean": 3.0, "std": 2.0}}.get(name, {})
    torch.manual_seed(0)
    theirs = getattr(torch.nn.init, name)(torch.empty(200, 300, dtype=torch.complex128), **options).numpy()
    tensor = nn.Parameter(np.zeros((200, 300), complex))
    ours = getattr(init, name)(tensor, rng=np.random.default_rng(0), **options).numpy()
    for part in (np.real, np.imag):
        for statistic in (np.mean, np.std):
            limit = 0.02 * np.std(part(theirs))
            np.testing.assert_allclose(statistic(part(ours)), statistic(part(theirs)), rtol=0.02, atol=limit)
    correlation = np.mean(np.real(ours - ours.mean()) * np.imag(ours - ours.mean())) / np.var(np.real(ours))
    assert abs(correlation) < 0.05 or name == "sparse_", "the parts are independent"


def test_an_orthogonal_matrix_is_unitary_and_what_orders_numbers_is_refused() -> None:
    for shape in ((3, 5), (5, 3)):
        w = init.orthogonal_(nn.Parameter(np.zeros(shape, complex)), gain=2.0, rng=np.random.default_rng(0)).numpy()
        gram = w @ w.conj().T if shape[0] < shape[1] else w.conj().T @ w
        np.testing.assert_allclose(gram, 4 * np.eye(3), atol=1e-12)
        assert np.abs(np.imag(w)).max() > 0.1
    np.testing.assert_array_equal(init.constant_(nn.Parameter(np.zeros(2, complex)), 1 + 2j).numpy(), [1 + 2j] * 2)
    with pytest.raises(DTypeError, match="trunc_normal_ has an interval of real numbers"):
        init.trunc_normal_(nn.Parameter(np.zeros(2, complex)))


def test_losses_of_real_and_complex_numbers_together() -> None:
    x, z = np.array([1.0, 2.0]), np.array([1.0 + 1j, 2.0])
    assert float(F.mse_loss(x, z)) == float(F.mse_loss(z, x)) == 0.5
    assert float(F.l1_loss(x, z, reduction="sum")) == 1.0
    assert F.mse_loss(x.astype(np.float32), z).dtype == np.float32
    t = Tensor(z, requires_grad=True)
    F.mse_loss(t, x, reduction="sum", weight=np.array([2.0, 1.0])).backward()
    np.testing.assert_allclose(t.grad.numpy(), [4j, 0])


def test_sigmoid_is_exact_far_from_the_origin() -> None:
    z = np.array([800 + 1j, -800 + 1j, -40 + 2j, 0.5j])
    with np.errstate(over="raise"):
        s = F.sigmoid(z)
    np.testing.assert_allclose(s[:3], [1, 0, np.exp(z[2]) / (1 + np.exp(z[2]))], rtol=1e-14)
    np.testing.assert_allclose(s + F.sigmoid(-z), 1, rtol=1e-14)


def test_a_network_of_complex_numbers_learns() -> None:
    rng = np.random.default_rng(0)
    net = nn.Sequential(
        nn.Linear(3, 8, dtype=np.complex64, rng=rng), nn.Tanh(), nn.Linear(8, 2, dtype=np.complex64, rng=rng)
    )
    z = (rng.normal(size=(64, 3)) + 1j * rng.normal(size=(64, 3))).astype(np.complex64) * 0.3
    target = np.stack([z[:, 0] * z[:, 1], 1j * z[:, 2]], axis=1)
    optimizer = optim.Adam(net.parameters(), lr=0.02)
    losses = []
    for _ in range(60):
        optimizer.zero_grad()
        loss = F.mse_loss(net(z), target)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.3 * losses[0]
    assert all(p.dtype == np.complex64 for p in net.parameters())
