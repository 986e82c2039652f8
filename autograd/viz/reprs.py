"""What a notebook shows of a Tensor and of a Scalar.

These functions never raise, whatever the values are, and read only a sample of a large array. They use no script and no
style sheet, because a notebook that is not trusted drops both: each tag carries its style, in colours that are legible
on a light and on a dark page.
"""

from __future__ import annotations

import html
import math
from typing import Any

import numpy as np

from autograd import display
from autograd.scalar.scalar import Scalar
from autograd.tensor.tensor import Tensor
from autograd.viz.api import draw

SIDE = 12  # rows and columns of a table
FEW = 64  # elements of more than two axes that are written out
SAMPLE = 1 << 18  # elements of which statistics are taken
NODES = 60  # the picture of a Scalar has at most so many operations and numbers

FONT = "font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:13px"
FAINT = "opacity:.65"
CELL = "padding:1px 8px;text-align:right;border:0;background:none;font-variant-numeric:tabular-nums;white-space:nowrap"
HEAD = f"{CELL};{FAINT};font-weight:400;font-size:11px"
RULE = "border:1px solid #8886;border-radius:6px"


@display.html.register(Tensor)
def tensor_html(t: Any) -> str:
    """A Tensor: shape, dtype, the operation that made it, its values (as statistics if they are many), its gradient."""
    try:
        return _tensor(t)
    except Exception:  # the display of a Tensor must not raise
        return in_words(t)


@display.mimebundle.register(Scalar)
def scalar_bundle(s: Any) -> dict[str, Any]:
    """A Scalar: its picture, if the computation has at most NODES numbers."""
    bundle: dict[str, Any] = {"text/plain": repr(s)}
    try:
        if s.parents and _reachable(s, NODES) <= NODES:
            bundle.update({kind: data for kind, data in draw(s)._repr_mimebundle_().items() if kind != "text/plain"})
    except Exception:  # the display of a Scalar must not raise: it is shown without a picture
        return bundle
    return bundle


def in_words(x: Any) -> str:
    """The plain repr as HTML, or the name of the class if repr raises."""
    try:
        text = repr(x)
    except Exception:
        text = f"<{type(x).__name__}>"
    return f'<pre style="white-space:pre">{html.escape(text)}</pre>'


def escape(x: Any) -> str:
    """Text escaped for HTML, in a tag or in an attribute."""
    return html.escape(str(x), quote=True)


def fact(x: Any) -> str:
    """One fact in the line above the values: shape, dtype …"""
    return f'<span style="{FAINT}">&nbsp;·&nbsp; {escape(x)}</span>'


def _tensor(t: Any) -> str:
    kind = type(t).__name__
    name = getattr(t, "name", "")
    facts = [f"shape {t.shape}", str(t.dtype)]
    if t.node is not None:
        facts.append(f"made by {t.node.name}")
    elif t.requires_grad:
        facts.append("requires grad")
    head = (
        f"<b>{escape(kind)}</b>"
        + (f" <span>{escape(name)}</span>" if isinstance(name, str) and name else "")
        + "".join(map(fact, facts))
    )
    parts = [_block("values" if t.grad is not None else "", t.numpy())]
    if t.grad is not None:
        parts.append(_block("gradient", t.grad.numpy()))
    return (
        f'<div style="{FONT};line-height:1.5"><div style="margin-bottom:4px">{head}</div>'
        f'<div style="display:flex;flex-wrap:wrap;gap:16px;align-items:flex-start">{"".join(parts)}</div></div>'
    )


def _block(title: str, data: Any) -> str:
    a = data if isinstance(data, np.ndarray) else np.asarray(data)
    inner = (
        _table(a)
        if a.ndim <= 2 and a.size and max(a.shape, default=1) <= SIDE
        else _written(a)
        if a.size <= FEW
        else _statistics(a)
    )
    caption = f'<div style="{FAINT};font-size:11px">{escape(title)}</div>' if title else ""
    return f"<div>{caption}{inner}</div>"


def _table(a: np.ndarray) -> str:
    rows = a if a.ndim == 2 else a.reshape(1, -1)
    numbers = [[_number(x) for x in row] for row in rows.tolist()]
    lines = []
    if a.ndim:
        lines.append("<tr>" + (f'<th style="{HEAD}"></th>' if a.ndim == 2 else ""))
        lines.append("".join([f'<th scope="col" style="{HEAD}">{j}</th>' for j in range(len(numbers[0]))]) + "</tr>")
    for i, row in enumerate(numbers):
        head = f'<th scope="row" style="{HEAD}">{i}</th>' if a.ndim == 2 else ""
        lines.append(f"<tr>{head}" + "".join([f'<td style="{CELL}">{x}</td>' for x in row]) + "</tr>")
    return _framed("".join(lines))


def _number(x: Any) -> str:
    if isinstance(x, float):
        text = f"{x + 0.0:.5g}"
        return text.replace("-", "\N{MINUS SIGN}", 1) if math.isfinite(x) else f"<b>{escape(text)}</b>"
    if isinstance(x, complex):
        return f"{x + 0.0:.5g}".replace("-", "\N{MINUS SIGN}")
    return escape(x)


def _written(a: np.ndarray) -> str:
    text = np.array2string(a, precision=4, separator=", ") if a.size else "no elements"
    return f'<pre style="margin:0;padding:4px 8px;{RULE};white-space:pre">{escape(text)}</pre>'


def _statistics(a: np.ndarray) -> str:
    sample, every = _sample(a)
    rows: list[tuple[str, str]] = []
    if sample.dtype.kind in "fiub":
        flat = np.ravel(sample).astype(np.float64)
        finite = flat[np.isfinite(flat)]
        if finite.size:
            with np.errstate(all="ignore"):
                rows += [("mean", _number(float(finite.mean()))), ("std", _number(float(finite.std())))]
            rows += [("min", _number(float(finite.min()))), ("max", _number(float(finite.max())))]
            zeros = float(np.mean(finite == 0))
            rows += [("zero", f"{zeros:.1%}")] if zeros else []
        for word, count in (("nan", int(np.isnan(flat).sum())), ("inf", int(np.isinf(flat).sum()))):
            rows += [(word, f"<b>{count:,}</b>")] if count else []
    rows.append(("elements", f"{a.size:,}"))
    if every > 1:
        rows.append(("looked at", f"1 in {every:,}"))
    cells = "".join(
        [
            f'<tr><th scope="row" style="{HEAD};text-align:left">{word}</th><td style="{CELL}">{text}</td></tr>'
            for word, text in rows
        ]
    )
    return _framed(cells)


def _framed(rows: str) -> str:
    style = f"border-collapse:separate;border-spacing:0;margin:0;color:inherit;{RULE};{FONT}"
    return f'<table style="{style}"><tbody>{rows}</tbody></table>'


def _sample(a: np.ndarray) -> tuple[np.ndarray, int]:
    """(evenly spaced elements, as a view; n if they are one in n)"""
    view = a
    while view.size > SAMPLE:
        axis = int(np.argmax(view.shape))
        steps = [slice(None)] * view.ndim
        steps[axis] = slice(None, None, min(-(-view.size // SAMPLE), view.shape[axis]))
        view = view[tuple(steps)]
    return view, -(-a.size // max(1, view.size))


def _reachable(s: Any, limit: int) -> int:
    """How many Scalars s was computed from, itself included; counting stops soon after the limit."""
    seen, stack = {id(s)}, [s]
    while stack and len(seen) <= limit:
        for parent in stack.pop().parents:
            if id(parent) not in seen:
                seen.add(id(parent))
                stack.append(parent)
    return len(seen)
