"""Recurrent layers, each one operation, as their single steps: for a picture they are computed again, step by step.

The composite of such an operation, the same in ordinary NumPy, is run on stand-ins for its arguments. `Unrolled` says
which of the new operations stands for which of the old results, and which argument for which stand-in; the recorded
graph itself stays as it is.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine.abstract import Abstract
from autograd.engine.graph import Node, oldest_first
from autograd.engine.modes import Mode, mode
from autograd.engine.registry import results_of, stepwise
from autograd.engine.reverse import sweep
from autograd.engine.route import origin
from autograd.errors import ArgumentError
from autograd.tensor.tensor import Tensor
from autograd.viz.data.complete import Completed, Observed, evaluate


class Unrolled:
    """What stands for what in the picture.

    same     id of a recorded item, or of a stand-in -> what is drawn in its place
    order    id of a new operation -> its place: the number of the operation it is a part of, then its own
    names    id of a new operation -> the result that it is, "h"
    """

    def __init__(self, nodes: list[Any]) -> None:
        self.same: dict[int, Any] = {}
        self.order: dict[int, tuple[int, ...]] = {}
        self.names: dict[int, str] = {}
        self.parts: list[tuple[Node, list[Tensor], list[Node]]] = []  # (operation, its results, the new operations)
        self._kept: list[Any] = []  # what `same` knows by its id must live as long
        todo = [node for node in nodes if type(node) is Node and node.primitive.name in stepwise]
        if any(type(node) is Node and node.args is None for node in nodes):
            raise ArgumentError(
                "backward() has freed a part of what unroll=True draws: draw before it, or call "
                "backward(retain_graph=True)."
            )
        if not todo:
            raise ArgumentError(
                "unroll=True draws recurrent layers step by step; there is none in this graph. "
                "The steps of a loop of your own are drawn anyway."
            )
        users: dict[int, list[Any]] = {}
        for node in nodes:
            self._note_user(node, users)
        while todo:
            node = todo.pop()
            made = self._unroll(node, users)
            todo += [item for item in made if item.primitive.name in stepwise]

    def real(self, item: Any) -> Any:
        """What is drawn in place of an item."""
        while id(item) in self.same:
            item = self.same[id(item)]
        return item

    def place(self, node: Node) -> tuple[int, ...]:
        """Operations in the order of their places are each after those before it."""
        return self.order.get(id(node), (node.number,))

    def _unroll(self, node: Node, users: dict[int, list[Any]]) -> list[Node]:
        if any(isinstance(raw, Abstract) for raw in node.args or ()):
            return []
        args = self._arguments(node)
        token = mode.set(Mode(scope=node.scope))
        try:
            out = node.primitive.composite(*args, **node.params or {})
        finally:
            mode.reset(token)
        outs = list(out) if isinstance(out, tuple) else [out]
        made = oldest_first([out.node for out in outs])
        before = self.place(node)
        for item in made:
            self.order[id(item)] = (*before, item.number)
            self._note_user(item, users)
        names = results_of.get(node.primitive.name, ())
        for i, result in enumerate(outs):
            if i < len(names) and result.node is not None:
                self.names[id(result.node)] = names[i]
        if isinstance(out, tuple):
            for user in users.get(id(node), ()):  # each takes one result
                self.same[id(user)] = origin(outs[user.args[1]])
        else:
            self.same[id(node)] = origin(out)
        self.parts.append((node, outs, made))
        self._kept.append(args)
        return made

    def _arguments(self, node: Node) -> list[Any]:
        """What the composite is called with: stand-ins for what has a gradient."""
        args: list[Any] = []
        for parent, raw in zip(node.parents, node.args or (), strict=True):
            if parent is None:
                args.append(raw)
                continue
            stand_in = Tensor(np.asarray(raw), requires_grad=True)
            self.same[id(stand_in)] = parent
            args.append(stand_in)
        return args

    @staticmethod
    def _note_user(node: Any, users: dict[int, list[Any]]) -> None:
        if type(node) is Node and node.primitive.name == "pick":
            users.setdefault(id(node.parents[0]), []).append(node)

    def complete(self, found: Completed) -> None:
        """Find the values and gradients inside of what was unrolled, from those of its results."""
        for node, outs, made in self.parts:  # an outer one comes before those in it
            for item in sorted(made, key=self.place):
                evaluate(item, found.values)
            gradient = found.gradients.get(id(node))
            several = gradient if isinstance(gradient, (tuple, list)) else [gradient]
            roots = [(out, g) for out, g in zip(outs, several, strict=False) if g is not None and out.node is not None]
            sweep([out for out, _ in roots], [np.asarray(g) for _, g in roots], Observed(found), retain=True)
