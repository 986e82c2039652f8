"""A row for every Module, one file a family: see tests/nn/layers/test_cases.py."""

from __future__ import annotations

import importlib
import pkgutil

from tests.cases.modules.case import ModuleCase

_files = [importlib.import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__)]
MODULES: list[ModuleCase] = [case for file in _files for case in getattr(file, "MODULES", [])]

__all__ = ["MODULES", "ModuleCase"]
