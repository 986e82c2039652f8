"""The state of a training beside its weights: what a checkpoint saves, and what a resumed training starts from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from autograd.errors import ArgumentError
from autograd.random import generator
from nn.core.module import Module
from nn.training.checkpoint import Checkpoint, find_checkpoint, read_checkpoint


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

    def load(self, folder: Path) -> dict[str, Any]:
        """Load a checkpoint, weights included; returns all that is saved in it.

        Raises:    ArgumentError if it is of a training with other parts; then the model is not changed.
        """
        weights, saved = read_checkpoint(folder)
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
        before = self.model.state_dict()
        self.model.load_state_dict(weights)
        try:
            for name, part in self.parts.items():
                part.load_state_dict(saved["parts"][name])
        except BaseException:
            self.model.load_state_dict(before)
            raise
        for name, g in self.generators.items():
            g.bit_generator.state = saved["generators"][name]
        return saved


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
