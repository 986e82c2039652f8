"""The notebooks run in time and without a warning, and they are stored as docs/design/notebooks.md says."""

from __future__ import annotations

import copy
import itertools
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

from docs.generate import first_cell, row_numbers
from tests import ROOT
from tests.project.notebooks import NotebookError, run

FOLDER = ROOT / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
ROWS = {*range(1, 31)}  # of the course's table
METADATA = {"kernelspec": {"display_name": "Python 3", "name": "python3"}, "language_info": {"name": "python"}}
SOLUTION = {"tags": ["solution", "hide-cell"], "jupyter": {"source_hidden": True}}
HEADS = {"code": "# Solution", "markdown": "**Solution.**"}  # JupyterLab shows the first line of a closed cell
each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


@each
def test_runs(path: Path, tmp_path: Path) -> None:
    before = {found for found in FOLDER.rglob("*") if ".ipynb_checkpoints" not in found.parts}
    try:
        run(path, tmp_path)
    except NotebookError as error:
        pytest.fail(f"{path.name}: {error}", pytrace=False)
    left = {found for found in FOLDER.rglob("*") if ".ipynb_checkpoints" not in found.parts} - before
    assert not left, f"{path.name} left files behind: {left}"


# How they are stored


def test_all_are_there() -> None:
    assert len(NOTEBOOKS) >= 13
    assert [path.stem[:3] for path in NOTEBOOKS] == [f"{number:02d}_" for number in range(1, len(NOTEBOOKS) + 1)]
    assert {path.name for path in FOLDER.iterdir()} - {".ipynb_checkpoints"} == {path.name for path in NOTEBOOKS}


def test_they_are_stored_without_outputs() -> None:
    """nbstripout would change nothing; `make format` runs it."""
    command = [sys.executable, "-m", "nbstripout", "--keep-id", "--verify", *map(str, NOTEBOOKS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def stored_wrongly(notebook: Any) -> list[str]:
    """What is wrong with the form of a notebook."""
    wrong = []
    known = notebook.metadata.get("kernelspec", {}).get("name") == "python3" and notebook.metadata.get(
        "language_info"
    ) == {"name": "python"}
    if set(notebook.metadata) != set(METADATA) or not known:
        wrong.append(f"the notebook's metadata: {notebook.metadata}")
    ids = [cell.get("id") for cell in notebook.cells]
    if len(set(ids)) != len(ids) or not all(ids):
        return ["cells without an id, or with the same"]
    nbformat.validate(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code" and (cell.outputs or cell.execution_count is not None):
            wrong.append(f"cell {cell.id} has outputs or an execution count")
        if not cell.source.strip():
            wrong.append(f"cell {cell.id} is empty")
        if set(cell.metadata) - {"tags", "jupyter"} or set(cell.metadata.get("jupyter", {})) - {
            "source_hidden",
            "outputs_hidden",
        }:
            wrong.append(f"cell {cell.id} has metadata {dict(cell.metadata)}")
    return wrong


@each
def test_stored_normalised(path: Path) -> None:
    assert stored_wrongly(nbformat.read(path, as_version=4)) == []


# What they hold


def rows(notebook: Any) -> set[int]:
    """The rows of the course that the first cell names: "**Course rows** 1, 2, 14-17 · …"."""
    return set(row_numbers(first_cell(notebook.cells[0].source)[2]))


@each
def test_the_first_cell_says_what_it_is(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    first = notebook.cells[0]
    assert first.cell_type == "markdown"
    assert re.match(r"# \S.*\n\n\S", first.source), "a title, and a paragraph under it"
    assert rows(notebook) <= ROWS
    assert rows(notebook), "the first cell names no row of the course: **Course rows** 1, 2"
    assert [
        cell.id for cell in notebook.cells[1:] if re.match("# ", cell.source) and cell.cell_type == "markdown"
    ] == [], "one title"


def test_every_row_of_the_course_is_in_a_notebook() -> None:
    covered = {row for path in NOTEBOOKS for row in rows(nbformat.read(path, as_version=4))}
    assert sorted(ROWS - covered) == []


def exercises_wrong(notebook: Any) -> list[str]:
    """What is wrong with the exercises."""
    cells = notebook.cells
    start = [
        i
        for i, cell in enumerate(cells)
        if cell.cell_type == "markdown" and re.search(r"^## Exercises\b", cell.source, re.MULTILINE)
    ]
    if len(start) != 1:
        return [f"{len(start)} cells have the heading ## Exercises"]
    solution = ["solution" in cell.metadata.get("tags", []) for cell in cells]
    wrong = [f"cell {cells[i].id}: a solution before the exercises" for i in range(start[0]) if solution[i]]
    runs = sum(now and not before for before, now in itertools.pairwise(solution))
    if runs < 3:
        wrong.append(f"{runs} solutions, at least 3 are wanted")
    for cell, is_one in zip(cells, solution, strict=True):
        found = {key: cell.metadata.get(key) for key in SOLUTION}
        closed = SOLUTION["jupyter"] | ({"outputs_hidden": True} if cell.cell_type == "code" else {})
        if is_one and not cell.source.startswith(HEADS[cell.cell_type]):
            wrong.append(f"cell {cell.id}: a solution begins with the line {HEADS[cell.cell_type]}, which can be seen")
        if is_one and not (set(SOLUTION["tags"]) <= set(found["tags"]) and found["jupyter"] == closed):
            wrong.append(f"cell {cell.id}: a solution that is not collapsed: {dict(cell.metadata)}")
    if solution[-1]:
        wrong.append("the last cell says what comes next; it is a solution")
    return wrong


@each
def test_exercises_with_collapsed_solutions(path: Path) -> None:
    assert exercises_wrong(nbformat.read(path, as_version=4)) == []


# The checks themselves


def notebook(*cells: Any) -> Any:
    numbered = [nbformat.from_dict({**cell, "id": str(i)}) for i, cell in enumerate(cells)]
    made = nbformat.v4.new_notebook(cells=numbered, metadata=copy.deepcopy(METADATA))
    made.nbformat_minor = 5
    return made


def code(source: str, **options: Any) -> Any:
    return nbformat.v4.new_code_cell(source, **options)


def markdown(source: str, **options: Any) -> Any:
    return nbformat.v4.new_markdown_cell(source, **options)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("1 / 0", r"cell 2 \(1 / 0\)\n(?s:.)*ZeroDivisionError: division by zero"),
        ("import warnings\nwarnings.warn('look out')", r"cell 2 \(import warnings\)\n(?s:.)*UserWarning: look out"),
        ("import sys\nprint('hm', file=sys.stderr)", r"cell 2 wrote to stderr:\nimport sys\n(?s:.)*hm"),
        ("import numpy as np\nnp.log(np.zeros(2))", "RuntimeWarning: divide by zero"),
        ("import time\ntime.sleep(60)", r"cell 2 \(import time\) ran for more than 2 s: it hangs"),
        (
            "while time.process_time() < end: pass",
            r"1\.\d s and not done, more than the 1 s .* slowest: cell 2 \(while time",
        ),
        ("import os\nos._exit(1)", r"cell 2 \(import os\): the kernel died"),
    ],
    ids=["exception", "warning", "stderr", "numpy", "hang", "slow", "dead"],
)
def test_what_makes_a_notebook_fail(source: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "made.ipynb"
    first = code("import time\nend = time.process_time() + 1.2")
    nbformat.write(notebook(first, code(source)), path)
    with pytest.raises(NotebookError, match=message):
        run(path, tmp_path, limit=1, hang=2 if "sleep" in source else 60)


def test_waiting_is_no_running_time_and_the_kernel_is_this_python(tmp_path: Path) -> None:
    path = tmp_path / "made.ipynb"
    nbformat.write(
        notebook(code("import time, sys, os\ntime.sleep(1.2)"), code("print(sys.executable, os.getcwd())")), path
    )
    executed, seconds = run(path, tmp_path, limit=1)
    assert seconds < 1
    assert executed.cells[1].outputs[0].text.split() == [sys.executable, str(tmp_path)]


def test_figures_are_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """MPLBACKEND=Agg, as in CI, would make every figure of a notebook disappear."""
    monkeypatch.setenv("MPLBACKEND", "Agg")
    path = tmp_path / "made.ipynb"
    nbformat.write(notebook(code("import matplotlib.pyplot as plt\nplt.plot([1, 2]);")), path)
    executed, _ = run(path, tmp_path)
    assert "image/png" in executed.cells[0].outputs[0].data


def test_what_is_stored_wrongly_is_found() -> None:
    good = notebook(markdown("# Title"), code("1"))
    assert stored_wrongly(good) == []
    output = nbformat.v4.new_output("stream", text="1")
    assert "has outputs" in stored_wrongly(notebook(code("1", outputs=[output])))[0]
    assert "has outputs" in stored_wrongly(notebook(code("1", execution_count=3)))[0]
    assert "is empty" in stored_wrongly(notebook(code(" ")))[0]
    assert "scrolled" in stored_wrongly(notebook(code("1", metadata={"scrolled": True})))[0]
    other = notebook(code("1"), code("2"))
    other.metadata["language_info"]["version"] = "3.11"
    assert "3.11" in stored_wrongly(other)[0]
    other.cells[1].id = other.cells[0].id
    assert "with the same" in stored_wrongly(other)[-1]


def test_exercises_that_are_wrong_are_found() -> None:
    title, task, after = markdown("## Exercises"), markdown("1. Why?"), markdown("Next")
    closed = SOLUTION | {"jupyter": {"source_hidden": True, "outputs_hidden": True}}
    solution = code("# Solution\n1", metadata=copy.deepcopy(closed))
    open_ = code("# Solution\n1", metadata={"tags": ["solution"]})
    told = code("1", metadata=copy.deepcopy(closed))
    assert exercises_wrong(notebook(title, task, solution, task, solution, task, solution, after)) == []
    assert exercises_wrong(notebook(task)) == ["0 cells have the heading ## Exercises"]
    assert exercises_wrong(notebook(title, task, solution, solution, solution, after)) == [
        "1 solutions, at least 3 are wanted"
    ]
    assert "not collapsed" in exercises_wrong(notebook(title, task, solution, task, solution, task, open_, after))[0]
    assert "can be seen" in exercises_wrong(notebook(title, task, solution, task, solution, task, told, after))[0]
    assert (
        "before the exercises"
        in exercises_wrong(notebook(task, solution, title, task, solution, task, solution, task, after))[0]
    )
    assert "last cell" in exercises_wrong(notebook(title, task, solution, task, solution, task, solution))[0]


def test_rows_are_read_from_the_first_cell() -> None:
    assert rows(notebook(markdown("# T\n\nSee.\n\n**Course rows** 1, 2, 14-17 · **Reading** about 15 minutes"))) == {
        1,
        2,
        14,
        15,
        16,
        17,
    }
    assert rows(notebook(markdown("# T"))) == set()
