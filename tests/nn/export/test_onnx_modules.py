"""Every module of docs/modules.md as an ONNX file: the same outputs in onnxruntime, or a refusal that names what."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

import autograd
import nn
from autograd.errors import ArgumentError
from tests.cases.modules import MODULES, ModuleCase

# What has no meaning at inference, or has a size that values decide: (module, part of the row's name) -> what is named
REFUSED = {
    (nn.Embedding, "max_norm"): r"np\.unique",  # it writes to its table when it is called
    (nn.EmbeddingBag, "bags"): r"np\.append|a condition on its input",  # bags of lengths that are an input
    (nn.EmbeddingBag, "scale_grad_by_freq"): r"np\.bincount",
    (nn.CTCLoss, ""): "a condition on its input",
    (nn.MultiLabelMarginLoss, ""): "a condition on its input",
}
# Exported for the example's size alone: the first axis is not the batch, so that another length is another model
ONE_SIZE = ("of one",)
REFUSED_BY_THE_MODEL = r"for the batch, and with \d+ rows there the model says"


def refusal_of(case: ModuleCase) -> str | None:
    return next((what for (cls, part), what in REFUSED.items() if case.cls is cls and part in case.label), None)


def model_and_inputs(case: ModuleCase) -> tuple[nn.Module, tuple[Any, ...]]:
    autograd.seed(0)
    rng = np.random.default_rng(0)
    model = case.make(rng).float()
    floats = [x.astype(np.float32) if getattr(x, "dtype", np.dtype(int)).kind == "f" else x for x in case.inputs(rng)]
    return model, tuple(floats)


def flat(out: Any) -> list[np.ndarray]:
    if isinstance(out, (tuple, list)):
        return [y for one in out for y in flat(one)]
    return [] if out is None else [out.numpy() if isinstance(out, autograd.Tensor) else np.asarray(out)]


def export(case: ModuleCase, path: Path) -> nn.Module:
    model, inputs = model_and_inputs(case)
    try:
        nn.export.to_onnx(model, inputs, path)
    except ArgumentError as error:
        if not re.search(REFUSED_BY_THE_MODEL, str(error)) and not any(part in case.name for part in ONE_SIZE):
            raise
        nn.export.to_onnx(model, inputs, path, dynamic_batch=False)
    return model


@pytest.mark.parametrize("case", MODULES, ids=[case.name for case in MODULES])
def test_onnxruntime_gives_the_outputs_of_every_module(case: ModuleCase, tmp_path: Path) -> None:
    path, named = tmp_path / "model.onnx", refusal_of(case)
    if named is not None:
        with pytest.raises(ArgumentError, match=rf"to_onnx cannot export ({named}).*inside {case.cls.__name__}"):
            export(case, path)
        assert not list(tmp_path.iterdir())
        return
    model = export(case, path).eval()
    onnx.checker.check_model(onnx.load(path), full_check=True)
    session = onnxruntime.InferenceSession(path)
    inputs = [x for x in model_and_inputs(case)[1] if isinstance(x, np.ndarray)]
    graph = onnx.load(path).graph
    feed = dict(zip([i.name for i in graph.input], inputs, strict=True))
    taken = {i.name for i in session.get_inputs()}
    found = session.run(None, {name: x for name, x in feed.items() if name in taken})
    with autograd.no_grad():
        expected = flat(model(*model_and_inputs(case)[1]))
    assert len(found) == len(expected)
    for theirs, ours in zip(found, expected, strict=True):
        assert theirs.dtype == ours.dtype
        np.testing.assert_allclose(theirs, ours, rtol=1e-5, atol=1e-5)


def test_every_refusal_is_of_a_row() -> None:
    for cls, part in REFUSED:
        assert any(case.cls is cls and part in case.label for case in MODULES)


# The operations that ONNX has by name
KINDS = {
    "Linear": "Gemm", "Conv2d": "Conv", "ConvTranspose2d": "ConvTranspose", "MaxPool2d": "MaxPool", "AvgPool2d":
    "AveragePool", "Embedding": "Gather", "BatchNorm2d": "BatchNormalization", "LSTM": "LSTM", "GRU": "GRU", "RNN":
    "RNN", "LayerNorm": "LayerNormalization", "GroupNorm": "GroupNormalization", "RMSNorm": "RMSNormalization",
    "InstanceNorm2d": "InstanceNormalization", "TransformerEncoderLayer": "Attention", "Softmax": "Softmax", "GELU":
    "Gelu", "LogSoftmax": "LogSoftmax", "Mish": "Mish", "Hardswish": "HardSwish", "PReLU": "PRelu", "Softplus":
    "Softplus", "ELU": "Elu", "CELU": "Celu", "SELU": "Selu", "Upsample": "Resize", "Fold": "Col2Im",
    "ReflectionPad2d": "Pad", "LeakyReLU": "LeakyRelu", "Softshrink": "Shrink", "ReLU6": "Clip", "Hardsigmoid":
    "HardSigmoid",
}  # fmt: skip


@pytest.mark.parametrize("name", KINDS)
def test_a_layer_becomes_the_operation_that_onnx_has_for_it(name: str, tmp_path: Path) -> None:
    found = set()
    for case in [case for case in MODULES if case.cls.__name__ == name and refusal_of(case) is None]:
        export(case, tmp_path / "model.onnx")
        found |= {node.op_type for node in onnx.load(tmp_path / "model.onnx").graph.node}
    assert KINDS[name] in found
