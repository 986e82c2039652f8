"""The repr of a Module, and what is registered for its picture and its HTML."""

from __future__ import annotations

from typing import Any

import pytest

import nn
from autograd.display import html
from nn.core import display


def test_repr_is_nested() -> None:
    net = nn.Sequential(nn.Linear(2, 3), nn.Residual(nn.Sequential(nn.ReLU())))
    assert repr(net) == (
        "Sequential(\n"
        "  (0): Linear(in_features=2, out_features=3, bias=True)\n"
        "  (1): Residual(\n"
        "    (block): Sequential(\n"
        "      (0): ReLU()\n"
        "    )\n"
        "  )\n"
        ")"
    )


def test_repr_of_a_module_that_holds_itself_ends() -> None:
    module = nn.Module()
    module.child = nn.ReLU()
    module.child.parent = module
    assert "(parent): ..." in repr(module)


def test_repr_folds_equal_children() -> None:
    class Stack(nn.Module):
        def __init__(self) -> None:
            self.layers = [nn.ReLU(), nn.ReLU(), nn.Tanh(), nn.ReLU()]
            self.a, self.b = nn.ReLU(), nn.ReLU()

        def extra_repr(self) -> str:
            return "first\nsecond"

    assert repr(Stack()) == (
        "Stack(\n  first\n  second\n  (layers.0-1): 2 x ReLU()\n  (layers.2): Tanh()\n  (layers.3): ReLU()\n"
        "  (a): ReLU()\n  (b): ReLU()\n)"
    )
    assert repr(nn.Module()) == "Module()"


@pytest.mark.oracle
def test_repr_is_pytorchs() -> None:
    torch = pytest.importorskip("torch")

    def build(package: Any) -> Any:
        def block() -> Any:
            return package.Sequential(package.Linear(2, 3), package.ReLU())

        return package.ModuleDict({
            "blocks": package.ModuleList([*[block() for _ in range(3)], package.Tanh()]), "one": block(),
            "flat": package.Flatten(), "unflat": package.Unflatten(1, (2, 3)), "id": package.Identity(),
            "none": package.ModuleList(),
        })  # fmt: skip

    assert repr(build(nn)) == repr(build(torch.nn))


def test_what_has_no_registered_form_says_so() -> None:
    with pytest.raises(NotImplementedError, match="no picture of a str is registered"):
        display.draw("no module")
    assert html("<b>") == "<pre>&#x27;&lt;b&gt;&#x27;</pre>"


def test_modules_are_drawn_by_nn_inspect() -> None:
    layer = nn.Linear(2, 3)
    assert display.draw.dispatch(nn.Linear).__module__ == "nn.inspect.module_picture"
    assert html(layer) == layer._repr_html_()
