"""How an operation of a program is called: forms that do the same as what was recorded, with less around it."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from autograd.capture.program import Method, Op, Var

UFUNCS = {
    operator.add: np.add, operator.sub: np.subtract, operator.mul: np.multiply, operator.truediv: np.true_divide,
    operator.neg: np.negative, operator.matmul: np.matmul, operator.abs: np.absolute, operator.invert: np.invert,
    operator.lt: np.less, operator.le: np.less_equal, operator.gt: np.greater, operator.ge: np.greater_equal,
    operator.eq: np.equal, operator.ne: np.not_equal,
}  # fmt: skip
SYMBOLS = {
    np.add: "+", np.subtract: "-", np.multiply: "*", np.true_divide: "/", np.matmul: "@", np.less: "<",
    np.less_equal: "<=", np.greater: ">", np.greater_equal: ">=", np.equal: "==", np.not_equal: "!=",
}  # fmt: skip
REDUCTIONS = {
    "sum": np.add.reduce, "max": np.maximum.reduce, "amax": np.maximum.reduce, "min": np.minimum.reduce,
    "amin": np.minimum.reduce, "prod": np.multiply.reduce, "any": np.logical_or.reduce, "all": np.logical_and.reduce,
}  # fmt: skip
JOINING = frozenset({np.concatenate, np.stack})
FILLING = {np.zeros_like: 0, np.ones_like: 1}
VALUED = (np.float32, np.float64)  # whose own arithmetic is that of the arrays


def method_of(op: Op) -> str:
    """The name of the method that is called; '' for a function."""
    return op.function.__name__ if isinstance(op.function, Method) else ""


def name_of(op: Op) -> str:
    """The name of the function or method that is called."""
    return getattr(op.function, "__name__", "")


def is_numpys(op: Op) -> bool:
    """Whether it calls NumPy's own function, SciPy's or an operator: such a one gives the same for the same."""
    return str(getattr(op.function, "__module__", "")).split(".")[0] in ("numpy", "scipy", "_operator", "builtins")


def ufunc_of(op: Op) -> Any:
    """The ufunc, or the method of one, that gives the result when called with the same arguments; None if none does."""
    function: Any = UFUNCS.get(op.function, op.function)
    if isinstance(function, np.ufunc):
        return function if function.nout == 1 else None
    owner = getattr(function, "__self__", None)
    return function if isinstance(owner, np.ufunc) and function.__name__ in ("reduce", "accumulate") else None


def reduction(op: Op) -> tuple[Any, dict[str, Any]] | None:
    """(the ufunc's reduce, its arguments) for a sum, maximum, … of a whole array or along axes; None if it is none."""
    function = REDUCTIONS.get(getattr(op.function, "__name__", ""))
    ours = method_of(op) or getattr(np, getattr(op.function, "__name__", ""), None) is op.function
    if function is None or not ours or len(op.args) > 2 or not set(op.kwargs) <= {"axis", "dtype", "keepdims"}:
        return None
    source = op.args[0]
    if not isinstance(source, Var) or not isinstance(source.value, np.ndarray):
        return None
    axis = op.args[1] if len(op.args) == 2 else op.kwargs.get("axis")
    wanted: dict[str, Any] = {"axis": axis}
    if op.kwargs.get("dtype") is not None:
        wanted["dtype"] = op.kwargs["dtype"]
    if op.kwargs.get("keepdims") in (True, np.True_):
        wanted["keepdims"] = True
    return function, wanted


def infix(op: Op) -> str | None:
    """The operator between two numbers of which one at least is NumPy's: it takes a tenth of a ufunc's time."""
    out = op.out[0].value if len(op.out) == 1 else None
    if op.kwargs or not isinstance(out, (*VALUED, np.bool_)) or len(op.args) != 2:
        return None
    values = [x.value if isinstance(x, Var) else x for x in op.args]
    if not all(isinstance(x, VALUED) or type(x) in (int, float) for x in values):
        return None
    if not any(isinstance(x, VALUED) for x in values):
        return None
    function = UFUNCS.get(op.function, op.function)
    return SYMBOLS.get(function) if function is not np.matmul else None


def in_row(array: Any) -> Any:
    """The array as one row that shares its memory; None if it cannot."""
    return array.reshape(-1) if array.flags.c_contiguous else array.T.reshape(-1) if array.flags.f_contiguous else None


def copies(op: Op) -> bool:
    """Whether an operation does nothing but copy an array."""
    source = op.args[0] if op.args else None
    if not isinstance(source, Var) or not isinstance(source.value, np.ndarray) or source.value.dtype.kind == "c":
        return False
    name = method_of(op) or (op.function.__name__ if op.function in (np.copy, np.astype) else "")
    return (name == "copy" and len(op.args) == 1 or name == "astype" and len(op.args) == 2) and not op.kwargs
