"""The generated pages of docs/ are up to date."""

from __future__ import annotations

import importlib.util
import inspect
import re
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

import autograd.viz
import nn
import nn.estimator
import nn.functional as F
import optim
from docs import modules_page
from tests import ROOT


def load(path: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(Path(path).stem, ROOT / path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    return load("docs/generate.py")


@pytest.mark.parametrize(
    "name",
    [
        *(f"docs/{name}.md" for name in ("modules", "numpy", "scipy", "course", "conventions")),
        *(f"docs/from_{name}.md" for name in ("pytorch", "jax", "micrograd")),
        "README.md",
    ],
)
def test_what_is_generated_is_up_to_date(generate: ModuleType, name: str) -> None:
    written = {path.relative_to(ROOT).as_posix(): made for path, made in generate.FILES.items()}
    assert (ROOT / name).read_text(encoding="utf-8") == written[name](), f"{name} is stale: run `make generate`"


def test_the_conventions_are_the_engines_answers(generate: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """If a rule gives another answer, the page is out of date."""
    from docs import kinks

    assert "| relu at 0 | `d(F.relu, 0.0)` → **0** |" in generate.conventions()
    monkeypatch.setitem(kinks.NAMES, "F", SimpleNamespace(**{**vars(F), "relu": lambda x: np.maximum(x, 0)}))
    assert "| relu at 0 | `d(F.relu, 0.0)` → **0.5** |" in generate.conventions()


def test_what_is_read_from_a_first_cell(generate: ModuleType) -> None:
    title = "# A title\n\nOne sentence,\nthe first. Another."
    cell = f"{title}\n\n**Course rows** 1, 14-17 · **Reading** about 15 minutes\n\nMore."
    assert generate.first_cell(cell) == ("A title", "One sentence, the first.", "1, 14-17")
    linked = cell.replace("**Course rows**", "**[Course rows](../docs/course.md)**")
    assert generate.first_cell(linked) == generate.first_cell(cell)
    assert generate.row_numbers("1, 14-17") == [1, 14, 15, 16, 17]


@pytest.fixture(scope="module")
def api() -> ModuleType:
    return load("docs/ext/api_pages.py")


def test_every_public_name_has_its_place_on_the_site(api: ModuleType) -> None:
    pages = api.pages()
    text = "\n".join(pages.values())
    for package in (
        autograd,
        autograd.viz,
        nn,
        F,
        nn.init,
        nn.plots,
        nn.utils,
        nn.data,
        nn.parallel,
        nn.estimator,
        optim,
        optim.lr_scheduler,
    ):
        assert package.__name__ in pages
        for name in package.__all__:
            if isinstance(getattr(package, name), ModuleType):
                assert (
                    f"{package.__name__}.{name}" in pages
                    or getattr(package, name).__name__ in pages
                    or name == "parametrizations"
                )
            else:
                assert f":: {package.__name__}.{name}\n" in text, f"{package.__name__}.{name}"


def test_every_guide_is_in_the_sites_table_of_contents() -> None:
    source = (ROOT / "docs" / "ext" / "site_pages.py").read_text(encoding="utf-8")  # Sphinx is not installed with dev
    listed = set(re.findall(r'"(\w+)"', source.partition("GUIDES = [")[2].partition("]")[0]))
    assert listed == {path.stem for path in (ROOT / "docs").glob("*.md")} - {"course"}


def test_the_houses_docstrings_become_restructuredtext() -> None:
    convert = load("docs/ext/house_docstrings.py").convert
    docstring = """\
    A sentence with *stars*, a_ and `Linear`.

        y = x * 2

    Shape:     x (*, N) -> (*, N)
               and so on
    Args:      a, b: the first
               line: goes on
               c: the last.
    Example:
        >>> f(1)
        2
    """
    lines = convert(inspect.cleandoc(docstring).splitlines(), frozenset("abc"))
    assert [line for line in lines if line] == [
        r"A sentence with \*stars\*, a\_ and \ :py:obj:`Linear`\ .",
        ".. code-block:: text",
        "    :class: formula",
        "    y = x * 2",
        ".. rst-class:: sections",
        "Shape",
        r"    x (\*, N) -> (\*, N)",
        "    and so on",
        "Args",
        "    ``a``, ``b``",
        "        the first",
        "        line: goes on",
        "    ``c``",
        "        the last.",
        "Example",
        "    >>> f(1)",
        "    2",
    ]


def test_what_is_read_from_a_docstring() -> None:
    assert modules_page.summary(nn.Tanh) == "The hyperbolic tangent."
    assert modules_page.formulas(nn.Tanh) == ["y = tanh(x)"]
    assert modules_page.source(nn.Tanh) == 'LeCun et al. 1998, "Efficient BackProp", section 4.4.'
    assert len(modules_page.formulas(nn.HingeLoss)) == 2
    assert modules_page.description(F.l1_loss).startswith(r"The absolute difference \|input - target\|")
    assert modules_page.description(nn.Identity).count("<br>") == 0


def test_every_exported_class_and_function_is_listed_once() -> None:
    text = (ROOT / "docs" / "modules.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| (.*?) \| .", text, flags=re.MULTILINE)
    listed += re.findall(r"^Not in the tables: (.*), which", text, flags=re.MULTILINE)
    names = [name for cell in listed for name in re.findall(r"`(.*?)`", cell)]
    packages = (("", nn), ("F.", F), ("init.", nn.init))
    expected = [prefix + name for prefix, package in packages for name in modules_page.public(package)]
    assert sorted(names) == sorted(expected)
    assert "|  |" not in text  # no empty cell
    assert "| `BCEWithLogitsLoss`<br>`F.binary_cross_entropy_with_logits` | " in text


def test_the_tests_that_the_conventions_name_exist() -> None:
    """Every row of the table for layers and losses in docs/conventions.md names its test."""
    text = (ROOT / "docs" / "conventions.md").read_text(encoding="utf-8")
    rows = [line for line in text.split("## Layers and losses")[1].splitlines() if line.startswith("| ")][1:]
    assert len(rows) > 20
    for row in rows:
        named = re.findall(r"`([\w/]+\.py)::(\w+)`", row)
        assert named, row
        for file, test in named:
            assert f"def {test}(" in (ROOT / "tests" / file).read_text(encoding="utf-8"), f"{file}::{test}"
