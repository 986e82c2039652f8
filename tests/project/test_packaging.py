"""The distribution: its files, its dependencies, and its error beside HIPS autograd."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import autograd
from tests import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def python(*arguments: str, path: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": path}
    return subprocess.run(
        [sys.executable, *arguments], env=environment, cwd=cwd, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("metadata", ["autograd-1.8.0.dist-info", "autograd-1.3.egg-info"])
@pytest.mark.parametrize("package", ["autograd", "nn", "optim"])
def test_hips_autograd_beside_us_is_refused_with_the_remedy(metadata: str, package: str, tmp_path: Path) -> None:
    (tmp_path / metadata).mkdir()
    done = python("-c", f"import {package}", path=os.pathsep.join([str(ROOT), str(tmp_path)]), cwd=tmp_path)
    assert done.returncode != 0
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("ImportError: two packages share the import name autograd")
    assert "pip uninstall autograd" in last
    assert str(tmp_path) in last


def test_hips_autograd_that_overwrote_our_init_is_refused_by_nn(tmp_path: Path) -> None:
    (tmp_path / "autograd-1.8.0.dist-info").mkdir()
    (tmp_path / "autograd").mkdir()
    (tmp_path / "autograd" / "__init__.py").touch()  # theirs, over ours; our other files are still there
    (tmp_path / "autograd" / "_hips.py").write_text((ROOT / "autograd" / "_hips.py").read_text())
    (tmp_path / "nn").symlink_to(ROOT / "nn")
    done = python("-c", "import nn", path=str(tmp_path), cwd=tmp_path)
    assert "pip uninstall autograd" in done.stderr


@pytest.mark.parametrize("name", ["autograd_gamma-0.5.dist-info", "autograd.py", "chainrule-0.1.0.dist-info"])
def test_other_packages_are_no_reason_to_refuse(name: str, tmp_path: Path) -> None:
    (tmp_path / name).mkdir()
    done = python("-c", "import autograd", path=os.pathsep.join([str(ROOT), str(tmp_path)]), cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_import_stays_light(tmp_path: Path) -> None:
    """Optional dependencies are imported only when they are needed."""
    code = "import sys, autograd, nn, optim; print(*sys.modules)"
    loaded = set(python("-c", code, path=str(ROOT), cwd=tmp_path).stdout.split())
    assert "autograd" in loaded
    optional = {
        "scipy",
        "graphviz",
        "pygraphviz",
        "matplotlib",
        "sklearn",
        "torch",
        "mpi4py",
        "onnx",
        "importlib.metadata",
    }
    assert not loaded & optional


def test_autograd_alone_imports_little_more_than_numpy(tmp_path: Path) -> None:
    """Of the standard library nothing that takes long and is needed by few."""
    code = "import sys, numpy; before = set(sys.modules); import autograd; print(*sys.modules.keys() - before)"
    loaded = set(python("-c", code, path=str(ROOT), cwd=tmp_path).stdout.split())
    assert "autograd" in loaded
    assert not loaded & {"pathlib", "logging", "dataclasses", "html", "tempfile", "urllib", "json", "subprocess", "nn"}


def test_bare_pytest_tests_the_checkout(tmp_path: Path) -> None:
    """Another package of the same name earlier on the path is not tested by mistake."""
    (tmp_path / "autograd").mkdir()
    (tmp_path / "autograd" / "__init__.py").write_text("raise RuntimeError('the wrong autograd')")
    done = python("-m", "pytest", "--collect-only", "tests/project/test_packaging.py", path=str(tmp_path), cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert Path(autograd.__file__).is_relative_to(ROOT)


def test_the_wheel_holds_the_three_packages_and_their_type_marks() -> None:
    packages = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert packages == ["autograd", "nn", "optim"]
    assert all((ROOT / package / "py.typed").exists() for package in packages)


def test_version_and_extras() -> None:
    assert PROJECT["project"]["version"] == autograd.__version__
    extras = PROJECT["project"]["optional-dependencies"]
    assert {"viz", "train", "notebooks", "docs", "oracle", "dev"} <= set(extras)
    assert "torch==2.13.0" in extras["oracle"]
    assert not any("torch" in requirement or "oracle" in requirement for requirement in extras["dev"])
    changelog = (ROOT / "CHANGELOG.md").read_text()
    assert f"## [{autograd.__version__}]" in changelog


def test_contributing_names_files_that_exist() -> None:
    named = re.findall(r"`((?:autograd|nn|optim|tests|docs)/[\w/.-]+)`", (ROOT / "CONTRIBUTING.md").read_text())
    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_set_up_says_what_it_does() -> None:
    """`make -n` of a first time: what is installed is said, and pip is not silenced."""
    done = subprocess.run(
        ["make", "-n", "notebooks", "VENV=out/nowhere"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Installing chainrule with what its extras notebooks need" in done.stdout
    assert "pip install --editable" in done.stdout
    assert "--quiet" not in done.stdout
