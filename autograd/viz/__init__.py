"""Pictures of a computation: `trace` gives it as plain data, `draw` as an image."""

from autograd.viz.drawing import Drawing as Drawing
from autograd.viz.drawing import draw as draw
from autograd.viz.trace import Graph as Graph
from autograd.viz.trace import GraphEdge as GraphEdge
from autograd.viz.trace import GraphNode as GraphNode
from autograd.viz.trace import trace as trace
