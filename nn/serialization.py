"""Saving and loading state dicts, also nested ones, as safetensors files: arrays and text, no code."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from autograd.engine.kinds import as_ndarray
from autograd.engine.recording import raw
from autograd.errors import ArgumentError, DTypeError
from nn.core.abandoned import locked, remove_abandoned, temporary_name
from nn.core.module import Module
from nn.packing import packed, unpacked

Path = str | os.PathLike[str]

# The format's names of dtypes -> NumPy's dtypes; BF16, which NumPy lacks, is read as integers
_DTYPES = {
    "BOOL": "?", "U8": "u1", "I8": "i1", "U16": "<u2", "I16": "<i2", "U32": "<u4", "I32": "<i4", "U64": "<u8",
    "I64": "<i8", "F16": "<f2", "F32": "<f4", "F64": "<f8", "C64": "<c8", "BF16": "<u2",
}  # fmt: skip
_WRITABLE = {np.dtype(kind).name for name, kind in _DTYPES.items() if name != "BF16"}


# Names in a file's metadata: of what joins its arrays to a nested dict, and of the names of complex128 arrays, for
# which the format has no dtype, so that they are saved as float64 with an axis of two more, as np.real and np.imag
NESTED = "chainrule.nested"
DOUBLE = "chainrule.complex128"
OURS = (NESTED, DOUBLE)


def save(obj: Module | Mapping[str, Any], path: Path, metadata: Mapping[str, str] | None = None) -> None:
    """Write a module's state dict, or a dict of name -> array, as a safetensors file, which PyTorch can read too.

    Also a nested dict, as of a whole training: `{"model": model, "optimizer": optimizer, "epoch": 3}`, with numbers,
    text, None, arrays, lists, tuples and dicts of them, and in their places the state of what has a `state_dict()`.
    `load` gives the same nest. There is no pickle in it.

    The file appears only when it is complete: it is written under a temporary name beside it, synced to the disk, and
    renamed.

    The format has complex64. complex128, which it lacks, is saved as float64 of shape (*, 2): `load` makes it complex
    again, and in PyTorch torch.view_as_complex does.

    Args:      obj: the arrays may have any memory layout; of a Tensor its values are saved.
               metadata: text by name, put into the file's header.
    Raises:    DTypeError for an array whose dtype the format lacks; ArgumentError for what is no number, text, array or
               nest of these; OSError if the file cannot be written.
    Example:
        >>> import os, tempfile, nn
        >>> net = nn.Linear(3, 2)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = os.path.join(folder, "net.safetensors")
        ...     nn.save(net, path)
        ...     net.load_state_dict(nn.load(path))
        LoadResult(missing_keys=[], unexpected_keys=[])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = os.path.join(folder, "training.safetensors")
        ...     nn.save({"model": net, "epoch": 3, "losses": [0.5, 0.25]}, path)
        ...     training = nn.load(path)
        >>> training["epoch"], training["losses"], sorted(training["model"])
        (3, [0.5, 0.25], ['bias', 'weight'])
    """
    text = {} if metadata is None else _text(metadata)
    taken = [name for name in OURS if name in text]
    if taken:
        raise ArgumentError(f"the name {taken[0]!r} in metadata is taken; choose another.")
    state = obj.state_dict() if isinstance(obj, Module) else obj
    if isinstance(state, Mapping) and any(_is_nest(value) for value in state.values()):
        found: dict[str, np.ndarray] = {}
        text[NESTED] = json.dumps(packed(_states(state), found, ""))
        state = found
    arrays = _arrays(state)
    double = [name for name, array in arrays.items() if array.dtype == np.complex128]
    if double:
        text[DOUBLE] = json.dumps(double)
        arrays |= {name: np.stack([arrays[name].real, arrays[name].imag], axis=-1) for name in double}
    write_whole(os.path.realpath(path), _safetensors().numpy.save(arrays, metadata=text or None))


def load(path: Path) -> dict[str, Any]:
    """The arrays of a safetensors file by name, writable and in memory of their own; load_state_dict takes them.

    Of a nested dict that `save` wrote, the same nested dict.

    Numerics:  bfloat16, which NumPy lacks, becomes float32, which represents all of its numbers exactly.
    Raises:    ArgumentError for a file that is incomplete or of another format; nothing in a file is ever executed.
               FileNotFoundError and other OSErrors of the system.
    Example:
        See `save`.
    """
    data = _read(path)
    arrays = {name: _array(name, item, path) for name, item in _items(path, data)}
    text = _metadata(data)
    nest = text.get(NESTED)
    try:
        for name in json.loads(text.get(DOUBLE, "[]")):
            arrays[name] = arrays[name].view(np.complex128)[..., 0]
        return arrays if nest is None else dict(unpacked(json.loads(nest), arrays))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ArgumentError(
            f"what the metadata of {os.fspath(path)!r} say of its arrays is damaged ({error!r}). Nothing was loaded."
        ) from None


def load_metadata(path: Path) -> dict[str, str]:
    """The text that was put into a safetensors file's header."""
    data = _read(path)
    _items(path, data)  # raises if the file is incomplete, so that the header can be relied on
    return {name: text for name, text in _metadata(data).items() if name not in OURS}


def _metadata(data: bytes) -> dict[str, str]:
    """The text in the header of a whole file."""
    size = int.from_bytes(data[:8], "little")
    return dict(json.loads(data[8 : 8 + size]).get("__metadata__", {}) or {})


def _is_nest(value: Any) -> bool:
    """Whether a value of a dict is more than an array, a number or a list of numbers."""
    several = isinstance(value, (list, tuple)) and any(isinstance(item, (str, Mapping, list)) for item in value)
    return value is None or several or isinstance(value, (Mapping, str)) or hasattr(value, "state_dict")


def _states(value: Any) -> Any:
    """The same nest with states in the places of what has them."""
    if hasattr(value, "state_dict"):
        return _states(value.state_dict())
    if isinstance(value, Mapping):
        return {key: _states(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        items = [_states(item) for item in value]
        return items if isinstance(value, list) else tuple(items)
    return value


def _arrays(state: Any) -> dict[str, np.ndarray]:
    """The arrays, checked, and contiguous: safetensors writes the memory of an array as it is, whatever its strides."""
    if not isinstance(state, Mapping):
        raise ArgumentError(f"save takes a module or a dict of name -> array; got a {type(state).__name__}.")
    arrays = {}
    for name, value in state.items():
        if not isinstance(name, str) or name == "__metadata__":
            raise ArgumentError(f"the names of saved arrays are strings other than '__metadata__'; got {name!r}.")
        array = np.asarray(as_ndarray(raw(value)), order="C")
        if array.dtype.name not in _WRITABLE and array.dtype != np.complex128:
            raise DTypeError(
                f"{name} has dtype {array.dtype}, which safetensors has no name for. Convert it, or leave it out."
            )
        arrays[name] = array
    return arrays


def _text(metadata: Any) -> dict[str, str]:
    for name, value in metadata.items():
        if not isinstance(name, str) or not isinstance(value, str):
            raise ArgumentError(f"metadata is text by name; got {name!r}: {value!r}. Use str() or json.dumps().")
    return dict(metadata)


def write_whole(path: str, data: bytes) -> None:
    """Write a file under a temporary name, sync it, and rename it."""
    folder, name = os.path.split(path)
    if not os.path.isdir(folder):
        raise FileNotFoundError(
            f"there is no folder {folder!r} to save {name!r} in. Make it first: os.makedirs({folder!r})."
        )
    if os.path.isdir(path):
        raise IsADirectoryError(f"{path!r} is a folder; give the name of a file in it.")
    remove_abandoned(folder, re.escape(name[:200]))
    temporary = os.path.join(folder, temporary_name(name))
    try:
        with open(temporary, "xb") as file, locked(temporary):
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        if os.path.exists(temporary):
            os.unlink(temporary)
        raise
    sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Sync a folder to the disk, so that a rename in it survives a loss of power; only POSIX systems can do that."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _read(path: Path) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _items(path: Path, data: bytes | None = None) -> Any:
    """(name, its dtype, shape and bytes) of all arrays; safetensors checks that they fill the file exactly."""
    safetensors = _safetensors()
    data = _read(path) if data is None else data
    try:
        return safetensors.deserialize(data)
    except safetensors.SafetensorError as error:
        raise ArgumentError(
            f"{os.fspath(path)!r} is no whole safetensors file: {error}. Nothing was loaded.{_remedy(data)}"
        ) from None


def _remedy(data: bytes) -> str:
    """What may be wrong with a file, told from its first bytes and its length."""
    if data[:4] == b"PK\x03\x04" or data[:1] == b"\x80":
        return (
            " It looks like a pickle, as torch.save writes: loading one runs code, so it is not done here. "
            "In PyTorch, convert it: safetensors.torch.save_file(model.state_dict(), path)."
        )
    return " An empty or short file is one whose writing or copying was cut off." if len(data) < 8 else ""


def _array(name: str, item: Mapping[str, Any], path: Path) -> np.ndarray:
    """An array from its dtype, shape and bytes."""
    kind = str(item["dtype"])
    if kind not in _DTYPES:
        raise DTypeError(
            f"{name} in {os.fspath(path)!r} has dtype {kind}, which NumPy lacks. "
            "Convert it before saving. Nothing was loaded."
        )
    array = np.frombuffer(item["data"], _DTYPES[kind])  # writable, because the data are a bytearray
    if kind == "BF16":  # a bfloat16 is the upper half of a float32
        array = (array.astype(np.uint32) << 16).view(np.float32)
    try:
        return array.astype(array.dtype.newbyteorder("="), copy=False).reshape(item["shape"])
    except ValueError as error:
        raise ArgumentError(
            f"{name} in {os.fspath(path)!r} has the shape {item['shape']!s:.60}, which NumPy does not hold: {error}. "
            "Nothing was loaded."
        ) from None


def _safetensors() -> Any:
    """The package safetensors with its submodule numpy, or an ImportError that says how to install it."""
    try:
        import safetensors
        import safetensors.numpy
    except ImportError:
        raise ImportError(
            "saving and loading files needs the package safetensors: pip install 'chainrule[io]'."
        ) from None
    return safetensors
