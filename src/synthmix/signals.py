"""Handlers of SIGINT and SIGTERM: the first raises an exception, except in sections that must not be interrupted."""

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
RESEND_DELAY = 0.05  # seconds


@contextmanager
def signals_taken_over() -> Iterator[None]:
    """The first SIGINT or SIGTERM raises Interrupted, no `Exception`, so that open runs are closed as KILLED.

    Later signals are ignored, as they would interrupt that closing and leave runs RUNNING. They stay ignored after the
    block: with the default handlers back, one during the interpreter's shutdown would change the exit code.
    """
    stopping = False
    hook = sys.unraisablehook

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal stopping
        if not stopping:
            stopping = True
            raise Interrupted(number)

    def lost(unraisable: UnraisableHookArgs) -> None:
        """An exception in a destructor or a weak reference's callback does not propagate: the signal is sent again."""
        nonlocal stopping
        if not isinstance(unraisable.exc_value, Interrupted):
            hook(unraisable)
            return
        stopping = False
        Timer(RESEND_DELAY, os.kill, (os.getpid(), unraisable.exc_value.number)).start()

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
    """Defers signals to the end of the block, in which an exception could leave a held lock or a partial write."""
    if current_thread() is not main_thread():  # Python runs signal handlers in the main thread alone
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
