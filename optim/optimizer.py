"""The base of every optimizer: parameter groups, their state, the loop. A subclass is the paper's equations."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from operator import is_
from typing import Any, ClassVar, Self

import numpy as np

from autograd import Tensor, enable_grad
from autograd.engine.graph import write_now
from autograd.engine.kinds import copied, is_foreign, surely
from autograd.engine.recording import raw
from autograd.errors import ArgumentError, DTypeError, ShapeError
from autograd.options import check_flag
from autograd.recorder import sure
from optim.apart import Apart
from optim.checks import check_range as check_range
from optim.checks import count, is_number, not_negative
from optim.flat import Buffers, Flat, Update, in_one_row, of_parts, scalars
from optim.plan import Plan, Run
from optim.plan import State as State
from optim.ready import Ready

Group = dict[str, Any]

# What schedulers write into a group beside its settings
SCHEDULED = ("initial_lr", "max_lr", "min_lr", "initial_momentum", "base_momentum", "max_momentum", "swa_lr")
# PyTorch's settings that mean nothing here
PYTORCHS = ("foreach", "capturable", "differentiable", "fused", "param_names")

# Arrays of a state that hold means or sums of squares, or magnitudes
NOT_NEGATIVE = frozenset({"exp_avg_sq", "max_exp_avg_sq", "square_avg", "acc_delta", "sum", "exp_inf"})

# Settings that are True or False
FLAGS = ("maximize", "nesterov", "amsgrad", "centered", "decoupled_weight_decay", "bias_correction")


class Optimizer:
    """Updates parameters in place from their gradients.

    param_groups   dicts of "params" and the hyperparameters of those parameters
    state          parameter -> what the optimizer remembers of it, such as "momentum_buffer"

    A subclass defines `check` (for its hyperparameters), `arrays` (what it remembers of every element) and `rule`,
    which returns the update: plain NumPy, in place. The base lays the parameters out in one row and applies the update
    to stretches of it that fit the cache. An update must therefore treat every element alike.

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

    Args:      params: Tensors that are leaves, or pairs (name, Tensor), or dicts {"params": …, "lr": …} for groups
               with settings of their own.
               defaults: the hyperparameters of groups that do not set them.
    """

    # How many buffers for intermediate values `update` takes, after the arrays
    scratch = 0
    # What is remembered of a parameter as a whole: name -> first value
    numbers: ClassVar[Mapping[str, Any]] = {}
    # Whether weight_decay shrinks the parameters instead of adding to the gradient (Loshchilov & Hutter 2019)
    decoupled = False
    # Whether `update` may be called for several stretches at a time, in threads: it draws nothing, counts nothing and
    # keeps nothing. A class with a rule of its own says so itself.
    in_threads = False
    # Whether step() evaluates the loss itself, by calling the closure
    needs_closure = False
    # Whether the state is there before the first step
    eager = False
    # Whether complex parameters may be seen as pairs of real ones
    takes_complex = True
    # Hyperparameters that PyTorch's optimizer of this name does not have
    ours: ClassVar[tuple[str, ...]] = ()

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        self.defaults = defaults
        self.param_groups: list[Group] = []
        self.state: dict[Tensor, State] = {}
        self.has_stepped = False  # a scheduler warns if its step comes first
        self._laid_out: dict[int, tuple[list[Tensor], list[Flat | Apart]]] = {}  # by number of a group
        self._plans: dict[Flat | Apart, Plan] = {}
        self._ready: dict[int, Ready] = {}  # by number of a group
        self._buffers: dict[Any, Buffers] = {}  # dtype -> the buffers of the rule
        if isinstance(params, (Tensor, Mapping)):
            raise ArgumentError(
                f"{self._name} takes a list of parameters or of groups; got one {type(params).__name__}. Write [it]."
            )
        listed = self._as_list(params)
        if not listed:
            raise ArgumentError(
                f"{self._name} got no parameters: model.parameters() is an iterator that can be used up only once."
            )
        for group in listed if isinstance(listed[0], Mapping) else [{"params": listed}]:
            self.add_param_group(group)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "rule" in vars(cls) and "in_threads" not in vars(cls):
            cls.in_threads = False  # what a base says is about the base's rule

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Name PyTorch's options that mean nothing here."""
        for name in PYTORCHS:
            if name in kwargs and name not in inspect.signature(cls.__init__).parameters:
                raise ArgumentError(
                    f"{cls.__name__} has no {name}; got {kwargs[name]!r}. It is about how PyTorch runs the update: "
                    "here all parameters are updated together anyway. Leave it out."
                )
        return object.__new__(cls)

    def check(self, group: Group) -> None:
        """Raise ArgumentError for a hyperparameter out of range."""

    def arrays(self, group: Group) -> dict[str, float]:
        """What is remembered of every element: name -> first value. `update` takes the arrays in this order."""
        return {}

    def rule(self, group: Group, state: State) -> Update:
        """One step's update: a function (p, g, *arrays, *scratch) that changes p and the arrays in place, elementwise.

        Args:  group: the hyperparameters. `maximize` and `weight_decay` are taken care of: in g, or in p if decoupled.
               state: the `numbers` of these parameters, which the rule may change ("step" already counts this step),
               "first": whether they are updated for the first time (False if there is nothing to remember of them),
               and "dtype": the arrays' (see `flat.scalars`).
        """
        raise ArgumentError(f"{self._name} defines no rule(group, state).")

    @sure
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update every parameter that has a gradient.

        Args:      closure: computes the loss again and calls backward(); its result is returned.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        self.has_stepped = True
        for number, group in enumerate(self.param_groups):
            self._update_group(number, group)
        return loss

    def _update_group(self, number: int, group: Group) -> None:
        """Apply the rule to the parameters of a group that have a gradient."""
        ready = self._ready.get(number)
        if ready is None or not ready.holds(group, self.state, self.arrays(group)):
            ready = self._planned(number, group)
        for flat, run in ready.runs:
            self._update(flat, group, run)
        ready.stepped()

    def _planned(self, number: int, group: Group) -> Ready:
        """Which parameters of a group are updated together, after a look at everything that may have changed."""
        planned = [(flat, self._plan(flat)) for flat in self._flats(number, group)]
        ready = self._ready.get(number)
        if ready is None or not ready.same(group, self.state, planned):
            ready = self._ready[number] = Ready(group, self.state, planned)
        return ready

    def _plan(self, flat: Flat | Apart) -> Plan:
        """The plan of a Flat, made anew if something has changed."""
        plan = self._plans.get(flat)
        if plan is None or not plan.still_holds(flat, self.state):
            self._scratch(flat.dtype)  # a subclass may have set `scratch` since
            plan = self._plans[flat] = Plan(flat, self.state, self.numbers)
        return plan

    def _update(self, flat: Flat | Apart, group: Group, run: Run) -> None:
        """Apply the rule to the parameters of a run."""
        dtype = flat.dtype
        numbers = run.numbers.copy()
        if "step" in numbers:
            numbers["step"] += 1
        state = {**numbers, "first": run.new, "dtype": dtype}
        update = self.rule(group, state)
        penalised = bool(group.get("weight_decay") or group.get("maximize"))
        if penalised:
            update = self._penalised(update, group, dtype)
        now = write_now()
        for p in run.params:
            p.written = now  # a leaf's `_mark_written`, at one time for all
        flat.apply(update, run.first, run.last, spare=penalised, alone=not self.in_threads)
        for name in numbers:
            numbers[name] = state[name]  # as the rule left them
        run.remember(self.state, numbers)

    def _penalised(self, update: Update, group: Group, dtype: Any) -> Update:
        """The update with g + weight_decay · p, or -g for ascent, in place of g. The gradient itself is not changed."""
        weight_decay, maximize = group.get("weight_decay", 0), group.get("maximize", False)
        decoupled = self.decoupled or group.get("decoupled_weight_decay", False)
        shrink, decay = scalars(dtype, 1 - group["lr"] * weight_decay if decoupled else 1, weight_decay)
        merge = np.subtract if maximize else np.add

        def penalised(p: Any, g: Any, d: Any, *rest: Any) -> None:
            if weight_decay and decoupled:
                np.multiply(p, shrink, p)
            if weight_decay and not decoupled:
                np.multiply(p, decay, d)
                g = merge(d, g, d)
            elif maximize:
                g = np.negative(g, d)
            update(p, g, *rest)

        return penalised

    def _flats(self, number: int, group: Group) -> list[Flat | Apart]:
        """The group's parameters in buffers, one for each dtype; laid out again if one of them has another array."""
        params, initial = group["params"], self.arrays(group)
        listed, flats = self._laid_out.get(number, ((), []))
        same = len(listed) == len(params) and all(map(is_, listed, params))
        if not same or not all([flat.initial == initial and flat.still_holds() for flat in flats]):
            alike: dict[Any, list[Tensor]] = {}  # dtype, and for arrays of other libraries their kind
            for i, p in enumerate(params):
                if p._grad is not None and p._grad.shape != p.shape:
                    raise ShapeError(
                        f"parameter {i} of shape {p.shape} has a gradient of shape {p._grad.shape}. Call zero_grad()."
                    )
                alike.setdefault((p.dtype, type(p._array) if is_foreign(p._array) else None), []).append(p)
            for flat in flats:
                self._plans.pop(flat, None)
            flats = [
                Flat(listed, initial, self._scratch(of_parts(dtype)))
                if kind is None
                else Apart(listed, initial, self.scratch)
                for (dtype, kind), listed in alike.items()
            ]
            self._laid_out[number] = (list(params), flats)
        return flats

    def _scratch(self, dtype: Any) -> Buffers:
        """The buffers that the rule asks for; the groups share them."""
        if dtype not in self._buffers:
            self._buffers[dtype] = Buffers(dtype)
        self._buffers[dtype].count = self.scratch
        return self._buffers[dtype]

    def __getstate__(self) -> dict[str, Any]:
        # A copy lays out its own parameters at its first step.
        return {**vars(self), "_laid_out": {}, "_plans": {}, "_ready": {}, "_buffers": {}}

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Remove the gradients, or set them to zero. Call it before each backward()."""
        for group in self.param_groups:
            for p in group["params"]:
                p._grad = None if set_to_none or p._grad is None else Tensor(np.zeros_like(p._array))

    def add_param_group(self, group: Mapping[str, Any]) -> None:
        """Add parameters with settings of their own. What the group does not set is taken from the defaults.

        Raises:    ArgumentError, DTypeError, ShapeError for a group that does not fit; then nothing is changed.
        """
        if not isinstance(group, Mapping):
            raise ArgumentError(f"a group is a dict, {{'params': [...], 'lr': ...}}; got a {type(group).__name__}.")
        unknown = [key for key in group if key != "params" and key not in self.defaults and key not in SCHEDULED]
        if unknown or "params" not in group:
            what = f"knows no {', '.join(map(repr, unknown))}" if unknown else "needs 'params' in every group"
            raise ArgumentError(
                f"{self._name} {what}; a group holds 'params' and {', '.join(map(repr, self.defaults))}."
            )
        params = [group["params"]] if isinstance(group["params"], Tensor) else self._as_list(group["params"])
        taken = {id(p) for other in self.param_groups for p in other["params"]}
        for i, p in enumerate(params):
            self._check_parameter(i, p)
            if id(p) in taken:
                raise ArgumentError(f"parameter {i} of the group is given twice: it would be updated twice a step.")
            taken.add(id(p))
        added = {**self.defaults, **group, "params": params}
        self._check_group(added)
        flats = self._flats(len(self.param_groups), added)  # here, so that p.numpy() is the same array after a step
        self.param_groups.append(added)
        for flat in flats if self.eager else ():
            self.state |= {p: {**self.numbers, **views} for p, views in zip(flat.params, flat.remembered, strict=True)}

    # Saving and restoring

    def state_dict(self) -> dict[str, Any]:
        """The state and the settings as PyTorch lays them out: parameters by number, arrays copied."""
        numbers = {id(p): i for i, p in enumerate(self._parameters())}
        state = {
            numbers[id(p)]: {key: _copy_of(value) for key, value in of_p.items()}
            for p, of_p in self.state.items()
            if id(p) in numbers
        }
        groups = [{**group, "params": [numbers[id(p)] for p in group["params"]]} for group in self.param_groups]
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue from a state_dict of an optimizer of the same kind over parameters of the same shapes.

        Raises:    ArgumentError, which lists everything that does not fit; then nothing is changed.
        """
        settings, state = self._read(state_dict)
        for group, mine in zip(settings, self.param_groups, strict=True):
            mine.update(group)
        self.state = state
        self.has_stepped = self.has_stepped or bool(state)

    def check_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Raise the ArgumentError that `load_state_dict` would raise, and change nothing."""
        self._read(state_dict)

    def _read(self, state_dict: Mapping[str, Any]) -> tuple[list[Group], dict[Tensor, State]]:
        """The settings of the groups and the states of the parameters in a state dict, checked and converted."""
        if not isinstance(state_dict, Mapping) or not isinstance(state_dict.get("state", {}), Mapping):
            raise ArgumentError(
                f"{self._name} loads a dict of 'state' and 'param_groups', as state_dict() gives it; "
                f"got {state_dict!r:.60}."
            )
        groups = state_dict.get("param_groups", [])
        if not isinstance(groups, (list, tuple)) or not all(map(_is_group, groups)):
            raise ArgumentError(
                f"{self._name}: param_groups is a list of dicts with 'params', a list of the parameters' numbers; "
                f"got {groups!r:.60}."
            )
        problems: list[str] = []
        settings = self._read_groups(list(groups), problems)
        by_number = dict(zip([i for group in groups for i in group["params"]], self._parameters(), strict=False))
        state = self._read_state(state_dict.get("state", {}), by_number, problems)
        if problems:
            lines = "\n  ".join(problems)
            raise ArgumentError(f"the state dict does not fit this {self._name}; nothing was loaded:\n  {lines}")
        return settings, state

    def _read_groups(self, groups: list[Any], problems: list[str]) -> list[Group]:
        """The settings of the groups of a state dict; what does not fit is added to the problems."""
        sizes, own = [len(group["params"]) for group in groups], [len(group["params"]) for group in self.param_groups]
        if sizes != own:
            problems.append(f"groups of {sizes} parameters, not {own}")
        settings: list[Group] = []
        for i, (group, mine) in enumerate(zip(groups, self.param_groups, strict=False)):
            missing = [key for key in self.defaults if key not in group and key not in self.ours]
            if missing:
                problems.append(f"group {i} has no {', '.join(missing)}")
            decoupled = group.get("decoupled_weight_decay", self.decoupled)
            if decoupled != self.decoupled and "decoupled_weight_decay" not in self.defaults:
                problems.append(
                    f"group {i}: decoupled_weight_decay is {not self.decoupled}; {self._name} has {self.decoupled}"
                )
            left_out = {*PYTORCHS, "params"} | ({"decoupled_weight_decay"} - self.defaults.keys())
            settings.append({key: value for key, value in group.items() if key not in left_out})
            try:
                self._check_group({**mine, **settings[i]})
            except ArgumentError as error:
                problems.append(f"group {i}: {error}")
        return settings

    def _read_state(
        self, entries: Mapping[Any, Any], by_number: Mapping[Any, Tensor], problems: list[str]
    ) -> dict[Tensor, State]:
        """The entries of a state dict by parameter, converted; what does not fit is added to the problems."""
        state: dict[Tensor, State] = {}
        for i, values in entries.items():
            p = by_number.get(i)
            if p is None:
                problems.append(f"state of a parameter {i} that no group has")
                continue
            if not isinstance(values, Mapping):
                problems.append(f"the state of parameter {i} is a {type(values).__name__}, not a dict")
                continue
            converted = {}
            for key, value in values.items():
                try:
                    converted[key] = self._converted(key, value, p)
                except (TypeError, ValueError, OverflowError) as error:
                    problems.append(f"{key} of parameter {i}: {error}")
            state[p] = {key: value for key, value in converted.items() if value is not None}
            missing = [key for key in self.numbers if key not in values]
            if missing:
                problems.append(f"the state of parameter {i} has no {', '.join(missing)}")
            for key, value in state[p].items():
                arrays = [a for a in (value if isinstance(value, list) else [value]) if isinstance(a, np.ndarray)]
                expected = self._state_shape(key, p)
                problems += [
                    f"{key} of parameter {i} has shape {a.shape}, not {expected}" for a in arrays if a.shape != expected
                ]
        return state

    def _state_shape(self, key: str, p: Tensor) -> tuple[int, ...]:
        """The shape that this array of a parameter's state must have."""
        return p.shape

    def _converted(self, key: str, value: Any, p: Tensor) -> Any:
        """A copy of a state's value: a floating array in the parameter's dtype; a count of PyTorch's as a number."""
        if key in self.numbers:
            return count(key, value) if type(self.numbers[key]) is int else not_negative(key, value)
        value = raw(value)
        if value is None:
            return None
        if is_number(value):  # of a 0-d parameter
            value = np.asarray(value)
        if not isinstance(value, np.ndarray) and not is_foreign(value):
            raise TypeError(f"it must be an array; got {value!r:.60}")
        if value.dtype.kind not in "fiu" and not value.dtype.kind == p.dtype.kind == "c":
            raise TypeError(f"it must hold real numbers; got dtype {value.dtype}")
        parts = in_one_row(value, value.dtype) if value.dtype.kind == "c" else value
        if key in NOT_NEGATIVE and surely(parts < 0):
            raise ValueError(f"it holds squares or magnitudes, which are >= 0; got {parts.min()}")
        return value.astype(p.dtype)

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

    def _as_list(self, params: Any) -> list[Any]:
        """The parameters or groups as a list. Pairs (name, parameter), as from named_parameters(), lose the name."""
        if not isinstance(params, Iterable):
            hint = ".parameters()" if hasattr(params, "parameters") else ""
            raise ArgumentError(
                f"{self._name} takes a list of parameters, such as model.parameters(); got a {type(params).__name__}"
                + (f". Write it{hint}." if hint else ".")
            )
        if isinstance(params, (set, frozenset)):
            raise ArgumentError(
                f"{self._name} takes its parameters in an order that is the same in every run, by which a saved state "
                f"finds them again; got a {type(params).__name__}. Give a list."
            )
        listed = list(params)
        pairs = [type(p) is tuple and len(p) == 2 and isinstance(p[0], str) for p in listed]
        return [p for _, p in listed] if listed and all(pairs) else listed

    def _check_group(self, group: Group) -> None:
        for name in FLAGS:
            check_flag(name, group.get(name, False))
        self.check(group)

    def _check_parameter(self, i: int, p: Any) -> None:
        if not isinstance(p, Tensor):
            raise ArgumentError(f"{self._name} updates Tensors; parameter {i} is a {type(p).__name__}.")
        if not p.is_leaf:
            raise ArgumentError(
                f"{self._name} updates leaves; parameter {i} is the result of {p.node.name if p.node else ''}()."
            )
        if p.dtype.kind not in "fc":
            raise DTypeError(f"{self._name} updates floating tensors; parameter {i} has dtype {p.dtype}.")
        if p.dtype.kind == "c" and (not self.takes_complex or is_foreign(p._array)):
            raise DTypeError(
                f"{self._name} updates real tensors; parameter {i} has dtype {p.dtype} in a {type(p._array).__name__}. "
                "Adam and SGD update complex ones in NumPy's arrays, or hold real and imaginary part as two parameters."
            )
        if not is_foreign(p._array) and not p._array.flags.writeable:
            raise ArgumentError(
                f"{self._name} updates in place, and the array of parameter {i} is read-only. Give it a copy."
            )


def _is_group(group: Any) -> bool:
    """Whether it is a group of a state dict: settings, and parameters by number."""
    listed = group.get("params") if isinstance(group, Mapping) else None
    return isinstance(listed, (list, tuple)) and all(isinstance(i, (int, np.integer)) for i in listed)


def _copy_of(value: Any) -> Any:
    if isinstance(value, list):
        return [_copy_of(item) for item in value]
    return copied(value) if isinstance(value, np.ndarray) or is_foreign(value) else value
