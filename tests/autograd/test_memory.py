"""Freed memory is kept for the next step, up to a limit, and can be released (docs/design/memory.md)."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

from autograd import memory
from autograd.errors import ArgumentError

glibc = pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="other C libraries have no mallopt: nothing is set there"
)

STEPS = """
import resource
import numpy as np
from autograd import memory

def step():
    arrays = [np.ones(1_000_000, np.float32) for _ in range(8)]  # 32 MB at once
    return sum(float(a[0]) for a in arrays)

for _ in range(3):
    step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(5):
    step()
faults = (resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) / 5

def resting():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmRSS")) / 1024

kept = resting()
memory.release_memory()
print(faults, kept - resting())
"""


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )


@glibc
def test_a_step_takes_no_fresh_pages_and_what_is_kept_can_be_given_back() -> None:
    done = run(STEPS)
    assert done.returncode == 0, done.stderr
    faults, given_back = map(float, done.stdout.split())
    assert faults < 100  # of the 8000 pages that the arrays fill
    assert given_back > 16  # megabytes


@glibc
def test_it_is_set_at_import_and_can_be_switched_off() -> None:
    assert memory.keep_freed_memory()
    assert not memory.keep_freed_memory(0)
    ask = "from autograd import memory; print(memory.from_environment())"
    assert run(ask).stdout.strip() == "True"
    assert run(ask, CHAINRULE_KEEP_MEMORY="0").stdout.strip() == "False"


def test_a_bad_amount_is_refused() -> None:
    with pytest.raises(ArgumentError, match=r"0 or more megabytes; got -1"):
        memory.keep_freed_memory(-1)
    done = run("import autograd", CHAINRULE_KEEP_MEMORY="lots")
    assert done.returncode != 0
    assert "CHAINRULE_KEEP_MEMORY must be a whole number of megabytes (0: off); got 'lots'" in done.stderr
