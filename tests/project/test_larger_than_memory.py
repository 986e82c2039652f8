"""examples/larger_than_memory.py runs, with less data, and ends as it promises."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("distributed", reason="Dask is not installed: pip install 'chainrule[dask]'")

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_DATA limits memory on Linux only")
def test_it_ends_with_accuracy_and_memory() -> None:
    command = [sys.executable, str(ROOT / "examples" / "larger_than_memory.py"), "--size", "60"]
    done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    right, best = map(float, re.findall(r"([\d.]+)%", done.stdout))
    assert abs(right - best) < 0.5
    assert "data 66 MB; peak memory of the three processes" in done.stdout


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
