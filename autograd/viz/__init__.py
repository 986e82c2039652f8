"""Pictures of a computation: `trace` gives it as plain data, `draw` as an image, `steps` one step at a time."""

from autograd.viz import reprs  # noqa: F401  registers what a notebook shows of a Tensor and of a Scalar
from autograd.viz.api import draw, steps, trace
from autograd.viz.data.graph_data import GraphEdge, GraphNode
from autograd.viz.data.values import Values
from autograd.viz.drawing import Drawing
from autograd.viz.step_by_step.notebook import Steps
from autograd.viz.traced_graph import Graph

__all__ = ["draw", "trace", "steps", "Drawing", "Steps", "Graph", "GraphNode", "GraphEdge", "Values"]
