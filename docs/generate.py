"""Write the generated parts of the docs: python -m docs.generate

- docs/modules.md from the docstrings,
- docs/numpy.md and docs/scipy.md from the rules of the engine,
- the tables of docs/conventions.md from the engine's answers to the questions in docs/kinks.py,
- the README's table of the notebooks, and docs/course.md, from their first cells,
- docs/from_pytorch.md, from_jax.md and from_micrograd.md from the rows in docs/coming_from/,
- CONTRIBUTING's reading order of the engine, with its numbers of lines.

tests/project/test_docs.py fails if one of them is out of date.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import io
import json
import re
import sys
import tokenize
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from docs import modules_page
from docs.modules_page import cell, summary

ROOT = Path(__file__).resolve().parent.parent
CONVENTIONS = ROOT / "docs" / "conventions.md"
README = ROOT / "README.md"
CONTRIBUTING = ROOT / "CONTRIBUTING.md"
PAGE = ROOT / "docs" / "modules.md"
NUMPY = ROOT / "docs" / "numpy.md"
SCIPY = ROOT / "docs" / "scipy.md"
COURSE = ROOT / "docs" / "course.md"
COMING_FROM = {ROOT / "docs" / f"from_{name}.md": name for name in ("pytorch", "jax", "micrograd")}

NUMPY_HEAD = """\
# NumPy's functions

NumPy asks a Tensor what its functions mean for it. Here is every function that has an answer, under NumPy's name and
with its arguments; any other says that it has no rule. Gradients of any order flow through those of the table. This
page is generated from the rules: `python -m docs.generate`.

A function that gets Tensors in a list only (`np.mean([t, u])`), `np.r_`, `np.c_` and the classes of `np.polynomial` ask
nothing: NumPy converts first. Where a gradient would be lost, the error says what joins Tensors: `np.stack`,
`np.hstack`, `np.column_stack`, or `np.array([t, [u, 2.0]], like=t)`.

| what | functions |
|---|---|
"""


def numpys() -> str:
    """The page of NumPy's functions: differentiable ones by the file of their rule, constant ones, refused ones."""
    import numpy as np

    import autograd.ops.ufunc_methods as methods
    from autograd.engine.registry import rules

    plain = (np.fix, np.round, np.around, np.linalg.matrix_rank, np.einsum_path, np.arange)
    found: dict[str, list[str]] = {}
    for function, rule in rules.items():
        if not isinstance(function, tuple) and not is_scipys(function):
            found.setdefault("constant" if function in plain else kind_of(rule), []).append(
                f"`{numpys_name(function)}`"
            )
    constant, refused = found.pop("constant"), found.pop("refused")
    lines = []
    for module in sorted(found):
        path = f"{module.replace('.', '/')}.py"
        heading = cell(summary(sys.modules[module]).rstrip("."))
        lines.append(f"| {heading} ([{path.rpartition('/')[2]}](../{path})) | {', '.join(found[module])} |")
    ufuncs = ", ".join(f"`np.{u.__name__}`" for u in (*methods.REDUCED, *methods.ASSOCIATIVE, *methods.IN_ORDER))
    lines.append(f"| the methods `reduce`, `accumulate`, `outer` and `reduceat` | of {ufuncs} |")
    return (
        NUMPY_HEAD
        + "\n".join(lines)
        + f"\n\n**Values without a gradient**, because they jump or count: {', '.join(constant)}.\n\n"
        + f"**Refused**, with the remedy in the error: {', '.join(refused)}, and the method `at` of all ufuncs.\n"
    )


SCIPY_HEAD = """\
# SciPy's functions

**The ufuncs of scipy.special** are called as SciPy's: `scipy.special.erf(t)` of a Tensor is recorded, and gradients of
any order flow through it. Their rules are registered when the first of them is met; `import autograd` does not import
SciPy. By an argument that the table puts in brackets no formula is known: there it takes numbers, arrays and constant
Tensors. A function that is missing says so, under SciPy's name.

| what | functions of scipy.special |
|---|---|
"""


SCIPY_MODULES = """
Its Python functions `logsumexp`, `softmax`, `log_softmax`, `polygamma` and `multigammaln` record, too, when they are
called as SciPy's.

**SciPy's other Python functions** convert their arguments to arrays, and so cannot record. `autograd.scipy` has them
under SciPy's names, with SciPy's arguments; anything else in `autograd.scipy.special`, `linalg`, `signal`, `integrate`
and `optimize` is SciPy's own.

```python
>>> import numpy as np
>>> from autograd import grad
>>> from autograd.scipy.stats import norm
>>> round(grad(norm.logsf)(40.0), 6)
-40.024969

```

"""


def scipys() -> str:
    """The page of SciPy's functions."""
    import autograd.scipy
    from autograd.engine.registry import rules
    from autograd.ops import scipy_special

    lines = []
    for name in scipy_special.__all__:
        module = getattr(scipy_special, name)
        path = f"autograd/ops/scipy_special/{name}.py"
        names = [call_of(function, rule) for function, rule in rules.items() if family_of(function, rule) == name]
        lines.append(f"| {cell(summary(module).rstrip('.'))} ([{name}.py](../{path})) | {', '.join(names)} |")
    others = ["| module | functions |", "|---|---|"]
    for name in autograd.scipy.__all__:
        module = getattr(autograd.scipy, name)
        summary_of = cell(summary(module).rstrip(".").partition(": ")[2])
        others.append(f"| `autograd.scipy.{name}`: {summary_of} | {', '.join(f'`{f}`' for f in module.__all__)} |")
    return SCIPY_HEAD + "\n".join(lines) + "\n" + SCIPY_MODULES + "\n".join(others) + "\n"


def family_of(function: Any, rule: Any) -> str:
    """The file in autograd/ops/scipy_special that gives a ufunc of SciPy's its rule, or ""."""
    if not is_scipys(function):
        return ""
    made = getattr(rule, "of", rule)
    given = [vjp for vjp in made.vjps if vjp is not None]
    file = given[0].__module__.rpartition(".")[2] if given else ""
    return {"special": "error_functions", "elementwise": "exponentials"}.get(file, file)


def call_of(function: Any, rule: Any) -> str:
    """`erf`, or `gammainc [a]` where there is no derivative by a."""
    name = function.__name__.removeprefix("_")
    without = getattr(rule, "without", None)
    return f"`{name}` [{', '.join(without.values())}]" if without else f"`{name}`"


def is_scipys(function: Any) -> bool:
    """Whether it is a ufunc that NumPy does not have."""
    import numpy as np

    return isinstance(function, np.ufunc) and getattr(np, function.__name__, None) is not function


def kind_of(rule: Any) -> str:
    """The file of a rule, or "constant" or "refused"."""
    if inspect.isfunction(rule):
        if inspect.get_annotations(rule).get("return") == "NoReturn":
            return "refused"
        return "constant" if rule.__module__ == "autograd.ops.nondifferentiable" else rule.__module__
    given = [vjp for vjp in (*rule.vjps, rule.joint, rule.each) if vjp is not None]
    return given[0].__module__ if given else "constant"


def numpys_name(function: Any) -> str:
    """`np.linalg.norm`."""
    module = getattr(function, "__module__", None) or "numpy"
    return f"np{module.removeprefix('numpy').replace('.lib.scimath', '.emath')}.{function.__name__}"


def between(text: str, name: str, generated: str) -> str:
    """The text with the part between the marks of that name replaced."""
    begin, end = f"<!-- generated: {name} -->\n", f"<!-- end: {name} -->\n"
    before, found, rest = text.partition(begin)
    _, closed, after = rest.partition(end)
    assert found, begin
    assert closed, end
    return before + begin + generated + end + after


def conventions() -> str:
    """docs/conventions.md with the engine's present answers."""
    from docs import kinks

    def asked(questions: list[str]) -> str:
        return "<br>".join(f"`{cell(question)}` → **{kinks.answer(question)}**" for question in questions)

    engine = ["| where | asked and answered | what it means, and why |", "|---|---|---|"]
    engine += [f"| {where} | {asked(questions)} | {cell(why)} |" for where, questions, why in kinks.ENGINE]
    layers = ["| where | asked and answered | what it means, and why | tested by |", "|---|---|---|---|"]
    for where, questions, why, tests in kinks.LAYERS:
        layers.append(f"| {where} | {asked(questions)} | {cell(why)} | {', '.join(f'`{test}`' for test in tests)} |")
    text = CONVENTIONS.read_text(encoding="utf-8")
    for name, lines in (("engine", engine), ("layers", layers)):
        text = between(text, name, "\n" + "\n".join(lines) + "\n\n")
    return text


def readme() -> str:
    """README.md with the table of the notebooks that exist."""
    lines = ["| notebook | what you see | rows of the course |", "|---|---|---|"]
    for path, title, sentence, rows in course():
        lines.append(f"| [{path.stem[:2]} {cell(title)}](notebooks/{path.name}) | {cell(sentence)} | {rows} |")
    return between(README.read_text(encoding="utf-8"), "course", "\n" + "\n".join(lines) + "\n\n")


def course_page() -> str:
    """docs/course.md: the rows of the course, who teaches them, and the notebooks that show them."""
    from docs.course_rows import ROWS

    lines = [
        "# The course, row by row",
        "",
        "The notebooks follow a university course. Each row is something that one can do here, and see. The documents",
        "are the course's slides and papers, by number. This page is generated from the notebooks' first cells.",
        "",
        "| row | topic | documents | notebooks |",
        "|---|---|---|---|",
    ]
    shown: dict[int, list[str]] = {}
    for path, title, _, named in course():
        for row in row_numbers(named):
            shown.setdefault(row, []).append(f"[{path.stem[:2]} {cell(title)}](../notebooks/{path.name})")
    lines += [f"| {row} | {topic} | {seeds} | {', '.join(shown[row])} |" for row, (topic, seeds) in ROWS.items()]
    return "\n".join(lines) + "\n"


def row_numbers(named: str) -> list[int]:
    """The numbers in "1, 2, 14-17"."""
    ends = [[int(end) for end in re.split("[-–]", part)] for part in named.split(",")] if named else []
    return [row for part in ends for row in range(part[0], part[-1] + 1)]


def course() -> Iterator[tuple[Path, str, str, str]]:
    """(path, title, first sentence, rows of the course) of each notebook, from its first cell."""
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        yield path, *first_cell("".join(json.loads(path.read_text(encoding="utf-8"))["cells"][0]["source"]))


def first_cell(source: str) -> tuple[str, str, str]:
    """Title, first sentence and rows of the course, from a notebook's first cell."""
    title, _, rest = source.removeprefix("# ").partition("\n")
    paragraph = " ".join(rest.strip().split("\n\n")[0].split())
    named = re.search(r"^\*\*\[?Course rows(?:\]\(\S+\))?\*\* ([\d, –-]+)", source, flags=re.MULTILINE)
    return title.strip(), re.split(r"(?<=[.!?]) (?=[A-Z])", paragraph)[0], named[1].strip(" ,") if named else ""


READING = {  # file of autograd/ -> what it says
    "engine/graph.py": "`Node`: one recorded operation, and the walk over those before it",
    "engine/abstract.py": "what a node holds of an array that no rule will read",
    "engine/modes.py": "what an operation asks before it records itself",
    "engine/definition.py": "an operation: a NumPy forward, its VJPs, and what they keep",
    "engine/recording.py": "where a node and a Tensor are made",
    "engine/anomaly.py": "what `detect_anomaly` looks for",
    "engine/primitive.py": "what a call does",
    "engine/cotangents.py": "where a sweep starts; `complete`, where broadcasting and dtype are undone",
    "engine/tensor_hooks.py": "functions that see a gradient on its way",
    "engine/written.py": "whether what a rule reads is still what it was",
    "engine/step.py": "what a sweep does at a node off the hot path",
    "engine/reverse.py": "`backward`, the sweep, its hot loop",
}


def contributing() -> str:
    """CONTRIBUTING.md with the lines of the files that explain `backward()`."""
    rows, total, code = ["| file | what it says | lines | of code |", "|---|---|---|---|"], 0, 0
    for name, what in READING.items():
        text = (ROOT / "autograd" / name).read_text(encoding="utf-8")
        lines, statements = text.count("\n"), lines_of_code(text)
        total, code = total + lines, code + statements
        rows.append(f"| [{name}](autograd/{name}) | {what} | {lines} | {statements} |")
    rows.append(f"| | together | {total} | {code} |")
    return between(CONTRIBUTING.read_text(encoding="utf-8"), "reading", "\n" + "\n".join(rows) + "\n\n")


def lines_of_code(source: str) -> int:
    """How many lines hold more than comments and docstrings."""
    layout = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    used = {line for t in tokens if t.type not in layout for line in range(t.start[0], t.end[0] + 1)}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node) is not None:
            used -= set(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    return len(used)


def coming_from(name: str) -> str:
    """The page for who comes from another library."""
    page: str = importlib.import_module(f"docs.coming_from.{name}").PAGE.markdown()
    return page


FILES = {
    PAGE: modules_page.page, NUMPY: numpys, SCIPY: scipys, CONVENTIONS: conventions, README: readme,
    COURSE: course_page, CONTRIBUTING: contributing,
    **{path: partial(coming_from, name) for path, name in COMING_FROM.items()},
}  # fmt: skip

if __name__ == "__main__":
    for path, made in FILES.items():
        path.write_text(made(), encoding="utf-8")
