"""Saved arrays: a file is complete or missing, PyTorch reads the same bits, and loading runs no code."""

from __future__ import annotations

import builtins
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd import Tensor
from autograd.errors import ArgumentError, DTypeError
from nn.core.abandoned import locked

pytest.importorskip("safetensors")

DTYPES = [
    "bool",
    "uint8",
    "int8",
    "uint16",
    "int16",
    "uint32",
    "int32",
    "uint64",
    "int64",
    "float16",
    "float32",
    "float64",
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.safetensors"


def equal(a: Any, b: Any) -> None:
    assert a.keys() == b.keys()
    for name, x in a.items():
        assert (x.dtype, x.shape) == (b[name].dtype, b[name].shape), name
        assert x.tobytes() == b[name].tobytes(), name


def test_a_module_comes_back(path: Path) -> None:
    net, twin = (nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.weight_norm(nn.Linear(4, 2))) for _ in range(2))
    assert nn.save(net, path) is None
    twin.load_state_dict(nn.load(path))
    equal(net.state_dict(), twin.state_dict())
    assert os.listdir(path.parent) == [path.name]


def test_every_dtype_and_shape_comes_back_writable(path: Path, rng: np.random.Generator) -> None:
    arrays = {
        f"{dtype} {shape}": (100 * rng.random(shape)).astype(dtype)
        for dtype in DTYPES
        for shape in ((), (0, 3), (1,), (3, 2, 2))
    }
    arrays["special"] = np.array([np.nan, -0.0, np.inf, 5e-324])
    nn.save(arrays, str(path))
    found = nn.load(str(path))
    equal(found, arrays)
    for array in found.values():
        assert array.flags.writeable
        array[...] = 0


def test_any_layout_is_saved_by_value(path: Path, rng: np.random.Generator) -> None:
    x = rng.normal(size=(4, 6))
    views = {
        "T": x.T, "stride": x[::2, ::-3], "fortran": np.asfortranarray(x), "wide": np.broadcast_to(x[:, :1], (4, 6)),
        "big": x.astype(">f8"), "read-only": x[1], "tensor": Tensor(x.T), "list": [1.0, 2.0],
    }  # fmt: skip
    nn.save(views, path)
    found = nn.load(path)
    for name, view in views.items():
        np.testing.assert_array_equal(found[name], getattr(view, "_array", view), err_msg=name)


def test_metadata(path: Path) -> None:
    nn.save({"x": np.zeros(2)}, path, metadata={"epoch": "3", "größe": "ü"})
    assert nn.load_metadata(path) == {"epoch": "3", "größe": "ü"}
    assert list(nn.load(path)) == ["x"]
    nn.save({}, path)
    assert nn.load_metadata(path) == {}
    assert nn.load(path) == {}


@pytest.mark.oracle
def test_pytorch_reads_ours_and_we_read_its_bit_for_bit(path: Path, rng: np.random.Generator) -> None:
    torch = pytest.importorskip("torch")
    theirs_io = pytest.importorskip("safetensors.torch")
    net = nn.Sequential(nn.Linear(3, 4, rng=rng), nn.ReLU(), nn.Linear(4, 2, rng=rng))
    peer = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 2))
    nn.save(net, path)
    peer.load_state_dict(theirs_io.load_file(path))
    equal(net.state_dict(), {name: t.numpy() for name, t in peer.state_dict().items()})
    with torch.no_grad():
        for p in peer.parameters():
            p.copy_(torch.randn(p.shape))
    theirs_io.save_file(peer.state_dict(), path, metadata={"format": "pt"})
    net.load_state_dict(nn.load(path))
    equal(net.state_dict(), {name: t.numpy() for name, t in peer.state_dict().items()})
    assert nn.load_metadata(path) == {"format": "pt"}


@pytest.mark.oracle
def test_bfloat16_becomes_float32(path: Path) -> None:
    torch = pytest.importorskip("torch")
    x = torch.tensor([[1.0, -2.5, float("inf")], [1e-30, 3.140625, float("nan")]], dtype=torch.bfloat16)
    pytest.importorskip("safetensors.torch").save_file({"x": x}, path)
    found = nn.load(path)["x"]
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, x.float().numpy())


def header(entries: Any, data: bytes = b"", size: int | None = None) -> bytes:
    text = entries if isinstance(entries, bytes) else json.dumps(entries).encode()
    return (len(text) if size is None else size).to_bytes(8, "little") + text + data


FLOATS = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}

HOSTILE = {
    "empty": b"",
    "short": b"\0\0\0",
    "garbage": bytes(range(256)) * 4,
    "text": b"import os; os.system('true')" * 10,
    "header longer than the file": header({"x": FLOATS}, bytes(8), size=10_000),
    "huge header": header({"x": FLOATS}, bytes(8), size=2**63 - 1),
    "header cut": header({"x": FLOATS}, bytes(8), size=10),
    "no JSON": header(b"{'x': 1}" * 3),
    "not UTF-8": header(b"\xff\xfe{}"),
    "data cut": header({"x": FLOATS}, bytes(7)),
    "data too long": header({"x": FLOATS}, bytes(9)),
    "shape and offsets disagree": header({"x": {**FLOATS, "shape": [3]}}, bytes(8)),
    "offsets beyond the end": header({"x": {**FLOATS, "data_offsets": [8, 16]}}, bytes(8)),
    "overlap": header({"x": FLOATS, "y": FLOATS}, bytes(8)),
    "shape overflows": header({"x": {**FLOATS, "shape": [2**62, 2**62, 16]}}, bytes(8)),
    "negative shape": header({"x": {**FLOATS, "shape": [-2]}}, bytes(8)),
    "unknown dtype": header({"x": {**FLOATS, "dtype": "O8"}}, bytes(8)),
}


NOTHING = {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}


@pytest.mark.parametrize("shape", [[0, 2**62], [0, 2**63], [0, 2**64 - 1], [0] + [1] * 64, [0] * 1000])
def test_a_shape_that_numpy_does_not_hold_is_refused(shape: list[int], path: Path) -> None:
    path.write_bytes(header({"x": {**NOTHING, "shape": shape}}))
    with pytest.raises(ArgumentError, match=r"x in .* has the shape .* which NumPy does not hold"):
        nn.load(path)


def test_metadata_of_null_is_none(path: Path) -> None:
    path.write_bytes(header({"__metadata__": None, "x": FLOATS}, bytes(8)))
    assert nn.load_metadata(path) == {}


class Scheduler:
    def state_dict(self) -> dict[str, Any]:
        return {"last_epoch": 4, "base_lrs": [0.1, np.float64(0.2)]}


def test_a_nested_checkpoint_comes_back_with_all_types(path: Path) -> None:
    autograd.seed(0)
    net = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
    optimizer = optim.Adam(net.parameters(), lr=0.01)
    net(np.ones((2, 3))).sum().backward()
    optimizer.step()
    rest = {
        "epoch": 3, "best": float("inf"), "name": "a", "none": None, "flag": True, 7: (1, [2.5, {"x": np.arange(3)}]),
        "tensor": autograd.Tensor([1.0]), "empty": {}, "number": np.float32(2),
    }  # fmt: skip
    nn.save(
        {"model": net, "optimizer": optimizer, "scheduler": Scheduler(), **rest} | {"by.dots": {"a.b": 1}},
        path,
        {"by": "us"},
    )
    found = nn.load(path)
    assert list(found) == ["model", "optimizer", "scheduler", *rest, "by.dots"]
    twin = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
    twin.load_state_dict(found["model"])
    other = optim.Adam(twin.parameters(), lr=1.0)
    other.load_state_dict(found["optimizer"])
    for model, opt in ((net, optimizer), (twin, other)):
        opt.zero_grad()
        model(np.eye(3)).sum().backward()
        opt.step()
    for name, array in net.state_dict().items():
        np.testing.assert_array_equal(twin.state_dict()[name], array)
    assert found["scheduler"] == {"last_epoch": 4, "base_lrs": [0.1, 0.2]}
    simple = ("epoch", "best", "name", "none", "flag", "empty")
    assert [(found[k], type(found[k])) for k in simple] == [(rest[k], type(rest[k])) for k in simple]
    one, (two, three) = found[7]
    assert (one, two, type(found[7])) == (1, 2.5, tuple)
    np.testing.assert_array_equal(three["x"], np.arange(3))
    assert type(found["number"]) is np.float32
    assert found["tensor"].tolist() == [1.0]
    assert found["by.dots"] == {"a.b": 1}
    assert nn.load_metadata(path) == {"by": "us"}


def test_what_a_nested_file_cannot_hold_is_named(path: Path) -> None:
    with pytest.raises(ArgumentError, match=r"model\.f is a function\. Leave it out"):
        nn.save({"model": {"f": (lambda: 0)}}, path)
    with pytest.raises(ArgumentError, match="is taken"):
        nn.save({"a": np.ones(2)}, path, {"chainrule.nested": "x"})
    assert not path.exists()
    nn.save({"a": {"b": np.ones(2)}}, path)
    path.write_bytes(path.read_bytes().replace(b"array", b"orray"))
    with pytest.raises(ArgumentError, match="is damaged"):
        nn.load(path)


KILLED = """
import os, signal, sys
import numpy as np
import nn, nn.serialization, nn.training.checkpoint
def die(*args):
    os.kill(os.getpid(), signal.SIGKILL)
nn.serialization.os.replace = die
if sys.argv[2] == "file":
    nn.save({"x": np.ones(3)}, sys.argv[1] + "/model.safetensors")
else:
    nn.Checkpoint(sys.argv[1]).save(1, nn.Linear(1, 1), {})
"""


@pytest.mark.skipif(os.name != "posix", reason="only POSIX systems tell whether a writer is alive")
@pytest.mark.parametrize("kind", ["file", "folder"])
def test_what_a_killed_writer_left_is_cleared_by_the_next_save(kind: str, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), kind], check=False)
    assert [name[-4:] for name in os.listdir(tmp_path)] == [".tmp"]
    alive = tmp_path / (".model.safetensors.0123456789ab.tmp" if kind == "file" else ".epoch-0007.0123456789ab.tmp")
    (alive.touch if kind == "file" else alive.mkdir)()
    with locked(str(alive)):
        if kind == "file":
            nn.save({"x": np.ones(3)}, tmp_path / "model.safetensors")
        else:
            nn.Checkpoint(tmp_path).save(2, nn.Linear(1, 1), {})
    assert sorted(os.listdir(tmp_path)) == [alive.name, "model.safetensors" if kind == "file" else "epoch-0002"]


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("read", [nn.load, nn.load_metadata])
def test_a_broken_or_hostile_file_is_refused(name: str, read: Any, path: Path) -> None:
    path.write_bytes(HOSTILE[name])
    with pytest.raises(
        ArgumentError, match=r"model\.safetensors' is no whole safetensors file: .+ Nothing was loaded\."
    ):
        read(path)


def test_every_truncation_of_a_file_is_refused(path: Path) -> None:
    nn.save(nn.Linear(2, 1), path)
    whole = path.read_bytes()
    for n in range(len(whole)):
        path.write_bytes(whole[:n])
        with pytest.raises(ArgumentError, match="no whole safetensors file"):
            nn.load(path)


class Bomb:
    def __reduce__(self) -> Any:
        return os.mkdir, ("exploded",)


def test_a_pickle_is_not_run(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    path.write_bytes(pickle.dumps({"x": Bomb()}))
    with pytest.raises(ArgumentError, match=r"looks like a pickle.*safetensors\.torch\.save_file"):
        nn.load(path)
    assert not (path.parent / "exploded").exists()


@pytest.mark.oracle
def test_what_torch_save_writes_is_named(path: Path) -> None:
    torch = pytest.importorskip("torch")
    torch.save({"x": torch.zeros(2)}, path)
    with pytest.raises(ArgumentError, match="looks like a pickle"):
        nn.load(path)


def test_a_dtype_without_numpy_is_named(path: Path) -> None:
    path.write_bytes(header({"w": {"dtype": "F8_E4M3", "shape": [2], "data_offsets": [0, 2]}}, bytes(2)))
    with pytest.raises(DTypeError, match=r"w in .* has dtype F8_E4M3, which NumPy lacks"):
        nn.load(path)


def test_missing_files_and_folders(path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"model\.safetensors"):
        nn.load(path)
    with pytest.raises(FileNotFoundError, match=r"no folder .*os\.makedirs"):
        nn.save({"x": np.zeros(2)}, path.parent / "deep" / "x.safetensors")
    with pytest.raises(IsADirectoryError, match="is a folder"):
        nn.save({"x": np.zeros(2)}, path.parent)


@pytest.mark.parametrize(
    ("state", "metadata", "error", "message"),
    [
        ({"x": np.array([None])}, None, DTypeError, "x has dtype object"),
        ({"x": np.zeros(2, np.longdouble)}, None, DTypeError, "has no name for"),
        ({1: np.zeros(2)}, None, ArgumentError, "names of saved arrays are strings"),
        ([np.zeros(2)], None, ArgumentError, "a module or a dict"),
        ({"x": np.zeros(2)}, {"epoch": 3}, ArgumentError, "'epoch': 3"),
    ],
)
def test_what_cannot_be_saved_leaves_the_old_file(
    state: Any, metadata: Any, error: type[Exception], message: str, path: Path
) -> None:
    nn.save({"old": np.ones(1)}, path)
    with pytest.raises(error, match=message):
        nn.save(state, path, metadata)
    assert list(nn.load(path)) == ["old"]


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_a_failure_on_the_way_leaves_the_old_file_and_no_other(
    failing: str, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nn.save({"old": np.ones(1)}, path)

    def fail(*args: Any, **kwargs: Any) -> None:
        raise OSError("no space left")

    with monkeypatch.context() as patched:
        patched.setattr(os, failing, fail)
        with pytest.raises(OSError, match="no space left"):
            nn.save({"new": np.ones(1)}, path)
    assert os.listdir(path.parent) == [path.name]
    assert list(nn.load(path)) == ["old"]


def test_a_saved_file_has_the_usual_permissions_and_links_are_followed(path: Path) -> None:
    plain = path.parent / "plain"
    plain.write_bytes(b"")
    target = path.parent / "target.safetensors"
    path.symlink_to(target)
    nn.save({"x": np.zeros(2)}, path)
    assert path.is_symlink()
    assert target.stat().st_mode == plain.stat().st_mode


def test_without_safetensors_the_extra_is_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def missing(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("safetensors"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(ImportError, match=r"pip install 'chainrule\[io\]'"):
        nn.save({"x": np.zeros(2)}, path)


def test_complex_arrays_come_back_and_complex64_is_pytorchs(tmp_path: Path) -> None:
    z = np.array([[1 + 2j, 3 - 4j]])
    state = {"single": z.astype(np.complex64), "double": z, "one": np.complex128(2j), "x": np.ones(2)}
    nn.save(state, path := tmp_path / "z.safetensors", metadata={"who": "me"})
    found = nn.load(path)
    for name, value in state.items():
        assert found[name].dtype == np.asarray(value).dtype
        assert found[name].shape == np.shape(value)
        np.testing.assert_array_equal(found[name], value)
        assert found[name].flags.writeable
    assert nn.load_metadata(path) == {"who": "me"}
    nested = {"model": {"w": z}, "phase": 1 + 2j, "number": np.complex128(3j)}
    nn.save(nested, path)
    back = nn.load(path)
    assert back["phase"] == 1 + 2j
    assert back["number"] == 3j
    np.testing.assert_array_equal(back["model"]["w"], z)
    with pytest.raises(ArgumentError, match="is taken"):
        nn.save(state, path, metadata={"chainrule.complex128": ""})


@pytest.mark.oracle
def test_complex_layers_pass_between_pytorch_and_here(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from safetensors.torch import load_file, save_file

    layer, peer = nn.Linear(3, 2, dtype=np.complex64), torch.nn.Linear(3, 2, dtype=torch.complex64)
    nn.save(layer, tmp_path / "ours.safetensors")
    peer.load_state_dict(load_file(tmp_path / "ours.safetensors"))
    np.testing.assert_array_equal(peer.weight.detach().numpy(), layer.weight.numpy())
    peer = torch.nn.Linear(3, 2, dtype=torch.complex64)
    save_file(peer.state_dict(), tmp_path / "theirs.safetensors")
    layer.load_state_dict(nn.load(tmp_path / "theirs.safetensors"))
    np.testing.assert_array_equal(peer.bias.detach().numpy(), layer.bias.numpy())
    nn.save(layer.astype(np.complex128), tmp_path / "ours.safetensors")
    theirs = torch.view_as_complex(load_file(tmp_path / "ours.safetensors")["weight"])
    np.testing.assert_array_equal(theirs.numpy(), layer.weight.numpy())
