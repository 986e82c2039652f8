"""What `import autograd` leaves for later is there when it is asked for."""

from __future__ import annotations

import subprocess
import sys

import pytest


def run(program: str) -> str:
    return subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize(
    "use",
    [
        "autograd.draw(y)",
        "autograd.trace(y)",
        "autograd.viz.steps(y)",
        "from autograd import *; draw(y)",
        "y._repr_html_()",
        "s._repr_mimebundle_()",
    ],
)
def test_the_pictures_are_imported_when_they_are_asked_for(use: str) -> None:
    program = (
        "import sys, autograd; x = autograd.Tensor([1.0, 2.0], requires_grad=True); y = x * x\n"
        "s = autograd.Scalar(2.0) * 3.0\n"
        "assert not any(name.startswith('autograd.viz') for name in sys.modules), 'too early'\n"
        f"{use}\n"
        "print('autograd.viz' in sys.modules)"
    )
    assert run(program) == "True\n"


def test_a_notebook_shows_the_same_whether_or_not_they_were_imported() -> None:
    program = "import autograd; {}print(autograd.Tensor([1.0, 2.0])._repr_html_())"
    shown = run(program.format(""))
    assert "<table" in shown
    assert shown == run(program.format("import autograd.viz; "))


def test_completion_knows_what_is_not_there_yet() -> None:
    assert "draw" in run("import autograd; print('draw' in dir(autograd) and 'draw')")
