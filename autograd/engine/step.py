"""One step of a sweep: what happens at a node, whoever sweeps.

The reverse sweep calls the VJPs of an ordinary node by itself, since that is its hot path, and asks a Step for
everything else. A sweep of K cotangents at once (batch.py) and a picture of a sweep (viz) are the same sweep with
another Step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograd.engine import anomaly
from autograd.engine.attempts import attempted, instead, of_a_batch, rules_at_once
from autograd.engine.call_arguments import refuse_few_cotangents
from autograd.engine.complex_numbers import conjugated
from autograd.engine.cotangents import as_tensor, complete, own, started
from autograd.engine.graph import Node
from autograd.engine.higher_order import linked, through_composite
from autograd.engine.kinds import zeros
from autograd.engine.modes import mode
from autograd.engine.primitive import Primitive
from autograd.engine.recording import raw, result
from autograd.engine.tensor_hooks import retaining, through_hooks
from autograd.engine.written import refuse_freed
from autograd.recorder import current


class Step:
    """What a sweep does at a node, besides the hot path.

    create      the sweep is recorded: rules get Tensors, so that the gradients can be differentiated
    check       detect_anomaly is on
    k           how many cotangents pass at once; None for one, without a leading axis
    always      it is asked for ordinary nodes, too
    sweep       reverse.sweep, by which the graph of a composite is passed
    retained    (tensor, cotangent) of those that called retain_grad()
    """

    k: int | None = None

    def __init__(self, create: bool, sweep: Callable[..., dict[Any, Any]]) -> None:
        self.create = create
        self.check = mode.get().anomaly
        self.always = create or self.check or type(self) is not Step or current() is not None
        self.sweep = sweep
        self.retained: list[tuple[Any, Any]] = []

    def start(self, root: Any, seed: Any) -> tuple[Any, Any]:
        """(the Node or leaf that made a root, the cotangent it starts with)."""
        return started(root, seed, self.create, self.k)

    def freed(self, node: Node, g: Any) -> None:
        """A node that an earlier sweep has freed was reached by the cotangent g."""
        refuse_freed(node)

    def arrived(self, node: Node, g: Any) -> Any:
        """The cotangent of a node when all of it has come: for several results as a tuple, and through the hooks."""
        if type(g) is dict:  # number of a result -> its cotangent
            absent = node.primitive.absent
            g = tuple([g[i] if i in g else None if absent else self._zeros(out, g) for i, out in enumerate(node.out)])
        if node.hooks is not None:
            g = self.through_hooks(node, g)
        if self.check:
            anomaly.check_kept(node)
        return g

    def through_hooks(self, node: Node, g: Any) -> Any:
        """The cotangent after the hooks of the node's tensor have seen it."""
        g = through_hooks(node.hooks or {}, conjugated(g))
        self.retained += [(tensor, as_tensor(own(g))) for tensor in retaining(node)]
        return conjugated(g)

    def cotangents(self, node: Node, g: Any, parents: Sequence[Any]) -> list[Any]:
        """The cotangents of the arguments whose parent is not None, completed; None where there is none."""
        create, k = self.create, self.k
        kept: Any = node.args
        args, out = linked(node) if create else (kept, node.out)
        which = [i for i, parent in enumerate(parents) if parent is not None]
        guard, name = node.primitive.guard, node.primitive.name
        found: list[Any] = [None] * len(parents)
        for i, gi in zip(which, self.called(node, which, g, args, out)):  # noqa: B905  as many
            found[i] = complete(gi, g, kept[i], guard, create, k, name)
        if self.check:
            for i in which:
                if found[i] is not None:
                    anomaly.check_backward(node, i, found[i], g)
        return found

    def called(self, node: Node, which: Sequence[int], g: Any, args: Sequence[Any], out: Any) -> Sequence[Any]:
        """What the rules return for the arguments with these numbers."""
        if node.primitive.by_composite and (self.create or of_a_batch(g, args)):
            return rules_at_once(self, node, which, g, args, out) or through_composite(self, node, which, g, args)
        rules = node.primitive.swept if type(self) is Step and not self.create else node.primitive.vjps
        return called(node.primitive, which, g, out, args, node.params or {}, rules)

    def _zeros(self, out: Any, received: dict[int, Any]) -> Any:
        """The cotangent of a result that received none, of the kind of those that did."""
        shape = out.shape if self.k is None else (self.k, *out.shape)
        g = zeros(shape, out.dtype, raw(next(iter(received.values()))))
        return result(g, None) if self.create else g


def called(
    primitive: Primitive, which: Sequence[int], g: Any, out: Any, args: Any, params: dict[str, Any], rules: Any = None
) -> list[Any]:
    """What the VJPs, or the rules in place of them, return for the arguments with these numbers."""
    rules = rules or primitive.vjps
    if rules:
        found = []
        for i in which:
            try:  # `attempted`, without a call for each rule
                gi = rules[i](g, out, *args, **params)
            except Exception as error:
                gi = instead(error, primitive, rules[i], (g, out, *args), params)
            found.append(gi)
        return found
    if primitive.joint is not None:
        found = attempted(primitive, primitive.joint, g, out, *args, **params)
        if type(found) not in (tuple, list) or len(found) <= max(which, default=-1):
            refuse_few_cotangents(primitive, found, len(args))
        return [found[i] for i in which]
    assert primitive.each is not None  # a call of a primitive without rules is refused
    return [attempted(primitive, primitive.each, i, g, out, *args, **params) for i in which]
