"""The base of every optimizer: groups of parameters, their state, the loop. A subclass is the paper's equations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from autograd import Tensor, enable_grad
from autograd.errors import ArgumentError, DTypeError

Group = dict[str, Any]
State = dict[str, Any]


class Optimizer:
    """Updates parameters in place from their gradients.

    param_groups   dicts: "params", and beside it the hyperparameters of those parameters
    state          parameter -> what the optimizer remembers of it, such as "momentum_buffer"

    A subclass gives `check` (its hyperparameters) and `update` (one parameter, plain NumPy, in place):

        >>> import nn, optim, numpy as np
        >>> class SignSGD(optim.Optimizer):
        ...     def __init__(self, params, lr=0.01):
        ...         super().__init__(params, {"lr": lr})
        ...
        ...     def check(self, group):
        ...         optim.optimizer.check_range("lr", group["lr"], low=0)
        ...
        ...     def update(self, p, g, state, group):
        ...         p -= group["lr"] * np.sign(g)
        >>> p = nn.Parameter([1.0, -2.0])
        >>> (p**2).sum().backward()
        >>> SignSGD([p]).step()
        >>> p
        Parameter([ 0.99, -1.99], requires_grad=True)

    Args:      params: Tensors that are leaves, or dicts {"params": …, "lr": …} for groups of their own settings.
               defaults: the hyperparameters of groups that do not name them.
    """

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        self.defaults = defaults
        self.param_groups: list[Group] = []
        self.state: dict[Tensor, State] = {}
        if isinstance(params, (Tensor, Mapping)):
            raise ArgumentError(f"{self._name} takes a list of parameters or of groups; got one {type(params).__name__}. Write [it].")
        listed = list(params)
        if not listed:
            raise ArgumentError(f"{self._name} got no parameters: model.parameters() is an iterator that can be used up only once.")
        for group in listed if isinstance(listed[0], Mapping) else [{"params": listed}]:
            self.add_param_group(group)

    def check(self, group: Group) -> None:
        """Raise ArgumentError for a hyperparameter out of range."""

    def update(self, p: np.ndarray, g: np.ndarray, state: State, group: Group) -> None:
        """Change p in place, by its gradient g and what `state` remembers of earlier steps."""
        raise ArgumentError(f"{self._name} defines no update(p, g, state, group).")

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update every parameter that has a gradient.

        Args:      closure: computes the loss anew and calls backward(); its result is returned.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        for group in self.param_groups:
            for p in group["params"]:
                if p._grad is not None:
                    state = self.state.get(p)
                    if state is None:
                        state = self.state[p] = {}
                    if not p.requires_grad:  # a constant by now: what was recorded with it keeps the old values
                        p.data = p._data.copy()
                    self.update(p._data, np.asarray(p._grad._data), state, group)
                    p._mark_written()
        return loss

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients: call it before each backward()."""
        for group in self.param_groups:
            for p in group["params"]:
                p.grad = None if set_to_none or p.grad is None else np.zeros_like(p.numpy())

    def add_param_group(self, group: Mapping[str, Any]) -> None:
        """Add parameters with settings of their own; what the group does not set comes from the defaults."""
        unknown = [key for key in group if key != "params" and key not in self.defaults]
        if unknown or "params" not in group:
            what = f"knows no {', '.join(map(repr, unknown))}" if unknown else "needs 'params' in every group"
            raise ArgumentError(f"{self._name} {what}; a group holds 'params' and {', '.join(map(repr, self.defaults))}.")
        params = [group["params"]] if isinstance(group["params"], Tensor) else list(group["params"])
        taken = {id(p) for other in self.param_groups for p in other["params"]}
        for i, p in enumerate(params):
            self._check_parameter(i, p)
            if id(p) in taken:
                raise ArgumentError(f"parameter {i} of the group is given twice: it would be updated twice a step.")
            taken.add(id(p))
        added = {**self.defaults, **group, "params": params}
        self.check(added)
        self.param_groups.append(added)

    # Saving and restoring

    def state_dict(self) -> dict[str, Any]:
        """The state and the settings as PyTorch lays them out, parameters by number; arrays are copies."""
        numbers = {id(p): i for i, p in enumerate(self._parameters())}
        state = {numbers[id(p)]: {key: _copied(value) for key, value in of_p.items()} for p, of_p in self.state.items()}
        groups = [{**group, "params": [numbers[id(p)] for p in group["params"]]} for group in self.param_groups]
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue from a state_dict of an optimizer of the same kind over parameters of the same shapes.

        Raises:    ArgumentError, which lists everything that does not fit; then nothing was changed.
        """
        problems: list[str] = []
        params = self._parameters()
        groups = list(state_dict.get("param_groups", ()))
        sizes, own = [len(group["params"]) for group in groups], [len(group["params"]) for group in self.param_groups]
        if sizes != own:
            problems.append(f"groups of {sizes} parameters, not {own}")
        for i, (group, mine) in enumerate(zip(groups, self.param_groups, strict=False)):
            different = sorted(set(group) ^ set(mine))
            if different:
                problems.append(f"group {i} differs in its settings {', '.join(different)}")
            else:
                try:
                    self.check({**group, "params": mine["params"]})
                except ArgumentError as error:
                    problems.append(f"group {i}: {error}")
        by_number = dict(zip([i for group in groups for i in group["params"]], params, strict=False))
        state: dict[Tensor, State] = {}
        for i, values in state_dict.get("state", {}).items():
            p = by_number.get(i)
            if p is None:
                problems.append(f"state of a parameter {i} that no group has")
                continue
            state[p] = {key: _converted(value, p) for key, value in values.items()}
            problems += [
                f"{key} of parameter {i} has shape {value.shape}, not {p.shape}"
                for key, value in state[p].items()
                if isinstance(value, np.ndarray) and value.ndim and value.shape != p.shape
            ]
        if problems:
            lines = "\n  ".join(problems)
            raise ArgumentError(f"the state dict does not fit this {self._name}; nothing was loaded:\n  {lines}")
        for group, mine in zip(groups, self.param_groups, strict=True):
            mine.update({key: value for key, value in group.items() if key != "params"})
        self.state = state

    def __repr__(self) -> str:
        lines = [
            f"{self._name} group {i}: "
            + ", ".join(f"{key}={value}" for key, value in group.items() if key != "params")
            + f", {len(group['params'])} parameters"
            for i, group in enumerate(self.param_groups)
        ]
        return "\n".join(lines)

    @property
    def _name(self) -> str:
        return type(self).__name__

    def _parameters(self) -> list[Tensor]:
        return [p for group in self.param_groups for p in group["params"]]

    def _check_parameter(self, i: int, p: Any) -> None:
        if not isinstance(p, Tensor):
            raise ArgumentError(f"{self._name} updates Tensors; parameter {i} is a {type(p).__name__}.")
        if not p.is_leaf:
            raise ArgumentError(f"{self._name} updates leaves; parameter {i} is the result of {p.node.name if p.node else ''}().")
        if p.dtype.kind != "f":
            raise DTypeError(f"{self._name} updates floating tensors; parameter {i} has dtype {p.dtype}.")
        if not p.numpy().flags.writeable:
            raise ArgumentError(f"{self._name} updates in place, and the array of parameter {i} is read-only. Give it a copy.")


def check_range(name: str, value: Any, low: float, high: float | None = None, *, low_open: bool = False) -> None:
    """Raise ArgumentError unless low <= value < high (or low < value)."""
    number = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
    inside = number and (value > low if low_open else value >= low) and (value < high if high is not None else value < np.inf)
    if not inside:
        sign = ">" if low_open else ">="
        bound = f" and < {high}" if high is not None else ""
        raise ArgumentError(f"{name} must be a finite number {sign} {low}{bound}; got {value!r}.")


def _copied(value: Any) -> Any:
    return value.copy() if isinstance(value, np.ndarray) else value


def _converted(value: Any, p: Tensor) -> Any:
    """A state array of our own, floating ones in the parameter's dtype."""
    value = getattr(value, "_data", value)
    if not isinstance(value, np.ndarray):
        return value
    return value.astype(p.dtype if value.dtype.kind == "f" else value.dtype)
