"""The program of a captured step: printed line by line, and drawn."""

import re

import numpy as np

import autograd
import nn
import optim


def program():
    rng = np.random.default_rng(0)
    model = nn.Sequential(nn.Linear(4, 8, rng=rng), nn.Tanh(), nn.Linear(8, 3, rng=rng))
    optimizer = optim.SGD(model.parameters(), lr=0.1)

    @autograd.capture
    def step(x, y):
        loss = nn.functional.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    for _ in range(5):
        step(rng.normal(size=(16, 4)).astype(np.float32), rng.integers(0, 3, 16))
    return step


def test_lines_with_shapes_and_sources():
    text = str(program().program)
    assert re.search(r"a1 float32\[16, 4\]: argument 0", text)
    assert re.search(r"s\d+ float32\[8, 4\]: the tensor 0\.weight", text)
    assert re.search(r"# .*test_program\.py:\d+: loss = nn\.functional\.cross_entropy\(model\(x\), y\)\nv", text)
    assert re.search(r"# .*test_program\.py:\d+: loss\.backward\(\)\nv", text)
    assert re.search(r"v\d+ float32\[16, 8\] = tanh\(v\d+\)", text)
    assert re.search(r"v\d+ float32\[4, 8\] = s\d+\.T", text)
    assert text.endswith("step(<SGD>)")


def test_it_is_drawn():
    step = program()
    graph = autograd.trace(step.program)
    names = [node.op for node in graph.nodes]
    assert names.count("tanh") == 1
    assert names.count(".grad =") == 4
    assert {node.name for node in graph.nodes if node.kind == "parameter"} == {
        "0.weight", "0.bias", "2.weight", "2.bias",
    }  # fmt: skip
    assert {"argument 0", "argument 1"} <= {node.name for node in graph.nodes if node.kind == "input"}
    tanh = names.index("tanh")
    assert graph.nodes[tanh].shape == (16, 8)
    assert "cross_entropy(model(x), y)" in graph.nodes[tanh].source
    [reader] = [
        edge.target for edge in graph.edges if edge.source == tanh and graph.nodes[edge.target].shape == (16, 3)
    ]
    assert graph.nodes[reader].op == "dot"
    assert "tanh" in autograd.draw(step.program).to_mermaid()


def test_it_explains_itself():
    step = program()
    text = step.explain()
    assert "step: 1 eager, 2 recorded, 2 replayed" in text
    assert "the first of its kind" in text
    assert re.search(r"4 gradients\), replayed 2 times", text)
    assert re.search(r"[\d.]+ ms a replay, [\d.]+ ms as it is", text)
    step.clear()
    assert step.program is None
    assert "operations of" not in step.explain()


def test_it_says_why_there_is_another_recording():
    drop = nn.Dropout(0.5)
    scale = {"k": 2.0}
    fast = autograd.capture(lambda x: drop(x) * scale["k"] if x.sum() > 0 else x * scale["k"])
    for sign in (1, -1):
        for _ in range(4):
            fast(sign * np.ones(3))
    drop.p = 0.25
    for _ in range(4):
        fast(np.ones(3))
    scale["k"] = 3.0
    for _ in range(4):
        fast(np.ones(3))
    text = fast.explain()
    assert "a value on which it branches came out otherwise" in text
    assert "an attribute of a Dropout changed: 0.5, now 0.25" in text
    assert "a dict changed: 2.0, now 3.0" in text
