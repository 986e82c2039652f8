"""Checkpoints of a training: a folder for each, which is there only once it is complete; loading one runs no code."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from autograd.errors import ArgumentError
from nn.core.abandoned import locked, remove_abandoned, temporary_name
from nn.core.checks import check_size
from nn.core.module import Module
from nn.packing import packed, unpacked
from nn.serialization import load, load_metadata, save, sync_folder

FORMAT = "1"
WEIGHTS, TRAINING = "model.safetensors", "training.safetensors"


class Checkpoint:
    """Where and how often `nn.fit` saves what it needs to continue.

    In the folder, `epoch-0010/` holds `model.safetensors`, the weights after epoch 10, which `nn.load` and other
    programs read, and `training.safetensors`, the history and the states of optimizer, scheduler, early stopping and
    generators. It is written under a temporary name, synced to the disk and renamed.

    Args:      folder: made if it does not exist.
               every: save after so many epochs, and after the last one.
               keep: how many checkpoints to keep, the newest; None keeps all.
    """

    def __init__(self, folder: str | os.PathLike[str], every: int = 1, keep: int | None = 1) -> None:
        self.folder = Path(folder)
        self.every = check_size("every", every)
        self.keep = keep if keep is None else check_size("keep", keep)

    def saved(self) -> list[tuple[int, Path]]:
        """(epoch, folder) of all checkpoints in the folder, the oldest first."""
        found = (
            [(re.fullmatch(r"epoch-(\d+)", path.name), path) for path in self.folder.iterdir()]
            if self.folder.is_dir()
            else []
        )
        return sorted((int(match[1]), path) for match, path in found if match)

    def save(self, epoch: int, model: Module, training: Mapping[str, Any]) -> Path:
        """Write a checkpoint, then remove the oldest ones beyond `keep`."""
        arrays: dict[str, np.ndarray] = {}
        text = json.dumps(packed(training, arrays, "training"))
        self.folder.mkdir(parents=True, exist_ok=True)
        final = self.folder / f"epoch-{epoch:04d}"
        remove_abandoned(str(self.folder), r"epoch-\d+")
        temporary = self.folder / temporary_name(final.name)
        try:
            temporary.mkdir()
            with locked(str(temporary)):
                save(model, temporary / WEIGHTS)
                save(arrays, temporary / TRAINING, {"format": FORMAT, "training": text})
                os.replace(temporary, final)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
        sync_folder(self.folder)
        if self.keep is not None:
            for _, path in self.saved()[: -self.keep]:
                shutil.rmtree(path)
        return final


def read_checkpoint(folder: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """(weights, training) of one checkpoint."""
    text = load_metadata(folder / TRAINING)
    if text.get("format") != FORMAT:
        raise ArgumentError(
            f"{str(folder)!r} is no checkpoint of nn.fit in format {FORMAT}; its format is {text.get('format')!r}."
        )
    return load(folder / WEIGHTS), unpacked(json.loads(text["training"]), load(folder / TRAINING))


def find_checkpoint(folder: Path) -> Path:
    """The folder itself if it is a checkpoint, else the newest checkpoint in it."""
    if (folder / TRAINING).is_file():
        return folder
    saved = Checkpoint(folder).saved()
    if not saved:
        raise FileNotFoundError(
            f"there is no checkpoint in {str(folder)!r}: nn.fit(…, checkpoint={str(folder)!r}) writes one."
        )
    return saved[-1][1]
