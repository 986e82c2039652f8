"""The texts in a picture: operations as they are written in mathematics, values, gradients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from autograd.viz.data.graph_data import GraphData, GraphNode
from autograd.viz.data.values import Content, Values, is_small, norm_of, number, number_short, written, written_gradient

SYMBOLS = {
    "add": "+", "sub": "−", "subtract": "−", "mul": "×", "multiply": "×", "truediv": "÷", "divide": "÷",
    "pow": "^", "power": "^", "matmul": "@", "neg": "−x", "negative": "−x", "pos": "+x", "positive": "+x",
    "abs": "|x|", "absolute": "|x|", "maximum": "max", "minimum": "min",
}  # fmt: skip
INFIX = "+−×÷^@"
COMMUTATIVE = {"add", "Σ", "mul", "multiply", "maximum", "minimum", "fmax", "fmin", "logaddexp", "hypot"}
NOT_RUN = "–"
INDENT = "\N{NO-BREAK SPACE}" * 8  # of the further rows of a gradient, below "grad "


@dataclass(frozen=True)
class Line:
    """A line of text in a box or on an arrow.

    role   "name", "op" (an operation), "power" (one with an exponent: base|exponent), "option", "shape", "value",
           "grad", "waiting" (a gradient before backward() has run), "rule", "note"
    """

    role: str
    text: str


def operation_lines(node: GraphNode, numbers: dict[int, str], result: str = "") -> list[Line]:
    """An operation as it is written, with its constant numbers: ×, 2 −, ÷ 10, x with exponent 3.

    Where it takes one result of an operation with several, the name of this result.
    """
    if result:
        return [Line("op", result)]
    symbol = SYMBOLS.get(node.op, node.op)
    options = node.options
    if symbol == "^":
        line = Line("power", f"{numbers.get(0, 'x')}|{numbers.get(1, 'x' if numbers else 'y')}")
    elif symbol in INFIX and numbers:
        line = Line("op", f"{numbers.get(0, '')} {symbol} {numbers.get(1, '')}".strip())
    else:
        line = Line("op", symbol)
        if numbers:
            places = ", ".join(numbers.get(i, "·") for i in range(max(2, *[i + 1 for i in numbers])))
            options = f"{places}, {options}" if options else places
    return [line, Line("option", options)] if options else [line]


def value_lines(node: GraphNode, scalar: bool) -> list[Line]:
    """The value; each row of a table on a line of its own."""
    value = node.value
    if (
        isinstance(value, Values)
        and not is_small(value)
        and node.dtype.startswith(("int", "uint", "bool"))
        and value.size
    ):
        # class numbers, indices and masks: their range says more than mean and deviation
        return [Line("value", f"{value.minimum:g} … {value.maximum:g}")]
    text = written(value)
    if not text:
        return []
    if scalar and node.kind != "constant":
        text = "data " + text
    return [Line("value", row) for row in text.split("\n")]


def gradients_of(nodes: Sequence[GraphNode]) -> tuple[list[Content], bool]:
    """(the gradients of nodes that have one, whether a gradient is missing because backward() has not run)"""
    return [node.grad for node in nodes if node.grad is not None], any(node.not_run for node in nodes)


def gradient_line(grads: Sequence[Content], not_run: bool) -> list[Line]:
    """The gradient; for several the norms of the first and the last."""
    if not grads:
        return [Line("waiting", f"grad {NOT_RUN}")] if not_run else []
    if len(grads) == 1:
        rows = written_gradient(grads[0]).split("\n")
        return [Line("grad", ("grad " if i == 0 else INDENT) + row) for i, row in enumerate(rows)] if rows[0] else []
    norms = [norm for norm in map(norm_of, grads) if norm is not None]
    if not norms:
        return []
    return [Line("grad", f"grad ‖{number_short(norms[0])}‖ … ‖{number_short(norms[-1])}‖")]


def arguments_named(graph: GraphData) -> dict[int, dict[int, str]]:
    """Operation -> argument -> its name, for operations with several arguments whose order matters."""
    ops = {node.id: node.op for node in graph.nodes}
    found: dict[int, dict[int, str]] = {}
    for edge in graph.edges:
        found.setdefault(edge.target, {})[edge.index] = edge.argument
    names: dict[int, dict[int, str]] = {}
    for target, arguments in found.items():
        symbol = SYMBOLS.get(ops[target], ops[target])
        if len(arguments) > 1 and ops[target] not in COMMUTATIVE:
            if symbol in INFIX:  # the names in the rule, a and b, could be mistaken for the user's labels
                arguments = {0: "base", 1: "exponent"} if symbol == "^" else {0: "left", 1: "right"}
            names[target] = arguments
    return names


def constant_numbers(graph: GraphData) -> tuple[dict[int, dict[int, str]], set[int]]:
    """(operation -> argument -> the constant number in its place, the ids of these constants: they need no box)"""
    numbers = {
        node.id: number(node.value)
        for node in graph.nodes
        if node.kind == "constant" and isinstance(node.value, (float, int)) and not node.name
    }
    put_in: dict[int, dict[int, str]] = {}
    gone: set[int] = set()
    for edge in graph.edges:
        if edge.source in numbers:
            put_in.setdefault(edge.target, {})[edge.index] = numbers[edge.source]
            gone.add(edge.source)
    return put_in, gone


def plain_text(line: Line) -> str:
    """The text of a line without superscripts."""
    return "^".join(line.text.split("|", 1)) if line.role == "power" else line.text
