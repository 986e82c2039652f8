"""A recording as an ONNX model, and the checks that it passes before it is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from autograd.errors import ArgumentError
from nn.export.recording import Operation, Recording

OPSET = 23  # the first with RMSNormalization and Attention
IR_VERSION = 11  # of the file format, which goes with this opset
INSTALL = "to_onnx needs the packages onnx and onnxruntime: pip install 'chainrule[onnx]'."


def packages() -> tuple[Any, Any]:
    """onnx and onnxruntime, or an ImportError that says how to install them."""
    try:
        import onnx
        import onnxruntime
    except ImportError as error:
        raise ImportError(f"{INSTALL} ({error})") from None
    return onnx, onnxruntime


def model_proto(
    recording: Recording,
    inputs: Mapping[str, tuple[Any, list[Any]]],
    outputs: Mapping[str, tuple[Any, list[Any]]],
    made: Mapping[str, str],
    name: str,
) -> Any:
    """The model; inputs and outputs: name -> (dtype, dimensions); `made`: output -> its name in the recording."""
    onnx, _ = packages()
    operations = _renamed(recording, made, inputs)
    used = {x for op in operations for x in op.inputs}
    graph = onnx.helper.make_graph(
        [_node(onnx, op) for op in operations],
        name,
        [_described(onnx, *item) for item in inputs.items()],
        [_described(onnx, *item) for item in outputs.items()],
        [
            onnx.numpy_helper.from_array(np.ascontiguousarray(x).reshape(x.shape), n)
            for n, x in recording.constants.items()
            if n in used
        ],
    )
    model = onnx.helper.make_model(
        graph, opset_imports=[onnx.helper.make_opsetid("", OPSET)], ir_version=IR_VERSION, producer_name="chainrule"
    )
    return onnx.shape_inference.infer_shapes(model, data_prop=True)


def _renamed(recording: Recording, made: Mapping[str, str], inputs: Mapping[str, Any]) -> list[Operation]:
    """The operations that are needed, with the outputs under their own names.

    An output that is an input, a constant, or another output, is made by an Identity.
    """
    operations = list(recording.operations)
    computed = {x for op in operations for x in op.outputs}
    new: dict[str, str] = {}
    for name, source in made.items():
        if source in computed and source not in new:
            new[source] = name
        else:
            operations.append(Operation("Identity", [source], [name], {}, "", f"/{name}/Identity"))
    needed, kept = set(made.values()) | set(made), []
    for op in reversed(operations):
        if needed & set(op.outputs):
            kept.append(op)
            needed |= set(op.inputs)
    return [
        replace(op, inputs=[new.get(x, x) for x in op.inputs], outputs=[new.get(x, x) for x in op.outputs])
        for op in reversed(kept)
    ]


def _initialiser(onnx: Any, name: str, values: Any) -> Any:
    return onnx.numpy_helper.from_array(np.array(values, order="C"), name)


def _node(onnx: Any, op: Operation) -> Any:
    attributes = dict(op.attributes)
    if op.kind == "Cast":
        attributes["to"] = onnx.helper.np_dtype_to_tensor_dtype(np.dtype(attributes["to"]))
    inputs = list(op.inputs)
    while inputs and not inputs[-1]:
        inputs.pop()
    return onnx.helper.make_node(op.kind, inputs, op.outputs, name=op.name, **attributes)


def _described(onnx: Any, name: str, what: tuple[Any, list[Any]]) -> Any:
    dtype, shape = what
    return onnx.helper.make_tensor_value_info(name, onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype)), shape)


def checked_bytes(model: Any) -> bytes:
    """The model as bytes, after onnx.checker's full checks."""
    onnx, _ = packages()
    try:
        onnx.checker.check_model(model, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise ArgumentError(f"to_onnx made a graph that onnx.checker refuses: {error}. No file was written.") from None
    data: bytes = model.SerializeToString()
    return data


def session(data: bytes) -> Any:
    """The model in onnxruntime, as the checks run it."""
    _, runtime = packages()
    options = runtime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    try:
        return runtime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's exceptions share no base
        raise ArgumentError(
            f"onnxruntime does not run this model: {str(error).splitlines()[0]}. Most of its operations are for "
            "float32: model.float(). No file was written."
        ) from None


def compare(running: Any, names: Sequence[str], feed: Mapping[str, Any], expected: Sequence[Any]) -> None:
    """Refuse a model whose outputs in onnxruntime are not ours."""
    try:
        found = running.run(list(names), dict(feed))
    except Exception as error:  # onnxruntime's exceptions share no base
        shapes = ", ".join(f"{name} {np.shape(x)}" for name, x in feed.items())
        raise ArgumentError(
            f"onnxruntime stops at inputs {shapes}: {str(error).splitlines()[0]}. If only batches of the "
            "example's size make sense, give dynamic_batch=False. No file was written."
        ) from None
    for name, theirs, ours in zip(names, found, expected, strict=True):
        bound = float(np.sqrt(np.finfo(ours.dtype).eps)) if ours.dtype.kind == "f" else 0
        largest = np.max(np.abs(ours), initial=0, where=np.isfinite(ours)) if bound else 0
        if theirs.shape != ours.shape or not np.allclose(
            theirs, ours, rtol=bound, atol=bound * largest + bound / 10, equal_nan=True
        ):
            gap = np.max(np.abs(theirs - ours), initial=0) if theirs.shape == ours.shape and bound else "other elements"
            given = ", ".join(f"{key} {np.shape(x)}" for key, x in feed.items())
            raise ArgumentError(
                f"the exported graph does not compute {name} as the model does: {gap} apart, in shape {theirs.shape} "
                f"for {ours.shape}, with inputs {given}. Values may be baked into it, as by code that asks for the "
                "batch size, or x.squeeze() without an axis: write x.squeeze(-1), or give dynamic_batch=False. "
                "No file was written."
            )
