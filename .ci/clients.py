"""pymanopt's own test suite, run on this package in the place of HIPS autograd.

Its source distribution brings the tests. Those of other backends are left out, and with them the line of its conftest
that imports TensorFlow; what its autograd backend, its optimizers and its manifolds promise is all run.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "out" / "clients"
PYMANOPT = "pymanopt==2.2.1"
SUITE = (
    "tests/backends/test_autograd.py", "tests/test_problem_backend_interface.py", "tests/optimizers", "tests/manifolds",
)  # fmt: skip
CONFTEST = """
import random

import autograd.numpy as anp
import numpy as np
import pytest


@pytest.fixture(autouse=True)
def initialize_test_state():
    random.seed(42)
    anp.random.seed(42)
    np.random.seed(42)
"""


def main() -> int:
    """pytest's exit status."""
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    pip = (sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:", "--dest", str(OUT))
    subprocess.run([*pip, PYMANOPT], check=True)
    (archive,) = OUT.glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        tar.extractall(OUT, filter="data")
    folder = OUT / archive.name.removesuffix(".tar.gz")
    (folder / "tests" / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    pytest = (
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "--no-header",
        "-p",
        "no:cacheprovider",
        "-c",
        os.devnull,
        "--rootdir=.",
    )
    return subprocess.run([*pytest, *SUITE], cwd=folder, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
