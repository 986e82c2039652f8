"""Backpropagation one step at a time, on a page of its own."""

from autograd.viz.steps.notebook import Steps as Steps
from autograd.viz.steps.notebook import steps as steps
from autograd.viz.steps.page import page as page
