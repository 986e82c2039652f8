"""HIPS autograd's `const_graph`, which reuses one recorded graph. Here every call records anew; see `capture`."""

from functools import partial as const_graph

__all__ = ["const_graph"]
