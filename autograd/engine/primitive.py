"""What a call of an operation does: it computes and, if a gradient may be asked for, records itself."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine import anomaly, kinds, recording
from autograd.engine.abstract import Abstract, Saved, SavedOutputs, abstract
from autograd.engine.call_arguments import positional, refuse_forgotten, without_constants
from autograd.engine.definition import Definition, Function
from autograd.engine.foreign import NATIVE, operand, refuse_foreign, repeated
from autograd.engine.graph import Node
from autograd.engine.modes import Mode, mode
from autograd.engine.recording import constant, is_tensor, recorded, result
from autograd.engine.share import Share
from autograd.engine.shared_memory import in_own_object, not_of, unshared

ndarray = np.ndarray
get_mode = mode.get
float64, float32 = np.float64, np.float32


class Primitive(Definition):
    """A differentiable operation: called on Tensors it records itself, on plain arrays it computes."""

    def __call__(self, *args: Any, **params: Any) -> Any:
        Tensor = recording.Tensor
        raw: list[Any] = []
        parents: list[Any] = []
        needs = 0  # which arguments come from something that requires grad, a bit each
        bit = 1
        for a in args:
            if isinstance(a, Tensor):
                raw.append(a._array)
                parent = a.node
                if parent is not None:
                    needs += bit
                elif a._requires_grad:
                    needs += bit
                    parent = a
                parents.append(parent)
            else:
                raw.append(a if type(a) in NATIVE else operand(a))
                parents.append(None)
            bit += bit
        if params:
            for value in params.values():
                if isinstance(value, Tensor):
                    return self(*positional(self, args, params), **params)
        if kinds.met and (instead := kinds.elsewhere(self, args, raw, params)) is not None:
            return instead
        try:
            out = self.forward(*raw, **params) if params else self.forward(*raw)
        except Exception as error:
            out = repeated(error, self, raw, params)
        if self.may_return_argument:
            for x in raw:
                if x is out:
                    out = in_own_object(out)
                    break
        state = get_mode()
        plan = self._plans.get(needs + bit)  # known if such a call was recorded before
        kind = type(out)
        floating = out.dtype.kind == "f" if kind is ndarray else kind is float64 or kind is float32
        if plan is None or state.special or not floating:
            return self.finished(args, raw, parents, needs, params, out, state)
        dropped, keep_out = plan
        for i in dropped:
            raw[i] = abstract(raw[i])
        return recorded(out, self, parents, raw, out if keep_out else abstract(out), params or None, state.scope)

    def finished(
        self, args: Any, raw: list[Any], parents: list[Any], needs: int, params: Any, out: Any, state: Mode
    ) -> Any:
        """The rest of any other call: of plain arrays or constants, with values saved, several results, or checks."""
        values = None
        if self.saves:
            out, values = out
            out = out if isinstance(out, np.generic) else not_of(raw, out)
            plan = self._plans.get(needs + (1 << len(raw)))
            floating = isinstance(out, (ndarray, np.generic)) and out.dtype.kind == "f"
            if plan is not None and not state.special and floating:
                for i in plan[0]:
                    raw[i] = abstract(raw[i])
                return recorded(out, self, parents, raw, Saved.of(out, values), params or None, state.scope)
        elif type(out) is tuple:
            out = not_of(raw, out)
        if not needs and not any([is_tensor(a) for a in args]):
            return out
        if type(out) is not tuple and (not hasattr(out, "dtype") or out.dtype.kind not in "fiubc"):
            refuse_foreign(raw, text=False)
        if state.anomaly:
            anomaly.check_forward(self.name, raw, out, state.scope)
        if needs & ~self._differentiable:
            needs = without_constants(self, needs, args, raw, parents, state.recording)
        if not (needs and state.recording):
            return constant(unshared(out) if needs else out)
        if type(out) is float:
            out = float64(out)
        several = type(out) is tuple
        if any([o.dtype.kind == "c" for o in (out if several else (out,))]) and kinds.first_complex():
            return self(*args, **params)
        if not several and out.dtype.kind not in "fc":
            return constant(out)
        if not (self.vjps or self.joint or self.each):
            refuse_forgotten(self, 0)
        dropped, keep_out = self._plans.get(needs + (1 << len(raw))) or self._plan(needs, len(raw))
        for i in dropped:
            raw[i] = abstract(raw[i])
        if several:
            self.direct = False
            kept: Any = out if keep_out else tuple([abstract(o) for o in out])
        elif values is not None:
            kept = Saved.of(out, values)
        else:
            kept = out if keep_out else abstract(out)
        t = recorded(out, self, parents, raw, kept, params or None, state.scope)
        node = t.node
        if state.anomaly:
            anomaly.remember(node)
        if not several:
            return t
        made = picked(node, out)
        if values is not None:  # only now: a result that outlives the sweep must not hold them by its `pick`
            node.out = saved = SavedOutputs(node.out)
            saved.values = values
        return made

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"


pick = Primitive(
    lambda outputs, index: outputs[index], lambda g, out, outputs, index: Share(index, g), keeps="", name="pick",
    jvp=lambda t, out, outputs, index: t[index], batch="free", label="g at output i",
)  # fmt: skip


def picked(node: Node, out: tuple[Any, ...]) -> tuple[Any, ...]:
    """The outputs of an operation with several as Tensors, each made by a node of its own."""
    parents, kept, scope = (node, None), node.out, node.scope
    return tuple([
        recorded(o, pick, parents, (kept, i), k if type(k) is Abstract else abstract(k), None, scope)
        if o.dtype.kind in "fc" else result(o, None)
        for i, (o, k) in enumerate(zip(out, kept, strict=True))
    ])  # fmt: skip


def primitive(forward: Function | None = None, *vjps: Function | None, **options: Any) -> Any:
    """Make a primitive of a NumPy function and its vector-Jacobian products; also a decorator.

    Args:  forward: computes on arrays, and never writes to its arguments.
           vjps: for each positional argument `(g, out, *args, **params) -> cotangent`, or None where there is
           no derivative. They may instead be added later with `defvjp`.
           keeps: what the VJPs read, see `Primitive.defvjp`; default "in out", everything.
           joint: one function that returns the cotangents of all arguments, when they share work.
           each: `(i, g, out, *args, **params)`, when the number of arguments varies.
           composite: the same function in ordinary NumPy, if the VJP is not itself differentiable (it uses
           in-place operations, or a library): it is differentiated when a graph of the gradient is asked for.
           plain: there is a composite, but the VJPs are differentiable NumPy, too, and preferred.
           saves: forward returns (result, values), and the VJPs read the values in `out.values`, so that nothing is
           computed twice; needs a composite.
           absent: of several results, one that nothing came back to is None in g; else it has zeros.
           guard: treat 0 * inf as 0 in the VJPs; default: if forward is an elementwise ufunc.
           jvp: how tangents pass through, see `Primitive.defjvp`; default: derived from the VJPs.
           batch: how K of them pass through at once, see engine/stacked_call.py; default: one by one. Inside vmap,
           where forward or a rule needs ndarrays, they get all examples at once as it says ("free": with an axis more
           in front); by default one example after the other.
           complex: complex numbers may come in (a composite is then what they run, unless it is "own rules"); default:
           if there is no composite.
           name: how pictures and errors call it.
           label: its VJPs as short mathematics, then what its symbols stand for: "g·(p - y)/N; p = softmax(x), …". A
           function of the call's options if it depends on them.
    Example:
        >>> import autograd, numpy as np
        >>> softsign = autograd.primitive(
        ...     lambda x: x / (1 + np.abs(x)), lambda g, out, x: g / (1 + np.abs(x)) ** 2, name="softsign", keeps="x"
        ... )
        >>> x = autograd.Tensor([1.0, -3.0], requires_grad=True)
        >>> softsign(x).sum().backward()
        >>> x.grad.numpy()
        array([0.25  , 0.0625])
    """
    if forward is None:
        return lambda function: Primitive(function, *vjps, **options)
    return Primitive(forward, *vjps, **options)
