"""A signal ends the work wherever it arrives."""

from __future__ import annotations

import os
import signal
import time
import weakref
from collections.abc import Iterator
from threading import Thread

import pytest

from synthmix.errors import Interrupted
from synthmix.signals import SIGNALS, signals_held_back, signals_taken_over


class Thing:
    pass


@pytest.fixture(autouse=True)
def _handlers() -> Iterator[None]:
    kept = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", SIGNALS)
def test_the_first_signal_is_raised_and_the_others_do_not_disturb_the_end(number: signal.Signals) -> None:
    closed: list[bool] = []

    @signals_taken_over()
    def work() -> None:
        try:
            os.kill(os.getpid(), number)
        finally:
            os.kill(os.getpid(), number)
            closed.append(True)

    with pytest.raises(Interrupted) as stopped:
        work()
    os.kill(os.getpid(), number)
    assert closed == [True]
    assert (stopped.value.number, stopped.value.exit_code) == (number, 128 + number)


def test_a_signal_that_arrives_where_no_exception_gets_out_is_not_lost() -> None:
    def gone(reference: object) -> None:
        signal.raise_signal(signal.SIGTERM)
        for _ in range(1000):
            pass

    things = [Thing()]
    kept = weakref.ref(things[0], gone)

    @signals_taken_over()
    def work() -> None:
        things.clear()
        time.sleep(5)

    with pytest.raises(Interrupted):
        work()
    assert kept() is None


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_waits_for_the_end_of_a_block(number: signal.Signals) -> None:
    reached = []

    @signals_taken_over()
    def work() -> None:
        with signals_held_back(), signals_held_back():
            signal.raise_signal(number)
            reached.append(1)
        reached.append(2)

    with pytest.raises(Interrupted) as stopped:
        work()
    assert (reached, stopped.value.number) == ([1], number)


def test_threads_hold_nothing_back() -> None:
    handlers = []

    def work() -> None:
        with signals_held_back():
            handlers.append(signal.getsignal(signal.SIGTERM))

    thread = Thread(target=work)
    thread.start()
    thread.join()
    assert handlers == [signal.getsignal(signal.SIGTERM)]
