"""Loans: a parameter holds, while functional_call runs, the value of another tensor; and whose views are whose then."""

from __future__ import annotations

from typing import Any

from autograd.engine import views
from autograd.engine.graph import clock
from autograd.engine.recording import result

NEVER = -1  # what a view has `seen` when it is to be made again, whatever its root's `written` is


class Loan:
    """For a time a tensor holds another's value.

    lender   the tensor whose value it is; in the end one of its own, if another was written in its place
    before   what the borrower held, and goes back to: a tensor with its array, node and `written`
    """

    def __init__(self, borrower: Any, lender: Any) -> None:
        self.borrower = borrower
        self.lender = lender
        self.before = _as_it_is(borrower)
        borrower.written = Lent.at(NEVER - next(clock), self)  # unlike any other, and before all that is recorded

    def end(self) -> None:
        """The borrower holds again what it held."""
        own, before = self.borrower, self.before
        if own._array is not self.lender._array:
            self.lender = _as_it_is(own)
        if not isinstance(self.lender, views.View) and not hasattr(self.lender, "written"):  # see recording.result
            self.lender.written = 0
        own._array, own.node, own._requires_grad, own.written = (
            before._array, before.node, before._requires_grad, before.written,
        )  # fmt: skip
        self.borrower = self.before = None


class Lent(int):
    """The `written` of a tensor while it holds another's value; its views of that time keep it as their `seen`."""

    loan: Loan

    @classmethod
    def at(cls, now: int, loan: Loan) -> Lent:
        """This time, of this loan."""
        made = cls(now)
        made.loan = loan
        return made


def never(seen: int) -> int:
    """NEVER, for a view that had `seen` this."""
    return Lent.at(NEVER, seen.loan) if type(seen) is Lent else NEVER


def _as_it_is(tensor: Any) -> Any:
    """A tensor that holds what this one holds now."""
    twin = result(tensor._array, tensor.node)
    twin._requires_grad = tensor._requires_grad
    twin.written, twin.hooks = tensor.written, None
    return twin


def root_of(view: Any) -> Any:
    """What a view is made of: its root; while that holds another's value, what it held when the view was made.

    A view that was made of such a value is from then on one of the tensor whose value it was.
    """
    root, seen = view.root, view.seen
    loan = seen.loan if type(seen) is Lent else None
    while type(root.written) is Lent and root.written.loan is not loan:
        root = root.written.loan.before
    if loan is None or type(root.written) is Lent:
        return root
    lender = view.root = loan.lender
    if isinstance(lender, views.View):
        view.root = lender.root
        for primitive, args, params, _ in views.links(view.path):
            view.path = (primitive, args, params, lender.path)
            lender = view
        if type(loan.lender) is views.UnrecordedView:
            view.__class__ = views.UnrecordedView
    return view.root
