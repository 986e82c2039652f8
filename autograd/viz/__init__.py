"""Pictures of a computation: `trace` gives it as plain data, `draw` as an image."""

from autograd.viz.drawing import Drawing as Drawing
from autograd.viz.drawing import draw as draw
from autograd.viz.graph import Graph as Graph
from autograd.viz.graph import GraphEdge as GraphEdge
from autograd.viz.graph import GraphNode as GraphNode
from autograd.viz.steps import Steps as Steps
from autograd.viz.steps import steps as steps
from autograd.viz.trace import trace as trace
from autograd.viz.values import Values as Values
