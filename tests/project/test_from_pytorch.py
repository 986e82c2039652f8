"""The programs of examples/from_pytorch: with equal weights the losses of their PyTorch form, in nearly its lines."""

from __future__ import annotations

import difflib
import runpy
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests import ROOT

FOLDER = ROOT / "examples" / "from_pytorch"
PROGRAMS = sorted(path for path in FOLDER.glob("*.py") if not path.stem.endswith("_pytorch"))
LARGEST_SHARE = 0.2  # of PyTorch's lines that differ, over all programs


def pytorch_form(path: Path) -> Path:
    return path.with_name(f"{path.stem}_pytorch.py")


def set_weights(model: Any) -> None:
    """The same values in a model of either library."""
    rng = np.random.default_rng(1)
    for _, p in model.named_parameters():
        values = rng.normal(0, 0.3, tuple(p.shape)).astype(np.float32)
        p.data[...] = values if isinstance(p.data, np.ndarray) else type(p.data)(values)


def losses(path: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch's own
        return np.array(runpy.run_path(str(path))["main"](set_weights), float)


def test_there_are_ten_and_each_has_its_pytorch_form() -> None:
    assert len(PROGRAMS) == 10
    assert all(pytorch_form(path).is_file() for path in PROGRAMS)


@pytest.mark.parametrize("path", PROGRAMS, ids=[path.stem for path in PROGRAMS])
def test_equal_weights_give_equal_losses(path: Path) -> None:
    ours = losses(path)
    assert len(ours) >= 8
    assert np.isfinite(ours).all()
    pytest.importorskip("torch")
    np.testing.assert_allclose(ours, losses(pytorch_form(path)), rtol=2e-4, atol=2e-6)


def test_few_lines_differ() -> None:
    differ = total = 0
    for path in PROGRAMS:
        ours, theirs = (
            [line.strip() for line in p.read_text(encoding="utf-8").splitlines() if line.strip()]
            for p in (path, pytorch_form(path))
        )
        blocks = difflib.SequenceMatcher(None, theirs, ours, autojunk=False).get_matching_blocks()
        total += len(theirs)
        differ += len(theirs) - sum(block.size for block in blocks)
    assert total > 400
    assert differ / total <= LARGEST_SHARE
