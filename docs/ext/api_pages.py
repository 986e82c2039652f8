"""The pages of docs/api: every public name of `__all__`, grouped by the file in which it is written.

They are written when a build begins and are not part of the repository, so none can be missing or out of date.
"""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
API = ROOT / "docs" / "api"
MODULES = (
    "autograd", "autograd.viz", "autograd.errors", "nn", "nn.functional", "nn.init", "nn.data", "nn.export",
    "nn.parallel", "nn.plots", "nn.estimator", "nn.utils", "nn.utils.rnn", "nn.utils.parametrizations",
    "nn.utils.parametrize", "optim", "optim.lr_scheduler", "optim.swa_utils",
)  # fmt: skip
MANY = ("nn", "nn.functional")  # these have a page for each of their files
INHERIT = (
    "autograd.Tensor",
    "autograd.viz.Graph",
    "optim.AveragedModel",
)  # some of their methods are in base classes that have no page


def public(module: ModuleType) -> list[str]:
    """The public names of a module: its __all__, or the classes and functions written in it, without modules."""
    names = getattr(module, "__all__", None) or [
        name
        for name, thing in vars(module).items()
        if not name.startswith("_") and getattr(thing, "__module__", None) == module.__name__
    ]
    return [name for name in names if not inspect.ismodule(getattr(module, name))]


def by_file(module: ModuleType) -> dict[str, list[str]]:
    """The public names by the file in which they are written."""
    found: dict[str, list[str]] = {}
    for name in public(module):
        thing = getattr(module, name)
        file = thing.__module__ if inspect.isclass(thing) or inspect.isroutine(thing) else module.__name__
        found.setdefault(file, []).append(name)
    return found


def title(module: ModuleType) -> str:
    """The first sentence of a module's docstring, without markup."""
    first = (inspect.getdoc(module) or module.__name__).splitlines()[0]
    return re.sub(r"`([^`]*)`", r"\1", first.split(". ")[0].split(": ")[0]).rstrip(".:")


def heading(text: str, line: str) -> str:
    return f"{text}\n{line * max(len(text), 4)}\n\n"


def entry(module: str, name: str, thing: Any, seen: dict[int, str]) -> str:
    """The directive for one name. A thing that is already documented under another name becomes a link to it."""
    if callable(thing) and (first := seen.setdefault(id(thing), f"{module}.{name}")) != f"{module}.{name}":
        return f".. py:data:: {module}.{name}\n\n   The same as :py:obj:`{first}`.\n\n"
    if inspect.isclass(thing):
        options = "   :members:\n"
        if f"{module}.{name}" in INHERIT:
            options += "   :inherited-members: NDArrayOperatorsMixin\n"
        return f".. autoclass:: {module}.{name}\n{options}\n"
    return f".. {'autofunction' if callable(thing) else 'autodata'}:: {module}.{name}\n\n"


def pages() -> dict[str, str]:
    """A dictionary from paths below docs/api, without suffix, to texts."""
    made = {}
    seen: dict[int, str] = {}
    for module_name in MODULES:
        module = importlib.import_module(module_name)
        files = by_file(module)
        head = heading(module_name, "=")
        head += f".. py:module:: {module_name}\n\n" + (title(module) + ".\n\n" if inspect.getdoc(module) else "")
        if module_name in MANY:
            head += ".. toctree::\n   :maxdepth: 1\n\n" + "".join(
                f"   {module_name}/{file.rpartition('.')[2]}\n" for file in files
            )
        for file, names in files.items():
            part = "".join(entry(module_name, name, getattr(module, name), seen) for name in names)
            name = title(sys.modules[file])
            if module_name in MANY:
                page = f"{module_name}/{file.rpartition('.')[2]}"
                made[page] = heading(name, "=") + f".. py:currentmodule:: {module_name}\n\n" + part
            elif len(files) > 1:
                head += heading(name, "-") + part
            else:
                head += part
        made[module_name] = head
    listed = "".join(f"   {name}\n" for name in MODULES)
    made["index"] = (
        heading("API", "=") + "Every public name, from its docstring.\n\n.. toctree::\n   :maxdepth: 1\n\n" + listed
    )
    return made


def write(app: Any = None) -> None:
    """Write the pages that changed, and remove those that no longer exist."""
    wanted = {API / f"{path}.rst": text for path, text in pages().items()}
    for old in set(API.rglob("*.rst")) - set(wanted):
        old.unlink()
    for path, text in wanted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def setup(app: Any) -> dict[str, Any]:
    app.connect("config-inited", lambda app, config: write())
    return {"parallel_read_safe": True}
