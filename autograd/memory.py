"""Keep freed memory for the next step instead of giving it back to the kernel (docs/design/memory.md).

An array of more than 128 KiB normally comes fresh from the kernel and goes back to it when freed, so that every
temporary costs a page fault each 4 KiB: most of NumPy's time on large arrays. With two of glibc's thresholds
raised the memory of one training step serves the next.
"""

from __future__ import annotations

import ctypes
import os
from typing import Any

from autograd.errors import ArgumentError

VARIABLE = "CHAINRULE_KEEP_MEMORY"  # megabytes to keep; 0 leaves the allocator as it was
DEFAULT_MEGABYTES = 256

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # malloc.h
_MMAP_THRESHOLD = 32 * 1024 * 1024  # the most that glibc takes: larger arrays still go back at once


def _libc_function(name: str) -> Any:
    """A function of glibc; None with another C library (macOS, Windows, musl), whose allocator is left alone."""
    try:
        libc = ctypes.CDLL(None)
        return getattr(libc, name) if hasattr(libc, "gnu_get_libc_version") else None
    except (OSError, TypeError):
        return None


def keep_freed_memory(megabytes: int = DEFAULT_MEGABYTES) -> bool:
    """Let the process keep up to this much freed memory at the end of its heap; returns whether it could.

    Arrays of up to 32 MiB are served from it. Called once at import with 256, or with the number in the
    environment variable CHAINRULE_KEEP_MEMORY, where 0 leaves the allocator untouched.
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
    """Give the freed memory that is being kept back to the kernel now; returns whether there was any."""
    trim = _libc_function("malloc_trim")
    return trim is not None and bool(trim(ctypes.c_size_t(0)))


def from_environment() -> bool:
    """What happens at import."""
    text = os.environ.get(VARIABLE, str(DEFAULT_MEGABYTES))
    try:
        megabytes = int(text)
    except ValueError:
        raise ArgumentError(f"{VARIABLE} must be a whole number of megabytes (0: off); got {text!r}.") from None
    return keep_freed_memory(megabytes)
