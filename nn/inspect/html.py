"""What a notebook shows of a Module: a tree that folds, with the number of parameters of every module."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from autograd.viz.reprs import FAINT, FONT, RULE, escape, fact, in_words
from nn.core.module import Module, members
from nn.core.parameter import Parameter
from nn.inspect.summary import _size

DEPTH = 30  # modules inside of each other that are followed
ROWS = 400  # modules in a tree; the rest is counted, and not shown
OPEN = 1  # so many levels are unfolded at first


@dataclass
class Branch:
    """A module at a place in a model.

    name        what the module it is in calls it; "" for the model; "0–11" for several equal ones in a row
    layer       its class, and its extra_repr
    parameters  how many numbers it has, with all inside it, that were not counted before it
    trainable   how many of these learn
    training    its mode
    shared      it, or a parameter of its own, was counted before
    inside      the modules in it
    times       so many equal ones in a row are shown as this one
    """

    name: str
    layer: str
    extra: str
    parameters: int
    trainable: int
    training: bool
    shared: bool
    inside: list[Branch] = field(default_factory=list)
    times: int = 1

    def shape(self) -> Any:
        """What two equal branches have in common."""
        return (
            self.layer,
            self.extra,
            self.parameters,
            self.trainable,
            self.training,
            self.shared,
            self.times,
            [b.shape() for b in self.inside],
        )

    def modes(self) -> set[bool]:
        return {self.training}.union(*[b.modes() for b in self.inside])


def module_html(model: Module) -> str:
    """The tree as HTML, which works without a script; it never raises."""
    try:
        tree = branch(model)
        modes = tree.modes()
        mode = (
            "some modules in training mode, others in eval mode"
            if len(modes) > 1
            else "training mode"
            if tree.training
            else "eval mode"
        )
        nbytes = sum(p.numpy().nbytes for p in {id(p): p for p in _parameters(model)}.values())
        total = f"{tree.parameters:,} parameters" + (
            f", {tree.trainable:,} trainable" if tree.trainable < tree.parameters else ""
        )
        head = (
            f'<div style="margin-bottom:4px">{_Page.title(tree)}'
            + "".join(map(fact, (total, _size(nbytes), mode)))
            + "</div>"
        )
        return f'<div style="{FONT};line-height:1.6">{head}{_Page(len(modes) > 1).body(tree) if tree.inside else _own(model)}</div>'
    except Exception:  # a repr that raises hides what one wants to look at
        return in_words(model)


def branch(model: Module) -> Branch:
    """A model as plain data; what is shared counts where it comes first."""
    return _grown("", model, set(), set(), ())


def _grown(name: str, module: Module, modules: set[int], counted: set[int], around: tuple[int, ...]) -> Branch:
    again = id(module) in modules
    modules.add(id(module))
    own = {id(p): p for _, p in members(module) if isinstance(p, Parameter)}
    new = [p for key, p in own.items() if key not in counted]
    counted.update(own)
    found = Branch(
        name, type(module).__name__, " ".join(module.extra_repr().split()), sum(p.size for p in new),
        sum(p.size for p in new if p.requires_grad), module.training, again or len(new) < len(own),
    )  # fmt: skip
    if not again and len(around) < DEPTH:
        for inner, member in members(module):
            if isinstance(member, Module) and id(member) not in (*around, id(module)):
                found.inside.append(_grown(inner, member, modules, counted, (*around, id(module))))
    found.parameters += sum(b.parameters * b.times for b in found.inside)
    found.trainable += sum(b.trainable * b.times for b in found.inside)
    found.inside = _folded(found.inside)
    return found


def _folded(inside: list[Branch]) -> list[Branch]:
    """Three or more equal ones with successive numbers as one."""
    runs: list[list[Branch]] = []
    for b in inside:
        stem, _, number = b.name.rpartition(".")
        last = runs[-1][-1] if runs else None
        follows = last is not None and number.isdecimal() and last.name == f"{stem}.{int(number) - 1}".lstrip(".")
        if last is not None and follows and not b.shared and last.shape() == b.shape():
            runs[-1].append(b)
        else:
            runs.append([b])
    folded: list[Branch] = []
    for run in runs:
        if len(run) > 2:
            run[0].name, run[0].times = f"{run[0].name}–{run[-1].name.rpartition('.')[2]}", len(run)
            folded.append(run[0])
        else:
            folded += run
    return folded


def _parameters(model: Module) -> list[Parameter]:
    return [p for module in model.modules() for _, p in members(module) if isinstance(p, Parameter)]


def _own(module: Module) -> str:
    """The parameters of a module without modules inside, a line each."""
    lines = [
        f'<div style="padding-left:16px">{escape(name)}{fact(p.shape)}{fact(p.dtype)}{"" if p.requires_grad else fact("frozen")}</div>'
        for name, p in members(module)
        if isinstance(p, Parameter)
    ]
    return "".join(lines[:ROWS])


class _Page:
    """The tree as it is written, up to ROWS lines."""

    def __init__(self, mixed: bool) -> None:
        self.mixed = mixed
        self.left = ROWS

    def body(self, tree: Branch) -> str:
        return (
            f'<div style="{RULE};padding:4px 10px;display:inline-block;min-width:26em">{self.children(tree, 0)}</div>'
        )

    def children(self, tree: Branch, depth: int) -> str:
        parts = []
        for i, b in enumerate(tree.inside):
            if self.left <= 0:
                parts.append(f'<div style="{FAINT}">… and {len(tree.inside) - i} more</div>')
                break
            self.left -= 1
            if b.inside:
                opened = " open" if depth < OPEN and len(tree.inside) <= 12 else ""
                inside = f'<div style="margin-left:7px;padding-left:14px;border-left:1px solid #8886">{self.children(b, depth + 1)}</div>'
                parts.append(
                    f'<details{opened}><summary style="cursor:pointer">{self.words(b)}</summary>{inside}</details>'
                )
            else:
                parts.append(f'<div style="padding-left:16px">{self.words(b)}</div>')
        return "".join(parts)

    @staticmethod
    def title(b: Branch) -> str:
        return f"<b>{escape(b.layer)}</b>" + (f"({escape(b.extra)})" if b.extra else "")

    def words(self, b: Branch) -> str:
        name = f'<span style="{FAINT}">{escape(b.name)}:</span> ' if b.name else ""
        facts = []
        if b.parameters:
            facts.append(f"{b.parameters:,}" + (" each" if b.times > 1 else "") + _frozen(b))
        if b.shared:
            facts.append("shared, counted above")
        if self.mixed:
            facts.append("training" if b.training else "eval")
        times = f"{b.times} × " if b.times > 1 else ""
        return f"{name}{times}{self.title(b)}" + "".join(map(fact, facts))


def _frozen(b: Branch) -> str:
    return "" if b.trainable == b.parameters else " frozen" if not b.trainable else f", {b.trainable:,} trainable"
