"""The PyPI package `autograd` (HIPS) installs the same import name: refuse to run beside it, and say what to do."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable


def refuse_hips(folders: Iterable[str] | None = None) -> None:
    """Raise ImportError if the metadata of a distribution named `autograd` lies in a folder of sys.path.

    This runs at every start, so it lists the folders. Importing importlib.metadata for it would take 35 ms, 30 times as
    long, and a third of what importing NumPy takes.
    """
    for folder in sys.path if folders is None else folders:
        try:
            names = os.listdir(folder or ".")
        except OSError:  # a zip archive, or a folder that does not exist
            continue
        for name in names:
            if name.startswith("autograd-") and name.endswith((".dist-info", ".egg-info")):
                hips = f"{name.rpartition('.')[0]} (HIPS), found in {os.path.abspath(folder)}"
                raise ImportError(
                    f"two packages share the import name autograd: chainrule and {hips}. "
                    "Whichever was installed last overwrites the other. Remove it with `pip uninstall autograd`, then "
                    "`pip install --force-reinstall --no-deps chainrule`; or keep each in a virtual environment of its "
                    "own."
                )
