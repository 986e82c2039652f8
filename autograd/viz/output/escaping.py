"""Text that every output can hold."""

from __future__ import annotations

from typing import Any


def clean(text: Any) -> str:
    """The text without what XML, Graphviz and UTF-8 cannot hold: control characters, halves of surrogate pairs."""
    found = str(text).encode("utf-8", "replace").decode("utf-8")
    return "".join(c if c >= " " and c not in "\x7f\ufffe\uffff" else " " for c in found)
