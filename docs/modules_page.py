"""docs/modules.md: everything that nn, nn.functional and nn.init export, by family as in PyTorch's docs."""

from __future__ import annotations

import inspect
import re
from types import ModuleType
from typing import Any

SECTION = re.compile(r"^[A-Z][a-z]+:(\s|$)")  # "Shape:     x (N, C) -> …"

HEAD = """\
# Layers, activations, losses, initialisations

Everything that `nn`, `nn.functional` (here `F`) and `nn.init` export, in the families of PyTorch's documentation: what
it is, its formula, and its source. For shapes, options, the gradient at kinks and an example see the docstrings:
`help(nn.Conv2d)`. Names, arguments and defaults are PyTorch's for everything that PyTorch has. This page is generated:
change the docstring and run `python -m docs.generate`.
"""

HELPERS = "For layers of your own"  # no table: they are no layers, activations, losses or initialisations
# Family -> the packages and files of nn that belong to it; a file goes to the longest name that fits
FAMILIES = {
    "Containers": "core.module core.parameter core.containers core.parameter_containers",
    "Convolution layers": "layers.convolution layers.folding",
    "Pooling layers": "layers.pooling",
    "Padding layers": "layers.padding",
    "Non-linear activations": "layers.activation",
    "Normalization layers": "layers.normalization parallel",
    "Recurrent layers": "layers.recurrent",
    "Attention and Transformer layers": "layers.attention",
    "Linear layers": "layers.linear layers.bilinear layers.identity",
    "Dropout layers": "layers.dropout",
    "Embedding layers": "layers.embedding layers.embedding_bag",
    "Distance functions": "layers.loss.distance",
    "Loss functions": "layers.loss",
    "Vision layers: upsampling and shuffling": "layers.upsampling layers.shuffles",
    "Residual blocks": "layers.residual",
    "Minimal effort backpropagation": "layers.minimal_effort simplification",
    "Shapes": "layers.flatten",
    "Parameters: initial values": "init",
    "Parameters: parametrizations, gradients, vectors": "parametrizations training.clip core.vector",
    "Training, files, inspection": "training serialization inspect fusion core.functional_call",
    HELPERS: "layers.inputs layers.reduction",
}


def page() -> str:
    """The whole page."""
    import nn

    rows: dict[str, list[str]] = {name: [] for name in FAMILIES}
    functions = public(nn.functional)
    for name, thing in public(nn).items():
        function = functions.pop(function_name(name), None)
        names = f"`{name}`" + (f"<br>`F.{function.__name__}`" if function is not None else "")
        rows[family_of(thing)].append(f"| {names} | {description(thing, function)} |")
    for name, function in functions.items():
        rows[family_of(function)].append(f"| `F.{name}` | {description(function)} |")
    helpers = ", ".join([f"`F.{name}`" for name, function in functions.items() if family_of(function) == HELPERS])
    for name, function in public(nn.init).items():
        rows[family_of(function)].append(f"| `init.{name}` | {description(function)} |")
    tables = [
        f"\n## {name}\n\n| name | what it is |\n|---|---|\n" + "\n".join(rows[name]) + "\n"
        for name in FAMILIES
        if rows[name] and name != HELPERS
    ]
    note = f"\nNot in the tables: {helpers}, which layers of your own can use ([CONTRIBUTING](../CONTRIBUTING.md)).\n"
    return HEAD + note + "".join(tables)


def public(package: ModuleType) -> dict[str, Any]:
    """The classes and functions that a package exports."""
    things = {name: getattr(package, name) for name in package.__all__}
    return {name: thing for name, thing in things.items() if inspect.isclass(thing) or inspect.isfunction(thing)}


def function_name(name: str) -> str:
    """The function that a module calls, if there is one of that name: BCEWithLogitsLoss, Conv2d, LeakyReLU."""
    import nn

    special = {
        "BCELoss": "binary_cross_entropy", "BCEWithLogitsLoss": "binary_cross_entropy_with_logits",
        "CrossEntropyLoss": "cross_entropy", "Upsample": "interpolate", "KLDivLoss": "kl_div",
        "MultiheadAttention": "multi_head_attention_forward",
    }  # fmt: skip
    if name in special:
        return special[name]
    plain = name.lower()
    return next((f for f in nn.functional.__all__ if f.replace("_", "") == plain), name) if name[0].isupper() else ""


def family_of(thing: Any) -> str:
    """The family whose file or package is the longest that the thing's file begins with."""
    file = thing.__module__.removeprefix("nn.")
    fitting = [
        (len(part), name)
        for name, parts in FAMILIES.items()
        for part in parts.split()
        if file == part or file.startswith(f"{part}.")
    ]
    assert fitting, f"nn/{file.replace('.', '/')}.py belongs to no family of docs/modules_page.py"
    return max(fitting)[1]


def description(thing: Any, function: Any = None) -> str:
    """The cell: the first sentence, the formula and the source, of the module or else of its function."""
    formula = formulas(thing) or (formulas(function) if function is not None else [])
    origin = source(thing) or (source(function) if function is not None else "")
    lines = [cell(summary(thing)), *(f"`{cell(line)}`" for line in formula), *([f"*{cell(origin)}*"] if origin else [])]
    return "<br>".join(lines)


def summary(thing: Any) -> str:
    """The first sentence."""
    return " ".join(paragraphs(thing)[0])


def formulas(thing: Any) -> list[str]:
    """The indented lines between the summary and the first "Shape:", "Args:" …, each as one formula."""
    return [
        re.sub(r"\s{2,}", "  ", line.strip())
        for part in paragraphs(thing)[1:]
        for line in part
        if line.startswith("    ")
    ]


def source(thing: Any) -> str:
    """The text of the section "Source:"."""
    lines = (inspect.getdoc(thing) or "").splitlines()
    start = next((i for i, line in enumerate(lines) if line.startswith("Source:")), None)
    if start is None:
        return ""
    end = next((i for i in range(start + 1, len(lines)) if not lines[i].startswith(" ")), len(lines))
    return " ".join(line.removeprefix("Source:").strip() for line in lines[start:end])


def paragraphs(thing: Any) -> list[list[str]]:
    """The paragraphs before the first "Shape:", "Args:" …"""
    found: list[list[str]] = [[]]
    for i, line in enumerate((inspect.getdoc(thing) or "").splitlines()):
        if i and SECTION.match(line):
            break
        if line.strip():
            found[-1].append(line)
        elif found[-1]:
            found.append([])
    return found


def cell(text: str) -> str:
    """Text for a cell of a Markdown table."""
    return text.replace("|", r"\|")
