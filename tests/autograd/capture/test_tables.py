"""Every Module and every Optimizer: captured steps beside eager ones, to the bit."""

import copy

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor
from autograd.errors import CaptureError
from tests.cases.modules import MODULES
from tests.cases.optimizers import OPTIMIZERS


def leaves(out):
    return [x for x in autograd.tree_leaves(out) if isinstance(x, Tensor) and x.dtype.kind == "f"]


def variables(xs):
    return autograd.tree_map(
        lambda x: Tensor(np.array(x), requires_grad=True) if np.asarray(x).dtype.kind == "f" else x, xs
    )


def stepped(module, xs, *, captured):
    """Five losses of a module, of other inputs each time, and what they left: gradients and state."""
    xs = variables(xs)
    wanted = [*module.parameters(), *leaves(xs)]

    def step(*xs):
        for x in wanted:
            x.grad = None
        found = leaves(module(*xs))
        loss = sum((np.tanh(x) * 0.5).sum() for x in found)
        if isinstance(loss, Tensor) and loss.requires_grad:
            loss.backward()
        return loss

    run = autograd.capture(step) if captured else step
    autograd.seed(3)
    losses = []
    for _ in range(5):
        with autograd.no_grad():
            for x in leaves(xs):
                x *= 0.99
        losses.append(np.asarray(getattr(loss := run(*xs), "_array", loss)).tobytes())
    grads = [None if p.grad is None else p.grad.numpy().tobytes() for p in wanted]
    return losses, grads, [np.asarray(v).tobytes() for v in module.state_dict().values()], run


def may_be_refused(module):
    """Modules that look at values: the count of a running average, the length of a bag, the norm of a row."""
    if isinstance(module, nn.EmbeddingBag) or getattr(module, "return_indices", False) and module.padding:
        return True
    return getattr(module, "max_norm", None) is not None or module.training and getattr(module, "momentum", 0) is None


@pytest.mark.parametrize("train", [True, False], ids=["train", "eval"])
@pytest.mark.parametrize("case", MODULES, ids=lambda case: case.name)
def test_module(case, train):
    rng = np.random.default_rng(0)
    module = case.make(rng).train(train)
    xs = case.inputs(rng)
    twin = copy.deepcopy(module)
    *eager, _ = stepped(twin, xs, captured=False)
    try:
        *captured, run = stepped(module, xs, captured=True)
    except CaptureError:
        assert may_be_refused(module), "this module is one that can be captured"
        return
    assert captured == eager
    if not (train and "spectral_norm" in case.name):  # whose state is another array after each call: never settles
        assert run.calls["replayed"] == 2, run.explain()


@pytest.mark.parametrize("case", OPTIMIZERS, ids=lambda case: case.name)
def test_optimizer(case):
    if case.cls.needs_closure:
        pytest.skip("it evaluates the loss itself")

    def trained(captured):
        rng = np.random.default_rng(1)
        params = [nn.Parameter(rng.normal(size=shape)) for shape in case.shapes]
        optimizer = case.cls(params, **case.options)

        def step(x):
            optimizer.zero_grad()
            loss = sum(np.sum(np.cos(p * x) * p) for p in params)
            loss.backward()
            optimizer.step()
            return loss

        run = autograd.capture(step) if captured else step
        losses = [run(np.float64(rng.normal())).numpy() for _ in range(10)]
        return losses, [p.numpy().copy() for p in params], optimizer.state_dict()["state"], run

    losses, params, state, run = trained(True)
    expected, expected_params, expected_state, _ = trained(False)
    assert losses == expected
    assert all(np.array_equal(p, q) for p, q in zip(params, expected_params, strict=True))
    assert all(
        np.array_equal(state[i][key], value) for i, of_p in expected_state.items() for key, value in of_p.items()
    )
    assert run.calls["replayed"] == 7, run.explain()
