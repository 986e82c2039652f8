"""Keep freed memory for the next step instead of returning it to the kernel (docs/design/memory.md).

By default glibc gets an array of more than 128 KiB from the kernel and returns it when it is freed. Every temporary
then costs a page fault for each 4 KiB, which is most of NumPy's time on large arrays. With two of glibc's thresholds
raised the memory of one training step is used again in the next.
"""

from __future__ import annotations

import ctypes
import os
from typing import Any

from autograd.errors import ArgumentError

VARIABLE = "CHAINRULE_KEEP_MEMORY"  # megabytes to keep; 0 leaves the allocator as it was
DEFAULT_MEGABYTES = 256

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # malloc.h
_MMAP_THRESHOLD = 32 * 1024 * 1024  # glibc's maximum: larger arrays are still returned at once


def _libc_function(name: str) -> Any:
    """A function of glibc; None with another C library (macOS, Windows, musl), whose allocator stays as it is."""
    try:
        libc = ctypes.CDLL(None)
        return getattr(libc, name) if hasattr(libc, "gnu_get_libc_version") else None
    except (OSError, TypeError):
        return None


def keep_freed_memory(megabytes: int = DEFAULT_MEGABYTES) -> bool:
    """Let the process keep up to this much freed memory at the end of its heap; returns whether that worked.

    Arrays of up to 32 MiB are allocated from it. Called once at import, with 256 or with the number in the environment
    variable CHAINRULE_KEEP_MEMORY, where 0 leaves the allocator as it is.
    """
    if megabytes < 0:
        raise ArgumentError(f"the memory to keep must be 0 or more megabytes; got {megabytes}.")
    mallopt = _libc_function("mallopt")
    if mallopt is None or megabytes == 0:
        return False
    return bool(
        mallopt(_M_MMAP_THRESHOLD, _MMAP_THRESHOLD) and mallopt(_M_TRIM_THRESHOLD, min(megabytes << 20, 2**31 - 1))
    )


def release_memory() -> bool:
    """Return the freed memory that is kept to the kernel now; returns whether there was any."""
    trim = _libc_function("malloc_trim")
    return trim is not None and bool(trim(ctypes.c_size_t(0)))


def from_environment() -> bool:
    """Call `keep_freed_memory` as the environment variable says; this runs at import."""
    text = os.environ.get(VARIABLE, str(DEFAULT_MEGABYTES))
    try:
        megabytes = int(text)
    except ValueError:
        raise ArgumentError(f"{VARIABLE} must be a whole number of megabytes (0: off); got {text!r}.") from None
    return keep_freed_memory(megabytes)
