"""ParameterList and ParameterDict: the methods of PyTorch's, names, repr, copies."""

from __future__ import annotations

import copy
import pickle
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nn
import optim
from autograd import Tensor
from autograd.errors import ArgumentError, DTypeError


class Ours:
    nn = nn
    tensor = staticmethod(lambda values: Tensor(np.array(values, np.float32)))


class Theirs:
    def __init__(self, torch: Any) -> None:
        self.nn, self.tensor = torch.nn, torch.tensor


def seen(result: Any) -> Any:
    """What a program did, for both packages alike: arrays as lists, containers as their repr."""
    if isinstance(result, (list, tuple)):
        return [seen(item) for item in result]
    if type(result).__name__ in ("Parameter", "Tensor"):
        return [type(result).__name__, result.tolist(), result.requires_grad]
    if type(result).__name__ in ("ParameterList", "ParameterDict"):
        text = repr(result).replace("torch.FloatTensor", "float32").replace("torch.cuda", "").replace("torch.", "")
        return [text, [(name, p.tolist()) for name, p in result.named_parameters()], list(result.state_dict())]
    return result


def three(k: Any) -> Any:
    return k.nn.ParameterList([k.nn.Parameter(k.tensor([[1.0, 2.0]])), k.tensor([3.0]), k.tensor(4.0)])


def named(k: Any) -> Any:
    return k.nn.ParameterDict({"b": k.tensor([1.0, 2.0]), "a": k.nn.Parameter(k.tensor([[3.0]]))})


def changed(container: Any, change: Callable[[Any], Any]) -> Any:
    """The container after the change, and what the change gave."""
    result = change(container)
    return [container, None if result is container else result]


PROGRAMS: dict[str, Callable[[Any], Any]] = {
    "list": three,
    "empty list": lambda k: [k.nn.ParameterList(), len(k.nn.ParameterList([]))],
    "list of other objects": lambda k: k.nn.ParameterList([k.tensor([1.0]), "text", None, 3]),
    "list items": lambda k: [three(k)[0], three(k)[-1], three(k)[np.int64(1)], list(three(k)), len(three(k))],
    "list slices": lambda k: [three(k)[1:], three(k)[::-1], three(k)[5:]],
    "list reversed": lambda k: list(reversed(three(k))),
    "list set": lambda k: changed(three(k), lambda x: x.__setitem__(-1, k.tensor([7.0]))),
    "list append": lambda k: changed(three(k), lambda x: x.append(k.tensor([7.0]))),
    "list extend": lambda k: changed(three(k), lambda x: x.extend(k.tensor([i]) for i in (7.0, 8.0))),
    "list +=": lambda k: changed(three(k), lambda x: x.__iadd__(three(k))),
    "list dir": lambda k: [name for name in dir(three(k)) if name.isdigit()],
    "list inside": lambda k: list(k.nn.ModuleDict({"w": three(k)}).state_dict()),
    "list copies": lambda k: [copy.deepcopy(three(k)), pickle.loads(pickle.dumps(three(k)))],
    "dict": named,
    "empty dict": lambda k: [k.nn.ParameterDict(), len(k.nn.ParameterDict({}))],
    "dict of pairs": lambda k: k.nn.ParameterDict([("b", k.tensor([1.0])), ("a", k.tensor([2.0]))]),
    "ordered dict": lambda k: k.nn.ParameterDict(OrderedDict(b=k.tensor([1.0]), a=k.tensor([2.0]))),
    "dict of a dict": lambda k: k.nn.ParameterDict(named(k)),
    "dict of other objects": lambda k: k.nn.ParameterDict({"x": k.tensor([1.0]), "y": "text", "z": None}),
    "dict views": lambda k: [list(named(k)), list(named(k).keys()), list(named(k).values()), list(named(k).items())],
    "dict reversed": lambda k: list(reversed(named(k))),
    "dict lookups": lambda k: [named(k)["a"], "a" in named(k), "c" in named(k), len(named(k))],
    "dict get": lambda k: [named(k).get("a"), named(k).get("c"), named(k).get("c", 3)],
    "dict set": lambda k: changed(named(k), lambda x: x.__setitem__("c", k.tensor([7.0]))),
    "dict replace": lambda k: changed(named(k), lambda x: x.__setitem__("a", k.tensor([7.0]))),
    "dict delete": lambda k: changed(named(k), lambda x: x.__delitem__("a")),
    "dict set again": lambda k: changed(named(k), lambda x: x.update([("c", x.pop("a")), ("a", k.tensor([1.0]))])),
    "dict setdefault": lambda k: changed(named(k), lambda x: [x.setdefault("a"), x.setdefault("c", k.tensor([7.0]))]),
    "dict setdefault None": lambda k: changed(named(k), lambda x: x.setdefault("c")),
    "dict pop": lambda k: changed(named(k), lambda x: x.pop("a")),
    "dict popitem": lambda k: changed(named(k), lambda x: x.popitem()),
    "dict clear": lambda k: changed(named(k), lambda x: x.clear()),
    "dict copy": lambda k: changed(named(k), lambda x: x.copy()),
    "dict fromkeys": lambda k: changed(named(k), lambda x: x.fromkeys(["q", "p"], k.tensor([7.0]))),
    "dict update": lambda k: changed(named(k), lambda x: x.update({"z": k.tensor([7.0]), "c": k.tensor([8.0])})),
    "dict |": lambda k: named(k) | k.nn.ParameterDict({"a": k.tensor([7.0]), "c": k.tensor([8.0])}),
    "dict |=": lambda k: changed(named(k), lambda x: x.__ior__(k.nn.ParameterDict({"c": k.tensor([8.0])}))),
    "dict inside": lambda k: list(k.nn.ModuleDict({"w": named(k)}).state_dict()),
    "dict copies": lambda k: [copy.deepcopy(named(k)), pickle.loads(pickle.dumps(named(k)))],
}


@pytest.mark.oracle
@pytest.mark.parametrize("program", PROGRAMS.values(), ids=list(PROGRAMS))
def test_does_what_pytorchs_does(program: Callable[[Any], Any]) -> None:
    torch = pytest.importorskip("torch")
    assert seen(program(Ours)) == seen(program(Theirs(torch)))


# Where PyTorch refuses, too; (IndexError, KeyError) are its exceptions of look-ups.
REFUSALS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any], str]] = {
    "index": (three, lambda x: x[3], "index 3 is out of range for a ParameterList of 3 values"),
    "negative index": (three, lambda x: x[-4], "index -4 is out of range"),
    "set beyond": (three, lambda x: x.__setitem__(3, 1), "index 3 is out of range"),
    "no list": (three, lambda x: x.extend(3), r"extended by a list; got a int. Write \[it\]"),
    "a tensor": (three, lambda x: x.extend(x[0]), r"extended by a list; got a Parameter. Write \[it\]"),
    "another kind": (three, lambda x: x.__setitem__(0, "text"), "0 of this ParameterList is a Parameter; got a str"),
    "call list": (three, lambda x: x(1), "a ParameterList is not called"),
    "key": (named, lambda x: x["c"], "'c': this ParameterDict has 'a', 'b'"),
    "delete key": (named, lambda x: x.__delitem__("c"), "'c': this ParameterDict has 'a', 'b'"),
    "pop key": (named, lambda x: x.pop("c"), "'c': this ParameterDict"),
    "popitem of none": (lambda k: k.nn.ParameterDict(), lambda x: x.popitem(), "empty"),
    "dot": (named, lambda x: x.update({"c": 1, "c.d": x["a"]}), "'c.d' cannot name a value of a ParameterDict"),
    "no name": (named, lambda x: x.update({"": x["a"]}), "'' cannot name a value"),
    "a number": (named, lambda x: x.update([("c", 1), (3, 1)]), "3 cannot name a value .* it is no string"),
    "no pair": (
        named,
        lambda x: x.update([("c", 1), ("d",)]),
        r"takes pairs \(name, value\); got \('d',\) as element 1",
    ),
    "no pairs": (named, lambda x: x.update(3), "a dict of name -> value, or pairs; got 3"),
    "kind of a": (named, lambda x: x.update([("c", 1), ("a", "text")]), "a of this ParameterDict is a Parameter; got"),
    "call dict": (named, lambda x: x(1), "a ParameterDict is not called"),
}


@pytest.mark.parametrize(("make", "change", "message"), REFUSALS.values(), ids=list(REFUSALS))
def test_refuses_and_is_unchanged(make: Any, change: Any, message: str) -> None:
    container = make(Ours)
    before = seen(container)
    with pytest.raises((ArgumentError, NotImplementedError, IndexError, KeyError), match=message):
        change(container)
    assert seen(container) == before


@pytest.mark.oracle
@pytest.mark.parametrize(("make", "change", "message"), REFUSALS.values(), ids=list(REFUSALS))
def test_pytorch_refuses_it_too(make: Any, change: Any, message: str) -> None:
    container = make(Theirs(pytest.importorskip("torch")))
    with pytest.raises((TypeError, RuntimeError, IndexError, KeyError, AttributeError, ValueError)):
        change(container)


def test_arrays_become_parameters_and_integers_are_refused() -> None:
    values = np.ones(2)
    weights = nn.ParameterList([values])
    assert isinstance(weights[0], nn.Parameter)
    assert not np.shares_memory(weights[0].numpy(), values)
    before = seen(weights)
    with pytest.raises(DTypeError):
        weights.extend([np.ones(1), np.arange(3)])
    assert seen(weights) == before


def test_the_name_of_a_method_is_refused() -> None:
    """PyTorch takes it, and then gives the method in place of the parameter."""
    with pytest.raises(ArgumentError, match="'keys' cannot name a value"):
        nn.ParameterDict({"keys": np.ones(1)})


@pytest.mark.parametrize("make", [three, named])
def test_a_shallow_copy_is_another_container_of_the_same_parameters(make: Any) -> None:
    container = make(Ours)
    before, twin = seen(container), copy.copy(container)
    assert all(p is q for p, q in zip(container.parameters(), twin.parameters(), strict=True))
    if isinstance(twin, nn.ParameterDict):
        twin["z"] = np.ones(1)
    else:
        twin.append(np.ones(1))
    assert len(twin) == len(container) + 1
    assert seen(container) == before


def test_a_dict_is_merged_from_either_side() -> None:
    weights = nn.ParameterDict({"a": np.ones(1)})
    assert list({"b": np.ones(1)} | weights) == ["b", "a"]
    assert list(weights | {"b": np.ones(1)}) == ["a", "b"]
    with pytest.raises(TypeError):
        weights | 3


def test_they_are_trained_saved_and_summarised() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            rng = np.random.default_rng(0)
            self.weights = nn.ParameterList([rng.normal(size=(3, 3)).astype(np.float32) for _ in range(2)])
            self.scales = nn.ParameterDict({"out": np.ones(3, np.float32)})

        def forward(self, input: Any) -> Any:
            for weight in self.weights:
                input = np.tanh(input @ weight)
            return input * self.scales["out"]

    net, x = Net(), np.ones((2, 3), np.float32)
    assert [name for name, _ in net.named_parameters()] == ["weights.0", "weights.1", "scales.out"]
    assert [p.name for p in net.parameters()] == ["weights.0", "weights.1", "scales.out"]
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    before = net(x).numpy()
    (net(x) ** 2).sum().backward()
    optimizer.step()
    assert (net(x).numpy() ** 2).sum() < (before**2).sum()
    other = Net()
    other.load_state_dict(net.state_dict())
    assert np.array_equal(other(x), net(x))
    assert "21" in str(nn.summary(net, (2, 3)))
    zeros = {name: np.zeros_like(p.numpy()) for name, p in net.named_parameters()}
    assert not nn.functional_call(net, zeros, (x,)).numpy().any()
