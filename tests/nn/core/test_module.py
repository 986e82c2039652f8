"""Module: its members, the methods that act on all of them, and state dicts. Hooks: test_module_hooks.py."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref
from typing import Any

import numpy as np
import pytest

import nn
from autograd import Tensor, no_grad
from autograd.errors import ArgumentError, DTypeError, InPlaceError, ShapeError


class Net(nn.Module):
    """Members held in every way: as an attribute, in a list, in a dict, shared, and a parameter of its own."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.first = nn.Linear(4, 3, rng=rng)
        self.layers = [nn.Linear(3, 3, rng=rng), nn.ReLU()]
        self.heads = {"a": nn.Linear(3, 2, rng=rng)}
        self.again = self.first
        self.scale = nn.Parameter(np.ones(2, np.float32))
        self.note = "not a parameter"

    def forward(self, x: Any) -> Any:
        x = self.first(x)
        for layer in self.layers:
            x = layer(x)
        return self.heads["a"](x) * self.scale


@pytest.fixture
def net(rng: np.random.Generator) -> Net:
    return Net(rng)


def test_names_are_paths_and_what_is_shared_counts_once(net: Net) -> None:
    names = [name for name, _ in net.named_parameters()]
    assert names == [
        "scale", "first.weight", "first.bias", "layers.0.weight", "layers.0.bias", "heads.a.weight", "heads.a.bias",
    ]  # fmt: skip
    assert [name for name, _ in net.named_modules()] == ["", "first", "layers.0", "layers.1", "heads.a"]
    assert len(list(net.children())) == 4
    assert net.layers[0].weight.name == "layers.0.weight"


def test_a_name_given_by_the_user_stays() -> None:
    module = nn.Module()
    module.p = nn.Parameter([1.0], name="temperature")
    assert [name for name, _ in module.named_parameters()] == ["p"]
    assert module.p.name == "temperature"


def test_a_module_that_holds_itself_is_walked_once() -> None:
    module = nn.Module()
    module.child = nn.Linear(2, 2)
    module.child.parent = module
    assert len(list(module.modules())) == 2
    assert list(module.state_dict()) == ["child.weight", "child.bias"]
    assert len(list(module.named_modules(remove_duplicate=False))) == 2


def test_train_and_eval_reach_every_module(net: Net) -> None:
    assert net.training
    assert net.eval() is net
    assert not any(module.training for module in net.modules())
    net.train()
    assert all(module.training for module in net.modules())


def test_state_dict_is_a_copy(net: Net) -> None:
    state = net.state_dict()
    with no_grad():
        net.scale += 1
    assert state["scale"].tolist() == [1, 1]
    net.load_state_dict(state)
    assert net.scale.tolist() == [1, 1]


def test_state_dict_lists_a_shared_parameter_under_each_path(net: Net) -> None:
    assert {"first.weight", "again.weight"} <= set(net.state_dict())


def test_load_state_dict_lists_every_problem_and_changes_nothing(net: Net) -> None:
    before = net.state_dict()
    state = {name: value + 1 for name, value in before.items()}
    state["first.weight"] = np.zeros((3, 5))
    state["heads.a.bias"] = np.array(["a", "b"])
    state["stranger"] = np.zeros(1)
    del state["scale"]
    with pytest.raises(ArgumentError) as caught:
        net.load_state_dict(state)
    for part in (
        "scale is missing",
        "stranger is unexpected",
        "first.weight has shape (3, 5), not (3, 4)",
        "heads.a.bias has dtype",
    ):
        assert part in str(caught.value)
    assert all((after == before[name]).all() for name, after in net.state_dict().items())


def test_load_state_dict_not_strict_returns_what_did_not_match(net: Net) -> None:
    state = {"scale": np.array([5.0, 6.0]), "stranger": np.zeros(1)}
    result = net.load_state_dict(state, strict=False)
    assert result.unexpected_keys == ["stranger"]
    assert "first.weight" in result.missing_keys
    assert net.scale.tolist() == [5, 6]
    assert net.scale.dtype == np.float32


def test_loading_between_forward_and_backward_is_refused_by_name(net: Net) -> None:
    list(net.named_parameters())
    loss = net(np.ones((2, 4))).sum()
    net.load_state_dict(net.state_dict())
    with pytest.raises(InPlaceError, match=r"heads\.a\.weight|scale"):
        loss.backward()


def test_astype_converts_parameters_and_gradients(net: Net) -> None:
    net(np.ones((2, 4))).sum().backward()
    net.astype(np.float64)
    assert {p.dtype for p in net.parameters()} == {np.dtype(np.float64)}
    assert net.scale.grad is not None
    assert net.scale.grad.dtype == np.float64
    assert net(np.ones((2, 4), np.float32)).dtype == np.float64
    with pytest.raises(DTypeError, match="floating or complex dtype; got int64"):
        net.astype(np.int64)


def test_zero_grad_and_freezing(net: Net) -> None:
    net(np.ones((2, 4))).sum().backward()
    net.zero_grad(set_to_none=False)
    assert net.scale.grad is not None
    assert net.scale.grad.tolist() == [0, 0]
    net.zero_grad()
    assert net.scale.grad is None
    net.requires_grad_(False)
    assert not net(np.ones((2, 4))).requires_grad


def test_recorded_operations_know_their_module() -> None:
    net = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    node = net(np.ones((1, 2))).node
    assert node.scope == (net, net[1])


def test_a_failing_forward_leaves_no_scope_behind() -> None:
    net = nn.Sequential(nn.Linear(2, 2))
    with pytest.raises(ShapeError):
        net(np.ones((1, 3)))
    assert nn.ReLU()(Tensor([1.0], requires_grad=True)).node.scope[:-1] == ()


def test_a_module_is_pickled_and_copied(net: Net) -> None:
    x = np.ones((2, 4), np.float32)
    for twin in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert (twin(x) == net(x)).all()
        assert twin.again is twin.first
        assert twin.scale is not net.scale


def test_a_network_is_freed_without_the_garbage_collector(rng: np.random.Generator) -> None:
    gc.collect()
    gc.disable()
    try:
        net = nn.Sequential(nn.Linear(2, 2, rng=rng), nn.Residual(nn.Linear(2, 2, rng=rng)))
        loss = net(np.ones((1, 2))).sum()
        loss.backward()
        gone = weakref.ref(net[0].weight)
        del net, loss
        assert gone() is None
    finally:
        gc.enable()


# Finding


def test_super_init_may_be_called_or_not() -> None:
    class With(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(2, 1)

        def forward(self, x: Any) -> Any:
            return self.fc(x)

    class Without(With):
        def __init__(self) -> None:
            self.fc = nn.Linear(2, 1)

    for module in (With(), Without()):
        assert module(np.ones(2)).shape == (1,)
        assert module.training
        assert len(list(module.parameters())) == 2


def test_members_by_path(net: Net) -> None:
    assert net.get_submodule("") is net
    assert net.get_submodule("layers.0") is net.layers[0]
    assert net.get_submodule("heads.a") is net.heads["a"]
    assert net.get_parameter("layers.0.weight") is net.layers[0].weight
    assert net.get_parameter("again.bias") is net.first.bias
    net.register_buffer("mean", np.zeros(2))
    assert net.get_buffer("mean") is net.mean
    for get, target, message in [
        (net.get_submodule, "layer.0", r"this Net has no module 'layer\.0'\. Did you mean 'layers\.0'"),
        (net.get_parameter, "first.wieght", r"Did you mean 'first\.weight'"),
        (net.get_submodule, "scale", "is a Parameter, not a module"),
        (net.get_buffer, "nowhere_near_it", r"no buffer 'nowhere_near_it'\.$"),
    ]:
        with pytest.raises(AttributeError, match=message):
            get(target)


def test_options_of_the_walks(net: Net) -> None:
    assert [name for name, _ in net.named_parameters(recurse=False)] == ["scale"]
    assert len(list(net.parameters(recurse=False))) == 1
    every = [name for name, _ in net.named_parameters(remove_duplicate=False)]
    assert {"first.weight", "again.weight"} <= set(every)
    assert len(every) == len(list(net.parameters())) + 2
    assert "again" in dict(net.named_modules(remove_duplicate=False))
    assert next(net.named_parameters("net"))[0] == "net.scale"


@pytest.mark.oracle
def test_the_walks_are_pytorchs() -> None:
    torch = pytest.importorskip("torch")

    def build(package: Any, values: Any) -> Any:
        class Inner(package.Module):  # type: ignore[misc, name-defined]
            def __init__(self) -> None:
                super().__init__()
                self.register_buffer("table", values(2))
                self.register_buffer("scratch", values(2), persistent=False)
                self.register_buffer("left_out", None)
                self.lin = package.Linear(2, 2)
                self.register_parameter("w", package.Parameter(values(3)))
                self.register_parameter("nothing", None)

        class Outer(package.Module):  # type: ignore[misc, name-defined]
            def __init__(self) -> None:
                super().__init__()
                self.a = Inner()
                self.b = package.ModuleList([package.Linear(2, 2, bias=False), self.a.lin])
                self.a2 = self.a
                self.add_module("c", package.ModuleDict({"k": package.Linear(1, 1)}))
                self.tied = package.Linear(2, 2)
                self.tied.weight = self.a.lin.weight

        return Outer()

    def names(net: Any) -> list[Any]:
        order: list[str] = []
        net.apply(lambda module: order.append(type(module).__name__))
        return [
            order,
            [[name for name, _ in walk] for walk in (
                net.named_parameters(), net.named_buffers(), net.named_children(), net.named_modules(),
                net.named_parameters(remove_duplicate=False), net.named_modules(prefix="p", remove_duplicate=False),
                net.named_buffers(recurse=False), net.a.named_buffers(recurse=False),
                net.named_parameters(prefix="p", recurse=False),
            )],
            list(net.state_dict()),
            [len(list(walk)) for walk in (net.parameters(), net.buffers(), net.children(), net.modules())],
        ]  # fmt: skip

    ours, theirs = names(build(nn, np.ones)), names(build(torch.nn, torch.ones))
    assert ours[1:] == theirs[1:]
    assert sorted(set(ours[0])) == sorted(set(theirs[0]))
    assert ours[0][-1] == "Outer"  # children first; PyTorch visits a shared module more than once


def test_apply_goes_from_the_inside_out_and_once(net: Net) -> None:
    order: list[Any] = []
    assert net.apply(order.append) is net
    assert order == [net.first, *net.layers, net.heads["a"], net]


def test_registering(net: Net) -> None:
    net.register_buffer("mean", [0.0, 0.0])
    net.register_buffer("scratch", np.zeros(1), persistent=False)
    net.register_buffer("later", None)
    net.register_parameter("gain", nn.Parameter([1.0]))
    net.register_parameter("none", None)
    net.register_module("extra", nn.ReLU())
    net.add_module("first", nn.Linear(4, 3))  # replaces a module
    net.register_buffer("later", np.ones(1))  # replaces None
    assert [name for name, _ in net.named_buffers()] == ["mean", "scratch", "later"]
    assert "scratch" not in net.state_dict()
    assert isinstance(net.mean, nn.Buffer)
    assert "gain" in dict(net.named_parameters())
    assert "extra" in dict(net.named_children())
    same = nn.Buffer([1.0])
    net.register_buffer("kept", same, persistent=False)
    assert net.kept is same
    assert not same.persistent
    for register, name, value, message in [
        (net.register_buffer, "note", np.ones(1), "has another attribute 'note' already"),
        (net.register_buffer, "forward", np.ones(1), "has another attribute 'forward' already"),
        (net.register_parameter, "a.b", None, "has no dot; got 'a.b'"),
        (net.register_module, "", None, "is not empty"),
        (net.register_parameter, "p", np.ones(1), "p must be a Parameter or None; got a ndarray"),
        (net.add_module, "m", nn.ReLU, "m must be a Module or None; got a type"),
    ]:
        with pytest.raises(ArgumentError, match=message):
            register(name, value)


def test_train_takes_a_truth_value(net: Net) -> None:
    with pytest.raises(ArgumentError, match=r"train\(\) takes True or False; got \[1, 2\]"):
        net.train([1, 2])  # type: ignore[arg-type]
    assert net.train(np.bool_(False)).training is False


def test_dtypes_by_name(net: Net) -> None:
    net.mean = nn.Buffer(np.zeros(2, np.float32))  # type: ignore[attr-defined]
    net.count = nn.Buffer(0)  # type: ignore[attr-defined]
    for convert, dtype in [(net.double, np.float64), (net.half, np.float16), (net.float, np.float32)]:
        assert convert() is net
        assert net.scale.dtype == net.mean.dtype == dtype  # type: ignore[attr-defined]
        assert net.count.dtype.kind == "i"  # type: ignore[attr-defined]
        assert net(np.ones((1, 4))).dtype == dtype


# Loading


def test_a_load_cannot_fail_halfway(net: Net) -> None:
    net.count = nn.Buffer(3)  # type: ignore[attr-defined]
    before = net.state_dict()

    class Hostile:
        def __array__(self, *_: Any, **__: Any) -> Any:
            raise RuntimeError("no such file")

    for name, value, message in [
        (
            "heads.a.bias",
            np.array([1e300, 0.0]),
            r"heads\.a\.bias has values, such as 1e\+300, that float32 does not hold",
        ),
        ("count", 2.5, "count has values, such as 2.5, that int64 does not hold"),
        ("heads.a.bias", Hostile(), r"heads\.a\.bias is no array: no such file"),
        ("heads.a.bias", [[1.0], [1.0, 2.0]], r"heads\.a\.bias is no array"),
        ("heads.a.bias", np.ones(2, complex), r"has dtype complex128, which does not convert"),
    ]:
        state = {key: array + 1 for key, array in before.items()} | {name: value}
        with np.errstate(all="raise"), pytest.raises(ArgumentError, match=message):
            net.load_state_dict(state)
        assert all((after == before[key]).all() for key, after in net.state_dict().items())
    with pytest.raises(ArgumentError, match="takes a dict of name -> array; got a list"):
        net.load_state_dict([])  # type: ignore[arg-type]


def test_a_load_into_a_read_only_array_gives_a_new_one(net: Net) -> None:
    frozen = np.ones(2, np.float32)
    frozen.flags.writeable = False
    net.scale.data = frozen
    net.load_state_dict(net.state_dict() | {"scale": np.array([5.0, 6.0])})
    assert net.scale.tolist() == [5, 6]
    assert frozen.tolist() == [1, 1]


def test_what_was_loaded_is_no_part_of_the_state_dict(net: Net) -> None:
    state = net.state_dict()
    net.load_state_dict(state)
    state["scale"][:] = 9
    assert net.scale.tolist() == [1, 1]
    assert net.load_state_dict(net.state_dict()) == ([], [])


def test_a_prefix_too_many_is_named() -> None:
    layer = nn.Linear(2, 2)
    wrapped = {f"module.{name}": value for name, value in layer.state_dict().items()}
    with pytest.raises(ArgumentError, match=r"every key begins with 'module\.': load \{k\.removeprefix\('module\.'\)"):
        layer.load_state_dict(wrapped)
    with pytest.raises(ArgumentError, match=r"every key lacks '0\.': load \{'0\.' \+ k"):
        nn.Sequential(layer).load_state_dict(layer.state_dict())
