"""The pieces of a line on the page, and the same line as plain text, for screen readers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from autograd.viz.data.graph_data import GraphNode
from autograd.viz.data.values import Content, number, written

# A piece is text (a str) or a dict with one of these keys:
#   node    id of a node: the page shows its name
#   value   Content: a number, a table, or shape and statistics; the entry "key" identifies it for tests and scripts
#   grad    [of, by]: the derivative ∂of/∂by
#   up      the pieces of an exponent
#   plus    the sign +=
#   path    where a parameter stands in the model, in words
Piece = Any

RAISED = str.maketrans("0123456789−-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁻")


def names_of(nodes: Sequence[GraphNode]) -> dict[int, str]:
    """Node -> its name, or x1 … for inputs, w1 … for parameters, v1 … for operations, J for the result.

    Parameters of modules are called as in mathematics, W⁽¹⁾, b⁽¹⁾, W⁽²⁾ …, with the number of their module.
    """
    taken = {node.name for node in nodes}
    symbols = _symbols(nodes, taken)
    single = [node for node in nodes if node.result]
    letters = {"input": "x", "parameter": "w", "operation": "v"}
    counts = dict.fromkeys(letters, 0)
    names: dict[int, str] = {}
    for node in nodes:
        name = symbols.get(node.id, node.name)
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


def _symbols(nodes: Sequence[GraphNode], taken: set[str]) -> dict[int, str]:
    """Parameter of a module -> W⁽¹⁾."""
    modules: dict[str, int] = {}
    of_modules = [node for node in nodes if path_in_words(node)]
    for node in of_modules:
        modules.setdefault(node.name.rpartition(".")[0], len(modules) + 1)
    found: dict[int, str] = {}
    for node in of_modules:
        path, _, last = node.name.rpartition(".")
        words = last.split("_")
        for word, letter in (("weight", "W"), ("bias", "b")):
            if word in words:
                words.remove(word)
                last = "_".join([letter, *words])
        number = f"⁽{str(modules[path]).translate(RAISED)}⁾" if len(modules) > 1 else ""
        symbol = last + number
        if symbol not in taken:
            taken.add(symbol)
            found[node.id] = symbol
    return found


def path_in_words(node: GraphNode) -> str:
    """ "weight of 0 · Linear", for a parameter of a module; "" for anything else."""
    if node.kind != "parameter" or not node.scope:
        return ""
    path, _, last = node.name.rpartition(".")
    if not path:
        return f"{last} of {node.scope[0]}" if last else ""
    inner = [scope.partition(" · ") for scope in node.scope[1:]]
    kinds = {".".join([name for name, _, _ in inner[: i + 1]]): kind for i, (_, _, kind) in enumerate(inner)}
    return f"{last} of {path} · {kinds[path]}" if kinds.get(path) else f"{last} of {path}"


def bracketed(content: Content) -> list[Piece]:
    """A value inside a formula; a negative number is put in brackets."""
    negative = isinstance(content, complex) or isinstance(content, (int, float)) and content < 0
    return ["(", {"value": content}, ")"] if negative else [{"value": content}]


def spoken(content: Content) -> str:
    """A value as text for screen readers."""
    if content is None:
        return "an unknown value"
    return written(content).replace("-", "−") or "an array"


def as_text(pieces: Iterable[Piece], names: Mapping[int, str]) -> str:
    """Pieces as plain text."""
    return "".join(_piece_as_text(piece, names) for piece in pieces)


def _piece_as_text(piece: Piece, names: Mapping[int, str]) -> str:
    if isinstance(piece, str):
        return piece
    if "grad" in piece:
        return f"∂{piece['grad'][0]}/∂{piece['grad'][1]}"
    if "value" in piece:
        return spoken(piece["value"])
    if "up" in piece:
        text = as_text(piece["up"], names)
        if set(text) <= set("0123456789−-"):
            return text.translate(RAISED)
        return f"^({text})" if len(text) > 1 else f"^{text}"
    if "path" in piece:
        return f" ({piece['path']})"
    return " += " if "plus" in piece else names[piece["node"]]


def listed(items: Sequence[str]) -> str:
    """a, b and c."""
    return " and ".join(filter(None, [", ".join(items[:-1]), *items[-1:]]))


def stretched(result: tuple[int, ...] | None, shape: tuple[int, ...] | None) -> str:
    """A note on the axes over which the share of a broadcast argument is summed; "" if it was not broadcast."""
    if result is None or shape is None or result == shape:
        return ""
    missing = len(result) - len(shape)
    axes = [i for i in range(len(result)) if i < missing or shape[i - missing] == 1 != result[i]]
    if not axes:
        return ""
    along = f"{'axis' if len(axes) == 1 else 'axes'} {listed([str(i) for i in axes])}"
    return f"summed over {along}, along which it was broadcast: {result} → {shape}"
