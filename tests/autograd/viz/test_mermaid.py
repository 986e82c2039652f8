"""Mermaid text, read by Mermaid's own parser (the npm package, installed into a cache folder if npm is installed)."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nn
from autograd import Scalar, Tensor, draw, trace

HOSTILE = 'a"b\\N<script>alert(1)</script>&amp;"]; end\n\x00 %% `x` #quot; --> {y|z} subgraph click ;'
PACKAGES = ("mermaid@11", "jsdom@24")
PARSE = """
import { JSDOM } from "jsdom";
import { readFileSync } from "node:fs";
const dom = new JSDOM("");
globalThis.window = dom.window;
globalThis.document = dom.window.document;
const mermaid = (await import("mermaid")).default;
const found = [];
for (const text of JSON.parse(readFileSync(0, "utf8"))) {
  await mermaid.parse(text);
  const diagram = await mermaid.mermaidAPI.getDiagramFromText(text);
  const vertices = diagram.db.getVertices(), nodes = {};
  const entries = vertices instanceof Map ? vertices : Object.entries(vertices);
  for (const [id, v] of entries) nodes[id] = {text: v.text, shape: v.type};
  found.push({
    nodes,
    edges: diagram.db.getEdges().map((e) => [e.start, e.end, e.text, e.stroke]),
    frames: diagram.db.getSubGraphs().map((s) => s.title),
  });
}
console.log(JSON.stringify(found));
"""


@pytest.fixture(scope="module")
def folder() -> Path:
    """The folder in which the parser is installed; skips, with the reason, if it cannot be installed."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("there is no node and npm to run Mermaid's parser")
    place = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "chainrule-tests" / "mermaid"
    if not (place / "node_modules" / "mermaid" / "package.json").exists():
        place.mkdir(parents=True, exist_ok=True)
        command = [npm, "install", "--no-audit", "--no-fund", "--prefix", str(place), *PACKAGES]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=300)
        except subprocess.TimeoutExpired:
            pytest.skip("npm install mermaid took more than 300 seconds")
        if done.returncode:
            pytest.skip(f"npm install mermaid failed: {done.stderr.strip()[-300:]}")
    (place / "parse.mjs").write_text(PARSE)
    return place


def parsed(folder: Path, *texts: str) -> list[dict[str, Any]]:
    """The texts as parsed by Mermaid."""
    done = subprocess.run(
        ["node", str(folder / "parse.mjs")], input=json.dumps(texts), capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def test_mermaid_reads_every_type_of_picture(folder: Path) -> None:
    a, b = Scalar(2.0, label="a"), Scalar(-3.0, label="b")
    neuron = (a * b + 1.0) ** 2
    neuron.backward()
    model = nn.Sequential(*[layer for _ in range(60) for layer in (nn.Linear(3, 3), nn.Tanh())])
    deep = (model(np.ones((2, 3), np.float32)) ** 2).sum()
    deep.backward(retain_graph=True)
    chain = Scalar(1.0)
    for _ in range(500):
        chain = chain.tanh()
    hostile = Scalar(1.0, label=HOSTILE) * Scalar(2.0, label="end")
    drawings = {
        "neuron": draw(neuron),
        "deep": draw(deep, title="sixty 'layers': \"deep\"", theme="dark", direction="TB"),
        "cut": draw(chain, fold=False, limit=5),
        "hostile": draw(hostile, title=HOSTILE),
        "closed": draw(deep, depth=1, color="gradient", limit=300),
        "model": model.draw((2, 3)),
        "tensor": draw(Tensor(np.ones((0, 3)), requires_grad=True)),
    }
    found = dict(zip(drawings, parsed(folder, *[drawing.to_mermaid() for drawing in drawings.values()]), strict=True))
    for name, drawing in drawings.items():
        picture, diagram = drawing.picture, found[name]
        own = {key for key in diagram["nodes"] if re.fullmatch(r"[nm]\d+|more", key)}
        assert own == {box.id for box in picture.boxes}, name
        assert len(diagram["edges"]) == len(picture.arrows), name
        titles = {frame.path for box in picture.boxes for frame in box.frames}
        assert len([title for title in diagram["frames"] if title.strip()]) == len(titles), name

    neuron_shapes = {
        node["shape"] for key, node in found["neuron"]["nodes"].items() if key.startswith("n") and key != "notes"
    }
    assert neuron_shapes == {"square", "round"}
    assert any(stroke == "dotted" for _, _, _, stroke in found["deep"]["edges"])  # into the next block
    assert "×60" in found["deep"]["frames"]
    assert not any("<script" in node["text"] for node in found["hostile"]["nodes"].values())


def test_text_is_escaped_without_a_parser_too() -> None:
    text = draw(Scalar(1.0, label=HOSTILE) + Scalar(2.0)).to_mermaid()
    label = next(line for line in text.splitlines() if "script" in line)
    assert label.count('"') == 2  # those around the label
    assert not re.search(r"<(?!/?b>|br/>)", label)
    assert "`" not in label
    assert "\x00" not in text
    assert trace(Scalar(1.0)).to_mermaid(direction="TB").startswith("flowchart TB\n")
