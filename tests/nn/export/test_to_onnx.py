"""to_onnx on whole models: any batch size, names, and what is refused, with nothing written."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

import autograd
import nn
import nn.functional as F
from autograd import Tensor
from autograd.errors import ArgumentError


class Encoder(nn.Module):
    """Tokens with padding through a transformer encoder."""

    def __init__(self) -> None:
        self.table = nn.Embedding(30, 16)
        self.position = nn.PositionalEncoding(16)
        self.encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(16, 4, 32, batch_first=True), 2)
        self.head = nn.Linear(16, 5)

    def forward(self, tokens: Any) -> Any:
        hidden = self.encoder(self.position(self.table(tokens)), src_key_padding_mask=tokens == 0)
        return {"logits": self.head(hidden.mean(axis=1)), "probabilities": F.softmax(self.head(hidden[:, 0]), -1)}


class SmallGPT(nn.Module):
    """A decoder in raw functions: masks and positions made in forward, a tied table, a write in place."""

    def __init__(self) -> None:
        self.table, self.positions = nn.Embedding(30, 16), nn.Embedding(64, 16)
        self.attention, self.norm = nn.MultiheadAttention(16, 4, batch_first=True), nn.LayerNorm(16)

    def forward(self, tokens: Any) -> Any:
        batch, steps = tokens.shape
        x = self.table(tokens) + self.positions(np.arange(steps))
        y, _ = self.attention(x, x, x, attn_mask=~np.tri(steps, dtype=bool), need_weights=False)
        q = self.norm(x + y).reshape(batch, steps, 4, 4).transpose(0, 2, 1, 3)
        z = F.scaled_dot_product_attention(q, q, q, is_causal=True).transpose(0, 2, 1, 3).reshape(batch, steps, 16)
        z[:, 0] = z[:, 0] * 2
        return np.where(z > 0, z, 0.1 * z) @ self.table.weight.T


class Recurrent(nn.Module):
    def __init__(self) -> None:
        self.lstm = nn.LSTM(5, 8, num_layers=2, bidirectional=True, batch_first=True)
        self.head = nn.Linear(16, 3)

    def forward(self, x: Any) -> Any:
        y, (h, _) = self.lstm(x)
        return self.head(y[:, -1]), h


def network() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 16, 3), nn.GELU(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.5), nn.Linear(16, 10),
    )  # fmt: skip


def digits_model() -> nn.Module:
    program = runpy.run_path(str(Path(__file__).parents[3] / "examples" / "digits.py"))
    model: nn.Module = program["network"](np.random.default_rng(0))
    return model


RNG = np.random.default_rng(0)
MODELS = {
    "CNN": (network, RNG.normal(size=(1, 1, 12, 12)).astype(np.float32)),
    "LSTM": (Recurrent, RNG.normal(size=(4, 6, 5)).astype(np.float32)),
    "encoder": (Encoder, RNG.integers(0, 30, (3, 9))),
    "GPT": (SmallGPT, RNG.integers(0, 30, (2, 7))),
    "digits": (digits_model, RNG.normal(size=(2, 64)).astype(np.float32)),
}


def outputs(model: nn.Module, *inputs: Any) -> list[np.ndarray]:
    model.eval()
    with autograd.no_grad():
        out = model(*inputs)
    found = list(out.values()) if isinstance(out, dict) else list(out) if isinstance(out, tuple) else [out]
    return [y.numpy() if isinstance(y, Tensor) else y for y in found]


@pytest.mark.parametrize("name", MODELS)
def test_a_model_for_batches_of_any_size(name: str, tmp_path: Path) -> None:
    autograd.seed(0)
    make, x = MODELS[name]
    model, path = make(), tmp_path / "model.onnx"
    before = [m.training for m in model.modules()]
    nn.export.to_onnx(model, x, path)
    assert [m.training for m in model.modules()] == before
    session = onnxruntime.InferenceSession(path)
    for size in (1, 7, 64):
        batch = np.concatenate([x] * 64)[:size]
        found = session.run(None, {session.get_inputs()[0].name: batch})
        for theirs, ours in zip(found, outputs(model, batch), strict=True):
            np.testing.assert_allclose(theirs, ours, rtol=1e-5, atol=1e-5)
    graph = onnx.load(path).graph
    assert graph.input[0].type.tensor_type.shape.dim[0].dim_param == "batch"
    names = {i.name for i in graph.initializer}
    assert {n for n, _ in model.named_parameters()} <= names
    state = model.state_dict()
    for initialiser in graph.initializer:
        if initialiser.name in state:
            np.testing.assert_array_equal(onnx.numpy_helper.to_array(initialiser), state[initialiser.name])


def test_names_are_those_of_modules_arguments_and_keys(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    nn.export.to_onnx(Encoder(), np.ones((2, 9), int), path)
    graph = onnx.load(path).graph
    assert [i.name for i in graph.input] == ["tokens"]
    assert [o.name for o in graph.output] == ["logits", "probabilities"]
    names = [node.name for node in graph.node]
    assert len(set(names)) == len(names)
    assert "/encoder/layers/1/self_attn/Attention" in names
    assert onnx.load(path).opset_import[0].version == 23
    nn.export.to_onnx(nn.Linear(2, 3), np.ones((1, 2)), path, input_names=["x"], output_names=["y"])
    graph = onnx.load(path).graph
    assert ([i.name for i in graph.input], [o.name for o in graph.output]) == (["x"], ["y"])
    with pytest.raises(ArgumentError, match="output_names must be 1 names"):
        nn.export.to_onnx(nn.Linear(2, 3), np.ones((1, 2)), path, output_names=["y", "z"])
    with pytest.raises(ArgumentError, match="input_names must be 1 different names"):
        nn.export.to_onnx(nn.Linear(2, 3), np.ones((1, 2)), path, input_names=[])


class Two(nn.Module):
    def forward(self, a: Any, b: Any, *, scale: float = 1.0) -> Any:
        return a * scale + b


def test_several_inputs_by_position_and_by_name(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    a, b = np.ones((2, 3), np.float32), np.ones((2, 1), np.float32)
    for example in ((a, b), {"a": a, "b": b, "scale": 1.0}):
        nn.export.to_onnx(Two(), example, path)
        session = onnxruntime.InferenceSession(path)
        (found,) = session.run(None, {"a": a, "b": b})
        np.testing.assert_array_equal(found, a + b)


def test_the_batch_on_another_axis(tmp_path: Path) -> None:
    autograd.seed(0)
    model, path = nn.GRU(3, 4), tmp_path / "model.onnx"
    for dynamic, shape in ((True, (5, 9, 3)), ({"input": 1}, (5, 9, 3)), ({"input": 0}, (9, 2, 3))):
        nn.export.to_onnx(model, np.ones((5, 2, 3), np.float32), path, dynamic_batch=dynamic)
        x = RNG.normal(size=shape).astype(np.float32)
        session = onnxruntime.InferenceSession(path)
        for theirs, ours in zip(session.run(None, {"input": x}), outputs(model, x), strict=True):
            np.testing.assert_allclose(theirs, ours, atol=1e-6)
    with pytest.raises(ArgumentError, match="dynamic_batch names 'x'; the inputs are input"):
        nn.export.to_onnx(model, np.ones((5, 2, 3), np.float32), path, dynamic_batch={"x": 1})


@pytest.mark.parametrize("batch_first", [True, False])
def test_the_batch_of_a_recurrent_layer_and_of_its_state(batch_first: bool, tmp_path: Path) -> None:
    autograd.seed(0)
    model, path = nn.LSTM(3, 4, num_layers=2, batch_first=batch_first), tmp_path / "model.onnx"

    def inputs(batch: int) -> Any:
        x, h, c = (RNG.normal(size=size).astype(np.float32) for size in ((batch, 5, 3), (2, batch, 4), (2, batch, 4)))
        return x if batch_first else x.swapaxes(0, 1), (h, c)

    nn.export.to_onnx(model, inputs(2), path)
    x, (h, c) = inputs(7)
    found = onnxruntime.InferenceSession(path).run(None, {"input": x, "hx_0": h, "hx_1": c})
    model.eval()
    output, states = model(x, (h, c))
    for theirs, ours in zip(found, (output, *states), strict=True):
        np.testing.assert_allclose(theirs, ours.numpy(), atol=1e-6)


class Branch(nn.Module):
    def forward(self, x: Any) -> Any:
        return x if x.sum() > 0 else -x


class Noise(nn.Module):
    def forward(self, x: Any) -> Any:
        return x + np.random.default_rng(int.from_bytes(np.random.default_rng().bytes(4))).normal(size=3)


class Counts(nn.Module):
    def forward(self, x: Any) -> Any:
        return sum(x[i] for i in range(x.shape[0]))


class Plain(nn.Module):
    def forward(self, x: Any) -> Any:
        return Tensor(np.asarray(x.numpy()) * 2)


class Spectrum(nn.Module):
    def forward(self, x: Any) -> Any:
        return np.abs(np.fft.fft(x))


class Chosen(nn.Module):
    def forward(self, x: Any) -> Any:
        return x[x > 0]


REFUSED = {
    Branch: "what it does next depends on values of its input.*np.where",
    Noise: "differs between two calls: random numbers",
    Counts: "depends on the batch size.*dynamic_batch=False",
    Plain: r"a plain array \(np.asarray\)",
    Spectrum: r"cannot export np\.fft\.fftn, which has no equivalent in ONNX",
    Chosen: "a mask made of the input",
}


@pytest.mark.parametrize("cls", REFUSED)
def test_what_cannot_be_exported_is_refused_by_name_and_nothing_is_written(cls: Any, tmp_path: Path) -> None:
    x = np.array([[1.0, -2.0, 3.0], [0.0, 1.0, 2.0]], np.float32)
    model = nn.Sequential(nn.Linear(3, 3), cls())
    weights = [p.data for p in model.parameters()]
    with pytest.raises((ArgumentError, TypeError), match=REFUSED[cls]) as caught:
        nn.export.to_onnx(model, x, tmp_path / "model.onnx")
    assert "No file was written" in str(caught.value)
    assert not list(tmp_path.iterdir())
    assert all(p.data is w for p, w in zip(model.parameters(), weights, strict=True))
    assert model.training


def test_a_model_that_counts_its_rows_is_exported_for_this_number(tmp_path: Path) -> None:
    path, x = tmp_path / "model.onnx", RNG.normal(size=(2, 3)).astype(np.float32)
    nn.export.to_onnx(Counts(), x, path, dynamic_batch=False)
    np.testing.assert_allclose(onnxruntime.InferenceSession(path).run(None, {"x": x})[0], x.sum(0), rtol=1e-6)


def test_without_the_packages_the_error_says_how_to_install_them(monkeypatch: Any, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ImportError, match=r"pip install 'chainrule\[onnx\]'"):
        nn.export.to_onnx(nn.Linear(2, 2), np.ones((1, 2)), tmp_path / "model.onnx")


def test_a_folder_that_is_missing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        nn.export.to_onnx(nn.Linear(2, 2), np.ones((1, 2), np.float32), tmp_path / "none" / "model.onnx")


def test_after_an_export_the_hot_paths_are_as_before() -> None:
    """In a fresh process no other kind of array is known: `kinds.met` is False again afterwards, also of a failure."""
    code = """
import os, tempfile, threading
import numpy as np
import nn
from autograd.engine import kinds

def export(model):
    nn.export.to_onnx(model, np.zeros((2, 3), np.float32), os.path.join(tempfile.mkdtemp(), "model.onnx"))

seen = []
model = nn.Sequential(nn.Linear(3, 2), nn.Lambda(lambda x: (seen.append(kinds.met), x)[1]))
export(model)
print(any(seen), kinds.met)
try:
    export(nn.Lambda(lambda x: np.sort(x, axis=None) if float(x.sum()) else x))
except ValueError:
    print("refused", kinds.met)
export(nn.Lambda(lambda x: (kinds.first_complex(), x + 1)[1]))
print(kinds.met)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.splitlines() == ["True False", "refused False", "True"], done.stderr
