"""The base of every optimizer: groups of parameters, their state, the loop. A subclass is the paper's equations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from operator import is_
from typing import Any, ClassVar

import numpy as np

from autograd import Tensor, enable_grad
from autograd.engine.graph import clock
from autograd.errors import ArgumentError, DTypeError, ShapeError
from optim.checks import check_range as check_range
from optim.flat import Flat, Update, block, scalars

Group = dict[str, Any]
State = dict[str, Any]
Run = tuple[Any, ...]  # first, last, whether they are new, their numbers so far

# what schedulers write into a group, beside its settings
SCHEDULED = ("initial_lr", "max_lr", "min_lr", "initial_momentum", "base_momentum", "max_momentum", "swa_lr")
PYTORCHS = (
    "foreach",
    "capturable",
    "differentiable",
    "fused",
    "param_names",
)  # settings of PyTorch's that mean nothing here


class Optimizer:
    """Updates parameters in place from their gradients.

    param_groups   dicts: "params", and beside it the hyperparameters of those parameters
    state          parameter -> what the optimizer remembers of it, such as "momentum_buffer"

    A subclass gives `check` (its hyperparameters), `arrays` (what it remembers of every element) and `rule`, which
    returns the update in plain NumPy, in place. The base applies it to stretches of the parameters laid out in one
    row, which fit the cache: so an update must treat every element alike.

        >>> import nn, optim, numpy as np
        >>> class SignSGD(optim.Optimizer):
        ...     def __init__(self, params, lr=0.01):
        ...         super().__init__(params, {"lr": lr})
        ...
        ...     def check(self, group):
        ...         optim.optimizer.check_range("lr", group["lr"], low=0)
        ...
        ...     def rule(self, group, state):
        ...         def update(p, g):
        ...             p -= group["lr"] * np.sign(g)
        ...
        ...         return update
        >>> p = nn.Parameter([1.0, -2.0])
        >>> (p**2).sum().backward()
        >>> SignSGD([p]).step()
        >>> p
        Parameter([ 0.99, -1.99], requires_grad=True)

    Args:      params: Tensors that are leaves, or pairs (name, Tensor), or dicts {"params": …, "lr": …} for groups of
               their own settings.
               defaults: the hyperparameters of groups that do not name them.
    """

    scratch = 0  # how many buffers for intermediate values `update` takes, after the arrays
    numbers: ClassVar[Mapping[str, Any]] = {}  # what is remembered of a parameter as a whole: name -> first value
    decoupled = (
        False  # weight_decay shrinks the parameters instead of adding to the gradient (Loshchilov & Hutter 2019)
    )
    needs_closure = False  # whether step() evaluates the loss itself, by the closure it is given
    ours: ClassVar[tuple[str, ...]] = ()  # hyperparameters that PyTorch's optimizer of the name has not

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        self.defaults = defaults
        self.param_groups: list[Group] = []
        self.state: dict[Tensor, State] = {}
        self._laid_out: dict[
            int, tuple[list[Tensor], list[Flat]]
        ] = {}  # group -> its parameters then, and where they are
        self._buffers: dict[Any, list[Any]] = {}
        if isinstance(params, (Tensor, Mapping)):
            raise ArgumentError(
                f"{self._name} takes a list of parameters or of groups; got one {type(params).__name__}. Write [it]."
            )
        listed = self._listed(params)
        if not listed:
            raise ArgumentError(
                f"{self._name} got no parameters: model.parameters() is an iterator that can be used up only once."
            )
        for group in listed if isinstance(listed[0], Mapping) else [{"params": listed}]:
            self.add_param_group(group)

    def check(self, group: Group) -> None:
        """Raise ArgumentError for a hyperparameter out of range."""

    def arrays(self, group: Group) -> dict[str, float]:
        """What is remembered of every element: name -> first value. The arrays become arguments of `update`, in this order."""
        return {}

    def rule(self, group: Group, state: State) -> Update:
        """One step's update: a function (p, g, *arrays, *scratch) that changes p and the arrays in place, element by element.

        Args:  group: the hyperparameters. `maximize` and the `weight_decay` are seen to already: in g, or in p if decoupled.
               state: the `numbers` of these parameters, for the rule to bring up to date ("step" counts this step already),
               "first": whether they are updated for the first time, and "dtype": that of the arrays (see `flat.scalars`).
        """
        raise ArgumentError(f"{self._name} defines no rule(group, state).")

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update every parameter that has a gradient.

        Args:      closure: computes the loss anew and calls backward(); its result is returned.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        for number, group in enumerate(self.param_groups):
            for flat in self._flats(number, group):
                for run in self._runs(flat):
                    self._update(flat, group, *run)
        return loss

    def _update(self, flat: Flat, group: Group, first: int, last: int, new: bool, *history: Any) -> None:
        """Apply the rule to parameters first … last-1, which were updated equally often so far."""
        dtype = flat.values.dtype
        numbers = dict(zip(self.numbers, history, strict=True))
        if "step" in numbers:
            numbers["step"] += 1
        state = {**numbers, "first": new, "dtype": dtype}
        update = self.rule(group, state)
        buffers = self._buffers.get(dtype)
        if buffers is None:  # one for the gradient with its penalty, and those that the rule asks for
            buffers = self._buffers[dtype] = [np.empty(block(dtype), dtype) for _ in range(1 + self.scratch)]
        if group.get("weight_decay") or group.get("maximize"):
            update = self._penalised(update, group, buffers[0])
        now = next(clock)
        for p in flat.params[first:last]:
            p.written = now  # a leaf's `_mark_written`, at one time for all
        flat.apply(update, first, last, buffers[1:])
        numbers = {name: state[name] for name in numbers}  # as the rule left them
        for i in range(first, last):
            p = flat.params[i]
            if new:
                self.state.setdefault(p, {}).update(numbers | flat.remembered[i])
            elif numbers:
                self.state[p].update(numbers)

    def _penalised(self, update: Update, group: Group, buffer: Any) -> Update:
        """The update with g + weight_decay · p, or with -g for ascent, in the place of g, which is left as it is."""
        weight_decay, maximize = group.get("weight_decay", 0), group.get("maximize", False)
        decoupled = self.decoupled or group.get("decoupled_weight_decay", False)
        shrink, decay = scalars(buffer.dtype, 1 - group["lr"] * weight_decay if decoupled else 1, weight_decay)
        merge = np.subtract if maximize else np.add

        def penalised(p: Any, g: Any, *rest: Any) -> None:
            d = buffer[: p.size]
            if weight_decay and decoupled:
                np.multiply(p, shrink, p)
            if weight_decay and not decoupled:
                np.multiply(p, decay, d)
                g = merge(d, g, d)
            elif maximize:
                g = np.negative(g, d)
            update(p, g, *rest)

        return penalised

    def _flats(self, number: int, group: Group) -> list[Flat]:
        """The group's parameters in buffers, one a dtype; made anew if one of them has another array by now."""
        params, initial = group["params"], self.arrays(group)
        listed, flats = self._laid_out.get(number, ((), []))
        same = len(listed) == len(params) and all(map(is_, listed, params))
        if not same or not all([flat.initial == initial and flat.still_holds() for flat in flats]):
            by_dtype: dict[Any, list[Tensor]] = {}
            for i, p in enumerate(params):
                if p._grad is not None and p._grad.shape != p.shape:
                    raise ShapeError(
                        f"parameter {i} of shape {p.shape} has a gradient of shape {p._grad.shape}. Call zero_grad()."
                    )
                by_dtype.setdefault(p.dtype, []).append(p)
            flats = [Flat(of_dtype, initial) for of_dtype in by_dtype.values()]
            self._laid_out[number] = (list(params), flats)
        return flats

    def _runs(self, flat: Flat) -> list[Run]:
        """Neighbours that have a gradient and the same history. It runs at each step for each parameter: so it is flat and dense."""
        runs: list[Run] = []
        start, history = 0, None
        for i, p in enumerate(flat.params):
            now = None
            if p._grad is not None:
                known, new = self.state.get(p), False
                for name, view in flat.remembered[i].items():
                    if known is None or known.get(name) is not view:
                        new = not flat.take_up(i, known)
                        break
                if known is None:
                    now = [True, *self.numbers.values()]
                else:
                    now = [new, *[known.get(name, first) for name, first in self.numbers.items()]]
            if now != history:
                if history is not None:
                    runs.append((start, i, *history))
                start, history = i, now
        if history is not None:
            runs.append((start, len(flat.params), *history))
        return runs

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_laid_out": {}, "_buffers": {}}  # a copy lays out its own parameters at its first step

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients: call it before each backward()."""
        for group in self.param_groups:
            for p in group["params"]:
                p._grad = None if set_to_none or p._grad is None else Tensor(np.zeros_like(p._data))

    def add_param_group(self, group: Mapping[str, Any]) -> None:
        """Add parameters with settings of their own; what the group does not set comes from the defaults.

        Raises:    ArgumentError, DTypeError, ShapeError for a group that does not fit; then nothing was changed.
        """
        if not isinstance(group, Mapping):
            raise ArgumentError(f"a group is a dict, {{'params': [...], 'lr': ...}}; got a {type(group).__name__}.")
        unknown = [key for key in group if key != "params" and key not in self.defaults and key not in SCHEDULED]
        if unknown or "params" not in group:
            what = f"knows no {', '.join(map(repr, unknown))}" if unknown else "needs 'params' in every group"
            raise ArgumentError(
                f"{self._name} {what}; a group holds 'params' and {', '.join(map(repr, self.defaults))}."
            )
        params = [group["params"]] if isinstance(group["params"], Tensor) else self._listed(group["params"])
        taken = {id(p) for other in self.param_groups for p in other["params"]}
        for i, p in enumerate(params):
            self._check_parameter(i, p)
            if id(p) in taken:
                raise ArgumentError(f"parameter {i} of the group is given twice: it would be updated twice a step.")
            taken.add(id(p))
        added = {**self.defaults, **group, "params": params}
        self.check(added)
        self._flats(len(self.param_groups), added)  # now, so that p.numpy() is the same array before and after a step
        self.param_groups.append(added)

    # Saving and restoring

    def state_dict(self) -> dict[str, Any]:
        """The state and the settings as PyTorch lays them out, parameters by number; arrays are copies."""
        numbers = {id(p): i for i, p in enumerate(self._parameters())}
        state = {
            numbers[id(p)]: {key: _copied(value) for key, value in of_p.items()}
            for p, of_p in self.state.items()
            if id(p) in numbers
        }
        groups = [{**group, "params": [numbers[id(p)] for p in group["params"]]} for group in self.param_groups]
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue from a state_dict of an optimizer of the same kind over parameters of the same shapes.

        Raises:    ArgumentError, which lists everything that does not fit; then nothing was changed.
        """
        if not isinstance(state_dict, Mapping) or not isinstance(state_dict.get("state", {}), Mapping):
            raise ArgumentError(
                f"{self._name} loads a dict of 'state' and 'param_groups', as state_dict() gives it; got {state_dict!r:.60}."
            )
        problems: list[str] = []
        params = self._parameters()
        groups = list(state_dict.get("param_groups", ()))
        if not all(isinstance(group, Mapping) and "params" in group for group in groups):
            raise ArgumentError(
                f"{self._name}: every one of the param_groups is a dict with 'params'; got {groups!r:.60}."
            )
        sizes, own = [len(group["params"]) for group in groups], [len(group["params"]) for group in self.param_groups]
        if sizes != own:
            problems.append(f"groups of {sizes} parameters, not {own}")
        loaded: list[Group] = []
        for i, (group, mine) in enumerate(zip(groups, self.param_groups, strict=False)):
            missing = [key for key in self.defaults if key not in group and key not in self.ours]
            if missing:
                problems.append(f"group {i} has no {', '.join(missing)}")
            if (
                group.get("decoupled_weight_decay", self.decoupled) != self.decoupled
                and "decoupled_weight_decay" not in self.defaults
            ):
                problems.append(
                    f"group {i}: decoupled_weight_decay is {not self.decoupled}; {self._name} has {self.decoupled}"
                )
            left_out = {*PYTORCHS, "params"} | ({"decoupled_weight_decay"} - self.defaults.keys())
            loaded.append({key: value for key, value in group.items() if key not in left_out})
            try:
                self.check({**mine, **loaded[i]})
            except ArgumentError as error:
                problems.append(f"group {i}: {error}")
        by_number = dict(zip([i for group in groups for i in group["params"]], params, strict=False))
        state: dict[Tensor, State] = {}
        for i, values in state_dict.get("state", {}).items():
            p = by_number.get(i)
            if p is None:
                problems.append(f"state of a parameter {i} that no group has")
                continue
            converted = {key: self._loaded(key, value, p) for key, value in values.items()}
            state[p] = {key: value for key, value in converted.items() if value is not None}
            missing = [key for key in self.numbers if key not in values]
            if missing:
                problems.append(f"the state of parameter {i} has no {', '.join(missing)}")
            for key, value in state[p].items():
                arrays = [
                    item for item in (value if isinstance(value, list) else [value]) if isinstance(item, np.ndarray)
                ]
                expected = self._state_shape(key, p)
                problems += [
                    f"{key} of parameter {i} has shape {a.shape}, not {expected}" for a in arrays if a.shape != expected
                ]
        if problems:
            lines = "\n  ".join(problems)
            raise ArgumentError(f"the state dict does not fit this {self._name}; nothing was loaded:\n  {lines}")
        for group, mine in zip(loaded, self.param_groups, strict=True):
            mine.update(group)
        self.state = state

    def _state_shape(self, key: str, p: Tensor) -> tuple[int, ...]:
        """What shape this array of a parameter's state must have."""
        return p.shape

    def _loaded(self, key: str, value: Any, p: Tensor) -> Any:
        """A state array of our own, floating ones in the parameter's dtype; PyTorch's arrays of one number as that number."""
        if key in self.numbers:
            return type(self.numbers[key])(value)
        value = getattr(value, "_data", value)
        if not isinstance(value, np.ndarray):
            return value
        return value.astype(p.dtype if value.dtype.kind == "f" else value.dtype)

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

    def _listed(self, params: Any) -> list[Any]:
        """What came as a list; of pairs (name, parameter), as named_parameters() gives them, the parameters."""
        if not isinstance(params, Iterable):
            hint = ".parameters()" if hasattr(params, "parameters") else ""
            raise ArgumentError(
                f"{self._name} takes a list of parameters, such as model.parameters(); got a {type(params).__name__}"
                + (f". Write it{hint}." if hint else ".")
            )
        listed = list(params)
        pairs = [type(p) is tuple and len(p) == 2 and isinstance(p[0], str) for p in listed]
        return [p for _, p in listed] if listed and all(pairs) else listed

    def _check_parameter(self, i: int, p: Any) -> None:
        if not isinstance(p, Tensor):
            raise ArgumentError(f"{self._name} updates Tensors; parameter {i} is a {type(p).__name__}.")
        if not p.is_leaf:
            raise ArgumentError(
                f"{self._name} updates leaves; parameter {i} is the result of {p.node.name if p.node else ''}()."
            )
        if p.dtype.kind != "f":
            raise DTypeError(f"{self._name} updates floating tensors; parameter {i} has dtype {p.dtype}.")
        if not p.numpy().flags.writeable:
            raise ArgumentError(
                f"{self._name} updates in place, and the array of parameter {i} is read-only. Give it a copy."
            )


def _copied(value: Any) -> Any:
    if isinstance(value, list):
        return [_copied(item) for item in value]
    return value.copy() if isinstance(value, np.ndarray) else value
