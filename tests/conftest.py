"""Rules for every test: the checkout is tested, randomness is seeded, and no test leaves a changed setting behind."""

from __future__ import annotations

import gc
import importlib.util
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
# The checkout is tested, not an installed copy or another package of the same name; in subprocesses, too.
sys.path.insert(0, str(ROOT))
os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])

import numpy as np  # noqa: E402  the path must be set first
import pytest  # noqa: E402

import autograd  # noqa: E402
from autograd.engine.modes import mode  # noqa: E402

assert Path(autograd.__file__).is_relative_to(ROOT), f"tests of {ROOT} would run against {autograd.__file__}"

HAS_TORCH = importlib.util.find_spec("torch") is not None
left_out = pytest.StashKey[int]()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "oracle: compares with PyTorch; left out where it is not installed")
    config.stash[left_out] = 0


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the comparisons with PyTorch where it is not installed. They are counted, not listed as skipped."""
    if HAS_TORCH:
        return
    oracle = [item for item in items if item.get_closest_marker("oracle")]
    if oracle:
        config.stash[left_out] += len(oracle)
        config.hook.pytest_deselected(items=oracle)
        items[:] = [item for item in items if not item.get_closest_marker("oracle")]


def pytest_collection_finish() -> None:
    """What was collected stays to the end: the garbage collector need not look at it after every few tests."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """In a worker of pytest-xdist: report the number of tests left out to the process that writes the summary."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = session.config.stash[left_out]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Every worker collects all tests and leaves out the same ones, so the largest number is the number."""
    config = node.config
    config.stash[left_out] = max(config.stash[left_out], getattr(node, "workeroutput", {}).get("left_out", 0))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if config.stash[left_out]:
        terminalreporter.write_line(
            f"oracle: {config.stash[left_out]} comparisons left out: torch is not installed "
            "(pip install 'chainrule[oracle]')"
        )


@pytest.fixture
def rng() -> np.random.Generator:
    """A generator with a fixed seed."""
    return np.random.default_rng(0)


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """matplotlib.pyplot without a screen. Open figures are drawn at the end, and rcParams must be as before."""
    matplotlib: Any = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    from matplotlib import pyplot

    monkeypatch.setattr(pyplot, "show", lambda *_, **__: pytest.fail("a plot was shown"))
    before = dict(matplotlib.rcParams)
    yield pyplot
    for number in pyplot.get_fignums():
        pyplot.figure(number).canvas.draw()  # a figure that cannot be drawn fails here
    pyplot.close("all")
    assert dict(matplotlib.rcParams) == before


def global_generator() -> tuple[int, bytes]:
    """The state of NumPy's global generator."""
    state = np.random.get_state()  # noqa: NPY002  it is read, not used
    return state[2], state[1].tobytes()  # type: ignore[index, union-attr]


@pytest.fixture(autouse=True)
def no_leaks() -> Iterator[None]:
    """Fail a test that changes the mode, NumPy's error state or NumPy's global generator."""
    before, errors, random, jax = mode.get(), np.geterr(), global_generator(), "jax" in sys.modules
    yield
    now = mode.get()
    assert (
        (now.recording, now.anomaly, now.scope) == (before.recording, before.anomaly, before.scope) == (True, False, ())
    ), f"the test left the mode recording={now.recording}, anomaly={now.anomaly}, scope={now.scope} behind"
    assert np.geterr() == errors, f"the test left np.seterr {np.geterr()} behind"
    imported = "jax" in sys.modules and not jax  # some versions draw when they are imported
    assert imported or global_generator() == random, "the test drew from NumPy's global generator; pass rng= instead"
