"""Ctrl-C and SIGTERM end the work by an exception, once, and not in the middle of what cannot bear it."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer, current_thread, main_thread
from types import FrameType
from typing import TYPE_CHECKING

from synthmix.errors import Interrupted

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

SIGNALS = (signal.SIGINT, signal.SIGTERM)
AGAIN = 0.05  # seconds


@contextmanager
def signals_taken_over() -> Iterator[None]:
    """The first signal raises Interrupted, which nobody takes for an error, so that runs are closed as KILLED.

    Further ones of an impatient user would leave them RUNNING, and are ignored, after the block too: Python's last
    breath would give them their defaults back, and so another exit code.
    """
    stopping = False
    hook = sys.unraisablehook

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal stopping
        if not stopping:
            stopping = True
            raise Interrupted(number)

    def lost(unraisable: UnraisableHookArgs) -> None:
        """What is raised in a destructor or in a weak reference's callback goes no further: it is sent again."""
        nonlocal stopping
        if not isinstance(unraisable.exc_value, Interrupted):
            hook(unraisable)
            return
        stopping = False
        Timer(AGAIN, os.kill, (os.getpid(), unraisable.exc_value.number)).start()

    for number in SIGNALS:
        signal.signal(number, interrupt)
    sys.unraisablehook = lost
    try:
        yield
    except Interrupted:
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        raise
    finally:
        sys.unraisablehook = hook


@contextmanager
def signals_held_back() -> Iterator[None]:
    """Signals wait until the block is over, where an exception at any place would leave a lock or half a write."""
    if current_thread() is not main_thread():  # which alone is interrupted
        yield
        return
    waiting: list[int] = []
    handlers = {number: signal.signal(number, lambda number, _: waiting.append(number)) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for received in waiting:
            signal.raise_signal(received)
