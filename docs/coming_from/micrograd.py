"""The rows of docs/from_micrograd.md."""

from __future__ import annotations

from docs.coming_from import Page, Row

INTRO = """
`Scalar` is micrograd's `Value`: with `from autograd import Scalar as Value` its demo, its `nn.py` and its `draw_dot`
run as they are. Besides, `backward` needs no recursion (a million nodes work), every comparison and NumPy's functions
are there, derivatives have derivatives, and the local derivative stands on each edge.

Every row below is run by the tests, on both sides where micrograd is installed, and the values are compared. The rows
use
"""

THERE = """
from micrograd.engine import Value
from micrograd.nn import MLP, Neuron

a, b = Value(2.0), Value(-3.0)
"""

HERE = """
import math
import numpy as np
import autograd, nn, optim
from autograd import Scalar, Tensor, draw

a, b = Scalar(2.0, label="a"), Scalar(-3.0, label="b")
"""

SECTIONS = {
    "Numbers": [
        Row("Value(2.0)", "Scalar(2.0)"),
        Row("(a * b + 10).data", "(a * b + 10).data"),
        Row("(a - b / 2) ** 3", "(a - b / 2) ** 3"),
        Row("(a + b).relu()", "(a + b).relu()"),
        Row("sum([a, b])", "sum([a, b])"),
        Row("c = a * b\nc.backward()\na.grad, b.grad", "c = a * b\nc.backward()\na.grad, b.grad"),
        Row("a.grad = 0\na.grad", "a.grad = 0\na.grad"),
        Row("print(a)", "print(a)", same=False),
        Row("(a * b)._op", "(a * b)._op"),
        Row("len((a * b)._prev)", "len((a * b)._prev)"),
        Row("{child.data for child in (a * b)._prev}", "{child.data for child in (a * b)._prev}", same=False),
    ],
    "What micrograd has not": [
        Row("import math; a.data and math.tanh(a.data)", "a.tanh()"),
        Row("import math; math.exp(a.data)", "np.exp(a)"),
        Row("a.data > b.data", "a > b"),
        Row("draw_dot(a * b)", "draw(a * b)", same=False),
        Row("b.data, a.data", "(a * b).local_derivatives"),
        Row("6 * 2.0", "x = Scalar(Scalar(2.0))\n(x**3).backward()\nx.grad.backward()\nx.grad.item()"),
    ],
    "Networks": [
        Row("Neuron(3)([1.0, 2.0, 3.0])", "nn.Linear(3, 1)(np.array([1.0, 2.0, 3.0]))", same=False),
        Row(
            "MLP(2, [16, 16, 1])",
            "nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 1))",
            same=False,
        ),
        Row("len(MLP(2, [16, 16, 1]).parameters())", "2 * 16 + 16 + 16 * 16 + 16 + 16 + 1"),
        Row(
            "model.zero_grad()\ntotal_loss.backward()\nfor p in model.parameters(): p.data -= 0.1 * p.grad",
            "model = nn.Linear(2, 1)\noptimizer = optim.SGD(model.parameters(), lr=0.1)\n"
            "loss = np.mean(model(np.ones((5, 2))) ** 2)\noptimizer.zero_grad()\nloss.backward()\noptimizer.step()",
            same=False,
        ),
    ],
}

END = """
## What is different

- `.grad` is None until `backward()` has reached the number, and then a float; `a.grad = 0` sets it, as `zero_grad` of
  micrograd's does.
- `backward()` adds to `.grad` of every number, also of those in between: a second call on the same graph adds once
  more.
- `Scalar.data` is a float; `Value(1)` keeps the integer.
- `a == b` compares values, and a set of Scalars is still one of objects: the hash is the object's own.
"""

PAGE = Page("Coming from micrograd", INTRO, "micrograd", THERE, HERE, SECTIONS, END)
