"""docs/sampling.md runs from its first block to its last, and its table says what PyTorch says."""

from __future__ import annotations

import re

import numpy as np
import pytest

import autograd
import autograd.scipy.stats
import nn.functional as F
from autograd import Tensor
from tests import ROOT

PAGE = (ROOT / "docs" / "sampling.md").read_text(encoding="utf-8")


def test_the_table_is_pytorchs() -> None:
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    x, index = rng.normal(size=(4, 5)), np.array([2, 0, 4, 1])
    t, i = torch.tensor(x), torch.tensor(index)
    ours = {"x": Tensor(x), "np": np, "F": F, "index": index[:, None], "a": index, "k": 2, "autograd": autograd}
    theirs = {
        "x": t,
        "torch": torch,
        "index": i[:, None],
        "a": i,
        "k": 2,
        "Categorical": torch.distributions.Categorical,
    }
    pairs = re.findall(r"^\| `(.+?)` \| (.+) \|$", PAGE, re.MULTILINE)
    compared = 0
    for left, right in pairs:
        if re.search(r"sample|multinomial|gumbel|Normal", left):  # random, or with other arguments: below
            continue
        if "squeeze" in left:
            ours["index"], theirs["index"] = index, i
        value = 7.0
        expected = eval(left, {**theirs, "value": value})
        expected = expected[0] if left.startswith("torch.topk") else expected
        names = {**ours, "value": value}
        for part in [part for code in re.findall("`(.+?)`", right) for part in code.split("; ")]:
            if re.match(r"\w+(\[.*\])? = ", part):
                exec(part, names)
                found = names.get("y")
            else:
                found = eval(part, names)
        np.testing.assert_allclose(found.numpy(), expected.numpy(), rtol=1e-12)
        ours["index"], theirs["index"] = index[:, None], i[:, None]
        compared += 1
    assert compared == 6
    normal = torch.distributions.Normal(torch.tensor(0.5), torch.tensor(2.0))
    found = autograd.scipy.stats.norm.logpdf(x, 0.5, 2.0)
    np.testing.assert_allclose(found, normal.log_prob(t).numpy(), rtol=1e-6)
