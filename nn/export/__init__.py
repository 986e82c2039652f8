"""Models as files for other programs."""

from nn.export.onnx_export import to_onnx

__all__ = ["to_onnx"]
