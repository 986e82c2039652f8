"""Two steps of the course's formulas by hand, and ten steps of every optimizer against PyTorch's."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nn
import optim
from tests.cases.optimizers import OPTIMIZERS, OptimizerCase

PEERS = [case for case in OPTIMIZERS if case.peer]
LONG = [case for case in PEERS if case.cls is not optim.LBFGS]
peers = pytest.mark.parametrize("case", PEERS, ids=[case.name for case in PEERS])
LR, MU, B1, B2, EPS = 0.1, 0.9, 0.9, 0.999, 1e-8


def gradient(x: float) -> float:
    """The gradient of f(x) = x³."""
    return 3 * x**2


def two_steps(cls: Any, rates: tuple[float, float] = (LR, LR), **options: Any) -> tuple[float, float]:
    """The iterates of an optimizer that starts at 1."""
    p = nn.Parameter(np.array([1.0]))
    optimizer = cls([p], **options)
    found = []
    for rate in rates:
        optimizer.param_groups[0]["lr"] = rate
        optimizer.zero_grad()
        (p**3).sum().backward()
        optimizer.step()
        found.append(p.item())
    return found[0], found[1]


def by_hand(first: Callable[[float], float], second: Callable[[float, float, float], float]) -> tuple[float, float]:
    """x1 from the first gradient; x2 from x1 and both gradients."""
    g1 = gradient(1.0)
    x1 = first(g1)
    return x1, second(x1, g1, gradient(x1))


ROOT1, ROOT2 = math.sqrt(1 - B2), math.sqrt(1 - B2**2)
FORMULAS: list[tuple[Any, dict[str, Any], tuple[float, float]]] = [
    (optim.SGD, {}, by_hand(lambda g: 1 - LR * g, lambda x, g1, g2: x - LR * g2)),
    (optim.SGD, {"momentum": MU}, by_hand(lambda g: 1 - LR * g, lambda x, g1, g2: x - LR * (MU * g1 + g2))),
    (
        optim.SGD, {"momentum": MU, "dampening": 0.3},
        by_hand(lambda g: 1 - LR * g, lambda x, g1, g2: x - LR * (MU * g1 + 0.7 * g2)),
    ),
    (
        optim.SGD, {"momentum": MU, "nesterov": True},
        by_hand(lambda g: 1 - LR * (g + MU * g), lambda x, g1, g2: x - LR * (g2 + MU * (MU * g1 + g2))),
    ),
    (
        optim.SGD, {"weight_decay": 0.5},
        by_hand(lambda g: 1 - LR * (g + 0.5), lambda x, g1, g2: x - LR * (g2 + 0.5 * x)),
    ),
    (optim.SGD, {"maximize": True}, by_hand(lambda g: 1 + LR * g, lambda x, g1, g2: x + LR * g2)),
    (
        optim.SGD, {"momentum": MU, "formulation": "sutskever"},
        by_hand(lambda g: 1 - LR * g, lambda x, g1, g2: x + MU * (-LR * g1) - LR * g2),
    ),
    (
        optim.SGD, {"momentum": MU, "nesterov": True, "formulation": "sutskever"},
        by_hand(
            lambda g: 1 + MU * (-LR * g) - LR * g,
            lambda x, g1, g2: x + MU * (MU * (-LR * g1) - LR * g2) - LR * g2,
        ),
    ),
    (
        optim.Adagrad, {"eps": EPS},
        by_hand(lambda g: 1 - LR * g / (g + EPS), lambda x, g1, g2: x - LR * g2 / (math.hypot(g1, g2) + EPS)),
    ),
    (
        optim.RMSprop, {"alpha": 0.9},
        by_hand(
            lambda g: 1 - LR * g / (math.sqrt(0.1 * g**2) + EPS),
            lambda x, g1, g2: x - LR * g2 / (math.sqrt(0.9 * 0.1 * g1**2 + 0.1 * g2**2) + EPS),
        ),
    ),
    (
        optim.Adam, {},
        by_hand(
            lambda g: 1 - LR * g / (g + EPS),
            lambda x, g1, g2: x - LR * ((B1 * (1 - B1) * g1 + (1 - B1) * g2) / (1 - B1**2))
            / (math.sqrt((B2 * (1 - B2) * g1**2 + (1 - B2) * g2**2) / (1 - B2**2)) + EPS),
        ),
    ),
    (
        optim.Adam, {"bias_correction": False},
        by_hand(
            lambda g: 1 - LR * (1 - B1) * g / (ROOT1 * g + EPS),
            lambda x, g1, g2: x - LR * (1 - B1) * (B1 * g1 + g2) / (math.sqrt((1 - B2) * (B2 * g1**2 + g2**2)) + EPS),
        ),
    ),
    (
        optim.AdamW, {"weight_decay": 0.5},
        by_hand(
            lambda g: (1 - LR * 0.5) - LR,
            lambda x, g1, g2: (1 - LR * 0.5) * x - LR * ((1 - B1) * (B1 * g1 + g2) / (1 - B1**2))
            / math.sqrt((1 - B2) * (B2 * g1**2 + g2**2) / (1 - B2**2)),
        ),
    ),
    (
        optim.Lion, {"weight_decay": 0.5},
        by_hand(
            lambda g: (1 - LR * 0.5) - LR,
            lambda x, g1, g2: (1 - LR * 0.5) * x - LR * math.copysign(1, 0.9 * 0.01 * g1 + 0.1 * g2),
        ),
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("cls", "options", "expected"), FORMULAS, ids=[f"{cls.__name__} {options}" for cls, options, _ in FORMULAS]
)
def test_two_steps_by_hand(cls: Any, options: dict[str, Any], expected: tuple[float, float]) -> None:
    assert np.allclose(two_steps(cls, **options), expected, rtol=1e-7 if cls is optim.AdamW else 1e-13, atol=0)


def test_without_bias_correction_adams_first_step_is_longer_by_what_the_docstring_says() -> None:
    (with_it, _), (without, _) = two_steps(optim.Adam), two_steps(optim.Adam, bias_correction=False)
    assert abs((1 - without) / (1 - with_it) - (1 - B1) / math.sqrt(1 - B2)) < 1e-6


def test_the_two_forms_of_momentum_differ_when_the_rate_changes_and_only_then() -> None:
    forms = [{"momentum": MU, "formulation": name} for name in ("pytorch", "sutskever")]
    assert np.allclose(*[two_steps(optim.SGD, **form) for form in forms], rtol=1e-14)
    pytorchs, sutskevers = (two_steps(optim.SGD, (0.1, 0.01), **form) for form in forms)
    assert pytorchs[0] == sutskevers[0]
    g1, g2 = gradient(1.0), gradient(pytorchs[0])
    assert abs(pytorchs[1] - (pytorchs[0] - 0.01 * (MU * g1 + g2))) < 1e-15  # the new rate applies to all of b
    assert (
        abs(sutskevers[1] - (pytorchs[0] - MU * 0.1 * g1 - 0.01 * g2)) < 1e-15
    )  # the old rate applies to the gradients in v
    assert abs(sutskevers[1] - pytorchs[1]) > 0.2


# Against PyTorch


class Twins:
    """The same three parameters in two groups, ours and PyTorch's, with the same optimizer and the same objective."""

    def __init__(self, case: OptimizerCase, dtype: Any, torch: Any) -> None:
        rng = np.random.default_rng(0)
        self.case, self.torch = case, torch
        starts = [rng.uniform(0.5, 1, size=shape).astype(dtype) for shape in case.shapes]
        self.ours = [nn.Parameter(start) for start in starts]
        self.theirs = [torch.tensor(start, requires_grad=True) for start in starts]
        self.make()

    def make(self) -> None:
        lr = 0.5 if self.case.cls is optim.LBFGS else 0.02
        self.optimizer = self.case.cls(self._groups(self.ours), lr=lr, **self.case.options)
        self.peer = getattr(self.torch.optim, self.case.cls.__name__)(
            self._groups(self.theirs), lr=lr, **self.case.options
        )

    def _groups(self, params: list[Any]) -> list[dict[str, Any]]:
        if self.case.cls is optim.LBFGS:  # takes only one group
            return [{"params": params}]
        return [{"params": params[:2]}, {"params": params[2:], "lr": 0.05}]

    def step(self, left_out: int | None = None) -> None:
        for params, optimizer in ((self.ours, self.optimizer), (self.theirs, self.peer)):

            def closure(params: list[Any] = params, optimizer: Any = optimizer) -> Any:
                optimizer.zero_grad()
                loss = sum((p * p * p / 3 + p * p).sum() for i, p in enumerate(params) if i != left_out)
                loss = loss + (params[0].reshape(-1)[0] * params[2].sum() if left_out is None else 0)
                loss.backward()
                return loss

            optimizer.step(closure)

    def check(self) -> None:
        for p, q in zip(self.ours, self.theirs, strict=True):
            eps = max(self.case.tolerance * float(np.finfo(p.dtype).eps), self.case.least)
            assert np.allclose(p.numpy(), q.detach().numpy(), rtol=eps, atol=eps)

    def check_state(self) -> None:
        ours, theirs = self.optimizer.state_dict()["state"], self.peer.state_dict()["state"]
        for i in ours:
            eps = max(4 * self.case.tolerance * float(np.finfo(self.ours[i].dtype).eps), self.case.least)
            assert ours[i].keys() == {key for key, value in theirs.get(i, {}).items() if value is not None}
            for key in ours[i]:
                assert np.allclose(ours[i][key], theirs[i][key].numpy(), rtol=eps, atol=eps), key


@pytest.fixture
def torch_in_full_precision(monkeypatch: pytest.MonkeyPatch) -> Any:
    """PyTorch whose Muon iterates in the dtype of the parameters, as ours does, instead of bfloat16."""
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(torch.Tensor, "bfloat16", torch.Tensor.clone)
    return torch


@pytest.mark.oracle
@peers
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_takes_pytorchs_steps(case: OptimizerCase, dtype: Any, torch_in_full_precision: Any) -> None:
    twins = Twins(case, dtype, torch_in_full_precision)
    for k in range(10):
        if k == 5:  # both are replaced by what their saved states give
            saved, theirs = twins.optimizer.state_dict(), twins.peer.state_dict()
            twins.make()
            twins.optimizer.load_state_dict(saved)
            twins.peer.load_state_dict(theirs)
        # After k == 2 parameter 1 is one step behind.
        twins.step(left_out=1 if k == 2 and case.cls is not optim.LBFGS else None)
        twins.check()
    if case.cls is not optim.LBFGS:
        twins.check_state()
    assert twins.ours[0].dtype == dtype


@pytest.mark.oracle
@pytest.mark.parametrize("case", LONG, ids=[case.name for case in LONG])
def test_takes_pytorchs_steps_for_long(case: OptimizerCase, torch_in_full_precision: Any) -> None:
    """With gradients that do not depend on the parameters: near a minimum a rounding error may turn a step around."""
    torch, rng = torch_in_full_precision, np.random.default_rng(0)
    torch.set_default_dtype(torch.float64)  # also of what it remembers of a parameter as a whole
    try:
        twins = Twins(case, np.float64, torch)
        for _ in range(200):
            for p, q in zip(twins.ours, twins.theirs, strict=True):
                p.grad = rng.normal(size=p.shape)
                q.grad = torch.tensor(p.grad.numpy())
            twins.optimizer.step()
            twins.peer.step()
    finally:
        torch.set_default_dtype(torch.float32)
    for p, q in zip(twins.ours, twins.theirs, strict=True):
        assert np.allclose(p.numpy(), q.detach().numpy(), rtol=1e-13, atol=1e-13)


@pytest.mark.oracle
@peers
def test_continues_from_pytorchs_state_and_pytorch_from_ours(case: OptimizerCase, torch_in_full_precision: Any) -> None:
    torch = torch_in_full_precision

    def converted(tree: Any, leaf: Callable[[Any], Any]) -> Any:
        if isinstance(tree, dict):
            return {key: converted(value, leaf) for key, value in tree.items()}
        return [converted(item, leaf) for item in tree] if isinstance(tree, list) else leaf(tree)

    twins = Twins(case, np.float64, torch)
    for _ in range(4):
        twins.step()
    theirs = converted(twins.peer.state_dict(), lambda x: x.numpy() if isinstance(x, torch.Tensor) else x)
    mine = converted(twins.optimizer.state_dict(), lambda x: torch.tensor(x) if isinstance(x, np.ndarray) else x)
    twins.make()
    twins.optimizer.load_state_dict(theirs)
    twins.peer.load_state_dict(mine)
    for _ in range(3):
        twins.step()
        twins.check()


@pytest.mark.oracle
def test_muon_differs_from_pytorchs_by_the_rounding_to_bfloat16() -> None:
    torch = pytest.importorskip("torch")
    twins = Twins(OptimizerCase(optim.Muon, {"weight_decay": 0.0}, shapes=((40, 30),) * 3), np.float32, torch)
    starts = [p.numpy().copy() for p in twins.ours]
    twins.step()
    for p, q, start in zip(twins.ours, twins.theirs, starts, strict=True):
        change, theirs = p.numpy() - start, q.detach().numpy() - start
        assert 1e-4 < np.linalg.norm(change - theirs) / np.linalg.norm(theirs) < 0.05


@pytest.mark.oracle
@pytest.mark.parametrize("name", sorted({case.cls.__name__ for case in PEERS}))
def test_names_and_defaults_are_pytorchs(name: str) -> None:
    torch = pytest.importorskip("torch")
    cls = getattr(optim, name)
    ours = {key: p.default for key, p in inspect.signature(cls).parameters.items() if key not in cls.ours}
    theirs = {key: p.default for key, p in inspect.signature(getattr(torch.optim, name)).parameters.items()}
    for key in ("foreach", "capturable", "differentiable", "fused", *["decoupled_weight_decay"] * (name == "Adam")):
        theirs.pop(key, None)  # for Adam with decoupled_weight_decay there is AdamW
    assert ours == theirs
    in_order, theirs_in_order = ([key for key in keys if key != "maximize"] for keys in (ours, theirs))
    assert in_order == theirs_in_order
