"""What decides which recording a call wants: a key, and a quick test whether a call is like one that came before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy._core import umath

from autograd.conditions import code_of
from autograd.engine import recording
from autograd.engine.modes import mode
from autograd.engine.recording import is_tensor
from autograd.errors import CaptureError
from autograd.pytree import children

Reader = Callable[[Any, Any], "list[Any] | None"]

# NumPy's error settings: one object for as long as they hold; None in a NumPy that has them elsewhere
error_settings = getattr(umath, "_extobj_contextvar", None)


def key_of(structure: Any, leaves: list[Any]) -> Any:
    """Calls with one key differ at most in what their guards find."""
    now = mode.get()
    return repr(structure), tuple(map(_key, leaves)), now.recording, now.anomaly, _errors_by_value()


def _key(x: Any) -> Any:
    if is_tensor(x):
        if x._requires_grad:
            if x.node is not None:
                raise CaptureError("a captured function takes arrays and leaves; got a result with a graph. Detach it.")
            return id(x)
        x = x._array
        return "tensor", x.shape, x.dtype, type(x) is np.ndarray, getattr(x, "strides", None)
    if isinstance(x, (np.ndarray, np.generic)):
        if type(x) is not np.ndarray and isinstance(x, np.ndarray):
            raise CaptureError(f"a captured function takes plain arrays; got a {type(x).__name__}. Use np.asarray(x).")
        return "array", x.shape, x.dtype, type(x) is np.ndarray, getattr(x, "strides", None)
    try:
        hash(x)
    except TypeError:
        return id(x)
    return type(x), repr(x) if isinstance(x, (float, complex)) else x  # -0.0 is not 0.0


def described(key: Any) -> str:
    """A key in words."""
    shapes = [str(list(k[1])) for k in key[1] if isinstance(k, tuple) and len(k) == 5]
    return "arguments " + (", ".join(shapes) or "without arrays")


def _errors_by_value() -> Any:
    return tuple(np.geterr().values())


# What changes, or is another object, when NumPy's error settings are others
errors_now: Callable[[], Any] = _errors_by_value if error_settings is None else error_settings.get


def environment() -> Any:
    """What besides the arguments decides: to be compared by `same_environment`."""
    now = mode.get()
    return now.recording, now.anomaly, errors_now()


def same_environment(a: Any) -> bool:
    """Whether the modes are what they were, and NumPy's error settings; False also when that takes a closer look."""
    now = mode.get()
    if now.recording is not a[0] or now.anomaly is not a[1]:
        return False
    return bool(errors_now() == a[2])


def reader(args: Any, kwargs: Any) -> Reader | None:
    """A function (args, kwargs) -> the leaves, with arrays in place of Tensors; None if the arguments have another key.

    Returns: None for arguments that only `key_of` can tell.
    """
    writer = _Writer()
    if not (writer.container(args, "args") and writer.container(kwargs, "kwargs")):
        return None
    body = "\n    ".join([*writer.lines, f"return [{', '.join(writer.found)}]"])
    scope = dict(writer.bound)
    exec(code_of(f"def read(args, kwargs):\n    {body}\n"), scope)
    return scope["read"]  # type: ignore[no-any-return]


class _Writer:
    """Writes the source of a reader."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.found: list[str] = []
        self.bound: dict[str, Any] = {"ndarray": np.ndarray, "Tensor": recording.Tensor}
        self.count = 0

    def name(self) -> str:
        self.count += 1
        return f"x{self.count}"

    def bind(self, x: Any) -> str:
        name = f"c{len(self.bound)}"
        self.bound[name] = x
        return name

    def need(self, condition: str) -> None:
        self.lines.append(f"if not ({condition}): return None")

    def container(self, x: Any, name: str) -> bool:
        """Write the test of a tuple, list or dict, and of what it holds."""
        if not x:
            self.need(f"type({name}) is {self.bind(type(x))} and not {name}")
            return type(x) in (tuple, list, dict)
        names = [self.name() for _ in x]
        same = f"type({name}) is {self.bind(type(x))} and len({name}) == {len(x)}"
        if type(x) is dict:
            self.need(f"{same} and list({name}) == {self.bind(list(x))}")
            self.lines.append(f"{', '.join(names)}, = {name}.values()")
            inner = list(x.values())
        else:
            self.need(same)
            self.lines.append(f"{', '.join(names)}, = {name}")
            inner = list(x)
        return type(x) in (tuple, list, dict) and all([self.leaf(y, n) for y, n in zip(inner, names, strict=True)])

    def leaf(self, x: Any, name: str) -> bool:
        if x is None:
            self.need(f"{name} is None")
            return True
        if type(x) in (tuple, list, dict):
            return self.container(x, name)
        self.found.append(name)
        if type(x) is recording.Tensor and not x._requires_grad:
            self.need(f"type({name}) is Tensor and not {name}._requires_grad")
            self.lines.append(f"{name} = {name}._array")
            return self.array(x._array, name)
        if isinstance(x, (np.ndarray, np.generic)):
            return self.array(x, name)
        if type(x) in (bool, int, str):  # other numbers by identity: -0.0 == 0.0, and nan != nan
            self.need(f"type({name}) is {self.bind(type(x))} and {name} == {x!r}")
            return True
        self.need(f"{name} is {self.bind(x)}")
        return is_tensor(x) or children(x) is None

    def array(self, x: Any, name: str) -> bool:
        if type(x) is not np.ndarray:
            self.need(f"type({name}) is {self.bind(type(x))}")
            return isinstance(x, np.generic) and x.dtype.isbuiltin == 1
        dtype = self.bind(x.dtype)
        self.need(
            f"type({name}) is ndarray and {name}.shape == {x.shape!r} "
            f"and ({name}.dtype is {dtype} or {name}.dtype == {dtype}) and {name}.strides == {x.strides!r}"
        )
        return True
