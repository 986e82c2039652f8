"""The state of a training beside its weights: what a checkpoint saves, and what a resumed training starts from."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from autograd.errors import ArgumentError
from autograd.random import check_generator_state, generator
from nn.core.module import Module
from nn.training.checkpoint import Checkpoint, find_checkpoint, read_checkpoint

OF_THE_LOOP = ("history", "stopped", "marked", "best_weights")  # what `fit` adds to the states


class TrainingState:
    """The parts of a training with a state of their own, and the generators that they and the model draw from.

    Args:  parts: by name ("optimizer", "scheduler", …), None for one that is missing; those with state_dict() and
           load_state_dict() are saved.
           rng: the generator of the shuffles.
    """

    def __init__(self, model: Module, parts: Mapping[str, Any], rng: np.random.Generator) -> None:
        self.model = model
        self.parts = {
            name: part
            for name, part in parts.items()
            if hasattr(part, "state_dict") and hasattr(part, "load_state_dict")
        }
        self.kinds = {name: type(part).__name__ for name, part in self.parts.items()}
        modules = {"model": model} | {name: part for name, part in parts.items() if isinstance(part, Module)}
        self.generators = {"package": generator(None), "fit": rng}
        self.generators |= {
            f"{name}.{path}": g for name, module in modules.items() for path, g in generators_of(module)
        }
        drawn = [g for name, g in self.generators.items() if name != "fit"]
        self.forward_generators = list({id(g): g for g in drawn}.values())  # those that a forward pass may draw from
        for name in ("train", "validation"):
            owned = getattr(parts.get(name), "__dict__", {})
            self.generators |= {f"{name}.{key}": g for key, g in owned.items() if isinstance(g, np.random.Generator)}

    def state_dict(self) -> dict[str, Any]:
        """The states of all parts and generators, as dicts, numbers and arrays."""
        return {
            "kinds": self.kinds,
            "parts": {name: part.state_dict() for name, part in self.parts.items()},
            "generators": {name: g.bit_generator.state for name, g in self.generators.items()},
        }

    def read(self, folder: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """(weights, everything else) of a checkpoint.

        Raises:    ArgumentError if it is of a training with other parts.
        """
        weights, saved = read_checkpoint(folder)
        lacking = [name for name in (*self.state_dict(), *OF_THE_LOOP) if name not in saved]
        if lacking:
            raise ArgumentError(f"the checkpoint {str(folder)!r} lacks {', '.join(map(repr, lacking))}.")
        if saved["kinds"] != self.kinds:
            raise ArgumentError(
                f"the checkpoint {str(folder)!r} is of a training with {_kinds_text(saved['kinds'])}; "
                f"this one has {_kinds_text(self.kinds)}."
            )
        if saved["generators"].keys() != self.generators.keys():
            theirs, ours = ", ".join(saved["generators"]), ", ".join(self.generators)
            raise ArgumentError(
                f"the checkpoint {str(folder)!r} is of a training with the generators {theirs}; this one has {ours}."
            )
        return weights, saved

    def load(self, weights: Mapping[str, Any], saved: Mapping[str, Any]) -> None:
        """Load what `read` gave: all is checked before anything is changed.

        A part of the user's own that has no `check_state_dict` may still fail; then all are set back.
        """
        self._check(weights, saved)
        before = self.model.state_dict(), copy.deepcopy(self.state_dict())
        try:
            self._set(weights, saved)
        except BaseException:
            self._set(*before)
            raise

    def _check(self, weights: Mapping[str, Any], saved: Mapping[str, Any]) -> None:
        """Raise ArgumentError if a part or a generator would not take its state."""
        for arrays in (weights, saved["best_weights"]):
            if arrays is not None:
                self.model.check_state_dict(arrays)
        for name, part in self.parts.items():
            if name not in saved["parts"]:
                raise ArgumentError(f"the checkpoint has no state of the {name}.")
            if hasattr(part, "check_state_dict"):
                part.check_state_dict(saved["parts"][name])
        for name, g in self.generators.items():
            check_generator_state(g, saved["generators"][name])
        history = saved["history"]
        if not isinstance(history, Mapping) or not all(isinstance(values, list) for values in history.values()):
            raise ArgumentError(f"the history of the checkpoint is a dict of lists; got {history!r:.60}.")

    def _set(self, weights: Mapping[str, Any], state: Mapping[str, Any]) -> None:
        """Set the model and all parts and generators to these states."""
        self.model.load_state_dict(weights)
        for name, part in self.parts.items():
            part.load_state_dict(state["parts"][name])
        for name, g in self.generators.items():
            g.bit_generator.state = state["generators"][name]


def checkpoint_to_resume(resume: Any, checkpoint: Checkpoint | None) -> Path | None:
    """The folder of the checkpoint that the argument `resume` of fit means; None to begin from the start."""
    if resume is False or resume is None:
        return None
    if resume is not True:
        return find_checkpoint(Path(resume))
    if checkpoint is None:
        raise ArgumentError(
            "resume=True goes on from the checkpoint folder, and there is none: "
            "give checkpoint=folder, or resume=folder."
        )
    saved = checkpoint.saved()
    return saved[-1][1] if saved else None


def generators_of(model: Module) -> Iterator[tuple[str, np.random.Generator]]:
    """(path, generator) of those that the modules draw from, as dropout does."""
    for path, module in model.named_modules():
        for name, value in vars(module).items():
            if isinstance(value, np.random.Generator):
                yield f"{path}.{name}".lstrip("."), value


def _kinds_text(kinds: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {kind}" for name, kind in kinds.items()) or "nothing"
