"""The generated pages of docs/ are what the code says now."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

import nn
import nn.functional as F

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_of_modules_is_up_to_date(generate: ModuleType) -> None:
    assert generate.PAGE.read_text(encoding="utf-8") == generate.page(), "docs/modules.md is stale: run `python -m docs.generate`"


def test_what_is_read_from_a_docstring(generate: ModuleType) -> None:
    assert generate.summary(nn.Tanh) == "The hyperbolic tangent."
    assert generate.formulas(nn.Tanh) == ["y = tanh(x)"]
    assert generate.source(nn.Tanh) == 'LeCun et al. 1998, "Efficient BackProp", section 4.4.'
    assert len(generate.formulas(nn.HingeLoss)) == 2
    assert generate.row("l1_loss", F.l1_loss)[1].startswith(r"The absolute difference \|input - target\|")
    assert generate.row("Identity", nn.Identity)[2:] == ("", "")


def test_every_exported_class_and_function_is_listed(generate: ModuleType) -> None:
    text = generate.page()
    for package in (nn, F, nn.init):
        names = [name for _, listed in generate.by_file(package) for name in listed]
        assert names
        assert all(f"| `{name}` |" in text for name in names)


def test_the_tests_that_the_conventions_name_exist() -> None:
    """A line of docs/conventions.md that is tested nowhere is a wish."""
    text = (ROOT / "docs" / "conventions.md").read_text(encoding="utf-8")
    rows = [line for line in text.split("## Layers and losses")[1].splitlines() if line.startswith("| ")][1:]
    assert len(rows) > 20
    for row in rows:
        named = re.findall(r"`(\w+\.py)::(\w+)`", row)
        assert named, row
        for file, test in named:
            assert f"def {test}(" in (ROOT / "tests" / file).read_text(encoding="utf-8"), f"{file}::{test}"
