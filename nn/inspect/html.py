"""What a notebook shows of a Module: a tree that can be unfolded, with the number of parameters of every module."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from autograd.display import html
from autograd.viz.reprs import FAINT, FONT, RULE, escape, fact, in_words
from nn.core.display import successive_runs
from nn.core.module import Module, members
from nn.core.parameter import Parameter
from nn.inspect.summary import bytes_text

DEPTH = 30  # the deepest level of nesting that is followed
ROWS = 400  # the most modules that are shown; of the rest only the number is told
OPEN = 1  # how many levels are unfolded at first
INDENT = "margin-left:7px;padding-left:14px;border-left:1px solid #8886"


@dataclass
class Branch:
    """A module at a place in a model.

    name        its name in the module that holds it; "" for the model; "0–11" for several equal ones in a row
    layer       its class
    extra       its extra_repr
    parameters  how many numbers its parameters hold, with all inside it, without those counted before
    trainable   how many of these require grad
    training    its mode
    shared      it, or a parameter of its own, was counted before
    inside      the modules in it
    times       how many equal ones in a row it stands for
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

    def key(self) -> Any:
        """Equal for two branches that differ at most in their names."""
        return (
            self.layer,
            self.extra,
            self.parameters,
            self.trainable,
            self.training,
            self.shared,
            self.times,
            [b.key() for b in self.inside],
        )

    def modes(self) -> set[bool]:
        """The modes of this module and of all inside it."""
        return {self.training}.union(*[b.modes() for b in self.inside])


@html.register(Module)
def module_html(model: Module) -> str:
    """The tree as HTML, which works without a script; it never raises."""
    try:
        tree = branch(model)
        modes = tree.modes()
        if len(modes) > 1:
            mode = "some modules in training mode, others in eval mode"
        else:
            mode = "training mode" if tree.training else "eval mode"
        nbytes = sum(p.numpy().nbytes for p in {id(p): p for p in _own_parameters(model)}.values())
        total = f"{tree.parameters:,} parameters"
        if tree.trainable < tree.parameters:
            total += f", {tree.trainable:,} trainable"
        facts = "".join(map(fact, (total, bytes_text(nbytes), mode)))
        head = f'<div style="margin-bottom:4px">{_Page.title(tree)}{facts}</div>'
        body = _Page(len(modes) > 1).body(tree) if tree.inside else _parameter_lines(model)
        return f'<div style="{FONT};line-height:1.6">{head}{body}</div>'
    except Exception:  # if a repr raised, a notebook would show the error in place of the module
        return in_words(model)


def branch(model: Module) -> Branch:
    """A model as plain data; a shared module or parameter is counted at its first place only."""
    return _branch_at("", model, set(), set(), ())


def _branch_at(name: str, module: Module, modules: set[int], counted: set[int], around: tuple[int, ...]) -> Branch:
    """The branch of a module.

    Args:  modules, counted: ids of the modules and parameters met before; those of this branch are added.
           around: ids of the modules that this one is inside of.
    """
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
                found.inside.append(_branch_at(inner, member, modules, counted, (*around, id(module))))
    found.parameters += sum(b.parameters * b.times for b in found.inside)
    found.trainable += sum(b.trainable * b.times for b in found.inside)
    found.inside = _merged(found.inside)
    return found


def _merged(inside: list[Branch]) -> list[Branch]:
    """Three or more equal branches with successive numbers merged into one."""
    merged: list[Branch] = []
    for run in successive_runs(inside, lambda b: b.name, lambda a, b: not b.shared and a.key() == b.key()):
        if len(run) > 2:
            run[0].name, run[0].times = f"{run[0].name}–{run[-1].name.rpartition('.')[2]}", len(run)
            merged.append(run[0])
        else:
            merged += run
    return merged


def _own_parameters(model: Module) -> list[Parameter]:
    """The parameters of all modules; unlike `parameters()`, this gives none of them a name."""
    return [p for module in model.modules() for _, p in members(module) if isinstance(p, Parameter)]


def _parameter_lines(module: Module) -> str:
    """The parameters of a module without modules inside, a line each."""
    lines = []
    for name, p in members(module):
        if isinstance(p, Parameter):
            facts = f"{fact(p.shape)}{fact(p.dtype)}{'' if p.requires_grad else fact('frozen')}"
            lines.append(f'<div style="padding-left:16px">{escape(name)}{facts}</div>')
    return "".join(lines[:ROWS])


class _Page:
    """Writes the tree as HTML, up to ROWS lines."""

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
                inside = f'<div style="{INDENT}">{self.children(b, depth + 1)}</div>'
                summary = f'<summary style="cursor:pointer">{self.words(b)}</summary>'
                parts.append(f"<details{opened}>{summary}{inside}</details>")
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
            facts.append(f"{b.parameters:,}" + (" each" if b.times > 1 else "") + _trainable_words(b))
        if b.shared:
            facts.append("shared, counted above")
        if self.mixed:
            facts.append("training" if b.training else "eval")
        times = f"{b.times} × " if b.times > 1 else ""
        return f"{name}{times}{self.title(b)}" + "".join(map(fact, facts))


def _trainable_words(b: Branch) -> str:
    if b.trainable == b.parameters:
        return ""
    return f", {b.trainable:,} trainable" if b.trainable else " frozen"
