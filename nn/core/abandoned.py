"""Temporary files and folders: they are locked while written, so that those of a process that was killed are known."""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress

try:
    import fcntl
except ImportError:  # not POSIX: nothing can be told to be abandoned, and nothing is removed
    fcntl = None  # type: ignore[assignment]


def temporary_name(name: str) -> str:
    """A name that no other writer has, hidden, beside the final one."""
    return f".{name[:200]}.{secrets.token_hex(6)}.tmp"


@contextmanager
def locked(path: str) -> Iterator[None]:
    """Mark a file or folder as being written; the mark ends with the process, however that ends."""
    if fcntl is None:
        yield
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)


def remove_abandoned(folder: str, name: str) -> None:
    """Remove the temporary files and folders that killed processes left in a folder.

    Args:  name: a regular expression of the final name.
    """
    if fcntl is None:
        return
    for entry in os.listdir(folder):
        if re.fullmatch(rf"\.{name}\.[0-9a-f]{{12}}\.tmp", entry):
            with suppress(OSError):  # it is locked, or gone, or another user's
                _remove_unless_locked(os.path.join(folder, entry))


def _remove_unless_locked(path: str) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.isdir(path):
            shutil.rmtree(path)
        else:
            os.unlink(path)
    finally:
        os.close(handle)
