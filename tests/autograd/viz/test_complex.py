"""Complex numbers as text, in pictures and step by step: whole, with the gradient of `.grad`."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import autograd
from autograd import Tensor, detect_anomaly
from autograd.errors import AnomalyError
from autograd.viz import steps, trace

Z = np.array([1 + 2j, 3 - 1j])


def leaf() -> Tensor:
    return Tensor(Z.copy(), requires_grad=True)


def test_reprs() -> None:
    assert repr(leaf()) == "Tensor([1.+2.j, 3.-1.j], dtype=complex128, requires_grad=True)"
    assert repr(Tensor(1 + 2j)) == "Tensor(1.+2.j, dtype=complex128)"
    assert "dtype=complex64, node=multiply)" in repr(Tensor(Z.astype(np.complex64), requires_grad=True) * 1)
    html = leaf()._repr_html_()
    assert "1+2j" in html
    assert "3\N{MINUS SIGN}1j" in html


def test_a_trace_has_values_and_gradients_of_the_users_convention() -> None:
    z = leaf()
    y = np.sum(np.abs(z * (2 - 1j)) ** 2)
    graph = trace(y, complete=True)
    parameter, product = graph.nodes[:2]
    assert parameter.value.numbers == (1 + 2j, 3 - 1j)
    assert product.value.numbers == (4 + 3j, 5 - 5j)
    assert product.value.maximum == pytest.approx(np.sqrt(50)), "statistics are of magnitudes"
    y.backward()
    assert parameter.grad.numbers == tuple(z.grad.tolist())
    text = graph.to_json()
    assert type(graph).from_json(text) == graph
    assert json.loads(text)["nodes"][0]["value"]["numbers"] == ["(1+2j)", "(3-1j)"]


def test_a_number_and_a_large_array() -> None:
    graph = trace(np.abs(Tensor(1 + 2j, requires_grad=True) ** 2), complete=True)
    assert graph.nodes[0].value == 1 + 2j
    assert type(graph).from_json(graph.to_json()) == graph
    large = trace(np.sum(np.abs(Tensor(np.full((20, 20), 3 + 4j), requires_grad=True))))
    assert large.nodes[0].value.mean == 5
    assert large.nodes[0].value.numbers is None


def test_pictures_write_complex_numbers() -> None:
    y = np.sum(np.abs(np.fft.fft(leaf()) * (2 - 1j)) ** 2)
    for text in (autograd.draw(y).to_dot(), autograd.draw(y).to_mermaid()):
        assert "1+2j" in text
        assert "2-1j" in text.replace("#45;", "-")


def test_step_by_step(tmp_path: Path) -> None:
    for z in (Tensor(1 + 2j, requires_grad=True), leaf()):
        steps(np.sum(np.abs(np.exp(z * -1j) * 2) ** 2), path := tmp_path / "steps.html")
        assert "1+2j" in path.read_text(encoding="utf-8") or z.ndim


def test_anomalies_are_found_in_complex_numbers() -> None:
    z = Tensor(np.array([1 + 2j, 0]), requires_grad=True)
    with np.errstate(all="ignore"), detect_anomaly(), pytest.raises(AnomalyError, match=r"log\(\) gave the first inf"):
        np.log(z)
    with detect_anomaly(), np.errstate(all="ignore"):
        y = np.real(np.sum(1 / (z[1:] + 1e-200)))  # whose derivative, -1e400, overflows
        with pytest.raises(AnomalyError, match=r"the VJP of \w+ by argument \d gave the first"):
            y.backward()
    assert z.grad is None
