"""Pictures of a computation: `trace` gives it as plain data, `draw` as an image."""

from autograd.viz.drawing import Drawing, draw
from autograd.viz.graph import Graph, GraphEdge, GraphNode
from autograd.viz.steps import Steps, steps
from autograd.viz.trace import trace
from autograd.viz.values import Values

__all__ = ["draw", "trace", "steps", "Drawing", "Steps", "Graph", "GraphNode", "GraphEdge", "Values"]
