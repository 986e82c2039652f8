"""Names of PyTorch's packages that are not here say what to write, and what they say is there."""

import importlib
import importlib.util
import re

import pytest

import nn
import optim
from nn.pytorch_names import INSTEAD

ROWS = [(package, name) for package, names in INSTEAD.items() for name in names]


@pytest.mark.parametrize(("package", "name"), ROWS)
def test_a_name_that_is_not_here_says_what_to_write(package, name):
    module = importlib.import_module(package)
    text = INSTEAD[package][name]
    assert not hasattr(module, name)
    with pytest.raises(AttributeError, match=re.escape(f"has no attribute {name!r}: write {text}.")):
        getattr(module, name)
    written = {"nn": nn, "F": nn.functional, "DataLoader": importlib.import_module("nn.data").DataLoader}
    for path in re.findall(r"\b(?:nn|F)(?:\.[A-Za-z_]\w*)+", text):
        found, *rest = path.split(".")
        found = written[found]
        for part in rest:
            found = getattr(found, part)


@pytest.mark.parametrize("package", INSTEAD)
def test_every_name_is_pytorchs_and_others_are_plain_errors(package):
    pytest.importorskip("torch")
    theirs = importlib.import_module("torch.utils.data" if package == "nn.data" else f"torch.{package}")
    assert [name for name in INSTEAD[package] if not hasattr(theirs, name) and name != "DataLoader"] == []
    with pytest.raises(AttributeError, match=r"has no attribute 'nothing_such'$"):
        importlib.import_module(package).nothing_such


def test_update_bn_is_update_batch_norm():
    with pytest.raises(AttributeError, match=r"write nn\.update_batch_norm"):
        optim.swa_utils.update_bn
    with pytest.raises(AttributeError, match=r"'nothing'$"):
        optim.swa_utils.nothing
