"""The errors that a user can cause or must hear of. Light: imports nothing."""

from __future__ import annotations

from collections.abc import Sequence


class InvalidInput(ValueError):
    """The input is wrong and nothing was started (exit code 2).

    `faults` holds one line for each fault; a line names the key, the value and what is allowed.
    """

    def __init__(self, *faults: str) -> None:
        super().__init__("\n".join(faults))
        self.faults: Sequence[str] = faults


class TrainingDiverged(RuntimeError):
    """A loss is no longer a finite number; nothing can be learnt from here on."""


class Unavailable(RuntimeError):
    """A split has too few points for what a cell asks of it: the cell has no result, which is not an error."""


class GateStarved(RuntimeError):
    """A gate lets so few synthetic points pass that a mixture cannot be had."""


class Interrupted(BaseException):
    """A signal asked the process to stop; `exit_code` is 128 plus its `number`."""

    def __init__(self, signal_number: int) -> None:
        super().__init__(f"stopped by signal {signal_number}")
        self.number, self.exit_code = signal_number, 128 + signal_number
