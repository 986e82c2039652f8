"""A step is planned without the collector of cycles, which is as it was afterwards."""

from __future__ import annotations

import gc
from typing import Any

import numpy as np
import pytest

from autograd import capture
from autograd.capture.replay import Program


@pytest.mark.parametrize("enabled", [True, False])
@pytest.mark.parametrize("fails", [True, False])
def test_it_is_off_while_a_step_is_planned(monkeypatch: pytest.MonkeyPatch, enabled: bool, fails: bool) -> None:
    seen = []
    compile_it = Program.compile

    def compiled(self: Program) -> None:
        seen.append(gc.isenabled())
        if fails:
            raise MemoryError
        compile_it(self)

    monkeypatch.setattr(Program, "compile", compiled)
    step, x = capture(lambda x: np.exp(x) * x), np.linspace(0, 1, 5)
    before = gc.isenabled()
    (gc.enable if enabled else gc.disable)()
    try:
        step(x), step(x)
        if fails:
            with pytest.raises(MemoryError):
                step(x)
        else:
            step(x)
        assert (seen, gc.isenabled()) == ([False], enabled)
    finally:
        (gc.enable if before else gc.disable)()


def test_it_runs_while_the_step_itself_is_recorded() -> None:
    seen: list[bool] = []

    def function(x: Any) -> Any:
        seen.append(gc.isenabled())
        return np.exp(x) * x

    step = capture(function)
    for _ in range(4):
        step(np.linspace(0, 1, 5))
    assert seen == [gc.isenabled()] * 3
