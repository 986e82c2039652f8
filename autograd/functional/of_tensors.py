"""The gradients of Tensors that are computed already: `torch.autograd.grad` under the name `gradients`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd.engine.gradients import gradients as cotangents_of
from autograd.engine.graph import Node, ancestors
from autograd.engine.route import origin
from autograd.errors import ArgumentError, GraphError, ShapeError
from autograd.functional.recorded_call import zeros_like
from autograd.options import check_flag
from autograd.tensor.tensor import Tensor


def gradients(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool = False,
) -> tuple[Tensor | None, ...]:
    """The gradient of the outputs' sum, weighted by `grad_outputs`, by each input; no `.grad` is touched.

        ḡ_i = Σ_k grad_outputs_k · ∂outputs_k / ∂inputs_i

    What `grad(f)` is to a function, this is to Tensors that a forward pass has computed; it is `torch.autograd.grad`.

    Args:  outputs, inputs: a Tensor or several each. An input may be a leaf or a recorded Tensor on the way.
           grad_outputs: for each output the cotangent; may be left out, or None, for an output of one element: 1.
           retain_graph: keep the graph for another sweep (default: the value of create_graph).
           create_graph: record the sweep itself, so that the gradients can be differentiated.
           allow_unused: None for an input on which no output depends, which is refused otherwise.
    Returns: a tuple with a Tensor for each input, also if there is only one.
    Raises: ShapeError if an output of several elements has no cotangent; GraphError if an input
           or output does not require grad, or if no output depends on an input. Then nothing has changed.
    Example:
        >>> from autograd import Tensor, gradients
        >>> x = Tensor([1.0, 2.0], requires_grad=True)
        >>> (g,) = gradients((x**3).sum(), x, create_graph=True)
        >>> gradients(g.sum(), x)
        (Tensor([ 6., 12.]),)
    """
    if retain_graph is not None:
        check_flag("gradients: retain_graph", retain_graph)
    check_flag("gradients: create_graph", create_graph)
    check_flag("gradients: allow_unused", allow_unused)
    roots, wanted = _several("outputs", outputs), _several("inputs", inputs)
    seeds = _seeds(roots, grad_outputs)
    if not allow_unused:
        _refuse_unused(roots, wanted)
    found = cotangents_of(roots, wanted, seeds, retain_graph, create_graph)
    return tuple(g if g is not None or allow_unused else zeros_like(x) for g, x in zip(found, wanted, strict=True))


def _seeds(roots: Sequence[Tensor], grad_outputs: Any) -> list[Any]:
    """A cotangent for each output, None for 1; refused where there is none for an output of several elements."""
    seeds = list(grad_outputs) if isinstance(grad_outputs, (list, tuple)) else [grad_outputs]
    if grad_outputs is None:
        seeds = [None] * len(roots)
    if len(seeds) != len(roots):
        raise ArgumentError(
            f"gradients got {len(roots)} outputs and {len(seeds)} grad_outputs; give one for each output, an array or "
            "a Tensor of its shape."
        )
    for i, (y, seed) in enumerate(zip(roots, seeds, strict=True)):
        if seed is None and y.size != 1:
            raise ShapeError(
                f"gradients: number {i} of the outputs has shape {y.shape} and needs a cotangent of that shape in "
                "grad_outputs, such as np.ones(y.shape); or reduce it first: y.sum()."
            )
    return seeds


def _several(what: str, tensors: Any) -> list[Tensor]:
    """One Tensor or several as a list; refused unless each of them requires grad."""
    found = [tensors] if isinstance(tensors, Tensor) or not isinstance(tensors, Sequence) else list(tensors)
    for i, x in enumerate(found):
        if not isinstance(x, Tensor):
            remedy = " For a function it is grad(f)(x)." if callable(x) else ""
            raise ArgumentError(f"gradients: {what} must be a Tensor or several; got a {type(x).__name__}.{remedy}")
        if not x.requires_grad:
            raise GraphError(
                f"gradients: number {i} of the {what}, of shape {x.shape}, does not require grad. Make what is to be "
                "differentiated by with Tensor(…, requires_grad=True) before the outputs are computed, outside of "
                "no_grad."
            )
    return found


def _refuse_unused(roots: Sequence[Tensor], wanted: Sequence[Tensor]) -> None:
    """Refuse, before the sweep frees anything, an input on which no output depends."""
    goals = [origin(x) for x in wanted]
    reached = set(ancestors(*[origin(y) for y in roots]))
    if any(type(item) is Node and item.args is None for item in reached.difference(goals)):
        return  # freed, which the sweep will say: what lies behind is not known any more
    for i, goal in enumerate(goals):
        if goal not in reached:
            raise GraphError(
                f"gradients: no output depends on number {i} of the inputs, of shape {wanted[i].shape}. Was it used in "
                "the forward pass, rather than a copy or a detached one? allow_unused=True gives None for it."
            )
