"""Hooks of modules, before and after forward and in the sweep, with the arguments and the order of PyTorch's."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref
from typing import Any, NamedTuple

import numpy as np
import pytest

import nn
from autograd import Tensor, gradcheck, gradgradcheck, no_grad
from autograd.engine.gradients import gradients
from autograd.errors import ArgumentError, InPlaceError, ShapeError


class Scale(nn.Module):
    """Several inputs, several outputs."""

    def __init__(self) -> None:
        self.weight = nn.Parameter(np.array([2.0, 3.0]))

    def forward(self, x: Any, y: Any = 1.0, *, twice: bool = False) -> Any:
        return x * self.weight * (2 if twice else 1), x + y


class NamedPair(NamedTuple):
    a: Any
    b: Any


@pytest.fixture
def layer() -> nn.Linear:
    made = nn.Linear(2, 2, bias=False, dtype=np.float64)
    nn.init.constant_(made.weight, 1.0)
    return made


def leaf(*values: float) -> Tensor:
    return Tensor(np.array(values, np.float64), requires_grad=True)


# Around forward


def test_a_forward_hook_sees_and_may_replace_the_output(layer: nn.Linear) -> None:
    seen: list[Any] = []
    layer.register_forward_hook(lambda module, args, output: seen.append((module, args, output.tolist())))
    layer.register_forward_hook(lambda module, args, output: output * 10)
    layer.register_forward_hook(lambda module, args, output: seen.append(output.tolist()))
    x = leaf(1, 2)
    out = layer(x)
    assert out.tolist() == [30, 30]
    assert seen == [(layer, (x,), [3, 3]), [30, 30]]
    out.sum().backward()
    assert x.grad.tolist() == [20, 20]


def test_a_pre_hook_may_replace_the_input(layer: nn.Linear) -> None:
    layer.register_forward_pre_hook(lambda module, args: args[0] + 1)
    layer.register_forward_pre_hook(lambda module, args: (args[0] * 2,))
    assert layer(np.array([1.0, 2.0])).tolist() == [10, 10]


def test_hooks_with_keyword_arguments() -> None:
    module = Scale()
    seen: list[Any] = []
    module.register_forward_pre_hook(lambda m, args, kwargs: (args, {**kwargs, "twice": True}), with_kwargs=True)
    module.register_forward_hook(lambda m, args, kwargs, out: seen.append((len(args), kwargs)), with_kwargs=True)
    assert module(leaf(1, 1), y=5.0)[0].tolist() == [4, 6]
    assert seen == [(1, {"y": 5.0, "twice": True})]
    module.register_forward_pre_hook(lambda m, args, kwargs: args, with_kwargs=True)
    with pytest.raises(ArgumentError, match=r"returns None or \(args, kwargs\); one of Scale returned"):
        module(leaf(1, 1))


def test_hooks_run_in_order_and_prepend_comes_first(layer: nn.Linear) -> None:
    order: list[int] = []
    for register in (layer.register_forward_pre_hook, layer.register_forward_hook):
        for i, prepend in ((1, False), (2, False), (0, True)):
            register(lambda *_, i=i: order.append(i), prepend=prepend)
    layer(np.ones(2))
    assert order == [0, 1, 2, 0, 1, 2]


def test_handles_take_hooks_away_and_then_the_call_is_the_short_one(layer: nn.Linear) -> None:
    calls: list[str] = []
    first = layer.register_forward_hook(lambda *_: calls.append("first"))
    with layer.register_forward_pre_hook(lambda *_: calls.append("pre")):
        layer(np.ones(2))
    layer(np.ones(2))
    first.remove()
    first.remove()
    layer(np.ones(2))
    assert calls == ["pre", "first", "first"]
    assert "_module_hooks" not in vars(layer)


def test_a_hook_may_remove_itself(layer: nn.Linear) -> None:
    calls: list[int] = []

    def once(*_: Any) -> None:
        calls.append(1)
        handle.remove()

    handle = layer.register_forward_hook(once)
    layer.register_forward_hook(lambda *_: calls.append(2))
    layer(np.ones(2))
    layer(np.ones(2))
    assert calls == [1, 2, 2]


def test_always_call_runs_when_forward_fails(layer: nn.Linear) -> None:
    seen: list[Any] = []
    layer.register_forward_hook(lambda module, args, output: seen.append("plain"))
    layer.register_forward_hook(lambda module, args, output: seen.append(output), always_call=True)
    layer.register_forward_hook(lambda module, args, output: 1 / 0, always_call=True)
    with pytest.raises(ShapeError) as caught:
        layer(np.ones(3))
    assert seen == [None]
    assert "always_call=True raised ZeroDivisionError" in caught.value.__notes__[0]


def test_what_is_no_function_is_refused(layer: nn.Linear) -> None:
    with pytest.raises(ArgumentError, match="a hook is a function; got 3"):
        layer.register_forward_hook(3)  # type: ignore[arg-type]
    assert "_module_hooks" not in vars(layer)


def test_hooks_are_no_part_of_the_model(layer: nn.Linear) -> None:
    layer.register_forward_hook(nn.ReLU().__call__)
    layer.register_forward_hook(nn.Linear(1, 1))  # a module is a function, too
    assert list(layer.children()) == []
    assert list(layer.state_dict()) == ["weight"]
    assert "hooks" not in repr(layer)


def named_hook(module: Any, args: Any, output: Any) -> Any:
    return output * 2


def test_hooks_go_along_in_copies_and_pickles(layer: nn.Linear) -> None:
    layer.handle = layer.register_forward_hook(named_hook)  # type: ignore[attr-defined]
    x = np.ones(2)
    for twin in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert twin(x).tolist() == [4, 4]
        twin.handle.remove()
        assert twin(x).tolist() == [2, 2]
        assert layer(x).tolist() == [4, 4]


def test_a_handle_does_not_keep_its_module_alive() -> None:
    gc.disable()
    try:
        layer = nn.Linear(2, 2)
        handle = layer.register_full_backward_hook(lambda *_: None)
        x = leaf(1, 1)
        layer(x).sum().backward()
        gone = weakref.ref(layer)
        del layer
        assert gone() is None
    finally:
        gc.enable()
    handle.remove()
    pickle.loads(pickle.dumps(handle)).remove()


# Around the sweep


def test_a_backward_hook_sees_both_gradients(layer: nn.Linear) -> None:
    seen: list[Any] = []
    layer.register_full_backward_hook(
        lambda module, gi, go: seen.append((module, [g.tolist() for g in gi], [g.tolist() for g in go]))
    )
    x = leaf(1, 2)
    (layer(x) * np.array([3.0, 4.0])).sum().backward()
    assert seen == [(layer, [[7, 7]], [[3, 4]])]
    assert x.grad.tolist() == [7, 7]
    assert layer.weight.grad.tolist() == [[3, 6], [4, 8]]


def test_a_backward_hook_may_replace_the_gradient_of_the_input(layer: nn.Linear) -> None:
    layer.register_full_backward_hook(lambda module, gi, go: (gi[0] * 10,))
    layer.register_full_backward_hook(lambda module, gi, go: gi[0].numpy() + 1)  # one gradient needs no tuple
    x = leaf(1, 2)
    layer(x).sum().backward()
    assert x.grad.tolist() == [21, 21]
    assert layer.weight.grad.tolist() == [[1, 2], [1, 2]]


def test_a_backward_pre_hook_may_replace_the_gradient_of_the_output(layer: nn.Linear) -> None:
    seen: list[Any] = []
    layer.register_full_backward_pre_hook(lambda module, go: (go[0] * 5,))
    layer.register_full_backward_hook(lambda module, gi, go: seen.append(go[0].tolist()))
    x = leaf(1, 2)
    layer(x).sum().backward()
    assert x.grad.tolist() == [10, 10]
    assert seen == [[5, 5]]
    assert layer.weight.grad.tolist() == [[5, 10], [5, 10]]


def test_several_inputs_and_outputs() -> None:
    module, seen = Scale(), []
    module.register_full_backward_hook(lambda m, gi, go: seen.append((gi, go)))
    x, y = leaf(1, 2), leaf(5, 5)
    a, b = module(x, y)
    (a * 2 + b * 3).sum().backward()
    (gi, go), = seen  # fmt: skip
    assert [g.tolist() for g in gi] == [[7, 9], [3, 3]]
    assert [g.tolist() for g in go] == [[2, 2], [3, 3]]
    seen.clear()
    module(x, 1.0, twice=True)[1].sum().backward()  # a number gets no gradient; an output that is not used gives zeros
    (gi, go), = seen  # fmt: skip
    assert gi[0].tolist() == [1, 1]
    assert gi[1] is None
    assert [g.tolist() for g in go] == [[0, 0], [1, 1]]


@pytest.mark.parametrize("make", [list, lambda pair: dict(zip("ab", pair, strict=True)), lambda pair: NamedPair(*pair)])
def test_outputs_keep_their_kind(make: Any) -> None:
    class Kind(nn.Module):
        def forward(self, x: Any) -> Any:
            return make([x * 2, x * 3])

    module, seen = Kind(), []
    module.register_full_backward_hook(lambda m, gi, go: seen.append([g.tolist() for g in go]))
    x = leaf(1)
    out = module(x)
    assert type(out) is type(make([1, 2]))
    first, second = out.values() if isinstance(out, dict) else out
    (first + second * 10).sum().backward()
    assert seen == [[[1], [10]]]
    assert x.grad.tolist() == [32]


def test_without_a_gradient_of_the_input_the_hook_still_sees_the_outputs(layer: nn.Linear) -> None:
    seen: list[Any] = []
    layer.register_full_backward_hook(lambda module, gi, go: seen.append((gi, go[0].tolist())))
    layer(np.ones(2)).sum().backward()
    assert seen == [((None,), [1, 1])]
    layer.register_full_backward_hook(lambda module, gi, go: go)
    with pytest.raises(ArgumentError, match="number 0, which gets none"):
        layer(np.ones(2)).sum().backward()


@pytest.mark.parametrize(
    ("returned", "error", "message"),
    [
        ((1, 2), ArgumentError, "a full backward hook of Linear returned 2 gradients; it must return 1"),
        (np.ones(3), ShapeError, r"shape \(2,\) for number 0; got shape \(3,\)"),
    ],
)
def test_what_a_backward_hook_returns_is_checked(
    layer: nn.Linear, returned: Any, error: type[Exception], message: str
) -> None:
    layer.register_full_backward_hook(lambda *_: returned)
    x = leaf(1, 2)
    with pytest.raises(error, match=message):
        layer(x).sum().backward()
    assert x.grad is None


def test_a_removed_backward_hook_is_not_called(layer: nn.Linear) -> None:
    calls: list[int] = []
    handle = layer.register_full_backward_hook(lambda *_: calls.append(1))
    loss = layer(leaf(1, 2)).sum()
    handle.remove()
    loss.backward()
    assert calls == []


def test_nothing_is_watched_under_no_grad(layer: nn.Linear) -> None:
    layer.register_full_backward_hook(lambda *_: None)
    with no_grad():
        assert not layer(leaf(1, 2)).requires_grad


def test_a_second_sweep_calls_again(layer: nn.Linear) -> None:
    calls: list[Any] = []
    layer.register_full_backward_hook(lambda module, gi, go: calls.append(go[0].tolist()))
    loss = layer(leaf(1, 2)).sum()
    loss.backward(retain_graph=True)
    loss.backward()
    assert calls == [[1, 1], [1, 1]]


def test_a_write_to_the_input_is_still_seen(layer: nn.Linear) -> None:
    layer.register_full_backward_hook(lambda *_: None)
    x = leaf(1, 2)
    loss = (layer(x) * x).sum()
    loss_of_one = layer(x).sum()
    with no_grad():
        x += 1
    for stale in (loss, loss_of_one):
        with pytest.raises(InPlaceError):
            stale.backward()


def test_hooked_modules_pass_the_numerical_check(rng: np.random.Generator) -> None:
    net = nn.Sequential(
        nn.Linear(3, 4, dtype=np.float64, rng=rng), nn.Tanh(), nn.Linear(4, 2, dtype=np.float64, rng=rng)
    )
    calls: list[int] = []
    for module in net.modules():
        module.register_full_backward_hook(lambda *_: calls.append(1))
        module.register_full_backward_pre_hook(lambda *_: None)
        module.register_forward_hook(lambda *_: None)
    x = rng.normal(size=(5, 3))
    assert gradcheck(net, x)
    assert gradgradcheck(net, x)
    assert calls


def test_hooks_are_recorded_in_a_graph_of_the_gradient() -> None:
    class Cube(nn.Module):
        def forward(self, x: Any) -> Any:
            return x**3

    module = Cube()
    module.register_full_backward_hook(lambda m, gi, go: (gi[0] * 2,))
    x = leaf(1, 2)
    (g,) = gradients(module(x).sum(), [x], create_graph=True)
    assert g.tolist() == [6, 24]
    (h,) = gradients(g.sum(), [x])
    assert h.tolist() == [
        12,
        24,
    ]  # not twice that: the second sweep passes the module's input, but not its output


def test_float32_stays(layer: nn.Linear) -> None:
    layer.float().register_full_backward_hook(lambda module, gi, go: (gi[0].numpy().astype(np.float64),))
    x = Tensor(np.ones(2, np.float32), requires_grad=True)
    layer(x).sum().backward()
    assert x.grad.dtype == np.float32


@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore:Full backward hook is firing")  # PyTorch's warning for inputs without a gradient
@pytest.mark.parametrize("tracked", [True, False])
def test_calls_and_gradients_are_pytorchs(tracked: bool) -> None:
    torch = pytest.importorskip("torch")

    def story(package: Any, tensor: Any, sequential: Any, linear: Any) -> tuple[list[Any], Any]:
        log: list[Any] = []
        net = sequential(linear(2, 2, bias=False), linear(2, 1, bias=False))
        values = {name: np.full((2, 2) if name[0] == "0" else (1, 2), 0.5, np.float32) for name in net.state_dict()}
        net.load_state_dict({name: package(value) for name, value in values.items()})

        def note(what: str, change: float | None = None) -> Any:
            def hook(module: Any, *groups: Any) -> Any:
                flat = [
                    [None if g is None else np.round(g.tolist(), 5).tolist() for g in group]
                    for group in groups
                    if isinstance(group, tuple)
                ]
                log.append((what, type(module).__name__, flat))
                if change is None or groups[0][0] is None:
                    return None
                return tuple(None if g is None else g * change for g in groups[0])

            return hook

        for module in (net, net[0], net[1]):
            module.register_forward_pre_hook(note("pre", 2.0))
            module.register_forward_hook(note("after"))
            module.register_full_backward_pre_hook(note("backward pre", 3.0))
            module.register_full_backward_hook(note("backward", 5.0))
            module.register_full_backward_hook(note("backward first"), prepend=True)
        x = tensor([[1.0, 2.0]], tracked)
        net(x).sum().backward()
        log.append([p.grad.tolist() for p in net.parameters()])
        log.append(x.grad.tolist() if tracked else None)
        return log, net

    ours, _ = story(np.asarray, lambda v, t: Tensor(np.array(v, np.float32), requires_grad=t), nn.Sequential, nn.Linear)
    theirs, _ = story(
        torch.from_numpy, lambda v, t: torch.tensor(v, requires_grad=t), torch.nn.Sequential, torch.nn.Linear
    )
    assert ours == theirs


@pytest.mark.oracle
def test_none_in_what_a_hook_returns_is_no_gradient_as_in_pytorch(layer: nn.Linear) -> None:
    torch = pytest.importorskip("torch")
    peer = torch.nn.Linear(2, 2)
    for module in (layer, peer):
        module.register_full_backward_hook(lambda *_: (None,))
    x, y = leaf(1, 2), torch.ones(2, requires_grad=True)
    layer(x).sum().backward()
    peer(y).sum().backward()
    assert x.grad.tolist() == [0, 0]
    assert y.grad is None or y.grad.tolist() == [0, 0]
