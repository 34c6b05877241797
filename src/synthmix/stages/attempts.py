"""How often the computation of a stage was begun and its process then killed: after three times it is refused.

    <root>/<stage>/<key[:2]>/<key>.attempts     of a stage that is being computed, or whose process was killed

It is written before the computation and removed at any orderly end, a result or an exception. A signal that asks to
stop (Ctrl-C, SIGTERM) leaves what was counted before, as if nothing had been begun. Of stages that compute one another
on the way the innermost alone is begun, so that a training is blamed and not each cell that asks for it. It is read and
written under the lock of the entry: one that is begun while nobody holds the lock is of a process that is gone.

Why a process is gone cannot be read from what it has left. It counts
    - where the process that had started it lived on: a study calls `count_lost` once its launcher has broken down. The
      kernel has killed a worker for memory, or a scheduler or a person has, or it has crashed;
    - where it was the whole command, if since then the kernel of this machine has killed any process for want of memory
      (`oom_kill` in /proc/vmstat, which counts the limits of containers too) and the machine was not started anew. That
      may have been another process, which is why one time is not enough.
It does not count where the whole command is gone and nothing was killed for memory: SIGKILL by a person, a power cut, a
crash. Nobody but a person starts such a command again, so that nothing loops. Where there is no /proc/vmstat, as on
macOS, a whole command that is killed for memory looks the same, and is not counted.
"""

from __future__ import annotations

import json
import logging
import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Self

MOST = 3  # processes that are killed in one stage
SUFFIX = ".attempts"
KERNEL_COUNTS = Path("/proc/vmstat")
BOOT = Path("/proc/sys/kernel/random/boot_id")

logger = logging.getLogger("synthmix.stages.attempts")


class KilledAgain(RuntimeError):
    """The process that computed a stage was killed again and again; it is not begun a further time."""


@dataclass(frozen=True)
class Attempts:
    """What is known of one stage.

    Attributes:
        lost: processes that were killed while they computed it.
        begun: whether one was computing it when this was written.
        boot: which start of which machine that was on; empty where that is not known.
        out_of_memory: processes that its kernel had killed for memory by then; None where that is not known.
    """

    lost: int = 0
    begun: bool = False
    boot: str = ""
    out_of_memory: int | None = None

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Of an entry; nothing is counted where there is no file or a damaged one, which is told."""
        file = folder.with_suffix(SUFFIX)
        try:
            found = cls(**json.loads(file.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return cls()
        except (ValueError, TypeError) as error:
            logger.warning("%s is damaged, so that the count begins anew: %s", file, error)
            return cls()
        known = isinstance(found.lost, int) and isinstance(found.out_of_memory, int | None)
        return found if known else cls()

    def write(self, folder: Path) -> None:
        """Puts it in the place of what was known, or takes that away where nothing is left to know."""
        file = folder.with_suffix(SUFFIX)
        if not self.begun and not self.lost:
            file.unlink(missing_ok=True)
            return
        draft = file.with_suffix(f"{SUFFIX}~")
        draft.write_text(json.dumps(asdict(self)), encoding="utf-8")
        os.replace(draft, file)

    def judged(self) -> Attempts:
        """With the process that had begun it, and is gone with all that had started it, counted or let go."""
        now = _now()
        for_memory = (
            self.begun
            and self.boot == now.boot != ""
            and self.out_of_memory is not None
            and now.out_of_memory is not None
            and now.out_of_memory > self.out_of_memory
        )
        return Attempts(self.lost + for_memory)


class Beginnings:
    """The stages that this process is computing, the innermost last."""

    def __init__(self) -> None:
        self._begun: list[tuple[Path, Attempts]] = []

    @contextmanager
    def begun(self, folder: Path, root: Path) -> Iterator[None]:
        """Has the block counted as one attempt at an entry of the store at `root`; its lock is held.

        Raises:
            KilledAgain: there were too many.
        """
        before = Attempts.read(folder).judged()
        before.write(folder)
        if before.lost >= MOST:
            again = f"synthmix store retry {folder.name[:12]} --store {shlex.quote(os.path.relpath(root))}"
            raise KilledAgain(
                f"stage {folder.parent.parent.name} {folder.name[:12]}: its process was killed {before.lost} times, "
                f"for want of memory perhaps; to try it again: {again}"
            )
        for outer, known in self._begun[-1:]:
            replace(known, begun=False).write(outer)
        attempt = replace(_now(), lost=before.lost, begun=True)
        attempt.write(folder)
        self._begun.append((folder, attempt))
        left = before  # by a signal
        try:
            yield
            left = Attempts()
        except Exception:
            left = Attempts()
            raise
        finally:
            self._begun.pop()
            left.write(folder)
            for outer, known in self._begun[-1:]:
                known.write(outer)


def _now() -> Attempts:
    """What this machine's kernel says."""
    try:
        counts = dict(line.split() for line in KERNEL_COUNTS.read_text(encoding="ascii").splitlines())
        return Attempts(boot=BOOT.read_text(encoding="ascii").strip(), out_of_memory=int(counts["oom_kill"]))
    except (OSError, KeyError):  # no Linux, or one without these
        return Attempts()
