"""What an operation asks before it records itself: whether to, whether to check, and inside which module it is.

A `ContextVar` holds the Mode: every thread and every asyncio task starts from the default and sees only its own
changes, and leaving a block restores exactly what was there, whatever happened inside. Blocks (settings.py) put another
Mode in its place. Only the scope, which changes at every layer of every step, is written in the one that is there.
"""

from __future__ import annotations

from contextvars import ContextVar
from threading import get_ident
from typing import Any


class Mode:
    """What an operation asks before it records itself."""

    __slots__ = ("anomaly", "recording", "scope", "special", "thread")

    recording: bool
    anomaly: bool
    special: bool  # not recording, or looking for anomalies: then an operation leaves its short path
    scope: tuple[Any, ...]  # the modules being called, outermost first
    thread: int  # the only one that may write the scope

    def __init__(
        self, recording: bool = True, anomaly: bool = False, scope: tuple[Any, ...] = (), thread: int | None = None
    ) -> None:
        self.recording = recording
        self.anomaly = anomaly
        self.special = anomaly or not recording
        self.scope = scope
        self.thread = get_ident() if thread is None else thread


def of_this_thread() -> Mode:
    """The mode, as an object that only this thread has. A Module writes the scope there for the time of its call."""
    now = mode.get()
    if now.thread != get_ident():  # the default, or what came with the context of another thread
        now = Mode(now.recording, now.anomaly, now.scope)
        mode.set(now)
    return now


mode: ContextVar[Mode] = ContextVar("chainrule.mode", default=Mode(thread=-1))  # noqa: B039  it is never written to
