"""Run a notebook in a kernel of its own, as strictly as the test suite runs its tests."""

from __future__ import annotations

import os
import re
import sys
import time
from pathlib import Path
from typing import Any

import nbformat
import psutil
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from traitlets import default

LIMIT = 60.0  # seconds of running time that a notebook may take
HANG = 300  # seconds of wall-clock time after which a cell counts as hanging

# The warning filters of pyproject.toml, except for the machinery that runs the cells. matplotlib's message about its
# list of fonts, which comes once on a machine, is provoked before (see `run`).
PREPARE = """\
import warnings
warnings.simplefilter("error")
for _module in ("IPython", "ipykernel", "jupyter_client", "tornado", "traitlets", "zmq", "asyncio"):
    warnings.filterwarnings("ignore", module=rf"{_module}(\\.|$)")
del _module, warnings
"""


class NotebookError(Exception):
    """A notebook failed; the message names the cell."""


class ThisPython(KernelSpecManager):
    """Kernels run with the interpreter of the tests, not with whatever `python3` is on the machine."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        return KernelSpec(argv=argv, display_name=kernel_name, language="python")


class Manager(AsyncKernelManager):
    """Starts kernels of this interpreter."""

    @default("kernel_spec_manager")
    def _this_python(self) -> KernelSpecManager:
        return ThisPython(parent=self)


class Clock:
    """Running time: wall-clock time, or the kernel's processor time where that is less.

    On a busy machine a notebook waits for its turn, which is not its fault; with threads its processor time is a
    multiple of the time that it takes, which is not its fault either.
    """

    def __init__(self, process: psutil.Process) -> None:
        self.process = process
        self.start = self.last = self.now()
        self.cells: list[tuple[float, int]] = []

    def now(self) -> tuple[float, float]:
        times = self.process.cpu_times()
        return time.monotonic(), times.user + times.system + times.children_user + times.children_system

    def lap(self, index: int) -> float:
        """Note how long a cell took; returns the time since the start."""
        now = self.now()
        self.cells.append((self.between(self.last, now), index))
        self.last = now
        return self.between(self.start, now)

    @staticmethod
    def between(a: tuple[float, float], b: tuple[float, float]) -> float:
        return min(b[0] - a[0], b[1] - a[1])


def environment(scratch: Path) -> dict[str, str]:
    """This process's environment without the user's IPython settings, with inline figures and one thread by default."""
    kept = {name: value for name, value in os.environ.items() if name not in {"MPLBACKEND", "PYTHONWARNINGS"}}
    settings = {
        "IPYTHONDIR": str(scratch / "ipython"),
        "JUPYTER_CONFIG_DIR": str(scratch / "jupyter"),
        "JUPYTER_NO_CONFIG": "1",
    }
    return {"OMP_NUM_THREADS": "1", **kept, **settings}


def run(path: Path, scratch: Path, limit: float = LIMIT, hang: int = HANG) -> tuple[nbformat.NotebookNode, float]:
    """Execute a notebook in its folder; returns it with its outputs, and its running time."""
    # matplotlib builds its list of fonts here, not in a kernel: it takes long, and prints a message.
    import matplotlib.font_manager  # noqa: F401

    notebook = nbformat.read(path, as_version=4)
    notebook.cells.insert(0, nbformat.v4.new_code_cell(PREPARE, id="prepare"))
    clock: Clock | None = None
    total, current = 0.0, 0

    def starts(cell: Any, cell_index: int) -> None:
        nonlocal current
        current = cell_index

    def executed(cell: Any, cell_index: int, **_: Any) -> None:
        nonlocal clock, total
        if clock is None:
            clock = Clock(psutil.Process(client.km.provisioner.process.pid))
            return
        total = clock.lap(cell_index)
        if total > limit:
            slowest = ", ".join(
                f"{where(notebook, i)}: {seconds:.1f} s" for seconds, i in sorted(clock.cells, reverse=True)[:3]
            )
            raise NotebookError(
                f"{total:.1f} s and not done, more than the {limit:.0f} s a notebook may run; the slowest: {slowest}"
            )

    client = NotebookClient(
        notebook,
        kernel_manager_class=Manager,
        timeout=hang,
        resources={"metadata": {"path": str(path.parent)}},
        on_cell_start=starts,
        on_cell_executed=executed,
    )
    try:
        client.execute(env=environment(scratch))
    except CellTimeoutError:
        raise NotebookError(f"{where(notebook, current)} ran for more than {hang} s: it hangs") from None
    except CellExecutionError as error:
        raise NotebookError(f"{where(notebook, current)}\n{plain(str(error))}") from None
    except DeadKernelError:
        raise NotebookError(f"{where(notebook, current)}: the kernel died") from None
    del notebook.cells[0]
    for index, cell in enumerate(notebook.cells):
        said = "".join(output.text for output in cell.get("outputs", []) if output.get("name") == "stderr")
        if said:
            raise NotebookError(f"cell {index + 1} wrote to stderr:\n{cell.source}\n---\n{plain(said)}")
    return notebook, total


def where(notebook: nbformat.NotebookNode, index: int) -> str:
    """The name of a cell in messages. The index counts the preparing cell, so it is the number in the notebook."""
    source = notebook.cells[index].source.strip()
    return f"cell {index} ({source.splitlines()[0] if source else 'empty'})"


def plain(text: str) -> str:
    """The text without terminal colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)
