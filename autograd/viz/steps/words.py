"""Pieces of a line on the page, and the same as plain text for who listens to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from autograd.viz.graph import GraphNode
from autograd.viz.values import Content, Values, number, written

# A piece is text (a str) or a dict with one of these keys:
#   node    id: its name
#   value   Content: a number, a table, or shape and statistics; "key" says what it is, for tests and scripts
#   grad    [of, by]: the derivative ∂of/∂by
#   up      pieces of an exponent
#   plus    the sign +=
Piece = Any

RAISED = str.maketrans("0123456789−-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁻")


def names_of(nodes: Sequence[GraphNode]) -> dict[int, str]:
    """A name for every node: its own, or x1, w1, v1 … for inputs, parameters and what was computed, and J for the result."""
    taken = {node.name for node in nodes}
    single = [node for node in nodes if node.result]
    letters = {"input": "x", "parameter": "w", "operation": "v"}
    counts = dict.fromkeys(letters, 0)
    names: dict[int, str] = {}
    for node in nodes:
        name = node.name
        if node.kind == "constant" and not name:
            name = number(node.value) if node.value is not None else "constant"
        if single == [node] and not name and "J" not in taken:
            name = "J"
        while not name:
            counts[node.kind] += 1
            made = f"{letters[node.kind]}{counts[node.kind]}"
            name = "" if made in taken else made
        names[node.id] = name
    return names


def bracketed(content: Content) -> list[Piece]:
    """A value inside a formula: a negative number in brackets."""
    negative = content is not None and not isinstance(content, Values) and content < 0
    return ["(", {"value": content}, ")"] if negative else [{"value": content}]


def said(content: Content) -> str:
    """A value in a few words."""
    if content is None:
        return "an unknown value"
    return written(content).replace("-", "−") or "an array"


def plain(pieces: Iterable[Piece], names: Mapping[int, str]) -> str:
    """Pieces as text."""
    return "".join(_plain(piece, names) for piece in pieces)


def _plain(piece: Piece, names: Mapping[int, str]) -> str:
    if isinstance(piece, str):
        return piece
    if "grad" in piece:
        return f"∂{piece['grad'][0]}/∂{piece['grad'][1]}"
    if "value" in piece:
        return said(piece["value"])
    if "up" in piece:
        text = plain(piece["up"], names)
        return (
            text.translate(RAISED)
            if set(text) <= set("0123456789−-")
            else f"^({text})"
            if len(text) > 1
            else f"^{text}"
        )
    return " += " if "plus" in piece else names[piece["node"]]


def listed(items: Sequence[str]) -> str:
    """a, b and c."""
    return " and ".join(filter(None, [", ".join(items[:-1]), *items[-1:]]))


def stretched(result: tuple[int, ...] | None, shape: tuple[int, ...] | None) -> str:
    """What happens to the share of an argument that was broadcast to the shape of the result."""
    if result is None or shape is None or result == shape:
        return ""
    missing = len(result) - len(shape)
    axes = [i for i in range(len(result)) if i < missing or shape[i - missing] == 1 != result[i]]
    if not axes:
        return ""
    along = f"{'axis' if len(axes) == 1 else 'axes'} {listed([str(i) for i in axes])}"
    return f"summed over {along}, along which it was broadcast: {result} → {shape}"
