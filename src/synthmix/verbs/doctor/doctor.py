"""The verb `doctor`: a plain table of what a run needs and finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from synthmix.config.cell import PathsConfig
from synthmix.secrets import masked
from synthmix.verbs.doctor.finding import Finding
from synthmix.verbs.parser import VerbParser


def doctor(words: Sequence[str]) -> int:
    """Runs `synthmix doctor`; returns 1 where something fails that a run needs, else 0."""
    parser = VerbParser("doctor", "Says what this machine and this folder have of what a run needs; starts nothing.")
    parser.add_store()
    parser.add_argument("--data", metavar="DIR", help="folder of the data folders; SYNTHMIX_DATA otherwise")
    given = parser.read(words)
    findings = [*_findings(Path(given.store or PathsConfig().store), given.data)]
    for finding in findings:
        line = f"{finding.subject:<18} {finding.state:<8} {finding.says}"
        print(masked(" ".join(line.splitlines())))
    failed = sum(finding.state == "fails" for finding in findings)
    print(f"{failed} of {len(findings)} fail" if failed else "nothing that a run needs fails")
    return int(failed > 0)


def _findings(store_folder: Path, data_root: str | None) -> Iterator[Finding]:
    from synthmix.verbs.doctor import machine, places

    yield from _told("packages", machine.machine)
    yield places.store(store_folder)
    yield from _told("tracking", lambda: [places.tracking()])
    yield from places.data(data_root)


def _told(subject: str, look: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    """What was found; where a package cannot be imported, that is what was found last."""
    try:
        yield from look()
    except ImportError as error:
        yield Finding(subject, "fails", f"cannot be imported: {error}")
